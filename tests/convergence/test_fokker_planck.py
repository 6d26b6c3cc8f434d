"""The robust method against exact densities: values and orders, not only mass and sign."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import two_bumps
from diffusion_lab.fokker_planck import Grid, solve_fokker_planck
from diffusion_lab.fokker_planck.faces import bands, fitted_faces
from diffusion_lab.fokker_planck.flux import face_rates
from diffusion_lab.process import SDE, VE, VP, Dynamics, exact_score

PATH, DENSITY = VP(), two_bumps()
SCORE = exact_score(DENSITY, PATH)
ROUNDING = 1e-12  # n = 400 cells, a thousand steps, 1e-16 each


def exact(grid: Grid, t: float) -> np.ndarray:
    return grid.average(DENSITY.noised(PATH.alpha(t).item(), PATH.std(t).item()))


def errors(process, grid: Grid, times, max_step: float) -> list[float]:
    """L1 distance to the exact density at every check time after the first."""
    times = np.asarray(times)
    solution = solve_fokker_planck(
        process, exact(grid, times[0]), grid, times, max_step, method="robust"
    )
    assert solution.mass_defect < ROUNDING
    assert solution.p.min() >= 0.0
    np.testing.assert_allclose(solution.mass(), 1.0, atol=1e-14)
    return [np.abs(solution.at(t) - exact(grid, t)).sum() * grid.h for t in times[1:]]


SIGMAS = {"constant": 1.0, "g": None, "bump": lambda t: 0.5 + 2.0 * torch.sin(math.pi * t)}


@pytest.mark.parametrize("sigma", SIGMAS.values(), ids=SIGMAS)
@pytest.mark.parametrize("times", [[0.05, 0.3, 0.9], [0.9, 0.3, 0.05]], ids=["forth", "back"])
def test_second_order_in_space_and_time_for_every_sigma(sigma, times):
    """Halving h and the step together divides the error by four, at interior times too."""
    process = Dynamics(PATH.sde(), SCORE, sigma)
    runs = [errors(process, Grid(-5, 5, n), times, 1 / n) for n in (150, 300, 600)]
    for coarse, middle, fine in zip(*runs, strict=True):
        assert fine < 2e-3
        order = math.log2(coarse / fine) / 2
        assert order == pytest.approx(2.0, abs=0.35), (coarse, middle, fine)


@pytest.mark.parametrize("times", [[0.1, 0.4, 0.8], [0.8, 0.4, 0.1]], ids=["forth", "back"])
def test_pure_transport_converges_at_first_order(times):
    """sigma = 0: no diffusion at all. Upwinding is of first order, positive and conserving."""
    process = Dynamics(PATH.sde(), SCORE, 0.0)
    coarse, fine = (errors(process, Grid(-5, 5, n), times, 1 / 800)[-1] for n in (400, 800))
    assert math.log2(coarse / fine) == pytest.approx(1.0, abs=0.15)
    assert fine < 0.03


@pytest.mark.parametrize("noise", [0.3, 1.0])
@pytest.mark.parametrize("n", [40, 200])
def test_steady_state_is_boltzmann_on_any_grid(noise, n):
    """Double well f = -V', V = (x^2 - 1)^2: p -> exp(-2 V / g^2), node by node, coarse or fine."""
    grid = Grid(-2.0, 2.0, n)
    sde = SDE(lambda x, t: -4.0 * x * (x**2 - 1.0), lambda t: noise)
    boltzmann = grid.normalise(np.exp(-2.0 * (grid.centers**2 - 1.0) ** 2 / noise**2))
    solution = solve_fokker_planck(sde, boltzmann, grid, [0.0, 1.0], 1 / 50, method="robust")
    # The Gauss rule integrates the cubic drift exactly, so only rounding is left.
    assert np.abs(solution.p[-1] - boltzmann).sum() * grid.h < 1e-12


def test_drift_changes_sign_and_time_matter():
    """f = sin(2 pi t) - x, g = 0.7: a Gaussian stays one, with mean and variance from ODEs."""
    sde = SDE(lambda x, t: torch.sin(2 * math.pi * t) - x, lambda t: 0.7)
    grid, s0, m0, w = Grid(-4, 4, 400), 0.3, 0.5, 2 * math.pi
    start = np.exp(-0.5 * ((grid.centers - m0) / s0) ** 2)
    solution = solve_fokker_planck(
        sde, grid.normalise(start), grid, [0, 0.35, 1.0], 1 / 400, method="robust"
    )
    for i, t in enumerate((0.35, 1.0), start=1):
        decay = math.exp(-t)
        drive = (math.sin(w * t) - w * math.cos(w * t) + w * decay) / (1 + w**2)
        mean = (solution.p[i] * grid.centers).sum() * grid.h
        var = (solution.p[i] * (grid.centers - mean) ** 2).sum() * grid.h
        assert mean == pytest.approx(m0 * decay + drive, abs=grid.h**2)
        # Exponential fitting spreads by up to (b h)^2 per cell crossing: a few h^2 in all.
        expected = s0**2 * decay**2 + 0.245 * (1 - decay**2)
        assert var == pytest.approx(expected, abs=4 * grid.h**2)


def test_score_of_the_solution_is_the_exact_score():
    grid = Grid(-5, 5, 800)
    solution = solve_fokker_planck(
        PATH.sde(), exact(grid, 0.0), grid, [0, 0.3, 0.6], 1 / 800, method="robust"
    )
    x = torch.linspace(-1.8, 1.8, 50, dtype=torch.float64)[:, None]  # where the mass is
    t = torch.tensor(0.3, dtype=torch.float64)
    # h^2 = 1.6e-4 times derivatives of log p, which reach about 20 here.
    assert (solution.score(x, t) - SCORE(x, t)).abs().max() < 20 * grid.h**2


def test_near_delta_start_stays_positive_and_spreads_as_the_kernel():
    grid = Grid(-3, 3, 600)
    start = np.zeros(600)
    start[400] = 1.0
    path, x0 = VE(0.1, 3.0), grid.centers[400]
    solution = solve_fokker_planck(
        path.sde(), grid.normalise(start), grid, [0, 0.4], 1 / 800, method="robust"
    )
    assert solution.p.min() >= 0
    mean = (solution.p[-1] * grid.centers).sum() * grid.h
    var = (solution.p[-1] * (grid.centers - mean) ** 2).sum() * grid.h
    assert mean == pytest.approx(x0, abs=1e-6)
    assert var == pytest.approx(path.var(0.4).item() + grid.h**2 / 12, rel=2e-3)


def test_the_general_matrix_holds_the_fitted_rates_of_each_face():
    rng = np.random.default_rng(0)
    drift, h = rng.normal(size=41), 0.1
    mean = np.array(
        [np.array([-1, 34, 114, 34, -1]) / 180 @ drift[i : i + 5] for i in range(0, 37, 2)]
    )
    right, left = face_rates(mean, 0.3, h)  # what leaves a cell enters its neighbour
    rows = bands(fitted_faces(drift, np.array(0.3), h, "closed"))
    np.testing.assert_allclose(rows[1, 1:], right, atol=1e-12)
    np.testing.assert_allclose(rows[3, :-1], left, atol=1e-12)
    np.testing.assert_allclose(rows[2], -np.append(right, 0) - np.append(0, left), atol=1e-12)
    assert not rows[[0, 4]].any()
