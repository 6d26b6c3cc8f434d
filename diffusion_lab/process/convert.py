"""Six papers' words in ours: their clock, their path and what their network says.

    paper = convert.flow_matching()
    seen = paper.prediction(output, x, time)      # E[x_0] and E[eps], from their network
    output, time = paper.output(seen), paper.to_theirs(t)      # and back

A noisy point x is the same number on both sides: the path has their coefficients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .path import EDM, VP, CosineVP, FlowPath, GaussianPath
from .prediction import Prediction, Target, from_target
from .time_grid import times_at

Clock = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Convention:
    """How a paper speaks.

    path : ours, with their alpha and std;  target : which of our five quantities their network
    names, times sign;  to_ours, to_theirs : their time of a noisy point from ours, and back,
    each () or (K,) -> the same shape
    """

    path: GaussianPath
    target: Target
    to_ours: Clock
    to_theirs: Clock
    sign: float = 1.0

    def prediction(self, output: Tensor, x: Tensor, time: Tensor) -> Prediction:
        """Read what their network says of x (batch, \\*dims) at their time, () or (batch,)."""
        return from_target(self.target, self.sign * output, x, self.path, self.to_ours(time))

    def output(self, seen: Prediction) -> Tensor:
        """What their network would say: -> (batch, \\*dims)."""
        return self.sign * seen.read(self.target)


def ddpm(betas: Tensor, path: GaussianPath | None = None) -> Convention:
    """A chain of K steps beta_k (Ho et al. 2020): their time is k, 0 for data to K; eps.

    Level k stands at the time where the path has the same std/alpha; between two levels k is
    linear in arctan(std/alpha). (Programs count timesteps from 0: theirs is k - 1.)
    path : one with alpha^2 + std^2 = 1, CosineVP unless given, which reaches every level.
    Raises ValueError for betas outside (0, 1), another path, or a level beyond its end.
    """
    path = CosineVP() if path is None else path
    t = torch.linspace(0.0, 1.0, 9, dtype=torch.float64)
    total = path.alpha(t) ** 2 + path.var(t)
    if (total - 1.0).abs().max() > 1e-12:
        raise ValueError(f"{path} has alpha^2 + std^2 = {total[4]:.3g} at t = 0.5; DDPM's is 1.")
    alpha, std = chain_levels(betas)
    angles, steps = torch.atan2(std, alpha).numpy(), np.arange(len(alpha))
    top = torch.atan2(path.std(1.0), path.alpha(1.0)).item() + 1e-12

    def to_ours(k: Tensor) -> Tensor:
        k = torch.as_tensor(k, dtype=torch.float64)
        angle = np.interp(k.numpy(), steps, angles)
        if not (0.0 <= k.min() and k.max() <= steps[-1]) or angle.max() > top:
            raise ValueError(
                f"k = {k.max():g} of {steps[-1]} steps: outside the chain, or its noise beyond "
                f"that of {path} at t = 1; CosineVP() reaches every level."
            )
        return times_at(path, torch.as_tensor(np.tan(angle)))

    def to_theirs(t: Tensor) -> Tensor:
        angle = torch.atan2(path.std(t), path.alpha(t))
        return torch.as_tensor(np.interp(angle.numpy(), angles, steps))

    return Convention(path, "eps", to_ours, to_theirs)


def score_sde(path: GaussianPath | None = None) -> Convention:
    """Song et al. 2021: time, paths and score are ours. Their VE keeps the noise s_min at t = 0.

    path : VP unless given; SubVP is theirs too.
    """
    return Convention(VP() if path is None else path, "score", _same, _same)


def edm(std_max: float = 80.0) -> Convention:
    """Karras et al. 2022: their time is the noise level sigma itself, up to std_max; x0."""
    return Convention(EDM(std_max), "x0", lambda s: s / std_max, lambda t: t * std_max)


def dpm_solver(path: GaussianPath | None = None) -> Convention:
    """Lu et al. 2022: their time is lambda = log(alpha/sigma), *half* our log-SNR; eps.

    path : theirs, VP unless given.
    """
    path = VP() if path is None else path
    return Convention(
        path,
        "eps",
        lambda half: times_at(path, torch.exp(-half)),
        lambda t: 0.5 * path.log_snr(t),
    )


def flow_matching() -> Convention:
    """Lipman et al. 2023, sigma_min = 0: time runs to the data, so dx/dt is minus our velocity."""
    return Convention(FlowPath(), "velocity", _reversed, _reversed, -1.0)


def interpolants() -> Convention:
    """Albergo et al. 2023, their trigonometric example from noise to data: likewise reversed."""
    return Convention(CosineVP(), "velocity", _reversed, _reversed, -1.0)


def _same(t: Tensor) -> Tensor:
    return t


def _reversed(t: Tensor) -> Tensor:
    return 1.0 - t


def chain_levels(betas: Tensor) -> tuple[Tensor, Tensor]:
    """alpha_k = sqrt(prod (1 - beta_j)) and std_k of a chain (K,): two of (K + 1,), from the data.

    Summed in logarithms, since 1 - alpha^2 cancels near the data. Raises ValueError for betas
    outside (0, 1].
    """
    betas = torch.as_tensor(betas, dtype=torch.float64)
    if betas.ndim != 1 or not ((betas > 0.0) & (betas <= 1.0)).all():
        raise ValueError(f"betas {tuple(betas.shape)}: expected (K,), each above 0 and at most 1.")
    log_bar = torch.cat([betas.new_zeros(1), torch.log1p(-betas).cumsum(0)])
    return torch.exp(0.5 * log_bar), torch.sqrt(-torch.expm1(log_bar))


def chain_betas(path: GaussianPath, times: Tensor) -> Tensor:
    """The chain that visits a path's levels at rising times (K + 1,): beta_k, (K,).

    beta_k = 1 - (alpha_k / alpha_(k-1))^2, of a path with alpha^2 + std^2 = 1.
    """
    return -torch.expm1(2.0 * path.alpha(times).log().diff())
