"""Bits per dimension by both ways, on images whose density is known."""

import math

import pytest
import torch

from diffusion_lab.images import load_images, load_run
from diffusion_lab.images.bits_per_dim import flow_bits
from diffusion_lab.images.gaussian_images import GaussianImages
from diffusion_lab.images.grey_scale import GreyScale
from diffusion_lab.images.variational_bound import variational_bound
from diffusion_lab.process import VP, CosineVP

IMAGES = GaussianImages.smooth()
DIM = 64


def exact_bits(images, scale, n, seed, labels):
    """-log2 of the exact density at the dequantised test images, as flow_bits spreads them."""
    x = scale.spread(images.test_bytes[:n], torch.Generator().manual_seed(seed))
    log_prob = IMAGES.log_prob(x, images.test_labels[:n] if labels else None)
    return -log_prob / (DIM * math.log(2)) - math.log2(scale.width)


@pytest.mark.parametrize("dequantised", [False, True])
@pytest.mark.parametrize("levels", [17, 256])
def test_grey_levels_come_back(levels, dequantised):
    scale = GreyScale(levels, dequantised)
    whole = torch.arange(levels)[:, None]
    assert torch.equal(scale.read(scale.place(whole))[:, 0].long(), whole[:, 0])
    spread = scale.spread(whole.repeat(1, 50), torch.Generator().manual_seed(0))
    # The rounding of float32 can carry the last 1e-4 of a width over its edge.
    inside = 0.9999 * (spread - scale.place(whole)) + scale.place(whole)
    assert torch.equal(scale.read(inside).long(), whole.repeat(1, 50))
    edge = 1.0 + (0.0 if dequantised else 1.0 / (levels - 1))
    assert spread.abs().max() <= edge + 1e-6
    if not dequantised:
        images = IMAGES.image_set(2, 2, levels=levels)
        torch.testing.assert_close(scale.place(whole), images.scale(whole))


def test_samples_that_are_not_finite_are_refused():
    x = torch.zeros(3, 1, 2, 2)
    x[1, 0, 0, 0] = math.nan
    with pytest.raises(ValueError, match="1 of 3 samples"):
        GreyScale(17).read(x)


def test_the_exact_predictor_is_the_gradient_of_the_density():
    path, t = VP(), torch.tensor(0.3, dtype=torch.float64)
    x = IMAGES.sample(6, torch.Generator().manual_seed(0))[0].double()
    label = torch.tensor([0, 1, 0, 1, 1, 0])
    for given in (None, label):
        x = x.detach().requires_grad_()
        noised = IMAGES.law.noised(path.alpha(t).item(), path.std(t).item())
        density = GaussianImages(noised, IMAGES.shape).log_prob(x, given)
        (score,) = torch.autograd.grad(density.sum(), x)
        seen = IMAGES.predict(path)(x.detach(), t, given)
        torch.testing.assert_close(seen.score, score, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("dequantised", [False, True])
def test_flow_bits_are_those_of_the_density(labels, dequantised):
    n, path = 60, CosineVP()
    images = IMAGES.image_set(50, n, seed=4)
    scale = GreyScale(images.levels, dequantised)
    found = flow_bits(
        IMAGES.predict(path), path, images, n, seed=7, labels=labels, level=1e-3,
        dequantised=dequantised, steps=12,
    )  # fmt: skip
    exact = exact_bits(images, scale, n, 7, labels)
    # Only the probes differ. A sign vector v for the whole flow measures v' M v in place of tr M,
    # with M = -log(C)/2 for a Gaussian: variance 2 sum_(i != j) M_ij^2.
    values, vectors = torch.linalg.eigh(IMAGES.law.covariances[0])
    m = 0.5 * (vectors * values.log()) @ vectors.T
    probe = math.sqrt(2 * (m.square().sum() - m.diagonal().square().sum()).item())
    probe /= DIM * math.log(2)
    assert abs(found.bits.value - exact.mean().item()) < 4 * probe / math.sqrt(n)
    error = math.hypot(exact.std().item(), probe) / math.sqrt(n)
    assert found.bits.error == pytest.approx(error, rel=4 / math.sqrt(2 * n))
    assert found.conditional is labels
    assert found.halved < 0.01  # 24 evaluations are already good for a Gaussian


def test_the_entropy_is_what_the_bits_tend_to():
    images = IMAGES.image_set(50, 400, seed=5)
    exact = exact_bits(images, GreyScale(256), 400, 0, labels=True)
    covariance = IMAGES.law.covariances[0]
    entropy = 0.5 * torch.logdet(2 * math.pi * math.e * covariance).item()
    expected = entropy / (DIM * math.log(2)) - math.log2(2 / 255)
    # Rounding and spreading add the variance width^2/6 to the 0.0063 of the finest direction,
    # which is 1e-3 of it and 1e-3 bits.
    assert abs(exact.mean() - expected) < 4 * exact.std() / 20 + 1e-3


@pytest.mark.parametrize("dequantised", [False, True])
def test_the_bound_of_the_exact_predictor_is_tight(dequantised):
    n, path = 300, CosineVP()
    images = IMAGES.image_set(50, n, seed=6)
    exact = exact_bits(images, GreyScale(256, dequantised), n, 0, labels=True)
    found = variational_bound(
        IMAGES.predict(path), path, images, n, labels=True, times=8, dequantised=dequantised,
        top=None if dequantised else 11.0,
    )  # fmt: skip
    assert found.bits.value == pytest.approx(found.prior + found.diffusion + found.decoder)
    # The exact reverse process leaves no gap but that of the decoder, which takes pixels as
    # independent at a fifth of a grey level (below 0.01 bits), or at half of one where the model,
    # which does not know that levels are whole, would pay for knowing more.
    gap = found.bits.value - exact.mean().item()
    assert abs(gap) < 4 * math.hypot(found.bits.error, exact.std().item() / math.sqrt(n)) + 0.01


def test_a_wrong_predictor_pays():
    n, path = 100, VP()
    images = IMAGES.image_set(50, n, seed=8)
    wrong = GaussianImages.smooth(std=0.5).predict(path)
    exact = exact_bits(images, GreyScale(256), n, 0, labels=True)
    found = variational_bound(wrong, path, images, n, labels=True)
    # KL of Gaussians with the same means and 4 times the covariance, in bits for each pixel.
    divergence = 0.5 * (math.log(4) + 0.25 - 1) / math.log(2)
    gap = found.bits.value - exact.mean().item()
    assert abs(gap - divergence) < 4 * found.bits.error + 0.02


def test_the_kept_digits_run_has_bits():
    digits, model = load_images("digits"), load_run("runs/digits")
    flow = flow_bits(model.predict, model.path, digits, 40, labels=True, steps=8)
    bound = variational_bound(model.predict, model.path, digits, 200, labels=True, times=4)
    # Less than a Gaussian fitted to the training pixels, more than nothing.
    pixels = digits.train.flatten(1).double()
    covariance = torch.cov(pixels.T) + GreyScale(17).width ** 2 / 12 * torch.eye(DIM)
    entropy = 0.5 * torch.logdet(2 * math.pi * math.e * covariance).item()
    gaussian = entropy / (DIM * math.log(2)) - math.log2(GreyScale(17).width)
    for bits in (flow.bits, bound.bits):
        assert 1.0 < bits.value + 4 * bits.error < gaussian


def test_numbers_out_of_range_are_refused():
    images = IMAGES.image_set(10, 10)
    with pytest.raises(ValueError, match="2 to 10 images"):
        flow_bits(IMAGES.predict(VP()), VP(), images, 11)
    with pytest.raises(ValueError, match="2 to 10 images"):
        variational_bound(IMAGES.predict(VP()), VP(), images, 1)
    with pytest.raises(ValueError, match="above -10"):
        variational_bound(IMAGES.predict(VP()), VP(), images, 5, top=-12.0)
