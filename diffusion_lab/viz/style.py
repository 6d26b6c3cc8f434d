"""The book's look: transparent figures that read on light and dark pages."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from .svg import figure_svg

# One colour for each concept, everywhere in the book and in its live figures.
COLORS = {
    "density": "#3b82c4",  # p(x, t), exact or solved on the grid
    "particles": "#d97706",  # samples, histograms, paths
    "score": "#2a9d63",  # fields: score, velocity, drift
    "failure": "#c0447d",  # what goes wrong on purpose
    "learned": "#7c6bd6",  # anything a network says
    "text": "#808080",  # readable on white and on black
}


def density_colormap() -> LinearSegmentedColormap:
    """From transparent to the density colour, so that a map sits on any page."""
    r, g, b = to_rgb(COLORS["density"])
    return LinearSegmentedColormap.from_list(
        "density", [(r, g, b, 0.0), (r, g, b, 0.75), (0.06, 0.2, 0.42, 1.0)]
    )


def use_style() -> None:
    """Set matplotlib's defaults for the book, and SVG output in notebooks.

    Mid-grey text and mid-tone colours on a transparent ground read on light and dark pages.
    """
    grey = COLORS["text"]
    mpl.rcParams.update(
        {
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.transparent": True,
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "svg.hashsalt": "diffusion_lab",  # the same figure gives the same file
            # Maps are enlarged before they are coloured: no colour that the table does not have.
            "image.interpolation_stage": "data",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": cycler(
                color=[COLORS[k] for k in ("density", "particles", "score", "failure", "learned")]
            ),
            "legend.frameon": False,
            "font.size": 11,
            **{
                key: grey
                for key in (
                    "text.color",
                    "axes.labelcolor",
                    "axes.edgecolor",
                    "axes.titlecolor",
                    "xtick.color",
                    "ytick.color",
                )
            },
        }
    )
    try:
        from IPython.core.getipython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # outside a notebook
        return
    shell: Any = get_ipython()
    if shell is not None:
        set_matplotlib_formats("svg")
        shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, figure_svg)
