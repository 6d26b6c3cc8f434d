"""An exponential moving average of a network's weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Ema:
    """average <- decay average + (1 - decay) weights, with decay growing to its final value.

        decay_n = min(decay, (1 + n) / (10 + n))

    so that the average forgets the random start. Buffers are copied, not averaged.
    """

    def __init__(self, net: nn.Module, decay: float = 0.999) -> None:
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"decay = {decay:g}; expected a number in [0, 1).")
        self.decay, self.updates = decay, 0
        self.average = {name: p.detach().clone() for name, p in net.state_dict().items()}

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Take the net's present weights into the average."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, value in net.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1.0 - decay)
            else:
                self.average[name].copy_(value)

    def state(self) -> dict[str, Tensor]:
        """The averaged weights, a state dict for `load_state_dict`."""
        return self.average
