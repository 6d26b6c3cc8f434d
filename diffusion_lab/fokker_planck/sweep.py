"""All lines of cells along one axis, moved at once with the drift of one moment."""

from __future__ import annotations

import numpy as np

from .faces import Walls, averaging, bands, central_faces, fitted_faces, identity, multiply
from .grid import Grid
from .implicit import SDIRK2, SDIRK4, Banded, sdirk_step


class Sweep:
    """A step dt of many lines. Its one matrix is factored here and serves every stage.

    drift  : (lines, 2n + 1) on the half grid, of one moment;  diffusion : D of that moment
    robust : fitted fluxes and SDIRK2, on cell averages; else central fluxes and SDIRK4, on
             point values
    """

    def __init__(
        self,
        drift: np.ndarray,
        diffusion: float,
        dt: float,
        axis: int,
        along: Grid,
        walls: Walls,
        robust: bool,
    ) -> None:
        self._drift, self._diffusion, self._dt = drift, diffusion, dt
        self.axis = axis
        self._walls: Walls = walls
        self._tableau = SDIRK2 if robust else SDIRK4
        scheme = fitted_faces if robust else central_faces
        self._weights = dt * scheme(drift, np.array([diffusion]), along.h, walls)
        self._mass = (identity(along.n) if robust else averaging(along.n, walls))[:, None]
        self._matrix = Banded(self._mass - self._tableau.gamma * bands(self._weights), walls)

    def serves(self, drift: np.ndarray, diffusion: float, dt: float) -> bool:
        """Whether this is the step dt, to rounding, with that drift and diffusion."""
        return (
            abs(dt - self._dt) <= 1e-12 * dt
            and diffusion == self._diffusion
            and np.array_equal(drift, self._drift)
        )

    def doubles(self, other: Sweep) -> bool:
        """Whether this is the other sweep with twice its step."""
        return self.serves(other._drift, other._diffusion, 2.0 * other._dt)

    def move(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One step: (lines, n) -> the new values, and (mass through each face)/h."""
        average = multiply(self._mass, p, self._walls)
        stages = np.broadcast_to(self._weights, (len(self._tableau.c), *self._weights.shape))
        return sdirk_step(self._tableau, stages, self._solve, average, self._walls)

    def _solve(self, stage: int, rhs: np.ndarray) -> np.ndarray:
        return self._matrix.solve(rhs)
