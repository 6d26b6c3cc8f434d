"""One step of any noise scale with the prediction frozen, and its two famous choices."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from numpy.polynomial.legendre import leggauss
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..tensors import ScalarOfTime, check_scale
from .integrate import Memory, Step, standard_normal
from .levels import check_backward, levels

Variance: TypeAlias = Literal["small", "large"]
Kept: TypeAlias = Callable[[Tensor, Tensor], float]
_NODES, _WEIGHTS = leggauss(8)


def frozen(
    predict: Predict, path: GaussianPath, sigma: ScalarOfTime | float | None = None
) -> Step:
    """The exact law of one backward step when x0 and eps do not change over it.

        x_s = alpha_s x0 + std_s (q eps + sqrt(1 - q^2) z),   z ~ N(0, I),
        q = exp(-int_s^t sigma(u)^2 / (2 std_u^2) du).

    q is the only place where the noise scale enters: it says how much of the old noise is kept.
    predict : (x, t) -> Prediction;  sigma : a function of t, a number, or None for sigma = g.
    sigma = 0 is DDIM, sigma = g is ancestral DDPM. One evaluation a step; finite for every sigma,
    with weak error of first order, and biased where sigma is so large that q is small.
    Raises ValueError for a bad sigma or a forward step.
    """
    return _step(predict, path, kept_noise(path, sigma))


def ddim(predict: Predict, path: GaussianPath, eta: float = 0.0) -> Step:
    """The frozen step with q^2 = 1 - eta^2 (1 - r^2), r = (std/alpha)_s / (std/alpha)_t.

    eta = 0 is deterministic, eta = 1 is ancestral DDPM. It is finite at s = 0, where it returns
    x0. On a rising grid (s > t) eta = 0 encodes: x_s = alpha_s x0 + std_s eps, the same step the
    other way; eta > 0 has no such step, because r > 1 there.
    Raises ValueError for eta outside [0, 1], or a forward step with eta > 0.
    Source: Song, Meng & Ermon 2021, eqs. (12) and (16), for any Gaussian path.
    """
    if not 0.0 <= eta <= 1.0:
        raise ValueError(f"eta = {eta:g}; expected a number from 0 (DDIM) to 1 (DDPM).")
    at = levels(path)

    def kept(t: Tensor, s: Tensor) -> float:
        if eta == 0.0:
            return 1.0
        check_backward("DDIM with eta > 0", t, s)
        return math.sqrt(1.0 - eta**2 * (1.0 - (at(s).ratio / at(t).ratio) ** 2))

    return _step(predict, path, kept)


def ddpm(predict: Predict, path: GaussianPath, variance: Variance = "small") -> Step:
    """Ancestral sampling: x_s drawn from p(x_s | x_t, x0) with the predicted x0.

        mean = alpha_s x0 + std_s r eps,      "small": var = std_s^2 (1 - r^2)
        r = (std/alpha)_s / (std/alpha)_t     "large": var = std_t^2 - (alpha_t/alpha_s)^2 std_s^2

    "small" is the posterior variance for a point x0, "large" that for x0 ~ N(0, I); they differ
    by the factor (std_t/std_s)^2, which tends to 1 with the step. No noise in the step to t = 0.
    Raises ValueError for another variance or a forward step. Source: Ho, Jain & Abbeel 2020.
    """
    if variance not in get_args(Variance):
        raise ValueError(f"variance = {variance!r}; expected one of {get_args(Variance)}.")
    return _step(predict, path, kept_noise(path, None), larger=variance == "large")


def kept_noise(path: GaussianPath, sigma: ScalarOfTime | float | None) -> Kept:
    """q(t, s) = exp(-int_s^t sigma^2 / (2 std^2) du), the share of the noise kept by a step.

    Exact for sigma = g, where it is the ratio of (std/alpha); else by Gauss's rule with eight
    points in log t, in which the integrand is smooth at the data. Raises ValueError for s > t.
    """
    at = levels(path)

    def ratio(t: Tensor, s: Tensor) -> float:
        check_backward("this sampler", t, s)
        return at(s).ratio / at(t).ratio

    if sigma is None:
        return ratio

    @lru_cache(maxsize=4096)
    def integral(t: float, s: float) -> float:
        if s == 0.0:
            return 0.0  # there is no noise at the data
        middle, half = 0.5 * math.log(t * s), 0.5 * math.log(t / s)
        u = torch.as_tensor(np.exp(middle + half * _NODES)).clamp(max=1.0)
        value = sigma(u) if callable(sigma) else torch.full_like(u, sigma)
        rate = u * check_scale("sigma", value, u) ** 2 / (2.0 * path.var(u))
        return math.exp(-half * float(rate.numpy() @ _WEIGHTS))

    def kept(t: Tensor, s: Tensor) -> float:
        check_backward("this sampler", t, s)
        return integral(t.item(), s.item())

    return kept


def _step(predict: Predict, path: GaussianPath, kept: Kept, larger: bool = False) -> Step:
    at = levels(path)

    def step(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        q = kept(t, s)
        seen, old, new = predict(x, t), at(t), at(s)
        mean = new.alpha * seen.x0 + new.std * q * seen.eps
        fresh = new.std * math.sqrt(1.0 - q * q)
        if larger and new.std > 0.0:
            fresh *= old.std / new.std
        if fresh == 0.0:
            return mean, memory
        return mean + fresh * standard_normal(x, generator), memory

    return step
