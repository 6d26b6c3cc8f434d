"""Gaussian paths x_t = alpha(t) x_0 + std(t) eps and the SDE that each of them implies."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ..tensors import Time, as_time, expand, remembered
from .sde import SDE


class GaussianPath(ABC):
    """The conditional law of x_t given the data point x_0, written with two functions of time.

        x_t = alpha(t) x_0 + std(t) eps,   eps ~ N(0, I),   alpha(0) = 1, std(0) = 0.

    A path states alpha, the variance var = std^2 and their derivatives. All else follows:

        f(x, t) = (alpha'/alpha) x,     g^2 = var' - 2 (alpha'/alpha) var.

    The variance is differentiated, not std, because std' is infinite at t = 0 for VP.
    Every method takes t of shape () or (batch,) and returns that shape. Raises ValueError for
    t outside [0, 1]. Source: Song et al. 2021, sec. 3.4; Kingma et al. 2021, sec. 3.
    """

    @abstractmethod
    def alpha(self, t: Time) -> Tensor:
        """Mean coefficient alpha(t)."""

    @abstractmethod
    def var(self, t: Time) -> Tensor:
        """Kernel variance std(t)^2."""

    @abstractmethod
    def d_alpha(self, t: Time) -> Tensor:
        """Time derivative alpha'(t)."""

    @abstractmethod
    def d_var(self, t: Time) -> Tensor:
        """Time derivative of the kernel variance."""

    @final
    def std(self, t: Time) -> Tensor:
        """Kernel standard deviation, the square root of var(t)."""
        return self.var(t).sqrt()

    @final
    def d_std(self, t: Time) -> Tensor:
        """std'(t) = var'(t) / (2 std(t)); infinite or undefined where std = 0."""
        return self.d_var(t) / (2.0 * self.std(t))

    @final
    def log_snr(self, t: Time) -> Tensor:
        """lambda(t) = log(alpha^2 / std^2), falling from +infinity at t = 0."""
        return 2.0 * self.alpha(t).log() - self.var(t).log()

    @final
    def g_squared(self, t: Time) -> Tensor:
        """g(t)^2 = var' - 2 (alpha'/alpha) var, the squared noise scale of the forward SDE."""
        return self.d_var(t) - 2.0 * self.d_alpha(t) / self.alpha(t) * self.var(t)

    @final
    def sde(self) -> SDE:
        """The forward SDE dx = (alpha'/alpha) x dt + g dW with this kernel.

        Its g raises ValueError where std/alpha falls: noise cannot be taken out again.
        """

        def rate(t: Tensor) -> Tensor:
            return self.d_alpha(t) / self.alpha(t)

        def f(x: Tensor, t: Tensor) -> Tensor:
            return expand(remembered_rate(t), x) * x

        def noise(t: Tensor) -> Tensor:
            squared = self.g_squared(t)
            if squared.device.type == "cpu" and (squared < -1e-9).any():
                raise ValueError(
                    f"g^2 = {squared.min().item():.3g} for this path: std/alpha falls with t, and "
                    "no SDE has that kernel. Choose alpha and std with std/alpha nondecreasing."
                )
            return squared.clamp(min=0.0).sqrt()  # -1e-17 is zero, rounded

        remembered_rate = remembered(rate)
        return SDE(f, remembered(noise))

    @final
    def sample(self, x0: Tensor, eps: Tensor, t: Time) -> Tensor:
        """x_t = alpha(t) x_0 + std(t) eps: three arguments of one batch -> (batch, \\*dims)."""
        if x0.shape != eps.shape:
            raise ValueError(f"x0 {tuple(x0.shape)} and eps {tuple(eps.shape)} differ in shape.")
        t = as_time(t)
        return expand(self.alpha(t), x0) * x0 + expand(self.std(t), x0) * eps

    @final
    def prior(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Draw from N(0, std(1)^2 I), the law in which sampling begins: -> shape, float64.

        It is the law of x_1 exactly when alpha(1) = 0, and nearly so when alpha(1) is small.
        """
        noise = torch.randn(
            shape, generator=generator, device=generator.device, dtype=torch.float64
        )
        return self.std(1.0).item() * noise


@dataclass(frozen=True)
class VP(GaussianPath):
    """Variance preserving, linear beta:  beta(t) = beta_min + (beta_max - beta_min) t.

    alpha = exp(-B/2), std^2 = 1 - exp(-B), B = integral of beta; f = -beta x / 2, g^2 = beta.
    Source: Song et al. 2021, eq. (11); DDPM is this path cut into 1000 steps.
    """

    beta_min: float = 0.1
    beta_max: float = 20.0

    def beta(self, t: Time) -> Tensor:
        """The rate beta(t)."""
        return self.beta_min + (self.beta_max - self.beta_min) * as_time(t)

    def _integral(self, t: Time) -> Tensor:
        t = as_time(t)
        return self.beta_min * t + 0.5 * (self.beta_max - self.beta_min) * t**2

    def alpha(self, t: Time) -> Tensor:
        return torch.exp(-0.5 * self._integral(t))

    def var(self, t: Time) -> Tensor:
        return -torch.expm1(-self._integral(t))  # 1 - exp(-B) cancels near t = 0

    def d_alpha(self, t: Time) -> Tensor:
        return -0.5 * self.beta(t) * self.alpha(t)

    def d_var(self, t: Time) -> Tensor:
        return self.beta(t) * torch.exp(-self._integral(t))


@dataclass(frozen=True)
class SubVP(VP):
    """Sub-variance preserving: the same alpha as VP, with std = 1 - exp(-B).

    Source: Song et al. 2021, sec. 3.4 and appendix B.
    """

    def var(self, t: Time) -> Tensor:
        return torch.expm1(-self._integral(t)) ** 2

    def d_var(self, t: Time) -> Tensor:
        decay = torch.exp(-self._integral(t))
        return 2.0 * (1.0 - decay) * self.beta(t) * decay


@dataclass(frozen=True)
class CosineVP(GaussianPath):
    """alpha = cos(pi t / 2), std = sin(pi t / 2): ends exactly in N(0, I), with g infinite there.

    Source: Nichol & Dhariwal 2021, sec. 3.2, without their offset.
    """

    def alpha(self, t: Time) -> Tensor:
        return torch.cos(0.5 * math.pi * as_time(t))

    def var(self, t: Time) -> Tensor:
        return torch.sin(0.5 * math.pi * as_time(t)) ** 2

    def d_alpha(self, t: Time) -> Tensor:
        return -0.5 * math.pi * torch.sin(0.5 * math.pi * as_time(t))

    def d_var(self, t: Time) -> Tensor:
        return 0.5 * math.pi * torch.sin(math.pi * as_time(t))


@dataclass(frozen=True)
class VE(GaussianPath):
    """Variance exploding, geometric:  std(t)^2 = s(t)^2 - s(0)^2,  s = s_min (s_max/s_min)^t.

    f = 0 and g^2 = d(s^2)/dt. s(0)^2 is subtracted so that x at t = 0 is the data itself.
    Units: std_min and std_max are in the units of the data. Source: Song et al. 2021, eq. (9).
    """

    std_min: float = 0.01
    std_max: float = 50.0

    def _scale_squared(self, t: Tensor) -> Tensor:
        return self.std_min**2 * torch.exp(2.0 * t * math.log(self.std_max / self.std_min))

    def alpha(self, t: Time) -> Tensor:
        return torch.ones_like(as_time(t))

    def var(self, t: Time) -> Tensor:
        rate = 2.0 * math.log(self.std_max / self.std_min)
        return self.std_min**2 * torch.expm1(rate * as_time(t))

    def d_alpha(self, t: Time) -> Tensor:
        return torch.zeros_like(as_time(t))

    def d_var(self, t: Time) -> Tensor:
        rate = 2.0 * math.log(self.std_max / self.std_min)
        return rate * self._scale_squared(as_time(t))


@dataclass(frozen=True)
class EDM(GaussianPath):
    """alpha = 1, std = std_max t: time is the noise level.

    Units: std_max is in the units of the data. Pair it with :func:`edm_times`.
    Source: Karras et al. 2022, table 1 (their sigma(t) = t, here scaled to [0, 1]).
    """

    std_max: float = 80.0

    def alpha(self, t: Time) -> Tensor:
        return torch.ones_like(as_time(t))

    def var(self, t: Time) -> Tensor:
        return (self.std_max * as_time(t)) ** 2

    def d_alpha(self, t: Time) -> Tensor:
        return torch.zeros_like(as_time(t))

    def d_var(self, t: Time) -> Tensor:
        return 2.0 * self.std_max**2 * as_time(t)


@dataclass(frozen=True)
class FlowPath(GaussianPath):
    """The straight line of flow matching:  alpha = 1 - t, std = t; f and g infinite at t = 1.

    Source: Lipman et al. 2023, sec. 4.1 and Liu et al. 2023, with time reversed so that t = 0
    is data.
    """

    def alpha(self, t: Time) -> Tensor:
        return 1.0 - as_time(t)

    def var(self, t: Time) -> Tensor:
        return as_time(t) ** 2

    def d_alpha(self, t: Time) -> Tensor:
        return -torch.ones_like(as_time(t))

    def d_var(self, t: Time) -> Tensor:
        return 2.0 * as_time(t)
