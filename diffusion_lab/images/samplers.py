"""Every sampler of the book by one name, and images drawn with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from ..formula import Formula, FormulaError
from ..process.path import GaussianPath
from ..process.prediction import Predict, Prediction
from ..sampling.guidance import guided
from ..sampling.integrate import Step, integrate
from ..tensors import ScalarOfTime, Time
from .sampler_methods import METHODS, Ask

WANTED = {
    "0": "sigma = 0 only: it solves the probability flow, or makes its own noise",
    "any": "a number >= 0 or a formula in t that is >= 0 on (0, 1), in units of g",
    "eta": "a number from 0 to 1",
    "g": "sigma = 1 only: it is the reverse SDE",
}


@dataclass(frozen=True)
class Sampling:
    """How images are drawn.

    sampler     : a name of METHODS, for example "adams", "ddim" or "balanced"
    evaluations : of the network, for each image; a sampler whose steps cost several may spend less
    sigma       : the free noise scale in units of g, a number or a formula in t: 0 is the
                  probability flow, 1 the reverse SDE, "1 - t" the scale (1 - t) g(t)
    guidance    : w in  uncond + w (cond - uncond);  1 is none, others cost twice the evaluations
    Raises ValueError for a sampler that does not exist, a sigma that it does not take, or too few
    evaluations.
    """

    sampler: str = "adams"
    evaluations: int = 20
    sigma: float | str = 0.0
    guidance: float = 1.0

    def __post_init__(self) -> None:
        if self.sampler not in METHODS:
            known = ", ".join(METHODS)
            raise ValueError(f"unknown sampler {self.sampler!r}; expected one of {known}.")
        if not self._allowed():
            raise ValueError(
                f"sigma = {self.sigma} with {self.sampler}, which takes "
                f"{WANTED[METHODS[self.sampler].takes]}."
            )
        least = max(3, METHODS[self.sampler].cost + 1)
        if self.evaluations < least:
            raise ValueError(
                f"evaluations = {self.evaluations} with {self.sampler}; expected at least {least}."
            )

    def build(self, predict: Predict, path: GaussianPath, data_std: float) -> tuple[Step, Tensor]:
        """The step, and its grid of times from noise to data."""
        method = METHODS[self.sampler]
        steps = (self.evaluations - 1) // method.cost + 1
        return method.build(Ask(predict, path, data_std, self.sigma, self._scale(path), steps))

    def _allowed(self) -> bool:
        """Whether the sampler takes this sigma."""
        takes = METHODS[self.sampler].takes
        if isinstance(self.sigma, str):
            values = _formula(self.sigma)(t=torch.arange(1, 200) / 200)
            return takes == "any" and bool((values.isfinite() & (values >= 0.0)).all())
        if takes == "any":
            return 0.0 <= self.sigma < math.inf
        return {"0": self.sigma == 0.0, "eta": 0.0 <= self.sigma <= 1.0, "g": self.sigma == 1.0}[
            takes
        ]

    def _scale(self, path: GaussianPath) -> ScalarOfTime | float | None:
        """sigma(t) as the steps take it, None for g itself, which they treat exactly."""
        if self.sigma in (0.0, 1.0):
            return None if self.sigma else 0.0
        g, sigma = path.sde().noise, self.sigma
        if isinstance(sigma, str):
            factor = _formula(sigma)
            return lambda t: factor(t=t) * g(t)
        return lambda t: sigma * g(t)


def _formula(source: str) -> Formula:
    try:
        return Formula(source, ["t"])
    except FormulaError as error:
        raise ValueError(
            f"sigma = {source!r}: {error}. It is a number or a formula in t, in units of g: "
            "'1 - t' stands for (1 - t) g(t)."
        ) from None


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
