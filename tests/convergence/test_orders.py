"""Orders of convergence, fitted and compared with theory, without sampling noise.

For Gaussian data the score is linear, so one step maps x to A x + S z. A and S are read off the
real step by running it on x = 1 and x = 0 with equal noise, and the variance of the samples then
follows exactly: no Monte Carlo error hides the order.
"""

import math

import pytest
import torch

from diffusion_lab.density import GaussianMixture, ring_mixture
from diffusion_lab.process import VP, Dynamics, exact_prediction, exact_score, uniform_times
from diffusion_lab.sampling import ddim, euler_maruyama, heun, integrate

PATH = VP(0.2, 6.0)
DATA = GaussianMixture.isotropic([1.0], [0.0], [0.5])
FAMILY = Dynamics(PATH.sde(), exact_score(DATA, PATH))
START, END = 0.9, 0.1


def variance_error(step, steps: int, start: float, end: float) -> float:
    """|Var(x_end) - exact| when x_start has the exact variance."""
    times = uniform_times(steps, start, end)

    def exact(t: torch.Tensor) -> float:
        return float(PATH.alpha(t) ** 2 * 0.25 + PATH.var(t))

    variance = exact(times[0])
    probe = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    for t, s in zip(times[:-1], times[1:], strict=True):
        a, b = (
            step(x[None], t, s, None, torch.Generator().manual_seed(0))[0].item() for x in probe
        )
        z = torch.randn(1, generator=torch.Generator().manual_seed(0), dtype=torch.float64).item()
        variance = (a - b) ** 2 * variance + (b / z) ** 2
    return abs(variance - exact(times[-1]))


def slope(errors: list[float]) -> float:
    """Order from errors at steps doubling each time, by least squares in log-log."""
    y = torch.tensor(errors, dtype=torch.float64).log2()
    n = torch.arange(len(errors), dtype=torch.float64)
    return -float(((n - n.mean()) * (y - y.mean())).sum() / ((n - n.mean()) ** 2).sum())


SIGMAS = {"zero": 0.0, "constant": 0.8, "g": None, "bump": lambda t: torch.sin(math.pi * t)}


@pytest.mark.parametrize(("start", "end"), [(START, END), (END, START)], ids=["back", "forth"])
@pytest.mark.parametrize("sigma", SIGMAS.values(), ids=SIGMAS)
@pytest.mark.parametrize(("make", "order"), [(euler_maruyama, 1), (heun, 2)])
def test_weak_order(make, order, sigma, start, end):
    step = make(FAMILY.with_sigma(sigma))
    errors = [variance_error(step, n, start, end) for n in (64, 128, 256, 512)]
    # The next term of the error, of relative size h = 0.8/64, bends the slope by about that much.
    assert slope(errors) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize(
    ("make", "order"),
    [
        (euler_maruyama, 1),
        (heun, 2),
        (None, 1),  # DDIM
    ],
    ids=["Euler", "Heun", "DDIM"],
)
def test_order_of_the_probability_flow_on_a_mixture(make, order):
    """Distance of the end points to those of a fine Heun run, on a curved two-dimensional flow."""
    density = ring_mixture(5, radius=1.0, std=0.4)
    flow = Dynamics(PATH.sde(), exact_score(density, PATH), 0.0)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, 2, generator=generator, dtype=torch.float64)

    def end(step, steps: int) -> torch.Tensor:
        times = uniform_times(steps, START, END)
        return integrate(step, x, times, generator, keep="last").x

    step = make(flow) if make else ddim(exact_prediction(density, PATH), PATH)
    exact = end(heun(flow), 4096)  # its own error is (64/4096)^2 of the coarsest Heun error
    errors = [(end(step, n) - exact).square().mean().sqrt().item() for n in (64, 128, 256, 512)]
    assert slope(errors) == pytest.approx(order, abs=0.1)


def test_euler_maruyama_has_strong_order_one_with_additive_noise():
    """Coarse and fine runs on one Brownian path: the distance falls like h, not like sqrt h."""
    family, fine, paths = FAMILY.with_sigma(0.8), 1024, 400
    times = uniform_times(fine, START, END)
    generator = torch.Generator().manual_seed(0)
    x0 = torch.randn(paths, 1, generator=generator, dtype=torch.float64)
    dw = torch.randn(fine, paths, 1, generator=generator, dtype=torch.float64)
    dw *= math.sqrt((START - END) / fine)

    def run(coarsen: int) -> torch.Tensor:
        x = x0
        grid = times[::coarsen]
        bundles = dw.reshape(-1, coarsen, paths, 1).sum(1)
        for t, s, noise in zip(grid[:-1], grid[1:], bundles, strict=True):
            x = x + (s - t) * family.backward_drift(x, t) + family.noise(t) * noise
        return x

    exact = run(1)
    errors = [(run(c) - exact).square().mean().sqrt().item() for c in (64, 32, 16, 8)]
    # 400 paths leave 4% on each error; the reference, 8 times finer, adds 1/8 of the last one.
    assert slope(errors) == pytest.approx(1.0, abs=0.15)
