"""A number with its standard error, and the jackknife that finds both."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

BLOCKS = 20


class Estimate(NamedTuple):
    """A number and its standard error, from finitely many particles or images."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.4g} ± {self.error:.1g}"


class Jackknife(NamedTuple):
    """A statistic of n points as it is, and with its 1/n bias taken away.

    plain : of all points;  corrected : blocks * plain - (blocks - 1) mean of the left-out ones;
    error : standard error of either
    """

    plain: float
    corrected: float
    error: float


def mean_of(values: Tensor) -> Estimate:
    """The mean of independent numbers (N,) and its standard error."""
    x = values.double()
    error = x.std().item() / math.sqrt(x.numel()) if x.numel() > 1 else math.nan
    return Estimate(x.mean().item(), error)


def share_of(hits: Tensor) -> Estimate:
    """The share of True in (N,) and its standard error sqrt(p (1 - p) / N)."""
    p, n = hits.double().mean().item(), hits.numel()
    return Estimate(p, math.sqrt(p * (1.0 - p) / n))


def jackknife(
    statistic: Callable[[Tensor], float],
    n: int,
    strata: Tensor | None = None,
    blocks: int = BLOCKS,
) -> Jackknife:
    """Leave out one block of points at a time: plain value, value without its 1/n bias, error.

    statistic : weights (n,) float64 of sum 1, zero for points left out -> a number
    strata    : (n,) labels, when so many of each were drawn by design; the weights then keep
                their shares, since those do not vary from draw to draw
    A bias c/n grows to c/n * blocks/(blocks - 1) when a block is left out, so it cancels in
    `corrected`. Blocks are drawn by a fixed shuffle, evenly over the strata, so that points may
    come in any order.
    Raises ValueError for fewer than two blocks, more blocks than points, or a stratum of one.
    Source: Quenouille 1956; Efron 1982, chapter 2.
    """
    label = torch.zeros(n, dtype=torch.int64) if strata is None else strata
    counts = torch.bincount(label).double()
    if not 2 <= blocks <= n or (counts == 1).any():
        raise ValueError(
            f"{blocks} blocks of {n} points; expected 2 to {n} blocks, and two points or more of "
            "each label."
        )
    shuffled = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    block = torch.empty(n, dtype=torch.int64)
    block[shuffled[label[shuffled].argsort(stable=True)]] = torch.arange(n) % blocks

    def value(keep: Tensor) -> float:
        kept = torch.bincount(label[keep], minlength=len(counts)).clamp(min=1)
        return statistic(keep * (counts / (n * kept))[label])

    plain = value(torch.ones(n, dtype=torch.bool))
    left = torch.tensor([value(block != b) for b in range(blocks)], dtype=torch.float64)
    spread = (blocks - 1) * (left - left.mean()).square().mean().item()
    corrected = blocks * plain - (blocks - 1) * left.mean().item()
    return Jackknife(plain, corrected, math.sqrt(spread))
