"""What the density panel runs: the package, from a few settings, with a tick after every step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .panel_choices import make_density, make_step
from .path_choices import PANEL_PATHS

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from ..density import GaussianMixture
    from ..fokker_planck import GridSolution
    from ..process import GaussianPath

Tick = Callable[[int, int], None]
KEPT = 80  # intervals between kept states, so that long runs of many particles fit in memory
PARTS = 10  # of the density solve
BINS = 60


@dataclass(frozen=True)
class DensitySettings:
    """One run of the density panel: names out of DENSITIES, PANEL_PATHS, SAMPLERS, and numbers."""

    density: str
    path: str
    sigma: str
    sampler: str
    steps: int
    particles: int
    seed: int


@dataclass(frozen=True)
class DensityRun:
    """Particles carried from t = start to 0, beside the exact density and, in 1-D, the solved one.

    times : (K,) falling;  states : (K, particles, D);  solution : at rising times, None in 2-D
    """

    settings: DensitySettings
    times: Tensor
    states: Tensor
    solution: GridSolution | None
    seconds: float

    @cached_property
    def density(self) -> GaussianMixture:
        """The data density."""
        return make_density(self.settings.density)

    def law(self, k: int) -> GaussianMixture:
        """The exact density at times[k]."""
        return _law(self.density, PANEL_PATHS[self.settings.path].make(), self.times[k])

    def edges(self, k: int) -> np.ndarray:
        """Bins of the histogram at times[k], out to four standard deviations."""
        reach = _reach(self.law(k), 4.0)
        return np.linspace(-reach, reach, BINS + 1)

    def distance(self, k: int) -> tuple[float, float]:
        """Distance of the particles to the exact density at times[k], and that of exact draws.

        In 1-D the L1 distance of the histogram and its expected value; in 2-D the sliced
        Wasserstein distance to one exact sample, and of a second one to that.
        """
        import torch

        from ..density import histogram_l1, histogram_l1_floor, sliced_wasserstein

        x, law = self.states[k], self.law(k)
        if law.dim == 1:
            edges = torch.as_tensor(self.edges(k))
            probabilities = law.cdf(edges).diff()
            floor = histogram_l1_floor(len(x), probabilities)
            return float(histogram_l1(x, edges, probabilities)), floor
        draw = seeded(self.settings.seed + 1)
        truth, other = law.sample(len(x), draw), law.sample(len(x), draw)
        return (
            sliced_wasserstein(x, truth, seeded(0)),
            sliced_wasserstein(other, truth, seeded(0)),
        )

    def grid_error(self) -> float:
        """Largest L1 distance of the solved density to the exact one at a check time; 1-D only."""
        if self.solution is None:
            raise ValueError("the density is solved on a grid in one dimension only.")
        grid, path = self.solution.grid, PANEL_PATHS[self.settings.path].make()
        worst = 0.0
        for t, p in zip(self.solution.times, self.solution.p, strict=True):
            law = _law(self.density, path, t)
            worst = max(worst, float(np.abs(p - grid.average(law)).sum() * grid.cell))
        return worst


def run_density(settings: DensitySettings, tick: Tick) -> DensityRun:
    """Solve the Fokker-Planck equation (in 1-D) and run the particles backward."""
    import torch

    from ..process import exact_prediction, exact_score, uniform_times
    from ..sampling import iterate

    began, n = time.perf_counter(), settings.steps
    density, choice = make_density(settings.density), PANEL_PATHS[settings.path]
    path, start = choice.make(), choice.end
    predict, score = exact_prediction(density, path), exact_score(density, path)
    step = make_step(settings.sampler, predict, score, path, settings.sigma)
    flat = density.dim == 1
    share = max(1, n // 4) if flat else 0  # of the progress bar
    solution = None
    if flat:
        solution = _solve(density, path, start, lambda i: tick(share * i // PARTS, n + share))
    generator, times = seeded(settings.seed), uniform_times(n, start, 0.0)
    x = _law(density, path, start).sample(settings.particles, generator)
    keep = {round(i * n / min(n, KEPT)) for i in range(min(n, KEPT) + 1)}
    states, kept = [x], [times[0]]
    for k, (s, state, _) in enumerate(iterate(step, x, times, generator), start=1):
        if k in keep:
            states.append(state)
            kept.append(s)
        tick(k + share, n + share)
    seconds = time.perf_counter() - began
    return DensityRun(settings, torch.stack(kept), torch.stack(states), solution, seconds)


def _solve(
    density: GaussianMixture, path: GaussianPath, end: float, tick: Callable[[int], None]
) -> GridSolution:
    """p(x, t) from 0 to end, in PARTS solves one behind the other, so that Stop is heard."""
    from ..fokker_planck import Grid, solve_fokker_planck

    last = _law(density, path, end)
    reach = max(_reach(density, 6.0), _reach(last, 6.0))
    grid, times = Grid(-reach, reach, 500), np.linspace(0.0, end, 6 * PARTS + 1)
    p, parts = grid.normalise(grid.average(density)), []
    for i in range(PARTS):
        tick(i)
        span = times[6 * i : 6 * i + 7]
        parts.append(solve_fokker_planck(path.sde(), p, grid, span, method="auto"))
        p = parts[-1].p[-1]
    rows = np.concatenate([parts[0].p[:1], *(part.p[1:] for part in parts)])
    lost = np.concatenate([parts[0].lost[:1], *(part.lost[1:] for part in parts)])
    defect = max(part.mass_defect for part in parts)
    return replace(parts[0], times=times, p=rows, lost=lost, mass_defect=defect, _splines={})


def _law(density: GaussianMixture, path: GaussianPath, t: Tensor | float) -> GaussianMixture:
    """p(., t), exact."""
    return density.noised(path.alpha(t).item(), path.std(t).item())


def seeded(seed: int) -> Generator:
    """A generator with this seed."""
    import torch

    return torch.Generator().manual_seed(seed)


def _reach(law: GaussianMixture, stds: float) -> float:
    """How far from 0 the mass reaches, in the direction in which it reaches farthest."""
    spread = law.covariances.diagonal(dim1=1, dim2=2).sqrt()
    return float((law.means.abs() + stds * spread).max())
