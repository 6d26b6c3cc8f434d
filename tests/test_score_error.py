"""The relative error of a score, against cases where it is known."""

import pytest
import torch

from diffusion_lab.density import Empirical, GaussianMixture, ring_mixture
from diffusion_lab.process import VP, exact_score, score_error

PATH = VP()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_zero_has_error_one_and_the_exact_score_none():
    ring = ring_mixture()
    zero = score_error(lambda x, t: 0.0 * x, ring, PATH, 0.3, generator(), n=100)
    assert (zero.value, zero.uncertainty) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-12))
    assert score_error(exact_score(ring, PATH), ring, PATH, 0.3, generator(), n=100).value == 0.0


def test_a_constant_error_on_a_gaussian_is_known_and_its_uncertainty_covers_it():
    """N(0, 1) under VP: s* = -x, E s*^2 = 1; with s = s* + c the error is c, 200 times over."""
    unit, c = GaussianMixture.isotropic([1.0], [0.0], [1.0]), 0.3
    found = [
        score_error(lambda x, t: c - x, unit, PATH, 0.4, generator(seed), n=400)
        for seed in range(200)
    ]
    values = torch.tensor([e.value for e in found])
    typical = sum(e.uncertainty for e in found) / len(found)
    # The scatter of 200 values is known to 1/sqrt(400) = 5 %; 4 of these.
    assert values.std().item() == pytest.approx(typical, rel=0.2)
    assert values.mean().item() == pytest.approx(c, abs=4 * typical / 200**0.5 + typical**2)


def test_a_finite_data_set_is_a_density_too():
    data = Empirical(torch.randn(20, 3, generator=generator(), dtype=torch.float64))
    wrong = score_error(lambda x, t: -x, data, PATH, 0.05, generator(1), n=500)
    assert 0.1 < wrong.value < 1.5
    assert 0.0 < wrong.uncertainty < 0.1


@pytest.mark.parametrize(("t", "n"), [(0.0, 100), ([0.1, 0.2], 100), (0.5, 1)])
def test_what_has_no_error_is_refused(t, n):
    t = torch.tensor(t, dtype=torch.float64)
    with pytest.raises(ValueError, match="one time above 0"):
        score_error(lambda x, t: x, ring_mixture(), PATH, t, generator(), n)
