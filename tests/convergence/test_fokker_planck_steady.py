"""The steady state of the robust method at any grid and step, and reading the drift ahead."""

import math

import numpy as np
import pytest
import torch

from diffusion_lab.fokker_planck import Grid, solve_fokker_planck
from diffusion_lab.fokker_planck.chain import Chain
from diffusion_lab.process import SDE

# exp(-2 V/g^2) is a product of up to 800 ratios, each right to |w| times 1e-16, and the sum of
# all |w| is the total rise and fall of 2 V/g^2, up to 850 here.
ROUNDING = 1e-12
LANDSCAPES = {
    "double well": (lambda x: (x**2 - 1) ** 2, lambda x: 4 * x * (x**2 - 1), (-2.0, 2.0)),
    "OU": (lambda x: 0.5 * x**2, lambda x: x, (-4.0, 5.0)),
}


@pytest.mark.parametrize("clock", [1e-2, 1.0, 1e2, 1e5, 1e8, 1e10])
@pytest.mark.parametrize("n", [4, 41, 200, 801])
@pytest.mark.parametrize("landscape", LANDSCAPES)
@pytest.mark.filterwarnings("ignore::diffusion_lab.fokker_planck.WallWarning")
def test_kept_and_reached_however_long_the_step(landscape, n, clock):
    """Drift and noise run `clock` times faster than the step: p -> exp(-2 V/g^2) at the nodes."""
    potential, slope, walls = LANDSCAPES[landscape]
    grid, steps = Grid(*walls, n), 7
    for noise in (0.3, 1.0):
        rate = clock * steps
        sde = SDE(lambda x, t, r=rate: -r * slope(x), lambda t, r=rate, g=noise: g * math.sqrt(r))
        boltzmann = grid.normalise(np.exp(-2.0 * potential(grid.centers) / noise**2))
        run = solve_fokker_planck(sde, boltzmann, grid, [0, 1], 1 / steps, method="robust")
        assert np.abs(run.p[-1] - boltzmann).sum() * grid.h <= ROUNDING
        assert run.mass_defect <= ROUNDING
        flat = np.full(n, 1.0 / (n * grid.h))
        run = solve_fokker_planck(sde, flat, grid, [0, 1], 1 / steps, method="robust")
        assert run.mass_defect <= ROUNDING
        assert run.p.min() >= 0.0
        # The slowest mode of OU falls by (1 + 0.3 clock)^-1 or more in each of seven steps.
        if landscape == "OU" and clock >= 1e5:
            assert np.abs(run.p[-1] - boltzmann).sum() * grid.h <= ROUNDING


@pytest.mark.parametrize("walls", ["closed", "absorbing", "periodic"])
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_the_chain_solves_its_matrix(walls, rows):
    """Against a dense solve, by parts and together; and each column sums to 1 but for a leak."""
    rng = np.random.default_rng(rows)
    n = 9
    right, left = rng.exponential(3.0, (2, rows, n + 1))
    if walls == "closed":
        right[:, [0, -1]] = left[:, [0, -1]] = 0.0
    elif walls == "absorbing":
        right[:, 0] = left[:, -1] = 0.0
    else:
        right[:, 0], left[:, 0] = right[:, -1], left[:, -1]
    chain, p = Chain(right, left, walls), rng.random((rows, n))
    together = chain.solve(p)
    for k in range(rows):
        dense = np.eye(n) + np.diag(right[k, 1:] + left[k, :-1])
        for i in range(n):
            for face, to, share in ((i + 1, i + 1, right), (i, i - 1, left)):
                if 0 <= to < n or walls == "periodic":
                    dense[to % n, i] -= share[k, face]
        expected = np.linalg.solve(dense, p[k])
        np.testing.assert_allclose(together[k], expected, rtol=1e-12)
        np.testing.assert_array_equal(chain.solve(p[k], k), together[k])
        out = chain.ends(together[k], k) @ [-1.0, 1.0]
        assert together[k].sum() + out == pytest.approx(p[k].sum(), rel=1e-14)


def test_no_digit_is_lost_where_a_dense_solve_loses_all():
    """Rates of 1e14: the two cells share the mass as their rates say, and none is made."""
    right, left = np.array([[0.0, 1e14, 0.0, 0.0, 0.0]]), np.array([[0.0, 3e14, 0.0, 0.0, 0.0]])
    y = Chain(right, left, "closed").solve(np.array([0.7, 0.3, 0.0, 0.0]))
    np.testing.assert_allclose(y[:2], [0.75, 0.25], rtol=1e-13)


def test_many_times_are_read_in_few_calls_and_are_the_same():
    """A drift written for one time, for one per row, and two that many times would break."""
    calls = []

    def counted(f):
        def g(x, t):
            calls.append(t)
            return f(x, t)

        return g

    grid = Grid(-2, 2, 40)
    p0 = grid.normalise(np.exp(-2 * grid.centers**2))
    few = {
        "number": lambda x, t: torch.sin(4 * t) * x - x**3,
        "rows": lambda x, t: torch.sin(4 * t).reshape(-1, 1) * x - x**3,
    }
    many = {
        "condition": lambda x, t: (torch.sin(4 * t) if t < 2 else 0.0) * x - x**3,
        "mean": lambda x, t: torch.sin(4 * t.mean()) * x - x**3,
    }
    found = {}
    for name, f in (few | many).items():
        calls.clear()
        sde = SDE(counted(f), lambda t: 0.5)
        found[name] = solve_fokker_planck(sde, p0, grid, [0, 1], 1 / 50, method="robust").p[-1]
        # Two stages in each of 50 steps by themselves; or all of them in one call, and trials.
        assert len(calls) < 20 if name in few else len(calls) >= 100, (name, len(calls))
    for name, p in found.items():
        # sin differs in its last digit between one number and many.
        np.testing.assert_allclose(p, found["condition"], atol=1e-13, err_msg=name)
