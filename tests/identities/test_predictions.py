"""Five parametrisations, one linear system."""

from typing import get_args

import pytest
import torch

from diffusion_lab.density import ring_mixture
from diffusion_lab.process import (
    EDM,
    VE,
    VP,
    CosineVP,
    Dynamics,
    FlowPath,
    Prediction,
    SubVP,
    Target,
    exact_prediction,
    exact_score,
    from_target,
)

# Scales of order 1, so that 1e-12 is a statement about rounding and not about conditioning.
PATHS = [VP(0.2, 4.0), SubVP(0.2, 4.0), CosineVP(), VE(0.1, 3.0), FlowPath(), EDM(2.0)]
TIMES = [0.2, 0.5, 0.85]


def draw(seed: int) -> torch.Tensor:
    return torch.randn(6, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("path", PATHS, ids=repr)
@pytest.mark.parametrize("t", TIMES)
@pytest.mark.parametrize("target", get_args(Target))
def test_round_trip_through_every_target(path, t, target):
    x0, eps = draw(0), draw(1)
    time = torch.tensor(t, dtype=torch.float64)
    seen = Prediction(x0, eps, path, time)
    back = from_target(target, seen.read(target), path.sample(x0, eps, t), path, t)
    torch.testing.assert_close(back.x0, x0, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(back.eps, eps, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_readings_are_their_definitions(path):
    x0, eps, t = draw(0), draw(1), torch.tensor(0.4, dtype=torch.float64)
    seen = Prediction(x0, eps, path, t)
    alpha, std = path.alpha(t), path.std(t)
    torch.testing.assert_close(seen.v, alpha * eps - std * x0)
    torch.testing.assert_close(seen.score, -eps / std)
    h = 1e-5  # the velocity is the time derivative of x_t; central differences err by h^2
    ahead, behind = (path.sample(x0, eps, t + s * h) for s in (1, -1))
    torch.testing.assert_close(seen.velocity, (ahead - behind) / (2 * h), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("path", PATHS, ids=repr)
@pytest.mark.parametrize("t", TIMES)
def test_marginal_velocity_is_the_probability_flow(path, t):
    """alpha' E[x_0|x] + std' E[eps|x] = f - g^2/2 score, for the exact mixture."""
    density, x = ring_mixture(), draw(2)
    flow = Dynamics(path.sde(), exact_score(density, path)).velocity(x, t)
    seen = exact_prediction(density, path)(x, t)
    torch.testing.assert_close(seen.velocity, flow, rtol=1e-10, atol=1e-10)
    score = exact_score(density, path)(x, torch.tensor(t, dtype=torch.float64))
    torch.testing.assert_close(seen.score, score, rtol=1e-10, atol=1e-10)


def test_exact_prediction_splits_x_into_signal_and_noise():
    path, x = VP(), draw(2)
    seen = exact_prediction(ring_mixture(), path)(x, 0.3)
    torch.testing.assert_close(path.alpha(0.3) * seen.x0 + path.std(0.3) * seen.eps, x)
