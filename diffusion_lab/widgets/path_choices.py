"""The paths that the figures and panels offer: how each is made, written, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # torch is loaded by the first run, not by `import diffusion_lab.widgets`
    from ..process import GaussianPath

SHORT_OF_NOISE = 0.98


@dataclass(frozen=True)
class PathChoice:
    """A class of `diffusion_lab.process`, its parameters, and the end of time.

    end : 1, or SHORT_OF_NOISE where alpha(1) = 0 and f and g are infinite at t = 1
    """

    kind: str
    values: tuple[float, ...] = ()
    end: float = 1.0

    @property
    def source(self) -> str:
        """The call that makes the path."""
        return f"{self.kind}({', '.join(map(repr, self.values))})"

    def make(self) -> GaussianPath:
        """Return the path."""
        from .. import process

        return getattr(process, self.kind)(*self.values)


PLANE_PATHS = {
    "vp": PathChoice("VP", (0.1, 20.0)),
    "ve": PathChoice("VE", (0.01, 2.0)),
    "flow": PathChoice("FlowPath", end=SHORT_OF_NOISE),
}
PANEL_PATHS = {
    "VP(beta_min=0.1, beta_max=20)": PathChoice("VP", (0.1, 20.0)),
    "SubVP(beta_min=0.1, beta_max=20)": PathChoice("SubVP", (0.1, 20.0)),
    "CosineVP()": PathChoice("CosineVP", end=SHORT_OF_NOISE),
    "VE(std_min=0.01, std_max=5)": PathChoice("VE", (0.01, 5.0)),
    "EDM(std_max=5)": PathChoice("EDM", (5.0,)),
    "FlowPath()": PathChoice("FlowPath", end=SHORT_OF_NOISE),
}
