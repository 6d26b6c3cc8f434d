"""Exponential moving averages of a network's weights, of a width chosen before or after."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

Decay = Callable[[int], float]


class Ema:
    """average <- decay average + (1 - decay) weights, with a decay that depends on the step.

    decay : a number, reached as (1 + n) / (10 + n) so that the average forgets the random start;
            or a function of n = 1, 2, ..., such as :func:`power_decay`
    Buffers are copied, not averaged. Raises ValueError for a number outside [0, 1).
    """

    def __init__(self, net: nn.Module, decay: float | Decay = 0.999) -> None:
        self.decay_at = decay if callable(decay) else _growing(decay)
        self.updates = 0
        self.average = {name: p.detach().clone() for name, p in net.state_dict().items()}

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Take the net's present weights into the average."""
        self.updates += 1
        decay = self.decay_at(self.updates)
        for name, value in net.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1.0 - decay)
            else:
                self.average[name].copy_(value)

    def state(self) -> dict[str, Tensor]:
        """The averaged weights, a state dict for `load_state_dict`."""
        return self.average


def _growing(decay: float) -> Decay:
    if not 0.0 <= decay < 1.0:
        raise ValueError(f"decay = {decay:g}; expected a number in [0, 1).")
    return lambda n: min(decay, (1 + n) / (10 + n))


def power_decay(width: float) -> Decay:
    """The decay of a power-function average: the weight of step m at step n grows as (m/n)^k.

        decay_n = (1 - 1/n)^(k + 1),    width = sqrt(k + 1) / ((k + 2) sqrt(k + 3))

    width is the standard deviation of the averaged steps as a fraction of the training so far,
    so that one number suits short and long runs. The random start has weight 0.
    Raises ValueError for a width outside (0, 0.28). Source: Karras et al. 2024, sec. 3.1.
    """
    power = power_of(width) + 1.0
    return lambda n: (1.0 - 1.0 / n) ** power


def power_of(width: float) -> float:
    """The exponent k >= 0 of an average of relative width `width`."""
    if not 0.0 < width < 0.28:
        raise ValueError(f"width = {width:g}; expected a fraction of the training in (0, 0.28).")
    t = width**-2.0
    return float(np.roots([1.0, 7.0, 16.0 - t, 12.0 - t]).real.max())


def mix_averages(
    kept: Sequence[tuple[int, float]], width: float, steps: int | None = None
) -> np.ndarray:
    """Weights that turn kept power-function averages into the one of another width: -> (K,).

    kept  : (step, width) of each of the K averages that were saved during the training
    steps : the step at which the new average ends; None is the last kept one
    They are the least-squares solution of  sum_i c_i p_i(m) = p(m),  p the profile (m/n)^k of an
    average, so sum_i c_i average_i is the new one but for what the p_i cannot span: more saved
    averages make it exact. Source: Karras et al. 2024, sec. 3.2 and appendix C.
    """
    ends = np.array([step for step, _ in kept], dtype=np.float64)
    powers = np.array([power_of(w) for _, w in kept])
    end, power = float(steps or ends.max()), power_of(width)
    inner = _overlap(ends[:, None], powers[:, None], ends[None], powers[None])
    return np.linalg.lstsq(inner, _overlap(ends, powers, end, power), rcond=1e-12)[0]


def _overlap(
    n: np.ndarray, k: np.ndarray, m: np.ndarray | float, j: np.ndarray | float
) -> np.ndarray:
    """Integral of the product of two profiles, p(s) = (k + 1)/n (s/n)^k on [0, n]."""
    low = np.minimum(n, m)
    log = k * np.log(low / n) + j * np.log(low / m)
    return (k + 1) * (j + 1) * low * np.exp(log) / (n * m * (k + j + 1))
