"""What every step keeps to: it resumes, keeps its precision, and names what is wrong."""

import math

import pytest
import torch
from ring_problem import PATH, PREDICT, RING, SCORE, SameNoise, end, generator, start

from diffusion_lab.process import (
    EDM,
    VE,
    VP,
    Dynamics,
    FlowPath,
    Prediction,
    arctan_times,
    exact_prediction,
    exact_score,
    straight_times,
    times_at,
    uniform_times,
)
from diffusion_lab.sampling import (
    Step,
    adams,
    adams_plan,
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
    langevin,
    predictor_corrector,
    runge_kutta,
    stay,
)

# Every step of the package, from a prediction, its score and its path.
MAKERS = {
    "Euler-Maruyama": lambda p, s, path: euler_maruyama(Dynamics(path.sde(), s, 1.0)),
    "Heun": lambda p, s, path: heun(Dynamics(path.sde(), s)),
    "rk4": lambda p, s, path: runge_kutta(Dynamics(path.sde(), s, 0.0).velocity),
    "DDIM": lambda p, s, path: ddim(p, path),
    "DDIM, eta = 1/2": lambda p, s, path: ddim(p, path, 0.5),
    "DDPM": lambda p, s, path: ddpm(p, path),
    "DDPM, large": lambda p, s, path: ddpm(p, path, "large"),
    "frozen": lambda p, s, path: frozen(p, path, 1.5),
    "balanced": lambda p, s, path: balanced(p, path, 1.5),
    "adams": lambda p, s, path: adams(p, path, 3),
    "adams, order 5": lambda p, s, path: adams(p, path, 5, corrector=False),
    "DPM-Solver 2M": lambda p, s, path: dpm_multistep(p, path, 2, "eps"),
    "DPM-Solver 2S": lambda p, s, path: dpm_singlestep(p, path, 2, "eps"),
    "DPM-Solver++ 3M": lambda p, s, path: dpm_multistep(p, path, 3),
    "DPM-Solver++ 3S": lambda p, s, path: dpm_singlestep(p, path, 3),
    "churn": lambda p, s, path: edm_heun(p, path, churn=0.1),
    "annealed Langevin": lambda p, s, path: predictor_corrector(stay, langevin(s, path)),
    "predictor-corrector": lambda p, s, path: predictor_corrector(
        ddim(p, path), langevin(s, path)
    ),
}


def make(name: str) -> Step:
    """Build the step of this name for the ring under VP."""
    return MAKERS[name](PREDICT, SCORE, PATH)


@pytest.mark.parametrize("name", MAKERS)
def test_a_run_resumes_bit_for_bit(name):
    times = arctan_times(PATH, 10)
    whole = integrate(make(name), start(), times, generator(6))
    noise = generator(6)
    half = integrate(make(name), start(), times[:6], noise)
    rest = integrate(make(name), half.x, times[5:], noise, half.memory)
    assert torch.equal(rest.x, whole.x)
    assert torch.equal(half.states, whole.states[:6])


def run_as(name: str, **kind: object) -> torch.Tensor:
    """Ten steps from noise to data with one noise for every precision and device."""
    with SameNoise():
        x = start().to(**kind)
        return integrate(make(name), x, arctan_times(PATH, 10), generator(6)).x


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", MAKERS)
def test_every_step_keeps_the_precision_of_its_state(name, dtype):
    """The median point, which no watershed magnifies: ten steps of two roundings each."""
    rounded = run_as(name, dtype=dtype)
    assert rounded.dtype == dtype
    off = (rounded.double() - run_as(name)).abs().median().item()
    assert off < 20 * torch.finfo(dtype).eps


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_every_step_does_on_a_gpu_what_it_does_on_the_cpu():
    """In float64: rounding in another order, which a watershed may magnify a thousandfold."""
    for name in MAKERS:
        there = run_as(name, device="cuda")
        assert there.device.type == "cuda", name
        torch.testing.assert_close(there.cpu(), run_as(name), rtol=0.0, atol=1e-10)


@pytest.mark.parametrize("name", ["frozen", "balanced", "adams", "DPM-Solver++ 3M", "churn"])
def test_forward_steps_are_refused(name):
    with pytest.raises(ValueError, match=r"backward; this one goes from 0\.2 to 0\.3"):
        integrate(make(name), start(), torch.tensor([0.2, 0.3]), generator())


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


REFUSING = {  # what has no meaning where alpha = 0 or f and g are infinite
    "DPM-Solver 2M": "where alpha = 0",
    "DPM-Solver 2S": "where alpha = 0",
    "churn": "alpha = 0 at t = 1",
    "Euler-Maruyama": r"g\(t\) = inf at t = 1",
    "Heun": r"g\(t\) = inf at t = 1",
    "rk4": r"g\(t\) = inf at t = 1",
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_grid_from_one_singular_end_to_the_other(name):
    """FlowPath: alpha = 0 at t = 1, std = 0 at t = 0. A step arrives, or says why it cannot.

    The median radius of 50 exact draws is 1.53 +- 0.05, and 40 steps err by as much. Langevin
    moves alone do not follow the path: of them only finite points are asked.
    """
    path = FlowPath()
    step = MAKERS[name](exact_prediction(RING, path), exact_score(RING, path), path)
    if name in REFUSING:
        with pytest.raises(ValueError, match=REFUSING[name]):
            end(step, uniform_times(40), path)
        return
    radius = end(step, uniform_times(40), path).norm(dim=1)
    assert radius.isfinite().all()
    if name != "annealed Langevin":
        assert radius.median().item() == pytest.approx(1.53, abs=0.2)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_high_order_makes_do_with_few_steps(steps):
    """Multistep methods begin with the orders that they have past values for."""
    for step in (adams(PREDICT, PATH, 4), dpm_multistep(PREDICT, PATH, 3)):
        assert end(step, straight_times(PATH, steps)).isfinite().all()


@pytest.mark.parametrize("name", MAKERS)
def test_a_net_that_returns_nan_is_named_with_the_time(name):
    """It breaks below t = 0.5, in the step from 0.4 to 0.2 or at one of its inner times."""

    def broken(x, t):
        seen = PREDICT(x, t)
        factor = math.nan if t < 0.5 else 1.0
        return Prediction(factor * seen.x0, factor * seen.eps, PATH, t)

    def broken_score(x, t):
        return SCORE(x, t) * (math.nan if t < 0.5 else 1.0)

    step = MAKERS[name](broken, broken_score, PATH)
    where = r"100 of 100 entries (at t = 0\.|.* from t = 0\.(4 to 0\.2|6 to 0\.4)\.)"
    with pytest.raises((FloatingPointError, ValueError), match=where):
        end(step, torch.tensor([1.0, 0.6, 0.4, 0.2, 0.0]))


def test_a_prediction_of_another_precision_is_refused():
    def wide(x, t):
        return PREDICT(x.double(), t)

    with pytest.raises(TypeError, match=r"float32 \(50, 2\) on cpu into torch\.float64"):
        integrate(ddim(wide, PATH), start().float(), uniform_times(3), generator())


def test_a_generator_and_a_prediction_elsewhere_are_named():
    """The meta device stands for an accelerator: it holds no numbers, but it is another place."""
    t, s = uniform_times(2)[:2]
    step = ddpm(lambda x, t: Prediction(x, x, PATH, t), PATH)
    with pytest.raises(ValueError, match=r"generator draws on cpu, and x lies on meta"):
        step(torch.zeros(3, 2, device="meta"), t, s, None, generator())

    def elsewhere(x, t):
        return Prediction(x.to("meta"), x.to("meta"), PATH, t)

    with pytest.raises(TypeError, match=r"\(50, 2\) on cpu into .* \(50, 2\) on meta"):
        end(ddim(elsewhere, PATH), uniform_times(2))
