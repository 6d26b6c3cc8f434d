"""The exact solution for a linear drift: every point spreads into a Gaussian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import leggauss, legvander
from scipy.fft import dct, idct
from scipy.special import ndtr

from .grid import Grid
from .motion import Motion
from .plane_grid import Grid2D

_PANEL = 1 / 4  # longest panel in time; the drift is read at 8 times in each
_NODES, _WEIGHTS = leggauss(8)
_TO_LEGENDRE = np.linalg.inv(legvander(_NODES, 7))
# Integral from each node to the end of a panel of length 1, of the polynomial through 8 values.
_REMAINING = (
    np.stack(
        [
            0.25 * (1 - u) * _WEIGHTS @ legvander(0.5 * (1 + u) + 0.5 * (1 - u) * _NODES, 7)
            for u in _NODES
        ]
    )
    @ _TO_LEGENDRE
)
_HALVINGS = 6  # panels are halved this often before the coefficients count as not smooth
_SMOOTH = 1e-11  # of the largest value: the last two of eight Legendre coefficients
_AFFINE = 1e-13  # of the largest |drift|: rounding of f, a few operations
_LEAK = 1e-6  # mass a free Gaussian may have beyond the walls; nearer walls matter
_EXPLOSION = 100.0  # growth by exp(100) within a panel leaves every grid
_RINGING = 1e-5  # of the mass below zero: the density is too rough for a cosine series
_WIDTH = 1.2  # cells: the trapezoid rule over Gaussians of this std errs by exp(-2 (pi 1.2)^2)


@dataclass(frozen=True)
class Law:
    """x(t) = alpha x(0) + shift + sqrt(variance) eps in each axis; all (D,)."""

    alpha: np.ndarray
    shift: np.ndarray
    variance: np.ndarray


class NotLinearError(Exception):
    """The drift is no straight line along each axis, or not smooth in time, or explodes."""


def linear_rows(
    motion: Motion, p: np.ndarray, grid: Grid | Grid2D, times: np.ndarray
) -> dict[int, np.ndarray]:
    """Exact cell averages at the check times that the kernel can reach; {} for other drifts.

    The drift must be affine, b_i = a_i(t) x_i + c_i(t), at every point of the half grid and at
    every time at which it is read. Left to the steps are the first check times, where the kernel
    is narrower than a cell, and everything when the density comes so near a wall that it matters.
    """
    axes, ones = grid.axes, np.ones(len(grid.axes))
    halves = [np.linspace(g.low, g.high, 2 * g.n + 1) for g in axes]
    points = np.stack(np.meshgrid(*halves, indexing="ij"), -1).reshape(-1, len(axes))
    start, law, rows = point_values(p), Law(ones, 0.0 * ones, 0.0 * ones), {}
    for i, (t, s) in enumerate(zip(times[:-1], times[1:], strict=True), start=1):
        try:
            laws = advance(motion, points, law, t, s)
        except NotLinearError:
            return {}
        if any(_leak(p, axes, passed) > _LEAK for passed in laws):
            return {}
        law = laws[-1]
        if (np.sqrt(law.variance) > _WIDTH * law.alpha * [g.h for g in axes]).all():
            rows[i] = spread(start, axes, law)
    return rows


def advance(motion: Motion, points: np.ndarray, law: Law, start: float, end: float) -> list[Law]:
    """The laws at the ends of the panels from start to end.

        alpha' = a alpha,   shift' = a shift + c,   variance' = 2 a variance + 2 D.

    Raises NotLinearError when b is not affine on the points (N, D), which begin at the lowest
    corner and end at the highest, or a, c, D are not polynomials to rounding on small panels.
    """
    count = max(1, int(np.ceil(abs(end - start) / _PANEL)))
    ends = np.linspace(start, end, count + 1)
    panels = [(a, b, 0) for a, b in zip(ends[:-1], ends[1:], strict=True)][::-1]
    laws = []
    while panels:
        a, b, depth = panels.pop()
        values = _coefficients(motion, points, 0.5 * (a + b) + 0.5 * (b - a) * _NODES)
        scale = np.abs(values).max(-1) + 1e-300
        scale[1] += scale[0] * np.abs(points).max()  # c may be the rounding of the slope alone
        tail = np.abs(values @ _TO_LEGENDRE.T)[..., -2:].max(-1) / scale
        if tail.max() > _SMOOTH:
            if depth == _HALVINGS:
                raise NotLinearError
            middle = 0.5 * (a + b)
            panels += [(middle, b, depth + 1), (a, middle, depth + 1)]
            continue
        law = _carry(law, values, abs(b - a))
        laws.append(law)
    return laws


def _coefficients(motion: Motion, points: np.ndarray, times: np.ndarray) -> np.ndarray:
    """a_i, c_i and 2 D at the times: (3, D, 8)."""
    drift = np.stack([motion.drift(points, float(t)) for t in times])
    low, high = points[0], points[-1]
    slope = (drift[:, -1] - drift[:, 0]) / (high - low)
    shift = drift[:, 0] - slope * low
    bent = np.abs(drift - slope[:, None] * points - shift[:, None]).max((1, 2))
    if (bent > _AFFINE * np.abs(drift).max((1, 2))).any():
        raise NotLinearError
    noise = np.array([[2.0 * motion.diffusion(float(t))] * low.size for t in times])
    return np.stack([slope.T, shift.T, noise.T])


def _carry(law: Law, values: np.ndarray, dt: float) -> Law:
    """Carry a law across one panel of length dt, by Gauss's rule on the polynomial through it."""
    slope, shift, noise = values
    remaining = dt * slope @ _REMAINING.T
    if np.abs(remaining).max() > _EXPLOSION:
        raise NotLinearError
    growth = np.exp(0.5 * dt * slope @ _WEIGHTS)
    return Law(
        law.alpha * growth,
        law.shift * growth + 0.5 * dt * (np.exp(remaining) * shift) @ _WEIGHTS,
        law.variance * growth**2 + 0.5 * dt * (np.exp(2.0 * remaining) * noise) @ _WEIGHTS,
    )


def _leak(p: np.ndarray, axes: tuple[Grid, ...], law: Law) -> float:
    """Mass that the free Gaussians would have beyond the walls."""
    leak = 0.0
    for k, grid in enumerate(axes):
        marginal = np.moveaxis(p, k, 0).reshape(grid.n, -1).sum(1)
        centre = law.alpha[k] * grid.centers + law.shift[k]
        std = np.sqrt(law.variance[k]) + 1e-300
        beyond = ndtr((grid.low - centre) / std) + ndtr((centre - grid.high) / std)
        leak += marginal @ beyond / marginal.sum()
    return float(leak)


def point_values(p: np.ndarray) -> np.ndarray:
    """Values at the centres from cell averages, to the accuracy of a cosine series.

    Where that rings below zero, as for a histogram, the averages are taken as they are: each
    cell's mass then starts from its centre.
    """
    points = p
    for k, n in enumerate(p.shape):
        box = np.sinc(np.arange(n) / (2.0 * n)).reshape(-1, *(1,) * (p.ndim - 1 - k))
        points = np.asarray(idct(np.asarray(dct(points, axis=k)) / box, axis=k))
    if -np.minimum(points, 0.0).sum() > _RINGING * p.sum():
        return p
    points = points.clip(0.0)
    return points * (p.sum() / points.sum())


def spread(points: np.ndarray, axes: tuple[Grid, ...], law: Law) -> np.ndarray:
    """Every centre sends out its Gaussian, cut into cells: values -> averages, shape kept.

    The sum over centres is the trapezoid rule, spectrally accurate once the Gaussian is wider than
    a cell. Columns of the kernel sum to 1: what lies beyond a wall goes to the outermost cell.
    """
    for k, grid in enumerate(axes):
        centre = law.alpha[k] * grid.centers + law.shift[k]
        cdf = ndtr((grid.edges[:, None] - centre) / np.sqrt(law.variance[k]))
        cdf[0], cdf[-1] = 0.0, 1.0
        points = np.moveaxis(np.tensordot(np.diff(cdf, axis=0), points, (1, k)), 0, k)
    return points
