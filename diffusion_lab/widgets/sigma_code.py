"""What the sigma laboratory shows, as code in terms of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..formula import Formula

if TYPE_CHECKING:
    from diffusion_lab.fokker_planck import Grid

    from .sigma import SigmaFigure

CELLS, ROWS, BINS = 768, 100, 64
# The figure's own, in lab/src/core/particles.ts: the largest slope of the drift times a substep,
# the share of the top of p above which particles are met, looks at f, and the most substeps.
PULL, COMMON, PROBES, MOST_SUBSTEPS = 0.06, 1e-3, 17, 64
REACHES = (4.0, 5.5, 7.5, 10.0, 14.0, 20.0, 28.0)

_IMPORTS = """\
import numpy as np
import torch

from diffusion_lab import (
    SDE,
    Dynamics,
    GaussianMixture,
    Grid,
    euler_maruyama,
    integrate,
    solve_fokker_planck,
)
from diffusion_lab.density import histogram_l1, histogram_l1_floor
"""
_SOLVE = """\
sde = SDE(f, g)
grid = Grid({low:g}, {high:g}, {cells})
p0 = grid.normalise({density})
rows = torch.linspace(0, 1, {rows} + 1, dtype=torch.float64)
solution = solve_fokker_planck(sde, p0, grid, rows, max_step=1 / {rows}, method="robust")
"""
_DYNAMICS = {
    (True, "forward"): "dynamics = Dynamics(sde, solution.score, sigma)",
    (True, "backward"): "dynamics = Dynamics(sde, solution.score, sigma)",
    (False, "forward"): """\
# Without the correction the drift is f, whatever the noise: the SDE of another density.
dynamics = Dynamics(SDE(f, sigma))""",
    (False, "backward"): """\
def uncorrected(x, t):  # with it, the backward drift below is f - g^2 score, whatever sigma
    return f(x, t) - (g(t) ** 2 - sigma(t) ** 2) * solution.score(x, t)


dynamics = Dynamics(SDE(uncorrected, sigma), solution.score, sigma)""",
}
_AUTOMATIC = """\
def pieces(t, s):  # as many as keep the largest slope of the drift times dt below {pull:g}
    def steepest(time):  # |d score/dx| where particles are
        score = solution.score(torch.as_tensor(grid.points), time)[:, 0]
        common = solution.at(time) > {common:g} * solution.at(time).max()
        return score.diff().abs()[common[1:] & common[:-1]].max() / grid.h

    there = grid.centers[solution.at(t) > {common:g} * solution.at(t).max()]
    x = torch.linspace(there[0], there[-1], {probes}, dtype=torch.float64)[:, None]
    slope = torch.as_tensor(f(x[1:], t) - f(x[:-1], t)).abs().max() / (x[1] - x[0])
    slope = float(slope + {weight} * max(steepest(t), steepest(s)))
    return min({most}, max(1, math.ceil(slope * abs(s - t) / {pull:g})))


coarse = torch.linspace({start:g}, {end:.6g}, {steps} + 1, dtype=torch.float64)
cuts = [torch.linspace(t, s, pieces(t, s) + 1)[:-1] for t, s in zip(coarse[:-1], coarse[1:])]
times = torch.cat([*cuts, coarse[-1:]]).double()"""
_CHOSEN = "times = torch.linspace({start:g}, {end:.6g}, {fine} + 1, dtype=torch.float64)"
_RUN = """\
generator = torch.Generator().manual_seed({seed})
cells = torch.multinomial(
    torch.as_tensor(solution.at({start:g})), {particles}, replacement=True, generator=generator
)
inside = torch.rand({particles}, generator=generator, dtype=torch.float64)
x = (grid.low + grid.h * (cells + inside))[:, None]
"""
_INTEGRATE = """\
step = euler_maruyama(dynamics)


def walled(x, t, s, memory, generator):  # the walls of the grid are closed: x bounces off them
    x, memory = step(x, t, s, memory, generator)
    x = torch.where(x < grid.low, 2 * grid.low - x, x)
    x = torch.where(x > grid.high, 2 * grid.high - x, x)
    return x.clamp(grid.low, grid.high), memory


x = integrate(walled, x, times, generator, keep="last").x
"""
_COMPARE = """\
edges = torch.linspace(grid.low, grid.high, {bins} + 1, dtype=torch.float64)
mass = grid.h * torch.as_tensor(solution.at({end:.6g})).reshape({bins}, -1).sum(1)
distance, floor = float(histogram_l1(x, edges, mass)), histogram_l1_floor(len(x), mass)
print(f"t = {end:.6g}: L1 distance {{distance:.3f}}; sampling noise alone {{floor:.3f}}")
"""


def sigma_code(figure: SigmaFigure) -> str:
    """Return the code of what `figure` shows at its time t."""
    forward = figure.direction == "forward"
    done = round((figure.t if forward else 1 - figure.t) * figure.steps)
    start, passed = (0.0 if forward else 1.0), done / figure.steps
    end = passed if forward else 1 - passed
    reach = window(figure)
    parts = [
        ("import math\n\n" if done and not figure.substeps else "") + _IMPORTS,
        _function("f", "x, t", Formula(figure.f, ("x", "t")).python),
        _function("g", "t", Formula(figure.g, ("t",)).python),
        _function("sigma", "t", Formula(figure.sigma, ("t", "g")).to_python(g="g(t)")),
        _SOLVE.format(
            low=-reach, high=reach, cells=CELLS, rows=ROWS, density=_density_source(figure)
        ),
        _DYNAMICS[figure.correction, figure.direction] + "\n",
        _RUN.format(seed=figure.seed, start=start, particles=figure.particles),
    ]
    if done:
        weight = _weight(figure.correction, forward)
        times = _CHOSEN if figure.substeps else _AUTOMATIC
        automatic = {"pull": PULL, "common": COMMON, "probes": PROBES, "most": MOST_SUBSTEPS}
        cut = {"steps": done, "fine": done * figure.substeps, "weight": weight}
        parts.append(times.format(start=start, end=end, **cut, **automatic))
        parts.append(_INTEGRATE)
    parts.append(_COMPARE.format(bins=BINS, end=end))
    return "\n".join(parts)


def window(figure: SigmaFigure) -> float:
    """Half the width of the least window that holds p at every time, as the figure finds it."""
    import torch

    from diffusion_lab.fokker_planck import Grid, solve_fokker_planck
    from diffusion_lab.process import SDE

    f, g = Formula(figure.f, ("x", "t")), Formula(figure.g, ("t",))
    if figure.drawn:
        least = 3.0
    else:
        pairs = zip(figure.means, figure.stds, strict=True)
        least = max(abs(mean) + 4 * std for mean, std in pairs)
    grid = Grid(-REACHES[-1], REACHES[-1], 280)
    sde = SDE(lambda x, t: f(x=x, t=t), lambda t: g(t=t))
    times = torch.linspace(0, 1, 26, dtype=torch.float64)
    try:
        p0 = _density(figure, grid)
        p = solve_fokker_planck(sde, p0, grid, times, max_step=1 / 25, method="robust").p
    except ValueError:  # a formula that means something in a small window only
        p = np.zeros((1, grid.n))
    for reach in REACHES:
        outside = p[:, abs(grid.centers) > reach].sum(1).max() * grid.h
        if reach >= least and outside <= 1e-4:
            return reach
    return REACHES[-1]


def _density(figure: SigmaFigure, grid: Grid) -> np.ndarray:
    from diffusion_lab.density import GaussianMixture

    if figure.drawn:
        return grid.curve(np.linspace(-3, 3, len(figure.drawn)), np.array(figure.drawn))
    means = [[mean] for mean in figure.means]
    return grid.normalise(
        grid.average(GaussianMixture.isotropic(figure.weights, means, figure.stds))
    )


def _density_source(figure: SigmaFigure) -> str:
    if figure.drawn:
        heights = ", ".join(f"{h:g}" for h in figure.drawn)
        return f"grid.curve(np.linspace(-3, 3, {len(figure.drawn)}), [{heights}])"
    means = [[mean] for mean in figure.means]
    return (
        "grid.average(\n"
        f"    GaussianMixture.isotropic({figure.weights}, {means}, {figure.stds})\n)"
    )


def _weight(correction: bool, forward: bool) -> str:
    """|a| in the drift f - a score."""
    if not correction:
        return "0" if forward else "g(t) ** 2"
    return f"abs(g(t) ** 2 {'-' if forward else '+'} sigma(t) ** 2) / 2"


def _function(name: str, arguments: str, body: str) -> str:
    return f"\ndef {name}({arguments}):\n    return {body}\n"
