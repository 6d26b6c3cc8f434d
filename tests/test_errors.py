"""Bad input meets a message that says what was wrong, what was expected and what to do."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import (
    Empirical,
    GaussianMixture,
    histogram_l1,
    ks_distance,
    ring_mixture,
    sliced_wasserstein,
    two_bumps,
)
from diffusion_lab.fokker_planck import Grid, solve_fokker_planck
from diffusion_lab.images import load_images
from diffusion_lab.images.config import RunConfig
from diffusion_lab.nets import MLP, UNet
from diffusion_lab.process import (
    SDE,
    VP,
    Dynamics,
    FlowPath,
    exact_score,
    from_target,
    log_snr_times,
    uniform_times,
)
from diffusion_lab.sampling import ddim, euler_maruyama, heun, integrate
from diffusion_lab.training import Denoiser, TrainState
from diffusion_lab.viz import tile_images

X = torch.zeros(3, 1, dtype=torch.float64)
T = torch.tensor(0.5, dtype=torch.float64)
GENERATOR = torch.Generator()
STILL = SDE(lambda x, t: 0.0 * x, lambda t: 1.0)
GRID = Grid(-4, 4, 40)
P0 = GRID.average(two_bumps())


def run(dynamics, times=None, x=X):
    times = uniform_times(10, 0.0, 1.0) if times is None else times
    return integrate(euler_maruyama(dynamics), x, times, GENERATOR)


def run_forward(step):
    return integrate(step, X, uniform_times(2, 0.0, 1.0), GENERATOR)


def solve(f, g, p0=P0, times=(0.0, 0.5)):
    return solve_fokker_planck(SDE(f, g), p0, GRID, np.array(times), 0.1)


CASES = {
    # times
    "t above 1": (lambda: VP().alpha(1.2), ValueError, "t = 1.2 lies outside"),
    "t below 0": (lambda: STILL.drift(X, -0.1), ValueError, "outside"),
    "t is NaN": (lambda: VP().alpha(math.nan), ValueError, "outside"),
    "batch t": (lambda: FlowPath().std(torch.tensor([0.1, 2.0])), ValueError, "t = 2 lies"),
    "t of another batch": (lambda: VP().sample(X, X, torch.rand(2)), ValueError, "each row of x"),
    "t of rank 2": (lambda: VP().alpha(torch.rand(2, 2)), ValueError, r"expected \(\) or"),
    "grid outside": (lambda: run(Dynamics(STILL), torch.tensor([0.0, 1.5])), ValueError, "1.5"),
    "grid not monotone": (
        lambda: run(Dynamics(STILL), torch.tensor([0.0, 0.5, 0.4])),
        ValueError,
        "rise .* or fall",
    ),
    "grid of one time": (
        lambda: run(Dynamics(STILL), torch.tensor([0.5])),
        ValueError,
        "two times",
    ),
    "no steps": (lambda: uniform_times(0), ValueError, "at least one step"),
    "infinite log-SNR": (lambda: log_snr_times(VP(), 5, 0.9, 0.0), ValueError, "infinite"),
    # fields and scales
    "f is NaN": (
        lambda: run(Dynamics(SDE(lambda x, t: x / 0.0, lambda t: 1.0))),
        ValueError,
        "f.*not finite.*t = 0",
    ),
    "f has another shape": (
        lambda: run(Dynamics(SDE(lambda x, t: x[:, 0], lambda t: 1.0))),
        ValueError,
        r"f\(x, t\) returned shape \(3,\)",
    ),
    "f is no tensor": (
        lambda: run(Dynamics(SDE(lambda x, t: 0.0, lambda t: 1.0))),
        TypeError,
        "float",
    ),
    "g negative": (
        lambda: run(Dynamics(SDE(lambda x, t: x, lambda t: -1.0))),
        ValueError,
        r"g\(t\) = -1",
    ),
    "g infinite": (lambda: STILL and FlowPath().sde().noise(1.0), ValueError, "g.*finite"),
    "sigma negative": (
        lambda: run(Dynamics(STILL, sigma=-0.5)),
        ValueError,
        r"sigma\(t\) = -0.5 at t = 0",
    ),
    "score missing": (
        lambda: Dynamics(STILL, sigma=0.0).velocity(X, T),
        ValueError,
        "Give Dynamics a score",
    ),
    "score infinite": (
        lambda: Dynamics(STILL, lambda x, t: x + math.inf).velocity(X, T),
        ValueError,
        "score.*not finite",
    ),
    # states
    "x is NaN": (lambda: run(Dynamics(STILL), x=X * math.nan), ValueError, "initial x"),
    "x is integer": (
        lambda: run(Dynamics(STILL), x=torch.zeros(3, 1, dtype=torch.int64)),
        TypeError,
        "floating",
    ),
    "eta": (lambda: ddim(lambda x, t: None, VP(), eta=2.0), ValueError, "eta = 2"),
    "DDIM with noise forward": (
        lambda: run_forward(ddim(lambda x, t: None, VP(), eta=0.5)),
        ValueError,
        "backward",
    ),
    # densities
    "weights": (
        lambda: GaussianMixture.isotropic([0.5, 0.6], [0, 1], [1, 1]),
        ValueError,
        "sum to 1",
    ),
    "negative std": (lambda: GaussianMixture.isotropic([1.0], [0], [-1]), ValueError, "positive"),
    "no component": (
        lambda: GaussianMixture.isotropic([], torch.zeros(0, 2), []),
        ValueError,
        "K >= 1",
    ),
    "indefinite": (
        lambda: GaussianMixture(torch.ones(1), torch.zeros(1, 2), -torch.eye(2)[None]),
        ValueError,
        "positive definite",
    ),
    "dimension": (
        lambda: two_bumps().log_prob(torch.zeros(3, 2)),
        ValueError,
        r"expects \(batch, 1\)",
    ),
    "cdf in 2-D": (lambda: ring_mixture().cdf(X), ValueError, "D = 1"),
    "empty data": (lambda: Empirical(torch.zeros(0, 2)), ValueError, "N >= 1"),
    "NaN data": (lambda: Empirical(torch.full((2, 2), math.nan)), ValueError, "NaN"),
    "no density at std 0": (lambda: Empirical(torch.zeros(2, 1)).log_prob(X), ValueError, "t > 0"),
    "empty sample": (lambda: ks_distance(torch.zeros(0), torch.zeros(0)), ValueError, "empty"),
    "NaN sample": (
        lambda: histogram_l1(X * math.nan, torch.arange(3.0), torch.ones(2) / 2),
        ValueError,
        "NaN",
    ),
    "unequal samples": (
        lambda: sliced_wasserstein(X, X[:2], GENERATOR),
        ValueError,
        "equal sizes",
    ),
    # the grid solver
    "p0 empty": (
        lambda: solve(lambda x, t: x, lambda t: 1.0, np.zeros(40)),
        ValueError,
        "no mass",
    ),
    "p0 not normalised": (
        lambda: solve(lambda x, t: x, lambda t: 1.0, 2 * P0),
        ValueError,
        "mass 2",
    ),
    "p0 negative": (lambda: solve(lambda x, t: x, lambda t: 1.0, -P0), ValueError, "negative"),
    "p0 NaN": (lambda: solve(lambda x, t: x, lambda t: 1.0, P0 * math.nan), ValueError, "NaN"),
    "p0 of another size": (
        lambda: solve(lambda x, t: x, lambda t: 1.0, P0[1:]),
        ValueError,
        "40 cells",
    ),
    "f NaN on the grid": (
        lambda: solve(lambda x, t: x * math.nan, lambda t: 1.0),
        ValueError,
        "f.*not finite",
    ),
    "g negative on the grid": (
        lambda: solve(lambda x, t: x, lambda t: -t),
        ValueError,
        r"g\(t\) = -0",
    ),
    "SDE backward": (
        lambda: solve(lambda x, t: x, lambda t: 1.0, times=(0.5, 0.0)),
        ValueError,
        "ill-posed",
    ),
    "times repeat": (
        lambda: solve(lambda x, t: x, lambda t: 1.0, times=(0.5, 0.5)),
        ValueError,
        "strictly",
    ),
    "time not solved": (
        lambda: solve(lambda x, t: -x, lambda t: 1.0).at(0.9),
        ValueError,
        "was not solved",
    ),
    "grid of 2 cells": (lambda: Grid(0, 1, 2), ValueError, "n >= 4"),
    # names, nets and data
    "target": (lambda: Denoiser(MLP(1), VP(), "noise"), ValueError, "x0, eps, v, velocity, score"),
    "value shape": (
        lambda: from_target("eps", X[:2], X, VP(), 0.5),
        ValueError,
        "differ in shape",
    ),
    "image set": (lambda: load_images("imagenet"), ValueError, "digits, mnist, fashion-mnist"),
    "config field": (lambda: RunConfig.from_json({"stepz": 3}), ValueError, "stepz"),
    "image size": (
        lambda: UNet()(torch.zeros(1, 1, 7, 8), torch.zeros(1)),
        ValueError,
        "multiples of 2",
    ),
    "no classes": (
        lambda: MLP(1)(torch.zeros(2, 1), torch.zeros(2), torch.zeros(2)),
        ValueError,
        "classes=0",
    ),
    "training length": (lambda: TrainState(Denoiser(MLP(1), VP()), 0, 0), ValueError, "positive"),
    "image shape": (lambda: tile_images(torch.zeros(3, 8, 8)), ValueError, "1 or 3"),
}


@pytest.mark.parametrize(("call", "kind", "words"), CASES.values(), ids=CASES)
def test_message(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_a_divergent_run_names_the_step_and_the_cure():
    """The drift is finite; x overflows float32 on the way."""
    wild = Dynamics(SDE(lambda x, t: torch.full_like(x, 3e38), lambda t: 0.0))
    x = torch.full((3, 1), 2e38)
    with pytest.raises(FloatingPointError, match=r"3 of 3 .* from t = 0\.4 to 0\.5.*more steps"):
        integrate(euler_maruyama(wild), x, uniform_times(10, 0.0, 1.0), GENERATOR)


def test_heun_refuses_an_infinite_end():
    flow = Dynamics(FlowPath().sde(), exact_score(two_bumps(), FlowPath()), 0.0)
    with pytest.raises(ValueError, match="finite"):
        integrate(heun(flow), X, uniform_times(4, 1.0, 0.1), GENERATOR)
