"""The distances are distances, and their stated noise floors are those of exact draws."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import (
    energy_distance,
    histogram_l1,
    histogram_l1_floor,
    ks_distance,
    ks_floor,
    l1_on_grid,
    sliced_wasserstein,
    two_bumps,
)

DENSITY = two_bumps()
EDGES = torch.linspace(-3, 3, 51, dtype=torch.float64)
PROBABILITIES = DENSITY.cdf(EDGES).diff()


def test_histogram_floor_is_the_mean_over_exact_draws():
    generator, n, repeats = torch.Generator().manual_seed(0), 20_000, 60
    values = torch.stack(
        [histogram_l1(DENSITY.sample(n, generator), EDGES, PROBABILITIES) for _ in range(repeats)]
    )
    error = values.std().item() / math.sqrt(repeats)
    # Four standard errors, and 1% for cells with few counts, where the binomial is not Gaussian.
    floor = histogram_l1_floor(n, PROBABILITIES)
    assert values.mean().item() == pytest.approx(floor, abs=4 * error + 0.01 * floor)


def test_histogram_counts_what_lies_outside():
    x = torch.full((10,), 99.0)
    assert histogram_l1(x, EDGES, PROBABILITIES).item() == pytest.approx(2.0, abs=1e-6)


def test_ks_floor_is_exceeded_as_often_as_it_says():
    generator, n, level, repeats = torch.Generator().manual_seed(0), 2000, 0.2, 400
    draws = (DENSITY.sample(n, generator) for _ in range(repeats))
    exceeded = sum(ks_distance(x, DENSITY.cdf(x[:, 0])) > ks_floor(n, level) for x in draws)
    sd = math.sqrt(level * (1 - level) * repeats)
    # The bound is slightly conservative at finite n: sharp above, 2% of slack below.
    assert level * repeats - 4 * sd - 0.02 * repeats < exceeded < level * repeats + 4 * sd


def test_l1_of_two_shifted_boxes():
    p, q = np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0])
    assert l1_on_grid(torch.tensor(p), torch.tensor(q), 0.5).item() == 1.0


def test_sliced_wasserstein_of_a_shift():
    """Shifting by a in D dimensions gives |a| / sqrt(D), up to the random directions."""
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shift = torch.tensor([0.3, -0.4, 1.2]).double()
    got = sliced_wasserstein(x, x + shift, torch.Generator().manual_seed(1), projections=4096)
    # u_i^2 over directions in 3-D has mean 1/3 and variance 4/45.
    assert got == pytest.approx(1.3 / math.sqrt(3), rel=4 * 0.5 * 3 * math.sqrt(4 / 45 / 4096))


def test_energy_distance_of_two_gaussians():
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(3000, 1, generator=generator, dtype=torch.float64) for _ in range(2))
    # 2 E|X - Y| - 2 E|X - X'| for N(0,1) and N(2,1): E|N(m, 2)| folded-normal means.
    folded = math.sqrt(4 / math.pi) * math.exp(-1) + 2 * math.erf(1)
    exact = 2 * folded - 2 * math.sqrt(4 / math.pi)
    assert energy_distance(x, y + 2.0) == pytest.approx(exact, abs=0.15)  # 4 sd of 3000 draws
    assert abs(energy_distance(x, y)) < 0.01
