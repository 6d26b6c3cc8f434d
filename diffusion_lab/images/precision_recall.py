"""Precision and recall: which share of the samples lies among the images, and the reverse."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..estimate import Estimate, share_of


class PrecisionRecall(NamedTuple):
    """precision : share of samples inside the real set;  recall : of real images inside theirs."""

    precision: Estimate
    recall: Estimate


def precision_recall(samples: Tensor, real: Tensor, neighbours: int = 3) -> PrecisionRecall:
    """A set is the union of balls about its points that reach to the k-th nearest of them.

    samples, real : features (N, F), of equal number, for a set grows with its number of points.
    Even two samples of one law do not reach 1: compare with real images at the same N. The
    errors are those of counting, with the balls taken as given.
    Raises ValueError for unequal numbers or too few points. Source: Kynkaanniemi et al. 2019.
    """
    if samples.shape != real.shape or len(real) <= neighbours:
        raise ValueError(
            f"{tuple(samples.shape)} samples and {tuple(real.shape)} real features; expected "
            f"equal shapes with more than {neighbours} points."
        )
    a, b = samples.double(), real.double()
    between = torch.cdist(a, b)
    return PrecisionRecall(
        share_of((between <= _radii(b, neighbours)).any(1)),
        share_of((between <= _radii(a, neighbours)[:, None]).any(0)),
    )


def _radii(x: Tensor, neighbours: int) -> Tensor:
    """Distance of each point to its k-th nearest other point: (N, F) -> (N,)."""
    # A point's own distance is the smallest of its row; exactly 0 where cdist does not round.
    return torch.cdist(x, x).fill_diagonal_(0.0).kthvalue(neighbours + 1, 1).values
