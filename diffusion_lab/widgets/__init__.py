"""Live figures: the same picture in Jupyter and, without a kernel, in the built book.

All behavior of the figures is in JavaScript (`lab/` holds the TypeScript source, `static/` the
built bundles). A class here holds the parameters, checks them, and lets Python set and read them
while the figure runs. The panels are for Jupyter alone: they run the package itself. Nothing here
needs torch until a panel runs.
"""

from diffusion_lab.widgets.panel import DensityPanel, DigitsPanel
from diffusion_lab.widgets.paths import PathsFigure
from diffusion_lab.widgets.plane import PlaneFigure
from diffusion_lab.widgets.race import RaceFigure
from diffusion_lab.widgets.sigma import SigmaFigure

__all__ = [
    "DensityPanel",
    "DigitsPanel",
    "PathsFigure",
    "PlaneFigure",
    "RaceFigure",
    "SigmaFigure",
]
