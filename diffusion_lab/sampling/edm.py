"""Karras's stochastic sampler: a little noise is added, then a Heun step takes more away."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from .integrate import Memory, Step, standard_normal
from .levels import check_backward, levels, time_at


def edm_heun(
    predict: Predict,
    path: GaussianPath,
    churn: float = 0.0,
    between: tuple[float, float] = (0.0, math.inf),
    inflate: float = 1.0,
) -> Step:
    """Heun's step for y = x/alpha in the noise level r = std/alpha, after churn.

        r^ = (1 + churn) r,   y^ = y + inflate sqrt(r^^2 - r^2) z        (where r lies in between)
        y' = y^ + (r_s - r^) eps(y^, r^),
        y_s = y^ + (r_s - r^)/2 [eps(y^, r^) + eps(y', r_s)]                (y' itself at r_s = 0)

    churn : the share by which the noise level rises, the paper's min(S_churn/steps, sqrt(2)-1);
    between : its S_tmin, S_tmax;  inflate : its S_noise. Two evaluations a step, one in the step
    to t = 0; churn = 0 is deterministic, of order 2. It needs alpha > 0 at its start, and never
    raises r beyond the path's end. Raises ValueError for bad options or a forward step.
    Source: Karras et al. 2022, algorithm 2.
    """
    if not (churn >= 0.0 and inflate > 0.0 and between[0] <= between[1]):
        raise ValueError(
            f"churn = {churn:g}, inflate = {inflate:g}, between = {between}; expected churn >= 0, "
            "inflate > 0 and an interval of noise levels."
        )
    at, raised = levels(path), time_at(path)

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        check_backward("this Heun step", t, s)
        old, new = at(t), at(s)
        if old.alpha == 0.0:
            raise ValueError(f"alpha = 0 at t = {t:.6g}: begin where alpha > 0, t < 1.")
        if churn > 0.0 and between[0] <= old.ratio <= between[1]:
            t = raised((1.0 + churn) * old.ratio)
            high = at(t)
            added = inflate * math.sqrt(max(high.ratio**2 - old.ratio**2, 0.0))
            x = high.alpha / old.alpha * x + high.alpha * added * standard_normal(x, generator)
            old = high
        x0 = predict(x, t).x0
        end = new.std / old.std * x + new.alpha * (1.0 - new.ratio / old.ratio) * x0
        if new.std > 0.0:
            # r_s (eps' - eps) = x0 - x0', for y = x0 + r eps: no large y is ever rounded.
            gain = 0.5 * new.alpha * (1.0 - old.ratio / new.ratio)
            end = end + gain * (x0 - predict(end, s).x0)
        return end, memory

    return step
