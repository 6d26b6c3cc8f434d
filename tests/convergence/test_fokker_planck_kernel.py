"""The exact Gaussian kernel: taken for linear drifts only, and then exact."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import GaussianMixture, two_bumps
from diffusion_lab.fokker_planck import Grid, Grid2D, kernel, solve_fokker_planck
from diffusion_lab.fokker_planck.motion import Motion
from diffusion_lab.process import SDE, VE, VP, FlowPath, SubVP

GRID = Grid(-7, 7, 200)
P0 = GRID.normalise(GRID.average(two_bumps()))
TIMES = np.array([0.0, 0.002, 0.4, 0.9])


def reached(sde, times=TIMES, p0=P0, grid=GRID):
    """The check times at which the kernel was used."""
    return set(kernel.linear_rows(Motion.of(sde, forward=True), p0, grid, times))


@pytest.mark.parametrize("path", [VP(), SubVP(), VE(0.05, 1.0), FlowPath()])
def test_exact_for_every_path(path):
    times = np.array([0.0, 0.3, 0.7, 0.9])
    assert reached(path.sde(), times) == {1, 2, 3}
    solution = solve_fokker_planck(path.sde(), P0, GRID, times, method="auto")
    for t, p in zip(times, solution.p, strict=True):
        exact = GRID.average(two_bumps().noised(path.alpha(t), path.std(t)))
        # The kernel is taken while less than 1e-6 of the mass reaches a wall.
        assert np.abs(p - exact).sum() * GRID.h < 1e-6


def test_affine_drift_with_a_shift_that_moves():
    """f = 2 cos(5 t) - 1.5 x, g = 0.5 + t: mean and variance by their own quadrature."""
    sde = SDE(lambda x, t: 2.0 * torch.cos(5.0 * t) - 1.5 * x, lambda t: 0.5 + t)
    solution = solve_fokker_planck(sde, P0, GRID, [0.0, 0.35, 1.0], method="auto")
    assert reached(sde, np.array([0.0, 0.35, 1.0])) == {1, 2}
    s = np.linspace(0, 1, 20001)
    pull = np.exp(-1.5 * (1.0 - s))
    mean = solution.mean()[0] * pull[0] + np.trapezoid(pull * 2.0 * np.cos(5.0 * s), s)
    var = solution.variance()[0] * pull[0] ** 2 + np.trapezoid((pull * (0.5 + s)) ** 2, s)
    # The trapezoid rule of the comparison errs by 1e-8.
    assert solution.mean()[-1] == pytest.approx(mean, abs=1e-7)
    assert solution.variance()[-1] == pytest.approx(var, abs=1e-6)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, t: -x + 1e-9 * torch.sin(x),
        lambda x, t: -x - 1e-10 * x**3,
        lambda x, t: -x + 1e-3 * torch.exp(-(((x - 1.23) / 0.06) ** 2)),
        lambda x, t: -x.abs(),
        lambda x, t: -x - 1e-6 * x**2 * torch.exp(-(((t - 0.5) / 0.03) ** 2)),
    ],
    ids=["sine", "cubic", "bump of a cell", "kink", "for a short time"],
)
def test_nearly_linear_is_not_linear(f):
    assert reached(SDE(f, lambda t: 1.0)) == set()


def test_steps_take_over_where_the_kernel_cannot_go():
    assert reached(VP().sde()) == {2, 3}, "at t = 0.002 the kernel is narrower than a cell"
    jump = SDE(lambda x, t: -x, lambda t: 1.0 if t < 1 / math.pi else 0.0)
    assert reached(jump) == set(), "g jumps: not smooth in time"
    near = GRID.normalise(GRID.average(GaussianMixture.isotropic([1.0], [5.0], [0.4])))
    still = SDE(lambda x, t: 0 * x, lambda t: 1.0)
    assert reached(still, p0=near) == set(), "the wall at 7 matters"


def test_kernel_and_steps_agree():
    """The same problem by the kernel and, with a bend too small to matter, by the steps."""
    bent = SDE(lambda x, t: -2.0 * x + 1e-11 * x**3, lambda t: 1.0)
    straight = SDE(lambda x, t: -2.0 * x, lambda t: 1.0)
    p = [
        solve_fokker_planck(sde, P0, GRID, [0, 0.3, 0.8], 1 / 100, method="auto").p
        for sde in (bent, straight)
    ]
    # (h/s)^4 with h = 0.07 and s = 0.2, times a constant below 1.
    assert 1e-9 < np.abs(p[0] - p[1]).sum(1).max() * GRID.h < 0.35**4


def test_the_plane_axis_by_axis():
    grid = Grid2D(Grid(-6, 6, 40), Grid(-5, 5, 30))
    density = GaussianMixture.isotropic([0.5, 0.5], [[-1.0, 0.5], [1.0, -0.5]], [0.6, 0.5])
    p0, path = grid.normalise(grid.average(density)), VP()
    assert reached(path.sde(), np.array([0.0, 0.5]), p0, grid) == {1}
    solution = solve_fokker_planck(path.sde(), p0, grid, [0.0, 0.5], method="auto")
    exact = grid.average(density.noised(path.alpha(0.5), path.std(0.5)))
    # N(0, 1) has 6e-7 of its mass beyond 5; the quadrature of p0 errs less.
    assert np.abs(solution.p[-1] - exact).sum() * grid.cell < 3e-6
