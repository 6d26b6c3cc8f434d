"""Panels for Jupyter that run the package itself: a density and its samplers, a trained network.

They are ipywidgets with a Python kernel behind them, so they live in notebooks and not in the
built book. Nothing here loads torch or matplotlib before the first run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ..formula import Formula
from . import panel_pictures as pictures
from .panel_base import R, RunPanel, S
from .panel_choices import DENSITIES, SAMPLERS, WITH_SIGMA
from .panel_digits import DigitsRun, DigitsSettings, run_digits
from .panel_runs import DensityRun, DensitySettings, run_density
from .path_choices import PANEL_PATHS

WIDE = {"style": {"description_width": "6em"}, "layout": {"width": "23em"}}


class _SamplerPanel(RunPanel[S, R]):
    """What both panels ask: sampler, sigma(t), steps and seed."""

    def __init__(self, first: list[widgets.Widget], steps: int) -> None:
        self.sampler = _pick("sampler", SAMPLERS)
        self.sigma = widgets.Text("g", description="sigma(t) =", **WIDE)
        self.steps = _number("steps", steps, 1, 2000)
        self.seed = _number("seed", 0, 0, 2**31 - 1)
        self.sampler.observe(self._sigma_or_not, "value")
        super().__init__([*first, self.sampler, self.sigma, self.steps, self.seed])

    def _sigma_or_not(self, change: dict) -> None:
        self.sigma.disabled = change["new"] not in WITH_SIGMA

    def _chosen(self) -> dict[str, Any]:
        """The common settings, with the formula checked."""
        if self.sampler.value in WITH_SIGMA:
            Formula(self.sigma.value, ["t", "g"])
        return {
            "sampler": self.sampler.value,
            "sigma": self.sigma.value,
            "steps": self.steps.value,
            "seed": self.seed.value,
        }

    def _how(self, settings: DensitySettings | DigitsSettings) -> str:
        noise = f" with σ = {settings.sigma}" if settings.sampler in WITH_SIGMA else ""
        return f"{settings.sampler}{noise}, {settings.steps} steps, seed {settings.seed}"


class DensityPanel(_SamplerPanel[DensitySettings, DensityRun]):
    """Pick a density, a path, sigma(t), a sampler; watch the particles carry the density backward.

    sigma(t) is a formula in t and g, the noise scale of the forward SDE: `g`, `0`, `2g`,
    `1 + sin(6t)`. In 1-D the map is the solved Fokker-Planck equation. The slider moves both
    pictures to another time; `panel.result.distance(k)` gives the numbers at `times[k]`.

    Examples
    --------
    >>> panel = DensityPanel()
    >>> panel.sigma.value, panel.steps.value = "2g", 400
    """

    def __init__(self) -> None:
        self.density = _pick("density", DENSITIES)
        self.path = _pick("path", tuple(PANEL_PATHS))
        self.particles = _number("particles", 5000, 100, 50_000)
        self.time = widgets.FloatSlider(
            0.0, description="time shown", min=0.0, max=1.0, step=0.025, **WIDE,
            continuous_update=False,
        )  # fmt: skip
        self.time.observe(lambda _: self._redraw(), "value")
        super().__init__([self.density, self.path, self.particles, self.time], steps=200)

    def settings(self) -> DensitySettings:
        """The settings as they stand. Raises FormulaError for a sigma(t) that cannot be read."""
        return DensitySettings(
            density=str(self.density.value),
            path=str(self.path.value),
            particles=self.particles.value,
            **self._chosen(),
        )

    def compute(self, settings: DensitySettings, tick: Callable[[int, int], None]) -> DensityRun:
        """Run the package."""
        return run_density(settings, tick)

    def draw(self, result: DensityRun) -> tuple[str, bytes]:
        """Distances at the time shown, and the picture."""
        k = int((result.times - self.time.value).abs().argmin())
        distance, floor = result.distance(k)
        name = "sliced Wasserstein" if result.solution is None else "L1"
        words = (
            f"{result.settings.density}, {result.settings.path}, {self._how(result.settings)}. "
            f"At t = {result.times[k]:.3f} the {name} distance to the exact density is "
            f"{distance:.4f}; {len(result.states[k])} exact draws have {floor:.4f}."
        )
        if result.solution is not None:
            words += f" The solved density is within {result.grid_error():.1e} of it at all times."
        return f"{words} {result.seconds:.1f} s.", pictures.draw_density(result, k)

    def _redraw(self) -> None:
        for place, (title, result) in enumerate(
            (("This run", self.result), ("The run before", self.previous))
        ):
            if result is not None:
                self._show(place, title, self.draw(result))


class DigitsPanel(_SamplerPanel[DigitsSettings, DigitsRun]):
    """The same samplers on the trained digits network of a run's folder.

    The picture shows ten of the images at six moments on their way from noise, and then all of
    them; the words, how far they are from held-out digits, and how far real digits are.

    folder : for example "runs/digits", as :func:`diffusion_lab.images.train_run` leaves it
    """

    def __init__(self, folder: str = "runs/digits") -> None:
        self.folder = widgets.Text(folder, description="folder", **WIDE)
        digits = [("all ten", None), *((str(d), d) for d in range(10))]
        self.digit = widgets.Dropdown(options=digits, description="digit", **WIDE)
        self.images = _number("images", 20, 2, 100)
        super().__init__([self.folder, self.digit, self.images], steps=40)

    def settings(self) -> DigitsSettings:
        """The settings as they stand. Raises FormulaError for a sigma(t) that cannot be read."""
        return DigitsSettings(
            folder=self.folder.value,
            digit=self.digit.value,
            images=self.images.value,
            **self._chosen(),
        )

    def compute(self, settings: DigitsSettings, tick: Callable[[int, int], None]) -> DigitsRun:
        """Run the package."""
        return run_digits(settings, tick)

    def draw(self, result: DigitsRun) -> tuple[str, bytes]:
        """What was run, its distance, and the images on their way."""
        distance, low, high = result.distance()
        moments = ", ".join(f"{t:.2f}" for t in result.times)
        digit = "all ten digits" if result.settings.digit is None else f"{result.settings.digit}"
        words = (
            f"{digit}, {self._how(result.settings)}: {result.evaluations} evaluations of the "
            f"network for each of {len(result.images)} images, {result.seconds:.1f} s. "
            f"Energy distance to held-out digits {distance:.3f}; of nine in ten sets of as many "
            f"real digits {low:.3f} to {high:.3f}. Rows: t = {moments}, then the images."
        )
        return words, pictures.draw_digits(result)


def _pick(name: str, options: tuple[str, ...]) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, description=name, **WIDE)


def _number(name: str, value: int, low: int, high: int) -> widgets.BoundedIntText:
    return widgets.BoundedIntText(value, description=name, min=low, max=high, **WIDE)
