"""What a user of each library writes to sample with a prediction E[x_0], E[eps] at hand.

Every function here returns run(problem, budget, grid), which spends at most `budget` evaluations.
"""

import importlib
import importlib.util
import math
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import numpy as np
import torch
from samplers_problems import PATH, TOP, Problem, level, time_at

ALPHA = PATH.alpha(1.0).item()

# A grid is the name of one that the library has, or makes so many noise levels std/alpha, and 0.
Grid = str | Callable[[int], list[float]]
Run = Callable[[Problem, int, Grid], torch.Tensor]


def karras(steps: int) -> list[float]:
    """Karras's grid with rho = 7 down to 0.01, and 0."""
    return [*(np.linspace(TOP ** (1 / 7), 0.01 ** (1 / 7), steps) ** 7).tolist(), 0.0]


def in_log(steps: int) -> list[float]:
    """Equal steps in log(std/alpha) down to 0.01, and 0."""
    return [*np.geomspace(TOP, 0.01, steps).tolist(), 0.0]


OWN = {"karras": karras, "log": in_log}


def steps_for(budget: int, each: int, last: int) -> int:
    """Steps that `each` cost so many evaluations, but the last one `last`."""
    return max((budget - last) // each + 1, 1)


def diffusers(scheduler: str, each: int = 1, **options) -> Run:
    """A scheduler of diffusers on 1000 levels; another grid takes the place of its sigmas."""

    def run(problem: Problem, budget: int, grid: Grid) -> torch.Tensor:
        steps = steps_for(budget, each, 1)
        bar = PATH.alpha(torch.arange(1, 1001, dtype=torch.float64) / 1000) ** 2
        betas = 1.0 - bar / torch.cat([torch.ones(1, dtype=torch.float64), bar[:-1]])
        chosen = {grid: True} if isinstance(grid, str) and grid.startswith("use_") else {}
        if grid == "trailing":
            chosen = {"timestep_spacing": "trailing"}
        made = getattr(importlib.import_module("diffusers"), scheduler)
        solver = made(1000, trained_betas=betas.tolist(), **options, **chosen)
        solver.set_timesteps(steps)
        if callable(grid):
            solver.sigmas = torch.tensor(grid(steps), dtype=torch.float64)
        free = solver.init_noise_sigma > 1.5  # then its state is x/alpha
        x = problem.start / ALPHA if free else problem.start
        for index, k in enumerate(solver.timesteps):
            if hasattr(solver, "sigmas"):
                ratio = float(solver.sigmas[index])
            else:
                ratio = float((1.0 / bar[int(k)] - 1.0).sqrt())
            solver.scale_model_input(x, k)  # it warns where this is left out
            y = x if free else x * math.hypot(1.0, ratio)
            x = solver.step(problem.posterior(y, ratio)[1], k, x).prev_sample
        return x

    return run


def k_diffusion(sampler: str, each: int = 1, **options) -> Run:
    """A sampler of k-diffusion."""

    def run(problem: Problem, budget: int, grid: Grid) -> torch.Tensor:
        levels = OWN[grid] if isinstance(grid, str) else grid
        sigmas = torch.tensor(levels(steps_for(budget, each, 1)), dtype=torch.float64)

        def denoise(y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return problem.posterior(y, float(sigma[0]))[0]

        sample = getattr(sampling_of_k_diffusion(), f"sample_{sampler}")
        return sample(denoise, problem.start / ALPHA, sigmas, disable=True, **options)

    return run


def sampling_of_k_diffusion() -> ModuleType:
    """k_diffusion.sampling alone: the package's __init__ wants libraries that it does not use."""
    if "k_diffusion.sampling" not in sys.modules:
        spec = importlib.util.find_spec("k_diffusion")
        if spec is None:
            raise ModuleNotFoundError(name="k_diffusion")
        package, utils = ModuleType("k_diffusion"), ModuleType("k_diffusion.utils")
        package.__path__ = list(spec.submodule_search_locations or ())
        utils.append_dims = lambda x, n: x[(..., *(None,) * (n - x.ndim))]
        package.utils = utils
        sys.modules |= {"k_diffusion": package, "k_diffusion.utils": utils}
    return importlib.import_module("k_diffusion.sampling")


def azula(sampler: str, each: int = 1, **options) -> Run:
    """A sampler of azula on a schedule std/alpha(t); then x_0 is predicted where it ends."""

    def run(problem: Problem, budget: int, grid: Grid) -> torch.Tensor:
        made = getattr(importlib.import_module("azula.sample"), sampler)
        steps = max((budget - 1) // each, 1)
        levels = (OWN[grid] if isinstance(grid, str) else grid)(steps + 1)[: steps + 1]

        def schedule(t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            index = ((1.0 - t) * steps).round().long()
            ratio = torch.tensor(levels, dtype=torch.float64)[index]
            alpha = 1.0 / (1.0 + ratio**2).sqrt()
            return alpha, alpha * ratio

        def denoise(x: torch.Tensor, t: torch.Tensor) -> SimpleNamespace:
            alpha, std = (c.item() for c in schedule(t))
            return SimpleNamespace(mean=problem.posterior(x / alpha, std / alpha)[0])

        denoise.schedule = schedule
        solver = made(denoise, steps=steps, silent=True, dtype=torch.float64, **options)
        x = solver(problem.start * (schedule(torch.ones(()))[0] / ALPHA))
        return denoise(x, torch.zeros(())).mean

    return run


def flow_matching(method: str, each: int) -> Run:
    """The ODE solver of flow_matching, from pure noise at 0 to the data at 1."""

    def run(problem: Problem, budget: int, grid: Grid) -> torch.Tensor:
        solver = importlib.import_module("flow_matching.solver").ODESolver
        steps = max(budget // each, 1)
        first = 1.0 / (1.0 + TOP)
        times = np.linspace(first, 1.0, steps + 1)
        if callable(grid):
            times = 1.0 / (1.0 + np.array(grid(steps)))

        def velocity(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            share = float(t)
            x0, eps = problem.posterior(x / share, (1.0 - share) / share)
            return x0 - eps

        return solver(velocity).sample(
            problem.start / ALPHA * first,
            step_size=None,
            method=method,
            time_grid=torch.from_numpy(times),
        )

    return run


def torchdiffeq(method: str, each: int) -> Run:
    """A fixed-step method of torchdiffeq on the probability flow in t, down to t = 1e-5."""

    def run(problem: Problem, budget: int, grid: Grid) -> torch.Tensor:
        odeint = importlib.import_module("torchdiffeq").odeint
        times = np.linspace(1.0, 1e-5, max(budget // each, 1) + 1)
        if callable(grid):
            times = np.array([time_at(ratio) for ratio in grid(len(times) - 1)]).clip(1e-5, 1.0)

        def velocity(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            alpha, ratio = level(float(t))
            eps = problem.posterior(x / alpha, ratio)[1]
            return -0.5 * PATH.beta(t) * (x - eps / (alpha * ratio))

        return odeint(velocity, problem.start, torch.from_numpy(times), method=method)[-1]

    return run
