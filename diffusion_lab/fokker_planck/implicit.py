"""Implicit steps for dP/dt = -dJ/dx on rows of cells: solve, SDIRK, and positive repair."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import get_lapack_funcs

from .faces import Walls, bands, flux, identity

CLIP = 1e-10  # a negative part smaller than this (of unit mass) is rounding: clipped, rescaled
_FACTOR, _SOLVE = get_lapack_funcs(("gbtrf", "gbtrs"), dtype=np.float64)


@dataclass(frozen=True)
class Tableau:
    """A diagonally implicit Runge-Kutta method that ends on its last stage.

    a : (s, s), lower triangular with one diagonal value;  c : (s,) stage times;  order.
    """

    a: np.ndarray
    c: np.ndarray
    order: int


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

    Several rows of cells are one matrix, since nothing crosses their walls. Periodic corners
    enter through the four unknowns they touch (Woodbury).
    """

    def __init__(self, rows: np.ndarray, walls: Walls) -> None:
        self.shape = rows.shape[1:]
        rows = rows.reshape(5, -1)
        storage = np.zeros((7, rows.shape[1]), order="F")
        storage[2:] = rows  # row-wise bands are LAPACK's storage of the transpose
        self._lu, self._pivots, info = _FACTOR(storage, 2, 2, overwrite_ab=True)
        if info != 0:
            raise ArithmeticError("the time step could not be solved; the drift is too large.")
        self._ends = np.array([0, 1, -2, -1])
        self._corners: np.ndarray | None = None
        if walls == "periodic":
            c = np.zeros((4, 4))
            c[0, 2:], c[1, 3] = rows[:2, 0], rows[0, 1]
            c[3, :2], c[2, 0] = rows[3:, -1], rows[4, -2]
            unit = np.zeros((rows.shape[1], 4))
            unit[self._ends, np.arange(4)] = 1.0
            self._reach = self._banded(unit)
            self._corners = np.linalg.solve(np.eye(4) + c @ self._reach[self._ends], c)

    def _banded(self, rhs: np.ndarray) -> np.ndarray:
        return _SOLVE(self._lu, 2, 2, rhs, self._pivots, trans=1)[0]

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """x with A x = rhs: (..., n) -> (..., n)."""
        x = self._banded(rhs.reshape(-1))
        if self._corners is not None:
            x = x - self._reach @ (self._corners @ x[self._ends])
        return x.reshape(self.shape)


def sdirk_step(
    tableau: Tableau,
    weights: np.ndarray,
    mass: np.ndarray,
    average: np.ndarray,
    dt: float,
    walls: Walls,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of the cell averages; what it adds is a difference of fluxes, so mass is conserved.

    weights : (s, 4, ..., n + 1), the fluxes at the stage times;  mass : (5, ...) the averaging
    rows;  average : (..., n). Stages with the same fluxes share one factorised matrix.
    Returns the new averages, and (mass through each face)/h during the step, (..., n + 1).
    """
    fluxes: list[np.ndarray] = []
    through, matrix, factored = np.zeros(()), None, weights[0]
    for row, w in zip(tableau.a, weights, strict=True):
        known = sum((a * j for a, j in zip(row, fluxes, strict=False)), np.zeros(()))
        rhs = average - dt * np.diff(known) if fluxes else average
        if matrix is None or not np.array_equal(w, factored):
            matrix = Banded(mass - row[len(fluxes)] * dt * bands(w), walls)
            factored = w
        fluxes.append(flux(w, matrix.solve(rhs), walls))
        through = dt * (known + row[len(fluxes) - 1] * fluxes[-1])
    return average - np.diff(through), through


def backward_euler(weights: np.ndarray, p: np.ndarray, dt: float, walls: Walls) -> np.ndarray:
    """(Mass through each face)/h in a backward Euler step; with fitted fluxes it keeps p >= 0.

    weights : (4, ..., n + 1), at the end of the step;  p : (..., n) -> (..., n + 1).
    """
    unit = identity(p.size).reshape(5, *p.shape)
    return dt * flux(weights, Banded(unit - dt * bands(weights), walls).solve(p), walls)


def negative(p: np.ndarray) -> float:
    """How much lies below zero."""
    return float(-np.minimum(p, 0.0).sum())


def positive_repair(
    p: np.ndarray, through: np.ndarray, low_through: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Blend an accurate step with a positive one, face by face, so that no cell falls below zero.

    The accurate step is the positive one plus an exchange through the faces. Each cell lets out
    at most what it holds (flux-corrected transport), so mass is conserved and p >= 0 to rounding.
    p : (..., n) before the step;  through, low_through : (..., n + 1), mass/h through the faces in
    the accurate and in the positive step. Returns the new p, and what went through the faces.
    Source: Zalesak 1979.
    """
    low, extra = p - np.diff(low_through), through - low_through
    out = np.maximum(extra[..., 1:], 0.0) - np.minimum(extra[..., :-1], 0.0)
    share = np.clip(low / np.maximum(out, 1e-300), 0.0, 1.0)
    giver_left = np.concatenate([share[..., -1:], share], -1)  # wraps round: periodic
    giver_right = np.concatenate([share, share[..., :1]], -1)
    through = low_through + extra * np.where(extra > 0.0, giver_left, giver_right)
    return p - np.diff(through), through
