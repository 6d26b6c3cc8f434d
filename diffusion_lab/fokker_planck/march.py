"""March a density through its check times: fixed steps, or steps that keep to a tolerance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .line import Span, Step

Steps: TypeAlias = Callable[[Iterable[Span]], Iterator[Step]]
_SMALLEST = 1e-7  # of the interval: a step below this resolves nothing


@dataclass
class March:
    """A density on its way. `lost` is what left through the lower and upper wall of each axis.

    steps : spans (t, s) -> a step for each, p -> (new p, mass out through each wall)
    order : of a step in time
    cell  : volume of a cell;  open_walls: mass may leave, so p is not rescaled
    """

    steps: Steps
    order: int
    p: np.ndarray
    lost: np.ndarray
    cell: float
    open_walls: bool
    max_step: float
    tolerance: float | None
    total: float
    defect: float = 0.0
    _dt: float = math.inf

    def run(self, t: float, end: float) -> None:
        """March from one check time to the next."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # see _accept
            self._run(t, end)

    def _run(self, t: float, end: float) -> None:
        if self.tolerance is None:
            times = np.linspace(t, end, math.ceil(abs(end - t) / self.max_step - 1e-9) + 1)
            for step in self.steps(zip(times[:-1], times[1:], strict=True)):
                self._accept(*step(self.p))
            return
        while t != end:
            parts = math.ceil(abs(end - t) / min(self._dt, self.max_step) - 1e-9)
            t = self._try(t, end if parts <= 1 else t + (end - t) / parts)

    def take(self, new: np.ndarray) -> None:
        """Accept a density that was found without steps."""
        self._accept(new, np.zeros_like(self.lost))

    def _try(self, t: float, s: float) -> float:
        """One step against two half steps; the halves are kept when the two agree.

        The flow of densities never enlarges an L1 distance, so the errors of the steps add up
        to at most the tolerance.
        """
        assert self.tolerance is not None
        dt, middle = abs(s - t), 0.5 * (t + s)
        step, first, second = self.steps([(t, s), (t, middle), (middle, s)])
        whole, _ = step(self.p)
        half, out_1 = first(self.p)
        new, out_2 = second(half)
        error = np.abs(new - whole).sum() * self.cell / (2**self.order - 1)
        allowed = self.tolerance * dt / self.total
        smallest = _SMALLEST * self.total
        growth = 0.9 * (allowed / max(error, 1e-300)) ** (1.0 / self.order)
        self._dt = max(dt * min(4.0, max(0.2, growth)), smallest)
        if error > allowed and dt > smallest:
            return t
        self._accept(new, out_1 + out_2)
        return s

    def _accept(self, new: np.ndarray, out: np.ndarray) -> None:
        """Book what left, measure the defect before anything is rescaled, then rescale."""
        if not np.isfinite(new).all():
            raise ArithmeticError(
                "the density became infinite; the drift is too large for this grid and step."
            )
        if self.open_walls:  # what passes the seam of periodic walls stays
            self.lost = self.lost + out
        mass = new.sum()
        self.defect = max(self.defect, abs(mass * self.cell + self.lost.sum() - 1.0))
        kept = np.maximum(new, 0.0)  # little: the schemes repair what is more
        aim = mass if self.open_walls else 1.0 / self.cell
        self.p = kept * (aim / kept.sum()) if kept.sum() > 0.0 else kept


def one_by_one(
    step: Callable[[np.ndarray, float, float], tuple[np.ndarray, np.ndarray]],
) -> Steps:
    """The steps of a scheme that prepares nothing ahead: step(p, t, s)."""
    return lambda spans: (lambda p, span=span: step(p, *span) for span in spans)
