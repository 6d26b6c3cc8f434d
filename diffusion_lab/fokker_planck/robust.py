"""The robust method: fitted fluxes and SDIRK2. Positive, and exact in the steady state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from .chain import Chain, crossed
from .implicit import SDIRK2, Tableau
from .line import Line, Step

_AHEAD = (1.0 - SDIRK2.gamma) / SDIRK2.gamma


@dataclass(frozen=True)
class RobustLine(Line):
    """Fitted fluxes (Scharfetter-Gummel), second order in space and time.

        (1 - gamma dt L_1) q   = p,
        (1 - gamma dt L_2) new = p + (1 - gamma)/gamma (q - p),     gamma = 1 - 1/sqrt(2)

    L_1 and L_2 are the matrices at the two stage times. In the steady state q = p = new: no
    rounding is multiplied by dt, so the step may be as long as it likes.
    """

    tableau: ClassVar[Tableau] = SDIRK2

    def _prepare(self, drift: np.ndarray, diffusion: np.ndarray, dt: np.ndarray) -> Iterator[Step]:
        stages = SDIRK2.gamma * np.repeat(dt, 2)
        chain = Chain(*self.shares(drift, diffusion, stages), self.walls)
        for i, length in enumerate(dt):
            last = drift[2 * i + 1], diffusion[2 * i + 1], length
            yield partial(self._step, chain=chain, i=2 * i, last=last)

    def _step(
        self, p: np.ndarray, chain: Chain, i: int, last: tuple[np.ndarray, float, float]
    ) -> tuple[np.ndarray, np.ndarray]:
        q = chain.solve(p, i)
        new = chain.solve(p + _AHEAD * (q - p), i + 1)
        ends = _AHEAD * chain.ends(q, i) + chain.ends(new, i + 1)
        return self.accept(p, new, crossed(p, new, ends), last)
