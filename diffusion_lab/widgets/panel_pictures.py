"""The panels' pictures as PNG bytes, drawn without pyplot, so that a thread may make them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..density import GaussianMixture
    from ..fokker_planck import GridSolution
    from .panel_digits import DigitsRun
    from .panel_runs import DensityRun

PATHS_DRAWN = 14
MAGNIFIED = 7  # screen pixels to a pixel of a digit


def draw_density(run: DensityRun, k: int) -> bytes:
    """1-D: p(x, t) with some paths, and the histogram at times[k]; 2-D: scatter on density."""
    from ..viz import plot_density, plot_histogram

    figure, (left, right) = _figure(2)
    if run.solution is None:
        for ax, at in ((left, 0), (right, k)):
            _draw_cloud(ax, run, at)
        return _png(figure)
    _draw_map(left, run, k, run.solution)
    edges, law = run.edges(k), run.law(k)
    x = np.linspace(edges[0], edges[-1], 400)
    plot_density(right, x, _density_at(law, x[:, None]), label="exact")
    plot_histogram(right, run.states[k], edges)
    right.set(xlim=(edges[0], edges[-1]))
    right.set_title(f"t = {run.times[k]:.3f}", fontsize=9)
    right.legend(frameon=False, fontsize=8, labelcolor="#808080")
    return _png(figure)


def draw_digits(run: DigitsRun) -> bytes:
    """The way of the first ten images from noise, a row for each moment; below it all images."""
    from matplotlib.image import imsave

    from ..viz import tile_images

    columns = min(10, len(run.images))
    way = tile_images(run.states[:, :columns].flatten(0, 1), columns)
    end = tile_images(run.images, columns)
    board = np.concatenate([way, np.zeros((4, *way.shape[1:])), end])
    buffer = io.BytesIO()
    imsave(buffer, np.kron(board, np.ones((MAGNIFIED, MAGNIFIED, 1))), format="png")
    return buffer.getvalue()


def _draw_map(ax: Axes, run: DensityRun, k: int, solution: GridSolution) -> None:
    from ..viz import density_map, trajectories

    reach = max(-run.edges(0)[0], -run.edges(len(run.times) - 1)[0])
    inside = np.abs(solution.grid.centers) <= reach
    density_map(ax, solution.times, solution.grid.centers[inside], solution.p[:, inside])
    trajectories(ax, run.times, run.states[:, :PATHS_DRAWN])
    ax.axvline(run.times[k].item(), color="#808080", lw=1.2)
    ax.set(xlim=(0.0, solution.times[-1]), ylim=(-reach, reach))
    ax.set_title("solved p(x, t), and particles", fontsize=9)


def _draw_cloud(ax: Axes, run: DensityRun, k: int) -> None:
    from ..viz import COLORS, density_colormap

    reach = max(-run.edges(k)[0], 1.0)
    side = np.linspace(-reach, reach, 120)
    points = np.stack(np.meshgrid(side, side, indexing="xy"), -1).reshape(-1, 2)
    p = _density_at(run.law(k), points).reshape(120, 120)
    box = (-reach, reach, -reach, reach)
    ax.imshow((p / p.max()) ** 0.6, origin="lower", extent=box, cmap=density_colormap())
    ax.scatter(*run.states[k, :3000].numpy().T, s=2, lw=0, alpha=0.6, color=COLORS["particles"])
    ax.set(xlim=box[:2], ylim=box[2:])
    ax.set_title(f"t = {run.times[k]:.3f}", fontsize=9)


def _density_at(law: GaussianMixture, points: np.ndarray) -> np.ndarray:
    import torch

    return law.log_prob(torch.as_tensor(points)).exp().numpy()


def _figure(columns: int) -> tuple[Figure, np.ndarray]:
    """A transparent figure with grey text, which reads on light and dark pages."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 2.9), dpi=110, facecolor="none", layout="constrained")
    axes = figure.subplots(1, columns)
    for ax in axes:
        ax.set_facecolor("none")
        ax.tick_params(colors="#808080", labelsize=8)
        ax.spines[:].set_color("#808080")
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
            text.set(color="#808080", fontsize=9)
    return figure, axes


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
