"""Our steps against the schedulers of the diffusers library: the same grid, step by step.

The schedulers know a chain of 1000 noise levels; our path is that table, read at k/1000. Both are
given the exact noise prediction, in float64, and the same random numbers. What is allowed, 1e-6,
is the largest absolute difference over all points and steps, with the states of order 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    HeunDiscreteScheduler,
)
from torch import Tensor

from diffusion_lab.density import ring_mixture
from diffusion_lab.process import EDM, VP, GaussianPath, exact_prediction
from diffusion_lab.sampling import ddim, ddpm, dpm_multistep, edm_heun, integrate

LEVELS = 1000
RING = ring_mixture(6, 1.2, 0.3)
# DDPM's alpha-bar: the linear-beta path at k/1000, k = 1 .. 1000.
BAR = VP().alpha(torch.arange(1, LEVELS + 1, dtype=torch.float64) / LEVELS) ** 2
ALLOWED = 1e-6
# Their tables go through NumPy in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@dataclass(frozen=True)
class Chain(GaussianPath):
    """The table of a discrete chain as a path, at the times k/1000; t = 0 is the data."""

    def _bar(self, t: Tensor) -> Tensor:
        k = (LEVELS * torch.as_tensor(t)).round().long()
        return torch.where(k == 0, 1.0, BAR[(k - 1).clamp(min=0)])

    def alpha(self, t):
        return self._bar(t).sqrt()

    def var(self, t):
        return 1.0 - self._bar(t)

    def d_alpha(self, t):
        raise AssertionError("a chain has no rates")

    d_var = d_alpha


PATH = Chain()
PREDICT = exact_prediction(RING, PATH)


def start() -> Tensor:
    return torch.randn(64, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def theirs(scheduler, steps: int, **options: object) -> tuple[Tensor, Tensor]:
    """Run a scheduler on the exact noise prediction: (the times it used, its states)."""
    scheduler.alphas_cumprod = BAR.clone()  # float32 tables would differ by 1e-7 each step
    scheduler.set_timesteps(steps)
    x, states = start(), []
    for k in scheduler.timesteps:
        eps = PREDICT(x, (k + 1.0).double() / LEVELS).eps
        x = scheduler.step(eps, k, x, **options).prev_sample
        states.append(x)
    times = (scheduler.timesteps.double() + 1.0) / LEVELS
    return torch.cat([times, torch.zeros(1, dtype=torch.float64)]), torch.stack(states)


def compare(step, found: tuple[Tensor, Tensor]) -> float:
    times, states = found
    ours = integrate(step, start(), times, torch.Generator().manual_seed(5)).states[1:]
    assert states.abs().max() < 10.0
    return (ours - states).abs().max().item()


COMMON = dict(num_train_timesteps=LEVELS, prediction_type="epsilon")
PLAIN = dict(clip_sample=False, timestep_spacing="leading")


@pytest.mark.parametrize("steps", [10, 50])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim_is_that_of_diffusers(eta, steps):
    scheduler = DDIMScheduler(**COMMON, **PLAIN, set_alpha_to_one=True)
    found = theirs(scheduler, steps, eta=eta, generator=torch.Generator().manual_seed(5))
    assert compare(ddim(PREDICT, PATH, eta), found) < ALLOWED


@pytest.mark.parametrize(
    ("name", "theirs_name"), [("small", "fixed_small"), ("large", "fixed_large")]
)
def test_ancestral_sampling_is_that_of_diffusers(name, theirs_name):
    scheduler = DDPMScheduler(**COMMON, **PLAIN, variance_type=theirs_name)
    found = theirs(scheduler, 50, generator=torch.Generator().manual_seed(5))
    # Their variance is clipped from below at 1e-20: the last step has none of ours.
    assert compare(ddpm(PREDICT, PATH, name), found) < ALLOWED


def test_dpm_solver_pp_2m_is_that_of_diffusers():
    scheduler = DPMSolverMultistepScheduler(
        **COMMON,
        algorithm_type="dpmsolver++",
        solver_order=2,
        timestep_spacing="leading",
        final_sigmas_type="zero",
        lower_order_final=True,
    )
    found = theirs_by_sigma(scheduler, 20)
    assert compare(dpm_multistep(PREDICT, PATH), found) < ALLOWED


def theirs_by_sigma(scheduler, steps: int) -> tuple[Tensor, Tensor]:
    """The same for schedulers that hold their noise levels in float32: put ours there."""
    scheduler.set_timesteps(steps)
    times = (scheduler.timesteps.double() + 1.0) / LEVELS
    times = torch.cat([times, torch.zeros(1, dtype=torch.float64)])
    scheduler.sigmas = PATH.std(times) / PATH.alpha(times)
    x, states = start(), []
    for k, t in zip(scheduler.timesteps, times[:-1], strict=True):
        x = scheduler.step(PREDICT(x, t).eps, k, x).prev_sample
        states.append(x)
    return times, torch.stack(states)


def test_heun_is_that_of_diffusers():
    """Theirs counts evaluations, two to a step, and lives on x/alpha: the path with alpha = 1."""
    levels = torch.tensor([5.0, 2.0, 0.8, 0.3, 0.1, 0.03, 0.0], dtype=torch.float64)
    path = EDM(5.0)
    predict = exact_prediction(RING, path)
    scheduler = HeunDiscreteScheduler(**COMMON, timestep_spacing="linspace")
    scheduler.set_timesteps(6)
    doubled = levels[:-1].repeat_interleave(2)[1:]
    scheduler.sigmas = torch.cat([doubled, levels[-1:]])
    x, states = 5.0 * start(), []
    for i, k in enumerate(scheduler.timesteps):
        eps = predict(x, scheduler.sigmas[i] / 5.0).eps
        x = scheduler.step(eps, k, x).prev_sample
        if i % 2 or i == len(scheduler.timesteps) - 1:
            states.append(x)
    ours = integrate(edm_heun(predict, path), 5.0 * start(), levels / 5.0, torch.Generator())
    assert len(states) == 6
    assert (ours.states[1:] - torch.stack(states)).abs().max() < ALLOWED


def test_a_wrong_step_is_told_from_theirs():
    """The comparison can fail: DDIM against ancestral sampling, and eta = 1/2 against 0.49."""
    scheduler = DDIMScheduler(**COMMON, **PLAIN, set_alpha_to_one=True)
    found = theirs(scheduler, 50, eta=0.5, generator=torch.Generator().manual_seed(5))
    assert compare(ddim(PREDICT, PATH, 0.49), found) > 1e-3
    assert compare(ddpm(PREDICT, PATH), found) > 1e-2
