"""What is read from a solution, and the ways to put a density on the grid."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import GaussianMixture, two_bumps
from diffusion_lab.fokker_planck import Grid, Grid2D, solve_fokker_planck
from diffusion_lab.process import SDE, VE, VP, Dynamics, exact_score
from diffusion_lab.sampling import heun, integrate

PATH = VP()
NORMAL = GaussianMixture.isotropic([1.0], [0.7], [0.5])


def gaussian_run(method):
    grid = Grid(-6, 6, 300)
    p0 = grid.normalise(grid.average(NORMAL))
    return solve_fokker_planck(PATH.sde(), p0, grid, [0, 0.2, 0.5], 1 / 300, method=method)


@pytest.mark.parametrize(("method", "error"), [("auto", 1e-6), ("robust", 2e-3)])
def test_moments_entropy_and_fisher_information_of_a_gaussian(method, error):
    """Mean, variance v, entropy log(2 pi e v)/2 and Fisher information 1/v; h^2 is 1.6e-3."""
    run = gaussian_run(method)
    alpha, std = (np.array([f(t) for t in run.times]) for f in (PATH.alpha, PATH.std))
    v = (0.5 * alpha) ** 2 + std**2
    np.testing.assert_allclose(run.mean(), 0.7 * alpha, atol=error)
    np.testing.assert_allclose(run.variance(), v, rtol=error)
    np.testing.assert_allclose(run.entropy(), 0.5 * np.log(2 * math.pi * math.e * v), atol=error)
    # The slope of a cubic spline of a parabola is exact; p ends where the cells do.
    np.testing.assert_allclose(run.fisher(), 1.0 / v, rtol=10 * error)


def test_entropy_grows_as_de_bruijn_says():
    """f = 0: dS/dt = g^2/2 times the Fisher information, integrated along the run."""
    grid, times = Grid(-8, 8, 400), np.linspace(0.0, 1.0, 101)
    p0 = grid.normalise(grid.average(two_bumps()))
    run = solve_fokker_planck(SDE(lambda x, t: 0 * x, lambda t: 0.8), p0, grid, times, 1 / 100)
    gained = np.trapezoid(0.5 * 0.8**2 * run.fisher(), times)
    # The trapezoid rule with step 0.01 where the entropy bends with times near 0.1.
    assert run.entropy()[-1] - run.entropy()[0] == pytest.approx(gained, abs=2e-3)


def test_score_and_velocity_are_fields_for_samplers():
    """Particles on the solved density arrive where those on the exact one do."""
    grid, times = Grid(-6, 6, 400), np.linspace(0.0, 1.0, 201)
    p0 = grid.normalise(grid.average(two_bumps()))
    run = solve_fokker_planck(PATH.sde(), p0, grid, times, method="auto")
    solved = run.dynamics(PATH.sde(), 0.0)
    exact = Dynamics(PATH.sde(), exact_score(two_bumps(), PATH), 0.0)
    x = torch.linspace(-1.5, 1.5, 40, dtype=torch.float64)[:, None]
    t = torch.tensor(0.35, dtype=torch.float64)  # a check time
    # (h/s)^4 with h = 0.03, s = 0.2, times the drift's size of about 10.
    assert (solved.velocity(x, t) - exact.velocity(x, t)).abs().max() < 10 * (0.03 / 0.2) ** 4
    grid_times = torch.linspace(0.9, 0.05, 86, dtype=torch.float64)
    ends = [
        integrate(heun(d), x, grid_times, torch.Generator().manual_seed(0)).x
        for d in (solved, exact)
    ]
    assert (ends[0] - ends[1]).abs().max() < 2e-3  # the score is linear between check times


def test_between_check_times_and_outside_them():
    run = gaussian_run("auto")
    np.testing.assert_allclose(run.at(0.1), 0.5 * (run.p[0] + run.p[1]), atol=1e-14)
    with pytest.raises(ValueError, match="was not solved; the solution covers"):
        run.score(torch.zeros(1, 1, dtype=torch.float64), 0.6)


def test_starts_hold_the_mass_they_are_given():
    grid = Grid(-3, 3, 60)
    average = grid.average(lambda x: torch.exp(two_bumps().log_prob(x)))
    np.testing.assert_allclose(average, grid.average(two_bumps()), atol=1e-12)
    drawn = grid.curve(np.array([-1.03, 0.2, 1.97]), np.array([0.0, 1.0, 0.0]))  # a triangle
    assert drawn.sum() * grid.h == pytest.approx(1.0, abs=1e-14)
    assert (drawn * grid.centers).sum() * grid.h == pytest.approx(
        (-1.03 + 0.2 + 1.97) / 3, abs=1e-3
    )
    assert not drawn[grid.edges[1:] < -1.03].any()
    assert not drawn[grid.edges[:-1] > 1.97].any()
    point = grid.point(0.333)
    assert np.count_nonzero(point) == 2
    assert (point * grid.centers).sum() * grid.h == pytest.approx(0.333, abs=1e-14)
    sample = two_bumps().sample(4000, torch.Generator().manual_seed(1))
    # sum over 60 cells of sqrt(p h / N): a mean L1 distance near 0.1
    assert np.abs(grid.histogram(sample) - average).sum() * grid.h < 0.15


@pytest.mark.parametrize("method", ["auto", "robust"])
def test_a_point_and_a_sample_spread_like_the_kernel(method):
    grid, path = Grid(-4, 4, 400), VE(0.1, 3.0)
    run = solve_fokker_planck(path.sde(), grid.point(0.4), grid, [0, 0.1, 0.3], method=method)
    assert run.p.min() >= 0.0
    assert run.mass_defect <= 1e-12
    np.testing.assert_allclose(run.mean(), 0.4, atol=1e-9)
    var = np.array([path.var(t).item() for t in run.times[1:]])
    np.testing.assert_allclose(run.variance()[1:], var, atol=2.0 * grid.h**2)


def test_starts_in_the_plane():
    grid = Grid2D(Grid(-3, 3, 30), Grid(-2, 2, 40))
    assert grid.point((0.31, -0.47)).shape == (30, 40)
    assert grid.point((0.31, -0.47)).ravel() @ grid.points * grid.cell == pytest.approx(
        [0.31, -0.47]
    )
    x = torch.tensor([[0.1, 0.2], [0.1, 0.2], [-1.0, 1.0]], dtype=torch.float64)
    p = grid.histogram(x)
    assert p.sum() * grid.cell == pytest.approx(1.0)
    assert p.max() * grid.cell == pytest.approx(2 / 3)
