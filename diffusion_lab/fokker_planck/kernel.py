"""The exact solution for a linear drift: every point spreads into a Gaussian."""

from __future__ import annotations

import numpy as np
from scipy.fft import dct, idct
from scipy.special import ndtr

from .grid import Grid
from .kernel_plane import spread_plane, wide_enough
from .law import Law, NotLinearError, advance
from .motion import Motion
from .plane_grid import Grid2D

_LEAK = 1e-6  # mass a free Gaussian may have beyond the walls; nearer walls matter
_RINGING = 1e-5  # of the mass below zero: the density is too rough for a cosine series
_WIDTH = 1.2  # cells: the trapezoid rule over Gaussians of this std errs by exp(-2 (pi 1.2)^2)


def linear_rows(
    motion: Motion, p: np.ndarray, grid: Grid | Grid2D, times: np.ndarray
) -> dict[int, np.ndarray]:
    """Exact cell averages at the check times that the kernel can reach; {} for other drifts.

    The drift must be linear, b = A(t) x + c(t), at every point of the half grid and at every
    time at which it is read. Left to the steps are the first check times, where the kernel is
    narrower than a cell, and everything when the density comes so near a wall that it matters.
    """
    axes = grid.axes
    halves = [np.linspace(g.low, g.high, 2 * g.n + 1) for g in axes]
    points = np.stack(np.meshgrid(*halves, indexing="ij"), -1).reshape(-1, len(axes))
    law, reached = Law.still(len(axes)), {}
    for i, (t, s) in enumerate(zip(times[:-1], times[1:], strict=True), start=1):
        try:
            laws = advance(motion, points, law, t, s)
        except NotLinearError:
            return {}
        if any(_leak(p, grid, passed) > _LEAK for passed in laws):
            return {}
        law = laws[-1]
        mapped = law.flow * [_WIDTH * g.h for g in axes]
        if np.linalg.eigvalsh(law.cov - mapped @ mapped.T).min() <= 0.0:
            continue
        if law.by_axis or (isinstance(grid, Grid2D) and wide_enough(grid, law)):
            reached[i] = law
    if not reached:
        return {}
    start = point_values(p)
    return {
        i: spread_plane(start, grid, law)
        if isinstance(grid, Grid2D) and not law.by_axis
        else spread(start, axes, law)
        for i, law in reached.items()
    }


def _leak(p: np.ndarray, grid: Grid | Grid2D, law: Law) -> float:
    """Mass that the free Gaussians would have beyond the walls."""
    centre = grid.points @ law.flow.T + law.shift
    std = np.sqrt(law.cov.diagonal()) + 1e-300
    low, high = np.array([(g.low, g.high) for g in grid.axes]).T
    beyond = ndtr((low - centre) / std) + ndtr((centre - high) / std)
    return float(p.ravel() @ beyond.sum(1) / p.sum())


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
        centre = law.flow[k, k] * grid.centers + law.shift[k]
        cdf = ndtr((grid.edges[:, None] - centre) / np.sqrt(law.cov[k, k]))
        cdf[0], cdf[-1] = 0.0, 1.0
        points = np.moveaxis(np.tensordot(np.diff(cdf, axis=0), points, (1, k)), 0, k)
    return points
