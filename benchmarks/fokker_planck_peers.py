"""What a user of each library writes to solve the problems of fokker_planck_problems.py.

Every function takes (problem, n, effort) and returns cell values at the check times after the
start, (K - 1, n). Its lines are counted as the lines that the user writes.
"""

import math

import numpy as np
from fokker_planck_problems import E
from scipy.integrate import solve_ivp
from scipy.sparse import diags_array

from diffusion_lab.fokker_planck import Grid2D, solve_fokker_planck

COMPILED = {}  # equations of py-pde


def ours(problem, n, steps):
    grid = problem.grid(n)
    p0 = grid.normalise(problem.exact(grid, 0))
    step = (max(problem.times) - min(problem.times)) / steps
    return solve_fokker_planck(problem.process, p0, grid, problem.times, step, method="auto")


def ours_robust(problem, n, steps):
    grid = problem.grid(n)
    p0 = grid.normalise(problem.exact(grid, 0))
    step = (max(problem.times) - min(problem.times)) / steps
    return solve_fokker_planck(problem.process, p0, grid, problem.times, step, method="robust")


def ours_plane(problem, n, steps):
    grid = Grid2D(problem.grid(n), problem.grid(n))
    p0 = grid.normalise(problem.exact(grid, 0))
    step = (max(problem.times) - min(problem.times)) / steps
    return solve_fokker_planck(problem.process, p0, grid, problem.times, step, method="auto")


def scipy_bdf(problem, n, tolerance):
    """Second-order central fluxes with closed walls, and BDF with the sparse Jacobian."""
    grid = problem.grid(n)
    h, ones = grid.h, np.ones(n - 1)
    middle = diags_array([0.5 * ones, 0.5 * ones], offsets=[0, 1], shape=(n - 1, n))
    slope = diags_array([-ones / h, ones / h], offsets=[0, 1], shape=(n - 1, n))
    outflow = diags_array([ones / h, -ones / h], offsets=[0, -1], shape=(n, n - 1))

    def matrix(t, p=None):
        drift = diags_array(problem.drift(grid.edges[1:-1], t))
        flux = drift @ middle - 0.5 * problem.noise(t) ** 2 * slope
        return (-outflow @ flux).tocsc()

    run = solve_ivp(
        lambda t, p: matrix(t) @ p,
        (0, problem.taus[-1]),
        problem.points(grid, 0),
        method="BDF",
        jac=matrix,
        t_eval=problem.taus,
        rtol=tolerance,
        atol=tolerance * 1e-2,
    )
    return run.y.T[1:]


def scipy_lsoda(problem, n, tolerance):
    """Second-order central fluxes with closed walls, and LSODA with a banded Jacobian."""
    grid = problem.grid(n)
    faces, flux = grid.edges[1:-1], np.zeros(n + 1)

    def rate(t, p):
        flux[1:-1] = 0.5 * problem.drift(faces, t) * (p[1:] + p[:-1])
        flux[1:-1] -= 0.5 * problem.noise(t) ** 2 * np.diff(p) / grid.h
        return -np.diff(flux) / grid.h

    run = solve_ivp(
        rate,
        (0, problem.taus[-1]),
        problem.points(grid, 0),
        method="LSODA",
        lband=1,
        uband=1,
        t_eval=problem.taus,
        rtol=tolerance,
        atol=tolerance * 1e-2,
    )
    return run.y.T[1:]


def lsoda_order4(problem, n, tolerance):
    """Fourth-order differences, p = 0 beyond the ends: what an expert writes. No fluxes."""
    grid = problem.grid(n)
    x, h = grid.centers, grid.h

    def rate(t, p):
        q = np.zeros(n + 4)
        q[2:-2] = p
        second = -q[:-4] + 16 * q[1:-3] - 30 * q[2:-2] + 16 * q[3:-1] - q[4:]
        q[2:-2] *= problem.drift(x, t)
        first = q[:-4] - 8 * q[1:-3] + 8 * q[3:-1] - q[4:]
        return (0.5 * problem.noise(t) ** 2 / h * second - first) / (12 * h)

    run = solve_ivp(
        rate,
        (0, problem.taus[-1]),
        problem.points(grid, 0),
        method="LSODA",
        lband=2,
        uband=2,
        t_eval=problem.taus,
        rtol=tolerance,
        atol=tolerance * 1e-2,
    )
    return run.y.T[1:]


def fipy(problem, n, steps):
    import fipy as fp

    grid = problem.grid(n)
    mesh = fp.Grid1D(nx=n, dx=grid.h)
    p = fp.CellVariable(mesh=mesh, value=problem.exact(grid, 0), hasOld=True)
    drift = fp.FaceVariable(mesh=mesh, rank=1)
    spread = fp.Variable(0.0)
    term = fp.DiffusionTerm(coeff=spread) - fp.ExponentialConvectionTerm(coeff=drift)
    equation, rows, dt = fp.TransientTerm() == term, [], problem.taus[-1] / steps
    for i in range(1, steps + 1):
        p.updateOld()
        drift.setValue([problem.drift(grid.edges, i * dt)])
        spread.setValue(0.5 * problem.noise(i * dt) ** 2)
        equation.solve(var=p, dt=dt)
        if np.abs(problem.taus - i * dt).min() < 1e-9:
            rows.append(p.value.copy())
    return np.array(rows)


def py_pde(problem, n, tolerance):
    import pde

    assert problem.title == E.title, "py-pde takes the drift as an expression; here that of (e)"
    grid = pde.CartesianGrid([[problem.low, problem.high]], n, periodic=False)
    p = pde.ScalarField(grid, problem.exact(problem.grid(n), 0))
    equation = pde.PDE(
        {"p": "0.125 * laplace(p) - d_dx((sin(2 * pi * t) * x - x**3) * p)"},
        bc={"value": 0},
        consts={"pi": math.pi},
    )
    equation = COMPILED.setdefault(n, equation)  # warm: what was compiled is kept
    storage = pde.MemoryStorage()
    options = {"adaptive": True, "tolerance": tolerance, "backend": "numpy"}
    equation.solve(p, 1.0, 1e-4, tracker=[storage.tracker(0.5)], **options)
    return np.array(storage.data)[1:]


def fplanck(problem, n, _):
    import fplanck as fk
    from scipy.constants import k as boltzmann

    vars(np).setdefault("product", np.prod)  # fplanck 0.2.2 is written for NumPy 1
    grid, diffusion = problem.grid(n), 0.5 * problem.noise(0.0) ** 2
    sim = fk.fokker_planck(
        temperature=1.0 / boltzmann,
        drag=1.0 / diffusion,
        extent=problem.high - problem.low,
        resolution=grid.h,
        force=lambda x: problem.drift(x, 0.0) / diffusion,
    )
    p0 = problem.exact(grid, 0) * grid.h
    return sim.propagate(lambda x: p0, problem.taus[-1])[None] / grid.h
