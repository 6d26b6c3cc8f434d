"""The noise levels at which a network is trained, and the weight that makes a likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.time_grid import T_MIN, times_at

TimeLaw: TypeAlias = Callable[[Tensor], Tensor]  # u even on [0, 1) -> t, the law's quantiles

T_MAX = 1.0 - T_MIN  # alpha(1) = 0 on some paths: there is no data point to learn
LOG_SNR = 13.0  # |log-SNR| that even_log_snr reaches; that of the cosine path at T_MIN


def even_times(u: Tensor) -> Tensor:
    """t uniform on [T_MIN, 1], but for what lies above T_MAX."""
    return (T_MIN + (1.0 - T_MIN) * u).clamp(max=T_MAX)


def even_log_snr(path: GaussianPath) -> TimeLaw:
    """Log-SNR uniform on [-LOG_SNR, LOG_SNR], or the part of it that the path reaches."""
    low, high = _reach(path)
    at = _inverse(path)
    return lambda u: at(low + (high - low) * (1.0 - u))


def lognormal_levels(path: GaussianPath, mean: float = -1.2, spread: float = 1.2) -> TimeLaw:
    """log(std/alpha) ~ N(mean, spread^2), cut at |log-SNR| = LOG_SNR.

    Units: std/alpha is in those of the data. Source: Karras et al. 2022, table 1 (P_mean, P_std).
    """
    at = _inverse(path)

    def law(u: Tensor) -> Tensor:
        normal = math.sqrt(2.0) * torch.erfinv((2.0 * u - 1.0).clamp(-1.0 + 1e-6, 1.0 - 1e-6))
        return at(-2.0 * (mean + spread * normal))

    return law


def bits_weight(path: GaussianPath, row: Callable[[Tensor], tuple[Tensor, Tensor]]) -> TimeLaw:
    """The weight that makes the loss a part of the variational bound, in bits per dimension.

        (range of log-SNR) / (2 log 2) E |eps error|^2,   y error = (b - a std/alpha) eps error,

    for times drawn by :func:`even_log_snr` and a target y = a x_0 + b eps with row(t) = (a, b).
    It is the bound's diffusion term; its prior and decoder terms hold nothing to learn.
    Source: Kingma et al. 2021, eq. (18).
    """
    low, high = _reach(path)

    def weight(t: Tensor) -> Tensor:
        a, b = row(t)
        return (high - low) / (2.0 * math.log(2.0) * (b - a * path.std(t) / path.alpha(t)) ** 2)

    return weight


def _reach(path: GaussianPath) -> tuple[float, float]:
    ends = path.log_snr(torch.tensor([1.0, 0.0], dtype=torch.float64))
    return max(-LOG_SNR, ends[0].item()), min(LOG_SNR, ends[1].item())


def _inverse(path: GaussianPath) -> TimeLaw:
    """Log-SNR -> t, between the values of a fine table."""
    low, high = _reach(path)
    levels = torch.linspace(low, high, 4097, dtype=torch.float64)
    table = times_at(path, torch.exp(-0.5 * levels)).numpy()
    known = levels.numpy()

    def at(log_snr: Tensor) -> Tensor:
        t = np.interp(log_snr.cpu().double().numpy(), known, table)
        return torch.as_tensor(t, dtype=log_snr.dtype, device=log_snr.device)

    return at
