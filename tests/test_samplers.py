"""The named samplers: what they are special cases of, and the formulas of their papers."""

import pytest
import torch
from ring_problem import PATH, PREDICT, RING, SCORE, end, generator, start

from diffusion_lab.density import GaussianMixture
from diffusion_lab.process import (
    EDM,
    VE,
    VP,
    Dynamics,
    FlowPath,
    edm_times,
    exact_prediction,
    exact_score,
    log_snr_times,
    straight_times,
    uniform_times,
)
from diffusion_lab.sampling import (
    ddim,
    ddpm,
    dpm_multistep,
    dpm_singlestep,
    edm_heun,
    frozen,
    heun,
    integrate,
    langevin,
    predictor_corrector,
    stay,
)
from diffusion_lab.sampling.frozen import kept_noise


def g_times(k, path=PATH):
    return lambda t: k * path.sde().noise(t)


@pytest.mark.parametrize("path", [VP(), VE(0.01, 5.0), FlowPath()], ids=["VP", "VE", "flow"])
def test_ddim_and_ddpm_are_frozen_steps(path):
    """sigma = 0, and sigma = g, on the same noise: equal to rounding."""
    predict, times = exact_prediction(RING, path), straight_times(path, 12)
    for one, other in (
        (ddim(predict, path), frozen(predict, path, 0.0)),
        (ddim(predict, path, 1.0), frozen(predict, path)),
        (ddpm(predict, path), frozen(predict, path)),
    ):
        a, b = end(one, times, path), end(other, times, path)
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("k", [0.3, 1.0, 2.5])
def test_noise_kept_at_sigma_k_g_is_a_power(k):
    """q = r^(k^2): the quadrature against the closed form."""
    kept, ratio = kept_noise(PATH, g_times(k)), kept_noise(PATH, None)
    for t, s in ((1.0, 0.9), (0.5, 0.2), (0.02, 0.001)):
        t, s = torch.tensor(t, dtype=torch.float64), torch.tensor(s, dtype=torch.float64)
        assert kept(t, s) == pytest.approx(ratio(t, s) ** (k * k), rel=1e-9)


def test_noise_kept_without_noise_is_all():
    t, s = torch.tensor(0.7), torch.tensor(0.3)
    assert kept_noise(PATH, 0.0)(t, s) == 1.0
    assert kept_noise(PATH, 0.5)(t, torch.tensor(0.0)) == 0.0


def test_ddim_runs_both_ways():
    """Encode and decode on one grid: the gap is two errors of first order, halved with the step.

    At t = 0 the point has no noise and the first step only scales it; eta > 0 has no way forward.
    """
    x, gaps = RING.sample(50, generator()), []
    for steps in (100, 200, 400):
        times = straight_times(PATH, steps).flip(0)
        code = integrate(ddim(PREDICT, PATH), x, times, generator()).x
        back = integrate(ddim(PREDICT, PATH), code, times.flip(0), generator()).x
        gaps.append((back - x).norm(dim=1).median().item())
    assert code.std().item() == pytest.approx(1.0, abs=0.3)  # of 100 numbers, sqrt(1/200) each
    assert gaps[2] < 0.6 * gaps[1] < 0.4 * gaps[0], gaps
    with pytest.raises(ValueError, match="DDIM with eta > 0 steps backward"):
        integrate(ddim(PREDICT, PATH, 0.5), x, times, generator())


def test_large_posterior_variance_is_that_of_the_forward_step():
    """Ho et al. 2020: beta_t in place of beta_t (1 - abar_s)/(1 - abar_t), the mean unchanged."""
    t, s = uniform_times(1, 0.5, 0.4)
    x, z = start(), torch.randn(50, 2, generator=generator(7), dtype=torch.float64)
    bar_t, bar_s = PATH.alpha(t) ** 2, PATH.alpha(s) ** 2
    beta = 1 - bar_t / bar_s
    seen = PREDICT(x, t)
    mean = (x - beta / (1 - bar_t).sqrt() * seen.eps) / (1 - beta).sqrt()
    small = beta * (1 - bar_s) / (1 - bar_t)
    for variance, expected in (("small", small), ("large", beta)):
        got = ddpm(PREDICT, PATH, variance)(x, t, s, None, generator(7))[0]
        torch.testing.assert_close(got, mean + expected.sqrt() * z, rtol=1e-12, atol=1e-12)


def test_dpm_solver_pp_2m_is_the_update_of_its_paper():
    """Lu et al. 2022b, algorithm 2, in lambda = log(alpha/std), written out by hand."""
    times = log_snr_times(PATH, 8, 0.99, 0.01)
    x, lam, seen = start(), 0.5 * PATH.log_snr(times), []
    for i, (t, s) in enumerate(zip(times[:-1], times[1:], strict=True)):
        seen.append(PREDICT(x, t).x0)
        h = lam[i + 1] - lam[i]
        d = seen[-1]
        if i:
            r = (lam[i] - lam[i - 1]) / h
            d = (1 + 1 / (2 * r)) * seen[-1] - 1 / (2 * r) * seen[-2]
        x = PATH.std(s) / PATH.std(t) * x - PATH.alpha(s) * torch.expm1(-h) * d
    ours = integrate(dpm_multistep(PREDICT, PATH), start(), times, generator()).x
    torch.testing.assert_close(ours, x, rtol=1e-11, atol=1e-11)


def test_first_order_dpm_solver_is_ddim_in_either_prediction():
    times = log_snr_times(PATH, 9, 0.99, 0.01)
    wanted = end(ddim(PREDICT, PATH), times)
    for make in (dpm_multistep, dpm_singlestep):
        for target in ("x0", "eps"):
            got = end(make(PREDICT, PATH, 1, target), times)
            torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-10)


def test_heun_without_churn_is_heun_in_the_noise_level():
    """Karras et al. 2022, algorithm 1: alpha = 1, so x itself moves, by dx/dstd = eps."""
    path = EDM(5.0)
    predict, times = exact_prediction(RING, path), edm_times(EDM(5.0), 7)
    x = start(path)
    for t, s in zip(times[:-1], times[1:], strict=True):
        h, d = path.std(s) - path.std(t), predict(x, t).eps
        x_next = x + h * d
        if s > 0:
            x_next = x + 0.5 * h * (d + predict(x_next, s).eps)
        x = x_next
    torch.testing.assert_close(end(edm_heun(predict, path), times, path), x)


def test_churn_adds_the_variance_that_the_raised_noise_level_has():
    """With nothing to remove, from (1 + churn) r down to r_s: the law at s is right."""
    line = GaussianMixture.isotropic([1.0], [0.0], [1.0])
    predict = exact_prediction(line, PATH)
    t, s = uniform_times(1, 0.5, 0.49)
    x = torch.randn(200_000, 1, generator=generator(), dtype=torch.float64)  # var(x_t) = 1
    y, _ = edm_heun(predict, PATH, churn=0.3)(x, t, s, None, generator(2))
    # 1 +- sqrt(2/N): 0.003. Heun's own error over this step of 30 % is below 1e-3.
    assert y.var().item() == pytest.approx(1.0, abs=0.015)
    assert (y - x).std() > 0.3, "noise came in"


def test_langevin_keeps_the_law_up_to_the_square_of_its_size():
    """Gaussian of variance v = alpha^2 C + std^2: the chain's variance is v / (1 - e/(2 v))."""
    line = GaussianMixture.isotropic([1.0], [0.0], [0.5])
    t = torch.tensor(0.3, dtype=torch.float64)
    v = (0.25 * PATH.alpha(t) ** 2 + PATH.var(t)).item()
    for snr in (0.1, 0.3):
        step = langevin(exact_score(line, PATH), PATH, snr)
        x = v**0.5 * torch.randn(100_000, 1, generator=generator(), dtype=torch.float64)
        noise = generator(5)
        for _ in range(60):
            x, _ = step(x, t, t, None, noise)
        e = 2 * (snr * PATH.std(t).item()) ** 2
        # sqrt(2/N) is 0.0045 of v.
        assert x.var().item() == pytest.approx(v / (1 - e / (2 * v)), rel=0.02)


def test_correctors_bring_particles_back_to_the_law():
    """From a law that is wrong at t = 0.3, moves at fixed t lead to p(., 0.3)."""
    t = torch.tensor(0.3, dtype=torch.float64)
    step = predictor_corrector(stay, langevin(SCORE, PATH, 0.2), moves=60)
    x, _ = step(torch.zeros(20_000, 2, dtype=torch.float64), t, t, None, generator(4))
    exact = PATH.sample(
        RING.sample(20_000, generator(8)),
        torch.randn(20_000, 2, generator=generator(9), dtype=torch.float64),
        t,
    )
    # The variance of either sample is known to sqrt(2/N) = 1 %; the bias, e/(2 v), is 2 %.
    assert x.var(0).sum().item() == pytest.approx(exact.var(0).sum().item(), rel=0.06)


def test_predictor_memory_is_threaded_and_no_moves_change_nothing():
    times = log_snr_times(PATH, 12, 0.99, 0.01)
    alone = dpm_multistep(PREDICT, PATH)
    both = predictor_corrector(dpm_multistep(PREDICT, PATH), langevin(SCORE, PATH), moves=0)
    assert torch.equal(end(alone, times), end(both, times))


def test_heun_and_dpm_solver_agree_in_the_limit():
    """Different methods, one flow: a run of 200 steps errs by less than 4e-4 in each."""
    flow = Dynamics(PATH.sde(), SCORE, 0.0)
    times = uniform_times(200) ** 2
    a, b = end(heun(flow), times), end(dpm_singlestep(PREDICT, PATH, 3), times)
    assert (a - b).norm(dim=1).median() < 4e-4


def test_scale_of_the_straight_grid_is_where_u_is_one_half():
    """Power 1 and FlowPath, whose std/alpha runs to infinity: the middle time has u = 1/2."""
    for scale in (0.3, 1.0, 4.0):
        path = FlowPath()
        middle = straight_times(path, 10, power=1.0, scale=scale)[5]
        assert (path.std(middle) / path.alpha(middle)).item() == pytest.approx(scale, rel=1e-12)
