"""A uniform grid of cells in one dimension, and ways to put a density on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss
from torch import Tensor

from ..density.mixture import GaussianMixture

_NODES, _WEIGHTS = leggauss(5)  # in each cell: exact for polynomials of degree 9


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
    def cell(self) -> float:
        """Volume of a cell, which in one dimension is its width."""
        return self.h

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a density on this grid: (n,)."""
        return (self.n,)

    @property
    def axes(self) -> tuple[Grid, ...]:
        """The grid of each dimension: itself alone."""
        return (self,)

    @property
    def points(self) -> np.ndarray:
        """The centres as points: (n, 1)."""
        return self.centers[:, None]

    @property
    def edges(self) -> np.ndarray:
        """The n + 1 cell edges."""
        return np.linspace(self.low, self.high, self.n + 1)

    @property
    def centers(self) -> np.ndarray:
        """The n cell centres."""
        return self.low + self.h * (np.arange(self.n) + 0.5)

    def average(self, density: GaussianMixture | Callable[[Tensor], Tensor]) -> np.ndarray:
        """Cell averages of a density: -> (n,).

        A mixture is averaged exactly, by its distribution function; a function p(x),
        (N, 1) -> (N,), by Gauss's rule in each cell. The mass outside the grid is left out, so
        the sum times h is what the grid holds.
        """
        if isinstance(density, GaussianMixture):
            cdf = density.cdf(torch.as_tensor(self.edges)).numpy()
            return np.diff(cdf) / self.h
        nodes = self.centers[:, None] + 0.5 * self.h * _NODES
        values = density(torch.as_tensor(nodes.reshape(-1, 1))).detach().numpy()
        return values.reshape(nodes.shape) @ (0.5 * _WEIGHTS)

    def histogram(self, x: Tensor) -> np.ndarray:
        """Cell averages of a sample, normalised on the grid: (N,) or (N, 1) -> (n,).

        Raises ValueError when no point lies on the grid.
        """
        counts, _ = np.histogram(x.detach().cpu().numpy().ravel(), self.edges)
        return self.normalise(counts.astype(float))

    def curve(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Cell averages of a drawn curve, normalised: x (N,) rising, y (N,) >= 0 -> (n,).

        The curve is straight between its points and zero beyond them.
        Raises ValueError for points that do not rise, or a curve that is no density.
        """
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if x.ndim != 1 or x.shape != y.shape or x.size < 2 or not (np.diff(x) > 0).all():
            raise ValueError(
                f"a curve is x (N,) rising and y (N,), N >= 2; got {x.shape} and {y.shape}. "
                "Sort the points by x and merge those that share one."
            )
        # With all corners and edges as knots, the trapezoid rule is exact.
        knots = np.union1d(x, self.edges)
        height = np.interp(knots, x, y, left=0.0, right=0.0)
        inside = (knots[:-1] >= x[0]) & (knots[1:] <= x[-1])
        area = 0.5 * (height[1:] + height[:-1]) * np.diff(knots) * inside
        mass = np.interp(self.edges, knots, np.concatenate([[0.0], np.cumsum(area)]))
        return self.normalise(np.diff(mass) / self.h)

    def point(self, x: float) -> np.ndarray:
        """All mass at x, as nearly as cells can: the two nearest cells share it, with mean x.

        Raises ValueError for x outside the outermost centres.
        """
        place = (x - self.low) / self.h - 0.5
        rounding = 1e-12 * (self.n + abs(self.low) / self.h)  # an outermost centre is allowed
        if not -rounding <= place <= self.n - 1 + rounding:
            raise ValueError(
                f"x = {x:g} lies outside the cell centres "
                f"[{self.centers[0]:g}, {self.centers[-1]:g}]; take a wider grid."
            )
        place = min(max(place, 0.0), self.n - 1.0)
        i = min(int(place), self.n - 2)
        p = np.zeros(self.n)
        p[i], p[i + 1] = 1.0 - (place - i), place - i
        return p / self.h

    def normalise(self, p: np.ndarray) -> np.ndarray:
        """Scale values >= 0 to unit mass: (n,) -> (n,).

        Raises ValueError for wrong shapes, negative, non-finite or massless values.
        """
        return normalise(p, self.shape, self.cell)


def normalise(p: np.ndarray, shape: tuple[int, ...], cell: float) -> np.ndarray:
    """Scale values >= 0 of the given shape to unit mass on cells of volume `cell`.

    Raises ValueError for wrong shapes, negative, non-finite or massless values.
    """
    p = np.asarray(p, dtype=float)
    if p.shape != shape:
        cells = " x ".join(map(str, shape))
        raise ValueError(f"p has shape {p.shape}; this grid has {cells} cells.")
    if not np.isfinite(p).all() or p.min() < 0:
        raise ValueError("p holds negative, NaN or infinite values; a density is finite and >= 0.")
    mass = p.sum() * cell
    if mass == 0:
        raise ValueError(
            "p has no mass on this grid; a density must have some. Check that the grid covers it."
        )
    return p / mass
