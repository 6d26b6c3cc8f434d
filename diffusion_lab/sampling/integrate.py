"""The loop over a time grid. The order of the grid is the direction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from ..tensors import all_finite, check_grid

Memory: TypeAlias = Any
Step: TypeAlias = Callable[
    [Tensor, Tensor, Tensor, Memory, torch.Generator], tuple[Tensor, Memory]
]


@dataclass(frozen=True)
class Trajectory:
    """The states at the times of a grid, and what is needed to go on from the last one.

    times : (K,) and states : (K, batch, \\*dims), the kept times, the last always among them;
    memory : what the step remembers. To go on, integrate from .x and .memory with the same
    generator.
    """

    times: Tensor
    states: Tensor
    memory: Memory = None

    @property
    def x(self) -> Tensor:
        """The last state: (batch, \\*dims)."""
        return self.states[-1]


def iterate(
    step: Step,
    x: Tensor,
    times: Tensor,
    generator: torch.Generator,
    memory: Memory = None,
) -> Iterator[tuple[Tensor, Tensor, Memory]]:
    """Yield (time, x, memory) after every step, so that the caller may watch, draw or stop.

    Arguments and errors are those of :func:`integrate`. Wrap it in tqdm for a progress bar.
    """
    times = check_grid(times)
    if not x.is_floating_point():
        raise TypeError(f"x has dtype {x.dtype}; expected a floating-point tensor.")
    if not all_finite(x):
        raise ValueError("the initial x holds NaN or infinite values.")
    for t, s in zip(times[:-1], times[1:], strict=True):
        before = x
        x, memory = step(x, t, s, memory, generator)
        if x.dtype != before.dtype or x.shape != before.shape or x.device != before.device:
            raise TypeError(
                f"the step from t = {t:.6g} to {s:.6g} turned x from {_kind(before)} into "
                f"{_kind(x)}; the score or the prediction must have the dtype, the shape and the "
                "device of x."
            )
        if not all_finite(x):
            count = int((~torch.isfinite(x)).sum())
            raise FloatingPointError(
                f"{count} of {x.numel()} entries of x became NaN or infinite in the step from "
                f"t = {t:.6g} to {s:.6g}. The step is too large for this dynamics, or the field "
                "is infinite at one of the two times: use more steps, a smaller sigma, or leave "
                "the end of [0, 1] out of the grid."
            )
        yield s, x, memory


def integrate(
    step: Step,
    x: Tensor,
    times: Tensor,
    generator: torch.Generator,
    memory: Memory = None,
    keep: Literal["all", "last"] = "all",
) -> Trajectory:
    """Carry x along a time grid:  x_s = step(x_t, t, s) for each pair of neighbouring times.

    step      : a Step, for example euler_maruyama(dynamics)
    x         : (batch, \\*dims), the state at times[0], floating point, finite
    times     : (K,) strictly monotone in [0, 1]; falling is backward, rising is forward
    generator : source of all randomness; its device must be that of x
    memory    : what a multistep step carried so far; None at the start
    keep      : "all" states or the "last" only, for large images

    Raises ValueError for a bad grid or state, or a generator elsewhere, FloatingPointError when x
    stops being finite, TypeError when a step changes its dtype, shape or device.
    """
    times = check_grid(times)
    states = [x]
    for _, state, last in iterate(step, x, times, generator, memory):
        memory = last
        if keep == "last":
            states.clear()
        states.append(state)
    kept = times if keep == "all" else times[-1:]
    return Trajectory(kept, torch.stack(states), memory)


def standard_normal(x: Tensor, generator: torch.Generator) -> Tensor:
    """Noise shaped like x, from the generator: -> (batch, \\*dims).

    Raises ValueError for a generator on another device.
    """
    if generator.device.type != x.device.type:
        raise ValueError(
            f"the generator draws on {generator.device}, and x lies on {x.device}; make it there: "
            f"torch.Generator('{x.device}')."
        )
    return torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)


def _kind(x: Tensor) -> str:
    return f"{x.dtype} {tuple(x.shape)} on {x.device}"
