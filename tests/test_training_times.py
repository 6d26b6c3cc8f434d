"""The laws of the training times, and the loss that is a variational bound."""

import math

import pytest
import torch

from diffusion_lab.density import GaussianMixture
from diffusion_lab.process import EDM, VP, CosineVP, FlowPath, exact_prediction
from diffusion_lab.training import (
    Denoiser,
    LossMeter,
    bits_weight,
    even_log_snr,
    even_times,
    lognormal_levels,
)
from diffusion_lab.training.time_law import T_MAX, T_MIN

U = torch.linspace(0.0, 0.999, 200, dtype=torch.float64)


@pytest.mark.parametrize("path", [VP(), CosineVP(), FlowPath(), EDM()])
def test_times_even_in_log_snr(path):
    """To the error of the table, some 1e-5 of a log-SNR between its 4097 values."""
    log_snr = path.log_snr(even_log_snr(path)(U))
    assert log_snr[0] <= 13.001
    gaps = log_snr.diff()
    torch.testing.assert_close(gaps, gaps.mean().expand_as(gaps), rtol=1e-3, atol=0.0)


def test_lognormal_levels_have_their_quantiles():
    path = EDM()
    level = path.std(lognormal_levels(path)(U)) / path.alpha(U)
    for q, normal in ((0.5, 0.0), (0.841345, 1.0), (0.158655, -1.0)):
        expected = math.exp(-1.2 + 1.2 * normal)
        found = level[(U - q).abs().argmin()].item()
        assert found == pytest.approx(expected, rel=0.02)  # u is cut into steps of 0.005


def test_even_times_stay_where_the_log_snr_is_finite():
    t = even_times(torch.tensor([0.0, 0.5, 1.0 - 1e-9]))
    assert t.tolist() == pytest.approx([T_MIN, 0.5005, T_MAX], rel=1e-6)


@pytest.mark.parametrize("target", ["v", "eps", "x0", "edm", "score"])
def test_the_bits_loss_of_the_exact_field_is_the_bound(target):
    """For Gaussian data of std s the eps error is sigmoid(lambda + log s^2), at every target.

    Its integral is a difference of softplus. 40,000 examples in even levels: the error of a mean
    of squares is below 2 sqrt(2/40,000) = 0.7 % of each part.
    """
    path, s = CosineVP(), 0.5
    law = torch.tensor([[s**2]], dtype=torch.float64)
    zero = torch.zeros(1, 1, dtype=torch.float64)
    density = GaussianMixture(torch.ones(1, dtype=torch.float64), zero, law[None])
    exact = exact_prediction(density, path)
    model = Denoiser(torch.nn.Identity(), path, target, data_std=s)
    model.times, model.weight = even_log_snr(path), bits_weight(path, model.row)

    def forward(x, t):
        seen = exact(x, t)
        a, b = model.row(t)
        return a[:, None] * seen.x0 + b[:, None] * seen.eps

    model.forward = forward
    generator = torch.Generator().manual_seed(0)
    x0 = s * torch.randn(40_000, 1, generator=generator, dtype=torch.float64)
    loss = model.loss(x0, generator).item()
    shift = 2.0 * math.log(s)
    nats = 0.5 * (math.log1p(math.exp(13.0 + shift)) - math.log1p(math.exp(-13.0 + shift)))
    assert loss == pytest.approx(nats / math.log(2.0), rel=0.01)


def test_the_meter_splits_the_loss_by_noise_level():
    meter = LossMeter(edges=(-2.0, 0.0, 2.0))
    meter.add(torch.tensor([-9.0, -1.0, 1.0]), torch.tensor([1.0, 3.0, 8.0]))
    assert meter.read() == (4.0, [2.0, 8.0])
    meter.add(torch.tensor([5.0]), torch.tensor([6.0]))
    assert meter.read() == (6.0, [None, 6.0])
