"""What the digits panel runs: samplers on the trained network, and how near the images come."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .panel_choices import make_step
from .panel_runs import Tick, seeded

if TYPE_CHECKING:
    from torch import Tensor

    from ..process import Prediction

SHOWN = 6  # moments on the way from noise to image
REAL = 40  # sets of real digits that say what their own distance is


@dataclass(frozen=True)
class DigitsSettings:
    """One run of the digits panel; `digit` None makes all ten in turn."""

    folder: str
    digit: int | None
    sigma: str
    sampler: str
    steps: int
    images: int
    seed: int


@dataclass(frozen=True)
class DigitsRun:
    """Images that the trained network made: (N, 1, 8, 8) in [-1, 1], and their labels (N,).

    times : (K,) falling;  states : (K, N, 1, 8, 8), from noise almost to the images
    """

    settings: DigitsSettings
    images: Tensor
    labels: Tensor
    times: Tensor
    states: Tensor
    evaluations: int
    seconds: float

    def distance(self) -> tuple[float, float, float]:
        """Energy distance to the held-out digits of these labels, and that of real digits.

        The second and third number hold the middle 90 % of what as many real digits with the
        same labels show against the same held-out ones.
        """
        import torch

        from ..density import energy_distance
        from ..images import load_images

        digits, pick = load_images("digits"), np.random.default_rng(0)
        held_out = digits.test[torch.isin(digits.test_labels, self.labels)]
        own = {int(k): np.flatnonzero(digits.train_labels == k) for k in self.labels.unique()}
        real = []
        for _ in range(REAL):
            queues = {k: iter(pick.permutation(rows)) for k, rows in own.items()}
            rows = [next(queues[int(k)]) for k in self.labels]
            real.append(energy_distance(digits.train[rows], held_out))
        low, high = np.quantile(real, [0.05, 0.95])
        return energy_distance(self.images.clamp(-1, 1), held_out), float(low), float(high)


def run_digits(settings: DigitsSettings, tick: Tick) -> DigitsRun:
    """Sample the digits network of a run's folder. Raises FileNotFoundError without one."""
    import torch

    from ..images import load_run
    from ..process.time_grid import T_MIN, uniform_times
    from ..sampling import iterate

    began, n = time.perf_counter(), settings.steps
    denoiser = load_run(Path(settings.folder))
    every = torch.arange(settings.images)
    labels = every % 10 if settings.digit is None else torch.full_like(every, settings.digit)

    def predict(x: Tensor, t: Tensor) -> Prediction:
        return denoiser.predict(x, t, label=labels)

    def score(x: Tensor, t: Tensor) -> Tensor:
        return predict(x, t).score

    step = make_step(settings.sampler, predict, score, denoiser.path, settings.sigma)
    generator = seeded(settings.seed)
    noise = torch.randn(settings.images, 1, 8, 8, generator=generator)
    times = T_MIN + (1.0 - T_MIN) * uniform_times(n) ** 2  # short steps near the data
    keep = {round(i * n / (SHOWN - 1)) for i in range(SHOWN)}
    kept = [(times[0], noise)]
    with torch.inference_mode():
        x = noise
        for k, (s, state, _) in enumerate(iterate(step, noise, times, generator), start=1):
            tick(k, n)
            x = state
            if k in keep:
                kept.append((s, state))
        images = predict(x, times[-1]).x0
    moments, states = (torch.stack(column) for column in zip(*kept, strict=True))
    evaluations = n * (2 if settings.sampler == "Heun" else 1) + 1
    seconds = time.perf_counter() - began
    return DigitsRun(settings, images, labels, moments, states, evaluations, seconds)
