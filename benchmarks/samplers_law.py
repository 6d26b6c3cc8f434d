"""The error in law of stochastic steps on a line: L1 of the smoothed density of many particles.

All begin from exact draws at t = 1 and take 50 evaluations. Both the particles' density and the
exact one are smoothed by a Gaussian of std 0.05. The floor is the same distance for exact draws.
"""

import math
from collections.abc import Callable

import numpy as np
import samplers_peers as peers
import torch
from samplers_problems import PATH, Line
from scipy.ndimage import gaussian_filter1d

from diffusion_lab.density import two_bumps
from diffusion_lab.process import Dynamics, arctan_times, uniform_times
from diffusion_lab.sampling import Step, balanced, euler_maruyama, frozen, integrate

POINTS, STEPS, CELL, WIDTH = 2**17, 50, 0.01, 0.05
EDGES = np.arange(-4.0, 4.0 + CELL / 2, CELL)
CLAIMED = 2.0  # the balanced step within so many floors
POWERS = (0.0, 1.0, 2.0, 4.0, 8.0)  # sigma = k g


def times_g(k: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """The function sigma = k g."""
    noise = PATH.sde().noise
    return lambda t: k * noise(t)


SIGMAS = {f"{k:g} g": times_g(k) for k in POWERS} | {
    "constant 20": 20.0,
    "30 (1 - t)": lambda t: 30.0 * (1.0 - t),
    "bump": lambda t: 20.0 * torch.exp(-(((t - 0.3) / 0.12) ** 2)),
}


def distance(x: torch.Tensor) -> float:
    """L1 of the smoothed densities; particles outside [-4, 4] count as mass in the wrong place."""
    share = np.histogram(x.flatten().numpy(), EDGES)[0] / x.numel()
    edges = torch.from_numpy(EDGES)[:, None]
    exact = np.diff(two_bumps().noised(1.0, WIDTH).cdf(edges).flatten().numpy())
    smooth = gaussian_filter1d(share, WIDTH / CELL, mode="constant", truncate=6.0)
    return float(np.abs(smooth - exact).sum() + 1.0 - share.sum())


def ours(step: Step, line: Line, times: torch.Tensor) -> float | None:
    """Distance after a run of one of our steps; None where it left the numbers."""
    noise = torch.Generator().manual_seed(1)
    try:
        return distance(integrate(step, line.start, times, noise, keep="last").x)
    except FloatingPointError:
        return None


def white(*_: object) -> torch.Tensor:
    """Independent noise at every step, for k-diffusion."""
    return torch.randn(1, POINTS, 1, dtype=torch.float64)


def peer_steps(k: float) -> dict[str, tuple[peers.Run, str]]:
    """The peers' samplers with noise k g, where they offer it."""
    found = {
        "k-diffusion 2M SDE, eta = k^2": (
            peers.k_diffusion("dpmpp_2m_sde", eta=k * k, noise_sampler=white),
            "karras",
        ),
        "azula Ito, eta = k": (peers.azula("ItoSampler", eta=k), "karras"),
    }
    if k == 1.0:
        sde = {"algorithm_type": "sde-dpmsolver++"}
        found |= {
            "diffusers SDE-DPM++ 2M": (
                peers.diffusers("DPMSolverMultistepScheduler", **sde),
                "use_karras_sigmas",
            ),
            "diffusers Euler ancestral": (
                peers.diffusers("EulerAncestralDiscreteScheduler"),
                "default",
            ),
            "k-diffusion Euler ancestral": (
                peers.k_diffusion("euler_ancestral", noise_sampler=white),
                "karras",
            ),
        }
    return found


def law() -> dict:
    """The floor, and the distance of every step for every noise scale; None is blown up."""
    line = Line(POINTS, 5)
    draws = [
        distance(two_bumps().sample(POINTS, torch.Generator().manual_seed(seed)))
        for seed in range(8)
    ]
    flow = Dynamics(PATH.sde(), lambda x, t: -line.predict(x, t).eps / PATH.std(t), 0.0)
    squares, own = uniform_times(STEPS) ** 2, arctan_times(PATH, STEPS)
    table: dict[str, dict] = {}
    for name, sigma in SIGMAS.items():
        moving = euler_maruyama(flow.with_sigma(sigma))
        table[name] = {
            "balanced": ours(balanced(line.predict, PATH, sigma), line, own),
            "frozen": ours(frozen(line.predict, PATH, sigma), line, own),
            "Euler-Maruyama": ours(moving, line, uniform_times(STEPS)),
            "Euler-Maruyama, t = u^2": ours(moving, line, squares),
        }
    for k in POWERS:
        for peer, (run, grid) in peer_steps(k).items():
            torch.manual_seed(2)
            try:
                x = run(line, STEPS, grid)
                value = distance(x) if torch.isfinite(x).all() else None
            except ImportError as missing:
                value = f"not installed ({missing.name})"
            table[f"{k:g} g"][peer] = value
    floor = float(np.mean(draws))
    worst = max(row["balanced"] or math.inf for row in table.values()) / floor
    verdict = {"claimed": CLAIMED, "worst": worst, "met": worst <= CLAIMED}
    if worst > CLAIMED:
        name = max(table, key=lambda key: table[key]["balanced"] or math.inf)
        verdict["why"] = f"the drift's error of second order in 50 steps is largest at {name}"
    return {"floor": floor, "floor_max": max(draws), "steps": STEPS, "table": table} | verdict
