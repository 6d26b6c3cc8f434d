"""The known answers to the problems of fokker_planck_problems.py."""

import math
from functools import cache

import numpy as np
import torch
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from diffusion_lab.density import GaussianMixture
from diffusion_lab.process import VP

THREE = GaussianMixture.isotropic([0.3, 0.45, 0.25], [-2.5, 0.4, 2.2], [0.35, 0.25, 0.5])
PATH = VP()


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
    """Exact averages of problem (e) at check time i."""
    if i == 0:
        return grid.average(WELL)  # the series has rounding of either sign in the tails
    k, coefficients = driven_well()
    c = coefficients[:, i] * np.sinc(0.5 * k * grid.h / math.pi)
    c[1:-1] *= 2.0
    return (np.exp(1j * np.outer(grid.centers - grid.low, k)) @ c).real


def rest(x):
    """The steady state of (c), not normalised."""
    return torch.exp(-(x**4 / 2 - x**2)[:, 0] / 0.49)


def boltzmann(grid, i):
    """Its cell averages, from which the run starts: they have to be kept."""
    return grid.normalise(grid.average(rest))


def boltzmann_nodal(grid):
    """Its values at the centres, which exponentially fitted fluxes keep exactly."""
    return grid.normalise(rest(torch.as_tensor(grid.points)).numpy())


TURN = np.array([[-0.7298490, -3.4207355], [2.5792645, -1.2701510]])
MIX = GaussianMixture(
    torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
    torch.tensor([[1.8, 0.5], [-1.2, 1.4], [-0.3, -1.8]], dtype=torch.float64),
    torch.tensor(
        [[[0.15, 0.06], [0.06, 0.12]], [[0.1, -0.04], [-0.04, 0.2]], [[0.2, 0.0], [0.0, 0.1]]],
        dtype=torch.float64,
    ),
)


def turned(grid, t):
    """Exact law of dx = A x dt + sqrt(1/2) dW at time t (Van Loan)."""
    block = np.block([[-TURN, 0.5 * np.eye(2)], [np.zeros((2, 2)), TURN.T]])
    e = expm(block * t)
    flow = e[2:, 2:].T
    cov = flow @ MIX.covariances.numpy() @ flow.T + flow @ e[:2, 2:]
    cov = 0.5 * (cov + cov.transpose(0, 2, 1))
    return grid.average(GaussianMixture(MIX.weights, MIX.means.numpy() @ flow.T, cov))
