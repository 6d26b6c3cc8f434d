"""The fourth-order method against exact densities at interior times: values and orders."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.density import GaussianMixture, two_bumps
from diffusion_lab.fokker_planck import Grid, solve_fokker_planck
from diffusion_lab.process import SDE, VE, VP, CosineVP, Dynamics, SubVP, exact_score

PATH, DENSITY = VP(), two_bumps()
ROUNDING = 1e-12  # n = 400 cells, a thousand steps, 1e-16 each


def errors(process, density, path, grid, times, step, method="auto"):
    """L1 distance to the exact density at every check time after the first."""
    exact = [grid.average(density.noised(path.alpha(t), path.std(t))) for t in times]
    start = grid.normalise(exact[0])
    solution = solve_fokker_planck(process, start, grid, times, step, method=method)
    assert solution.mass_defect <= ROUNDING
    assert solution.p.min() >= 0.0
    return [np.abs(p - q).sum() * grid.h for p, q in zip(solution.p, exact, strict=True)][1:]


@pytest.mark.parametrize("sigma", [0.0, 1.0, lambda t: 2.0 * torch.sin(math.pi * t)])
@pytest.mark.parametrize("times", [[0.05, 0.3, 0.9], [0.9, 0.3, 0.05]], ids=["forth", "back"])
def test_fourth_order_forth_and_back_pure_transport_included(sigma, times):
    process = Dynamics(PATH.sde(), exact_score(DENSITY, PATH), sigma)
    runs = [errors(process, DENSITY, PATH, Grid(-6, 6, n), times, 30 / n / 20) for n in (200, 400)]
    for coarse, fine in zip(*runs, strict=True):
        assert fine < 1e-5
        assert math.log2(coarse / fine) >= 3.5, (coarse, fine)


def test_fourth_order_where_nothing_is_known_in_closed_form():
    """f = sin(2 pi t) x - x^3, g = 0.5: three grids against one that is far finer."""
    sde = SDE(lambda x, t: torch.sin(2 * math.pi * t) * x - x**3, lambda t: 0.5)
    start = GaussianMixture.isotropic([0.6, 0.4], [-0.8, 0.7], [0.3, 0.25])

    def solve(n):
        grid = Grid(-3, 3, n)
        p0 = grid.normalise(grid.average(start))
        return solve_fokker_planck(sde, p0, grid, [0, 0.5, 1], 6 / n, method="auto").p[1:]

    fine = solve(960)
    distances = [
        np.abs(solve(n) - fine.reshape(2, n, -1).mean(2)).sum(1).max() * 6 / n
        for n in (80, 160, 320)
    ]
    assert distances[-1] < 2e-6
    for coarse, finer in zip(distances[:-1], distances[1:], strict=True):
        assert math.log2(coarse / finer) >= 3.5, distances


def test_the_two_methods_agree_to_the_order_of_the_lower():
    """An independent discretisation: the distance falls like h^2."""
    sde = SDE(lambda x, t: torch.sin(2 * math.pi * t) * x - x**3, lambda t: 0.5)
    gaps = []
    for n in (100, 200):
        grid = Grid(-3, 3, n)
        p0 = grid.normalise(grid.average(two_bumps()))
        pair = [
            solve_fokker_planck(sde, p0, grid, [0, 1], 1 / n, method=method).p[-1]
            for method in ("auto", "robust")
        ]
        gaps.append(np.abs(pair[0] - pair[1]).sum() * grid.h)
    assert math.log2(gaps[0] / gaps[1]) == pytest.approx(2.0, abs=0.3)


def test_steady_state_of_the_fourth_order_method_at_its_order():
    """Double well, twenty relaxation times: cell averages of exp(-2 V / g^2) to order 4."""
    sde = SDE(lambda x, t: 40.0 * (x - x**3), lambda t: 0.7 * math.sqrt(40.0))
    wrong = []
    for n in (60, 120):
        grid = Grid(-3, 3, n)
        steady = grid.average(lambda x: torch.exp(-(x**4 / 2 - x**2)[:, 0] / 0.49))
        steady = grid.normalise(steady)
        solution = solve_fokker_planck(sde, steady, grid, [0, 1], 1 / 50, method="auto")
        wrong.append(np.abs(solution.p[-1] - steady).sum() * grid.h)
    assert math.log2(wrong[0] / wrong[1]) >= 3.5, wrong
    assert wrong[1] < 1e-4


@pytest.mark.parametrize("seed", range(12))
def test_random_mixtures_paths_and_noises(seed):
    """Whatever the mixture, path, noise and direction: near the exact density, mass kept, p >= 0.

    The bound is the fourth-order error of a Gaussian mode, 2 (h/s)^4, summed over the grid of
    the narrowest mode that occurs.
    """
    rng = np.random.default_rng(seed)
    path = [VP(), VE(0.05, 2.0), CosineVP(), SubVP()][seed % 4]
    k = rng.integers(1, 4)
    stds = rng.uniform(0.25, 0.5, k)
    density = GaussianMixture.isotropic(rng.dirichlet(np.ones(k)), rng.uniform(-2, 2, k), stds)
    times = np.sort(rng.uniform(0.02, 0.95, 4))[:: 1 if seed % 3 else -1]
    times = times if np.abs(np.diff(times)).min() > 1e-3 else np.linspace(0.1, 0.9, 4)
    sigma = [None, 0.0, float(rng.uniform(0.2, 1.5))][rng.integers(3)]
    process = Dynamics(path.sde(), exact_score(density, path), sigma)
    grid = Grid(-11.0, 10.0, int(rng.integers(350, 500)))
    found = errors(process, density, path, grid, times.copy(), 1 / 200)
    narrow = min(float(path.alpha(t)) for t in times) * stds.min()
    narrow = max(narrow, 0.2)
    assert max(found) < 2.0 * (grid.h / narrow) ** 4, (sigma, times, path)


def test_tolerance_is_kept_and_costs_what_it_must():
    """Errors of the steps alone, against a run with small steps on the same grid."""
    sde = SDE(lambda x, t: torch.sin(2 * math.pi * t) * x - x**3, lambda t: 0.5)
    grid = Grid(-3, 3, 200)
    p0 = grid.normalise(grid.average(two_bumps()))
    for method in ("auto", "robust"):
        fine = solve_fokker_planck(sde, p0, grid, [0, 0.6, 1], 1 / 2000, method=method).p
        for tolerance in (1e-2, 1e-3, 1e-4):
            run = solve_fokker_planck(
                sde, p0, grid, [0, 0.6, 1], tolerance=tolerance, method=method
            )
            assert np.abs(run.p - fine).sum(1).max() * grid.h < tolerance
            assert run.mass_defect <= ROUNDING
