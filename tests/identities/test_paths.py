"""Every path: its derivatives, the SDE it implies, and its ends."""

import math

import pytest
import torch

from diffusion_lab.process import EDM, VE, VP, CosineVP, FlowPath, SubVP
from diffusion_lab.tensors import as_time

PATHS = [VP(), VP(0.2, 8.0), SubVP(), CosineVP(), VE(), FlowPath(), EDM()]
INTERIOR = torch.tensor([0.03, 0.21, 0.5, 0.77, 0.96], dtype=torch.float64)
ROUNDING = 1e-12  # a dozen float64 operations on numbers of order 1, with conditioning up to 1e3


def each_path(function):
    return pytest.mark.parametrize("path", PATHS, ids=repr)(function)


@each_path
@pytest.mark.parametrize("name", ["alpha", "var", "std"])
def test_derivatives_agree_with_autograd(path, name):
    t = INTERIOR.clone().requires_grad_()
    value = getattr(path, name)(t)
    (exact,) = torch.autograd.grad(
        value.sum() + 0.0 * t.sum(), t
    )  # + 0 t: alpha of VE is constant
    torch.testing.assert_close(getattr(path, f"d_{name}")(INTERIOR), exact, rtol=1e-11, atol=1e-11)


@each_path
def test_the_sde_reproduces_mean_and_variance_of_the_kernel(path):
    """m' = (f/x) m and v' = 2 (f/x) v + g^2, with derivatives from autograd."""
    t = INTERIOR.clone().requires_grad_()
    alpha, var = path.alpha(t), path.var(t)
    d_alpha = torch.autograd.grad(alpha.sum() + 0.0 * t.sum(), t, retain_graph=True)[0]
    d_var = torch.autograd.grad(var.sum(), t)[0]
    sde = path.sde()
    rate = sde.drift(torch.ones(5, 1, dtype=torch.float64), INTERIOR)[:, 0]
    torch.testing.assert_close(rate * alpha.detach(), d_alpha, rtol=1e-11, atol=1e-11)
    growth = 2.0 * rate * var.detach() + sde.noise(INTERIOR) ** 2
    torch.testing.assert_close(growth, d_var, rtol=1e-10, atol=1e-11)


@each_path
def test_starts_at_the_data_and_loses_signal(path):
    assert path.alpha(0.0).item() == 1.0
    assert path.std(0.0).item() == 0.0
    assert (path.log_snr(INTERIOR).diff() < 0).all()


def test_ends_at_the_stated_laws():
    # Exact for the cosine and flow paths; exp(-(beta_min + beta_max)/4) for linear VP and sub-VP.
    for path in (CosineVP(), FlowPath()):
        assert abs(path.alpha(1.0).item()) < 1e-15
        assert path.std(1.0).item() == pytest.approx(1.0, abs=1e-15)
    for path in (VP(), SubVP()):
        assert path.alpha(1.0).item() == pytest.approx(0.00657, abs=5e-6)
    assert VE().std(1.0).item() == pytest.approx(50.0, rel=1e-7)  # sqrt(50^2 - 0.01^2)
    assert EDM().std(1.0).item() == 80.0


def test_vp_has_the_published_drift_and_noise():
    x = torch.tensor([[2.0], [-1.0]], dtype=torch.float64)
    t = torch.tensor([0.0, 0.4], dtype=torch.float64)
    beta = 0.1 + 19.9 * t
    sde = VP().sde()
    torch.testing.assert_close(sde.drift(x, t), -0.5 * beta[:, None] * x, rtol=ROUNDING, atol=0)
    torch.testing.assert_close(sde.noise(t), beta.sqrt(), rtol=ROUNDING, atol=0)


def test_sub_vp_noise_is_the_published_one():
    """g^2 = beta (1 - exp(-2 B)) (Song et al. 2021, eq. 27)."""
    t = INTERIOR
    integral = 0.1 * t + 0.5 * 19.9 * t**2
    expected = (0.1 + 19.9 * t) * -torch.expm1(-2.0 * integral)
    torch.testing.assert_close(SubVP().g_squared(t), expected, rtol=1e-11, atol=0)


@each_path
def test_sample_uses_one_time_for_each_row(path):
    x0 = torch.ones(5, 2, 3, dtype=torch.float64)
    batch = path.sample(x0, 2.0 * x0, INTERIOR)
    for i, t in enumerate(INTERIOR):
        torch.testing.assert_close(batch[i], path.sample(x0[:1], 2.0 * x0[:1], t)[0])


def test_prior_has_the_std_of_the_end():
    draws = VE(std_max=5.0).prior((200_000,), torch.Generator().manual_seed(0))
    # The relative error of a sample std of N Gaussians is 1/sqrt(2 N); four of them.
    assert draws.std().item() == pytest.approx(VE(std_max=5.0).std(1.0).item(), rel=4 / 632)


def test_a_path_whose_noise_shrinks_has_no_sde():
    """alpha = 1, std = sin(pi t): g^2 = pi sin(2 pi t) is negative in the second half."""

    class Breathing(EDM):
        def var(self, t):
            return torch.sin(math.pi * as_time(t)) ** 2

        def d_var(self, t):
            return math.pi * torch.sin(2 * math.pi * as_time(t))

    sde = Breathing().sde()
    assert sde.noise(0.25).item() == pytest.approx(math.pi**0.5, rel=1e-12)
    with pytest.raises(ValueError, match="std/alpha falls"):
        sde.noise(0.75)
