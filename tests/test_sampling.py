"""The loop and the steps: directions, resuming, and DDIM against the formulas of its papers."""

import math

import pytest
import torch

from diffusion_lab.density import GaussianMixture, two_bumps
from diffusion_lab.process import (
    EDM,
    SDE,
    VP,
    Dynamics,
    edm_times,
    exact_prediction,
    exact_score,
    log_snr_times,
    uniform_times,
)
from diffusion_lab.sampling import ddim, euler_maruyama, integrate, iterate

PATH = VP()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_order_of_the_grid_is_the_direction():
    """dx = dt exactly: forward adds the time that passes, backward takes it away."""
    clock = Dynamics(SDE(lambda x, t: torch.ones_like(x), lambda t: 0.0))
    x = torch.zeros(2, 3, dtype=torch.float64)
    for start, end in ((0.2, 0.7), (0.7, 0.2)):
        run = integrate(euler_maruyama(clock), x, uniform_times(7, start, end), generator())
        torch.testing.assert_close(run.x, torch.full_like(x, end - start))
        torch.testing.assert_close(run.states[:, 0, 0], run.times - start)


def test_a_run_resumes_from_its_trajectory():
    dynamics = Dynamics(PATH.sde(), exact_score(two_bumps(), PATH))
    step, times = euler_maruyama(dynamics), uniform_times(20)
    x = torch.randn(6, 1, generator=generator(), dtype=torch.float64)
    g = generator(3)
    whole = integrate(step, x, times, g)
    g = generator(3)
    half = integrate(step, x, times[:11], g)
    rest = integrate(step, half.x, times[10:], g, memory=half.memory)
    assert torch.equal(rest.x, whole.x)
    assert whole.states.shape == (21, 6, 1)


def test_memory_is_threaded_and_the_last_state_alone_can_be_kept():
    def counting(x, t, s, memory, g):
        return x + 1.0, (memory or 0) + 1

    x = torch.zeros(1, 1)
    run = integrate(counting, x, uniform_times(5), generator(), keep="last")
    assert (run.memory, run.x.item(), len(run.states), run.times.item()) == (5, 5.0, 1, 0.0)
    seen = [(t.item(), m) for t, _, m in iterate(counting, x, uniform_times(2), generator())]
    assert seen == [(0.5, 1), (0.0, 2)]


def test_ddim_is_the_update_of_its_paper():
    """Song, Meng & Ermon 2021, eqs. (12) and (16), in their alpha-bar."""
    predict = exact_prediction(two_bumps(), PATH)
    x = torch.randn(50, 1, generator=generator(), dtype=torch.float64)
    t, s = uniform_times(1, 0.6, 0.5)
    a_t, a_s = PATH.alpha(t) ** 2, PATH.alpha(s) ** 2
    eps = predict(x, t).eps
    for eta in (0.0, 0.4, 1.0):
        z = torch.randn(50, 1, generator=generator(9), dtype=torch.float64)
        scale = eta * ((1 - a_s) / (1 - a_t)).sqrt() * (1 - a_t / a_s).sqrt()
        clean = (x - (1 - a_t).sqrt() * eps) / a_t.sqrt()
        paper = a_s.sqrt() * clean + (1 - a_s - scale**2).sqrt() * eps + scale * z
        ours = ddim(predict, PATH, eta)(x, t, s, None, generator(9))[0]
        torch.testing.assert_close(ours, paper, rtol=1e-12, atol=1e-12)


def test_ddim_with_eta_one_is_the_ancestral_posterior():
    """q(x_s | x_t, x_0) of DDPM in beta and alpha-bar (Ho et al. 2020, eq. 7)."""
    t, s = uniform_times(1, 0.6, 0.58)
    bar_t, bar_s = PATH.alpha(t) ** 2, PATH.alpha(s) ** 2
    beta = 1 - bar_t / bar_s
    x = torch.tensor([[0.7]], dtype=torch.float64)
    x0 = exact_prediction(two_bumps(), PATH)(x, t).x0
    mean = bar_s.sqrt() * beta / (1 - bar_t) * x0
    mean += (1 - beta).sqrt() * (1 - bar_s) / (1 - bar_t) * x
    sd = ((1 - bar_s) / (1 - bar_t) * beta).sqrt()
    z = torch.randn(1, 1, generator=generator(4), dtype=torch.float64)
    ours = ddim(exact_prediction(two_bumps(), PATH), PATH, 1.0)(x, t, s, None, generator(4))[0]
    torch.testing.assert_close(ours, mean + sd * z, rtol=1e-12, atol=1e-12)


def test_one_ddim_step_to_zero_returns_the_expected_data_point():
    predict = exact_prediction(two_bumps(), PATH)
    x = torch.tensor([[0.3], [-2.0]], dtype=torch.float64)
    run = integrate(ddim(predict, PATH), x, torch.tensor([0.8, 0.0]), generator())
    torch.testing.assert_close(run.x, predict(x, 0.8).x0)


def test_ddim_is_exact_for_a_point_mass_in_any_number_of_steps():
    """For one data point the noise prediction is constant along the flow, so no step errs."""
    point = GaussianMixture.isotropic([1.0], [0.4], [1e-9])
    x = torch.randn(20, 1, generator=generator(), dtype=torch.float64)
    run = integrate(ddim(exact_prediction(point, PATH), PATH), x, uniform_times(2), generator())
    torch.testing.assert_close(run.x, torch.full_like(x, 0.4), rtol=0, atol=1e-8)


def test_grids_hit_their_ends_and_are_even_in_what_they_say():
    times = log_snr_times(PATH, 10)
    assert (times[0], times[-1]) == (0.999, 0.001)
    gaps = PATH.log_snr(times).diff()
    torch.testing.assert_close(gaps, gaps.mean().expand_as(gaps), rtol=1e-9, atol=0)
    edm = edm_times(EDM(), 18)
    assert (edm[0], edm[-1], len(edm)) == (1.0, 0.0, 19)
    roots = (80.0 * edm[:-1]) ** (1 / 7)
    torch.testing.assert_close(roots.diff(), roots.diff().mean().expand(17), rtol=1e-9, atol=0)
    assert 80.0 * edm[-2] == pytest.approx(0.002)


def test_float32_states_stay_float32():
    path = VP()
    dynamics = Dynamics(path.sde(), exact_score(two_bumps(), path), lambda t: math.pi * t)
    run = integrate(euler_maruyama(dynamics), torch.zeros(4, 1), uniform_times(5), generator())
    assert run.x.dtype == torch.float32
