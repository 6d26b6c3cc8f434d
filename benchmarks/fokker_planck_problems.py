"""Fokker-Planck problems with known answers, for benchmarks/fokker_planck.py."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from diffusion_lab.density import GaussianMixture, ring_mixture
from diffusion_lab.fokker_planck import Grid, Grid2D
from diffusion_lab.fokker_planck.kernel import point_values
from diffusion_lab.process import SDE, VP, Dynamics, exact_score

THREE = GaussianMixture.isotropic([0.3, 0.45, 0.25], [-2.5, 0.4, 2.2], [0.35, 0.25, 0.5])
PATH = VP()


@dataclass(frozen=True)
class Problem:
    """One problem, as our solver takes it and as NumPy users write it.

    drift : NumPy, (n,), tau -> (n,);  noise : tau -> sigma, both in the time tau since the start.
    exact : grid, i -> cell averages at check time i (0 is the start).
    """

    title: str
    low: float
    high: float
    process: SDE | Dynamics
    times: tuple[float, ...]
    exact: Callable[[Grid | Grid2D, int], np.ndarray]
    drift: Callable | None = None
    noise: Callable | None = None

    def grid(self, n: int) -> Grid:
        """Return n cells."""
        return Grid(self.low, self.high, n)

    def points(self, grid: Grid | Grid2D, i: int) -> np.ndarray:
        """Return the exact values at the centres, for solvers of point values."""
        return point_values(self.exact(grid, i))

    @property
    def taus(self) -> np.ndarray:
        """Return the check times since the start."""
        return np.abs(np.array(self.times) - self.times[0])


def beta(t):
    return 0.1 + 19.9 * t


def noised(density, times):
    """Exact averages of a density on the VP path."""
    return lambda grid, i: grid.average(density.noised(PATH.alpha(times[i]), PATH.std(times[i])))


def flow(x, tau):
    """The probability flow of the three Gaussians, backward, written by hand in NumPy."""
    t = 1.0 - tau
    alpha, var = float(PATH.alpha(t)), float(PATH.var(t))
    m, v = alpha * THREE.means[:, 0].numpy(), alpha**2 * THREE.covariances[:, 0, 0].numpy() + var
    z = x[:, None] - m
    log_r = -0.5 * z**2 / v + np.log(THREE.weights.numpy() / np.sqrt(v))
    r = np.exp(log_r - log_r.max(1, keepdims=True))
    score = -(r * z / v).sum(1) / r.sum(1)
    return 0.5 * beta(t) * (x + score)


@cache
def driven_well(n: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Fourier coefficients of problem (e) at t = 0, 1/2, 1 by collocation and DOP853 (1e-11)."""
    x = -3.0 + 6.0 * np.arange(n) / n
    k = 2 * math.pi * np.fft.rfftfreq(n, 6.0 / n)
    ik = 1j * k
    ik[-1] = 0.0

    def rate(t, p):
        flux = ik * np.fft.rfft((math.sin(2 * math.pi * t) * x - x**3) * p)
        return np.fft.irfft(-flux - 0.125 * k**2 * np.fft.rfft(p), n)

    start = torch.exp(WELL.log_prob(torch.as_tensor(x)[:, None])).numpy()
    run = solve_ivp(rate, (0, 1), start, "DOP853", t_eval=[0, 0.5, 1], rtol=1e-12, atol=1e-14)
    return k, np.fft.rfft(run.y, axis=0) / n


WELL = GaussianMixture.isotropic([0.6, 0.4], [-0.8, 0.7], [0.3, 0.25])


def driven_exact(grid, i):
    if i == 0:
        return grid.average(WELL)  # the series has rounding of either sign in the tails
    k, coefficients = driven_well()
    c = coefficients[:, i] * np.sinc(0.5 * k * grid.h / math.pi)
    c[1:-1] *= 2.0
    return (np.exp(1j * np.outer(grid.centers - grid.low, k)) @ c).real


def boltzmann(grid, i):
    """The steady state of (c), from which the run starts: it has to be kept."""
    p = grid.average(lambda x: torch.exp(-(x**4 / 2 - x**2)[:, 0] / 0.49))
    return p / (p.sum() * grid.cell)


TURN = np.array([[-0.7298490, -3.4207355], [2.5792645, -1.2701510]])
MIX = GaussianMixture(
    torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
    torch.tensor([[1.8, 0.5], [-1.2, 1.4], [-0.3, -1.8]], dtype=torch.float64),
    torch.tensor(
        [[[0.15, 0.06], [0.06, 0.12]], [[0.1, -0.04], [-0.04, 0.2]], [[0.2, 0.0], [0.0, 0.1]]],
        dtype=torch.float64,
    ),
)


def turned(grid, i):
    """Exact law of dx = A x dt + sqrt(1/2) dW (Van Loan)."""
    block = np.block([[-TURN, 0.5 * np.eye(2)], [np.zeros((2, 2)), TURN.T]])
    e = expm(block * D2.times[i])
    flow = e[2:, 2:].T
    cov = flow @ MIX.covariances.numpy() @ flow.T + flow @ e[:2, 2:]
    cov = 0.5 * (cov + cov.transpose(0, 2, 1))
    return grid.average(GaussianMixture(MIX.weights, MIX.means.numpy() @ flow.T, cov))


A_TIMES, F_TIMES = (0.0, 0.25, 1.0), (1.0, 0.3, 0.02)
A = Problem(
    *("(a) VP, three Gaussians", -6.0, 6.0, PATH.sde(), A_TIMES, noised(THREE, A_TIMES)),
    lambda x, t: -0.5 * beta(t) * x,
    lambda t: math.sqrt(beta(t)),
)
C = Problem(
    *("(c) double well, 200 relaxation times", -3.0, 3.0),
    SDE(lambda x, t: 200.0 * (x - x**3), lambda t: 0.7 * math.sqrt(200.0)),
    (0.0, 1.0),
    boltzmann,
    lambda x, t: 200.0 * (x - x**3),
    lambda t: 0.7 * math.sqrt(200.0),
)
E = Problem(
    *("(e) f = sin(2 pi t) x - x^3", -3.0, 3.0),
    SDE(lambda x, t: torch.sin(2 * math.pi * t) * x - x**3, lambda t: 0.5),
    (0.0, 0.5, 1.0),
    driven_exact,
    lambda x, t: math.sin(2 * math.pi * t) * x - x**3,
    lambda t: 0.5,
)
F0 = Problem(
    *("(f0) probability flow backward, g = 0", -6.0, 6.0),
    Dynamics(PATH.sde(), exact_score(THREE, PATH), 0.0),
    F_TIMES,
    noised(THREE, F_TIMES),
    flow,
    lambda t: 0.0,
)
D = Problem(
    *("(d) plane, VP, ring of 8", -6.0, 6.0, PATH.sde(), A_TIMES),
    noised(ring_mixture(8, 3.0, 0.3), A_TIMES),
)
_TURN = torch.tensor(TURN)
D2 = Problem(
    *("(d2) plane, rotation and contraction", -5.0, 5.0),
    SDE(lambda x, t: x @ _TURN.T, lambda t: math.sqrt(0.5)),
    (0.0, 0.5, 1.0),
    turned,
)
