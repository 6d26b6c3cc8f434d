"""The Gaussian law of x(t) given x(0) when the drift is linear in x."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import legvander

from .legendre import NODES, TO_LEGENDRE, WEIGHTS
from .motion import Motion

_PANEL = 1 / 4  # longest panel in time; the drift is read at 8 times in each


def _integral(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Weights (8, 8) of 8 values in the integrals from start to end, of the panel [-1, 1] / 2."""
    middle, half = 0.5 * (start + end)[:, None], 0.5 * (end - start)[:, None]
    values = legvander(middle + half * NODES, 7)
    return np.einsum("in,ind->id", 0.5 * half * WEIGHTS, values) @ TO_LEGENDRE


_ONES = np.ones(8)
_ELAPSED, _REMAINING = _integral(-_ONES, NODES), _integral(NODES, _ONES)
_HALVINGS = 6  # panels are halved this often before the coefficients count as not smooth
_SMOOTH = 1e-11  # of the largest value: the last two of eight Legendre coefficients
_AFFINE = 1e-13  # of the largest |drift|: rounding of f, a few operations
_EXPLOSION = 100.0  # growth by exp(100) within a panel leaves every grid
_TURN = 1.0  # largest |A| dt of a panel: Gauss's method of order 16 then errs by 1e-14


@dataclass(frozen=True)
class Law:
    """x(t) = flow x(0) + shift + N(0, cov): (D, D), (D,), (D, D)."""

    flow: np.ndarray
    shift: np.ndarray
    cov: np.ndarray

    @classmethod
    def still(cls, dims: int) -> Law:
        """Nothing has moved."""
        return cls(np.eye(dims), np.zeros(dims), np.zeros((dims, dims)))

    @property
    def by_axis(self) -> bool:
        """Whether every axis moves for itself."""
        return all(np.array_equal(m, np.diag(np.diag(m))) for m in (self.flow, self.cov))


class NotLinearError(Exception):
    """The drift is not linear in x, or not smooth in time, or explodes."""


def advance(motion: Motion, points: np.ndarray, law: Law, start: float, end: float) -> list[Law]:
    """The laws at the ends of the panels from start to end, for a drift b = A(t) x + c(t).

        flow' = A flow,   shift' = A shift + c,   cov' = A cov + cov A^T + 2 D.

    Raises NotLinearError when b is not so on the points (N, D), the first of which is the lowest
    corner of their grid, or A, c, D are not polynomials to rounding on small panels.
    """
    count = max(1, int(np.ceil(abs(end - start) / _PANEL)))
    ends = np.linspace(start, end, count + 1)
    panels = [(a, b, 0) for a, b in zip(ends[:-1], ends[1:], strict=True)][::-1]
    laws = []
    while panels:
        a, b, depth = panels.pop()
        dt, middle = abs(b - a), 0.5 * (a + b)
        slope, shift, noise = _coefficients(motion, points, middle + 0.5 * (b - a) * NODES)
        by_axis = not (slope * (1.0 - np.eye(len(law.shift)))).any()
        size = np.abs(slope).max()
        scales = size, np.abs(shift).max() + size * np.abs(points).max(), noise.max()
        tails = [
            np.abs(np.tensordot(TO_LEGENDRE[-2:], v, 1)).max() / (scale + 1e-300)
            for v, scale in zip((slope, shift, noise), scales, strict=True)
        ]
        turn = 0.0 if by_axis else dt * np.linalg.norm(slope, 2, (1, 2)).max()
        if max(tails) > _SMOOTH or turn > _TURN:
            if depth == _HALVINGS:
                raise NotLinearError
            panels += [(middle, b, depth + 1), (a, middle, depth + 1)]
            continue
        law = (_carry_axes if by_axis else _carry)(law, slope, shift, noise, dt)
        laws.append(law)
    return laws


def _coefficients(
    motion: Motion, points: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, c and 2 D at the times: (8, D, D), (8, D), (8,).

    At the first time b is read at all points, at each of the others at every eighth.
    """
    corners = points[[0, *points.argmax(0)]]  # the lowest one and its neighbours
    several = [points, *(points[i::8] for i in range(1, len(times)))]
    read = [
        _affine(corners, at, motion.drift(np.concatenate([corners, at]), float(t)))
        for t, at in zip(times, several, strict=True)
    ]
    slope, shift = (np.stack(part) for part in zip(*read, strict=True))
    return slope, shift, np.array([2.0 * motion.diffusion(float(t)) for t in times])


def _affine(
    corners: np.ndarray, points: np.ndarray, drift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A and c of the drift at the D + 1 corners, which that at the points has to follow."""
    count, size = len(corners), np.abs(drift).max()
    rise = drift[1:count] - drift[0]
    rise[np.abs(rise) <= _AFFINE * size] = 0.0
    slope = rise.T / (corners[1:].diagonal() - corners[0])
    shift = drift[0] - slope @ corners[0]
    if np.abs(drift[count:] - points @ slope.T - shift).max() > 2.0 * _AFFINE * size:
        raise NotLinearError
    return slope, shift


def _carry_axes(
    law: Law, slope: np.ndarray, shift: np.ndarray, noise: np.ndarray, dt: float
) -> Law:
    """Across a panel of length dt, each axis for itself: Gauss's rule on exact exponentials."""
    a = slope.diagonal(0, 1, 2)
    remaining = dt * _REMAINING @ a
    if np.abs(remaining).max() > _EXPLOSION:
        raise NotLinearError
    growth = np.exp(0.5 * dt * WEIGHTS @ a)
    added = 0.5 * dt * WEIGHTS @ (np.exp(2.0 * remaining) * noise[:, None])
    return Law(
        growth[:, None] * law.flow,
        law.shift * growth + 0.5 * dt * WEIGHTS @ (np.exp(remaining) * shift),
        growth[:, None] * law.cov * growth + np.diag(added),
    )


def _carry(law: Law, slope: np.ndarray, shift: np.ndarray, noise: np.ndarray, dt: float) -> Law:
    """Across a panel of length dt by Gauss's Runge-Kutta method, of order 16 at its end."""
    one = np.eye(len(law.shift))
    both = np.stack([np.kron(a, one) + np.kron(one, a) for a in slope])  # on cov, row by row
    cov = _gauss(both, noise[:, None, None] * one.reshape(-1, 1), law.cov.reshape(-1, 1), dt)
    cov = cov.reshape(one.shape)
    return Law(
        _gauss(slope, np.zeros((8, *one.shape)), law.flow, dt),
        _gauss(slope, shift[..., None], law.shift[:, None], dt)[:, 0],
        0.5 * (cov + cov.T),
    )


def _gauss(a: np.ndarray, c: np.ndarray, y: np.ndarray, dt: float) -> np.ndarray:
    """y' = a y + c over a step dt: a (8, k, k) and c (8, k, m) at the nodes, y (k, m)."""
    k = len(y)
    matrix = np.eye(8 * k) - dt * np.einsum("ij,ikl->ikjl", _ELAPSED, a).reshape(8 * k, 8 * k)
    rates = np.linalg.solve(matrix, (a @ y + c).reshape(8 * k, -1)).reshape(8, *y.shape)
    return y + 0.5 * dt * np.tensordot(WEIGHTS, rates, 1)
