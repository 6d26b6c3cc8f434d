"""A grid of cells in the plane: the product of two grids on a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss
from torch import Tensor

from ..density.mixture import GaussianMixture
from .grid import Grid, normalise

_NODES, _WEIGHTS = leggauss(4)  # in each direction of each cell


@dataclass(frozen=True)
class Grid2D:
    """Cells x.n times y.n on a rectangle. Densities live on it as cell averages, (x.n, y.n).

    The first index runs along x; transpose for pictures.
    """

    x: Grid
    y: Grid

    @property
    def axes(self) -> tuple[Grid, ...]:
        """The grids of the two directions."""
        return self.x, self.y

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a density on this grid: (x.n, y.n)."""
        return self.x.n, self.y.n

    @property
    def cell(self) -> float:
        """Area of a cell."""
        return self.x.h * self.y.h

    @property
    def points(self) -> np.ndarray:
        """The cell centres, y running fastest: (x.n y.n, 2)."""
        return product(self.x.centers, self.y.centers)

    def average(self, density: GaussianMixture | Callable[[Tensor], Tensor]) -> np.ndarray:
        """Cell averages of a mixture or of a function p(x), (N, 2) -> (N,): -> (x.n, y.n).

        By Gauss's rule with 4 x 4 points in a cell: exact to rounding when the density varies
        on no scale below two cells.
        """

        def value(x: Tensor) -> Tensor:
            if isinstance(density, GaussianMixture):
                return density.log_prob(x).exp()
            return density(x)

        total = np.zeros(self.shape)
        for u, a in zip(_NODES, _WEIGHTS, strict=True):
            for v, b in zip(_NODES, _WEIGHTS, strict=True):
                shift = 0.5 * np.array([u * self.x.h, v * self.y.h])
                at = torch.as_tensor(self.points + shift)
                total += 0.25 * a * b * value(at).detach().numpy().reshape(self.shape)
        return total

    def histogram(self, x: Tensor) -> np.ndarray:
        """Cell averages of a sample, normalised on the grid: (N, 2) -> (x.n, y.n).

        Raises ValueError when no point lies on the grid.
        """
        at = x.detach().cpu().numpy()
        counts, *_ = np.histogram2d(at[:, 0], at[:, 1], (self.x.edges, self.y.edges))
        return self.normalise(counts)

    def point(self, x: tuple[float, float]) -> np.ndarray:
        """All mass at x, as nearly as cells can: the four nearest cells share it, with mean x.

        Raises ValueError for x outside the outermost centres.
        """
        return np.outer(self.x.point(x[0]), self.y.point(x[1]))

    def normalise(self, p: np.ndarray) -> np.ndarray:
        """Scale values >= 0 to unit mass: (x.n, y.n) -> (x.n, y.n).

        Raises ValueError for wrong shapes, negative, non-finite or massless values.
        """
        return normalise(p, self.shape, self.cell)


def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """All pairs of two sets of coordinates, y running fastest: (len(x) len(y), 2)."""
    return np.stack(np.meshgrid(x, y, indexing="ij"), -1).reshape(-1, 2)
