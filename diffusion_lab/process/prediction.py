"""What is known at (x, t): the expected data point and noise, and every reading of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from ..density.mixture import Density
from ..tensors import Field, Time, as_time, expand
from .path import GaussianPath

Target: TypeAlias = Literal["x0", "eps", "v", "velocity", "score"]


def target_row(target: Target, path: GaussianPath, t: Tensor) -> tuple[Tensor, Tensor]:
    """The pair (a, b) of  y = a x_0 + b eps  for one of the five quantities.

        x0 = (1, 0)   eps = (0, 1)   v = (-std, alpha)   velocity = (alpha', std')
        score = (0, -1/std)

    t : () or (batch,) -> two tensors of that shape. Raises ValueError for an unknown target.
    """
    alpha, std = path.alpha(t), path.std(t)
    one, zero = torch.ones_like(alpha), torch.zeros_like(alpha)
    if target == "x0":
        return one, zero
    if target == "eps":
        return zero, one
    if target == "v":
        return -std, alpha
    if target == "velocity":
        return path.d_alpha(t), path.d_std(t)
    if target == "score":
        return zero, -1.0 / std
    raise ValueError(f"unknown target {target!r}; expected one of {', '.join(get_args(Target))}.")


@dataclass(frozen=True)
class Prediction:
    """E[x_0 | x_t] and E[eps | x_t], and the five quantities read from them.

    x0, eps : (batch, \\*dims);  path, t : where they hold.
    Each property is a row of one linear system, y = a x_0 + b eps (:func:`target_row`).
    score and velocity are infinite where std = 0 (t = 0).
    """

    x0: Tensor
    eps: Tensor
    path: GaussianPath
    t: Tensor

    def read(self, target: Target) -> Tensor:
        """One of "x0", "eps", "v", "velocity", "score": -> (batch, \\*dims)."""
        a, b = target_row(target, self.path, self.t)
        return expand(a, self.x0) * self.x0 + expand(b, self.x0) * self.eps

    @property
    def v(self) -> Tensor:
        """v = alpha eps - std x_0 (Salimans & Ho 2022)."""
        return self.read("v")

    @property
    def velocity(self) -> Tensor:
        """Probability-flow velocity u = alpha' x_0 + std' eps."""
        return self.read("velocity")

    @property
    def score(self) -> Tensor:
        """Score grad log p = -eps / std."""
        return self.read("score")


Predict: TypeAlias = Callable[..., Prediction]


def from_target(
    target: Target, value: Tensor, x: Tensor, path: GaussianPath, t: Time
) -> Prediction:
    """Solve  [alpha std; a b] [x_0; eps] = [x; value]  for x_0 and eps.

    value, x : (batch, \\*dims);  t : () or (batch,). The determinant vanishes for "velocity" and
    "score" where std = 0, and for "x0" at t = 0 the noise is not determined: keep t > 0.
    """
    t = as_time(t)
    return from_row(target_row(target, path, t), value, x, path, t)


def from_row(
    row: tuple[Tensor, Tensor], value: Tensor, x: Tensor, path: GaussianPath, t: Tensor
) -> Prediction:
    """The same for any value = a x_0 + b eps, with row = (a, b), each () or (batch,)."""
    if value.shape != x.shape:
        raise ValueError(f"value {tuple(value.shape)} and x {tuple(x.shape)} differ in shape.")
    a, b = (expand(c, x) for c in row)
    alpha, std = expand(path.alpha(t), x), expand(path.std(t), x)
    det = alpha * b - std * a
    return Prediction((b * x - std * value) / det, (alpha * value - a * x) / det, path, t)


def exact_prediction(density: Density, path: GaussianPath) -> Callable[..., Prediction]:
    """The exact predict(x, t) of a density that knows its noised marginals.

    density : a mixture or a finite data set.  Returns predict(x, t) -> Prediction.
    """

    def predict(x: Tensor, t: Time) -> Prediction:
        t = as_time(t)
        alpha, std = path.alpha(t), path.std(t)
        eps = -expand(std, x) * density.score(x, alpha, std)
        return Prediction(density.posterior_mean(x, alpha, std), eps, path, t)

    return predict


def exact_score(density: Density, path: GaussianPath) -> Field:
    """The exact score field grad log p(x, t) of a density noised along a path."""

    def score(x: Tensor, t: Tensor) -> Tensor:
        t = as_time(t)
        return density.score(x, path.alpha(t), path.std(t))

    return score
