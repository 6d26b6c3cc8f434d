"""Densities, fields, trajectories and images drawn on an Axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.quiver import Quiver
from torch import Tensor

from ..density.mixture import Density
from ..tensors import Time
from .style import COLORS, density_colormap


def _array(x: Tensor | np.ndarray) -> np.ndarray:
    return x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)


def _pixels(images: Tensor) -> np.ndarray:
    """(N, 1 or 3, H, W) in [-1, 1], clipped -> (N, H, W, 1 or 3) in [0, 1]."""
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images has shape {tuple(images.shape)}; expected (N, 1 or 3, H, W).")
    return _array(images.clamp(-1, 1)).transpose(0, 2, 3, 1) * 0.5 + 0.5


def plot_density(
    ax: Axes, x: Tensor | np.ndarray, p: Tensor | np.ndarray, label: str = "density $p$"
) -> None:
    """A one-dimensional density as a filled curve: x (n,), p (n,)."""
    x, p = _array(x).ravel(), _array(p).ravel()
    ax.fill_between(x, p, color=COLORS["density"], alpha=0.2, lw=0)
    ax.plot(x, p, color=COLORS["density"], lw=1.8, label=label)
    ax.set(xlabel="$x$", ylim=(0, None))


def plot_histogram(
    ax: Axes,
    x: Tensor | np.ndarray,
    edges: np.ndarray,
    label: str = "particles",
    color: str = COLORS["particles"],
) -> None:
    """A sample's histogram as a density, drawn as a step line: x (N,) or (N, 1)."""
    values = _array(x).ravel()
    counts, _ = np.histogram(values, edges)
    ax.stairs(counts / (values.size * np.diff(edges)), edges, color=color, lw=1.3, label=label)


def density_map(
    ax: Axes, t: np.ndarray, x: np.ndarray, p: np.ndarray, power: float = 0.6
) -> AxesImage:
    """p(x, t) over the plane of time (across) and x (up): t (K,), x (n,), p (K, n).

    Each pixel shows (p / max p)^power: below 1 it lifts the faint parts.
    """
    shade = (p / p.max()).T ** power
    image = ax.imshow(
        shade,
        origin="lower",
        aspect="auto",
        extent=(float(t[0]), float(t[-1]), float(x[0]), float(x[-1])),
        cmap=density_colormap(),
        interpolation="bilinear",
    )
    ax.set(xlabel="$t$", ylabel="$x$")
    return image


def trajectories(
    ax: Axes,
    times: Tensor,
    states: Tensor,
    color: str = COLORS["particles"],
    alpha: float = 0.7,
) -> None:
    """One-dimensional paths over time: times (K,), states (K, batch, 1) -> batch thin lines."""
    ax.plot(_array(times), _array(states)[..., 0], color=color, lw=0.8, alpha=alpha)
    ax.set(xlabel="$t$", ylabel="$x$")


def field_arrows(
    ax: Axes,
    field: Callable[[Tensor, Tensor], Tensor],
    t: Time,
    extent: float = 2.5,
    n: int = 17,
    color: str = COLORS["score"],
) -> Quiver:
    """A two-dimensional field at one time as arrows on an n x n grid over [-extent, extent]^2.

    Lengths are compressed, |v| -> log(1 + |v|), so that far fields do not hide the near ones.
    """
    side = torch.linspace(-extent, extent, n, dtype=torch.float64)
    x, y = torch.meshgrid(side, side, indexing="xy")
    points = torch.stack([x.ravel(), y.ravel()], 1)
    v = field(points, torch.as_tensor(t, dtype=torch.float64))
    size = v.norm(dim=1, keepdim=True).clamp(min=1e-12)
    u = _array(v / size * torch.log1p(size))
    return ax.quiver(
        _array(points)[:, 0], _array(points)[:, 1], u[:, 0], u[:, 1], color=color, width=0.004
    )


def contour_density(
    ax: Axes,
    density: Density,
    extent: float = 2.5,
    n: int = 120,
    alpha: Time = 1.0,
    std: Time = 0.0,
) -> AxesImage:
    """A two-dimensional density as a map over [-extent, extent]^2, noised to alpha, std."""
    side = torch.linspace(-extent, extent, n, dtype=torch.float64)
    x, y = torch.meshgrid(side, side, indexing="xy")
    log_p = density.log_prob(torch.stack([x.ravel(), y.ravel()], 1), alpha, std)
    shade = _array((log_p - log_p.max()).exp().reshape(n, n)) ** 0.6
    return ax.imshow(
        shade, origin="lower", extent=(-extent, extent, -extent, extent), cmap=density_colormap()
    )


def tile_images(images: Tensor, columns: int = 10) -> np.ndarray:
    """Many images on one black board: (N, C, H, W) in [-1, 1], clipped -> (rows, columns, 3).

    C is 1 (grey) or 3 (RGB); the result lies in [0, 1]. A black line, one pixel wide, surrounds
    each image. Raises ValueError for another shape.
    """
    pixels = _pixels(images)
    n, height, width, _ = pixels.shape
    board = np.zeros((math.ceil(n / columns) * (height + 1) + 1, columns * (width + 1) + 1, 3))
    for i, picture in enumerate(pixels):
        top, left = i // columns * (height + 1) + 1, i % columns * (width + 1) + 1
        board[top : top + height, left : left + width] = picture
    return board


def mosaic(
    ax: Axes,
    images: Tensor,
    columns: int = 10,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> AxesImage:
    """Many images on one Axes, with a text beside each row and above each column.

    images : as for :func:`tile_images`, whose result also updates the picture in a video,
    with `set_data`.
    """
    height, width = images.shape[-2] + 1, images.shape[-1] + 1
    # "none": an SVG keeps the pixels themselves, so they stay sharp at every size.
    picture = ax.imshow(tile_images(images, columns), interpolation="none")
    down = [height * i + height / 2 for i in range(len(row_labels))]
    across = [width * i + width / 2 for i in range(len(column_labels))]
    ax.set_yticks(down, row_labels)
    ax.set_xticks(across, column_labels)
    ax.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    return picture
