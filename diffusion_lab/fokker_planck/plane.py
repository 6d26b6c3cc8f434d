"""The same two schemes in the plane: sweeps along x and y, split in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .faces import Walls, averaging, join_seam, multiply
from .implicit import centre_values
from .motion import Motion
from .plane_grid import Grid2D, product
from .repair import fill, net_loss, wall_loss
from .sweep import Sweep

_CLIP = 1e-10  # a negative part smaller than this (of unit mass) is rounding: clipped, rescaled
_KEPT = 6  # sweeps whose factors are kept: a step of the fourth-order method has four


@dataclass(frozen=True)
class Plane:
    """Steps of the density on a 2-D grid.

    A step is Strang's: half of x, all of y, half of x, with the drift and the noise of its
    middle; its error is even in the step. Robust steps stop there (second order); the others
    combine it with two half steps (fourth order). What a step adds is a difference of fluxes
    through the faces; cells that fall below zero then borrow from their neighbours.
    Source: Strang 1968.
    """

    motion: Motion
    grid: Grid2D
    walls: Walls
    robust: bool
    _sweeps: list[Sweep] = field(default_factory=list, repr=False)

    @property
    def order(self) -> int:
        """Order of a step in time."""
        return 2 if self.robust else 4

    def step(self, p: np.ndarray, t: float, s: float) -> tuple[np.ndarray, np.ndarray]:
        """From t to s: the new cell averages, and the mass out through each wall, (4,)."""
        start = p if self.robust else centre_values(p, self.walls)  # robust fluxes take averages
        whole = self._strang(t, s)
        through = _run(whole, start)
        if not self.robust:
            middle = 0.5 * (t + s)
            halves = self._strang(t, middle) + self._strang(middle, s)
            if halves[2] is halves[3] and whole[0].doubles(halves[2]):
                halves[2:4] = whole[:1]
            pairs = zip(through, _run(halves, start), strict=True)
            through = [self._averaged((4.0 * b - a) / 3.0, k) for k, (a, b) in enumerate(pairs)]
        new = fill(p - net_loss(through), self.walls, _CLIP / self.grid.cell)
        return new, wall_loss(through) * self.grid.cell

    def _strang(self, t: float, s: float) -> list[Sweep]:
        """The sweeps of one step."""
        dt = abs(s - t)
        (x, y), d = self._drift(0.5 * (t + s)), self.motion.diffusion(0.5 * (t + s))
        half = self._sweep(0, x, d, 0.5 * dt)
        return [half, self._sweep(1, y, d, dt), half]

    def _sweep(self, axis: int, drift: np.ndarray, diffusion: float, dt: float) -> Sweep:
        """A sweep along an axis: the one in store where nothing has changed."""
        for i, sweep in enumerate(self._sweeps):
            if sweep.axis == axis and sweep.serves(drift, diffusion, dt):
                self._sweeps.append(self._sweeps.pop(i))
                return sweep
        scheme = self.walls, self.robust
        sweep = Sweep(drift, diffusion, dt, axis, self.grid.axes[axis], *scheme)
        self._sweeps.append(sweep)
        del self._sweeps[:-_KEPT]
        return sweep

    def _averaged(self, through: np.ndarray, axis: int) -> np.ndarray:
        """From fluxes at the middles of the faces along an axis to their averages."""
        lines, across = np.moveaxis(through, axis, 0), self.grid.axes[1 - axis]
        rows = averaging(across.n, self.walls)[:, None]
        return np.moveaxis(multiply(rows, lines, self.walls), 0, axis)

    @cached_property
    def _half_grids(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the half grid along x for every y, and along y for every x."""
        x, y = self.grid.axes
        half_x, half_y = (np.linspace(g.low, g.high, 2 * g.n + 1) for g in (x, y))
        return product(y.centers, half_x)[:, ::-1].copy(), product(x.centers, half_y)

    def _drift(self, t: float) -> list[np.ndarray]:
        """The drift along each axis on its half grid, one line for each cell across."""
        found = []
        for axis, points in enumerate(self._half_grids):
            drift = self.motion.drift(points, t)[:, axis]
            drift = drift.reshape(self.grid.axes[1 - axis].n, -1)
            found.append(join_seam(drift, self.walls))
        return found


def _run(sweeps: list[Sweep], p: np.ndarray) -> list[np.ndarray]:
    """(Mass through the faces)/h along x and along y, with one face more along the axis."""
    through: list[np.ndarray] = [np.zeros(()), np.zeros(())]
    for sweep in sweeps:
        k = sweep.axis
        lines, passed = sweep.move(np.moveaxis(p, k, 1))
        p, through[k] = np.moveaxis(lines, 1, k), through[k] + np.moveaxis(passed, 1, k)
    return through
