"""Times and fields: the one place where a time is checked and made to broadcast.

A *field* is a function of ``x`` of shape (batch, \\*dims) and ``t`` of shape () or (batch,).
Time runs from 0 (data) to 1 (noise) everywhere in the package.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

Time: TypeAlias = float | Tensor
Field: TypeAlias = Callable[[Tensor, Tensor], Tensor]
ScalarOfTime: TypeAlias = Callable[[Tensor], "Tensor | float"]


def as_time(t: Time) -> Tensor:
    """Return t as a tensor, refusing times outside [0, 1].

    t : float, () or (batch,)  ->  () or (batch,), float64 where a number was given.
    Times on an accelerator are not read back, so they are not checked.
    Raises ValueError when a time is not a number in [0, 1].
    """
    if not isinstance(t, Tensor):
        t = torch.as_tensor(t, dtype=torch.float64)
    if not t.is_floating_point():
        t = t.to(torch.float64)
    if t.ndim > 1:
        raise ValueError(f"t has shape {tuple(t.shape)}; expected () or (batch,).")
    if t.device.type == "cpu" and t.numel():
        low, high = (t.item(),) * 2 if t.ndim == 0 else (t.min().item(), t.max().item())
        if not (low >= 0.0 and high <= 1.0):  # written so that NaN fails too
            bad = low if not low >= 0.0 else high
            raise ValueError(
                f"t = {bad:g} lies outside [0, 1]. Time runs from 0 (data) to 1 (noise); "
                "rescale your times to that interval."
            )
    return t


def check_grid(times: Tensor | np.ndarray) -> Tensor:
    """Return times as a strictly monotone float64 grid in [0, 1], on the CPU, else say why not."""
    times = as_time(torch.as_tensor(times, dtype=torch.float64).cpu())
    if times.ndim != 1 or times.numel() < 2:
        raise ValueError(
            f"times has shape {tuple(times.shape)}; a grid is two or more numbers, (K,): "
            "a step needs two times."
        )
    gaps = times.diff()
    if not ((gaps > 0).all() or (gaps < 0).all()):
        raise ValueError(
            "times must rise or fall strictly (rise to go forward, or fall to go backward); "
            f"the gaps run from {gaps.min().item():.3g} to {gaps.max().item():.3g}."
        )
    return times


def expand(t: Tensor, x: Tensor) -> Tensor:
    """Shape a function of time so that it multiplies x: () stays, (batch,) -> (batch, 1, ..., 1).

    Raises ValueError when t has neither one entry nor one entry for each row of x.
    """
    if t.ndim == 0:
        return t if t.device == x.device or t.device.type == "cpu" else t.to(x.device)
    if x.ndim == 0 or t.shape[0] != x.shape[0]:
        raise ValueError(
            f"t has shape {tuple(t.shape)} and x has shape {tuple(x.shape)}; "
            "expected t of shape () or one time for each row of x."
        )
    return t.to(x).reshape(-1, *(1,) * (x.ndim - 1))


def remembered(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A function of time that keeps its values at single times: a grid is walked many times."""

    @lru_cache(maxsize=4096)
    def at(t: float, dtype: torch.dtype) -> Tensor:
        return function(torch.tensor(t, dtype=dtype))

    def of(t: Tensor) -> Tensor:
        single = t.ndim == 0 and t.device.type == "cpu" and not t.requires_grad
        return at(t.item(), t.dtype) if single else function(t)

    return of


def all_finite(x: Tensor) -> bool:
    """Whether x holds no NaN and no infinity: only then is its sum finite, unless it overflows."""
    return math.isfinite(x.sum().item()) or bool(torch.isfinite(x).all())


def check_field(name: str, value: object, x: Tensor, t: Tensor) -> Tensor:
    """Return value if it is a finite tensor shaped like x, else say what is wrong with it.

    Raises TypeError or ValueError that name the field. Values on an accelerator are checked
    for shape only, because reading them back would stall it.
    """
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name}(x, t) returned {type(value).__name__}; expected a tensor of the shape of x."
        )
    if value.shape != x.shape:
        raise ValueError(
            f"{name}(x, t) returned shape {tuple(value.shape)} for x of shape {tuple(x.shape)}; "
            "the two must agree."
        )
    if value.device.type == "cpu" and not all_finite(value):
        where = t.item() if t.ndim == 0 else f"between {t.min().item():g} and {t.max().item():g}"
        count = int((~torch.isfinite(value)).sum())
        raise ValueError(
            f"{name}(x, t) is not finite in {count} of {value.numel()} entries at t = {where}; "
            f"|x| reaches {x.abs().max().item():.3g} there. If that is huge, the steps are too "
            "large; if not, look for a division by zero, or leave the ends of [0, 1] out."
        )
    return value


def check_scale(name: str, value: Tensor | float, t: Tensor) -> Tensor:
    """Return a noise scale as a tensor, refusing negative and non-finite values.

    Raises ValueError that names the scale and the time.
    """
    # A plain number takes the precision of t: float32, torch's default, would round 0.3 by 4e-8.
    value = torch.as_tensor(value, dtype=None if isinstance(value, Tensor) else t.dtype)
    if value.ndim == 0 and value.device.type == "cpu" and 0.0 <= value.item() < math.inf:
        return value
    if value.device.type == "cpu":
        bad = ~torch.isfinite(value) | (value < 0)
        if bad.any():
            which = value[bad].flatten()[0].item()
            when = t.item() if t.ndim == 0 else t[bad.expand_as(t)].flatten()[0].item()
            raise ValueError(
                f"{name}(t) = {which:g} at t = {when:g}; a noise scale must be finite and >= 0."
            )
    return value
