"""Package code for what the plane shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .path_choices import PLANE_PATHS

if TYPE_CHECKING:
    from .plane import PlaneFigure


def plane_code(figure: PlaneFigure) -> str:
    """Return the source text for :meth:`PlaneFigure.to_python`."""
    path = PLANE_PATHS[figure.path]
    start, stop = (0.0, path.end) if figure.direction == "forward" else (path.end, 0.0)
    parts = [
        "import torch\n",
        "from diffusion_lab.density import GaussianMixture",
        f"from diffusion_lab.process import {_names(figure)}, exact_score, uniform_times",
        "from diffusion_lab.sampling import heun, integrate",
        *_density(figure),
        f"path = {path.source}",
        "sde, score = path.sde(), exact_score(density, path)",
        *_swirl(figure),
        f"dynamics = Dynamics(sde, score, sigma=lambda t: {figure.sigma_scale!r} * sde.noise(t))",
        "",
        f"generator = torch.Generator().manual_seed({figure.seed})",
        f"start = density.noised(path.alpha({start}), path.std({start}))",
        f"x = start.sample({figure.particles}, generator)",
        f"times = uniform_times({_steps(figure)}, {start}, {stop})",
        "trajectory = integrate(heun(dynamics), x, times, generator)",
    ]
    return "\n".join(parts) + "\n"


def _names(figure: PlaneFigure) -> str:
    needed = {PLANE_PATHS[figure.path].kind, "Dynamics"} | ({"SDE"} if figure.swirl else set())
    return ", ".join(sorted(needed))


def _density(figure: PlaneFigure) -> list[str]:
    if figure.data == "own":
        weights = figure.weights or f"[1 / {len(figure.means)}] * {len(figure.means)}"
        given = ["", f"means = {figure.means}", f"weights = {weights}"]
    else:
        given = [
            "from diffusion_lab.widgets.plane_shapes import bumps",
            "",
            f'means, weights = bumps("{figure.data}")',
        ]
    return [
        *given,
        f"density = GaussianMixture.isotropic(weights, means, [{figure.std!r}] * len(means))",
    ]


def _swirl(figure: PlaneFigure) -> list[str]:
    if not figure.swirl:
        return []
    return [
        "",
        "J = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)",
        "",
        "",
        "def w(x, t):",
        '    """A swirl of p: div(p w) = 0, and each bump turns about its own center."""',
        f"    v = path.alpha(t) ** 2 * {figure.std!r} ** 2 + path.var(t)",
        f"    return {figure.swirl!r} * v * score(x, t) @ J.T",
        "",
        "",
        "plain = sde",
        "sde = SDE(lambda x, t: plain.drift(x, t) + w(x, t), plain.noise)",
    ]


def _steps(figure: PlaneFigure) -> int:
    """As many equal steps as the figure's finest: the rate of the drift times a step is 1/4."""
    from ..process import uniform_times

    choice = PLANE_PATHS[figure.path]
    path, t = choice.make(), uniform_times(figure.steps, 0.0, choice.end)
    square, alpha = figure.std**2, path.alpha(t)
    v = alpha**2 * square + path.var(t)
    dv = 2 * alpha * path.d_alpha(t) * square + path.d_var(t)
    sign = 1 if figure.direction == "forward" else -1
    pull = (sign * figure.sigma_scale**2 * path.g_squared(t) - dv) / (2 * v)
    rate = math.hypot(pull.abs().max().item(), figure.swirl)
    return max(figure.steps, math.ceil(4 * rate))
