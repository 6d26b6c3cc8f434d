"""Frechet distance in the features of a classifier. It is not FID: that has one fixed network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..estimate import Jackknife, jackknife


@dataclass(frozen=True)
class Moments:
    """Mean (F,) and covariance (F, F) of features, float64."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, features: Tensor, weights: Tensor | None = None) -> Moments:
        """The moments of (N, F), each point with a weight (N,) of sum 1, by default 1/N.

        The covariance is divided by 1 - sum w^2, which is N - 1 over N for equal weights.
        Raises ValueError for fewer than two points.
        """
        if features.ndim != 2 or features.shape[0] < 2:
            raise ValueError(f"features {tuple(features.shape)}; expected (N, F) with N >= 2.")
        x = features.double()
        w = torch.full((len(x),), 1.0 / len(x), dtype=x.dtype) if weights is None else weights
        mean = w @ x
        gap = x - mean
        return cls(mean, (w[:, None] * gap).T @ gap / (1.0 - w.square().sum()))


def frechet_of_moments(a: Moments, b: Moments) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)), the squared W2 of two Gaussians.

    The trace of the root is that of the symmetric (C_b^(1/2) C_a C_b^(1/2))^(1/2), so that a
    covariance without full rank does no harm. Source: Dowson & Landau 1982.
    """
    values, vectors = torch.linalg.eigh(b.covariance)
    root = (vectors * values.clamp(min=0.0).sqrt()) @ vectors.T
    inner = torch.linalg.eigvalsh(root @ a.covariance @ root).clamp(min=0.0)
    gap = (a.mean - b.mean).square().sum() + a.covariance.trace() + b.covariance.trace()
    return (gap - 2.0 * inner.sqrt().sum()).item()


def frechet_distance(
    features: Tensor, reference: Moments, strata: Tensor | None = None
) -> Jackknife:
    """Frechet distance of N samples to a reference: plain, without its 1/N bias, and its error.

    features : (N, F);  reference : usually of the whole training set
    strata   : (N,) labels when the samples were drawn with so many of each label
    The plain value of N exact samples is not 0 but about c/N: compare it with a floor of real
    images at the same N only. The corrected value has that bias removed to first order (Chong
    & Forsyth 2020 extrapolate to the same end); what the reference's own finite size adds stays.
    """
    return jackknife(
        lambda weights: frechet_of_moments(Moments.of(features, weights), reference),
        features.shape[0],
        strata,
    )
