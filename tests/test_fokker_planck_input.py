"""Hostile input to the grid solver: a message that helps, or an answer that is still a density."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import two_bumps
from diffusion_lab.fokker_planck import Grid, Grid2D, solve_fokker_planck
from diffusion_lab.process import SDE, VP, Dynamics

GRID = Grid(-4, 4, 80)
P0 = GRID.normalise(GRID.average(two_bumps()))
PLANE = Grid2D(Grid(-2, 2, 12), Grid(-2, 2, 10))
STILL = SDE(lambda x, t: 0 * x, lambda t: 1.0)


def solve(f=lambda x, t: -x, g=lambda t: 0.5, p0=P0, grid=GRID, times=(0.0, 0.5, 1.0), **options):
    return solve_fokker_planck(SDE(f, g), p0, grid, np.array(times), **options)


def late_nan(x, t):
    return x * (math.nan if t > 0.7 else -1.0)


CASES = {
    "f is NaN": (lambda m: solve(lambda x, t: x * math.nan, method=m), "f.* not finite in"),
    "f is NaN later": (lambda m: solve(late_nan, method=m), "f.* not finite .* at t = 0.7"),
    "f is infinite somewhere": (lambda m: solve(lambda x, t: 1 / (x - 1), method=m), "not finite"),
    "f loses a dimension": (lambda m: solve(lambda x, t: x[:, 0], method=m), "returned shape"),
    "f has one value": (lambda m: solve(lambda x, t: x.mean(), method=m), "returned shape"),
    "g is negative": (lambda m: solve(g=lambda t: -1.0, method=m), "g.* = -1 at t ="),
    "g is NaN": (lambda m: solve(g=lambda t: math.nan, method=m), "finite and >= 0"),
    "times rise and fall": (lambda m: solve(times=(0, 0.5, 0.2), method=m), "rise or fall"),
    "times repeat": (lambda m: solve(times=(0, 0.5, 0.5), method=m), "rise or fall"),
    "one time": (lambda m: solve(times=(0.5,), method=m), "two or more"),
    "times beyond 1": (lambda m: solve(times=(0, 1.5), method=m), "outside"),
    "an SDE run backward": (lambda m: solve(times=(1, 0), method=m), "ill-posed"),
    "p0 of the wrong size": (lambda m: solve(p0=P0[1:], method=m), "has 80 cells"),
    "p0 negative": (lambda m: solve(p0=-P0, method=m), "finite and >= 0"),
    "p0 of mass 2": (lambda m: solve(p0=2 * P0, method=m), "mass 2 .*expected 1"),
    "p0 empty": (lambda m: solve(p0=0 * P0, method=m), "no mass"),
    "p0 for a line in the plane": (lambda m: solve(grid=PLANE, method=m), "12 x 10 cells"),
    "step of zero": (lambda m: solve(max_step=0.0, method=m), "max_step = 0"),
    "tolerance negative": (lambda m: solve(tolerance=-1e-3, method=m), "tolerance = -0.001"),
    "walls of glass": (lambda m: solve(walls="glass", method=m), "walls = 'glass'; expected one"),
    "method unknown": (lambda m: solve(method="best"), "method = 'best'; expected one of"),
    "one cell": (lambda m: Grid(0, 1, 1), "n >= 4"),
    "grid inside out": (lambda m: Grid(1, 0, 10), "low < high"),
    "point outside": (lambda m: GRID.point(5.0), "outside the cell centres"),
    "curve that turns back": (lambda m: GRID.curve(np.array([0, 1, 0.5]), np.ones(3)), "rising"),
    "curve of nothing": (lambda m: GRID.curve(np.array([0, 1]), np.zeros(2)), "no mass"),
    "curve below zero": (lambda m: GRID.curve(np.array([0, 1.0]), -np.ones(2)), ">= 0"),
    "sample off the grid": (lambda m: GRID.histogram(torch.full((5,), 9.0)), "no mass"),
}


@pytest.mark.parametrize("method", ["auto", "robust"])
@pytest.mark.parametrize(("call", "message"), CASES.values(), ids=CASES)
def test_message(call, message, method):
    with pytest.raises(ValueError, match=message):
        call(method)


def check_density(solution):
    assert np.isfinite(solution.p).all()
    assert solution.p.min() >= 0.0
    assert solution.mass_defect <= 1e-12
    np.testing.assert_allclose(solution.mass(), 1.0, atol=1e-13)


@pytest.mark.parametrize("method", ["auto", "robust"])
@pytest.mark.filterwarnings("ignore::diffusion_lab.fokker_planck.WallWarning")
class TestStillADensity:
    """No exact answer, or a mean known by hand; the solver must not lose mass or sign."""

    def test_explosive_drift(self, method):
        """f = 1e6 x presses everything against the walls within one step."""
        solution = solve(lambda x, t: 1e6 * x, method=method)
        check_density(solution)
        assert solution.p[-1, [0, 1, -2, -1]].sum() * GRID.h > 0.99

    def test_drift_that_jumps_in_space_and_time(self, method):
        """Towards zero until t = 1/2, then to the right: the mean moves by 0.3 * 0.5."""

        def f(x, t):
            return -torch.sign(x) if t < 0.5 else 0.3 + 0 * x

        solution = solve(f, lambda t: 0.3, method=method, max_step=1 / 100)
        check_density(solution)
        moved = solution.mean()[2] - solution.mean()[1]
        # The last stage before the jump may already see what follows it: one step of 1.3 h.
        assert moved == pytest.approx(0.15, abs=1.3 / 100)

    def test_noise_only_part_of_the_time(self, method):
        """g = 1 for 0.25 < t < 0.5: the variance grows by 1/4, and by nothing elsewhere."""

        def g(t):
            return 1.0 if 0.25 < t <= 0.5 else 0.0

        solution = solve(lambda x, t: 0 * x, g, times=(0, 0.25, 0.5, 1), method=method)
        check_density(solution)
        np.testing.assert_allclose(np.diff(solution.variance()), [0.0, 0.25, 0.0], atol=2e-3)

    def test_nothing_moves(self, method):
        solution = solve(lambda x, t: 0 * x, lambda t: 0.0, method=method)
        check_density(solution)
        np.testing.assert_allclose(solution.p[-1], P0, atol=1e-12)

    def test_fewest_cells_and_a_spike(self, method):
        grid = Grid(0.0, 1.0, 4)
        spike = np.array([0.0, 4.0, 0.0, 0.0])
        sde = SDE(lambda x, t: 50.0 * torch.cos(9.0 * x), lambda t: 0.01)
        check_density(solve_fokker_planck(sde, spike, grid, [0, 1e-9, 1], method=method))

    def test_one_giant_step(self, method):
        check_density(solve(lambda x, t: torch.sin(3 * x), max_step=10.0, method=method))

    def test_steps_find_a_jump_by_their_tolerance(self, method):
        """sigma jumps within the first interval; the error stays near the tolerance."""
        jump = SDE(lambda x, t: 0 * x, lambda t: 1.0 if t < 0.1234 else 0.1)
        solution = solve_fokker_planck(jump, P0, GRID, [0, 1], tolerance=1e-3, method=method)
        check_density(solution)
        gained = solution.variance()[1] - solution.variance()[0]
        assert gained == pytest.approx(0.1234 + 0.01 * 0.8766, abs=3e-3)

    def test_in_the_plane(self, method):
        p0 = PLANE.point((0.5, -0.5))
        sde = SDE(lambda x, t: torch.sign(x.flip(1)), lambda t: 0.0 if t < 0.5 else 1.0)
        check_density(solve_fokker_planck(sde, p0, PLANE, [0, 0.3, 1], 1 / 10, method=method))

    def test_backward_with_a_score_that_is_far_too_large(self, method):
        process = Dynamics(VP().sde(), lambda x, t: -1e4 * x, 1.0)
        check_density(solve_fokker_planck(process, P0, GRID, [0.9, 0.1], 1 / 50, method=method))


@pytest.mark.parametrize("method", ["auto", "robust"])
def test_a_drift_too_large_for_floating_point_is_named(method):
    with pytest.raises((ArithmeticError, ValueError), match="drift is too large"):
        solve(lambda x, t: 1e308 * torch.sin(99 * x), method=method)


@pytest.mark.parametrize("low", [-2.814341583740979, 1e6, 0.0])
def test_a_point_may_stand_on_an_outermost_centre(low):
    """Rounding puts the first or the last centre a little outside of itself."""
    for n in range(4, 40):
        grid = Grid(low, low + 6.1197, n)
        for i in (0, n - 1):
            p = grid.point(grid.centers[i])
            assert p[i] * grid.h == pytest.approx(1.0, abs=1e-8)  # 1e6 has digits to 1e-10
