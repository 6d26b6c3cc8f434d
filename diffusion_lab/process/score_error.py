"""How far a score is from the exact one, at the points where the particles are."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from ..density.mixture import Density
from ..tensors import Field, Time, as_time
from .path import GaussianPath


class ScoreError(NamedTuple):
    """The relative error of a score, and the standard error of that number."""

    value: float
    uncertainty: float


def score_error(
    score: Field,
    density: Density,
    path: GaussianPath,
    t: Time,
    generator: torch.Generator,
    n: int = 10_000,
) -> ScoreError:
    """sqrt(E|s - s*|^2 / E|s*|^2) over n exact draws of p(x, t), s* = grad log p. 1 for s = 0.

    score : the field s(x, t);  density : p_0, a mixture or a finite data set;  t : one time > 0
    The standard error is that of a quotient of two means of the same draws, to first order.
    Raises ValueError for t = 0, several times, or fewer than two draws.
    """
    t = as_time(t)
    if t.ndim or t == 0.0 or n < 2:
        raise ValueError(f"t = {t.tolist()}, n = {n}; expected one time above 0 and n >= 2.")
    x0 = density.sample(n, generator)
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype, device=x0.device)
    x = path.sample(x0, eps, t)
    exact = density.score(x, path.alpha(t), path.std(t))
    with torch.no_grad():
        wrong = (score(x, t) - exact).flatten(1).square().sum(1).double()
    size = exact.flatten(1).square().sum(1).double()
    value = math.sqrt(wrong.mean() / size.mean())
    scatter = (wrong - value**2 * size).std() / (math.sqrt(n) * size.mean())
    return ScoreError(value, scatter.item() / (2.0 * value) if value > 0.0 else 0.0)
