"""The race: eight samplers from the same noise, at equal numbers of evaluations."""

from __future__ import annotations

import math
from collections.abc import Sequence

import traitlets as tl

from .figure import (
    STATIC,
    LiveFigure,
    check_finite,
    check_lengths,
    check_number,
    check_stds,
    check_weights,
)
from .plane_shapes import circle
from .race_code import race_code

BUDGETS = (5, 7, 9, 11, 13, 17, 21, 25, 33, 41, 49, 65)
_FINEST = 0.02  # the noise level of the last evaluation: what is narrower is lost there


def _equal(means: list[list[float]], std: float) -> dict[str, list]:
    """Components of one weight and one width."""
    n = len(means)
    return {"weights": [1 / n] * n, "means": means, "stds": [std] * n}


def _arc(x: float, y: float, start: float, end: float, count: int) -> list[list[float]]:
    angles = [math.pi * (start + (end - start) * k / (count - 1)) for k in range(count)]
    return _rounded([[x + math.cos(a), y + math.sin(a)] for a in angles])


def _rounded(means: list[list[float]]) -> list[list[float]]:
    """To six digits: a mixture travels to the page and into links as text."""
    return [[round(x, 6) for x in mean] for mean in means]


TARGETS: dict[str, dict[str, list]] = {
    "three unequal": {
        "weights": [0.6, 0.3, 0.1],
        "means": [[-0.8, -0.5], [1.0, 0.8], [1.2, -1.2]],
        "stds": [0.4, 0.12, 0.06],
    },
    "ring of eight": _equal(_rounded(circle(8, 1.5)), 0.15),
    "lattice of sixteen": _equal(
        [[-1.2 + 0.8 * i, -1.2 + 0.8 * j] for i in range(4) for j in range(4)], 0.08
    ),
    "two moons": _equal(_arc(-0.5, -0.25, 0, 1, 7) + _arc(0.5, 0.25, 1, 2, 7), 0.12),
}


class RaceFigure(LiveFigure):
    """Eight samplers of one density in the plane, each with the same number of evaluations.

    Euler, Euler-Maruyama, ancestral DDPM, DDIM, Heun, DPM-Solver++ 2M and predictor-corrector run
    on the variance preserving path VP(0.1, 20), flow matching on the straight line. An evaluation
    is one call of E[x_0 | x_t], which is exact. Heun and the corrector need two a step, the others
    one. All start from the same standard normal numbers and spend the last evaluation alike: at
    std/alpha = 0.02 the denoised point is the sample. The error is the energy distance to exact
    draws; the band shows it for exact draws against exact draws.

    Every parameter can be set while the figure runs, and reads back what the reader chose there.

    Examples
    --------
    >>> figure = RaceFigure(budget=13, grid="log_snr")
    >>> figure.set_mixture([0.5, 0.5], [[-1, 0], [1, 0]], [0.2, 0.4])
    >>> figure.grid = "time"
    """

    _esm = STATIC / "race.js"
    _name = "race"
    _linked = ("target", "grid", "budget", "seed", "progress")

    targets = tl.Dict(
        TARGETS, help="Mixtures to choose from, by name: weights, means (x, y) and stds."
    ).tag(sync=True)
    target = tl.Unicode("three unequal", help="The name of the mixture that is sampled.").tag(
        sync=True
    )
    grid = tl.Enum(
        ["time", "log_snr", "arctan"],
        "log_snr",
        help="How time is cut: evenly in t, in log(alpha/std), or in arctan(std/alpha / 0.35).",
    ).tag(sync=True)
    budget = tl.Enum(
        BUDGETS, 13, help="Evaluations: odd, one for the end and the rest for steps of 1 or 2."
    ).tag(sync=True)
    particles = tl.Int(4000, min=500, max=20_000, help="How many particles are measured.").tag(
        sync=True
    )
    progress = tl.Float(
        1.0, min=0.0, max=1.0, help="The share of the budget spent in what is shown."
    ).tag(sync=True)
    seed = tl.Int(7, min=0, max=2**32 - 1, help="Seed of the random numbers.").tag(sync=True)

    def set_mixture(
        self, weights: Sequence[float], means: Sequence[Sequence[float]], stds: Sequence[float]
    ) -> None:
        """Sample a mixture of your own: weights of sum 1, means (x, y), stds; one entry each."""
        mine = {
            "weights": [float(w) for w in weights],
            "means": [[float(c) for c in mean] for mean in means],
            "stds": [float(s) for s in stds],
        }
        with self.hold_sync():
            self.targets = {**self.targets, "your own": mine}
            self.target = "your own"

    @tl.validate("targets")
    def _check_targets(self, proposal: dict) -> dict[str, dict[str, list]]:
        targets = proposal["value"]
        for name, mixture in targets.items():
            expected = {"weights", "means", "stds"}
            if not isinstance(mixture, dict) or set(mixture) != expected:
                raise tl.TraitError(
                    f"targets[{name!r}] must be a dict of weights, means and stds, got {mixture!r}"
                )
            check_lengths(mixture)
            check_weights(mixture["weights"])
            check_stds(mixture["stds"], _FINEST)
            for mean in mixture["means"]:
                if len(mean) != 2:
                    raise tl.TraitError(f"every mean must be a pair (x, y), got {mean}")
                check_finite("means", mean)
        if self.target not in targets:
            raise tl.TraitError(
                f"targets must keep {self.target!r}, which is being sampled; got {list(targets)}"
            )
        return targets

    @tl.validate("target")
    def _check_target(self, proposal: dict) -> str:
        if proposal["value"] not in self.targets:
            raise tl.TraitError(
                f"target must be one of {list(self.targets)}, got {proposal['value']!r}; "
                "for a mixture of your own use set_mixture(weights, means, stds)"
            )
        return proposal["value"]

    @tl.validate("progress")
    def _check_progress(self, proposal: dict) -> float:
        return check_number(proposal)

    def to_python(self) -> str:
        """Return code that runs the same race in the package and prints the eight errors."""
        return race_code(
            self.targets[self.target], self.grid, self.budget, self.particles, self.seed
        )
