"""What must hold for every drift, noise, grid, wall and direction: checked on drawn examples."""

import math
import warnings

import numpy as np
import pytest
import torch
from drawn_problems import (
    FORTH_AND_BACK,
    METHODS,
    PATHS,
    WALLS,
    drifts,
    examples,
    gentle,
    lines,
    mixtures,
    noises,
    numbers,
    starts,
)
from hypothesis import given
from hypothesis import strategies as st

from diffusion_lab.fokker_planck import Grid, Grid2D, WallWarning, solve_fokker_planck
from diffusion_lab.process import SDE, Dynamics, exact_score

ROUNDING = 1e-12  # thousands of unknowns and steps, 1e-16 each


def solve(*arguments, **options):
    """Solve, on grids that are too small on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WallWarning)
        return solve_fokker_planck(*arguments, **options)


def check_density(solution):
    """No sign, no mass and no number is lost; the defect is that before any rescaling.

    Only absorbing walls take mass, and they give none back.
    """
    assert np.isfinite(solution.p).all()
    assert solution.p.min() >= 0.0
    assert solution.mass_defect <= ROUNDING
    np.testing.assert_allclose(solution.mass() + solution.lost.sum(1), 1.0, atol=ROUNDING)
    assert solution.walls == "absorbing" or not solution.lost.any()
    assert (np.diff(solution.lost, axis=0) >= -ROUNDING).all()


@examples(60)
@given(st.data())
def test_line_stays_a_density(data):
    grid, p0 = (g := data.draw(lines())), data.draw(starts(g))
    sde = SDE(data.draw(drifts()), data.draw(noises()))
    method, walls = data.draw(METHODS), data.draw(st.sampled_from(WALLS))
    step = data.draw(st.sampled_from((0.005, 0.05, 1.0)))
    check_density(solve(sde, p0, grid, [0, 0.3, 1], step, method=method, walls=walls))


@examples(12)
@given(st.data())
def test_steps_by_tolerance_stay_a_density(data):
    grid, p0 = (g := data.draw(lines(most=60))), data.draw(starts(g))
    sde, method = SDE(data.draw(drifts(3.0)), data.draw(noises())), data.draw(METHODS)
    walls = data.draw(st.sampled_from(WALLS))
    check_density(solve(sde, p0, grid, [0, 0.3, 1], tolerance=1e-2, method=method, walls=walls))


@examples(12)
@given(st.data())
def test_plane_stays_a_density(data):
    grid = Grid2D(data.draw(lines(most=16)), data.draw(lines(most=16)))
    p0, along, across = data.draw(starts(grid)), data.draw(drifts()), data.draw(drifts())
    turn, noise = data.draw(numbers(-5.0, 5.0)), data.draw(noises())

    def f(x, t):
        return torch.stack([along(x[:, 1], t), across(x[:, 0], t)], 1) + turn * x.flip(1)

    step = data.draw(st.sampled_from((0.05, 0.5)))
    method = data.draw(METHODS)
    check_density(solve(SDE(f, noise), p0, grid, [0, 0.3, 1], step, method=method))


@examples(12)
@given(mixtures(), st.sampled_from(sorted(PATHS)), noises(), FORTH_AND_BACK, lines(), METHODS)
def test_every_sigma_in_both_directions_stays_a_density(density, name, sigma, times, grid, method):
    """The exact score of a random mixture; where it begins is not even its density."""
    process = Dynamics(PATHS[name].sde(), exact_score(density, PATHS[name]), sigma)
    p0 = grid.normalise(grid.average(density))
    check_density(solve(process, p0, grid, times, 1 / 40, method=method))


@examples(20)
@given(gentle(), st.data())
def test_robust_method_is_linear_where_nothing_is_repaired(problem, data):
    sde, options = problem
    p, q = (data.draw(starts(options["grid"])) for _ in range(2))
    share = data.draw(numbers(0.0, 1.0))
    mixed = solve(sde, share * p + (1 - share) * q, **options).p
    apart = share * solve(sde, p, **options).p + (1 - share) * solve(sde, q, **options).p
    assert np.abs(mixed - apart).sum(1).max() * options["grid"].h <= ROUNDING


@examples(20)
@given(gentle(), st.data())
def test_two_solutions_never_move_apart(problem, data):
    """In L1, for one closed problem, at every check time."""
    sde, options = problem
    p, q = (solve(sde, data.draw(starts(options["grid"])), **options).p for _ in range(2))
    distance = np.abs(p - q).sum(1) * options["grid"].h
    assert (np.diff(distance) <= ROUNDING).all()


def moved(sde, grid, p0, sign, shift, **options):
    """The same problem in y = sign x + shift, solved and read back in x."""
    f = SDE(lambda y, t: sign * sde.f(sign * (y - shift), t), sde.g)
    ends = sorted(sign * end + shift for end in (grid.low, grid.high))
    p = solve(f, p0[::sign], Grid(*ends, grid.n), **options).p
    return p[:, ::sign]


@examples(15)
@given(st.data())
@pytest.mark.parametrize(("sign", "shift"), [(-1, 0.0), (1, 7.3), (-1, -2.1)])
def test_mirror_images_and_shifted_grids_give_the_same_density(sign, shift, data):
    grid, p0 = (g := data.draw(lines(most=80))), data.draw(starts(g))
    sde = SDE(data.draw(drifts(3.0)), data.draw(noises()))
    method, walls = data.draw(METHODS), data.draw(st.sampled_from(WALLS))
    options = {"times": [0, 0.3, 0.6], "max_step": 0.02, "method": method, "walls": walls}
    solution = solve(sde, p0, grid, **options)
    check_density(solution)
    there = moved(sde, grid, p0, sign, shift, **options)
    # The places differ in their last digits; below zero, 1e-10 is clipped and more is repaired.
    assert np.abs(solution.p - there).sum(1).max() * grid.h <= 1e-8


@examples(20)
@given(st.data())
def test_an_interval_may_be_solved_in_two_parts(data):
    """To rounding where the steps are the same; "auto" may lay them anew, even in its clock."""
    grid, p0 = (g := data.draw(lines(most=80))), data.draw(starts(g))
    sde = SDE(data.draw(drifts(3.0)), data.draw(noises()))
    options = {"method": data.draw(METHODS), "walls": data.draw(st.sampled_from(WALLS[::2]))}
    whole, half = (
        solve(sde, p0, grid, [0, 0.31, 0.6], step, **options).p for step in (0.02, 0.01)
    )
    rest = solve(sde, grid.normalise(whole[1]), grid, [0.31, 0.6], 0.02, **options).p[1]
    in_time = np.abs(whole - half).sum(1).max() * grid.h  # the error of the steps, and a little
    allowed = ROUNDING + (2.0 * in_time if options["method"] == "auto" else 0.0)
    assert np.abs(whole[2] - rest).sum() * grid.h <= allowed


@examples(8)
@given(mixtures(), st.sampled_from(sorted(PATHS)), noises(0.5), FORTH_AND_BACK)
@pytest.mark.parametrize(("method", "order"), [("robust", 2.0), ("auto", 4.0)])
def test_the_exact_density_is_met_at_the_order_of_the_scheme(
    method, order, density, name, sigma, times
):
    """Halving h and the step divides the error by 2^order; three quarters of a power is allowed.

    The coarse grid has four cells to the narrowest std, so its error is nearly in its order.
    """
    path = PATHS[name]
    process = Dynamics(path.sde(), exact_score(density, path), sigma)

    def error(n):
        grid = Grid(-6.0, 6.0, n)
        exact = [grid.average(density.noised(path.alpha(t), path.std(t))) for t in times]
        p0 = grid.normalise(exact[0])
        solution = solve(process, p0, grid, times, 6.0 / n, method=method)
        check_density(solution)
        return np.abs(solution.p - np.stack(exact)).sum(1).max() * grid.h

    coarse, fine = error(160), error(320)
    beyond = 1e-7  # mass of these densities beyond the grid, which they lose
    assert fine <= coarse / 2 ** (order - 0.75) + beyond, math.log2(coarse / fine)
