"""Solve the Fokker-Planck equation on a grid: Scharfetter-Gummel fluxes, SDIRK2 in time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss
from scipy.interpolate import CubicSpline
from scipy.linalg import get_lapack_funcs
from torch import Tensor

from ..process.dynamics import Dynamics
from ..process.sde import SDE
from ..tensors import Time, as_time
from .flux import face_rates, tridiagonal
from .grid import Grid

GAMMA = 1.0 - 1.0 / math.sqrt(2.0)  # makes the two-stage SDIRK L-stable and of order 2
(_GTSV,) = get_lapack_funcs(("gtsv",), dtype=np.float64)  # LAPACK's tridiagonal solve
_NODES, _WEIGHTS = leggauss(3)  # exact for drifts up to degree 5 between two centres
_CLIP = 1e-10  # a negative part smaller than this (per unit mass) is rounding or a stiff tail


@dataclass(frozen=True)
class GridSolution:
    """p(x, t) at the check times, with the readings that samplers and plots want.

    times : (K,) in the order of the solve;  p : (K, n) cell averages, >= 0, of unit mass;
    mass_defect : largest |mass - 1| of a step before it was rescaled.
    """

    grid: Grid
    times: np.ndarray
    p: np.ndarray
    mass_defect: float
    _splines: dict[int, CubicSpline] = field(default_factory=dict, repr=False, compare=False)

    def mass(self) -> np.ndarray:
        """Total mass at each check time: (K,)."""
        return self.p.sum(1) * self.grid.h

    def at(self, t: Time) -> np.ndarray:
        """Cell averages at one time, linear between check times: -> (n,).

        Raises ValueError outside the solved interval.
        """
        i, weight = self._bracket(t)
        return (1.0 - weight) * self.p[i] + weight * self.p[i + 1]

    def score(self, x: Tensor, t: Time) -> Tensor:
        """grad log p(x, t) from cubic splines of log p: (batch, 1), () -> (batch, 1).

        Linear between check times, constant beyond the outermost centres. It is a Field, so
        Dynamics(sde, solution.score) runs particles on the solved density.
        """
        i, weight = self._bracket(t)
        where = np.clip(x.detach().cpu().numpy(), *self.grid.centers[[0, -1]])
        value = (1.0 - weight) * self._slope(i)(where)
        if weight > 0.0:
            value = value + weight * self._slope(i + 1)(where)
        return torch.as_tensor(value).to(x)

    def _slope(self, i: int) -> CubicSpline:
        if i not in self._splines:
            log_p = np.log(np.maximum(self.p[i], 1e-300))
            self._splines[i] = CubicSpline(self.grid.centers, log_p).derivative()
        return self._splines[i]

    def _bracket(self, t: Time) -> tuple[int, float]:
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


def solve_fokker_planck(
    process: SDE | Dynamics,
    p0: np.ndarray,
    grid: Grid,
    times: Tensor | np.ndarray,
    max_step: float = 1 / 400,
) -> GridSolution:
    """Solve dp/dt = -d(b p)/dx + sigma^2/2 d2p/dx2 with closed walls, from p0 at times[0].

    process : an SDE, or Dynamics of any sigma; Dynamics also run with falling times, where b is
              minus the backward drift in the simulated time 1 - t.
    p0      : cell averages at times[0], (n,), >= 0, of unit mass (Grid.average, .normalise)
    times   : (K,) strictly monotone check times in [0, 1]; each is hit exactly
    max_step: the largest time step

    Mass is conserved by the fluxes and rescaled to rounding; p >= 0 always. Second order in time,
    second order in space for cell Peclet numbers below 1 and first order (upwind) far above.
    Raises ValueError for p0 that is not a density, bad times, or an SDE run backward.
    Source: Chang & Cooper 1970 (fluxes); Alexander 1977 (SDIRK2).
    """
    times = as_time(torch.as_tensor(times, dtype=torch.float64)).numpy()
    gaps = np.diff(times)
    if times.ndim != 1 or len(times) < 2 or not ((gaps > 0).all() or (gaps < 0).all()):
        raise ValueError("times must be two or more numbers that rise or fall strictly.")
    if isinstance(process, SDE):
        if gaps[0] < 0:
            raise ValueError(
                "an SDE alone cannot be run backward: diffusion in reverse is ill-posed. Give "
                "Dynamics(sde, score), whose backward drift contains the score."
            )
        process = Dynamics(process)
    if not max_step > 0:
        raise ValueError(f"max_step = {max_step:g}; expected a positive time step.")
    p = np.asarray(p0, dtype=float)
    mass = grid.normalise(p) @ p / (p @ p)  # 1 / (the mass of p0), with its checks
    if abs(mass - 1.0) > 1e-6:
        raise ValueError(
            f"p0 has mass {1 / mass:.6g} on the grid; expected 1. Widen the grid so that it holds "
            "the density, or use grid.normalise(p0)."
        )
    p, defect, rows = p * mass, 0.0, [p * mass]
    for start, end in zip(times[:-1], times[1:], strict=True):
        steps = math.ceil(abs(end - start) / max_step - 1e-9)
        for t, s in zip(*_pairs(np.linspace(start, end, steps + 1)), strict=True):
            p = _step(process, p, grid, t, s)
            mass = p.sum() * grid.h
            defect = max(defect, abs(mass - 1.0))
            p = p / mass
        rows.append(p)
    return GridSolution(grid, times, np.stack(rows), defect)


def _pairs(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return t[:-1], t[1:]


def _rates(
    process: Dynamics, grid: Grid, t: float, forward: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrix M(t) as three diagonals; one call of the drift for all faces."""
    nodes = grid.centers[:-1, None] + 0.5 * grid.h * (1.0 + _NODES)
    x = torch.as_tensor(nodes.reshape(-1, 1))
    drift = process.forward_drift(x, t) if forward else -process.backward_drift(x, t)
    mean = drift.detach().numpy().reshape(nodes.shape) @ (0.5 * _WEIGHTS)
    return tridiagonal(*face_rates(mean, 0.5 * float(process.noise(t)) ** 2, grid.h))


def _solve(
    rates: tuple[np.ndarray, np.ndarray, np.ndarray], c: float, rhs: np.ndarray
) -> np.ndarray:
    """(I - c M) p = rhs."""
    below, diagonal, above = rates
    *_, x, info = _GTSV(-c * below, 1.0 - c * diagonal, -c * above, rhs)
    if info != 0:
        raise ArithmeticError("the time step could not be solved; the drift is too large.")
    return x


def _step(process: Dynamics, p: np.ndarray, grid: Grid, t: float, s: float) -> np.ndarray:
    """One SDIRK2 step, with backward Euler, which is always positive, where it undershoots."""
    h = abs(s - t)
    first = _solve(_rates(process, grid, t + GAMMA * (s - t), s > t), GAMMA * h, p)
    end = _rates(process, grid, s, s > t)
    new = _solve(end, GAMMA * h, p + (1.0 - GAMMA) / GAMMA * (first - p))
    if -new.min() * grid.h > _CLIP:
        new = _solve(end, h, p)
    mass, kept = new.sum(), np.maximum(new, 0.0)
    return kept * (mass / kept.sum())  # moves at most _CLIP of mass; the mass stays new's own
