"""Gaussian mixtures: the densities for which everything in the book is known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from ..tensors import Time, expand


class Density(Protocol):
    """A density p_0 that also knows the law of alpha x_0 + std eps, eps ~ N(0, I).

    x : (batch, \\*dims);  alpha, std : numbers, () or (batch,). With the defaults the law is p_0.
    """

    def log_prob(self, x: Tensor, alpha: Time = 1.0, std: Time = 0.0) -> Tensor:
        """log p(x): -> (batch,)."""
        ...

    def score(self, x: Tensor, alpha: Time = 1.0, std: Time = 0.0) -> Tensor:
        """grad log p(x): -> (batch, \\*dims)."""
        ...

    def posterior_mean(self, x: Tensor, alpha: Time, std: Time) -> Tensor:
        """E[x_0 | alpha x_0 + std eps = x]: -> (batch, \\*dims)."""
        ...

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n points of p_0: -> (n, \\*dims)."""
        ...


def coefficient(c: Time, x: Tensor) -> Tensor:
    """A number, () or (batch,) as a tensor of x's precision that multiplies x."""
    return expand(torch.as_tensor(c, dtype=x.dtype, device=x.device), x)


@dataclass(frozen=True)
class GaussianMixture:
    """p(x) = sum_k w_k N(x; m_k, C_k), and the same for alpha x_0 + std eps.

    The noised law has means alpha m_k and covariances alpha^2 C_k + std^2 I, so its log-density,
    score and posterior mean are exact at every time of every Gaussian path.

    weights : (K,) > 0, summing to 1;  means : (K, D);  covariances : (K, D, D), symmetric,
    positive definite. Build isotropic ones with :meth:`isotropic`.
    Raises ValueError for wrong shapes, weights that do not sum to 1, or a covariance that is not
    positive definite.
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor
    _values: Tensor = field(init=False, repr=False)  # eigenvalues of C_k: (K, D)
    _vectors: Tensor = field(init=False, repr=False)  # eigenvectors in columns: (K, D, D)

    def __post_init__(self) -> None:
        w, m, c = (
            torch.as_tensor(a, dtype=torch.float64)
            for a in (self.weights, self.means, self.covariances)
        )
        if w.ndim != 1 or w.numel() == 0 or m.ndim != 2 or m.shape[0] != w.shape[0]:
            raise ValueError(
                f"weights {tuple(w.shape)} and means {tuple(m.shape)}; expected (K,) and (K, D) "
                "with K >= 1."
            )
        if c.shape != (*m.shape, m.shape[1]):
            raise ValueError(
                f"covariances {tuple(c.shape)}; expected {(*m.shape, m.shape[1])}. "
                "For equal widths in all directions use GaussianMixture.isotropic."
            )
        if not (w > 0).all() or abs(w.sum().item() - 1.0) > 1e-9:
            raise ValueError(
                f"weights {w.tolist()} must be positive and sum to 1; divide them by their sum."
            )
        values, vectors = torch.linalg.eigh(c)
        if not (values > 0).all() or not torch.allclose(c, c.mT):
            raise ValueError("every covariance must be symmetric and positive definite.")
        fields = zip(
            ("weights", "means", "covariances", "_values", "_vectors"),
            (w, m, c, values, vectors),
            strict=True,
        )
        for name, value in fields:
            object.__setattr__(self, name, value)

    @classmethod
    def isotropic(cls, weights: object, means: object, stds: object) -> GaussianMixture:
        """Components N(m_k, s_k^2 I): weights (K,), means (K,) in 1-D or (K, D), stds (K,) > 0."""
        m = torch.as_tensor(means, dtype=torch.float64)
        m = m[:, None] if m.ndim == 1 else m
        s = torch.as_tensor(stds, dtype=torch.float64)
        if s.shape != m.shape[:1] or not (s > 0).all():
            raise ValueError(f"stds {s.tolist()}; expected {m.shape[0]} positive numbers.")
        eye = torch.eye(m.shape[1], dtype=torch.float64)
        return cls(torch.as_tensor(weights, dtype=torch.float64), m, s[:, None, None] ** 2 * eye)

    @property
    def dim(self) -> int:
        """D, the dimension of x."""
        return self.means.shape[1]

    def _project(
        self, x: Tensor, alpha: Time, std: Time
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Log responsibilities, log p, and x - alpha m_k and the variances in the eigenbases."""
        if x.ndim != 2 or x.shape[1] != self.dim:
            raise ValueError(
                f"x has shape {tuple(x.shape)}; this mixture expects (batch, {self.dim})."
            )
        w, m, values, vectors = (
            a.to(x) for a in (self.weights, self.means, self._values, self._vectors)
        )
        a, s = (
            coefficient(alpha, x)[..., None],
            coefficient(std, x)[..., None],
        )  # (batch, 1, 1) or (1,)
        y = torch.einsum("kde,bkd->bke", vectors, x[:, None] - a * m)
        var = a**2 * values + s**2
        log_n = -0.5 * (y**2 / var + torch.log(2 * math.pi * var)).sum(-1) + w.log()
        log_p = log_n.logsumexp(1)
        return (log_n - log_p[:, None]).exp(), log_p, y, var, vectors

    def log_prob(self, x: Tensor, alpha: Time = 1.0, std: Time = 0.0) -> Tensor:
        """Exact log p of alpha x_0 + std eps: (batch, D) -> (batch,)."""
        return self._project(x, alpha, std)[1]

    def score(self, x: Tensor, alpha: Time = 1.0, std: Time = 0.0) -> Tensor:
        """Exact grad log p = -sum_k r_k (alpha^2 C_k + std^2 I)^-1 (x - alpha m_k): (batch, D)."""
        r, _, y, var, vectors = self._project(x, alpha, std)
        return -torch.einsum("bk,kde,bke->bd", r, vectors, y / var)

    def posterior_mean(self, x: Tensor, alpha: Time, std: Time) -> Tensor:
        """E[x_0 | x] = sum_k r_k (m_k + alpha C_k (alpha^2 C_k + std^2 I)^-1 (x - alpha m_k))."""
        r, _, y, var, vectors = self._project(x, alpha, std)
        gain = coefficient(alpha, x)[..., None] * self._values.to(x) / var
        return r @ self.means.to(x) + torch.einsum("bk,kde,bke->bd", r, vectors, gain * y)

    def noised(self, alpha: float, std: float) -> GaussianMixture:
        """The mixture that alpha x_0 + std eps follows, as a density of its own."""
        eye = torch.eye(self.dim, dtype=torch.float64)
        a, s = float(alpha), float(std)
        return GaussianMixture(self.weights, a * self.means, a**2 * self.covariances + s**2 * eye)

    def cdf(self, x: Tensor) -> Tensor:
        """P(X <= x) in one dimension: any shape -> the same shape. Raises ValueError for D > 1."""
        if self.dim != 1:
            raise ValueError(
                f"the distribution function is for D = 1; this mixture has {self.dim}."
            )
        z = (x[..., None] - self.means[:, 0]) / self.covariances[:, 0, 0].sqrt()
        return (self.weights * torch.special.ndtr(z)).sum(-1)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n exact draws: -> (n, D), float64, on the generator's device."""
        device = generator.device
        k = torch.multinomial(self.weights.to(device), n, replacement=True, generator=generator)
        z = torch.randn(n, self.dim, generator=generator, device=device, dtype=torch.float64)
        root = (self._vectors * self._values.sqrt()[:, None]).to(device)
        return self.means.to(device)[k] + torch.einsum("nde,ne->nd", root[k], z)
