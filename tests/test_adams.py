"""Adams' method in the angle: the curves it is exact on, its weights, and its plan."""

import math

import numpy as np
import pytest
import torch
from ring_problem import PATH, PREDICT, generator, start
from scipy.integrate import quad

from diffusion_lab.process import EDM, Prediction, straight_times
from diffusion_lab.sampling import adams, adams_plan, integrate
from diffusion_lab.sampling.weights import step_weights


@pytest.mark.parametrize("steps", [5, 24])
def test_the_plan_of_adams_scales_with_the_data(steps):
    """Data and noise levels three times as large: the same order at the same times."""
    small, large = adams_plan(EDM(30.0), steps, 2), adams_plan(EDM(90.0), steps, 2, data_std=3.0)
    assert (small.order, small.corrector) == (large.order, large.corrector)
    torch.testing.assert_close(small.times, large.times, rtol=1e-12, atol=0.0)
    assert not torch.allclose(small.times, adams_plan(EDM(30.0), steps, 64).times)


def test_the_plan_of_adams_gains_more_than_its_order_at_last():
    """The error falls at least as the order of each plan asks, from 12 steps to 48."""
    exact = integrate(adams(PREDICT, PATH, 5), start(), straight_times(PATH, 400), generator()).x
    errors = []
    for steps in (12, 48):
        order, times, corrector = adams_plan(PATH, steps, dim=2)
        step = adams(PREDICT, PATH, order, corrector)
        gap = integrate(step, start(), times, generator()).x - exact
        errors.append(gap.norm(dim=1).median().item())
    assert errors[0] < 0.05
    assert errors[1] < errors[0] / 4**3, errors


CURVES = {  # slopes, as functions of the angle
    "1": lambda a: 1.0,
    "angle": lambda a: a,
    "angle^2": lambda a: a**2,
    "cos": math.cos,
    "sin": math.sin,
}
JOINED = {  # the curves on which so many slopes are exact
    1: {"1"},
    2: {"cos", "sin"},
    3: {"1", "cos", "sin"},
    4: {"1", "angle", "cos", "sin"},
    5: {"1", "angle", "angle^2", "cos", "sin"},
}


# The corrected start of a step is not stored: it is known only where nothing is to correct.
CASES = [
    (name, order, corrector)
    for name in CURVES
    for order in JOINED
    for corrector in (False, True)
    if not corrector or (order > 1 and name in JOINED[order])
]


@pytest.mark.parametrize(("name", "order", "corrector"), CASES)
def test_adams_is_exact_on_its_curves(name, order, corrector):
    """And on no others, once it has all slopes; a corrected one takes two less to the data."""
    curve, times = CURVES[name], straight_times(PATH, 12)

    def predict(x, t):
        a = torch.atan2(PATH.std(t), PATH.alpha(t)).item()
        y, v = x / (PATH.var(t) + PATH.alpha(t) ** 2).sqrt(), curve(a)
        return Prediction(
            math.cos(a) * y - math.sin(a) * v, math.sin(a) * y + math.cos(a) * v, PATH, t
        )

    x = torch.zeros(1, 1, dtype=torch.float64)
    run = integrate(adams(predict, PATH, order, corrector), x, times, generator())
    angles = torch.atan2(PATH.std(times), PATH.alpha(times))
    y = (run.states[:, 0, 0] / (PATH.var(times) + PATH.alpha(times) ** 2).sqrt()).tolist()
    last = max(order - 2, 1) if corrector else order
    for k, joined in ((len(times) - 3, order), (len(times) - 2, last)):
        begin, end = angles[k].item(), angles[k + 1].item()
        step = quad(curve, begin, end)[0]
        gap = abs(y[k + 1] - y[k] - step)
        assert (gap < 1e-13) == (name in JOINED[joined]), gap


def test_weights_on_short_steps():
    """Cos and sin stay apart from the powers below them: the weights tend to Adams' own."""
    for h in (1e-2, 1e-4, 1e-6):
        nodes = tuple(-h * k for k in range(5))
        fitted = np.array(step_weights(nodes, 0.0, h, turning=True)) / h
        plain = np.array(step_weights(nodes, 0.0, h)) / h
        assert abs(fitted - plain).max() < 20 * h**2 + 1e-12
    assert plain == pytest.approx(np.array([1901, -2774, 2616, -1274, 251]) / 720, abs=1e-9)
