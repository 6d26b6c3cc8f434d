"""Walls in the plane: closed, absorbing and periodic, each against a solution in closed form."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.fokker_planck import Grid, Grid2D, solve_fokker_planck
from diffusion_lab.process import SDE

ROUNDING = 1e-12
ORDERS = {"robust": 2.0, "auto": 4.0}
D = 0.18
pytestmark = pytest.mark.filterwarnings("ignore::diffusion_lab.fokker_planck.WallWarning")


def box(n):
    """Sides 1 and 1.5, and cells that are not square."""
    return Grid2D(Grid(0.0, 1.0, n), Grid(0.0, 1.5, (5 * n) // 4))


def solve(exact, drift, grid, end, method, walls, d=D):
    """L1 error of a density known as p(x, t), and the solution."""
    times = [0.0, 0.4 * end, end]
    p = np.stack([grid.average(lambda x, t=t: exact(x, t)) for t in times])
    p /= p[0].sum() * grid.cell
    run = solve_fokker_planck(
        SDE(lambda x, t: drift(x), lambda t: math.sqrt(2.0 * d)),
        *(p[0], grid, times, 2.0 * end / grid.x.n),
        method=method,
        walls=walls,
    )
    assert run.mass_defect <= ROUNDING
    assert run.p.min() >= 0.0
    np.testing.assert_allclose(run.mass() + run.lost.sum(1), 1.0, atol=ROUNDING)
    return np.abs(run.p - p).sum((1, 2)).max() * grid.cell, run


def order(*problem, sizes=(20, 40), **options):
    """Observed order, from two grids with the step proportional to h."""
    exact, drift, end, method, walls = problem
    coarse, fine = (solve(exact, drift, box(n), end, method, walls, **options)[0] for n in sizes)
    return math.log2(coarse / fine)


def still(x):
    return torch.zeros_like(x)


def sines(x, k, m):
    return torch.sin(k * math.pi * x[:, 0]) * torch.sin(m * math.pi * x[:, 1] / 1.5)


def decay(k, m, t, d=D):
    return math.exp(-d * math.pi**2 * (k**2 + (m / 1.5) ** 2) * t)


@pytest.mark.parametrize("method", ORDERS)
def test_closed_walls_reflect(method):
    """Two cosines on the box: no drift, no flux through any wall, and no product of 1-D laws."""

    def exact(x, t):
        a, b = math.pi * x[:, 0], math.pi * x[:, 1] / 1.5
        one = 0.5 * decay(1, 1, t) * torch.cos(a) * torch.cos(b)
        return 1.0 + one + 0.4 * decay(0, 1, t) * torch.cos(b)

    assert order(exact, still, 0.5, method, "closed") >= ORDERS[method] - 0.3


@pytest.mark.parametrize("method", ORDERS)
def test_periodic_walls_let_a_slanted_wave_pass(method):
    """1 + 0.8 exp(-D k^2 t) cos k.(x - b t): constant drift on the torus, across both seams."""
    b, k = torch.tensor([1.3, -0.9]), 2.0 * math.pi * torch.tensor([1.0, 1.0 / 1.5])

    def exact(x, t):
        return 1.0 + 0.8 * math.exp(-D * float(k @ k) * t) * torch.cos((x - b * t) @ k.double())

    found = order(exact, lambda x: b + still(x), 0.3, method, "periodic", sizes=(40, 80))
    assert found >= ORDERS[method] - 0.3


@pytest.mark.parametrize("method", ORDERS)
def test_steady_circulation_on_the_torus(method):
    """f = D grad log q + J grad log q keeps q for every q: a drift that does not separate."""

    def log_q(x):
        a, b = 2.0 * math.pi * x[:, 0], 2.0 * math.pi * x[:, 1] / 1.5
        return 0.7 * torch.cos(a - b) + 0.4 * torch.sin(a)

    def drift(x):
        x = x.detach().requires_grad_()
        (g,) = torch.autograd.grad(log_q(x).sum(), x)
        return D * g + 0.2 * torch.stack([-g[:, 1], g[:, 0]], 1)

    found = order(lambda x, t: log_q(x).exp(), drift, 0.5, method, "periodic", sizes=(24, 48))
    assert found >= ORDERS[method] - 0.3


@pytest.mark.parametrize("method", ORDERS)
def test_absorbing_walls_and_a_drift_that_does_not_separate(method):
    """With lap c = c, f = 2 D grad log c and p = c exp(-D t) times eigenmodes of the box."""

    def hill(x):
        return torch.cosh(x[:, 0] - 0.3) + 0.5 * torch.cosh(x[:, 1])

    def drift(x):
        slope = torch.stack([torch.sinh(x[:, 0] - 0.3), 0.5 * torch.sinh(x[:, 1])], 1)
        return 2.0 * D * slope / hill(x)[:, None]

    def exact(x, t):
        modes = decay(1, 1, t) * sines(x, 1, 1) + 0.2 * decay(2, 1, t) * sines(x, 2, 1)
        return hill(x) * math.exp(-D * t) * modes

    # Of third order at the walls: the slope there comes from two cells.
    found = order(exact, drift, 0.25, method, "absorbing")
    assert found >= min(ORDERS[method], 3.0) - 0.1


@pytest.mark.parametrize("method", ORDERS)
def test_each_absorbing_wall_takes_what_the_exact_flux_carries(method):
    """Heat in the box from two modes: lost through a wall is the integral of D |dp/dn|."""

    def exact(x, t):
        return decay(1, 1, t) * sines(x, 1, 1) + 0.2 * decay(2, 1, t) * sines(x, 2, 1)

    def over_time(k, m):
        return (1.0 - decay(k, m, end)) / (math.pi**2 * (k**2 + (m / 1.5) ** 2))

    end = 0.25
    wrong, run = solve(exact, still, box(40), end, method, "absorbing")
    # Mode (1, 1) holds the mass 6/pi^2, mode (2, 1) none; slope times length of a wall.
    one, two = 3.0 * over_time(1, 1), 3.0 * 0.4 * over_time(2, 1)
    top = 4.0 / 3.0 * over_time(1, 1)
    expected = np.array([one + two, one - two, top, top]) * math.pi**2 / 6.0
    np.testing.assert_allclose(run.lost[-1], expected, atol=2.0 * wrong)
    assert run.mass()[-1] == pytest.approx(decay(1, 1, end), abs=2.0 * wrong)
    assert (np.diff(run.lost, axis=0) > 0.0).all()


def images(grid, at, t, sign):
    """Cell averages along one axis of a point that spread for a time t between two walls.

    sign = -1: images of alternating sign (absorbing);  0: copies a period apart (periodic).
    """
    side, std = grid.high - grid.low, math.sqrt(2.0 * D * t)

    def gauss(x):
        return torch.exp(-0.5 * ((x[:, 0] - grid.low) / std) ** 2) / (std * math.sqrt(2 * math.pi))

    total = np.zeros(grid.n)
    for k in range(-4, 5):
        for centre, weight in ((at, 1.0), (-at, sign)):
            shift = centre + (2.0 if sign else 1.0) * k * side
            total += weight * grid.average(lambda x, s=shift: gauss(x - s))
    return total


@pytest.mark.parametrize("walls", ["absorbing", "periodic"])
def test_the_heat_kernel_by_images(walls):
    """A narrow Gaussian near a corner, long before and while the walls matter."""
    grid, sign = box(60), (-1.0 if walls == "absorbing" else 0.0)

    def law(t):
        return np.outer(images(grid.x, 0.3, t, sign), images(grid.y, 0.4, t, sign))

    p0 = law(0.02)
    kept = p0.sum() * grid.cell
    sde = SDE(lambda x, t: 0 * x, lambda t: math.sqrt(2.0 * D))
    times = [0.0, 0.02, 0.2, 0.8]
    run = solve_fokker_planck(sde, p0 / kept, grid, times, 1 / 100, method="auto", walls=walls)
    for t, p in zip(times[1:], run.p[1:], strict=True):
        # (h/s)^4 = 2e-3 with s = 0.085, a small constant; at the wall (h/s)^3.
        assert np.abs(p - law(0.02 + t) / kept).sum() * grid.cell < 2e-3
    if walls == "absorbing":
        assert run.mass()[-1] < 0.2
    else:
        assert not run.lost.any()


@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.parametrize("walls", ["closed", "periodic", "absorbing"])
@pytest.mark.parametrize("step", [1 / 60, 1 / 10], ids=["one cell a step", "six cells a step"])
def test_a_box_carried_without_noise(walls, method, step):
    """Jumps in p and g = 0: positive, conserving, and where it belongs, at any step."""
    grid = Grid2D(Grid(0.0, 2.0, 60), Grid(0.0, 2.0, 60))
    side = grid.x.curve(np.array([0.3, 0.3001, 0.8999, 0.9]), np.array([0.0, 1.0, 1.0, 0.0]))
    sde = SDE(lambda x, t: torch.tensor([2.0, 1.0]) + 0 * x, lambda t: 0.0)
    p0 = np.outer(side, side)
    run = solve_fokker_planck(sde, p0, grid, [0, 0.25, 0.5], step, method=method, walls=walls)
    assert run.mass_defect <= ROUNDING
    assert run.p.min() >= 0.0
    error = np.abs(run.p[-1] - np.roll(p0, (30, 15), (0, 1))).sum() * grid.cell
    # An edge smeared over k cells costs 2 k h/0.6 of the mass; upwinding smears sqrt(L h).
    assert error < (0.35 if method == "auto" else 0.85)


def test_what_is_carried_out_is_booked_at_its_wall():
    """Half of a smooth hill leaves through the upper x wall by transport alone."""
    grid = Grid2D(Grid(0.0, 2.0, 80), Grid(0.0, 2.0, 80))
    hill = grid.average(lambda x: torch.exp(-(((x - 1.0) / 0.2) ** 2).sum(1)))
    sde = SDE(lambda x, t: torch.tensor([1.0, 0.0]) + 0 * x, lambda t: 0.0)
    p0 = grid.normalise(hill)
    run = solve_fokker_planck(sde, p0, grid, [0, 1.0], 1 / 80, method="auto", walls="absorbing")
    assert run.mass_defect <= ROUNDING
    # The density at the wall is 2.8; half a cell squared of it is what the wall cannot place.
    np.testing.assert_allclose(run.lost[-1], [0.0, 0.5, 0.0, 0.0], atol=2.8 * grid.x.h**2)
    away = np.zeros_like(p0)
    away[40:] = p0[:40]
    # The wall face is fitted, of first order where the drift runs into it: one cell of density.
    assert np.abs(run.p[-1] - away).sum() * grid.cell < 0.05
