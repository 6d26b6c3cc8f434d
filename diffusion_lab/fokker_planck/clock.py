"""Coefficients that time only speeds up or slows down: steps in the clock variable.

    b(x, t) = r(t) b_0(x),   D = r(t) D_0,   r > 0:      dp/dB = -div(b_0 p) + D_0 lap p

where B(t) is the integral of r, the clock. In B nothing changes, so one matrix serves all steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain

import numpy as np

from .central import CentralLine
from .faces import bands, central_faces, difference, flux
from .implicit import SDIRK4, Banded
from .legendre import NODES, TO_LEGENDRE, WEIGHTS
from .line import Span, Step

_PANEL = 1 / 16  # longest panel in time
_SMOOTH = 1e-6  # of the largest r: the last two of 8 coefficients; Gauss's rule errs by less
_ROUNDING = 1e-13  # of the largest value: a few operations in f and g
_ORDER, _STAGES = SDIRK4.order, len(SDIRK4.c)
_LEAST = 0.8  # of the step that was factored; from here on the error is that of a full step


@dataclass(frozen=True)
class Clock:
    """drift : b_0 on the half grid, (2n + 1,);  diffusion : D_0;  at : B at the check times."""

    drift: np.ndarray
    diffusion: float
    at: np.ndarray


def find_clock(line: CentralLine, times: np.ndarray, max_step: float) -> Clock | None:
    """The clock of a process, or None when it has none, or none that is smooth in time.

    Drift and noise are compared, to rounding and wherever the fluxes read them, at 8 times in
    every panel: at no fewer times than there would be steps.
    """
    gaps = np.abs(np.diff(times))
    counts = np.ceil(gaps / min(_PANEL, 8.0 * max_step)).astype(int)
    lengths = np.repeat(np.diff(times) / counts, counts)
    ends = np.concatenate([[times[0]], times[0] + np.cumsum(lengths)])
    nodes = (ends[:-1, None] + 0.5 * lengths[:, None] * (1.0 + NODES)).ravel()
    # In parts, since most processes that have no clock show it at the first two nodes.
    values = (line.read(part) for part in np.split(nodes, [2, *range(66, len(nodes), 64)]))
    first = next(values)
    drift, diffusion = first[0][0], float(first[1][0])
    rates = []
    for drifts, diffusions in chain([first], values):
        found = _rates(drifts, diffusions, drift, diffusion)
        if found is None:
            return None
        rates.append(found)
    rate = np.concatenate(rates).reshape(-1, len(NODES))
    if (np.abs(rate @ TO_LEGENDRE.T)[:, -2:] > _SMOOTH * rate.max(1, keepdims=True)).any():
        return None
    passed = np.append(0.0, np.cumsum(0.5 * np.abs(lengths) * (rate @ WEIGHTS)))
    return Clock(drift, diffusion, passed[np.append(0, np.cumsum(counts))])


def _rates(
    drift: np.ndarray, diffusion: np.ndarray, drift_0: np.ndarray, diffusion_0: float
) -> np.ndarray | None:
    """The r (T,) > 0 with drift (T, m) = r drift_0 and diffusion (T,) = r diffusion_0, or None."""
    units = np.abs(drift_0).max() or 1.0, diffusion_0 or 1.0
    start = np.append(drift_0 / units[0], diffusion_0 / units[1])
    values = np.column_stack([drift / units[0], diffusion / units[1]])
    rate = values @ start / max(start @ start, 1e-300)
    wrong = np.abs(values - rate[:, None] * start).max(1)
    return rate if (rate > 0.0).all() and (wrong <= _ROUNDING * rate).all() else None


@dataclass
class ClockLine:
    """Steps of :class:`CentralLine` in the clock variable.

    size : the step to factor, 0 for every step its own;  factored : matrices factored so far
    """

    line: CentralLine
    clock: Clock
    size: float
    factored: int = 0
    _known: list[tuple[float, np.ndarray, Banded]] = field(default_factory=list, repr=False)

    @property
    def order(self) -> int:
        """Order of a step in time."""
        return _ORDER

    def steps(self, spans: Iterable[Span]) -> Iterator[Step]:
        """A step for each span of the clock."""
        return (partial(self._step, step=s - t) for t, s in spans)

    def _step(self, p: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
        """The powers w, .., w^5 of one implicit Euler step w, combined to order 4."""
        size, weights, matrix = self._factor(step)
        part, through = p, np.zeros(p.size + 1)
        for share in shares(round(step / size, 12)):
            out = flux(weights, matrix.solve(part), self.line.walls)
            part = part - difference(out)
            through += share * out
        last = self.clock.drift, self.clock.diffusion, step
        return self.line.accept(p, p - difference(through), through, last)

    def _factor(self, step: float) -> tuple[float, np.ndarray, Banded]:
        """A step that is factored and at most a little longer, its fluxes, and its matrix."""
        for known in self._known:
            if (_LEAST if self.size else 1.0 - 1e-9) <= step / known[0] <= 1.0 + 1e-9:
                return known
        size = self.size if _LEAST * self.size <= step <= (1.0 + 1e-9) * self.size else step
        drift, diffusion = self.clock.drift[None], np.array([self.clock.diffusion])
        grid, walls = self.line.grid, self.line.walls
        weights = SDIRK4.gamma * size * central_faces(drift, diffusion, grid.h, walls)[:, 0]
        matrix = Banded(self.line.mass - bands(weights), walls)
        self.factored += 1
        self._known = [(size, weights, matrix), *self._known[:1]]
        return self._known[0]


@lru_cache(maxsize=16)
def shares(ratio: float) -> np.ndarray:
    """What each of five implicit Euler steps of a quarter step adds to `ratio` of a step: (5,).

    With w = 1/(1 - z/4), the steps in a row give w, .., w^5; the combination of them that equals
    exp(ratio z) to order 4 is unique, and for ratio 1 it is that of SDIRK4. It dies out as
    z -> -infinity, and is stable for ratios from 0.37 to 1 (Hairer & Wanner 1996, table IV.6.4).
    share_k is the sum of the weights of w^k, .., w^5: the k-th step enters all of these.
    """
    k, m = np.arange(1, _STAGES + 1), np.arange(_ORDER + 1)
    series = np.array([[math.comb(int(j + i - 1), int(i)) for j in k] for i in m], dtype=float)
    aim = [(ratio / SDIRK4.gamma) ** i / math.factorial(i) for i in range(_ORDER + 1)]
    return np.cumsum(np.linalg.solve(series, aim)[::-1])[::-1]


def even_size(at: np.ndarray, longest: float) -> float:
    """The longest step that occurs when each interval is cut into equal steps."""
    gaps = np.diff(at)
    return float((gaps / np.ceil(gaps / longest - 1e-9)).max())
