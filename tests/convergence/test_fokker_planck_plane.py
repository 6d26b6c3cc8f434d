"""The plane: exact mixtures, a rotation that does not separate, and the readings."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from diffusion_lab.density import GaussianMixture, ring_mixture
from diffusion_lab.fokker_planck import Grid, Grid2D, WallWarning, solve_fokker_planck
from diffusion_lab.fokker_planck.repair import fill
from diffusion_lab.process import SDE, VP, Dynamics, exact_score

ROUNDING = 1e-12
PATH = VP()
# Rotation and contraction that do not commute: neither axis can be solved alone.
TURN = np.array([[-0.7298, -3.4207], [2.5793, -1.2702]])
NOISE = 0.8
START = GaussianMixture(
    torch.tensor([0.6, 0.4], dtype=torch.float64),
    torch.tensor([[1.2, 0.3], [-0.9, -0.8]], dtype=torch.float64),
    torch.tensor([[[0.25, 0.06], [0.06, 0.2]], [[0.2, -0.04], [-0.04, 0.3]]]),
)


def turned(t):
    """The exact law of dx = A x dt + g dW, by Van Loan's matrix exponential."""
    block = np.block([[-TURN, NOISE**2 * np.eye(2)], [np.zeros((2, 2)), TURN.T]])
    e = expm(block * t)
    flow = e[2:, 2:].T
    added = flow @ e[:2, 2:]
    cov = flow @ START.covariances.numpy() @ flow.T + 0.5 * (added + added.T)
    return GaussianMixture(
        START.weights, START.means.numpy() @ flow.T, 0.5 * (cov + cov.transpose(0, 2, 1))
    )


def nearly(turn, x):
    """A x, with a bend that keeps the exact kernel away and moves no digit tested here."""
    return x @ torch.tensor(turn).T + 1e-11 * x**3


def square(n, side=5.0):
    return Grid2D(Grid(-side, side, n), Grid(-side, side, n))


def errors(process, law, grid, times, step, method):
    exact = [grid.average(law(t)) for t in times]
    start = grid.normalise(exact[0])
    run = solve_fokker_planck(process, start, grid, times, step, method=method)
    assert run.mass_defect <= ROUNDING
    assert run.p.min() >= 0.0
    np.testing.assert_allclose(run.mass(), 1.0, atol=1e-13)
    return [np.abs(p - q).sum() * grid.cell for p, q in zip(run.p, exact, strict=True)][1:]


@pytest.mark.parametrize(
    ("method", "order", "sizes"), [("auto", 3.5, (32, 64)), ("robust", 1.6, (80, 160))]
)
def test_rotation_and_contraction_at_the_order_of_the_method(method, order, sizes):
    sde = SDE(lambda x, t: nearly(TURN, x), lambda t: NOISE)
    runs = [errors(sde, turned, square(n), [0.0, 0.2, 0.4], 1.6 / n, method) for n in sizes]
    for coarse, fine in zip(*runs, strict=True):
        assert math.log2(coarse / fine) >= order, runs
    if method == "auto":
        assert max(runs[1]) < 5e-3


def ring(t):
    return ring_mixture(8, 3.0, 0.4).noised(PATH.alpha(t), PATH.std(t))


def test_a_ring_on_the_vp_path_by_the_kernel():
    found = errors(PATH.sde(), ring, square(64, 6.0), [0.0, 0.25, 1.0], 0.1, "auto")
    assert max(found) < 1e-5


@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_backward_with_the_score_and_pure_transport(sigma):
    """The score couples the axes; sigma = 0 has no diffusion at all."""
    density = ring_mixture(5, 1.5, 0.5)
    process = Dynamics(PATH.sde(), exact_score(density, PATH), sigma)

    def law(t):
        return density.noised(PATH.alpha(t), PATH.std(t))

    runs = [errors(process, law, square(n), [0.5, 0.3, 0.15], 2 / n, "auto") for n in (24, 48)]
    assert max(runs[1]) < 5e-3
    assert math.log2(max(runs[0]) / max(runs[1])) >= 3.2, runs


@pytest.mark.parametrize("method", ["auto", "robust"])
def test_drift_that_depends_on_time_and_both_coordinates(method):
    """A turning field f = w(t) J x leaves a round Gaussian alone but for the noise."""

    def turn(x, t):
        return 3.0 * torch.cos(6.0 * t) * nearly(np.array([[0.0, -1.0], [1.0, 0.0]]), x)

    grid = square(60, 4.0)
    start = GaussianMixture.isotropic([1.0], [[0.0, 0.0]], [0.6])
    run = solve_fokker_planck(
        SDE(turn, lambda t: 0.5), grid.average(start), grid, [0, 0.5, 1], 1 / 40, method=method
    )
    for t, cov, mean in zip(run.times, run.variance(), run.mean(), strict=True):
        # Robust fluxes add |b| h of diffusion times the distance from the centre: 0.02 at most.
        error = 1e-3 if method == "auto" else 0.12
        np.testing.assert_allclose(cov, (0.36 + 0.25 * t) * np.eye(2), atol=error)
        np.testing.assert_allclose(mean, 0.0, atol=1e-9)


def test_readings_of_a_gaussian_in_the_plane():
    start = GaussianMixture(
        torch.ones(1), torch.tensor([[0.4, -0.3]]), torch.tensor([[[0.5, 0.2], [0.2, 0.4]]])
    )
    grid, t = square(80), torch.tensor(0.2, dtype=torch.float64)
    p0 = grid.normalise(grid.average(start))
    run = solve_fokker_planck(PATH.sde(), p0, grid, [0.0, 0.2], method="auto")
    law = start.noised(PATH.alpha(t), PATH.std(t))
    cov = law.covariances[0].numpy()
    np.testing.assert_allclose(run.mean()[-1], law.means[0], atol=1e-6)
    np.testing.assert_allclose(run.variance()[-1], cov, atol=1e-5)
    det = np.linalg.det(2 * math.pi * math.e * cov)
    assert run.entropy()[-1] == pytest.approx(0.5 * math.log(det), abs=1e-5)
    assert run.fisher()[-1] == pytest.approx(np.trace(np.linalg.inv(cov)), rel=1e-4)
    x = law.sample(200, torch.Generator().manual_seed(0))
    assert (run.score(x, t) - law.score(x)).abs().max() < 1e-3  # (h/s)^4 = 2e-3, small constant
    assert run.dynamics(PATH.sde(), 0.0).velocity(x, t).shape == (200, 2)


def test_a_closed_wall_that_is_touched_in_the_plane_is_named():
    grid = square(20, 1.0)
    p0 = grid.normalise(grid.average(GaussianMixture.isotropic([1.0], [[0.0, 0.0]], [0.3])))
    still = SDE(lambda x, t: 0 * x, lambda t: 1.0)
    with pytest.warns(WallWarning, match="outermost cells hold"):
        solve_fokker_planck(still, p0, grid, [0.0, 0.5])


@pytest.mark.parametrize("walls", ["closed", "periodic"])
def test_cells_below_zero_borrow_from_their_neighbours_and_from_nobody_else(walls):
    p = np.random.default_rng(0).uniform(0.5, 1.0, (12, 9))
    p[0, 0], p[5, 4] = -0.3, -1.2  # two neighbours, or four, with at least half each
    filled = fill(p, walls, 1e-14)
    assert filled.min() >= -1e-14
    assert filled.sum() == pytest.approx(p.sum(), rel=1e-14)
    assert np.abs(filled - p).sum() == pytest.approx(2.0 * 1.5, rel=1e-12), "no density is nearer"
    far = np.ones_like(p, dtype=bool)
    far[:2, :2] = far[4:7, 3:6] = False
    if walls == "periodic":
        far[-1, 0] = far[0, -1] = False
    np.testing.assert_array_equal(filled[far], p[far])
