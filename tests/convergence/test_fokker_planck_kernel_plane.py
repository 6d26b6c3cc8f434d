"""The exact kernel in the plane for drifts that turn, shear and change in time."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from diffusion_lab.density import GaussianMixture
from diffusion_lab.fokker_planck import Grid, Grid2D, kernel, solve_fokker_planck
from diffusion_lab.fokker_planck.motion import Motion
from diffusion_lab.process import SDE

START = GaussianMixture(
    torch.tensor([0.6, 0.4], dtype=torch.float64),
    torch.tensor([[1.2, 0.3], [-0.9, -0.8]], dtype=torch.float64),
    torch.tensor([[[0.25, 0.06], [0.06, 0.2]], [[0.2, -0.04], [-0.04, 0.3]]]),
)
GRID = Grid2D(Grid(-7.5, 8.0, 140), Grid(-8.0, 7.5, 120))  # cells that are not square
SIDEWAYS, UPWARD = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])
TURN = 2.6 * UPWARD - 3.4 * SIDEWAYS - np.diag([0.7, 1.3])
# A(t), c(t) and g(t) of dx = (A x + c) dt + g dW.
DRIFTS = {
    "rotation and contraction": (lambda t: TURN, lambda t: np.zeros(2), lambda t: 0.8),
    "pure shear": (lambda t: 2.0 * SIDEWAYS, lambda t: np.zeros(2), lambda t: 0.5),
    "turning now and then, moved": (
        lambda t: math.cos(7.0 * t) * TURN + math.sin(5.0 * t) * UPWARD,
        lambda t: np.array([math.sin(9.0 * t), 1.0 - 2.0 * t]),
        lambda t: 0.5 + t,
    ),
}


def sde_of(a, c, g):
    return SDE(
        lambda x, t: x @ torch.tensor(a(t.item())).T + torch.tensor(c(t.item())),
        lambda t: g(t.item()),
    )


def moved(law, a, c, g, times):
    """The mixture at the times, its moments from a general ODE solver."""
    flow, shift, cov = np.eye(2), np.zeros(2), np.zeros((2, 2))

    def rate(t, y):
        flow, shift, cov = y[:4].reshape(2, 2), y[4:6], y[6:].reshape(2, 2)
        spread = a(t) @ cov + cov @ a(t).T + g(t) ** 2 * np.eye(2)
        return np.concatenate([(a(t) @ flow).ravel(), a(t) @ shift + c(t), spread.ravel()])

    start = np.concatenate([flow.ravel(), shift, cov.ravel()])
    run = solve_ivp(rate, (0, times[-1]), start, "DOP853", t_eval=times, rtol=1e-12, atol=1e-13)
    for y in run.y.T:
        flow, shift, cov = y[:4].reshape(2, 2), y[4:6], y[6:].reshape(2, 2)
        new = flow @ law.covariances.double().numpy() @ flow.T + cov
        new = 0.5 * (new + new.transpose(0, 2, 1))
        yield GaussianMixture(law.weights, law.means.numpy() @ flow.T + shift, new)


@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS)
def test_exact_at_interior_times(drift):
    times = [0.0, 0.15, 0.4, 0.6]
    exact = [GRID.average(law) for law in moved(START, *drift, times)]
    p0 = GRID.normalise(exact[0])
    sde = sde_of(*drift)
    known = kernel.linear_rows(Motion.of(sde, forward=True), p0, GRID, np.array(times))
    assert set(known) == {1, 2, 3}, "the kernel reaches every time, so no step is taken"
    run = solve_fokker_planck(sde, p0, GRID, times, method="auto")
    assert run.mass_defect <= 1e-12
    assert run.p.min() >= 0.0
    outside = 1.0 - exact[0].sum() * GRID.cell
    for p, q in zip(run.p[1:], exact[1:], strict=True):
        lost = 1.0 - q.sum() * GRID.cell  # beyond the walls, where closed ones hold it back
        assert np.abs(p - q).sum() * GRID.cell < 1e-10 + 2.0 * (lost + outside)
    assert max(1.0 - q.sum() * GRID.cell for q in exact) < 1e-8


def test_the_other_sense_of_rotation_is_another_answer():
    """The exact law of the mirrored drift is far away, so the test above can tell the sense."""
    a, c, g = DRIFTS["rotation and contraction"]
    one, other = (
        GRID.average(list(moved(START, m, c, g, [0.0, 0.4]))[1]) for m in (a, lambda t: TURN.T)
    )
    p0 = GRID.normalise(GRID.average(START))
    p = solve_fokker_planck(sde_of(a, c, g), p0, GRID, [0.0, 0.4], method="auto").p[-1]
    assert np.abs(p - one).sum() * GRID.cell < 1e-8
    assert np.abs(p - other).sum() * GRID.cell > 0.5


def test_from_a_point():
    """All mass in one cell: the Gaussian of the kernel itself, cut into cells."""
    drift = DRIFTS["rotation and contraction"]
    at = GRID.x.centers[70], GRID.y.centers[55]
    p0 = GRID.point(at)
    run = solve_fokker_planck(sde_of(*drift), p0, GRID, [0.0, 0.15, 0.5], method="auto")
    tiny = 1e-12 * torch.eye(2, dtype=torch.float64)[None]
    point = GaussianMixture(torch.ones(1), torch.tensor([at], dtype=torch.float64), tiny)
    laws = list(moved(point, *drift, [0.0, 0.15, 0.5]))[1:]
    for p, law in zip(run.p[1:], laws, strict=True):
        # 1e-7 of a drop's spectrum is folded over by the cells, see spread_plane.
        assert np.abs(p - GRID.average(law)).sum() * GRID.cell < 3e-7


def test_a_histogram_moves_as_so_many_points():
    generator = torch.Generator().manual_seed(3)
    drift, coarse = (
        DRIFTS["rotation and contraction"],
        Grid2D(Grid(-6.0, 6.0, 50), Grid(-5.0, 5.0, 40)),
    )
    p0 = coarse.histogram(START.sample(300, generator))
    run = solve_fokker_planck(sde_of(*drift), p0, coarse, [0.0, 0.5], method="auto")
    used = p0.ravel() > 0.0
    points = torch.tensor(coarse.points[used])
    tiny = (1e-12 * torch.eye(2, dtype=torch.float64)).expand(len(points), 2, 2)
    cells = GaussianMixture(torch.tensor(p0.ravel()[used] * coarse.cell), points, tiny)
    _, law = moved(cells, *drift, [0.0, 0.5])
    assert np.abs(run.p[-1] - coarse.average(law)).sum() * coarse.cell < 1e-5


@pytest.mark.parametrize("end", [0.1, 0.3, 0.6, 0.7])
def test_a_lattice_pulled_apart_is_left_to_the_steps(end):
    """Shear parts neighbours along x by 6 t h: each Gaussian must still reach the next one."""
    drift = (lambda t: 6.0 * SIDEWAYS, lambda t: np.zeros(2), lambda t: 0.35)
    grid = Grid2D(Grid(-10.4, 10.4, 130), Grid(-3.0, 3.0, 48))
    law = GaussianMixture.isotropic([1.0], [[0.0, 0.0]], [0.4])
    p0 = grid.normalise(grid.average(law))
    known = kernel.linear_rows(
        Motion.of(sde_of(*drift), forward=True), p0, grid, np.array([0.0, end])
    )
    exact = grid.average(list(moved(law, *drift, [0.0, end]))[1])
    assert bool(known) == (end >= 0.6)  # by axis alone the kernel is wide enough at 0.3 too
    if known:
        assert np.abs(known[1] - exact).sum() * grid.cell < 1e-5


@pytest.mark.parametrize(
    "bend",
    [
        lambda x, t: 1e-9 * x[:, :1] * x[:, 1:],
        lambda x, t: 1e-6 * torch.sin(x),
        lambda x, t: 1e-3 * torch.exp(-((x - 0.5) ** 2).sum(1, keepdim=True) / 0.01),
    ],
    ids=["product", "sine", "bump"],
)
def test_nearly_linear_is_not_linear(bend):
    a = torch.tensor(TURN)
    sde = SDE(lambda x, t: x @ a.T + bend(x, t), lambda t: 0.8)
    p0 = GRID.normalise(GRID.average(START))
    assert not kernel.linear_rows(Motion.of(sde, forward=True), p0, GRID, np.array([0.0, 0.4]))


def test_without_noise_or_near_a_wall_there_is_no_kernel():
    a = torch.tensor(TURN)
    p0 = GRID.normalise(GRID.average(START))
    for g, grid, p in (
        (0.0, GRID, p0),
        (0.8, Grid2D(Grid(-2.0, 2.0, 40), Grid(-2.0, 2.0, 40)), np.full((40, 40), 1.0 / 16.0)),
    ):
        sde = SDE(lambda x, t: x @ a.T, lambda t, g=g: g)
        assert not kernel.linear_rows(Motion.of(sde, forward=True), p, grid, np.array([0.0, 0.4]))
