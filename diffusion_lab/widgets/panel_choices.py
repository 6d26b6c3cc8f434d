"""What the panels offer, by the name in the menu: densities, samplers, sigma(t)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..formula import Formula

if TYPE_CHECKING:  # torch is loaded by the first run, not by `import diffusion_lab.widgets`
    from torch import Tensor

    from ..density import GaussianMixture
    from ..process import SDE, GaussianPath, Predict
    from ..sampling import Step
    from ..tensors import Field

DENSITIES = ("two bumps", "three narrow bumps", "one Gaussian", "eight on a ring", "moons")
SAMPLERS = ("Euler-Maruyama", "Heun", "DDIM", "DDPM")
WITH_SIGMA = SAMPLERS[:2]


def make_density(name: str) -> GaussianMixture:
    """One of DENSITIES. All are mixtures, so that every number below has its exact counterpart."""
    import torch

    from ..density import GaussianMixture, ring_mixture, two_bumps

    if name == "two bumps":
        return two_bumps()
    if name == "eight on a ring":
        return ring_mixture()
    if name == "moons":
        angle = torch.linspace(0.0, torch.pi, 14, dtype=torch.float64)
        upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
        means = 1.3 * torch.cat([upper, -upper])
        return GaussianMixture.isotropic([1 / 28] * 28, means, [0.12] * 28)
    weights, means, stds = {
        "three narrow bumps": ([0.3, 0.3, 0.4], [-1.6, 0.1, 1.5], [0.1, 0.1, 0.1]),
        "one Gaussian": ([1.0], [0.5], [0.5]),
    }[name]
    return GaussianMixture.isotropic(weights, means, stds)


def noise_scale(source: str, sde: SDE) -> Callable[[Tensor], Tensor]:
    """sigma(t) from a formula in t and g. Raises FormulaError."""
    import torch

    formula = Formula(source, ["t", "g"])

    def sigma(t: Tensor) -> Tensor:
        value = formula(t=t, g=sde.noise(t))
        return torch.as_tensor(value, dtype=t.dtype).expand_as(t)

    return sigma


def make_step(
    sampler: str, predict: Predict, score: Field, path: GaussianPath, sigma: str
) -> Step:
    """One of SAMPLERS. Those in WITH_SIGMA take the score and sigma, the others the prediction."""
    from ..process import Dynamics
    from ..sampling import ddim, ddpm, euler_maruyama, heun

    if sampler not in WITH_SIGMA:
        return (ddim if sampler == "DDIM" else ddpm)(predict, path)
    sde = path.sde()
    family = Dynamics(sde, score, noise_scale(sigma, sde))
    return heun(family) if sampler == "Heun" else euler_maruyama(family)
