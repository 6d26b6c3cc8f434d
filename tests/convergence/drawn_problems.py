"""Problems for the grid solver, drawn at random: drifts, noises, grids, densities."""

import numpy as np
import torch
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st

from diffusion_lab.density import GaussianMixture
from diffusion_lab.fokker_planck import Grid
from diffusion_lab.process import SDE, VE, VP, FlowPath

PATHS = {"VP": VP(), "VE": VE(0.05, 2.0), "flow": FlowPath()}
METHODS, WALLS = st.sampled_from(("auto", "robust")), ("closed", "absorbing", "periodic")
FORTH_AND_BACK = st.sampled_from(([0.05, 0.2, 0.7], [0.7, 0.4, 0.05]))


def examples(count):
    """Settings of a test: so many examples, the same in every run.

    A failure is not made simpler, which solves thousands of problems; its numbers are printed.
    """
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=slow,
    )


def numbers(low, high):
    return st.floats(low, high, allow_subnormal=False)


@st.composite
def drifts(draw, size=10.0):
    """f(x, t) = a sin(k x + w t + phase) + b - c x + d sin(w t) cos(2 x): smooth and bounded."""
    a, b, d = (draw(numbers(-size, size)) for _ in range(3))
    c, k, w, phase = (draw(numbers(low, 6.0)) for low in (-3.0, 0.0, 0.0, 0.0))
    note(f"drift: {a=} {b=} {c=} {d=} {k=} {w=} {phase=}")
    return lambda x, t: (
        a * torch.sin(k * x + w * t + phase) + b - c * x + d * torch.sin(w * t) * torch.cos(2 * x)
    )


@st.composite
def noises(draw, low=0.0):
    """sigma(t): constant, a wave, or switched on for a part of the time; zero is drawn often."""
    size = draw(st.one_of(st.just(low), numbers(low, 2.0)))
    wave, start, length = (draw(numbers(0.0, 1.0)) for _ in range(3))
    kind = draw(st.sampled_from(("constant", "wave", "switched")))
    note(f"noise: {kind} {low=} {size=} {wave=} {start=} {length=}")
    if kind == "constant":
        return lambda t: size
    if kind == "wave":
        return lambda t: low + (size - low) * torch.cos(3 * t + wave) ** 2
    return lambda t: size if start <= float(t) <= start + length else low


@st.composite
def mixtures(draw, reach=1.5, narrow=0.3, dim=1):
    """One to three Gaussians within the reach, no narrower than asked."""
    count = draw(st.integers(1, 3))
    weights = np.array([draw(numbers(0.2, 1.0)) for _ in range(count)])
    means = [[draw(numbers(-reach, reach)) for _ in range(dim)] for _ in range(count)]
    stds = [draw(numbers(narrow, 0.7)) for _ in range(count)]
    return GaussianMixture.isotropic(weights / weights.sum(), means, stds)


@st.composite
def lines(draw, fewest=4, most=200):
    """A grid around zero."""
    low, high = draw(numbers(-4.0, -2.0)), draw(numbers(2.0, 4.0))
    return Grid(low, high, draw(st.integers(fewest, most)))


@st.composite
def starts(draw, grid):
    """A smooth density, all mass in two cells, or cells that have nothing to do with another."""
    kind = draw(st.sampled_from(("mixture", "point", "cells")))
    if kind == "mixture":
        return grid.normalise(grid.average(draw(mixtures(dim=len(grid.axes)))))
    if kind == "point":
        at = [draw(numbers(g.centers[0], g.centers[-1])) for g in grid.axes]
        return grid.point(at[0] if len(at) == 1 else tuple(at))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    return grid.normalise(rng.exponential(size=grid.shape) * (rng.random(grid.shape) < 0.5) + 1e-9)


@st.composite
def gentle(draw):
    """Closed walls, robust method, and a step that no cell empties within: nothing is repaired.

    A step of SDIRK2 keeps p >= 0 up to 2.4 over the rate at which a cell gives mass away, which
    is at most |b|/h + sigma^2/h^2: then it is linear, and its matrix is stochastic.
    """
    grid = draw(lines(most=60))
    f, g = draw(drifts(3.0)), draw(noises())
    times = np.linspace(0.0, 0.4, 3)
    half = torch.linspace(grid.low, grid.high, 2 * grid.n + 1, dtype=torch.float64)
    fastest = max(float(f(half, torch.tensor(t)).abs().max()) for t in np.linspace(0, 0.4, 41))
    noisiest = max(float(g(torch.tensor(t))) for t in np.linspace(0, 0.4, 41))
    step = 2.0 / (1.1 * fastest / grid.h + 1.1 * noisiest**2 / grid.h**2 + 10.0)
    options = {"grid": grid, "times": times, "max_step": step, "method": "robust"}
    return SDE(f, g), options
