"""The kernel distance of features: squared maximum mean discrepancy, without bias."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..estimate import Estimate, jackknife


def kernel_distance(
    x: Tensor, y: Tensor, x_strata: Tensor | None = None, y_strata: Tensor | None = None
) -> Estimate:
    """MMD^2 of two samples with the kernel (x.y/F + 1)^3, its mean over draws exactly the truth.

        mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean k(x_i, y_j)

    x : (N, F), y : (M, F). It is 0 in the mean for equal laws, so it may be negative.
    strata : (N,) and (M,) labels of points drawn with so many of each label. Only pairs of one
             label then need i != j, and leaving that out makes the mean negative.
    The error is the jackknife's, over the points of x and of y.
    Raises ValueError for other widths and jackknife's errors.
    Source: Gretton et al. 2012, eq. (3); Binkowski et al. 2018 for the kernel.
    """
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(
            f"features {tuple(x.shape)} and {tuple(y.shape)}; expected (N, F) and (M, F)."
        )
    x, y = x.double(), y.double()
    across, one_x, one_y = _kernel(x, y), _one_hot(x, x_strata), _one_hot(y, y_strata)
    kxx, kyy = (_kernel(a, a).fill_diagonal_(0.0) for a in (x, y))
    even_x, even_y = across.mean(1), across.mean(0)  # seen from each point, over the other sample
    xx = jackknife(lambda w: _within(kxx, one_x, w) - 2.0 * (w @ even_x).item(), len(x), x_strata)
    yy = jackknife(lambda w: _within(kyy, one_y, w) - 2.0 * (w @ even_y).item(), len(y), y_strata)
    return Estimate(
        xx.plain + yy.plain + 2.0 * across.mean().item(), math.hypot(xx.error, yy.error)
    )


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b.T / a.shape[1] + 1.0) ** 3


def _one_hot(x: Tensor, strata: Tensor | None) -> Tensor:
    """(N, labels), one column of ones without labels."""
    if strata is None:
        return x.new_ones(len(x), 1)
    return torch.nn.functional.one_hot(strata).to(x)


def _within(kernel: Tensor, one_hot: Tensor, weights: Tensor) -> float:
    """sum w_i w_j k_ij, i != j, where pairs of one label make up for the i = j left out."""
    shares = weights[:, None] * one_hot
    sums = shares.T @ (kernel @ shares)
    counts = (shares > 0).sum(0).to(sums)
    return (sums.sum() + (sums.diagonal() / (counts - 1.0)).nan_to_num().sum()).item()
