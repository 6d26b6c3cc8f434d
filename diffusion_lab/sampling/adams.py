"""Adams steps for the probability flow in the angle theta = arctan(std/alpha)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from .integrate import Memory, Step
from .levels import check_backward, levels


@dataclass(frozen=True)
class Past:
    """What an Adams step remembers: where it started, and the slopes there and before.

    y : the normalised state at angles[0];  angles, slopes : newest first
    """

    y: Tensor
    angles: tuple[float, ...]
    slopes: tuple[Tensor, ...]


def adams(predict: Predict, path: GaussianPath, order: int = 3, corrector: bool = True) -> Step:
    """Multistep solution of the probability flow as a rotation, one evaluation a step.

        y = x / sqrt(alpha^2 + std^2),   tan(theta) = std/alpha,   dy/dtheta = v,
        v = eps cos(theta) - x0 sin(theta).

    For data of unit variance and one Gaussian y does not move at all, so what is left to integrate
    is smooth, up to theta = 0 (no noise) and theta = pi/2 (pure noise) included. The slopes of the
    last `order` steps are joined by a polynomial in theta (Adams-Bashforth on any grid); with the
    corrector the last step is done again once its end slope is known, which costs nothing
    (Adams-Moulton, of one order more).

    predict : (x, t) -> Prediction;  order : 1 to 4, reached after so many steps. Raises
    ValueError for another order or a forward step.
    Source: Hairer, Norsett & Wanner 1993, sec. III.5; Salimans & Ho 2022 for v;
    Zhao et al. 2023 for the free corrector.
    """
    if order not in (1, 2, 3, 4):
        raise ValueError(f"order = {order}; expected 1, 2, 3 or 4.")
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
        y_new = _advance(y, angles, slopes, old.angle, new.angle)
        return math.hypot(new.alpha, new.std) * y_new, Past(y, angles, slopes)

    return step


def _advance(
    y: Tensor, angles: tuple[float, ...], slopes: tuple[Tensor, ...], start: float, end: float
) -> Tensor:
    for weight, slope in zip(polynomial_weights(angles, start, end), slopes, strict=True):
        y = torch.add(y, slope, alpha=weight)
    return y


@lru_cache(maxsize=4096)
def polynomial_weights(nodes: tuple[float, ...], start: float, end: float) -> tuple[float, ...]:
    """w with  sum_j w_j f(nodes_j) = int_start^end f  for polynomials up to the number of nodes.

    The nodes are shifted and scaled to the step, so that the linear system is well conditioned.
    """
    h = end - start
    u = (np.array(nodes) - start) / h
    powers = np.arange(len(nodes))
    moments = 1.0 / (powers + 1.0)
    return tuple(float(h * w) for w in np.linalg.solve(u[None, :] ** powers[:, None], moments))
