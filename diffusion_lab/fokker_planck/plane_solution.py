"""What can be read from a density that was solved for in the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import RectBivariateSpline

from .plane_grid import Grid2D
from .solution import FLOOR, GridSolution


@dataclass(frozen=True)
class PlaneSolution(GridSolution[Grid2D, RectBivariateSpline]):
    """p(x, t) on a :class:`Grid2D`, with p of shape (K, x.n, y.n); see :class:`GridSolution`.

    score takes points (batch, 2); mean is (K, 2), variance the covariance, (K, 2, 2).
    """

    def mean(self) -> np.ndarray:
        """Mean at each check time: (K, 2)."""
        return self._weights() @ self.grid.points

    def variance(self) -> np.ndarray:
        """Covariance at each check time, less the h^2/12 that cells add: (K, 2, 2)."""
        x, mean = self.grid.points, self.mean()
        second = np.einsum("kn,ni,nj->kij", self._weights(), x, x)
        cells = np.diag([g.h**2 / 12.0 for g in self.grid.axes])
        return second - mean[:, :, None] * mean[:, None, :] - cells

    def _spline(self, i: int) -> RectBivariateSpline:
        log_p = np.log(np.maximum(self._points(i), FLOOR))
        return RectBivariateSpline(self.grid.x.centers, self.grid.y.centers, log_p)

    def _gradient(self, i: int, x: np.ndarray) -> np.ndarray:
        spline = self._spline_at(i)
        parts = [spline.ev(x[:, 0], x[:, 1], dx=dx, dy=1 - dx) for dx in (1, 0)]
        return np.stack(parts, -1)
