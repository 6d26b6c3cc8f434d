"""The density that was solved for, and what can be read from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from ..process.dynamics import Dynamics
from ..process.sde import SDE
from ..tensors import ScalarOfTime, Time, as_time
from .faces import Walls
from .grid import Grid
from .implicit import centre_values
from .plane_grid import Grid2D

FLOOR = 1e-300  # keeps log p finite where p = 0
G = TypeVar("G", Grid, Grid2D)
S = TypeVar("S")


@dataclass(frozen=True)
class GridSolution(ABC, Generic[G, S]):
    """p(x, t) at the check times, with the readings that samplers and plots want.

    times : (K,) in the order of the solve;  p : (K, *shape) cell averages, >= 0;
    mass_defect : largest |mass + lost - 1| of a step before it was rescaled;
    lost : (K, 2 D) mass that absorbing walls have taken, the lower and the upper one of each axis.
    """

    grid: G
    times: np.ndarray
    p: np.ndarray
    mass_defect: float
    lost: np.ndarray
    walls: Walls = "closed"
    _splines: dict[int, S] = field(default_factory=dict, repr=False, compare=False)

    def mass(self) -> np.ndarray:
        """Total mass at each check time: (K,); 1 but for absorbing walls."""
        return self.p.reshape(len(self.p), -1).sum(1) * self.grid.cell

    def at(self, t: Time) -> np.ndarray:
        """Cell averages at one time, linear between check times: -> shape of the grid.

        Raises ValueError outside the solved interval.
        """
        i, weight = self._bracket(t)
        return (1.0 - weight) * self.p[i] + weight * self.p[i + 1]

    def score(self, x: Tensor, t: Time) -> Tensor:
        """grad log p(x, t) from cubic splines of log p: (batch, D), () -> (batch, D).

        Linear between check times, constant beyond the outermost centres. It is a Field, so
        Dynamics(sde, solution.score) runs particles on the solved density.
        """
        i, weight = self._bracket(t)
        ends = np.array([g.centers[[0, -1]] for g in self.grid.axes])
        where = np.clip(x.detach().cpu().numpy(), ends[:, 0], ends[:, 1])
        value = (1.0 - weight) * self._gradient(i, where)
        if weight > 0.0:
            value = value + weight * self._gradient(i + 1, where)
        return torch.as_tensor(value).to(x)

    def dynamics(self, sde: SDE, sigma: ScalarOfTime | float | None = None) -> Dynamics:
        """The family of `sde` with this score: velocity and drifts, as samplers take them."""
        return Dynamics(sde, self.score, sigma)

    def entropy(self) -> np.ndarray:
        """Differential entropy -E log p at each check time, in nats: (K,)."""
        return self._expect(lambda i, p: -np.log(np.maximum(p, FLOOR)))

    def fisher(self) -> np.ndarray:
        """Fisher information E |grad log p|^2 at each check time: (K,)."""
        return self._expect(lambda i, p: (self._gradient(i, self.grid.points) ** 2).sum(1))

    def _expect(self, value: Callable[[int, np.ndarray], np.ndarray]) -> np.ndarray:
        """Mean of value(i, p) under the point values p of each check time: (K,)."""
        points = [self._points(i).ravel() for i in range(len(self.p))]
        return np.array([p @ value(i, p) / p.sum() for i, p in enumerate(points)])

    @abstractmethod
    def mean(self) -> np.ndarray:
        """Mean of x at each check time."""

    @abstractmethod
    def variance(self) -> np.ndarray:
        """Variance of x at each check time."""

    @abstractmethod
    def _spline(self, i: int) -> S:
        """A spline of log p at check time i."""

    @abstractmethod
    def _gradient(self, i: int, x: np.ndarray) -> np.ndarray:
        """grad log p at check time i: (N, D) -> (N, D)."""

    def _points(self, i: int) -> np.ndarray:
        """p at the centres, to fourth order from its averages; the average where that is < 0."""
        p = centre_values(self.p[i], self.walls)
        return np.where(p > 0.0, p, self.p[i])

    def _spline_at(self, i: int) -> S:
        if i not in self._splines:
            self._splines[i] = self._spline(i)
        return self._splines[i]

    def _weights(self) -> np.ndarray:
        """Share of each cell in the mass: (K, cells)."""
        p = self.p.reshape(len(self.p), -1)
        return p / p.sum(1, keepdims=True)

    def _bracket(self, t: Time) -> tuple[int, float]:
        """The check interval that holds t, and how far t lies in it, from 0 to 1."""
        t = as_time(t)
        if t.ndim:
            raise ValueError(f"t has shape {tuple(t.shape)}; a grid solution takes one time.")
        order = 1.0 if self.times[-1] > self.times[0] else -1.0
        run, now = order * self.times, order * t.item()
        if not run[0] - 1e-12 <= now <= run[-1] + 1e-12:
            raise ValueError(
                f"t = {t.item():g} was not solved; the solution covers "
                f"[{min(self.times):g}, {max(self.times):g}]."
            )
        i = min(max(int(np.searchsorted(run, now, side="right")) - 1, 0), len(run) - 2)
        return i, min(max((now - run[i]) / (run[i + 1] - run[i]), 0.0), 1.0)


@dataclass(frozen=True)
class LineSolution(GridSolution[Grid, CubicSpline]):
    """p(x, t) on a :class:`Grid`, with p of shape (K, n); see :class:`GridSolution`."""

    def mean(self) -> np.ndarray:
        """Mean of x at each check time: (K,)."""
        return self._weights() @ self.grid.centers

    def variance(self) -> np.ndarray:
        """Variance of x at each check time, less the h^2/12 that cells add (Sheppard): (K,)."""
        return self._weights() @ self.grid.centers**2 - self.mean() ** 2 - self.grid.h**2 / 12.0

    def _spline(self, i: int) -> CubicSpline:
        log_p = np.log(np.maximum(self._points(i), FLOOR))
        return CubicSpline(self.grid.centers, log_p).derivative()

    def _gradient(self, i: int, x: np.ndarray) -> np.ndarray:
        return self._spline_at(i)(x)
