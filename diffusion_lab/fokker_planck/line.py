"""The two schemes on a line of cells, each as one time step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .faces import Walls, averaging, central_faces, fitted_faces, identity
from .grid import Grid
from .implicit import (
    CLIP,
    SDIRK2,
    SDIRK4,
    Tableau,
    backward_euler,
    negative,
    positive_repair,
    sdirk_step,
)
from .motion import Motion


@dataclass(frozen=True)
class Line:
    """Steps of the density on a 1-D grid.

    robust : fitted fluxes and SDIRK2, else central fourth-order fluxes and SDIRK4. Where either
    would fall below zero it is blended with fitted fluxes and backward Euler, which cannot.
    """

    motion: Motion
    grid: Grid
    walls: Walls
    robust: bool

    @property
    def tableau(self) -> Tableau:
        """The Runge-Kutta method in time."""
        return SDIRK2 if self.robust else SDIRK4

    @property
    def order(self) -> int:
        """Order of a step in time."""
        return self.tableau.order

    @cached_property
    def _half_grid(self) -> np.ndarray:
        return np.linspace(self.grid.low, self.grid.high, 2 * self.grid.n + 1)[:, None]

    @cached_property
    def _mass(self) -> np.ndarray:
        return identity(self.grid.n) if self.robust else averaging(self.grid.n, self.walls)

    def step(self, p: np.ndarray, t: float, s: float) -> tuple[np.ndarray, np.ndarray]:
        """From t to s: the new cell averages (n,), and the mass through each face, (n + 1,)."""
        h, dt = self.grid.h, abs(s - t)
        stages = t + self.tableau.c * (s - t)
        drift = np.stack([self.motion.drift(self._half_grid, time)[:, 0] for time in stages])
        if self.walls == "periodic":  # one face, whatever the drift says at its two names
            drift[:, 0] = drift[:, -1] = 0.5 * (drift[:, 0] + drift[:, -1])
        diffusion = np.array([self.motion.diffusion(time) for time in stages])
        scheme = fitted_faces if self.robust else central_faces
        weights = scheme(drift, diffusion, h, self.walls).swapaxes(0, 1)
        new, through = sdirk_step(self.tableau, weights, self._mass, p, dt, self.walls)
        if negative(new) * h > CLIP:
            fitted = fitted_faces(drift[-1], diffusion[-1], h, self.walls)
            low = backward_euler(fitted, p, dt, self.walls)
            new, through = positive_repair(p, through, low)
        return new, through * h
