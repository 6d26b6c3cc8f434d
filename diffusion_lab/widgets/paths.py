"""The paths: alpha, std, log-SNR, f and g of each, your own, and the linear path's velocities."""

from __future__ import annotations

import numpy as np
import traitlets as tl

from ..formula import Formula
from .figure import STATIC, LiveFigure, check_finite, check_formula, check_number

END = 0.004  # the figure draws velocities down to this time: at t = 0 a data point has none

_OWN = '''import torch

from diffusion_lab.process import GaussianPath
from diffusion_lab.tensors import as_time


def alpha(t):
    return {alpha}


def std(t):
    return {std}


def var(t):
    return std(t) ** 2


def slope(y, t):
    # The exact derivative, by forward-mode differentiation.
    t = as_time(t)
    return torch.func.jvp(y, (t,), (torch.ones_like(t),))[1]


class OwnPath(GaussianPath):
    """alpha = {alpha_source}, std = {std_source}."""

    def alpha(self, t):
        return alpha(as_time(t))

    def var(self, t):
        return var(as_time(t))

    def d_alpha(self, t):
        return slope(alpha, t)

    def d_var(self, t):
        return slope(var, t)


path = OwnPath()
'''

_READ = """t = {t!r}
print("alpha", path.alpha(t).item(), "std", path.std(t).item())
print("log-SNR", path.log_snr(t).item())
print("f/x", (path.d_alpha(t) / path.alpha(t)).item(), "g^2", path.g_squared(t).item())
"""

_VELOCITY = """import torch

from diffusion_lab import FlowPath, exact_prediction
from diffusion_lab.density import {kind}

points = torch.tensor({points!r}, dtype=torch.float64)
data = {data}
path, t = FlowPath(), {t!r}
x = torch.linspace(-3.0, 3.0, 13, dtype=torch.float64)[:, None]
marginal = exact_prediction(data, path)(x, t).velocity  # (13, 1)
conditional = (x - points) / t  # (13, points): one straight line for each data point
print(torch.cat([x, marginal, conditional], 1))
"""


class PathsFigure(LiveFigure):
    """Gaussian paths x_t = alpha(t) x_0 + std(t) eps beside each other, and your own.

    `view="paths"` draws alpha, std, log-SNR, f/x and g of the package's six paths and of the pair
    of formulas `alpha`, `std`, which imply f = (alpha'/alpha) x and
    g^2 = d(std^2)/dt - 2 (alpha'/alpha) std^2. Where g^2 < 0 no forward SDE has that kernel, and
    the figure says so. `view="velocity"` draws the linear path alpha = 1 - t, std = t from the
    data `points` to N(0, 1): the straight lines of u(x, t | x_0) and the curves of u(x, t).

    Derivatives of typed formulas are central differences of eighth order in the figure (about ten
    digits where the formula is smooth) and forward-mode derivatives in the code of `to_python`.

    Examples
    --------
    >>> figure = PathsFigure(path="own", alpha="1", std="0.8 sin(pi t)")
    >>> figure.path = "VE"
    """

    _esm = STATIC / "paths.js"
    _name = "paths"
    _linked = (
        "view", "path", "t", "beta_min", "beta_max", "std_min", "std_max", "edm_std_max", "alpha",
        "std", "points", "width", "lines", "seed",
    )  # fmt: skip

    view = tl.Enum(["paths", "velocity"], "paths", help="Which of the two pictures.").tag(
        sync=True
    )
    path = tl.Enum(
        ["VP", "SubVP", "CosineVP", "VE", "EDM", "FlowPath", "own"],
        "VP",
        help="The path drawn thick: a class of diffusion_lab.process, or the typed one.",
    ).tag(sync=True)
    t = tl.Float(0.4, min=0.0, max=1.0, help="The time read off; 0 is data, 1 is noise.").tag(
        sync=True
    )
    beta_min = tl.Float(0.1, min=0.01, max=2.0, help="beta(0) of VP and sub-VP.").tag(sync=True)
    beta_max = tl.Float(20.0, min=2.0, max=40.0, help="beta(1) of VP and sub-VP.").tag(sync=True)
    std_min = tl.Float(0.01, min=0.001, max=0.5, help="Smallest scale of VE.").tag(sync=True)
    std_max = tl.Float(50.0, min=1.0, max=100.0, help="Largest scale of VE.").tag(sync=True)
    edm_std_max = tl.Float(80.0, min=1.0, max=100.0, help="std(1) of EDM.").tag(sync=True)
    alpha = tl.Unicode("(1 - t)^2", help="Your alpha(t), a formula in t.").tag(sync=True)
    std = tl.Unicode("sqrt(1 - (1 - t)^4)", help="Your std(t), a formula in t.").tag(sync=True)
    points = tl.List(
        tl.Float(),
        [-1.4, 1.4],
        help="The data points of the velocity view: 1 to 4 in [-2.5, 2.5].",
    ).tag(sync=True)
    width = tl.Float(
        0.0, min=0.0, max=0.8, help="Std of a Gaussian around each data point; 0 is a point."
    ).tag(sync=True)
    lines = tl.Int(24, min=0, max=200, help="Pairs (x_0, eps) drawn as straight lines.").tag(
        sync=True
    )
    seed = tl.Int(1, min=0, max=2**32 - 1, help="Seed of those pairs.").tag(sync=True)

    def to_python(self) -> str:
        """Return code that builds what is highlighted: a path, or the two velocities."""
        if self.view == "velocity":
            return self._velocity_code()
        if self.path == "own":
            return self._own_code() + "\n" + _READ.format(t=self.t)
        parameters = {
            "VP": {"beta_min": self.beta_min, "beta_max": self.beta_max},
            "SubVP": {"beta_min": self.beta_min, "beta_max": self.beta_max},
            "VE": {"std_min": self.std_min, "std_max": self.std_max},
            "EDM": {"std_max": self.edm_std_max},
        }.get(self.path, {})
        values = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
        head = f"from diffusion_lab import {self.path}\n\npath = {self.path}({values})\n"
        return head + _READ.format(t=self.t)

    def _own_code(self) -> str:
        return _OWN.format(
            alpha=Formula(self.alpha, ["t"]).python,
            std=Formula(self.std, ["t"]).python,
            alpha_source=self.alpha,
            std_source=self.std,
        )

    def _velocity_code(self) -> str:
        n = len(self.points)
        mixture = f"GaussianMixture.isotropic([1 / {n}] * {n}, points, [{self.width!r}] * {n})"
        return _VELOCITY.format(
            kind="GaussianMixture" if self.width else "Empirical",
            points=self.points,
            data=mixture if self.width else "Empirical(points[:, None])",
            t=max(self.t, END),
        )

    @tl.validate("alpha", "std")
    def _check_formula(self, proposal: dict) -> str:
        name, source = proposal["trait"].name, proposal["value"]
        formula, t = check_formula(name, source, ["t"]), np.arange(1, 200) / 200
        with np.errstate(all="ignore"):
            value = np.broadcast_to(formula(t=t), t.shape)
        good = np.isfinite(value) & ((value >= 0.0) | (name == "alpha"))
        if not good.all():
            wanted = "a finite number" + (", 0 or larger" if name == "std" else "")
            first = int((~good).argmax())
            raise tl.TraitError(
                f"{name} = {source!r} is {value[first]:g} at t = {t[first]:g}; "
                f"it must be {wanted} for 0 < t < 1"
            )
        return source

    @tl.validate("points")
    def _check_points(self, proposal: dict) -> list[float]:
        points = list(check_finite("points", proposal["value"]))
        if not 1 <= len(points) <= 4 or max(map(abs, points)) > 2.5:
            raise tl.TraitError(f"points must be 1 to 4 numbers in [-2.5, 2.5], got {points}")
        return points

    @tl.validate("t", "beta_min", "beta_max", "std_min", "std_max", "edm_std_max", "width")
    def _check_number(self, proposal: dict) -> float:
        return check_number(proposal)
