"""The accurate method: central fluxes and SDIRK4, of fourth order in space and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

import numpy as np

from .faces import averaging, bands, central_faces, difference
from .implicit import SDIRK4, Banded, Tableau, sdirk_step
from .line import Line, Step

_NEAR = 9  # points of the half grid at either wall that its fluxes look at


@dataclass(frozen=True)
class CentralLine(Line):
    """Central fluxes of point values. All stage matrices of many steps are factored at once."""

    tableau: ClassVar[Tableau] = SDIRK4

    @cached_property
    def mass(self) -> np.ndarray:
        """Rows of the matrix from point values to averages: (5, n)."""
        return averaging(self.grid.n, self.walls)

    @cached_property
    def _read(self) -> np.ndarray:
        """Places of the half grid at which the drift is read: the faces, and all near walls."""
        i = np.arange(2 * self.grid.n + 1)
        return np.flatnonzero((i % 2 == 0) | (i < _NEAR) | (i >= i.size - _NEAR))

    def _drifts(self, times: np.ndarray) -> np.ndarray:
        """In the middle only the repair looks at centres; the mean of two faces will do there."""
        drift = np.empty((len(times), 2 * self.grid.n + 1))
        drift[:, self._read] = self.motion.drifts(self.half_grid[self._read], times)[..., 0]
        centres = slice(_NEAR, -_NEAR, 2)
        drift[:, centres] = 0.5 * (drift[:, 8:-10:2] + drift[:, 10:-8:2])
        return drift

    def _prepare(self, drift: np.ndarray, diffusion: np.ndarray, dt: np.ndarray) -> Iterator[Step]:
        s = len(SDIRK4.c)
        weights = central_faces(drift, diffusion, self.grid.h, self.walls)
        weights *= np.repeat(dt, s)[:, None]
        matrices = Banded(self.mass[:, None] - SDIRK4.gamma * bands(weights), self.walls)
        stages = weights.swapaxes(0, 1)
        for i in range(0, len(diffusion), s):
            last = drift[i + s - 1], diffusion[i + s - 1], dt[i // s]
            yield partial(self._step, weights=stages[i : i + s], matrices=matrices, i=i, last=last)

    def _step(
        self,
        p: np.ndarray,
        weights: np.ndarray,
        matrices: Banded,
        i: int,
        last: tuple[np.ndarray, float, float],
    ) -> tuple[np.ndarray, np.ndarray]:
        def solve(k: int, rhs: np.ndarray) -> np.ndarray:
            return matrices.solve(rhs, i + k)

        _, through = sdirk_step(SDIRK4, weights, solve, p, self.walls)
        return self.accept(p, p - difference(through), through, last)
