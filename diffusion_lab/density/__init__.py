"""What mass looks like: densities with exact log-density, score and samples, and distances."""

from .distance import (
    energy_distance,
    histogram_l1,
    histogram_l1_floor,
    ks_distance,
    ks_floor,
    l1_on_grid,
    sliced_wasserstein,
)
from .empirical import Empirical
from .mixture import Density, GaussianMixture
from .toy import checkerboard, moons, ring_mixture, rings, two_bumps

__all__ = [
    "Density",
    "Empirical",
    "GaussianMixture",
    "checkerboard",
    "energy_distance",
    "histogram_l1",
    "histogram_l1_floor",
    "ks_distance",
    "ks_floor",
    "l1_on_grid",
    "moons",
    "ring_mixture",
    "rings",
    "sliced_wasserstein",
    "two_bumps",
]
