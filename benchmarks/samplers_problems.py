"""Gaussian mixtures drawn at random, with the exact map from noise to data of each.

Many mixtures are stacked in one tensor, (mixtures, points, dim): a sampler takes them as one batch
and its own time per call is paid once. Two lists of seeds: the recipe was chosen on TRAINING, and
FRESH was drawn afterwards, to be measured once.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from scipy.integrate import solve_ivp

from diffusion_lab.density import two_bumps
from diffusion_lab.process import VP, Prediction

PATH = VP()
TOP = (PATH.std(1.0) / PATH.alpha(1.0)).item()  # the noise level std/alpha at t = 1
TRAINING = (*range(100, 132), *range(52000, 52024))
FRESH = range(41000, 41032)
POINTS = 128
# Components, and the range of their standard deviations, drawn anew in every direction.
FAMILIES = {2: (8, 0.1, 0.3), 16: (16, 0.05, 0.5), 64: (16, 0.05, 0.5)}


class Problem:
    """Mixtures in `dim` dimensions, the noise x_1 to begin with, and where the flow takes it.

    Variance is one in every direction, on average over the draws, so that nothing is to scale.
    exact : the end of the probability flow;  residual : RMS difference to a looser solution
    """

    def __init__(self, dim: int, seeds: range) -> None:
        count, low, high = FAMILIES[dim]
        weights, means, stds, start = [], [], [], []
        for seed in seeds:
            made = {"generator": torch.Generator().manual_seed(seed), "dtype": torch.float64}
            std = low * (high / low) ** torch.rand(count, dim, **made)
            weights.append(torch.log_softmax(0.5 * torch.randn(count, **made), 0))
            means.append((1.0 - (std**2).mean()).sqrt() * torch.randn(count, dim, **made))
            start.append(torch.randn(POINTS, dim, **made))
            stds.append(std)
        self.log_weights, self.means = torch.stack(weights)[:, None], torch.stack(means)
        self.variances, self.start = torch.stack(stds) ** 2, torch.stack(start)
        self.calls = 0
        self.exact, check = self.flow(1e-12), self.flow(1e-9)
        self.residual = float((self.exact - check).square().mean().sqrt())

    def posterior(self, y: torch.Tensor, ratio: float) -> tuple[torch.Tensor, torch.Tensor]:
        """E[x_0] and E[eps] given y = x_0 + ratio eps, exactly; counted as one evaluation."""
        self.calls += 1
        precision = 1.0 / (self.variances + ratio * ratio)
        pull = self.means * precision
        constant = (self.means * pull - precision.log()).sum(-1)[:, None]
        square = (y * y) @ precision.mT - 2.0 * y @ pull.mT + constant
        share = torch.softmax(self.log_weights - 0.5 * square, -1)
        eps = ratio * (y * (share @ precision) - share @ pull)  # no division: finite at ratio = 0
        return y - ratio * eps, eps

    def predict(self, x: torch.Tensor, t: torch.Tensor) -> Prediction:
        """What the package's samplers ask for."""
        alpha, ratio = level(t.item())
        return Prediction(*self.posterior(x / alpha, ratio), PATH, t)

    def flow(self, tolerance: float) -> torch.Tensor:
        """The probability flow to t = 0 by scipy's DOP853, in arcsinh(20 std/alpha)."""
        shape = self.start.shape

        def slope(u: float, flat: np.ndarray) -> np.ndarray:
            y = torch.from_numpy(flat).reshape(shape)
            return 0.05 * math.cosh(u) * self.posterior(y, 0.05 * math.sinh(u))[1].flatten()

        begin = self.start.flatten().numpy() / PATH.alpha(1.0).item()
        span = (math.asinh(20.0 * TOP), 0.0)
        found = solve_ivp(slope, span, begin, "DOP853", rtol=tolerance, atol=tolerance)
        return torch.from_numpy(found.y[:, -1]).reshape(shape)

    def errors(self, x: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Per mixture: the RMS over points and coordinates, and the median over the points."""
        points = (x - self.exact).square().mean(-1)
        return points.mean(-1).sqrt().numpy(), points.sqrt().median(-1).values.numpy()


class Line(Problem):
    """The book's two bumps on a line, begun from exact draws of p(., t = 1)."""

    def __init__(self, points: int, seed: int) -> None:
        noise, bumps = torch.Generator().manual_seed(seed), two_bumps()
        self.log_weights, self.means = bumps.weights.log()[None, None], bumps.means[None]
        self.variances, self.calls = bumps.covariances[None, :, :, 0], 0
        eps = torch.randn(points, 1, generator=noise, dtype=torch.float64)
        self.start = PATH.sample(bumps.sample(points, noise), eps, 1.0)[None]


@lru_cache(maxsize=4096)
def level(t: float) -> tuple[float, float]:
    """Alpha and std/alpha of the path at a time."""
    alpha = PATH.alpha(t).item()
    return alpha, PATH.std(t).item() / alpha


def time_at(ratio: float) -> float:
    """The time of the path at which std/alpha = ratio, in closed form."""
    low, rise = PATH.beta_min, PATH.beta_max - PATH.beta_min
    integral = math.log1p(ratio * ratio)
    return 2.0 * integral / (low + math.sqrt(low * low + 2.0 * rise * integral))
