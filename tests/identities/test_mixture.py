"""The exact densities are exact: against autograd, quadrature and their own samples."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import Empirical, GaussianMixture, ring_mixture, two_bumps

SKEW = GaussianMixture(
    torch.tensor([0.3, 0.7], dtype=torch.float64),
    torch.tensor([[1.0, -0.5], [-0.8, 0.6]], dtype=torch.float64),
    torch.tensor([[[0.5, 0.3], [0.3, 0.4]], [[0.2, -0.1], [-0.1, 0.6]]], dtype=torch.float64),
)
POINTS = torch.randn(7, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
NOISED = [(1.0, 0.0), (0.7, 0.5), (0.1, 0.99)]


@pytest.mark.parametrize("density", [SKEW, ring_mixture()], ids=["skew", "ring"])
@pytest.mark.parametrize(("alpha", "std"), NOISED)
def test_score_is_the_gradient_of_log_prob(density, alpha, std):
    x = POINTS.clone().requires_grad_()
    (exact,) = torch.autograd.grad(density.log_prob(x, alpha, std).sum(), x)
    torch.testing.assert_close(density.score(POINTS, alpha, std), exact, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("alpha", "std"), NOISED[1:])
def test_empirical_score_is_the_gradient_of_its_log_prob(alpha, std):
    density = Empirical(
        torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    )
    x = POINTS.clone().requires_grad_()
    (exact,) = torch.autograd.grad(density.log_prob(x, alpha, std).sum(), x)
    torch.testing.assert_close(density.score(POINTS, alpha, std), exact, rtol=1e-10, atol=1e-10)


def test_log_prob_integrates_to_one_and_matches_the_cdf():
    density, h = two_bumps(), 1e-3
    x = torch.arange(-8.0, 8.0, h, dtype=torch.float64)[:, None]
    p = density.log_prob(x).exp()
    # The trapezoid rule is exact to rounding for a smooth function that vanishes at both ends.
    assert p.sum().item() * h == pytest.approx(1.0, abs=1e-12)
    below = p[: len(p) // 2].sum().item() * h - 0.5 * h * p[len(p) // 2 - 1].item()
    edge = x[len(p) // 2 - 1]
    assert below == pytest.approx(density.cdf(edge).item(), abs=h**2)


def test_noised_law_agrees_with_the_convolution_integral():
    """p_t(x) = integral p_0(y) N(x; alpha y, std^2) dy, by the trapezoid rule."""
    density, alpha, std, h = two_bumps(), 0.6, 0.4, 1e-3
    y = torch.arange(-6.0, 6.0, h, dtype=torch.float64)[:, None]
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    kernel = torch.exp(-0.5 * ((x - alpha * y.T) / std) ** 2) / math.sqrt(2 * math.pi) / std
    joint = kernel * density.log_prob(y).exp()
    p = joint.sum(1) * h
    torch.testing.assert_close(density.log_prob(x, alpha, std).exp(), p, rtol=1e-11, atol=0)
    torch.testing.assert_close(density.noised(alpha, std).log_prob(x).exp(), p, rtol=1e-11, atol=0)
    mean = (joint * y.T).sum(1) * h / p
    got = density.posterior_mean(x, alpha, std)[:, 0]
    torch.testing.assert_close(got, mean, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("alpha", "std"), NOISED[1:])
def test_tweedie_joins_score_and_posterior_mean(alpha, std):
    """E[x_0 | x] = (x + std^2 score) / alpha."""
    expected = (POINTS + std**2 * SKEW.score(POINTS, alpha, std)) / alpha
    torch.testing.assert_close(
        SKEW.posterior_mean(POINTS, alpha, std), expected, rtol=1e-10, atol=1e-10
    )


def test_times_of_a_batch_are_taken_row_by_row():
    alpha = torch.linspace(0.2, 0.9, 7, dtype=torch.float64)
    std = (1 - alpha**2).sqrt()
    for name in ("log_prob", "score", "posterior_mean"):
        batch = getattr(SKEW, name)(POINTS, alpha, std)
        rows = [
            getattr(SKEW, name)(POINTS[i : i + 1], alpha[i].item(), std[i].item())
            for i in range(7)
        ]
        torch.testing.assert_close(batch, torch.cat(rows))


def test_samples_have_the_mean_and_covariance_of_the_mixture():
    n = 200_000
    x = SKEW.sample(n, torch.Generator().manual_seed(0))
    mean = SKEW.weights @ SKEW.means
    spread = SKEW.means - mean
    cov = torch.einsum("k,kde->de", SKEW.weights, SKEW.covariances)
    cov += torch.einsum("k,kd,ke->de", SKEW.weights, spread, spread)
    # Four standard errors; fourth moments of this mixture are below 3.5 (variance)^2.
    assert (x.mean(0) - mean).abs().max() < 4 * math.sqrt(cov.max().item() / n)
    assert (x.T.cov() - cov).abs().max() < 4 * cov.max().item() * math.sqrt(2.5 / n)


def test_float32_points_stay_float32():
    for name in ("score", "posterior_mean"):
        assert getattr(SKEW, name)(POINTS.float(), 0.5, 0.8).dtype == torch.float32


def test_empirical_at_tiny_noise_returns_the_nearest_example():
    points = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    seen = Empirical(points).posterior_mean(torch.tensor([[0.9, 0.8]]).double(), 1.0, 0.05)
    np.testing.assert_allclose(seen.numpy(), [[1.0, 1.0]], atol=1e-12)
