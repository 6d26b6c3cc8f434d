"""What a process asks of the density: one drift and one noise in the time of the simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..process.dynamics import Dynamics
from ..process.sde import SDE
from ..tensors import Time


@dataclass(frozen=True)
class Motion:
    """dp/dtau = -div(b p) + D lap p, where tau is the time run since the start of the solve.

    field : the drift in t;  sign: -1 when t falls while tau rises;  noise : sigma(t)
    """

    field: Callable[[Tensor, Time], Tensor]
    noise: Callable[[Time], Tensor]
    sign: float = 1.0

    @classmethod
    def of(cls, process: SDE | Dynamics, forward: bool) -> Motion:
        """Read a process. Raises ValueError for an SDE alone that is to run backward."""
        if isinstance(process, Dynamics):
            drift = process.forward_drift if forward else process.backward_drift
            return cls(drift, process.noise, 1.0 if forward else -1.0)
        if not forward:
            raise ValueError(
                "an SDE alone cannot be run backward: diffusion in reverse is ill-posed. Give "
                "Dynamics(sde, score), whose backward drift contains the score."
            )
        return cls(process.drift, process.noise)

    def drift(self, x: np.ndarray, t: float) -> np.ndarray:
        """The drift b at points (N, D), one call of the reader's functions: -> (N, D)."""
        time = torch.tensor(t, dtype=torch.float64)
        return self.sign * self.field(torch.from_numpy(x), time).detach().numpy()

    def diffusion(self, t: float) -> float:
        """D = sigma(t)^2 / 2."""
        return 0.5 * self.noise(torch.tensor(t, dtype=torch.float64)).item() ** 2
