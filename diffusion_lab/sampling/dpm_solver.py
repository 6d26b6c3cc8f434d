"""DPM-Solver and DPM-Solver++: exponential integrators in half the log-SNR, of orders 1 to 3."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict, Prediction
from .integrate import Memory, Step
from .levels import Level, check_backward, levels, time_at

Frozen: TypeAlias = Literal["x0", "eps"]


@dataclass(frozen=True)
class Seen:
    """Predictions at the last times, newest first, and lambda = log(alpha/std) there."""

    values: tuple[Tensor, ...]
    lambdas: tuple[float, ...]


class _Semilinear:
    """x_s = (a_s/a_t) x - b_s (e^k - 1) m: what is exact when the prediction m does not change.

    With h = lambda_s - lambda_t:  a, b, k = alpha, std, h  for m = eps (DPM-Solver), and
    a, b, k = std, alpha, -h  for m = x0 (DPM-Solver++).
    """

    def __init__(self, old: Level, new: Level, target: Frozen) -> None:
        (a_t, _), (a_s, b_s) = (
            (v.alpha, v.std) if target == "eps" else (v.std, v.alpha) for v in (old, new)
        )
        if a_t == 0.0:
            raise ValueError("where alpha = 0, eps says nothing of x0: take target='x0'.")
        h = new.half_log_snr - old.half_log_snr
        k = h if target == "eps" else -h
        self.h, self.scale, self.new, self.target = h, a_s / a_t, new, target
        # b e^k is written as a quotient: at s = 0 e^k is infinite and b zero.
        self.first = -(a_s * (old.std if target == "eps" else old.alpha) / a_t - b_s)
        finite = math.isfinite(k)
        self.second = -b_s * (math.expm1(k) / k - 1.0) if finite else math.nan
        self.third = -b_s * (2.0 * (math.expm1(k) - k) / k**2 - 1.0) if finite else math.nan

    def constant(self, x: Tensor, seen: Prediction) -> Tensor:
        """x_s if the prediction does not change: DDIM for either m."""
        if self.target == "eps":  # alpha_s/alpha_t x and b_s (e^k - 1) eps are large, and cancel
            return torch.add(self.new.alpha * seen.x0, seen.eps, alpha=self.new.std)
        return torch.add(self.scale * x, seen.x0, alpha=self.first)


def dpm_multistep(
    predict: Predict, path: GaussianPath, order: int = 2, target: Frozen = "x0"
) -> Step:
    """Multistep DPM-Solver: slopes of the prediction m in lambda from the last steps.

        x_s = (a_s/a_t) x - b_s (e^k - 1) (m + D1/2)                                order 2
        x_s = (a_s/a_t) x - b_s [(e^k - 1) m + ((e^k - 1)/k - 1) D1
                                 + (2 (e^k - 1 - k)/k^2 - 1) D2]                    order 3

    with a, b, k as in the semilinear solution, D1 the slope and D2 half the curvature of m in
    lambda/h. (Released codes halve the weight of D2, and are then of order 2.) target "x0" is
    DPM-Solver++ (2M for order 2), "eps" is DPM-Solver. One evaluation a step. The first steps,
    and one that begins at alpha = 0 or ends at std = 0, where lambda is infinite, have order 1.
    Raises ValueError for another order or target, a forward step, or "eps" where alpha = 0.
    Source: Lu et al. 2022a, 2022b (algorithm 2).
    """
    _check(order, target)
    at = levels(path)

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        check_backward("DPM-Solver", t, s)
        old, new = at(t), at(s)
        seen, part = predict(x, t), _Semilinear(old, new, target)
        m, result = getattr(seen, target), part.constant(x, seen)
        past = Seen((), ()) if memory is None else memory
        if past.values and math.isfinite(part.h):
            r0 = (old.half_log_snr - past.lambdas[0]) / part.h
            d = (m - past.values[0]) / r0
            if order == 3 and len(past.values) == 2:
                r1 = (past.lambdas[0] - past.lambdas[1]) / part.h
                older = (past.values[0] - past.values[1]) / r1
                bend = (d - older) / (r0 + r1)
                result = torch.add(result, d, alpha=part.second)
                result = torch.add(result, bend, alpha=part.second * r0 + part.third)
            else:
                result = torch.add(result, d, alpha=0.5 * part.first)
        keep = order - 1
        values = (m, *past.values)[:keep]
        return result, Seen(values, (old.half_log_snr, *past.lambdas)[:keep])

    return step


def dpm_singlestep(
    predict: Predict, path: GaussianPath, order: int = 2, target: Frozen = "x0"
) -> Step:
    """Single-step DPM-Solver: `order` evaluations at points inside the step, none remembered.

    Order 2 evaluates at half of the step in lambda, order 3 at one and two thirds. A step that
    begins at alpha = 0 or ends at std = 0, where lambda is infinite, has order 1.
    Raises ValueError for another order or target, a forward step, or "eps" where alpha = 0.
    Source: Lu et al. 2022a, algorithms 1 and 2 (eps); Lu et al. 2022b, algorithm 1 (x0).
    """
    _check(order, target)
    at, inside = levels(path), time_at(path)

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        check_backward("DPM-Solver", t, s)
        old, new = at(t), at(s)
        seen, whole = predict(x, t), _Semilinear(old, new, target)
        m = getattr(seen, target)

        def stage(share: float, slope: Tensor | None = None) -> Tensor:
            """m at a share of the step, minus m at its start."""
            time = inside(math.exp(-(old.half_log_snr + share * whole.h)))
            part = _Semilinear(old, at(time), target)
            y = part.constant(x, seen)
            if slope is not None:
                y = y + part.second * slope
            return getattr(predict(y, time), target) - m

        result = whole.constant(x, seen)
        if order == 1 or not math.isfinite(whole.h):
            return result, memory
        if order == 2:
            return result + whole.first * stage(0.5), memory
        slope = stage(1 / 3)
        slope = stage(2 / 3, slope=2.0 * slope)
        return result + whole.second * 1.5 * slope, memory

    return step


def _check(order: int, target: str) -> None:
    if order not in (1, 2, 3):
        raise ValueError(f"order = {order}; expected 1, 2 or 3.")
    if target not in get_args(Frozen):
        raise ValueError(f"target = {target!r}; expected one of {get_args(Frozen)}.")
