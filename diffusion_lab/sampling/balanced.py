"""The balanced step: any noise scale sigma(t), one evaluation a step, second order in law."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..tensors import ScalarOfTime
from .frozen import kept_noise
from .integrate import Memory, Step, standard_normal
from .levels import levels


@dataclass(frozen=True)
class Balance:
    """What one balanced step leaves to the next.

    x0 : the prediction;  noise : its normal draw;  fresh : the weight that draw had;
    kept : q;  clock : arctan(ratio/scale) at its start
    """

    x0: Tensor
    noise: Tensor
    fresh: float
    kept: float
    clock: float


def balanced(
    predict: Predict,
    path: GaussianPath,
    sigma: ScalarOfTime | float | None = None,
    data_std: float = 1.0,
) -> Step:
    """A backward step for any sigma(t) that stays accurate where Euler-Maruyama blows up.

        x_s = alpha_s [(1 - r q) x0 + h ((1 - r)/2 + r p q/2) Delta] + (std_s/std_t) q x_t
              + std_s (b z_old + c z),
        r = (std/alpha)_s / (std/alpha)_t,   q = exp(-int sigma^2/(2 std^2)),   p = 1 - q,
        Delta = x0 - x0_old,   b = min(p^2/(2 c_old), sqrt(T/2)),   c^2 = T - b^2,  T = p (1 + q^2)

    and h, at most 1, the step over the last one in arctan(std/alpha / (0.35 data_std)); take
    :func:`arctan_times` as the grid. The old noise enters so that for Gaussian data the variance
    is right even where q = 0 (Leimkuhler & Matthews 2013), and Delta makes the drift of second
    order. With sigma = 0 it is a two-step method for the probability flow. The first step and the
    one to t = 0 are shortened forms of the same. Where int sigma^2/(2 std^2) exceeds about 1 in a
    step, the noise saturates: the marginals stay right, the paths are no longer those of the SDE.

    predict : (x, t) -> Prediction;  sigma : a function of t, a number, or None for sigma = g;
    data_std : the scale of the data, in its units. Raises ValueError for a bad sigma, a data_std
    that is not positive, or a forward step.
    """
    if not data_std > 0.0:
        raise ValueError(f"data_std = {data_std:g}; expected the data's standard deviation, > 0.")
    at, kept = levels(path), kept_noise(path, sigma)
    scale = 0.35 * data_std

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        q = kept(t, s)
        old, new, x0 = at(t), at(s), predict(x, t).x0
        p, r = 1.0 - q, new.ratio / old.ratio
        clock, end = math.atan(old.ratio / scale), math.atan(new.ratio / scale)
        h = 0.0 if memory is None else min(1.0, (clock - end) / (memory.clock - clock))
        if new.std == 0.0:
            last = x0 if memory is None else x0 + 0.5 * h * memory.kept * (x0 - memory.x0)
            return new.alpha * last, None
        lean = h * (0.5 * (1.0 - r) + 0.5 * r * p * q)
        mean = torch.add(new.alpha * (1.0 - r * q) * x0, x, alpha=new.std / old.std * q)
        if memory is not None and lean != 0.0:
            mean = torch.add(mean, x0 - memory.x0, alpha=new.alpha * lean)
        z = standard_normal(x, generator) if p > 0.0 else torch.zeros_like(x)
        total, carried = (1.0 - q * q, 0.0) if memory is None else (p * (1.0 + q * q), 0.0)
        if memory is not None and p > 0.0 and memory.fresh > 0.0:
            carried = min(p * p / (2.0 * memory.fresh), math.sqrt(0.5 * total))
            mean = torch.add(mean, memory.noise, alpha=new.std * carried)
        fresh = math.sqrt(total - carried * carried)
        return torch.add(mean, z, alpha=new.std * fresh), Balance(x0, z, fresh, q, clock)

    return step
