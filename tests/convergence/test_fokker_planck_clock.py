"""Coefficients that share one speed r(t): steps in the clock variable, with one matrix."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import GaussianMixture, two_bumps
from diffusion_lab.fokker_planck import Grid, solve_fokker_planck
from diffusion_lab.fokker_planck.central import CentralLine
from diffusion_lab.fokker_planck.clock import ClockLine, even_size, find_clock, shares
from diffusion_lab.fokker_planck.motion import Motion
from diffusion_lab.process import SDE, VP, CosineVP

ROUNDING = 1e-12  # a few hundred cells and steps, 1e-16 each
GRID = Grid(-3, 3, 120)
TIMES = np.array([0.0, 0.4, 0.9])
WELL = SDE(  # r(t) = 0.3 + 2 t times a double well
    lambda x, t: (0.3 + 2.0 * t) * (x - x**3), lambda t: 0.7 * torch.sqrt(0.3 + 2.0 * t)
)


def line(sde, grid=GRID, walls="closed"):
    return CentralLine(Motion.of(sde, forward=True), grid, walls)


def start(grid=GRID):
    return grid.normalise(grid.average(GaussianMixture.isotropic([1.0], [0.4], [0.5])))


@pytest.mark.parametrize(
    ("sde", "integral"),
    [
        (SDE(lambda x, t: x - x**3, lambda t: 0.5), lambda t: t),
        (WELL, lambda t: 0.3 * t + t**2),
        (SDE(lambda x, t: torch.exp(3.0 * t) * x, lambda t: 0.0), lambda t: np.expm1(3.0 * t)),
        (VP().sde(), lambda t: 0.1 * t + 9.95 * t**2),
        (CosineVP().sde(), lambda t: -np.log(np.cos(0.5 * np.pi * t))),
        (SDE(lambda x, t: 0 * x, lambda t: 1.0 + t), lambda t: ((1.0 + t) ** 3 - 1.0) / 3.0),
    ],
    ids=["steady", "well", "transport", "VP", "cosine", "noise alone"],
)
def test_the_clock_is_the_integral_of_the_speed(sde, integral):
    clock = find_clock(line(sde), TIMES, 1 / 400)
    assert clock is not None
    exact = integral(TIMES)
    np.testing.assert_allclose(clock.at / clock.at[-1], exact / exact[-1], atol=1e-10)


@pytest.mark.parametrize(
    "sde",
    [
        SDE(lambda x, t: torch.sin(2 * math.pi * t) * x - x**3, lambda t: 0.5),
        SDE(lambda x, t: (1 + t) * x, lambda t: 0.5),
        SDE(lambda x, t: (1 + t) * x + 1e-11 * t * x**3, lambda t: torch.sqrt(1 + t)),
        SDE(lambda x, t: x + torch.exp(-(((t - 0.5) / 0.01) ** 2)), lambda t: 0.5),
        SDE(lambda x, t: -x, lambda t: 1.0 if t < 0.5 else 0.0),
        SDE(lambda x, t: (1.0 if t < 1 / math.pi else 2.0) * x, lambda t: 0.0),
        SDE(lambda x, t: (t - 0.3) * x, lambda t: 0.0),
        SDE(lambda x, t: 0 * x, lambda t: 0.0),
    ],
    ids="turns drift nearly brief noise-stops jumps turns-round nothing".split(),
)
def test_what_has_no_clock(sde):
    assert find_clock(line(sde), TIMES, 1 / 200) is None


def test_one_matrix_serves_the_whole_solve():
    """The steps taken by hand, with a count of the matrices, give what the solve gives."""
    clock = find_clock(line(WELL), TIMES, 1 / 50)
    longest = clock.at[-1] * (1 / 50) / TIMES[-1]
    scheme = ClockLine(line(WELL), clock, even_size(clock.at, longest))
    p, by_hand = start(), []
    for a, b in zip(clock.at[:-1], clock.at[1:], strict=True):
        marks = np.linspace(a, b, math.ceil((b - a) / longest - 1e-9) + 1)
        for step in scheme.steps(zip(marks[:-1], marks[1:], strict=True)):
            p = GRID.normalise(np.maximum(step(p)[0], 0.0))
        by_hand.append(p)
    assert scheme.factored == 1
    solution = solve_fokker_planck(WELL, start(), GRID, TIMES, 1 / 50, method="auto")
    np.testing.assert_allclose(solution.p[1:], by_hand, atol=ROUNDING)
    steps = solve_fokker_planck(  # the speed of the drift and of the noise differ by 1e-9
        SDE(lambda x, t: WELL.f(x, t) * (1 + 1e-9 * t), WELL.g),
        *(start(), GRID, TIMES, 1 / 50),
        method="auto",
    )
    difference = np.abs(steps.p - solution.p).max()
    assert 1e-9 < difference < 1e-4, "the general steps are others, and agree to their error"


def test_fourth_order_in_time():
    """Over four doublings: a single one also changes how far each step is from the longest."""
    runs = [
        solve_fokker_planck(WELL, start(), GRID, TIMES, step, method="auto").p
        for step in (1 / 8, 1 / 128, 1 / 1024)
    ]
    coarse, fine = (np.abs(p - runs[-1])[1:].sum(-1).max() * GRID.h for p in runs[:-1])
    assert math.log2(coarse / fine) / 4 >= 3.7, (coarse, fine)


def test_a_wave_on_a_ring_at_a_speed_that_changes():
    """0.5 + 0.4 exp(-pi^2 D_0 B) cos(pi (x - b_0 B)), B = t + t^2: order 4 in space and time."""
    b, g = 0.8, 0.3
    sde = SDE(lambda x, t: b * (1 + 2 * t) + 0 * x, lambda t: g * torch.sqrt(1 + 2 * t))

    def error(n):
        grid = Grid(0, 2, n)
        exact = [
            grid.average(
                lambda x, s=t + t**2: (
                    0.5
                    + 0.4
                    * math.exp(-0.5 * (g * math.pi) ** 2 * s)
                    * torch.cos(math.pi * (x[:, 0] - b * s))
                )
            )
            for t in TIMES
        ]
        assert find_clock(line(sde, grid, "periodic"), TIMES, 2 / n) is not None
        run = solve_fokker_planck(
            sde, grid.normalise(exact[0]), grid, TIMES, 2 / n, method="auto", walls="periodic"
        )
        assert run.mass_defect <= ROUNDING
        return np.abs(run.p - np.stack(exact)).sum(1).max() * grid.h

    assert math.log2(error(40) / error(80)) >= 3.5


def test_an_exact_path_by_steps_alone():
    """VP with open walls far away: no kernel there, and the exact density at both times."""
    path, density = VP(0.5, 8.0), two_bumps()

    def error(n):
        grid = Grid(-6, 6, n)
        exact = [grid.average(density.noised(path.alpha(t), path.std(t))) for t in TIMES]
        run = solve_fokker_planck(
            path.sde(),
            *(grid.normalise(exact[0]), grid, TIMES, 4 / n),
            method="auto",
            walls="absorbing",
        )
        assert run.lost.sum(1).max() < 1e-7, "N(0, 1) has 2e-9 beyond 6"
        return np.abs(run.p - np.stack(exact)).sum(1).max() * grid.h

    assert math.log2(error(200) / error(400)) >= 3.5


def test_a_tolerance_is_kept():
    fine = solve_fokker_planck(WELL, start(), GRID, TIMES, 1 / 1000, method="auto").p
    for tolerance in (1e-3, 1e-5, 1e-7):
        run = solve_fokker_planck(WELL, start(), GRID, TIMES, tolerance=tolerance, method="auto")
        assert np.abs(run.p - fine).sum(1).max() * GRID.h < tolerance
        assert run.mass_defect <= ROUNDING


def test_a_full_step_is_that_of_the_runge_kutta_method():
    """Constant coefficients: the powers of one implicit step combine to SDIRK4, to rounding."""
    steady = line(SDE(lambda x, t: x - x**3, lambda t: 0.5))
    clock = find_clock(steady, np.array([0.0, 1.0]), 1 / 10)
    ((step),) = ClockLine(steady, clock, 0.1).steps([(0.0, 0.1)])
    ((plain),) = steady.steps([(0.0, 0.1)])
    np.testing.assert_allclose(step(start())[0], plain(start())[0], atol=1e-13)


@pytest.mark.parametrize("ratio", [0.4, 0.8, 0.9, 1.0])
def test_shorter_steps_with_the_same_matrix_are_stable_and_of_order_four(ratio):
    weights = -np.diff(np.append(shares(ratio), 0.0))

    def amplification(z):
        return sum(c * (1.0 - 0.25 * z) ** -(k + 1.0) for k, c in enumerate(weights))

    z = np.array([0.1, 0.05])
    wrong = np.abs(amplification(-z) - np.exp(-ratio * z))
    assert wrong[0] < 1e-7
    assert math.log2(wrong[0] / wrong[1]) >= 4.5  # local: one more than the order
    edge = 1j * np.logspace(-2, 6, 2000)
    assert np.abs(amplification(edge)).max() <= 1.0 + ROUNDING
    assert np.abs(amplification(np.array([-1e9]))).max() < 1e-8
