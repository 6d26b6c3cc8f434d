"""The plane: two-dimensional densities, and every noise and swirl that carries them."""

from __future__ import annotations

from collections.abc import Sequence

import traitlets as tl

from .figure import STATIC, LiveFigure, as_text, check_finite, check_number, check_weights
from .path_choices import PLANE_PATHS
from .plane_code import plane_code
from .plane_shapes import SHAPES

MOST_POINTS = 80


class PlaneFigure(LiveFigure):
    """Particles in the plane that carry p(x, t) with a noise and a swirl of the reader's choice.

    The data density is a mixture of equal round bumps: a named shape, or points given here or
    drawn in the figure (`data="own"`). Its score is exact; where particles times bumps exceed
    40 000 it is read from a table of 96 x 96 points at each time. The particles follow::

        forward   dx = [f - (g^2 - sigma^2)/2 score + w] dt + sigma dW,   t from 0 to 1
        backward  dx = [f - (g^2 + sigma^2)/2 score + w] dt + sigma dW,   t from 1 to 0

    with sigma = sigma_scale g and the swirl w = swirl v(t) J score. J turns by a right angle and
    v(t) is the variance of a bump, so div(p w) = 0 and each bump turns about its own center at the
    rate `swirl`. Steps are Heun's, each cut into as many as accuracy needs. Every parameter can be
    set while the figure runs, and reads back what the reader chose there.

    Examples
    --------
    >>> figure = PlaneFigure(data="ring", std=0.15, direction="backward", swirl=8.0)
    >>> figure.sigma_scale = 0.0
    >>> figure.set_points([[-1.0, 0.0], [1.0, 0.0]], weights=[0.3, 0.7])
    """

    _esm = STATIC / "plane.js"
    _name = "plane"
    _linked = (
        *("data", "means", "weights", "std", "path", "direction", "sigma_scale", "swirl"),
        *("arrows", "path_lines", "t", "point", "seed"),
    )

    data = tl.Enum([*SHAPES, "own"], "ring", help="A named shape, or `own`: means.").tag(sync=True)
    means = tl.List(
        tl.List(tl.Float(), minlen=2, maxlen=2),
        [[-1.2, -0.8], [1.2, -0.8], [0.0, 1.2]],
        minlen=1,
        maxlen=MOST_POINTS,
        help="Centers of the bumps where data is `own`, each [x, y] within [-3, 3]^2.",
    ).tag(sync=True)
    weights = tl.List(
        tl.Float(), [], help="Their weights, positive and of sum 1; empty means equal."
    ).tag(sync=True)
    std = tl.Float(0.12, min=0.08, max=0.4, help="Standard deviation of every bump.").tag(
        sync=True
    )
    path = tl.Enum(
        [*PLANE_PATHS], "vp", help="VP(0.1, 20), VE(0.01, 2), or FlowPath up to t = 0.98."
    ).tag(sync=True)
    direction = tl.Enum(["forward", "backward"], "backward", help="Which way time runs.").tag(
        sync=True
    )
    sigma_scale = tl.Float(1.0, min=0.0, max=3.0, help="The factor c in sigma = c g.").tag(
        sync=True
    )
    swirl = tl.Float(0.0, min=-20.0, max=20.0, help="Rate at which each bump turns.").tag(
        sync=True
    )
    arrows = tl.Enum(["none", "score", "velocity"], "none", help="Which field to draw.").tag(
        sync=True
    )
    path_lines = tl.Bool(True, help="Draw the paths of some particles.").tag(sync=True)
    steps = tl.Int(160, min=50, max=400, help="Shown times from end to end.").tag(sync=True)
    particles = tl.Int(2500, min=100, max=5000, help="How many particles.").tag(sync=True)
    t = tl.Float(0.3, min=0.0, max=1.0, help="The time shown; 0 is data, 1 is noise.").tag(
        sync=True
    )
    point = tl.List(
        tl.Float(), [1.1, 0.5], minlen=2, maxlen=2, help="The cross, within [-3, 3]^2."
    ).tag(sync=True)
    seed = tl.Int(1, min=0, max=2**32 - 1, help="Seed of the random numbers.").tag(sync=True)

    def set_points(self, means: Sequence[Sequence[float]], weights: Sequence[float] = ()) -> None:
        """Show these bumps: `data`, `means` and `weights` change at once, so may their number."""
        with self.hold_sync(), self.hold_trait_notifications():
            self.means, self.weights = [list(m) for m in means], list(weights)
            self.data = "own"

    def to_python(self) -> str:
        """Return runnable code, in terms of the package, for what the figure shows.

        It leaves `density`, `path`, `dynamics` and the `trajectory` of the particles.
        """
        return plane_code(self)

    @tl.validate("sigma_scale", "swirl", "std", "t")
    def _check_number(self, proposal: dict) -> float:
        return check_number(proposal)

    @tl.validate("means")
    def _check_means(self, proposal: dict) -> list[list[float]]:
        means = proposal["value"]
        for mean in means:
            _check_place("means", mean)
        self._check_count(means, self.weights)
        return means

    @tl.validate("weights")
    def _check_weights(self, proposal: dict) -> list[float]:
        weights = proposal["value"]
        if weights:
            check_weights(weights)
        self._check_count(self.means, weights)
        return weights

    @tl.validate("point")
    def _check_point(self, proposal: dict) -> list[float]:
        return _check_place("point", proposal["value"])

    def _check_count(self, means: list, weights: list) -> None:
        if weights and len(weights) != len(means):
            raise tl.TraitError(
                f"{len(weights)} weights for {len(means)} means; give one weight for each, or "
                "none for equal ones, and change both at once with set_points(means, weights)"
            )


def _check_place(name: str, place: list[float]) -> list[float]:
    check_finite(name, place)
    if max(map(abs, place)) > 3:
        raise tl.TraitError(
            f"{name} must lie within [-3, 3]^2, got ({as_text(place)}); divide by a common factor"
        )
    return place
