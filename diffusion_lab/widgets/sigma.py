"""The signature figure: one density, and every noise scale sigma(t) that carries it."""

import math
from pathlib import Path

import anywidget
import traitlets as tl

STATIC = Path(__file__).parent / "static"


class SigmaFigure(anywidget.AnyWidget):
    """Particles that carry p(x, t) with a noise scale of the reader's choice.

    The data density is a mixture of Gaussians in one dimension, the path variance preserving with
    beta(t) = beta_min + (beta_max - beta_min) t, and the score exact. The particles follow::

        forward   dx = [f - (g^2 - sigma^2)/2 score] dt + sigma dW,   t from 0 to 1
        backward  dx = [f - (g^2 + sigma^2)/2 score] dt + sigma dW,   t from 1 to 0

    by Euler-Maruyama on a uniform grid of `steps` steps, from exact samples of p at the end where
    they start. Every parameter can be set while the figure runs, and reads back what the reader
    chose there. To change the number of components use `set_mixture`.

    Examples
    --------
    >>> figure = SigmaFigure(sigma_scale=0.0, direction="backward")
    >>> figure.sigma_scale = 2.0
    """

    _esm = STATIC / "sigma.js"

    weights = tl.List(
        tl.Float(), [0.4, 0.25, 0.35], help="Weights of the mixture: positive, of sum 1."
    ).tag(sync=True)
    means = tl.List(tl.Float(), [-1.8, 0.0, 2.0], help="Means of the components.").tag(sync=True)
    stds = tl.List(
        tl.Float(), [0.3, 0.25, 0.5], help="Standard deviations of the components: positive."
    ).tag(sync=True)
    beta_min = tl.Float(0.1, help="beta(0), positive.").tag(sync=True)
    beta_max = tl.Float(20.0, help="beta(1), at least beta_min.").tag(sync=True)
    sigma_scale = tl.Float(1.0, min=0.0, max=4.0, help="The factor c in sigma(t).").tag(sync=True)
    sigma_shape = tl.Enum(
        ["g", "constant", "bump"],
        "g",
        help="c g(t), or a constant or bump with the same integral of sigma^2.",
    ).tag(sync=True)
    direction = tl.Enum(["forward", "backward"], "forward", help="Which way time runs.").tag(
        sync=True
    )
    correction = tl.Bool(
        True, help="False leaves the score correction out, and the particles lose p(x, t)."
    ).tag(sync=True)
    steps = tl.Int(300, min=50, max=1000, help="Euler-Maruyama steps from end to end.").tag(
        sync=True
    )
    particles = tl.Int(4000, min=100, max=10_000, help="How many particles.").tag(sync=True)
    t = tl.Float(0.35, min=0.0, max=1.0, help="The time shown; 0 is data, 1 is noise.").tag(
        sync=True
    )
    seed = tl.Int(1, min=0, max=2**32 - 1, help="Seed of the random numbers.").tag(sync=True)

    def __init__(self, **parameters: object) -> None:
        unknown = sorted(name for name in parameters if not self.has_trait(name))
        if unknown:
            known = ", ".join(sorted(type(self).class_own_traits(sync=True)))
            raise TypeError(f"SigmaFigure has no parameter {unknown}; it has {known}")
        super().__init__(**parameters)

    def set_mixture(self, weights: list[float], means: list[float], stds: list[float]) -> None:
        """Replace the data density. All three lists change at once, so their length may change."""
        with self.hold_sync(), self.hold_trait_notifications():
            self.weights, self.means, self.stds = list(weights), list(means), list(stds)

    @tl.validate("weights")
    def _check_weights(self, proposal: dict) -> list[float]:
        weights = self._same_length("weights", proposal["value"])
        if not all(math.isfinite(w) and w > 0 for w in weights):
            raise tl.TraitError(
                f"weights must all be positive numbers, got {weights}; "
                "leave a component out instead of giving it weight 0"
            )
        # Decimal fractions such as 0.1 are rounded: the sum of a few misses 1 by some 1e-16.
        if abs(sum(weights) - 1) > 1e-9:
            total = sum(weights)
            raise tl.TraitError(
                f"weights must sum to 1, got the sum {total:.6g} from {weights}; "
                f"divide each by {total:.6g}"
            )
        return weights

    @tl.validate("means")
    def _check_means(self, proposal: dict) -> list[float]:
        means = self._same_length("means", proposal["value"])
        if not all(map(math.isfinite, means)):
            raise tl.TraitError(f"means must all be finite numbers, got {means}")
        return means

    @tl.validate("stds")
    def _check_stds(self, proposal: dict) -> list[float]:
        stds = self._same_length("stds", proposal["value"])
        if not all(math.isfinite(s) and s > 0 for s in stds):
            raise tl.TraitError(
                f"stds must all be positive numbers, got {stds}; "
                "for a point mass take a small value such as 0.05"
            )
        return stds

    @tl.validate("sigma_scale", "t")
    def _check_number(self, proposal: dict) -> float:
        if math.isnan(proposal["value"]):  # passes every comparison with a bound
            raise tl.TraitError(f"{proposal['trait'].name} must be a number, got nan")
        return proposal["value"]

    @tl.validate("beta_min", "beta_max")
    def _check_beta(self, proposal: dict) -> float:
        value, name = proposal["value"], proposal["trait"].name
        low = value if name == "beta_min" else self.beta_min
        high = value if name == "beta_max" else self.beta_max
        if not (math.isfinite(high) and 0 < low <= high):
            raise tl.TraitError(
                f"beta needs 0 < beta_min <= beta_max, got beta_min={low}, beta_max={high}; "
                "to move both at once set them in `with figure.hold_trait_notifications():`"
            )
        return value

    def _same_length(self, name: str, values: list[float]) -> list[float]:
        lengths = {k: len(getattr(self, k)) for k in ("weights", "means", "stds")}
        lengths[name] = len(values)
        if len(set(lengths.values())) != 1 or not values:
            raise tl.TraitError(
                f"a mixture needs as many weights as means and stds, at least one, got {lengths}; "
                "to change the number of components use set_mixture(weights, means, stds)"
            )
        return values
