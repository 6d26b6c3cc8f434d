"""Solve the Fokker-Planck equation on a grid."""

from __future__ import annotations

import warnings
from typing import Literal, TypeAlias, get_args

import numpy as np
from torch import Tensor

from ..process.dynamics import Dynamics
from ..process.sde import SDE
from ..tensors import check_grid
from . import kernel
from .central import CentralLine
from .clock import ClockLine, even_size, find_clock
from .faces import Walls
from .grid import Grid
from .march import March, one_by_one
from .motion import Motion
from .plane import Plane
from .plane_grid import Grid2D
from .plane_solution import PlaneSolution
from .robust import RobustLine
from .solution import GridSolution, LineSolution

Method: TypeAlias = Literal["auto", "robust"]
_TOUCH = 1e-3  # of the highest cell: less at a closed wall changes nothing that is drawn


class WallWarning(UserWarning):
    """The density touches a closed wall, which then shapes it: the grid is too small."""


def solve_fokker_planck(
    process: SDE | Dynamics,
    p0: np.ndarray,
    grid: Grid | Grid2D,
    times: Tensor | np.ndarray,
    max_step: float | None = None,
    *,
    tolerance: float | None = None,
    method: Method = "auto",
    walls: Walls = "closed",
) -> GridSolution:
    """Solve dp/dt = -div(b p) + sigma^2/2 lap p from p0 at times[0], on a line or in the plane.

    process : an SDE, or Dynamics of any sigma; Dynamics also run with falling times, where b is
              minus the backward drift in the simulated time 1 - t.
    p0      : cell averages at times[0], of the grid's shape, >= 0, of unit mass
              (Grid.average, .histogram, .curve, .point, .normalise)
    times   : (K,) strictly monotone check times in [0, 1]; each is hit exactly
    max_step: the largest time step; 1/400 (in the plane 1/50) unless a tolerance chooses
    tolerance: the largest L1 error that the steps in time may add up to, over the whole solve
    method  : "auto" moves the density with its exact Gaussian kernel where the drift is linear in
              x and the walls are far, and else takes fourth-order steps: with one matrix where
              time only sets the speed of drift and noise (on a line; the steps are then even in
              the clock, the integral of that speed), else with the drift of every stage.
              "robust" takes exponentially fitted fluxes, of second order, with the steady state
              exact at any grid and step
    walls   : "closed"; "absorbing", where p = 0 and `lost` says what left; or "periodic"

    p >= 0 always; mass is conserved by the fluxes, then rescaled to rounding.
    Warns (WallWarning) when the density touches a closed wall. Raises ValueError for p0 that is
    not a density, bad times or options, or an SDE run backward.
    Source: Chang & Cooper 1970 (fluxes); Hairer & Wanner 1996, sec. IV.6 (steps).
    """
    times = check_grid(times).numpy()
    for name, value, choices in (("method", method, Method), ("walls", walls, Walls)):
        if value not in get_args(choices):
            raise ValueError(f"{name} = {value!r}; expected one of {get_args(choices)}.")
    if max_step is None:
        flat = isinstance(grid, Grid2D)
        max_step = 1 / 10 if tolerance is not None else 1 / 50 if flat else 1 / 400
    for name, value in (("max_step", max_step), ("tolerance", tolerance)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} = {value:g}; expected a positive number.")
    motion = Motion.of(process, forward=bool(times[-1] > times[0]))
    p = unit_mass(p0, grid)
    known: dict[int, np.ndarray] = {}
    if method == "auto" and walls == "closed":
        known = kernel.linear_rows(motion, p, grid, times)
    marks, longest = times, max_step
    if isinstance(grid, Grid2D):
        plane = Plane(motion, grid, walls, method == "robust")
        steps, order = one_by_one(plane.step), plane.order
    elif method == "robust":
        robust = RobustLine(motion, grid, walls)
        steps, order = robust.steps, robust.order
    else:
        line = CentralLine(motion, grid, walls)
        steps, order = line.steps, line.order
        clock = find_clock(line, times, max_step) if len(known) < len(times) - 1 else None
        if clock is not None:
            marks = clock.at
            longest = max_step * float(marks[-1] / abs(times[-1] - times[0]))
            size = even_size(marks, longest) if tolerance is None else 0.0
            steps = ClockLine(line, clock, size).steps
    march = March(
        steps=steps,
        order=order,
        p=p,
        lost=np.zeros(2 * p.ndim),
        cell=grid.cell,
        open_walls=walls == "absorbing",
        max_step=longest,
        tolerance=tolerance,
        total=abs(marks[-1] - marks[0]),
    )
    rows, lost = [p], [march.lost]
    for i, (start, end) in enumerate(zip(marks[:-1], marks[1:], strict=True), start=1):
        if i in known:
            march.take(known[i])
        else:
            march.run(start, end)
        rows.append(march.p)
        lost.append(march.lost)
    found = times, np.stack(rows), march.defect, np.stack(lost), walls
    solution = (
        PlaneSolution(grid, *found) if isinstance(grid, Grid2D) else LineSolution(grid, *found)
    )
    if walls == "closed":
        _warn_of_walls(solution)
    return solution


def unit_mass(p0: np.ndarray, grid: Grid | Grid2D) -> np.ndarray:
    """p0 with its mass rounded to 1. Raises ValueError when it is no density of mass 1."""
    p = grid.normalise(p0)
    mass = float(np.sum(p0)) * grid.cell
    if abs(mass - 1.0) > 1e-6:
        raise ValueError(
            f"p0 has mass {mass:.6g} on the grid; expected 1. Widen the grid so that it holds "
            "the density, or use grid.normalise(p0)."
        )
    return p


def _warn_of_walls(solution: GridSolution) -> None:
    """Warn of the check time at which the outermost cells are highest, with their mass."""
    inner = (slice(None), *(slice(1, -1) for _ in solution.grid.axes))
    outer = solution.p.copy()
    outer[inner] = 0.0
    outer = outer.reshape(len(outer), -1)
    touch = outer.max(1) / solution.p.reshape(len(outer), -1).max(1)
    worst = int(touch.argmax())
    if touch[worst] > _TOUCH:
        mass = outer[worst].sum() * solution.grid.cell
        warnings.warn(
            f"the density touches a closed wall: the outermost cells hold {mass:.1e} of the mass "
            f"at t = {solution.times[worst]:g}. Widen the grid, or say what the walls are.",
            WallWarning,
            stacklevel=3,
        )
