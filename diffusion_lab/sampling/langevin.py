"""Langevin moves at a fixed time, and samplers that mix them with moves in time."""

from __future__ import annotations

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..tensors import Field, check_field
from .integrate import Memory, Step, standard_normal
from .levels import levels


def langevin(score: Field, path: GaussianPath, snr: float = 0.16) -> Step:
    """One unadjusted Langevin move toward p(., s), at the time s where the step ends.

        x <- x + e score(x, s) + sqrt(2 e) z,   e = 2 (snr std_s)^2,   z ~ N(0, I).

    e is the rule e = 2 (snr |z|/|score|)^2 of predictor-corrector samplers with both lengths put
    at their typical values sqrt(D) and sqrt(D)/std: then no point's move depends on the others in
    its batch. At s = 0 there is no noise left to balance and nothing moves.
    snr : the size of a move against the noise, > 0; the bias is proportional to snr^2.
    Raises ValueError for another snr. Source: Song & Ermon 2019; Song et al. 2021, appendix G.
    """
    if not snr > 0.0:
        raise ValueError(f"snr = {snr:g}; expected a number > 0, for example 0.16.")
    at = levels(path)

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        size = 2.0 * (snr * at(s).std) ** 2
        if size == 0.0:
            return x, memory
        drift = check_field("score", score(x, s), x, s)
        return x + size * drift + (2.0 * size) ** 0.5 * standard_normal(x, generator), memory

    return step


def stay(
    x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
) -> tuple[Tensor, Memory]:
    """The step that moves nothing: a corrector after it makes annealed Langevin dynamics.

    x is taken over from p(., t) as it is, which on a path with alpha = 1 is nearly p(., s).
    """
    return x, memory


def predictor_corrector(predictor: Step, corrector: Step, moves: int = 1) -> Step:
    """A predictor's step from t to s, then `moves` of a corrector at s.

    The predictor moves in time and makes its error; the corrector draws the particles back to
    p(., s). The predictor's memory is threaded, the corrector's is not kept.
    Raises ValueError for a negative number of moves. Source: Song et al. 2021, algorithm 1.
    """
    if moves < 0:
        raise ValueError(f"moves = {moves}; expected a number of corrector moves >= 0.")

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        x, memory = predictor(x, t, s, memory, generator)
        for _ in range(moves):
            x, _ = corrector(x, s, s, None, generator)
        return x, memory

    return step
