"""Particles of every member carry the exact density; without the correction they do not."""

import math

import pytest
import torch

from diffusion_lab.density import histogram_l1, ks_distance, ks_floor, ring_mixture, two_bumps
from diffusion_lab.density import sliced_wasserstein as sliced
from diffusion_lab.process import SDE, VP, Dynamics, exact_score, uniform_times
from diffusion_lab.sampling import euler_maruyama, heun, integrate

PATH, DENSITY = VP(0.2, 6.0), two_bumps()
FAMILY = Dynamics(PATH.sde(), exact_score(DENSITY, PATH))
N = 40_000
SIGMAS = {"zero": 0.0, "constant": 1.0, "g": None, "bump": lambda t: 2.0 * torch.sin(math.pi * t)}
WINDOWS = {"forth": (0.0, 0.5), "back": (0.9, 0.25)}


def law(t: float):
    return DENSITY.noised(PATH.alpha(t).item(), PATH.std(t).item())


def run(dynamics, start: float, end: float, steps: int = 80, make=heun) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    x = law(start).sample(N, generator)
    times = uniform_times(steps, start, end)
    return integrate(make(dynamics), x, times, generator, keep="last").x


def distance(x: torch.Tensor, t: float) -> float:
    return ks_distance(x, law(t).cdf(x[:, 0]))


# 16 tests at level 1e-4 each: exact draws would fail one of them in 600 suites. The bias of the
# step, h^2 with Heun, is a hundred times smaller: 4e-5 at sigma = 0.
BOUND = ks_floor(N, 1e-4)


@pytest.mark.parametrize("sigma", SIGMAS.values(), ids=SIGMAS)
@pytest.mark.parametrize(("start", "end"), WINDOWS.values(), ids=WINDOWS)
def test_every_sigma_carries_the_density(sigma, start, end):
    assert distance(run(FAMILY.with_sigma(sigma), start, end), end) < BOUND


@pytest.mark.parametrize("sigma", [0.0, 3.0])
@pytest.mark.parametrize(("start", "end"), WINDOWS.values(), ids=WINDOWS)
def test_without_the_correction_the_density_is_another(sigma, start, end):
    """Noise sigma put beside the drift of sigma = g."""
    sde = PATH.sde()
    if end > start:
        wrong = Dynamics(SDE(sde.f, lambda t: sigma))
    else:  # the drift f - g^2 score with noise sigma

        def drift(x, t):
            return sde.f(x, t) - sde.g(t) ** 2 * FAMILY.score(x, t)

        wrong = Dynamics(SDE(drift, lambda t: 0.0), lambda x, t: torch.zeros_like(x), sigma)
    assert distance(run(wrong, start, end), end) > 4 * BOUND


def test_euler_maruyama_noise_is_gaussian_not_a_product():
    """A product of two Gaussians has the right variance but kurtosis 9: take the 4th moment."""
    step = euler_maruyama(Dynamics(SDE(lambda x, t: torch.zeros_like(x), lambda t: 2.0)))
    t, s = uniform_times(1, 0.0, 0.25)
    zero = torch.zeros(N, 1, dtype=torch.float64)
    jump = step(zero, t, s, None, torch.Generator().manual_seed(0))[0]
    var = jump.var().item()
    kurtosis = (jump**4).mean().item() / var**2
    assert var == pytest.approx(1.0, rel=4 * math.sqrt(2 / N))
    assert kurtosis == pytest.approx(3.0, abs=4 * math.sqrt(24 / N))


def test_two_dimensions_keep_the_density_too():
    density = ring_mixture(6, 1.2, 0.3)
    family = Dynamics(PATH.sde(), exact_score(density, PATH), 1.5)
    generator = torch.Generator().manual_seed(2)
    start, end, n = 0.9, 0.2, 5000

    def exact(t: float) -> torch.Tensor:
        return density.noised(PATH.alpha(t).item(), PATH.std(t).item()).sample(n, generator)

    def gap(x: torch.Tensor, y: torch.Tensor) -> float:
        return sliced(x, y, torch.Generator().manual_seed(0))

    times = uniform_times(50, start, end)
    x = integrate(heun(family), exact(start), times, generator, keep="last").x
    floor = torch.tensor([gap(exact(end), exact(end)) for _ in range(12)])
    assert gap(x, exact(end)) < floor.mean() + 5 * floor.std()  # 12 draws: t-quantile of 2e-4


def test_two_runs_with_one_seed_are_equal_and_with_two_are_not():
    dynamics = FAMILY.with_sigma(1.0)
    x = torch.zeros(5, 1, dtype=torch.float64)

    def go(seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return integrate(euler_maruyama(dynamics), x, uniform_times(20), generator).x

    assert torch.equal(go(1), go(1))
    assert not torch.equal(go(1), go(2))


def test_histogram_against_the_wrong_density_is_far():
    x = law(0.5).sample(N, torch.Generator().manual_seed(3))
    edges = torch.linspace(-3, 3, 61, dtype=torch.float64)
    near, far = (histogram_l1(x, edges, law(t).cdf(edges).diff()) for t in (0.5, 0.25))
    assert far > 4 * near
