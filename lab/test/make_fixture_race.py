"""Write fixture_race.json: what the samplers of the race must reproduce.

The steps, paths, grids and the exact denoiser are the package's. The normal numbers that each run
drew are written down, in order, so that the TypeScript can use them too.

Run `python lab/test/make_fixture_race.py`.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

from diffusion_lab.density import GaussianMixture, energy_distance
from diffusion_lab.process import (
    VP,
    Dynamics,
    FlowPath,
    exact_prediction,
    exact_score,
    times_at,
)
from diffusion_lab.sampling import (
    ddim,
    ddpm,
    dpm_multistep,
    euler_maruyama,
    heun,
    integrate,
    langevin,
    predictor_corrector,
)

SEED, PARTICLES, STEPS = 20240607, 4, 5
LAST, FOCUS = 0.02, 0.35
MIXTURE = {
    "weights": [0.6, 0.3, 0.1],
    "means": [[-0.8, -0.5], [1.0, 0.8], [1.2, -1.2]],
    "stds": [0.4, 0.12, 0.06],
}
DATA = GaussianMixture.isotropic(*MIXTURE.values())
DIFFUSION, LINE = VP(0.1, 20.0), FlowPath()
PREDICT, SCORE = exact_prediction(DATA, DIFFUSION), exact_score(DATA, DIFFUSION)
NOISY = Dynamics(DIFFUSION.sde(), SCORE)
FLOW = NOISY.with_sigma(0.0)
SAMPLERS = {
    "euler": (euler_maruyama(FLOW), DIFFUSION),
    "euler_maruyama": (euler_maruyama(NOISY), DIFFUSION),
    "ddpm": (ddpm(PREDICT, DIFFUSION), DIFFUSION),
    "ddim": (ddim(PREDICT, DIFFUSION), DIFFUSION),
    "heun": (heun(FLOW), DIFFUSION),
    "dpm_solver": (dpm_multistep(PREDICT, DIFFUSION), DIFFUSION),
    "predictor_corrector": (
        predictor_corrector(ddpm(PREDICT, DIFFUSION), langevin(SCORE, DIFFUSION)),
        DIFFUSION,
    ),
    # Euler's method on the straight line, for which this step is another way to write it.
    "flow_matching": (ddim(exact_prediction(DATA, LINE), LINE), LINE),
}


def grid(path: VP | FlowPath, kind: str, steps: int) -> torch.Tensor:
    """Falling times from 1 to where std/alpha = LAST, even in the coordinate that `kind` names."""
    first = (DIFFUSION.std(1.0) / DIFFUSION.alpha(1.0)).item()
    if kind == "time":
        end = times_at(path, torch.tensor([LAST], dtype=torch.float64)).item()
        return torch.linspace(1.0, end, steps + 1, dtype=torch.float64)
    if kind == "log_snr":
        ratio = np.geomspace(first, LAST, steps + 1)
    else:
        angles = np.linspace(math.atan(first / FOCUS), math.atan(LAST / FOCUS), steps + 1)
        ratio = FOCUS * np.tan(angles)
    times = times_at(path, torch.as_tensor(ratio))
    times[0] = 1.0
    return times


def normals(generator: torch.Generator) -> torch.Tensor:
    """What the package draws for one step."""
    return torch.randn(PARTICLES, 2, generator=generator, dtype=torch.float64)


def race(name: str, kind: str, start: torch.Tensor) -> dict:
    """One run: its times, the state at the last of them, and the denoised point there."""
    step, path = SAMPLERS[name]
    times = grid(path, kind, STEPS)
    generator = torch.Generator().manual_seed(SEED)
    x = integrate(step, start, times, generator, keep="last").x
    denoised = exact_prediction(DATA, path)(x, times[-1]).x0
    return {
        "name": name,
        "grid": kind,
        "times": times.tolist(),
        "state": x.flatten().tolist(),
        "end": denoised.flatten().tolist(),
    }


def distances() -> dict:
    """Two samples, their energy distance, and the same by projections on 32 directions."""
    generator = torch.Generator().manual_seed(SEED + 1)
    a, b = DATA.sample(40, generator), 1.1 * DATA.sample(40, generator)
    n = len(a)
    # The package leaves pairs of a point with itself out; the figure's distance counts them.
    within = [torch.pdist(z).mean().item() / n for z in (a, b)]
    angles = (np.arange(32) + 0.5) * math.pi / 32
    directions = np.stack([np.cos(angles), np.sin(angles)])
    p, q = (z.numpy() @ directions for z in (a, b))

    def gap(u: np.ndarray, v: np.ndarray) -> float:
        return float(np.abs(u[:, None] - v[None]).mean())

    projected = 0.5 * math.pi * (2 * gap(p, q) - gap(p, p) - gap(q, q))
    return {
        "a": a.flatten().tolist(),
        "b": b.flatten().tolist(),
        "energy": energy_distance(a, b) + sum(within),
        "projected": projected,
    }


def fixture() -> dict:
    """Return everything that fixture_race.json holds."""
    generator = torch.Generator().manual_seed(SEED)
    increments = [normals(generator).flatten().tolist() for _ in range(2 * STEPS)]
    start = normals(torch.Generator().manual_seed(SEED + 2))
    kinds = ("time", "log_snr", "arctan")
    return {
        "mixture": MIXTURE,
        "start": start.flatten().tolist(),
        "increments": increments,
        "runs": [race(name, kind, start) for name in SAMPLERS for kind in kinds],
        "distances": distances(),
    }


if __name__ == "__main__":
    path = Path(__file__).with_name("fixture_race.json")
    path.write_text(json.dumps(fixture(), indent=1) + "\n")
