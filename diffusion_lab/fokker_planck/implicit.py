"""Implicit steps for dP/dt = -dJ/dx on rows of cells: solve, SDIRK, and positive repair."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import get_lapack_funcs

from .faces import Walls, averaging, difference, flux

_ENDS = np.array([0, 1, -2, -1])  # of a row: the cells that periodic walls join
_FACTOR, _SOLVE = get_lapack_funcs(("gbtrf", "gbtrs"), dtype=np.float64)


@dataclass(frozen=True)
class Tableau:
    """A diagonally implicit Runge-Kutta method that ends on its last stage.

    a : (s, s), lower triangular with one diagonal value;  c : (s,) stage times;  order.
    """

    a: np.ndarray
    c: np.ndarray
    order: int

    @property
    def gamma(self) -> float:
        """The diagonal value."""
        return float(self.a[0, 0])


_G = 1.0 - 1.0 / math.sqrt(2.0)
# Both are L-stable: modes that the step does not resolve die out instead of ringing.
SDIRK2 = Tableau(np.array([[_G, 0.0], [1.0 - _G, _G]]), np.array([_G, 1.0]), 2)  # Alexander 1977
SDIRK4 = Tableau(  # Hairer & Wanner, Solving ODEs II, table IV.6.5
    np.array(
        [
            [1 / 4, 0, 0, 0, 0],
            [1 / 2, 1 / 4, 0, 0, 0],
            [17 / 50, -1 / 25, 1 / 4, 0, 0],
            [371 / 1360, -137 / 2720, 15 / 544, 1 / 4, 0],
            [25 / 24, -49 / 48, 125 / 16, -85 / 12, 1 / 4],
        ]
    ),
    np.array([1 / 4, 3 / 4, 11 / 20, 1 / 2, 1.0]),
    4,
)


class Banded:
    """A matrix with two bands on either side, factored once: rows (5, ..., n) as in `bands`.

    Many rows of cells are one matrix, since nothing crosses their walls; they are factored
    together, and solved together or one at a time. Periodic corners enter through the four
    unknowns they touch (Woodbury).
    """

    def __init__(self, rows: np.ndarray, walls: Walls) -> None:
        n = rows.shape[-1]
        rows, corners = rows.reshape(5, -1, n), np.zeros(())
        if walls == "periodic":
            rows, corners = _cut(rows)
        count, size = rows.shape[1], rows[0].size
        flat, storage = rows.reshape(5, size), np.zeros((7, size), order="F")
        for k in range(5):  # LAPACK keeps an entry in its column, which is i + k - 2 for row i
            i, j = slice(max(0, 2 - k), size + min(0, 2 - k)), slice(max(0, k - 2), size + k - 2)
            storage[6 - k, j] = flat[k, i]
        self._lu, self._pivots, info = _FACTOR(storage, 2, 2, overwrite_ab=True)
        if info != 0:
            raise ArithmeticError("the time step could not be solved; the drift is too large.")
        # No pivot leaves its row of cells, so a slice of the factors is the factor of the slice.
        self._own_pivots = self._pivots.reshape(count, n) - n * np.arange(count)[:, None]
        self._corners: np.ndarray | None = None
        if walls == "periodic":
            unit = np.zeros((count, n, 4))
            unit[:, _ENDS, np.arange(4)] = 1.0
            reach = _SOLVE(self._lu, 2, 2, unit.reshape(-1, 4), self._pivots)[0]
            self._reach = reach.reshape(unit.shape)
            self._corners = np.linalg.solve(np.eye(4) + corners @ self._reach[:, _ENDS], corners)

    def solve(self, rhs: np.ndarray, k: int | None = None) -> np.ndarray:
        """The x with A x = rhs: (..., n) -> (..., n); for row k alone (n,) -> (n,)."""
        lu, pivots, rows, n = self._lu, self._pivots, slice(None), rhs.shape[-1]
        if k is not None:
            lu, pivots, rows = lu[:, k * n : (k + 1) * n], self._own_pivots[k], slice(k, k + 1)
        x = _SOLVE(lu, 2, 2, rhs.reshape(-1), pivots)[0]
        if self._corners is not None:
            x = x.reshape(-1, n)
            x = x - (self._reach[rows] @ (self._corners[rows] @ x[:, _ENDS, None]))[..., 0]
        return x.reshape(rhs.shape)


def _cut(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows without what reaches round the ends, and that as (rows, 4, 4) between their cells."""
    rows, corners = rows.copy(), np.zeros((rows.shape[1], 4, 4))
    corners[:, 0, 2:], corners[:, 1, 3] = rows[:2, :, 0].T, rows[0, :, 1]
    corners[:, 3, :2], corners[:, 2, 0] = rows[3:, :, -1].T, rows[4, :, -2]
    rows[:2, :, 0] = rows[0, :, 1] = rows[3:, :, -1] = rows[4, :, -2] = 0.0
    return rows, corners


def sdirk_step(
    tableau: Tableau,
    weights: np.ndarray,
    solve: Callable[[int, np.ndarray], np.ndarray],
    average: np.ndarray,
    walls: Walls,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of the cell averages (..., n), given as what passes through their faces.

    weights : (s, 4, ..., n + 1), of the fluxes at each stage, times the step
    solve   : (stage, right side) -> its point values
    Returns the point values of the last stage, with which both methods end, and (mass through
    each face)/h during the step, (..., n + 1): the averages lose the difference of that.
    """
    faces = weights.shape[2:]
    fluxes = np.empty((len(weights), math.prod(faces)))
    rhs, values = average, average
    for i, row in enumerate(tableau.a):
        if i:
            rhs = average - difference((row[:i] @ fluxes[:i]).reshape(faces))
        values = solve(i, rhs)
        fluxes[i] = flux(weights[i], values, walls).ravel()
    return values, (tableau.a[-1] @ fluxes).reshape(faces)


def centre_values(p: np.ndarray, walls: Walls) -> np.ndarray:
    """Values at the centres from cell averages, to fourth order: (n,) or (x.n, y.n), kept."""
    for _ in range(p.ndim):
        p = _to_centres(p.shape[0], p.size // p.shape[0], walls).solve(p.T)
    return p


@lru_cache(maxsize=8)
def _to_centres(n: int, lines: int, walls: Walls) -> Banded:
    """Averages of n cells to point values, for so many lines at once."""
    return Banded(averaging(n, walls)[:, None] * np.ones((lines, 1)), walls)


def negative(p: np.ndarray) -> float:
    """How much lies below zero."""
    return float(-np.minimum(p, 0.0).sum())


def positive_repair(
    p: np.ndarray, through: np.ndarray, low_through: np.ndarray, walls: Walls
) -> np.ndarray:
    """Blend an accurate step with a positive one, face by face, so that no cell falls below zero.

    The accurate step is the positive one plus an exchange through the faces. Each cell lets out
    at most what it holds (flux-corrected transport), so mass is conserved and p >= 0 to rounding.
    p : (n,) before the step;  through, low_through : (n + 1,), mass/h through the faces in the
    accurate and in the positive step. Returns what goes through the faces instead.
    Source: Zalesak 1979.
    """
    low, extra = p - difference(low_through), through - low_through
    out = np.maximum(extra[1:], 0.0) - np.minimum(extra[:-1], 0.0)
    share = np.clip(low / np.maximum(out, 1e-300), 0.0, 1.0)
    beyond = (share[-1:], share[:1]) if walls == "periodic" else (np.ones(1), np.ones(1))
    giver_left = np.concatenate([beyond[0], share])
    giver_right = np.concatenate([share, beyond[1]])
    return low_through + extra * np.where(extra > 0.0, giver_left, giver_right)
