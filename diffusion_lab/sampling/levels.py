"""alpha and std at the times of a grid, as plain numbers: a step costs no tensor arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.time_grid import times_at


@dataclass(frozen=True, slots=True)
class Level:
    """The kernel N(alpha x_0, std^2 I) at one time."""

    alpha: float
    std: float

    @property
    def ratio(self) -> float:
        """std/alpha, the noise level of x/alpha; infinite where alpha = 0."""
        return self.std / self.alpha if self.alpha > 0.0 else math.inf

    @property
    def half_log_snr(self) -> float:
        """log(alpha/std), half the log-SNR; infinite at either end."""
        return -math.log(self.ratio) if self.std > 0.0 else math.inf

    @property
    def angle(self) -> float:
        """theta with tan(theta) = std/alpha, from 0 at the data to pi/2 at pure noise."""
        return math.atan2(self.std, self.alpha)


def levels(path: GaussianPath) -> Callable[[Tensor], Level]:
    """The level of a path at a time (), remembered: a grid is walked many times.

    Paths are values, so equal paths share one table; one that cannot be hashed has its own.
    """
    try:
        return _shared_table(path)
    except TypeError:
        return _table(path)


def _table(path: GaussianPath) -> Callable[[Tensor], Level]:
    @lru_cache(maxsize=4096)
    def at(t: float) -> Level:
        return Level(path.alpha(t).item(), path.std(t).item())

    return lambda t: at(t.item())


_shared_table = lru_cache(maxsize=64)(_table)


def time_at(path: GaussianPath) -> Callable[[float], Tensor]:
    """The time () at which std/alpha takes a value, remembered: the inverse of :func:`levels`."""

    @lru_cache(maxsize=4096)
    def at(ratio: float) -> Tensor:
        return times_at(path, torch.tensor([ratio], dtype=torch.float64))[0]

    return at


def check_backward(name: str, t: Tensor, s: Tensor) -> None:
    """Raise ValueError for a step that does not lead toward the data."""
    if s > t:
        raise ValueError(f"{name} steps backward; this one goes from {t:.6g} to {s:.6g}.")
