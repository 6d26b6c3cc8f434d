"""Flow matching: the regression whose minimiser is the velocity of a density nobody simulated."""

from __future__ import annotations

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import target_row
from ..process.time_grid import T_MIN, even_draws
from ..sampling.integrate import standard_normal
from ..tensors import Field, as_time, check_field, check_scale, expand


def draw_times(n: int, like: Tensor, generator: torch.Generator) -> Tensor:
    """n times in [T_MIN, 1], even and shifted together: -> (n,), of the kind of `like`."""
    # Rounding may carry the last one above 1. T_MIN, as std' is infinite at 0 on some paths.
    return (T_MIN + (1.0 - T_MIN) * even_draws(n, like, generator)).clamp(max=1.0)


def check_ends(x0: Tensor, x1: Tensor) -> None:
    """Raise ValueError unless the two ends are finite, not empty, and of one shape."""
    if x0.shape != x1.shape:
        raise ValueError(
            f"the ends have shapes {tuple(x0.shape)} and {tuple(x1.shape)}; a path joins points "
            "of one space, as many at t = 0 as at t = 1."
        )
    for name, end in (("x0", x0), ("x1", x1)):
        if end.ndim < 2 or end.shape[0] == 0:
            raise ValueError(f"{name} has shape {tuple(end.shape)}; expected (batch, *dims).")
        if end.device.type == "cpu" and not torch.isfinite(end).all():
            raise ValueError(f"{name} holds NaN or infinite values; drop those points first.")


def interpolate(
    x0: Tensor,
    x1: Tensor,
    t: Tensor,
    path: GaussianPath | None = None,
    noise: float = 0.0,
    z: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """A point between two ends and its velocity, the conditional one: two of (batch, \\*dims).

        x_t = alpha x_0 + std x_1 + c z,    u = alpha' x_0 + std' x_1 + c' z,
        c = 4 noise t (1 - t),   z ~ N(0, I).

    path  : gives alpha and std; None is the straight line x_t = (1 - t) x_0 + t x_1
    t     : (batch,) or () in (0, 1];  noise : its largest standard deviation, at t = 1/2
    z     : a draw shaped like x0, needed where noise > 0
    Raises ValueError for ends that differ in shape or are not finite, times outside [0, 1], a
    negative noise, or noise without z.
    Source: Lipman et al. 2023, theorem 1; Albergo, Boffi & Vanden-Eijnden 2023.
    """
    check_ends(x0, x1)
    t = as_time(t)
    check_scale("noise", noise, t)
    if path is None:  # FlowPath(), at half the cost
        s = expand(t, x0)
        x, u = (1.0 - s) * x0 + s * x1, x1 - x0
    else:
        a, b = (expand(c, x0) for c in target_row("velocity", path, t))
        x, u = path.sample(x0, x1, t), a * x0 + b * x1
    if noise > 0.0:
        if z is None:
            raise ValueError(f"noise = {noise:g} needs z, standard normal numbers shaped like x0.")
        x = x + expand(4.0 * noise * t * (1.0 - t), x0) * z
        u = u + expand(4.0 * noise * (1.0 - 2.0 * t), x0) * z
    return x, u


def matching_errors(
    velocity: Field,
    x0: Tensor,
    x1: Tensor,
    t: Tensor,
    path: GaussianPath | None = None,
    noise: float = 0.0,
    z: Tensor | None = None,
) -> Tensor:
    """|velocity(x_t, t) - u|^2 / D of each pair, with x_t and u of :func:`interpolate`: (batch,).

    Raises ValueError as :func:`interpolate` does, or for a velocity that is not finite or not
    shaped like x.
    """
    x, wanted = interpolate(x0, x1, t, path, noise, z)
    gap = check_field("velocity", velocity(x, t), x, t) - wanted
    return gap.square().flatten(1).mean(1)


def matching_loss(
    velocity: Field,
    x0: Tensor,
    x1: Tensor,
    generator: torch.Generator,
    path: GaussianPath | None = None,
    noise: float = 0.0,
) -> Tensor:
    """The conditional flow-matching loss  E |velocity(x_t, t) - u|^2 / D,  one number.

    Times are uniform, x_t and u are those of :func:`interpolate`. The minimiser is the marginal
    velocity E[u | x_t]. It carries the law of x_0 to that of x_1 however they are paired: with
    x_1 ~ N(0, I) drawn alone it is the probability flow of `path`, with other ends or pairs
    another flow. Raises ValueError as :func:`matching_errors` does.
    Source: Lipman et al. 2023; Liu, Gong & Liu 2023; Tong et al. 2024.
    """
    t = draw_times(x0.shape[0], x0, generator)
    z = standard_normal(x0, generator) if noise > 0.0 else None
    return matching_errors(velocity, x0, x1, t, path, noise, z).mean()
