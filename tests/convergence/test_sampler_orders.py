"""Every sampler converges at its order, against the exact flow and the exact law of a Gaussian.

For Gaussian data N(0, C) the predictions are linear in x, so a whole run is linear in its start
and its noises: its final variance is computed exactly, without Monte Carlo.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch.overrides import TorchFunctionMode

from diffusion_lab.density import GaussianMixture
from diffusion_lab.process import (
    VP,
    Dynamics,
    FlowPath,
    arctan_times,
    exact_prediction,
    exact_score,
    log_snr_times,
    straight_times,
    times_at,
)
from diffusion_lab.sampling import (
    adams,
    balanced,
    ddim,
    ddpm,
    dpm_multistep,
    dpm_singlestep,
    edm_heun,
    euler_maruyama,
    frozen,
    heun,
    integrate,
    runge_kutta,
)

PATH = VP()
C = 0.3  # variance of the data
DATA = GaussianMixture.isotropic([1.0], [0.0], [math.sqrt(C)])
PREDICT = exact_prediction(DATA, PATH)
FLOW = Dynamics(PATH.sde(), exact_score(DATA, PATH), 0.0)


class UnitNoise(TorchFunctionMode):
    """Every call of torch.randn gives the next unit vector along the batch."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.units = iter(torch.eye(size, dtype=torch.float64)[1:, :, None])

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func is torch.randn:
            return next(self.units)
        return func(*args, **(kwargs or {}))


def variance(path, t) -> float:
    """Exact variance of x_t."""
    return (C * path.alpha(t) ** 2 + path.var(t)).item()


def final_variance(step, times, path=PATH) -> float:
    """Variance at the end of a run: the sum of squares of what each unit of noise became."""
    size = 2 * len(times)
    x = torch.zeros(size, 1, dtype=torch.float64)
    x[0] = math.sqrt(variance(path, times[0]))
    with UnitNoise(size):
        end = integrate(step, x, times, torch.Generator(), keep="last").x
    return end.square().sum().item()


def slow_start(steps: int) -> torch.Tensor:
    """From t = 0.8 to 0.1 with lambda quadratic: the first steps are tiny, so that the low order
    with which a multistep method must begin leaves no trace."""
    ends = PATH.log_snr(torch.tensor([0.8, 0.1], dtype=torch.float64))
    share = torch.linspace(0.0, 1.0, steps + 1, dtype=torch.float64) ** 2
    return times_at(PATH, torch.exp(-0.5 * (ends[0] + share * (ends[1] - ends[0]))))


def flow_error(step, steps: int) -> float:
    """Largest error anywhere along the way, so that a change of its sign hides nothing."""
    times = slow_start(steps)
    x = torch.ones(1, 1, dtype=torch.float64)
    states = integrate(step, x, times, torch.Generator()).states[:, 0, 0]
    total = C * PATH.alpha(times) ** 2 + PATH.var(times)
    return (states - (total / total[0]).sqrt()).abs().max().item()


def observed(errors: list[float]) -> float:
    """The order that two errors show, the second one of a run with twice the steps."""
    return math.log2(abs(errors[-2]) / abs(errors[-1]))


DETERMINISTIC = {
    "DDIM": (lambda: ddim(PREDICT, PATH), 1),
    "frozen, sigma = 0": (lambda: frozen(PREDICT, PATH, 0.0), 1),
    "Euler": (lambda: runge_kutta(FLOW.velocity, "euler"), 1),
    "midpoint": (lambda: runge_kutta(FLOW.velocity, "midpoint"), 2),
    "Heun": (lambda: heun(FLOW), 2),
    "Heun in std/alpha": (lambda: edm_heun(PREDICT, PATH), 2),
    "heun3": (lambda: runge_kutta(FLOW.velocity, "heun3"), 3),
    "rk4": (lambda: runge_kutta(FLOW.velocity), 4),
    "DPM-Solver-1": (lambda: dpm_singlestep(PREDICT, PATH, 1, "eps"), 1),
    "DPM-Solver-2": (lambda: dpm_singlestep(PREDICT, PATH, 2, "eps"), 2),
    "DPM-Solver-3": (lambda: dpm_singlestep(PREDICT, PATH, 3, "eps"), 3),
    "DPM-Solver++ 2S": (lambda: dpm_singlestep(PREDICT, PATH, 2), 2),
    "DPM-Solver++ 3S": (lambda: dpm_singlestep(PREDICT, PATH, 3), 3),
    "DPM-Solver 2M": (lambda: dpm_multistep(PREDICT, PATH, 2, "eps"), 2),
    "DPM-Solver++ 2M": (lambda: dpm_multistep(PREDICT, PATH, 2), 2),
    "DPM-Solver++ 3M": (lambda: dpm_multistep(PREDICT, PATH, 3), 3),
    "Adams 1": (lambda: adams(PREDICT, PATH, 1, corrector=False), 1),
    "Adams 2": (lambda: adams(PREDICT, PATH, 2, corrector=False), 2),
    "Adams 3": (lambda: adams(PREDICT, PATH, 3, corrector=False), 3),
    "Adams 4": (lambda: adams(PREDICT, PATH, 4, corrector=False), 4),
    "Adams 5": (lambda: adams(PREDICT, PATH, 5, corrector=False), 5),
}


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_order_on_the_exact_flow(name):
    make, order = DETERMINISTIC[name]
    errors = [flow_error(make(), steps) for steps in (160, 320)]
    assert order - 0.3 < observed(errors) < order + 0.6, errors


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_free_corrector_gains_an_order(order):
    errors = [flow_error(adams(PREDICT, PATH, order), steps) for steps in (80, 160)]
    assert order + 0.7 < observed(errors) < order + 1.6, errors


def g_times(k):
    sde = PATH.sde()
    return lambda t: k * sde.noise(t)


STOCHASTIC = {
    "Euler-Maruyama": (lambda: euler_maruyama(FLOW.with_sigma(None)), 1),
    "Heun": (lambda: heun(FLOW.with_sigma(None)), 2),
    "frozen, sigma = g": (lambda: frozen(PREDICT, PATH), 1),
    "frozen, sigma = 2 g": (lambda: frozen(PREDICT, PATH, g_times(2.0)), 1),
    "DDIM, eta = 1/2": (lambda: ddim(PREDICT, PATH, 0.5), 1),
    "DDPM, small": (lambda: ddpm(PREDICT, PATH), 1),
    "DDPM, large": (lambda: ddpm(PREDICT, PATH, "large"), 1),
    "balanced, sigma = g": (lambda: balanced(PREDICT, PATH, data_std=C**0.5), 2),
    "balanced, sigma = 1": (lambda: balanced(PREDICT, PATH, 1.0, data_std=C**0.5), 2),
}


@pytest.mark.parametrize("name", STOCHASTIC)
def test_weak_order_of_the_variance(name):
    """The law at an interior time, from steps that halve, without any sampling noise."""
    make, order = STOCHASTIC[name]
    errors = []
    for steps in (80, 160):
        times = log_snr_times(PATH, steps, 0.8, 0.05)
        errors.append(final_variance(make(), times) / variance(PATH, times[-1]) - 1.0)
    assert order - 0.25 < observed(errors) < order + 0.6, errors


@pytest.mark.parametrize("k", [0.0, 1.0, 4.0, 8.0])
def test_balanced_step_keeps_the_variance_where_others_lose_it(k):
    """To the data, on its own grid: 2 % at 20 steps, where frozen steps lose up to half."""
    data = GaussianMixture.isotropic([1.0], [0.0], [1.0])
    predict = exact_prediction(data, PATH)
    times = arctan_times(PATH, 20)
    size = 2 * len(times)
    x = torch.zeros(size, 1, dtype=torch.float64)
    x[0] = 1.0
    found = {}
    for make in (balanced, frozen):
        with UnitNoise(size):
            end = integrate(make(predict, PATH, g_times(k)), x, times, torch.Generator()).x
        found[make] = end.square().sum().item() - 1.0
    assert abs(found[balanced]) < 0.02
    assert abs(found[frozen]) > 0.15


@pytest.mark.parametrize("path", [VP(), FlowPath()], ids=["VP", "flow"])
def test_adams_is_exact_for_a_unit_gaussian(path):
    """v = 0 there, so one step from pure noise to the data is right to rounding."""
    data = GaussianMixture.isotropic([1.0], [0.0], [1.0])
    x = torch.tensor([[0.7], [-2.0]], dtype=torch.float64)
    end = integrate(
        adams(exact_prediction(data, path), path), x, straight_times(path, 3), torch.Generator()
    ).x
    torch.testing.assert_close(end, x, rtol=1e-12, atol=1e-12)
