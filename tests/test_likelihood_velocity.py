"""Log-likelihood along any velocity: orders, the sign of A8, both directions, bad input."""

import math

import pytest
import torch

from diffusion_lab.density.toy import ring_mixture, two_bumps
from diffusion_lab.process import VP, Dynamics, FlowPath, exact_prediction, exact_score
from diffusion_lab.sampling import (
    carry_density,
    draw_probes,
    flow_log_likelihood,
    standard_normal_log_prob,
)

NOISE = torch.Generator()


@pytest.fixture(autouse=True)
def seed():
    NOISE.manual_seed(5)


@pytest.mark.parametrize("path", [VP(), FlowPath()], ids=str)
def test_any_velocity_gives_the_exact_density(path):
    density = ring_mixture(4)
    predict = exact_prediction(density, path)

    def velocity(x, t):
        if isinstance(path, FlowPath):
            seen = predict(x, t)
            return seen.eps - seen.x0
        return Dynamics(path.sde(), exact_score(density, path)).velocity(x, t)

    x0 = density.sample(8, NOISE)
    end = density.noised(path.alpha(1.0).item(), path.std(1.0).item()).log_prob
    exact = density.log_prob(x0)
    coarse, fine = (
        flow_log_likelihood(velocity, x0, end, steps=steps).log_prob - exact for steps in (40, 80)
    )
    assert fine.abs().median() < coarse.abs().median() / 2**3  # fourth order, one factor to spare
    adaptive = flow_log_likelihood(velocity, x0, end, tolerance=1e-6)
    # The tolerance is of one step; some 30 of them, and a density that sharpens, add up.
    assert (adaptive.log_prob - exact).abs().mean() < 1e-3


def test_a8_of_a_linear_field_and_the_printed_sign():
    # dx/dt = 0.7 x from x(0) = 0.4, ended in N(0, 1): both sides in closed form.
    x0 = torch.tensor([[0.4]], dtype=torch.float64)
    found = flow_log_likelihood(lambda x, t: 0.7 * x, x0, steps=32).log_prob
    std = math.exp(-0.7)
    exact = -0.5 * (0.4 / std) ** 2 - math.log(std) - 0.5 * math.log(2.0 * math.pi)
    assert found.item() == pytest.approx(exact, abs=1e-8)  # rk4: h^4 = 1e-6, times 0.7^5/120
    printed = standard_normal_log_prob(x0 * math.exp(0.7)).item() - 0.7
    assert abs(printed - exact) > 1.0


def test_the_mass_between_two_particles_is_conserved():
    """On a line, the mass to the left of a particle is that to the left of where it goes."""
    density, path = two_bumps(), VP()
    velocity = Dynamics(path.sde(), exact_score(density, path)).velocity
    x0 = torch.linspace(-2.0, 2.2, 25, dtype=torch.float64)[:, None]
    with torch.no_grad():
        moved = carry_density(velocity, x0, torch.linspace(0.0, 0.7, 101)).x
    later = density.noised(path.alpha(0.7).item(), path.std(0.7).item())
    # rk4 with h = 0.007, which leaves 1e-7, and half of it 1/16 of that
    assert (later.cdf(moved) - density.cdf(x0)).abs().max() < 1e-6
    assert (later.cdf(x0) - density.cdf(x0)).abs().max() > 0.05  # they did move


def test_there_and_back_loses_nothing():
    density = ring_mixture(4)
    velocity = Dynamics(VP().sde(), exact_score(density, VP())).velocity
    x0 = density.sample(8, NOISE)
    with torch.no_grad():
        there = carry_density(velocity, x0, torch.linspace(0.0, 1.0, 129))
        back = carry_density(velocity, there.x, torch.linspace(1.0, 0.0, 129))
    # Fourth order leaves about 1e-4 nats at 128 steps, and the two directions err alike.
    assert (back.x - x0).abs().max() < 1e-4
    assert (back.gained + there.gained).abs().max() < 1e-3


def test_probes_estimate_the_integral():
    # dx/dt = A x has the divergence tr A everywhere, and v' A v has the same mean.
    matrix = torch.tensor([[0.5, 1.0], [0.0, -0.2]], dtype=torch.float64)
    x0 = torch.randn(4, 2, generator=NOISE, dtype=torch.float64)
    times = torch.linspace(0.0, 1.0, 5)
    with torch.no_grad():
        exact = carry_density(lambda x, t: x @ matrix, x0, times).gained
        probes = draw_probes(x0, 400, NOISE)
        rough = carry_density(lambda x, t: x @ matrix, x0, times, probes=probes).gained
    assert exact.shape == (1, 4)
    assert torch.allclose(exact, torch.full_like(exact, 0.3))
    # One estimate is 0.3 +- 1, since v1 v2 = +-1: five standard errors of the mean of 1600.
    assert abs(rough.mean().item() - 0.3) < 5.0 / 1600**0.5


def test_bad_input_is_refused():
    x = torch.ones(2, 3)
    with pytest.raises(ValueError, match="rising"):
        flow_log_likelihood(lambda y, t: y, x, span=(1.0, 0.0))
    with pytest.raises(ValueError, match="outside"):
        flow_log_likelihood(lambda y, t: y, x, span=(0.0, 1.3))
    with pytest.raises(ValueError, match="one log-density"):
        flow_log_likelihood(lambda y, t: y, x, lambda y: y.sum())
    with pytest.raises(ValueError, match=r"\(1, 2, 2\) do not fit x \(2, 3\)"):
        flow_log_likelihood(lambda y, t: y, x, probes=torch.ones(1, 2, 2))
    with pytest.raises(ValueError, match=r"\(batch, \*dims\)"):
        flow_log_likelihood(lambda y, t: y, x[:, 0])
    with pytest.raises(ValueError, match="one number for each coordinate"):
        flow_log_likelihood(lambda y, t: y[:, :1], x)
    with pytest.raises(FloatingPointError, match="torchdiffeq gave up: underflow"):
        flow_log_likelihood(lambda y, t: y / 0.0, x, tolerance=1e-3)
    with pytest.raises(ValueError, match="positive"):
        flow_log_likelihood(lambda y, t: y, x, tolerance=0.0)
