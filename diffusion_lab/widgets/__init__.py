"""Live figures: the same picture in Jupyter and, without a kernel, in the built book.

All behavior is in JavaScript (`lab/` holds the TypeScript source, `static/` the built bundles). A
class here holds the parameters, checks them, and lets Python set and read them while the figure
runs. Nothing here needs torch.
"""

from diffusion_lab.widgets.sigma import SigmaFigure

__all__ = ["SigmaFigure"]
