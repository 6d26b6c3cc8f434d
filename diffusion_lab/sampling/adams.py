"""Adams steps for the probability flow in the angle theta = arctan(std/alpha)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..process.time_grid import straight_times
from .integrate import Memory, Step
from .levels import check_backward, levels
from .weights import step_weights


@dataclass(frozen=True)
class Past:
    """What an Adams step remembers: where it started, and the slopes there and before.

    y : the normalised state at angles[0];  angles, slopes : newest first
    """

    y: Tensor
    angles: tuple[float, ...]
    slopes: tuple[Tensor, ...]


class Plan(NamedTuple):
    """How to run :func:`adams`: its order, times from 1 to 0, and whether to correct."""

    order: int
    times: Tensor
    corrector: bool


def adams(predict: Predict, path: GaussianPath, order: int = 3, corrector: bool = True) -> Step:
    """Multistep solution of the probability flow as a rotation, one evaluation a step.

        y = x / sqrt(alpha^2 + std^2),   tan(theta) = std/alpha,   dy/dtheta = v,
        v = eps cos(theta) - x0 sin(theta).

    For data of unit variance and one Gaussian y does not move at all, so what is left to integrate
    is smooth, up to theta = 0 (no noise) and theta = pi/2 (pure noise) included. The slopes of the
    last `order` steps are joined by a polynomial in theta, whose two highest powers are exchanged
    for cos(theta) and sin(theta): for data in one point x0 and eps stay what they are, and v is
    such a curve, so that two slopes are enough to be exact (Adams-Bashforth on any grid, fitted).
    With the corrector the last step is done again once its end slope is known, which costs nothing
    (Adams-Moulton, of one order more). The step to theta = 0 has no such end; there a corrected
    method takes two slopes less: v turns, and on a grid fine at the data that loses nothing.

    predict : (x, t) -> Prediction;  order : 1 to 5, reached after so many steps;
    :func:`adams_plan` names the options and the times for a number of steps. Raises ValueError for
    another order or a forward step.
    Source: Hairer, Norsett & Wanner 1993, sec. III.5; Gautschi 1961 for cos and sin;
    Salimans & Ho 2022 for v; Zhao et al. 2023 for the free corrector.
    """
    if order not in (1, 2, 3, 4, 5):
        raise ValueError(f"order = {order}; expected 1, 2, 3, 4 or 5.")
    at = levels(path)

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        check_backward("this Adams step", t, s)
        old, new = at(t), at(s)
        seen = predict(x, t)
        size = math.hypot(old.alpha, old.std)
        slope = torch.sub(old.alpha / size * seen.eps, seen.x0, alpha=old.std / size)
        if memory is None:
            y, angles, slopes = x / size, (old.angle,), (slope,)
        else:
            angles, slopes = (old.angle, *memory.angles), (slope, *memory.slopes)
            if corrector:
                y = _advance(memory.y, angles, slopes, memory.angles[0], old.angle)
            else:
                y = x / size
        angles, slopes = angles[:order], slopes[:order]
        use = max(order - 2, 1) if corrector and new.std == 0.0 else order
        y_new = _advance(y, angles[:use], slopes[:use], old.angle, new.angle)
        return math.hypot(new.alpha, new.std) * y_new, Past(y, angles, slopes)

    return step


def adams_plan(path: GaussianPath, steps: int, dim: int, data_std: float = 1.0) -> Plan:
    """The options and the times with which :func:`adams` erred least, for so many evaluations.

        order = 2 below 8 steps, 3 below 16, 4 below 32, 5 from there on;  the corrector from 8 on;
        straight_times of scale 0.75 data_std dim^(1/4) and power 3/2, from 8 to 15 steps 7/4.

    High orders on few steps need short ones near the data: hence the power. On fewer than 8 steps
    the corrector harms more than it helps. The scale lies between the width of one mode, which has
    nothing to do with dim, and the distance of two, which grows as its root. Chosen on random
    mixtures in 2, 16 and 64 dimensions; for data near a surface, count the dimensions of that.

    steps >= 1;  dim : coordinates of one point, >= 1;  data_std : their standard deviation.
    Raises ValueError for numbers out of range.
    """
    if dim < 1 or not data_std > 0.0:
        raise ValueError(f"dim = {dim}, data_std = {data_std:g}; expected dim >= 1, data_std > 0.")
    order = 2 + sum(steps >= enough for enough in (8, 16, 32))
    power = 1.75 if 8 <= steps < 16 else 1.5
    times = straight_times(path, steps, power, 0.75 * data_std * dim**0.25)
    return Plan(order, times, corrector=steps >= 8)


def _advance(
    y: Tensor, angles: tuple[float, ...], slopes: tuple[Tensor, ...], start: float, end: float
) -> Tensor:
    weights = step_weights(angles, start, end, turning=True)
    y = torch.add(y, slopes[0], alpha=weights[0])
    for weight, slope in zip(weights[1:], slopes[1:], strict=True):
        y.add_(slope, alpha=weight)
    return y
