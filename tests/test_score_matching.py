"""Losses that learn the score, against the exact score and each other; EDM's preconditioning."""

import math

import pytest
import torch

from diffusion_lab.density import GaussianMixture, ring_mixture
from diffusion_lab.process import EDM, VP, exact_prediction
from diffusion_lab.training import Denoiser, implicit_score_loss, sliced_score_loss

RING = ring_mixture(5, 1.5, 0.4)


class Echo(torch.nn.Module):
    """A net that gives back what it gets."""

    def forward(self, x: torch.Tensor, log_snr: torch.Tensor) -> torch.Tensor:
        return x


def draw(n: int, seed: int = 0) -> torch.Tensor:
    return RING.sample(n, torch.Generator().manual_seed(seed))


def bent(shift: float):
    """The exact score and a smooth error of the given size."""
    return lambda x: RING.score(x) + shift * torch.sin(x)


def test_implicit_loss_is_half_the_fisher_divergence_up_to_a_constant():
    """loss(s) - loss(exact) = E|s - exact|^2 / 2, to the noise of the mean of its terms."""
    x = draw(40_000)
    gap = implicit_score_loss(bent(0.5), x) - implicit_score_loss(bent(0.0), x)
    fisher = 0.5 * (0.5 * torch.sin(x)).square().sum(1).mean()
    # The integration by parts holds in the mean: each term's standard deviation is about 1.5.
    assert gap.item() == pytest.approx(fisher.item(), abs=4 * 1.5 / math.sqrt(len(x)))
    assert fisher > 0.1, "the two are told apart"


def test_sliced_loss_has_the_mean_of_the_implicit_one():
    x = draw(200)
    exact = implicit_score_loss(bent(0.5), x).item()
    generator = torch.Generator().manual_seed(1)
    losses = torch.stack([sliced_score_loss(bent(0.5), x, generator).detach() for _ in range(400)])
    error = losses.std() / math.sqrt(len(losses))
    assert abs(losses.mean() - exact) < 4 * error
    assert error < 0.1


def test_sliced_loss_is_exact_in_one_dimension():
    """One direction is all there is."""
    line = GaussianMixture.isotropic([0.4, 0.6], [-1.0, 1.0], [0.5, 0.3])
    x = line.sample(100, torch.Generator().manual_seed(0))
    sliced = sliced_score_loss(line.score, x, torch.Generator().manual_seed(2))
    torch.testing.assert_close(sliced, implicit_score_loss(line.score, x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("loss", [implicit_score_loss, lambda s, x: sliced_score_loss(s, x, None)])
def test_a_wrong_shape_is_named(loss):
    with pytest.raises(ValueError, match=r"\(4,\); expected points"):
        loss(RING.score, torch.zeros(4))
    with pytest.raises(ValueError, match=r"score has shape \(4,\)"):
        loss(lambda x: x.sum(1), torch.zeros(4, 2))


def edm_network(x0, x, std, data_std):
    """F = (D - c_skip x)/c_out of Karras et al. 2022, table 1, for D = x0."""
    skip = data_std**2 / (std**2 + data_std**2)
    out = std * data_std / math.sqrt(std**2 + data_std**2)
    return (x0 - skip * x) / out


def test_edm_target_is_minus_the_network_of_its_paper():
    path, data_std, t = EDM(20.0), 0.6, torch.tensor(0.05, dtype=torch.float64)
    std = path.std(t).item()
    generator = torch.Generator().manual_seed(0)
    x0, eps = (torch.randn(7, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    x = path.sample(x0, eps, t)
    network = edm_network(x0, x, std, data_std)
    model = Denoiser(Echo(), path, "edm", data_std)
    model.forward = lambda x, t: -network  # a net that has learned it
    seen = model.predict(x, t)
    torch.testing.assert_close(seen.x0, x0, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(seen.eps, eps, rtol=1e-12, atol=1e-12)


def test_edm_target_has_unit_variance_at_every_noise_level():
    path, data_std = EDM(20.0), 0.6
    model = Denoiser(Echo(), path, "edm", data_std)
    for t in (0.001, 0.03, 0.5, 1.0):
        a, b = model.row(torch.tensor(t, dtype=torch.float64))
        assert a**2 * data_std**2 + b**2 == pytest.approx(1.0, rel=1e-12)


def test_edm_target_is_v_for_unit_data_on_a_variance_preserving_path():
    x, t = torch.randn(3, 2, dtype=torch.float64), torch.tensor(0.3, dtype=torch.float64)
    model = Denoiser(Echo(), VP(), "edm")
    seen = exact_prediction(RING, VP())(x, t)
    a, b = model.row(t)
    torch.testing.assert_close(a * seen.x0 + b * seen.eps, seen.v, rtol=1e-12, atol=1e-12)


def test_a_weight_multiplies_the_loss_of_each_time():
    """A weight of 3 triples it; one that is zero but near t = 1 leaves what is lost there."""
    x0 = draw(64)

    def loss(weight):
        model = Denoiser(Echo(), VP(), "eps", weight=weight)
        return model.loss(x0, torch.Generator().manual_seed(0)).item()

    assert loss(lambda t: 3.0 + 0.0 * t) == pytest.approx(3.0 * loss(None), rel=1e-12)
    assert loss(lambda t: 3.0) == pytest.approx(3.0 * loss(None), rel=1e-12)
    early, late = loss(lambda t: (t < 0.5).double()), loss(lambda t: (t >= 0.5).double())
    assert early + late == pytest.approx(loss(None), rel=1e-12)
    assert 0.0 < late < early


@pytest.mark.parametrize("data_std", [0.0, -1.0, float("nan")])
def test_a_data_std_that_is_none_is_refused(data_std):
    with pytest.raises(ValueError, match="data_std"):
        Denoiser(Echo(), VP(), "edm", data_std)
