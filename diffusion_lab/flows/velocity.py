"""A learned velocity that knows what else it determines."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..process.dynamics import Dynamics
from ..process.path import FlowPath, GaussianPath
from ..process.prediction import Prediction, from_target
from ..process.sde import SDE
from ..sampling.integrate import standard_normal
from ..tensors import ScalarOfTime, Time, as_time
from .couplings import Coupling, NoiseEnd
from .matching import check_ends, draw_times, matching_errors


class VelocityModel(nn.Module):
    """A learned velocity(x, t) with the path and the coupling that it is trained on.

    net      : module of (x, log_snr, **cond) -> like x
    coupling : how data get their other ends; its `lost` says why there is no score, if so
    path     : alpha and std of the lines between the ends; None is the straight FlowPath
    noise    : of the path, as in :func:`interpolate`

    The model is a Field: hand it to `runge_kutta` as it is. It trains with `fit`, like a Denoiser.
    With noise drawn without regard to the data it also has a prediction and a score, and so runs
    with any sigma(t). Otherwise these raise ValueError with the reason.
    Raises ValueError for a path that does not lead from x_0 to x_1.
    """

    def __init__(
        self,
        net: nn.Module,
        coupling: Coupling | None = None,
        path: GaussianPath | None = None,
        noise: float = 0.0,
    ) -> None:
        super().__init__()
        self.net = net
        self.coupling: Coupling = coupling or NoiseEnd()
        self.path: GaussianPath = path or FlowPath()
        self.noise = noise
        # A cosine is zero to rounding only.
        apart = max(self.path.alpha(1.0).item(), abs(self.path.std(1.0).item() - 1.0))
        if self.coupling.lost and apart > 1e-9:
            raise ValueError(
                f"{self.path} ends at {self.path.alpha(1.0).item():.3g} x_0 + "
                f"{self.path.std(1.0).item():.3g} x_1, not at x_1. Between two given ends take "
                "FlowPath() or CosineVP()."
            )

    @property
    def lost(self) -> str:
        """Why this velocity determines no score, or "" where it does."""
        if self.noise > 0.0:
            return "noise was added along its paths, so that its kernel is not that of the path"
        return self.coupling.lost

    def forward(self, x: Tensor, t: Time, **cond: Tensor) -> Tensor:
        """The velocity at x (batch, \\*dims), t () or (batch,): -> like x."""
        log_snr = self.path.log_snr(as_time(t)).to(x).expand(x.shape[0])
        return self.net(x, log_snr, **cond)

    def draw(self, batch: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """All that is random for a batch: times (batch,), and x_0, x_1, z: (batch, 3, \\*dims)."""
        x0, x1 = self.coupling.pair(batch, generator)
        check_ends(x0, x1)
        t = draw_times(x0.shape[0], x0, generator)
        z = standard_normal(x0, generator) if self.noise > 0.0 else torch.zeros_like(x0)
        return t, torch.stack([x0, x1, z], 1)

    def errors(self, batch: Tensor, t: Tensor, drawn: Tensor, **cond: Tensor) -> Tensor:
        """The squared error of each example, a mean over its entries: (batch,)."""
        x0, x1, z = drawn.unbind(1)

        def velocity(x: Tensor, t: Tensor) -> Tensor:
            return self(x, t, **cond)

        return matching_errors(velocity, x0, x1, t, self.path, self.noise, z)

    def loss(self, batch: Tensor, generator: torch.Generator, **cond: Tensor) -> Tensor:
        """The conditional flow-matching loss of a batch of training data, one number."""
        return self.errors(batch, *self.draw(batch, generator), **cond).mean()

    def predict(self, x: Tensor, t: Time, **cond: Tensor) -> Prediction:
        """E[x_0 | x_t] and E[eps | x_t] read from the velocity; t > 0.

        Raises ValueError where the velocity determines neither.
        """
        if self.lost:
            raise ValueError(
                f"this velocity gives no score and no prediction: {self.lost}. Run it as an "
                "ordinary equation (sigma = 0), or train one with NoiseEnd()."
            )
        return from_target("velocity", self(x, t, **cond), x, self.path, t)

    def score(self, x: Tensor, t: Time, **cond: Tensor) -> Tensor:
        """grad log p(x, t), a Field for Dynamics; t > 0. Raises ValueError as `predict` does."""
        return self.predict(x, t, **cond).score

    def dynamics(self, sigma: ScalarOfTime | float = 0.0) -> Dynamics:
        """Particles with this velocity's density and noise sigma(t), in both directions of time.

            dx = [u + sigma^2/2 score] dt + sigma dW forward,  u - sigma^2/2 score backward.

        It is the family of the noiseless equation dx = u dt, whose g is 0, and so stays finite at
        t = 1. sigma = 0 needs no score; another sigma raises ValueError where there is none.
        """
        return Dynamics(SDE(self, torch.zeros_like), self.score, sigma)
