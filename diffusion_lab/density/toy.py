"""Densities to try things on: two exact mixtures and three two-dimensional point clouds."""

from __future__ import annotations

import math

import torch
from sklearn import datasets
from torch import Tensor

from .mixture import GaussianMixture


def two_bumps() -> GaussianMixture:
    """The book's one-dimensional density: a narrow bump at -1.2 and a wider one at 0.8."""
    return GaussianMixture.isotropic([0.4, 0.6], [-1.2, 0.8], [0.2, 0.4])


def ring_mixture(components: int = 8, radius: float = 1.5, std: float = 0.15) -> GaussianMixture:
    """Equal Gaussians on a circle in the plane, exact at every time.

    Raises ValueError for fewer than one component.
    """
    if components < 1:
        raise ValueError(f"components = {components}; a ring needs at least one.")
    angle = torch.arange(components, dtype=torch.float64) * (2 * math.pi / components)
    means = radius * torch.stack([angle.cos(), angle.sin()], 1)
    equal = torch.full((components,), 1.0 / components, dtype=torch.float64)
    return GaussianMixture.isotropic(equal, means, [std] * components)


def _seed(generator: torch.Generator) -> int:
    """A seed for NumPy's generator inside scikit-learn, drawn from ours."""
    return int(torch.randint(2**31 - 1, (), generator=generator, device=generator.device).item())


def _standard(points: object) -> Tensor:
    x = torch.as_tensor(points, dtype=torch.float64)
    return (x - x.mean(0)) / x.std()


def moons(n: int, generator: torch.Generator, noise: float = 0.06) -> Tensor:
    """n points of two interleaved half circles, centred, unit overall std: -> (n, 2)."""
    points, _ = datasets.make_moons(n, noise=noise, random_state=_seed(generator))
    return _standard(points)


def rings(n: int, generator: torch.Generator, noise: float = 0.04) -> Tensor:
    """n points of two concentric circles, centred, unit overall std: -> (n, 2)."""
    points, _ = datasets.make_circles(n, noise=noise, factor=0.5, random_state=_seed(generator))
    return _standard(points)


def checkerboard(n: int, generator: torch.Generator) -> Tensor:
    """n points uniform on the dark squares of a 4 x 4 board over [-2, 2]^2: -> (n, 2)."""
    device = generator.device
    u = torch.rand(n, 2, generator=generator, device=device, dtype=torch.float64)
    column = torch.randint(4, (n,), generator=generator, device=device)
    row = 2 * torch.randint(2, (n,), generator=generator, device=device) + column % 2
    return torch.stack([column, row], 1) + u - 2.0
