"""Every named sampler, on images whose law is known."""

import math
from itertools import cycle

import pytest
import torch

from diffusion_lab.images.frechet import frechet_distance
from diffusion_lab.images.gaussian_images import GaussianImages
from diffusion_lab.images.sampler_methods import METHODS
from diffusion_lab.images.samplers import Sampling, draw
from diffusion_lab.process import VP, CosineVP

IMAGES = GaussianImages.smooth()
# The evaluations with which each sampler comes close to the density, with each sigma to try.
NEEDED = {
    "adams": [(16, 0.0)],
    "balanced": [(16, 0.0), (16, 1.0), (16, 2.0), (16, "1 - t")],
    "ddim": [(40, 0.0), (40, 1.0), (40, "1 - t")],
    "ddim-eta": [(40, 0.5)],
    "ddpm": [(40, 1.0)],
    "ddpm-large": [(60, 1.0)],
    "dpm2": [(16, 0.0)],
    "dpm3": [(16, 0.0)],
    "dpm2-eps": [(16, 0.0)],
    "dpm3-eps": [(16, 0.0)],
    "dpm2-single": [(25, 0.0)],
    "dpm3-single": [(25, 0.0)],
    "heun": [(35, 0.0)],
    "churn": [(35, 0.0)],
    "euler": [(50, 0.0), (50, 1.0), (50, "1 - t")],
    "heun-sde": [(51, 0.0), (51, "1 - t")],
    "midpoint": [(51, 0.0)],
    "heun3": [(52, 0.0)],
    "rk4": [(53, 0.0)],
    "corrected": [(61, 0.0), (61, "1 - t")],
    "langevin": [(200, 0.0)],
}


@pytest.mark.parametrize(
    ("plan", "path"),
    [
        (Sampling(name, n, sigma), path)
        for name in METHODS
        for (n, sigma), path in zip(NEEDED[name], cycle([VP(), CosineVP()]), strict=False)
    ],
    ids=lambda p: f"{p.sampler}-{p.sigma}" if isinstance(p, Sampling) else type(p).__name__,
)
def test_every_sampler_draws_from_the_density(plan, path):
    n = 200
    labels = torch.arange(n) % 2
    samples, calls = draw(IMAGES.predict(path), path, IMAGES.shape, labels, plan, data_std=0.25)
    assert calls == plan.evaluations
    found = frechet_distance(samples.flatten(1), IMAGES.moments(), labels)
    exact, _ = IMAGES.sample(n, torch.Generator().manual_seed(9))
    floor = frechet_distance(exact.flatten(1), IMAGES.moments(), labels)
    # First-order samplers err by about 2% in the standard deviations, that is by 4e-4 of the
    # total variance of 4 in this distance; the rest is the noise of n draws.
    assert found.plain < floor.plain + 4 * math.hypot(found.error, floor.error) + 0.01


def test_a_formula_for_sigma_is_the_same_scale_as_a_number():
    path = VP()
    options = (IMAGES.predict(path), path, IMAGES.shape, torch.tensor([0, 1]))
    typed, number, other = (
        draw(*options, Sampling("balanced", 8, sigma))[0] for sigma in ("1/2 + 0t", 0.5, "t")
    )
    torch.testing.assert_close(typed, number, rtol=0, atol=1e-5)  # the same sums, in float32
    assert (typed - other).abs().max() > 0.01


def test_noise_depends_on_the_seed_alone_and_guidance_costs_twice():
    path, labels = VP(), torch.tensor([0, 1, 1, 0, 1])
    model = IMAGES.predict(path)
    one, _ = draw(model, path, IMAGES.shape, labels, Sampling("adams", 8), seed=4, batch=5)
    two, _ = draw(model, path, IMAGES.shape, labels, Sampling("adams", 8), seed=4, batch=2)
    torch.testing.assert_close(one, two, rtol=0, atol=1e-5)  # float32, other matrix shapes
    _, calls = draw(model, path, IMAGES.shape, labels, Sampling("adams", 8, 0.0, 2.0))
    assert calls == 16
    with pytest.raises(ValueError, match="guidance needs labels"):
        draw(model, path, IMAGES.shape, 5, Sampling("adams", 8, 0.0, 2.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("no",), "unknown sampler"),
        (("adams", 20, 1.0), "sigma = 1.0 with adams, which takes sigma = 0 only"),
        (("adams", 20, "t"), "sigma = t with adams, which takes sigma = 0 only"),
        (("ddpm", 20), "takes sigma = 1 only"),
        (("ddim-eta", 20, 1.5), "takes a number from 0 to 1"),
        (("euler", 20, -1.0), "takes a number >= 0 or a formula"),
        (("euler", 20, math.nan), "takes a number >= 0 or a formula"),
        (("euler", 20, "t - 0.5"), "is >= 0 on"),
        (("euler", 20, "0.5 g"), "column 5: unknown name “g”.* in units of g"),
        (("ddim", 2), "at least 3"),
        (("rk4", 4), "at least 5"),
    ],
)
def test_bad_samplings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Sampling(*options)
