"""The same two schemes in the plane: sweeps along x and y, split in time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .faces import averaging, central_faces, fitted_faces, identity, multiply
from .grid import Grid
from .implicit import (
    CLIP,
    SDIRK2,
    SDIRK4,
    Banded,
    backward_euler,
    negative,
    positive_repair,
    sdirk_step,
)
from .motion import Motion
from .plane_grid import Grid2D, product


@dataclass(frozen=True)
class Plane:
    """Steps of the density on a 2-D grid with closed walls.

    A step is Strang's: half of x, all of y, half of x; its error is even in the step. Robust
    steps stop there (second order); the others combine it with two half steps (fourth order).
    Each sweep moves whole lines by the schemes of :class:`Line`, all lines in one solve.
    Source: Strang 1968.
    """

    motion: Motion
    grid: Grid2D
    robust: bool

    @property
    def order(self) -> int:
        """Order of a step in time."""
        return 2 if self.robust else 4

    def step(self, p: np.ndarray, t: float, s: float) -> tuple[np.ndarray, np.ndarray]:
        """From t to s: the new cell averages, and what left through the walls, which is nothing.

        The combination (4 b - a)/3 of densities a and b can be negative where both are nearly
        zero. Clipping that only brings it nearer to the density; the mass is then restored.
        """
        new = self._strang(p, t, s)
        if not self.robust:
            middle = 0.5 * (t + s)
            halves = self._strang(self._strang(p, t, middle), middle, s)
            mixed = (4.0 * halves - new) / 3.0
            kept = mixed.clip(0.0)
            new = kept * (mixed.sum() / kept.sum())
        return new, np.zeros(2)

    def _strang(self, p: np.ndarray, t: float, s: float) -> np.ndarray:
        middle = 0.5 * (t + s)
        p = self._sweep(p.T, 0, t, middle).T
        p = self._sweep(p, 1, t, s)
        return self._sweep(p.T, 0, middle, s).T

    def _sweep(self, p: np.ndarray, axis: int, t: float, s: float) -> np.ndarray:
        """Move along one axis, the last one of p (lines, n), from t to s."""
        along, across = self.grid.axes[axis], self.grid.axes[1 - axis]
        tableau, dt = (SDIRK2 if self.robust else SDIRK4), abs(s - t)
        stages = t + tableau.c * (s - t)
        drift = np.stack([self._drift(axis, time) for time in stages])
        diffusion = np.array([[self.motion.diffusion(time)] for time in stages])
        if self.robust:
            weights = fitted_faces(drift, diffusion, along.h, "closed").swapaxes(0, 1)
            mass = np.broadcast_to(identity(along.n)[:, None], (5, *p.shape))
            new, through = sdirk_step(tableau, weights, mass, p, dt, "closed")
        else:
            # The drift is read on the centre line of each row of cells, so the lines must hold
            # point values across; along the line they hold averages.
            weights = central_faces(drift, diffusion, along.h, "closed").swapaxes(0, 1)
            mass = np.broadcast_to(averaging(along.n, "closed")[:, None], (5, *p.shape))
            lines = self._to_points[1 - axis].solve(p.T).T
            _, through = sdirk_step(tableau, weights, mass, lines, dt, "closed")
            rows = averaging(across.n, "closed")[:, None]
            through = multiply(rows, through.T).T
            new = p - np.diff(through)
        if negative(new) * self.grid.cell > CLIP:
            fitted = fitted_faces(drift[-1], diffusion[-1], along.h, "closed")
            new, _ = positive_repair(p, through, backward_euler(fitted, p, dt, "closed"))
        return new

    @cached_property
    def _to_points(self) -> tuple[Banded, ...]:
        """Averages to point values along each axis, for all lines at once."""
        return tuple(_point_solver(g, o) for g, o in (self.grid.axes, self.grid.axes[::-1]))

    @cached_property
    def _half_grids(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the half grid along x for every y, and along y for every x."""
        x, y = self.grid.axes
        half_x, half_y = (np.linspace(g.low, g.high, 2 * g.n + 1) for g in (x, y))
        return product(y.centers, half_x)[:, ::-1].copy(), product(x.centers, half_y)

    def _drift(self, axis: int, t: float) -> np.ndarray:
        drift = self.motion.drift(self._half_grids[axis], t)[:, axis]
        return drift.reshape(self.grid.axes[1 - axis].n, -1)


def _point_solver(along: Grid, across: Grid) -> Banded:
    rows = np.broadcast_to(averaging(along.n, "closed")[:, None], (5, across.n, along.n))
    return Banded(rows, "closed")
