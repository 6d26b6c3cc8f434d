"""Steps of the density on a line of cells: what the schemes have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeAlias

import numpy as np

from .chain import Chain, crossed
from .faces import Walls, difference, fitted_faces, join_seam
from .grid import Grid
from .implicit import Tableau, negative, positive_repair
from .motion import Motion

Span: TypeAlias = tuple[float, float]
# p -> (new p, mass out through the lower and the upper wall of each axis in turn)
Step: TypeAlias = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
# Of the mass: a smaller part below zero is clipped and the rest rescaled, which moves no more than
# twice that, and the exact density is not below zero, so it is error of the step. To blend a step
# that carries mass over many cells with backward Euler moves far more.
_CLIP = 1e-8
_CELLS = 2**15  # times stages in one piece of work: its arrays stay in the processor's cache


@dataclass(frozen=True)
class Line(ABC):
    """Steps of the density on a 1-D grid, prepared many at a time.

    Where a step would fall below zero it is blended with fitted fluxes and backward Euler,
    which cannot.
    """

    motion: Motion
    grid: Grid
    walls: Walls
    tableau: ClassVar[Tableau]

    @property
    def order(self) -> int:
        """Order of a step in time."""
        return self.tableau.order

    @cached_property
    def half_grid(self) -> np.ndarray:
        """Edges and centres, (2n + 1, 1): the points at which the drift is read."""
        return np.linspace(self.grid.low, self.grid.high, 2 * self.grid.n + 1)[:, None]

    def steps(self, spans: Iterable[Span]) -> Iterator[Step]:
        """A step for each span (t, s) of time. All drifts are read ahead, in few calls."""
        spans = np.array(list(spans))
        parts = -(-len(spans) * self.grid.n * len(self.tableau.c) // _CELLS)
        for part in np.array_split(spans, parts):
            t, s = part.T
            stages = t[:, None] + np.outer(s - t, self.tableau.c)
            yield from self._prepare(*self.read(stages.ravel()), abs(s - t))

    def read(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Drift on the half grid and diffusion at the times: (T, 2n + 1) and (T,)."""
        drift = join_seam(self._drifts(times), self.walls)
        return drift, self.motion.diffusions(times, self.half_grid)

    def _drifts(self, times: np.ndarray) -> np.ndarray:
        return self.motion.drifts(self.half_grid, times)[..., 0]

    @abstractmethod
    def _prepare(self, drift: np.ndarray, diffusion: np.ndarray, dt: np.ndarray) -> Iterator[Step]:
        """Steps of length dt (m,) with drift (m s, 2n + 1), diffusion (m s,) at their stages."""

    def accept(
        self,
        p: np.ndarray,
        new: np.ndarray,
        through: np.ndarray,
        last: tuple[np.ndarray, float, float],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Repair a step that fell below zero, and say what left through the walls.

        last : drift and diffusion at the end of the step, and its length
        """
        if self.walls == "absorbing" and (through[0] > 0.0 or through[-1] < 0.0):
            through = through.copy()  # nothing comes in; the fourth-order flux may err so
            through[0], through[-1] = min(through[0], 0.0), max(through[-1], 0.0)
            new = p - difference(through)
        if negative(new) * self.grid.h > _CLIP:
            low = Chain(*self.shares(*last), self.walls)
            y = low.solve(p)
            through = positive_repair(p, through, crossed(p, y, low.ends(y)), self.walls)
            new = p - difference(through)
        return new, np.array([-through[0], through[-1]]) * self.grid.h

    def shares(
        self, drift: np.ndarray, diffusion: np.ndarray | float, dt: np.ndarray | float
    ) -> tuple[np.ndarray, np.ndarray]:
        """What fitted fluxes pass to the right and left through each face in dt: (..., n + 1)."""
        weights = fitted_faces(drift, np.asarray(diffusion), self.grid.h, self.walls)
        dt = np.asarray(dt)[..., None]
        return dt * weights[1], -dt * weights[2]
