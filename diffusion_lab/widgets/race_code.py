"""The race of :class:`RaceFigure` as code in terms of the package."""

from __future__ import annotations

_GRIDS = {
    "time": """\
    end = times_at(path, torch.tensor([last], dtype=torch.float64))
    times = 1.0 + share * (end - 1.0)""",
    "log_snr": """\
    times = times_at(path, first * (last / first) ** share)""",
    "arctan": """\
    start, end = math.atan(first / 0.35), math.atan(last / 0.35)
    times = times_at(path, 0.35 * torch.tan(start + share * (end - start)))""",
}

_IMPORTS = """\
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
"""

_RACE = """\
predict, score = exact_prediction(data, vp), exact_score(data, vp)
noisy = Dynamics(vp.sde(), score)
flow = noisy.with_sigma(0.0)
samplers = {  # the step, its path, its evaluations
    "Euler, probability flow": (euler_maruyama(flow), vp, 1),
    "Euler-Maruyama": (euler_maruyama(noisy), vp, 1),
    "DDPM, ancestral": (ddpm(predict, vp), vp, 1),
    "DDIM": (ddim(predict, vp), vp, 1),
    "Heun": (heun(flow), vp, 2),
    "DPM-Solver++ 2M": (dpm_multistep(predict, vp), vp, 1),
    "Predictor-corrector": (predictor_corrector(ddpm(predict, vp), langevin(score, vp)), vp, 2),
    # Euler's method on the straight line is DDIM there, and finite where alpha = 0.
    "Flow matching, Euler": (ddim(exact_prediction(data, line), line), line, 1),
}

# energy_distance is unbiased: about 0 for exact draws, and now and then negative.
generator = torch.Generator().manual_seed(seed)
exact, again = data.sample(particles, generator), data.sample(particles, generator)
noise = torch.randn(particles, 2, generator=generator, dtype=torch.float64)
errors = {"exact draws": energy_distance(again, exact)}
for name, (step, path, cost) in samplers.items():
    times = grid(path, (budget - 1) // cost)
    x = integrate(step, noise, times, generator, keep="last").x
    errors[name] = energy_distance(exact_prediction(data, path)(x, times[-1]).x0, exact)
for name, error in errors.items():
    print(f"{name:24s} {error:8.4f}")
"""


def race_code(mixture: dict[str, list], grid: str, budget: int, particles: int, seed: int) -> str:
    """Return the code: the mixture and settings, the time grid, the eight samplers, the errors."""
    maths = "import math\n\n" if "math." in _GRIDS[grid] else ""
    return f"""{maths}{_IMPORTS}
data = GaussianMixture.isotropic(
    {mixture["weights"]},
    {mixture["means"]},
    {mixture["stds"]},
)
vp, line = VP(0.1, 20.0), FlowPath()
budget, particles, seed = {budget}, {particles}, {seed}
first, last = (vp.std(1.0) / vp.alpha(1.0)).item(), 0.02  # std/alpha at both ends


def grid(path, steps):
    share = torch.linspace(0.0, 1.0, steps + 1, dtype=torch.float64)
{_GRIDS[grid]}
    times[0] = 1.0
    return times


{_RACE}"""
