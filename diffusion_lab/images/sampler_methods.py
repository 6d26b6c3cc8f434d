"""The samplers that have a name: what each takes, what it costs, and on which times it runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor

from ..process.dynamics import Dynamics
from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..process.time_grid import T_MIN, arctan_times, log_snr_times, times_at, uniform_times
from ..sampling.adams import adams, adams_plan
from ..sampling.balanced import balanced
from ..sampling.dpm_solver import dpm_multistep, dpm_singlestep
from ..sampling.edm import edm_heun
from ..sampling.euler import euler_maruyama
from ..sampling.frozen import ddim, ddpm, frozen
from ..sampling.heun import heun
from ..sampling.integrate import Memory, Step
from ..sampling.langevin import langevin, predictor_corrector
from ..sampling.runge_kutta import Tableau, runge_kutta
from ..tensors import ScalarOfTime, Time

SURFACE_DIM = 16  # of the images among all pixels, for adams_plan: order of magnitude
LANGEVIN_SNR = 0.3  # one move a level must stir: larger than a corrector's usual 0.16
CHURN, CHURNED, INFLATE = 40.0, (0.05, 50.0), 1.003  # Karras et al. 2022, table 5, ImageNet-64

Plan: TypeAlias = tuple[Step, Tensor]  # the step, and its times from noise to data
Takes: TypeAlias = Literal["0", "any", "eta", "g"]


@dataclass(frozen=True)
class Ask:
    """What a method is built from; `scale` is sigma in units of g, sigma as the steps take it."""

    predict: Predict
    path: GaussianPath
    data_std: float
    scale: float | str
    sigma: ScalarOfTime | float | None
    steps: int

    def score(self, x: Tensor, t: Time) -> Tensor:
        """Of the prediction, as a field."""
        return self.predict(x, t).score

    def dynamics(self) -> Dynamics:
        """The family's member of this sigma."""
        return Dynamics(self.path.sde(), self.score, self.sigma)

    def even(self) -> Tensor:
        """Times even in log-SNR, and a last step to t = 0: the recommended end of exact steps."""
        inside = log_snr_times(self.path, self.steps - 1, 1.0 - T_MIN, T_MIN)
        return torch.cat([inside, torch.zeros(1, dtype=torch.float64)])

    def squared(self) -> Tensor:
        """Times even in sqrt(t) down to T_MIN, for steps that need a finite drift at both ends."""
        return T_MIN + (1.0 - 2.0 * T_MIN) * uniform_times(self.steps - 1) ** 2

    def karras(self, rho: float = 7.0) -> Tensor:
        """Karras's levels std/alpha, from 80 (or what the path reaches) to 0.002, then 0."""
        reach = (self.path.std(1.0) / self.path.alpha(1.0)).item()
        top, low = min(80.0, reach) ** (1.0 / rho), 0.002 ** (1.0 / rho)
        ramp = torch.linspace(0.0, 1.0, self.steps, dtype=torch.float64)
        return times_at(self.path, torch.cat([(top + ramp * (low - top)) ** rho, ramp[:1]]))


class Method(NamedTuple):
    """One named sampler.

    about : in a line, for the help;  takes : which sigma, in units of g: "0" the flow only, "any"
    number or formula, "eta" a number up to 1, "g" only 1;  cost : evaluations of a step, of which
    the last one, to t = 0 or to the expected image, takes one;  build : -> step and times
    """

    about: str
    takes: Takes
    cost: int
    build: Callable[[Ask], Plan]


def _adams(ask: Ask) -> Plan:
    order, times, corrector = adams_plan(ask.path, ask.steps, SURFACE_DIM, ask.data_std)
    return adams(ask.predict, ask.path, order, corrector), times


def _balanced(ask: Ask) -> Plan:
    step = balanced(ask.predict, ask.path, ask.sigma, ask.data_std)
    return step, arctan_times(ask.path, ask.steps, 0.35 * ask.data_std)


def _churned(ask: Ask) -> Plan:
    churn = min(CHURN / ask.steps, math.sqrt(2.0) - 1.0)
    return edm_heun(ask.predict, ask.path, churn, CHURNED, INFLATE), ask.karras()


def _corrected(ask: Ask) -> Plan:
    predictor = frozen(ask.predict, ask.path, ask.sigma)
    return predictor_corrector(predictor, langevin(ask.score, ask.path)), ask.even()


def _annealed(ask: Ask) -> Plan:
    """Where alpha changes, to stay is to keep x/alpha: the images grow as their noise falls."""
    path = ask.path

    def stay(
        x: Tensor, t: Tensor, s: Tensor, memory: Memory, generator: torch.Generator
    ) -> tuple[Tensor, Memory]:
        return x * (path.alpha(s) / path.alpha(t)).to(x), memory

    corrector = langevin(ask.score, path, LANGEVIN_SNR)
    return predictor_corrector(stay, corrector), ask.even()[:-1]


def _runge_kutta(method: Tableau) -> Callable[[Ask], Plan]:
    return lambda ask: (runge_kutta(ask.dynamics().velocity, method), ask.squared())


def _dpm(solver: Callable[..., Step], *options: int | str) -> Callable[[Ask], Plan]:
    return lambda ask: (solver(ask.predict, ask.path, *options), ask.even())


METHODS: dict[str, Method] = {
    "adams": Method("Adams in the angle: the fewest evaluations for sigma = 0", "0", 1, _adams),
    "balanced": Method("the balanced step: the fewest for sigma > 0", "any", 1, _balanced),
    "ddim": Method(
        "the frozen step: DDIM at sigma = 0, ancestral DDPM at sigma = 1",
        *("any", 1, lambda ask: (frozen(ask.predict, ask.path, ask.sigma), ask.even())),
    ),
    "ddim-eta": Method(
        "DDIM with its own noise eta, given as --sigma: the same for small steps",
        *("eta", 1, lambda ask: (ddim(ask.predict, ask.path, float(ask.scale)), ask.even())),
    ),
    "ddpm": Method("ancestral DDPM, the small variance", "g", 1, _dpm(ddpm, "small")),
    "ddpm-large": Method("ancestral DDPM, the large variance", "g", 1, _dpm(ddpm, "large")),
    "dpm2": Method("DPM-Solver++ multistep, order 2", "0", 1, _dpm(dpm_multistep, 2)),
    "dpm3": Method("DPM-Solver++ multistep, order 3", "0", 1, _dpm(dpm_multistep, 3)),
    "dpm2-eps": Method("DPM-Solver multistep, order 2", "0", 1, _dpm(dpm_multistep, 2, "eps")),
    "dpm3-eps": Method("DPM-Solver multistep, order 3", "0", 1, _dpm(dpm_multistep, 3, "eps")),
    "dpm2-single": Method("DPM-Solver++ singlestep, order 2", "0", 2, _dpm(dpm_singlestep, 2)),
    "dpm3-single": Method("DPM-Solver++ singlestep, order 3", "0", 3, _dpm(dpm_singlestep, 3)),
    "heun": Method(
        "Karras's second-order sampler on his levels",
        *("0", 2, lambda ask: (edm_heun(ask.predict, ask.path), ask.karras())),
    ),
    "churn": Method("the same with his churn, which is its own noise", "0", 2, _churned),
    "euler": Method(
        "Euler-Maruyama",
        *("any", 1, lambda ask: (euler_maruyama(ask.dynamics()), ask.squared())),
    ),
    "heun-sde": Method(
        "Heun's method with noise", "any", 2, lambda ask: (heun(ask.dynamics()), ask.squared())
    ),
    "midpoint": Method("Runge-Kutta, order 2", "0", 2, _runge_kutta("midpoint")),
    "heun3": Method("Runge-Kutta, order 3", "0", 3, _runge_kutta("heun3")),
    "rk4": Method("Runge-Kutta, order 4", "0", 4, _runge_kutta("rk4")),
    "corrected": Method(
        "predictor-corrector: the frozen step, then a Langevin move", "any", 2, _corrected
    ),
    "langevin": Method(
        "annealed Langevin, its own noise: needs hundreds of evaluations", "0", 1, _annealed
    ),
}
