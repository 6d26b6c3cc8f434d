"""Pictures: one style, one colour for each concept, figures as functions of (Axes, data)."""

from .animate import animate, video
from .plots import (
    contour_density,
    density_map,
    field_arrows,
    mosaic,
    plot_density,
    plot_histogram,
    tile_images,
    trajectories,
)
from .style import COLORS, density_colormap, use_style

__all__ = [
    "COLORS",
    "animate",
    "contour_density",
    "density_colormap",
    "density_map",
    "field_arrows",
    "mosaic",
    "plot_density",
    "plot_histogram",
    "tile_images",
    "trajectories",
    "use_style",
    "video",
]
