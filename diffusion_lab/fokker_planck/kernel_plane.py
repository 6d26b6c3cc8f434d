"""The exact kernel in the plane when it turns or shears: neither axis moves for itself."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.sparse import csr_array
from scipy.special import ndtr

from .grid import Grid
from .law import Law
from .plane_grid import Grid2D

_DROP = 1.2  # cells: std of the drop that a point leaves on the grid
_REACH = 9  # cells on either side of it: 7 std, 1e-12 of the drop lies beyond
_MARGIN = 6.0  # std of the kernel beyond the walls, where its FFT may wrap round


def wide_enough(grid: Grid2D, law: Law) -> bool:
    """Whether the kernel is nowhere narrower than a drop."""
    return bool(np.linalg.eigvalsh(law.cov - _drop(grid)).min() >= 0.0)


def spread_plane(points: np.ndarray, grid: Grid2D, law: Law) -> np.ndarray:
    """Every centre sends out its Gaussian: point values -> cell averages, (x.n, y.n).

    A centre y leaves a drop, a Gaussian of 1.2 cells cut into cells exactly, where the flow takes
    it; one convolution with what is missing to the kernel follows. Sampled at the cells, a drop
    has 1e-7 of its spectrum where cells cannot tell it from coarser waves, and a density that is
    resolved has nothing there. What lies beyond a wall goes to the outermost cells.
    """
    used = points.ravel() > 1e-20 * points.max()
    weights = points.ravel()[used] * abs(grid.cell)
    to = grid.points[used] @ law.flow.T + law.shift
    pads = [
        _REACH + int(np.ceil(_MARGIN * std / g.h))
        for g, std in zip(grid.axes, np.sqrt(law.cov.diagonal()), strict=True)
    ]
    sizes: list[int] = [
        next_fast_len(g.n + 2 * pad, real=True)  # type: ignore
        for g, pad in zip(grid.axes, pads, strict=True)
    ]
    along = zip(grid.axes, to.T, pads, sizes, strict=True)
    x, y = (_drops(g, at, pad, size) for g, at, pad, size in along)
    wet = (x.multiply(weights[:, None]).T.tocsr() @ y).toarray() / grid.cell
    kx, ky = (
        2.0 * np.pi * freq(size, g.h)
        for freq, size, g in zip((np.fft.fftfreq, np.fft.rfftfreq), sizes, grid.axes, strict=True)
    )
    missing = law.cov - _drop(grid)
    square = missing[0, 0] * kx[:, None] ** 2 + missing[1, 1] * ky**2
    square += 2.0 * missing[0, 1] * kx[:, None] * ky
    p = np.asarray(irfft2(np.asarray(rfft2(wet)) * np.exp(-0.5 * square), sizes))
    for k, (g, pad) in enumerate(zip(grid.axes, pads, strict=True)):
        p = np.moveaxis(p, k, 0)
        inside = p[pad : pad + g.n].copy()
        inside[0] += p[:pad].sum(0)
        inside[-1] += p[pad + g.n :].sum(0)
        p = np.moveaxis(inside, 0, k)
    return p


def _drop(grid: Grid2D) -> np.ndarray:
    """Covariance of a drop."""
    return np.diag([(_DROP * g.h) ** 2 for g in grid.axes])


def _drops(grid: Grid, at: np.ndarray, pad: int, size: int) -> csr_array:
    """Share of each drop in each cell of a padded axis: (drops, size), `pad` cells before it."""
    place = (at - grid.low) / grid.h
    first = np.clip(np.floor(place).astype(int) - _REACH, -pad, size - pad - 2 * _REACH - 1)
    edges = first[:, None] + np.arange(2 * _REACH + 2)
    cdf = ndtr((edges - place[:, None]) / _DROP)
    cdf[:, 0], cdf[:, -1] = 0.0, 1.0
    share = np.diff(cdf)
    ends = np.arange(len(at) + 1) * share.shape[1]
    return csr_array((share.ravel(), (edges[:, :-1] + pad).ravel(), ends), (len(at), size))
