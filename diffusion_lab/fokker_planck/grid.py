"""A uniform grid of cells in one dimension, and ways to put a density on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..density.mixture import GaussianMixture


@dataclass(frozen=True)
class Grid:
    """n equal cells on [low, high]. Densities live on it as cell averages, shape (n,).

    Raises ValueError for fewer than 4 cells or an empty interval.
    """

    low: float
    high: float
    n: int

    def __post_init__(self) -> None:
        if self.n < 4 or not self.high > self.low:
            raise ValueError(
                f"Grid({self.low}, {self.high}, {self.n}): low < high and n >= 4 are needed."
            )

    @property
    def h(self) -> float:
        """Width of a cell."""
        return (self.high - self.low) / self.n

    @property
    def edges(self) -> np.ndarray:
        """The n + 1 cell edges."""
        return np.linspace(self.low, self.high, self.n + 1)

    @property
    def centers(self) -> np.ndarray:
        """The n cell centres."""
        return self.low + self.h * (np.arange(self.n) + 0.5)

    def average(self, density: GaussianMixture) -> np.ndarray:
        """Exact cell averages of a mixture, from its distribution function: -> (n,).

        The mass outside the grid is left out, so the sum times h is what the grid holds.
        """
        cdf = density.cdf(torch.as_tensor(self.edges)).numpy()
        return np.diff(cdf) / self.h

    def histogram(self, x: Tensor) -> np.ndarray:
        """Cell averages of a sample, normalised on the grid: (N,) or (N, 1) -> (n,).

        Raises ValueError when no point lies on the grid.
        """
        counts, _ = np.histogram(x.detach().cpu().numpy().ravel(), self.edges)
        return self.normalise(counts.astype(float))

    def normalise(self, p: np.ndarray) -> np.ndarray:
        """Scale values >= 0 to unit mass: (n,) -> (n,).

        Raises ValueError for wrong shapes, negative, non-finite or massless values.
        """
        p = np.asarray(p, dtype=float)
        if p.shape != (self.n,):
            raise ValueError(f"p has shape {p.shape}; this grid has {self.n} cells.")
        if not np.isfinite(p).all() or p.min() < 0:
            raise ValueError(
                "p holds negative, NaN or infinite values; a density is finite and >= 0."
            )
        mass = p.sum() * self.h
        if mass == 0:
            raise ValueError(
                f"p has no mass on [{self.low}, {self.high}]; a density must have some. "
                "Check that the grid covers it."
            )
        return p / mass
