"""What a user of each library writes for log p, given the exact velocity of a mixture."""

import math
from collections.abc import Callable

import torch
from samplers_problems import FAMILIES, PATH, Problem

from diffusion_lab.process import FlowPath
from diffusion_lab.sampling import flow_log_likelihood, read_moments
from diffusion_lab.sampling.likelihood_velocity import standard_normal_log_prob

STRAIGHT = FlowPath()


class Known(Problem):
    """One random mixture, points drawn from it, and their exact log-density."""

    def __init__(self, dim: int, seed: int, points: int = 128) -> None:
        count, low, high = FAMILIES[dim]
        made = {"generator": torch.Generator().manual_seed(seed), "dtype": torch.float64}
        std = low * (high / low) ** torch.rand(count, dim, **made)
        logs = torch.log_softmax(0.5 * torch.randn(count, **made), 0)
        means = (1.0 - (std**2).mean()).sqrt() * torch.randn(count, dim, **made)
        self.log_weights, self.means = logs[None, None], means[None]
        self.variances, self.calls = std[None] ** 2, 0
        self.dim, self.path = dim, PATH
        self.paid: float | None = None  # the mean over the points, where it is not .calls
        chosen = torch.multinomial(logs.exp(), points, True, generator=made["generator"])
        self.x0 = means[chosen] + std[chosen] * torch.randn(points, dim, **made)
        away = (self.x0[:, None] - means) / std
        each = -0.5 * away.square().sum(-1) - std.log().sum(-1) - 0.5 * dim * math.log(2 * math.pi)
        self.exact = (logs + each).logsumexp(-1)

    def posterior(self, y: torch.Tensor, ratio: float) -> tuple[torch.Tensor, torch.Tensor]:
        """E[x_0] and E[eps] of (points, dim)."""
        clean, eps = super().posterior(y[None], ratio)
        return clean[0], eps[0]

    def flow_of_vp(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """The probability flow of VP in t: f - g^2/2 score, finite at t = 0 too."""
        beta = PATH.beta(t).item()
        alpha, std = PATH.alpha(t).item(), PATH.std(t).item()
        if std == 0.0:
            return -0.5 * beta * (x + self._score_of_data(x))
        return -0.5 * beta * (x - self.posterior(x / alpha, std / alpha)[1] / std)

    def _score_of_data(self, x: torch.Tensor) -> torch.Tensor:
        return -self.posterior(x, 1e-8)[1] / 1e-8

    def straight(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """The velocity eps - x_0 of the straight path, whose end is N(0, I) exactly."""
        # At t = 1 the point is all noise and E[x_0] is the mean, through any large ratio.
        now = min(float(t), 1.0 - 1e-12)
        clean, eps = self.posterior(x / (1.0 - now), now / (1.0 - now))
        return eps - clean

    def matched_end(self, x: torch.Tensor) -> torch.Tensor:
        """The Gaussian that has the moments of x_1 under VP."""
        before, alpha = self.calls, PATH.alpha(1.0).item()
        frame = read_moments(self.predict, PATH, self.dim)
        self.calls = before
        ratio = PATH.std(1.0).item() / alpha
        z = frame.to_z(x / alpha, ratio)
        volume = frame.log_volume(ratio, self.dim) - self.dim * math.log(alpha)
        return standard_normal_log_prob(z) + volume


Case = Callable[[Known], torch.Tensor]


def torchdiffeq(tolerance: float, start: float, matched: bool) -> Case:
    """dopri5 in the time of VP, as most codes for diffusion models do it."""

    def run(problem: Known) -> torch.Tensor:
        end = problem.matched_end if matched else standard_normal_log_prob
        return flow_log_likelihood(
            problem.flow_of_vp, problem.x0, end, span=(start, 1.0), tolerance=tolerance
        ).log_prob

    return run


def torchdiffeq_straight(tolerance: float) -> Case:
    """dopri5 on the straight path: what the examples of torchcfm do, at 1e-4."""

    def run(problem: Known) -> torch.Tensor:
        return flow_log_likelihood(problem.straight, problem.x0, tolerance=tolerance).log_prob

    return run


def flow_matching(method: str, **options: float | None) -> Case:
    """ODESolver.compute_likelihood, whose time runs from noise to data."""

    def run(problem: Known) -> torch.Tensor:
        from flow_matching.solver import ODESolver
        from flow_matching.utils import ModelWrapper

        class Reversed(ModelWrapper):
            def forward(self, x: torch.Tensor, t: torch.Tensor, **extras) -> torch.Tensor:
                return -problem.straight(x, 1.0 - t)

        solver = ODESolver(Reversed(torch.nn.Identity()))
        settings: dict = {"step_size": None} | options
        return solver.compute_likelihood(
            problem.x0.clone(),
            standard_normal_log_prob,
            method=method,
            exact_divergence=True,
            time_grid=torch.tensor([1.0, 0.0], dtype=torch.float64),
            **settings,
        )[1]

    return run


def zuko(tolerance: float) -> Case:
    """FreeFormJacobianTransform with the exact trace, the adaptive solver of zuko's CNF."""

    def run(problem: Known) -> torch.Tensor:
        from zuko.transforms import FreeFormJacobianTransform

        begin, end = (torch.tensor(v, dtype=torch.float64) for v in (0.0, 1.0))
        carry = FreeFormJacobianTransform(
            lambda t, x: problem.straight(x, t),
            begin,
            end,
            (),
            atol=tolerance,
            rtol=tolerance,
            exact=True,
        )
        with torch.no_grad():
            z, gained = carry.call_and_ladj(problem.x0)
        return standard_normal_log_prob(z) + gained

    return run


CASES: dict[str, Case] = {
    "torchdiffeq VP [1e-3, 1] N(0, I) 1e-5": torchdiffeq(1e-5, 1e-3, False),
    "torchdiffeq VP [0, 1] matched end 1e-5": torchdiffeq(1e-5, 0.0, True),
    "torchdiffeq VP [0, 1] matched end 1e-6": torchdiffeq(1e-6, 0.0, True),
    "torchdiffeq VP [0, 1] matched end 1e-7": torchdiffeq(1e-7, 0.0, True),
    "torchcfm's examples: straight, 1e-4": torchdiffeq_straight(1e-4),
    "torchdiffeq straight, 1e-6": torchdiffeq_straight(1e-6),
    "torchdiffeq straight, 1e-7": torchdiffeq_straight(1e-7),
    "flow_matching dopri5, 1e-5 (its default)": flow_matching("dopri5"),
    "flow_matching dopri5, 1e-7": flow_matching("dopri5", atol=1e-7, rtol=1e-7),
    "flow_matching midpoint, 50 steps": flow_matching("midpoint", step_size=0.02),
    "flow_matching rk4, 25 steps": flow_matching("rk4", step_size=0.04),
    "zuko 1e-5": zuko(1e-5),
    "zuko 1e-6": zuko(1e-6),
}
