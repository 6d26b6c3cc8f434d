"""What every step keeps to: it resumes, keeps its precision, and names what is wrong."""

import math

import pytest
import torch
from ring_problem import PATH, PREDICT, SCORE, end, generator, start

from diffusion_lab.process import (
    EDM,
    VE,
    VP,
    FlowPath,
    Prediction,
    arctan_times,
    straight_times,
    times_at,
    uniform_times,
)
from diffusion_lab.sampling import (
    adams,
    adams_plan,
    balanced,
    ddim,
    ddpm,
    dpm_multistep,
    dpm_singlestep,
    edm_heun,
    frozen,
    integrate,
    langevin,
    predictor_corrector,
    runge_kutta,
    stay,
)

MAKERS = {
    "frozen": lambda: frozen(PREDICT, PATH, 1.5),
    "balanced": lambda: balanced(PREDICT, PATH, 1.5),
    "adams": lambda: adams(PREDICT, PATH, 3),
    "DPM-Solver++ 3M": lambda: dpm_multistep(PREDICT, PATH, 3),
    "DPM-Solver++ 3S": lambda: dpm_singlestep(PREDICT, PATH, 3),
    "churn": lambda: edm_heun(PREDICT, PATH, churn=0.1),
    "predictor-corrector": lambda: predictor_corrector(ddim(PREDICT, PATH), langevin(SCORE, PATH)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_run_resumes_bit_for_bit(name):
    times = arctan_times(PATH, 10)
    whole = integrate(MAKERS[name](), start(), times, generator(6))
    noise = generator(6)
    half = integrate(MAKERS[name](), start(), times[:6], noise)
    rest = integrate(MAKERS[name](), half.x, times[5:], noise, half.memory)
    assert torch.equal(rest.x, whole.x)
    assert torch.equal(half.states, whole.states[:6])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", MAKERS)
def test_every_step_keeps_the_precision_of_its_state(name, dtype):
    x = integrate(MAKERS[name](), start().to(dtype), arctan_times(PATH, 6), generator()).x
    assert x.dtype == dtype


@pytest.mark.parametrize("name", ["frozen", "balanced", "adams", "DPM-Solver++ 3M", "churn"])
def test_forward_steps_are_refused(name):
    with pytest.raises(ValueError, match=r"backward; this one goes from 0\.2 to 0\.3"):
        integrate(MAKERS[name](), start(), torch.tensor([0.2, 0.3]), generator())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ddpm(PREDICT, PATH, "learned"), "variance = 'learned'; expected one of"),
        (lambda: adams(PREDICT, PATH, 6), "order = 6"),
        (lambda: adams_plan(PATH, 10, dim=0), "dim = 0"),
        (lambda: adams_plan(PATH, 10, 2, data_std=-1.0), "data_std = -1"),
        (lambda: straight_times(PATH, 10, scale=0.0), "scale = 0"),
        (lambda: dpm_multistep(PREDICT, PATH, 4), "order = 4"),
        (lambda: dpm_singlestep(PREDICT, PATH, 2, "v"), "target = 'v'"),
        (lambda: runge_kutta(SCORE, "rk5"), "method = 'rk5'"),
        (lambda: langevin(SCORE, PATH, -1.0), "snr = -1"),
        (lambda: predictor_corrector(stay, stay, -1), "moves = -1"),
        (lambda: edm_heun(PREDICT, PATH, churn=-0.1), "churn = -0.1"),
        (lambda: balanced(PREDICT, PATH, data_std=0.0), "data_std = 0"),
        (lambda: end(frozen(PREDICT, PATH, -1.0), uniform_times(2)), r"sigma\(t\) = -1"),
        (
            lambda: end(dpm_multistep(PREDICT, FlowPath(), 2, "eps"), uniform_times(2)),
            "alpha = 0",
        ),
    ],
)
def test_bad_options_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_times_are_found_from_the_noise_level():
    """The inverse of std/alpha, over 12 decades and at both ends."""
    for path in (VP(), VE(), FlowPath(), EDM()):
        t = torch.tensor([0.0, 1e-6, 0.01, 0.5, 0.99], dtype=torch.float64)
        ratio = path.std(t) / path.alpha(t)
        torch.testing.assert_close(times_at(path, ratio), t, rtol=1e-9, atol=1e-15)
    assert times_at(FlowPath(), torch.tensor([math.inf])).item() == 1.0
    with pytest.raises(ValueError, match="std/alpha = -1"):
        times_at(PATH, torch.tensor([-1.0]))


@pytest.mark.parametrize("grid", [arctan_times, straight_times])
def test_grids_for_the_new_samplers_run_from_noise_to_data(grid):
    for path in (VP(), FlowPath(), VE()):
        times = grid(path, 15)
        assert (times[0], times[-1], len(times)) == (1.0, 0.0, 16)
        assert (times.diff() < 0).all()


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_high_order_makes_do_with_few_steps(steps):
    """Multistep methods begin with the orders that they have past values for."""
    for step in (adams(PREDICT, PATH, 4), dpm_multistep(PREDICT, PATH, 3)):
        assert end(step, straight_times(PATH, steps)).isfinite().all()


def test_a_net_that_returns_nan_is_named_with_the_time():
    def broken(x, t):
        seen = PREDICT(x, t)
        return Prediction(seen.x0 * (math.nan if t < 0.5 else 1.0), seen.eps, PATH, t)

    for step in (ddim(broken, PATH), adams(broken, PATH), balanced(broken, PATH)):
        with pytest.raises(
            FloatingPointError, match=r"100 of 100 entries .* from t = 0\.4 to 0\.2"
        ):
            end(step, torch.tensor([1.0, 0.6, 0.4, 0.2, 0.0]))


def test_a_prediction_of_another_precision_is_refused():
    def wide(x, t):
        return PREDICT(x.double(), t)

    with pytest.raises(TypeError, match=r"from torch\.float32 \(50, 2\) into torch\.float64"):
        integrate(ddim(wide, PATH), start().float(), uniform_times(3), generator())
