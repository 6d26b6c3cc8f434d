"""The sigma laboratory: one density, and every noise scale sigma(t) that carries it."""

from __future__ import annotations

import math

import traitlets as tl

from .figure import (
    STATIC,
    LiveFigure,
    check_finite,
    check_formula,
    check_lengths,
    check_number,
    check_stds,
    check_weights,
)
from .sigma_code import sigma_code

OWN = "your own"
BETA = "(0.1+19.9*t)"
DECAY = "exp(-0.1*t-9.95*t^2)"
# VE grows from 0.05 to 3; the flow alpha = 1 - 0.95 t, std = t stops where its drift is finite.
PRESETS = {
    "VP": (f"-0.5*{BETA}*x", f"sqrt{BETA}"),
    "sub-VP": (f"-0.5*{BETA}*x", f"sqrt({BETA}*(1-{DECAY}^2))"),
    "VE": ("0", "0.05*60^t*sqrt(2*log(60))"),
    "flow": ("-0.95*x/(1-0.95*t)", "sqrt(2*t/(1-0.95*t))"),
    "Ornstein-Uhlenbeck": ("-3*x", "sqrt(6)"),
    "double well": ("6*x*(1-x^2)", "1.5"),
}
MIXTURES = {
    "three bumps": ([0.4, 0.25, 0.35], [-1.8, 0.0, 2.0], [0.3, 0.25, 0.5]),
    "two bumps": ([0.4, 0.6], [-1.2, 0.8], [0.2, 0.4]),
    "one bump": ([1.0], [0.0], [0.4]),
    "narrow on wide": ([0.3, 0.7], [0.5, 0.0], [0.1, 1.0]),
    "comb": ([0.2] * 5, [-2.0, -1.0, 0.0, 1.0, 2.0], [0.12] * 5),
}
NODES = 61  # a drawn density has a height at -3, -2.9, ... 3
LEAST_STD, FARTHEST = 0.05, 20.0
VARIABLES = {"f": ("x", "t"), "g": ("t",), "sigma": ("t", "g")}


class SigmaFigure(LiveFigure):
    """Particles that carry p(x, t) of an SDE of the reader's choice, with a free noise scale.

    The density solves the Fokker-Planck equation of dx = f(x, t) dt + g(t) dW on a grid, from data
    that are a mixture of Gaussians or drawn. The particles follow::

        forward   dx = [f - (g^2 - sigma^2)/2 score] dt + sigma dW,   t from 0 to 1
        backward  dx = [f - (g^2 + sigma^2)/2 score] dt + sigma dW,   t from 1 to 0

    by Euler-Maruyama, from exact samples of p at the end where they start. f, g and sigma are
    formulas; that of sigma may use g, as in ``"0.5*g"``. Every parameter can be set while the
    figure runs, and reads back what the reader chose there. To change the number of components
    use `set_mixture`.

    Examples
    --------
    >>> figure = SigmaFigure(preset="VE", sigma="0", direction="backward")
    >>> figure.sigma = "2*t"
    >>> print(figure.to_python())
    """

    _esm = STATIC / "sigma.js"
    _name = "sigma"
    _linked = (
        *("f", "g", "sigma", "weights", "means", "stds", "drawn", "direction", "correction"),
        *("steps", "substeps", "particles", "t", "seed"),
    )
    _presets = tl.Dict(PRESETS).tag(sync=True)
    _mixtures = tl.Dict(MIXTURES).tag(sync=True)

    weights = tl.List(
        tl.Float(), MIXTURES["three bumps"][0], help="Weights of the mixture: positive, of sum 1."
    ).tag(sync=True)
    means = tl.List(
        tl.Float(), MIXTURES["three bumps"][1], help="Means of the components, within [-20, 20]."
    ).tag(sync=True)
    stds = tl.List(
        tl.Float(), MIXTURES["three bumps"][2], help="Standard deviations, at least 0.05."
    ).tag(sync=True)
    drawn = tl.List(
        tl.Float(),
        [],
        help="A drawn data density: 61 heights in [0, 1] at x = -3, -2.9, ... 3, up to a common "
        "factor. Empty where the mixture holds.",
    ).tag(sync=True)
    preset = tl.Enum([*PRESETS, OWN], "VP", help="f and g by name; follows what is typed.")
    f = tl.Unicode(PRESETS["VP"][0], help="The drift f(x, t).").tag(sync=True)
    g = tl.Unicode(PRESETS["VP"][1], help="The noise scale g(t) >= 0.").tag(sync=True)
    sigma = tl.Unicode("g", help="The free noise scale sigma(t) >= 0, in t and g.").tag(sync=True)
    direction = tl.Enum(["forward", "backward"], "forward", help="Which way time runs.").tag(
        sync=True
    )
    correction = tl.Bool(
        True, help="False leaves the score correction out, and the particles lose p(x, t)."
    ).tag(sync=True)
    steps = tl.Int(300, min=10, max=500, help="Steps from end to end.").tag(sync=True)
    substeps = tl.Int(
        0,
        min=0,
        max=32,
        help="Euler-Maruyama steps in each step; 0 takes as many as accuracy needs.",
    ).tag(sync=True)
    particles = tl.Int(20_000, min=100, max=50_000, help="How many particles.").tag(sync=True)
    t = tl.Float(0.35, min=0.0, max=1.0, help="The time shown; 0 is data, 1 is noise.").tag(
        sync=True
    )
    seed = tl.Int(1, min=0, max=2**32 - 1, help="Seed of the random numbers.").tag(sync=True)

    def __init__(self, **parameters: object) -> None:
        if "preset" in parameters and {"f", "g"} & parameters.keys():
            raise TypeError("give either preset, or f and g: a preset is a name for both")
        super().__init__(**parameters)

    def set_mixture(self, weights: list[float], means: list[float], stds: list[float]) -> None:
        """Replace the data density. All three lists change at once, so their length may change."""
        with self.hold_sync(), self.hold_trait_notifications():
            self.weights, self.means, self.stds = list(weights), list(means), list(stds)
            self.drawn = []

    def to_python(self) -> str:
        """Return runnable code, in terms of the package, for what the figure shows.

        It leaves the solved density `solution`, the `dynamics` and the particles `x` at time t,
        and prints their L1 distance. Random numbers are torch's: equal in law, not in value.
        """
        return sigma_code(self)

    @tl.observe("preset")
    def _take_preset(self, change: dict) -> None:
        if change["new"] in PRESETS:
            with self.hold_sync(), self.hold_trait_notifications():
                self.f, self.g = PRESETS[change["new"]]

    @tl.observe("f", "g")
    def _name_preset(self, _: dict) -> None:
        names = (name for name, pair in PRESETS.items() if pair == (self.f, self.g))
        self.preset = next(names, OWN)

    @tl.validate("f", "g", "sigma")
    def _check_formula(self, proposal: dict) -> str:
        name = proposal["trait"].name
        return check_formula(name, proposal["value"], VARIABLES[name]).source

    @tl.validate("weights")
    def _check_weights(self, proposal: dict) -> list[float]:
        return check_weights(self._same_length("weights", proposal["value"]))

    @tl.validate("means")
    def _check_means(self, proposal: dict) -> list[float]:
        means = check_finite("means", self._same_length("means", proposal["value"]))
        if max(map(abs, means)) > FARTHEST:
            raise tl.TraitError(
                f"means must lie within [-{FARTHEST:g}, {FARTHEST:g}], the widest window of this "
                f"figure, got {means}; divide means and stds by a common factor"
            )
        return means

    @tl.validate("stds")
    def _check_stds(self, proposal: dict) -> list[float]:
        return check_stds(self._same_length("stds", proposal["value"]), LEAST_STD)

    @tl.validate("drawn")
    def _check_drawn(self, proposal: dict) -> list[float]:
        heights = proposal["value"]
        in_range = all(math.isfinite(h) and 0 <= h <= 1 for h in heights)
        if heights and not (len(heights) == NODES and in_range and any(heights)):
            raise tl.TraitError(
                f"drawn must be empty or hold {NODES} heights in [0, 1], not all 0, at "
                f"x = -3, -2.9, ... 3; got {len(heights)} numbers"
                + (f" from {min(heights):g} to {max(heights):g}; " if len(heights) else "; ")
                + "divide by the largest"
            )
        return heights

    @tl.validate("t")
    def _check_t(self, proposal: dict) -> float:
        return check_number(proposal)

    def _same_length(self, name: str, values: list[float]) -> list[float]:
        lists = {key: getattr(self, key) for key in ("weights", "means", "stds")}
        check_lengths(lists | {name: values})
        return values
