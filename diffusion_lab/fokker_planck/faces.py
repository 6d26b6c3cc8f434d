"""The flux through every face of a row of cells, as weights of the four cells around it.

    J_j / h = sum_k W[k, j] p[j - 2 + k],    j = 0 .. n,   k = 0 .. 3

Face j lies between the cells j - 1 and j; faces 0 and n are the walls. Arrays may have more axes
between: (4, ..., n + 1). The drift is given on the half grid low + h/2 (0, 1, .., 2n): faces at
even places, centres at odd ones.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from .flux import face_rates

Walls: TypeAlias = Literal["closed", "absorbing", "periodic"]

# The mean over two half cells from five half-grid values, exact for polynomials of degree 5.
_MEAN = np.array([-1.0, 34.0, 114.0, 34.0, -1.0]) / 180.0
# At a face, from the two cells on either side: the value and the slope (times h), order 4.
_VALUE = np.array([-1.0, 9.0, 9.0, -1.0]) / 16.0
_SLOPE = np.array([1.0, -27.0, 27.0, -1.0]) / 24.0
# The same at the first face inside an absorbing wall: p = 0 at the wall, then three cells.
_VALUE_NEAR_ZERO = np.array([0.75, 0.5, -0.05])
_SLOPE_NEAR_ZERO = np.array([-1.25, 7.0 / 6.0, -0.05])
_SLOPE_AT_ZERO = np.array([3.0, -1.0 / 3.0])  # at the absorbing wall itself, two cells


def fitted_faces(drift: np.ndarray, diffusion: np.ndarray, h: float, walls: Walls) -> np.ndarray:
    """Exponentially fitted fluxes: positive and exact in the steady state, of second order.

    drift : (..., 2n + 1) on the half grid;  diffusion : (...) -> (4, ..., n + 1).
    """
    d = diffusion[..., None]
    weights = np.zeros((4, *drift.shape[:-1], (drift.shape[-1] + 1) // 2))
    right, left = face_rates(_mean_drift(drift), d, h)
    weights[1, ..., 1:-1], weights[2, ..., 1:-1] = right, -left
    if walls == "periodic":
        seam = np.concatenate([drift[..., -3:], drift[..., 1:3]], -1) @ _MEAN
        right, left = face_rates(seam[..., None], d, h)
        weights[1, ..., [0, -1]], weights[2, ..., [0, -1]] = right[..., 0], -left[..., 0]
    elif walls == "absorbing":  # p = 0 half a cell away: the fitted flux over h/2
        weights[2, ..., :1] = -0.5 * face_rates(drift[..., :1], d, 0.5 * h)[1]
        weights[1, ..., -1:] = 0.5 * face_rates(drift[..., -1:], d, 0.5 * h)[0]
    return weights


def join_seam(drift: np.ndarray, walls: Walls) -> np.ndarray:
    """The drift with one value at the seam of periodic walls, whatever it says at both names."""
    if walls == "periodic":
        drift[..., 0] = drift[..., -1] = 0.5 * (drift[..., 0] + drift[..., -1])
    return drift


def _mean_drift(drift: np.ndarray) -> np.ndarray:
    """Drift averaged from centre to centre, for the inner faces: (..., 2n + 1) -> (..., n - 1)."""
    n = drift.shape[-1] // 2
    return sum(w * drift[..., k : k + 2 * n - 3 : 2] for k, w in enumerate(_MEAN))  # type: ignore


def central_faces(drift: np.ndarray, diffusion: np.ndarray, h: float, walls: Walls) -> np.ndarray:
    """Fourth-order fluxes J = b p - D p' of point values p; at walls third order, or fitted.

    The faces next to a closed wall, and those next to an absorbing one that the drift runs into
    (cell Peclet number above 2), are exponentially fitted: no stencil reaches across a wall.
    drift : (..., 2n + 1) on the half grid;  diffusion : (...) -> (4, ..., n + 1).
    """
    at_face, d = drift[..., ::2] / h, diffusion[..., None] / h**2
    weights = np.stack([v * at_face - s * d for v, s in zip(_VALUE, _SLOPE, strict=True)])
    if walls == "periodic":
        return weights
    for side in (1, -1):  # the left end, and the right end as its mirror image
        near = slice(None, None, side)
        b = side * drift[..., near][..., :9]
        end = fitted_faces(b, diffusion, h, walls)[..., :2]
        if walls == "absorbing":
            value, slope = _VALUE_NEAR_ZERO * b[..., 2:3] / h, _SLOPE_NEAR_ZERO * d
            end_central = np.zeros_like(end)
            end_central[2:, ..., 0] = np.moveaxis(-_SLOPE_AT_ZERO * d, -1, 0)
            end_central[1:, ..., 1] = np.moveaxis(value - slope, -1, 0)
            mild = np.abs(b[..., 0]) * h <= 2.0 * diffusion
            end = np.where(mild[..., None], end_central, end)
        weights[..., near][..., :2] = end if side == 1 else -end[::-1]
    return weights


def flux(weights: np.ndarray, p: np.ndarray, walls: Walls) -> np.ndarray:
    """J / h through every face: weights (4, ..., n + 1), p (..., n) -> (..., n + 1)."""
    padded = _pad(p, walls)
    m = weights.shape[-1]
    j = weights[0] * padded[..., :m]
    for k in (1, 2, 3):
        j += weights[k] * padded[..., k : k + m]
    return j


def _pad(p: np.ndarray, walls: Walls) -> np.ndarray:
    """Two more cells on either side: of the other end when periodic, else empty."""
    padded = np.zeros((*p.shape[:-1], p.shape[-1] + 4))
    padded[..., 2:-2] = p
    if walls == "periodic":
        padded[..., :2], padded[..., -2:] = p[..., -2:], p[..., :2]
    return padded


def difference(through: np.ndarray) -> np.ndarray:
    """What leaves each cell: (..., n + 1) -> (..., n)."""
    return through[..., 1:] - through[..., :-1]


def bands(weights: np.ndarray) -> np.ndarray:
    """The matrix of p -> J: row i holds, at [k, i], the coefficient of p[i + k - 2] in dp_i/dt.

    weights : (4, ..., n + 1) -> (5, ..., n). Every column sums to zero but for open walls.
    """
    rows = np.zeros((5, *weights.shape[1:-1], weights.shape[-1] - 1))
    rows[:4] += weights[..., :-1]
    rows[1:] -= weights[..., 1:]
    return rows


def multiply(rows: np.ndarray, p: np.ndarray, walls: Walls) -> np.ndarray:
    """Product of rows (5, ..., n), as in :func:`bands`, with p (..., n)."""
    n, padded = p.shape[-1], _pad(p, walls)
    return sum(row * padded[..., k : k + n] for k, row in enumerate(rows))  # type: ignore


def identity(n: int) -> np.ndarray:
    """Rows of the unit matrix: (5, n)."""
    return np.array([0.0, 0.0, 1.0, 0.0, 0.0])[:, None] * np.ones(n)


def averaging(n: int, walls: Walls) -> np.ndarray:
    """Rows of the matrix that turns point values into cell averages, 1 + (second difference)/24.

    -> (5, n), as in :func:`bands`. At a wall the second difference of the next cell is taken.
    """
    rows = np.tile(np.array([0.0, 1.0, 22.0, 1.0, 0.0])[:, None] / 24.0, n)
    if walls != "periodic":
        rows[:, 0] = np.array([0.0, 0.0, 25.0, -2.0, 1.0]) / 24.0
        rows[:, -1] = rows[::-1, 0]
    return rows
