"""The DDIM step: exact when the noise prediction does not change over the step."""

from __future__ import annotations

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from .integrate import Memory, Step, standard_normal


def ddim(predict: Predict, path: GaussianPath, eta: float = 0.0) -> Step:
    """x_s = alpha_s x0 + sqrt(std_s^2 - n^2) eps + n z,   n^2 = eta^2 std_s^2 (1 - SNR_t/SNR_s).

    x0, eps come from predict(x, t); z ~ N(0, I). eta = 0 is deterministic, eta = 1 is ancestral
    DDPM. It is finite at s = 0, where it returns x0. Backward only (s < t).
    Raises ValueError for eta outside [0, 1] or a forward step.
    Source: Song, Meng & Ermon 2021, eqs. (12) and (16), for any Gaussian path.
    """
    if not 0.0 <= eta <= 1.0:
        raise ValueError(f"eta = {eta:g}; expected a number from 0 (DDIM) to 1 (DDPM).")

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        if s > t:
            raise ValueError(f"DDIM steps backward; this one goes from {t:.6g} to {s:.6g}.")
        seen = predict(x, t)
        snr_ratio = (path.alpha(t) / path.alpha(s)) ** 2 * path.var(s) / path.var(t)
        fresh = eta**2 * path.var(s) * (1.0 - snr_ratio)
        mean = path.alpha(s) * seen.x0 + (path.var(s) - fresh).clamp(min=0).sqrt() * seen.eps
        if eta == 0.0:
            return mean, memory
        return mean + fresh.sqrt() * standard_normal(x, generator), memory

    return step
