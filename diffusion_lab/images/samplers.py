"""Every sampler of the book by one name, and images drawn with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor
from tqdm import tqdm

from ..process.dynamics import Dynamics
from ..process.path import GaussianPath
from ..process.prediction import Predict, Prediction
from ..process.time_grid import arctan_times, log_snr_times, times_at, uniform_times
from ..sampling import adams, adams_plan, balanced, dpm_multistep, edm_heun, euler_maruyama, frozen
from ..sampling.guidance import guided
from ..sampling.integrate import Step, integrate
from ..tensors import Time
from ..training.denoiser import T_MIN

Sampler: TypeAlias = Literal["ddim", "dpm2", "dpm3", "adams", "heun", "balanced", "euler"]
NOISY = ("ddim", "balanced", "euler")  # those that take any sigma
SURFACE_DIM = 16  # of the images among all pixels, for adams_plan: order of magnitude


@dataclass(frozen=True)
class Sampling:
    """How images are drawn.

    sampler     : "ddim" the frozen step (DDIM at sigma = 0, ancestral DDPM at sigma = 1); "dpm2",
                  "dpm3" DPM-Solver++ multistep; "adams"; "heun" (Karras's, on his grid);
                  "balanced"; "euler" Euler-Maruyama in t^2, then the expected image
    evaluations : of the network, for each image ("heun" spends an odd number)
    sigma       : the free noise scale in units of g: 0 is the probability flow, 1 the reverse SDE
    guidance    : w in  uncond + w (cond - uncond);  1 is none, others cost twice the evaluations
    Raises ValueError for a sampler that does not exist or takes no sigma, or too few evaluations.
    """

    sampler: Sampler = "adams"
    evaluations: int = 20
    sigma: float = 0.0
    guidance: float = 1.0

    def __post_init__(self) -> None:
        if self.sampler not in get_args(Sampler):
            known = ", ".join(get_args(Sampler))
            raise ValueError(f"unknown sampler {self.sampler!r}; expected one of {known}.")
        if self.sigma < 0.0 or (self.sigma > 0.0 and self.sampler not in NOISY):
            raise ValueError(
                f"sigma = {self.sigma:g} with {self.sampler}; expected sigma >= 0, and above 0 "
                f"only with {', '.join(NOISY)}: the others solve the probability flow."
            )
        if self.evaluations < 3:
            raise ValueError(f"evaluations = {self.evaluations}; expected at least 3.")

    def build(self, predict: Predict, path: GaussianPath, data_std: float) -> tuple[Step, Tensor]:
        """The step, and its grid of times from noise to data."""
        n, sigma = self.evaluations, self._scale(path)
        if self.sampler == "adams":
            order, times, corrector = adams_plan(path, n, SURFACE_DIM, data_std)
            return adams(predict, path, order, corrector), times
        if self.sampler == "balanced":
            times = arctan_times(path, n, 0.35 * data_std)
            return balanced(predict, path, sigma, data_std), times
        if self.sampler == "heun":
            return edm_heun(predict, path), _karras(path, (n + 1) // 2)
        if self.sampler == "euler":
            dynamics = Dynamics(path.sde(), lambda x, t: predict(x, t).score, sigma)
            return euler_maruyama(dynamics), T_MIN + (1.0 - 2.0 * T_MIN) * uniform_times(
                n - 1
            ) ** 2
        even = log_snr_times(path, n - 1, 1.0 - T_MIN, T_MIN)
        times = torch.cat([even, torch.zeros(1, dtype=torch.float64)])
        if self.sampler == "ddim":
            return frozen(predict, path, sigma), times
        return dpm_multistep(predict, path, int(self.sampler[-1])), times

    def _scale(self, path: GaussianPath) -> Callable[[Tensor], Tensor] | float | None:
        """sigma(t) as the steps take it, None for g itself, which they treat exactly."""
        if self.sigma in (0.0, 1.0):
            return None if self.sigma else 0.0
        g = path.sde().noise
        return lambda t: self.sigma * g(t)


def draw(
    predict: Predict,
    path: GaussianPath,
    shape: tuple[int, ...],
    labels: Tensor | int,
    plan: Sampling,
    *,
    seed: int = 0,
    data_std: float = 1.0,
    batch: int = 250,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, float]:
    """Draw one image for each label (N,), or N without: -> (N, \\*shape) on the CPU, evaluations.

    predict : (x, t, label=...) -> Prediction, such as Denoiser.predict
    The starting noise depends on the seed alone, so that samplers can be compared image by image.
    The evaluations are counted, not computed: network calls for each image.
    Raises ValueError for guidance without labels, and the errors of integrate.
    """
    n = labels if isinstance(labels, int) else len(labels)
    if plan.guidance != 1.0 and isinstance(labels, int):
        raise ValueError("guidance needs labels: it is the difference that a label makes.")
    noise = torch.randn((n, *shape), generator=torch.Generator().manual_seed(seed))
    generator = torch.Generator(device).manual_seed(seed + 1)
    parts, calls = [], 0

    def counted(x: Tensor, t: Time, **cond: Tensor) -> Prediction:
        nonlocal calls
        calls += len(x)
        return predict(x, t, **cond)

    strong = guided(counted, counted, plan.guidance)
    for first in tqdm(range(0, n, batch), desc=f"{plan.sampler} {plan.evaluations}", leave=False):
        start = noise[first : first + batch].to(device)
        cond = (
            {} if isinstance(labels, int) else {"label": labels[first : first + batch].to(device)}
        )

        def seen(x: Tensor, t: Time, cond: dict[str, Tensor] = cond) -> Prediction:
            return strong(x, t, **cond)

        step, times = plan.build(seen, path, data_std)
        with torch.inference_mode():
            x = path.std(times[0]).item() * start
            x = integrate(step, x, times, generator, keep="last").x
            parts.append((x if times[-1] == 0.0 else seen(x, times[-1]).x0).cpu())
    return torch.cat(parts), calls / n


def _karras(path: GaussianPath, steps: int, rho: float = 7.0) -> Tensor:
    """Karras's noise levels std/alpha, from 80 (or what the path reaches) to 0.002, then 0."""
    top = min(80.0, (path.std(1.0) / path.alpha(1.0)).item()) ** (1.0 / rho)
    ramp = torch.linspace(0.0, 1.0, steps, dtype=torch.float64)
    return times_at(
        path, torch.cat([(top + ramp * (0.002 ** (1.0 / rho) - top)) ** rho, ramp[:1]])
    )
