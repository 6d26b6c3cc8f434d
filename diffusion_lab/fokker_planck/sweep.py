"""All lines of cells along one axis, moved at once with the drift of one moment."""

from __future__ import annotations

import numpy as np

from .faces import Walls, averaging, bands, central_faces, fitted_faces, flux, identity, multiply
from .grid import Grid
from .implicit import SDIRK2, SDIRK4, Banded


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
        self._weights = scheme(drift, np.array([diffusion]), along.h, walls)
        self._mass = (identity(along.n) if robust else averaging(along.n, walls))[:, None]
        implicit = self._tableau.a[0, 0] * dt * bands(self._weights)
        self._matrix = Banded(self._mass - implicit, walls)

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
        """One step: (lines, n) -> the new values, and (mass through each face)/h, (lines, n + 1).

        Both methods end on their last stage, so its solution is the new value.
        """
        average, fluxes = multiply(self._mass, p, self._walls), []
        through = np.zeros(())
        for row in self._tableau.a:
            known = sum((a * j for a, j in zip(row, fluxes, strict=False)), np.zeros(()))
            rhs = average - self._dt * np.diff(known) if fluxes else average
            p = self._matrix.solve(rhs)
            fluxes.append(flux(self._weights, p, self._walls))
            through = known + row[len(fluxes) - 1] * fluxes[-1]
        return p, self._dt * through
