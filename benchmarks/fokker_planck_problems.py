"""Fokker-Planck problems with known answers, for benchmarks/fokker_planck.py."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from fokker_planck_exact import (
    PATH,
    THREE,
    TURN,
    beta,
    boltzmann,
    boltzmann_nodal,
    driven_exact,
    flow,
    noised,
    turned,
)

from diffusion_lab.density import ring_mixture
from diffusion_lab.fokker_planck import Grid, Grid2D
from diffusion_lab.fokker_planck.kernel import point_values
from diffusion_lab.process import SDE, Dynamics, exact_score


@dataclass(frozen=True)
class Problem:
    """One problem, as our solver takes it and as NumPy users write it.

    drift : NumPy, (n,), tau -> (n,);  noise : tau -> sigma, both in the time tau since the start.
    exact : grid, i -> cell averages at check time i (0 is the start).
    nodal : grid -> what a scheme of point values keeps for ever, where there is such a density.
    """

    title: str
    low: float
    high: float
    process: SDE | Dynamics
    times: tuple[float, ...]
    exact: Callable[[Grid | Grid2D, int], np.ndarray]
    drift: Callable | None = None
    noise: Callable | None = None
    nodal: Callable[[Grid], np.ndarray] | None = None

    def grid(self, n: int) -> Grid:
        """Return n cells."""
        return Grid(self.low, self.high, n)

    def points(self, grid: Grid | Grid2D, i: int) -> np.ndarray:
        """Return the exact values at the centres, for solvers of point values."""
        return self.nodal(grid) if self.nodal else point_values(self.exact(grid, i))

    def timed(self, clock: Callable[[Callable], Callable]) -> "Problem":
        """Return the problem with clock(function) for every function that a reader writes."""
        process = self.process
        sde = process.sde if isinstance(process, Dynamics) else process
        sde = replace(sde, f=clock(sde.f), g=clock(sde.g))
        if isinstance(process, Dynamics):
            process = replace(process, sde=sde, score=clock(process.score))
        else:
            process = sde
        own = {name: clock(f) for name in ("drift", "noise") if (f := getattr(self, name))}
        return replace(self, process=process, **own)

    @property
    def taus(self) -> np.ndarray:
        """Return the check times since the start."""
        return np.abs(np.array(self.times) - self.times[0])


A_TIMES, F_TIMES, D2_TIMES = (0.0, 0.25, 1.0), (1.0, 0.3, 0.02), (0.0, 0.5, 1.0)
A = Problem(
    *("(a) VP, three Gaussians", -6.0, 6.0, PATH.sde(), A_TIMES, noised(THREE, A_TIMES)),
    lambda x, t: -0.5 * beta(t) * x,
    lambda t: math.sqrt(beta(t)),
)
C = Problem(
    *("(c) double well, 200 relaxation times", -3.0, 3.0),
    SDE(lambda x, t: 200.0 * (x - x**3), lambda t: 0.7 * math.sqrt(200.0)),
    (0.0, 1.0),
    boltzmann,
    lambda x, t: 200.0 * (x - x**3),
    lambda t: 0.7 * math.sqrt(200.0),
    boltzmann_nodal,
)
E = Problem(
    *("(e) f = sin(2 pi t) x - x^3", -3.0, 3.0),
    SDE(lambda x, t: torch.sin(2 * math.pi * t) * x - x**3, lambda t: 0.5),
    (0.0, 0.5, 1.0),
    driven_exact,
    lambda x, t: math.sin(2 * math.pi * t) * x - x**3,
    lambda t: 0.5,
)
F0 = Problem(
    *("(f0) probability flow backward, g = 0", -6.0, 6.0),
    Dynamics(PATH.sde(), exact_score(THREE, PATH), 0.0),
    F_TIMES,
    noised(THREE, F_TIMES),
    flow,
    lambda t: 0.0,
)
D = Problem(
    *("(d) plane, VP, ring of 8", -6.0, 6.0, PATH.sde(), A_TIMES),
    noised(ring_mixture(8, 3.0, 0.3), A_TIMES),
)
_TURN = torch.tensor(TURN)
D2 = Problem(
    *("(d2) plane, rotation and contraction", -5.0, 5.0),
    SDE(lambda x, t: x @ _TURN.T, lambda t: math.sqrt(0.5)),
    D2_TIMES,
    lambda grid, i: turned(grid, D2_TIMES[i]),
)
