"""Walls: closed, absorbing and periodic, each against a solution in closed form."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.fokker_planck import Grid, WallWarning, solve_fokker_planck
from diffusion_lab.process import SDE

ROUNDING = 1e-12
ORDERS = {"robust": 2.0, "auto": 4.0}


def order_of(error, method, sizes=(40, 80)):
    """Observed order, from two grids with the step proportional to h."""
    return math.log2(error(sizes[0], method) / error(sizes[1], method))


def solve(exact, drift, noise, grid, end, method, walls):
    """L1 error of a density known as a function of t and x, and the solution."""
    p = [grid.average(lambda x, t=t: exact(x[:, 0], t)) for t in (0.0, 0.4 * end, end)]
    scale = p[0].sum() * grid.h
    sde = SDE(lambda x, t: drift + 0 * x, lambda t: noise)
    times = [0.0, 0.4 * end, end]
    solution = solve_fokker_planck(
        sde, p[0] / scale, grid, times, end / grid.n, method=method, walls=walls
    )
    assert solution.mass_defect <= ROUNDING
    assert solution.p.min() >= 0.0
    return np.abs(solution.p - np.stack(p) / scale).sum(1).max() * grid.h, solution


@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.filterwarnings("ignore::diffusion_lab.fokker_planck.WallWarning")
def test_closed_walls_reflect(method):
    """1 + 0.8 exp(-pi^2 D t) cos(pi x) on [0, 1]: no drift, no flux at either wall."""

    def error(n, method):
        decay = 0.5 * 0.5**2 * math.pi**2
        return solve(
            lambda x, t: 1.0 + 0.8 * math.exp(-decay * t) * torch.cos(math.pi * x),
            *(0.0, 0.5, Grid(0, 1, n), 1.0, method, "closed"),
        )[0]

    assert order_of(error, method) >= ORDERS[method] - 0.3


@pytest.mark.parametrize("method", ORDERS)
def test_periodic_walls_let_a_wave_pass(method):
    """1 + 0.8 exp(-pi^2 D t) cos(pi (x - b t)) on [0, 2], which crosses the seam."""

    def error(n, method):
        decay, b = 0.5 * 0.3**2 * math.pi**2, 1.3
        return solve(
            lambda x, t: 0.5 + 0.4 * math.exp(-decay * t) * torch.cos(math.pi * (x - b * t)),
            *(b, 0.3, Grid(0, 2, n), 1.0, method, "periodic"),
        )[0]

    # At the cell Peclet number of the coarse grid the fitted flux is not yet at its order.
    assert order_of(error, method, (80, 160)) >= ORDERS[method] - 0.3


@pytest.mark.parametrize("method", ORDERS)
def test_absorbing_walls_take_what_the_eigenmodes_lose(method):
    """exp(b x/g^2 - b^2 t/(2 g^2)) sin(k pi x) exp(-k^2 pi^2 D t) is zero at both walls."""
    b, g = 0.7, 0.6

    def exact(x, t):
        modes = sum(
            c * torch.sin(k * math.pi * x) * math.exp(-0.5 * (g * k * math.pi) ** 2 * t)
            for k, c in ((1, 1.0), (2, 0.3))
        )
        return torch.exp(b * x / g**2 - b**2 * t / (2 * g**2)) * modes

    def error(n, method):
        return solve(exact, b, g, Grid(0, 1, n), 0.5, method, "absorbing")[0]

    # Of third order at the wall: the slope there comes from two cells.
    assert order_of(error, method) >= min(ORDERS[method], 3.0) - 0.1
    wrong, solution = solve(exact, b, g, Grid(0, 1, 80), 0.5, method, "absorbing")
    assert 0.3 < solution.mass()[-1] < 0.4
    np.testing.assert_allclose(solution.mass() + solution.lost.sum(1), 1.0, atol=ROUNDING)
    assert (np.diff(solution.lost, axis=0) > 0.0).all()
    # The loss through each wall is the time integral of D |p'| there.
    t = np.linspace(0.0, 0.5, 4001)
    x = torch.tensor([1e-5, 1.0 - 1e-5], dtype=torch.float64)
    flux = np.stack([0.5 * g**2 * exact(x, s).numpy() / 1e-5 for s in t])
    mass = Grid(0, 1, 400).average(lambda x: exact(x[:, 0], 0.0)).mean()
    expected = np.trapezoid(flux, t, axis=0) / mass
    np.testing.assert_allclose(solution.lost[-1], expected, atol=5.0 * wrong + 1e-4)


@pytest.mark.parametrize("walls", ["closed", "periodic", "absorbing"])
def test_a_box_carried_without_noise_stays_positive(walls):
    """Jumps in p and g = 0: the repair keeps p >= 0 and the mass, and the box where it belongs."""
    grid = Grid(0.0, 2.0, 200)
    p0 = grid.curve(np.array([0.3, 0.3001, 0.7999, 0.8]), np.array([0.0, 1.0, 1.0, 0.0]))
    sde = SDE(lambda x, t: 0.6 + 0 * x, lambda t: 0.0)
    run = solve_fokker_planck(sde, p0, grid, [0, 0.5, 1], 1 / 200, method="auto", walls=walls)
    assert run.mass_defect <= ROUNDING
    assert run.p.min() >= 0.0
    # Each jump of height 2 is smeared over a few cells; upwinding alone smears it over thirty.
    assert np.abs(run.p[-1] - np.roll(p0, 60)).sum() * grid.h < 2 * 2.0 * 5 * grid.h


@pytest.mark.parametrize("method", ORDERS)
def test_the_seam_is_one_face_even_where_the_drift_jumps_over_it(method):
    """f = x on [-1, 1] meets its opposite at the seam: mass gathers there, and none is lost."""
    grid = Grid(-1, 1, 50)
    sde = SDE(lambda x, t: 3.0 * x, lambda t: 0.4)
    run = solve_fokker_planck(sde, grid.point(0.1), grid, [0, 1], method=method, walls="periodic")
    assert run.mass_defect <= ROUNDING
    assert run.p.min() >= 0.0
    assert run.p[-1, [0, -1]].min() > 5 * run.p[-1, 25]


def test_a_closed_wall_that_is_touched_is_named():
    grid = Grid(-1, 1, 40)
    p0 = grid.normalise(np.exp(-8 * grid.centers**2))
    sde = SDE(lambda x, t: 0 * x, lambda t: 1.0)
    with pytest.warns(WallWarning, match=r"outermost cells hold 4\..e-02 .* at t = 1") as caught:
        run = solve_fokker_planck(sde, p0, grid, [0.0, 0.5, 1.0], 1 / 50)
    assert f"{(run.p[-1, 0] + run.p[-1, -1]) * grid.h:.1e}" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_no_warning_where_the_wall_is_far_or_open(recwarn):
    grid = Grid(-6, 6, 60)
    p0 = grid.normalise(np.exp(-8 * grid.centers**2))
    sde = SDE(lambda x, t: 0 * x, lambda t: 1.0)
    solve_fokker_planck(sde, p0, grid, [0.0, 1.0], 1 / 50)
    small = Grid(-1, 1, 60)
    solve_fokker_planck(sde, small.point(0.0), small, [0.0, 1.0], 1 / 50, walls="absorbing")
    assert not [w for w in recwarn if w.category is WallWarning]
