"""Adams' method for a slope that is odd in its variable: the past is known from the first step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .weights import step_weights

Slope = Callable[[float, Tensor], Tensor]


def reflected_adams(
    slope: Slope, y: Tensor, nodes: Sequence[float], begin: float, order: int, open_end: bool
) -> tuple[Tensor, Tensor, int]:
    """Solve dy/dw = slope(w, y) over increasing nodes, where slope(-w, y(-w)) = -slope(w, y(w)).

    Each step predicts with the `order` known slopes nearest to it, evaluates once at its end, and
    corrects with that value too. Slopes at -w are known from those at w, so that no Runge-Kutta
    start is needed; the first steps evaluate once more after the correction. The error of a step
    is estimated by a second corrector with one slope less, whose order is lower by one.

    y : (batch, n), at begin;  nodes : rising, > 0, the first at begin or so close to it that y is
    the same there, since a slope that is odd cannot be learned at begin = 0
    open_end : do not evaluate the slope at the last node
    -> y at the last node, the sum over steps of the estimated errors (batch, n), and the number
    of evaluations. Source: Hairer, Norsett & Wanner 1993, sec. III.1.
    """
    value = slope(nodes[0], y)
    known = [(nodes[0], value), (-nodes[0], -value)]
    error, calls = torch.zeros_like(y), 1

    def advance(past: list[tuple[float, Tensor]], a: float, b: float) -> Tensor:
        weights = step_weights(tuple(w for w, _ in past), a, b)
        return y + sum(c * value for c, (_, value) in zip(weights, past, strict=True))

    for index, (a, b) in enumerate(zip((begin, *nodes[1:-1]), nodes[1:], strict=True)):
        middle = 0.5 * (a + b)
        near = sorted(known, key=lambda pair: abs(pair[0] - middle))[:order]
        predicted = advance(near, a, b)
        if open_end and index == len(nodes) - 2:
            return predicted, error, calls
        starting = index < order - 2
        corrected, new = predicted, []
        for _ in range(2 if starting else 1):
            value = slope(b, corrected)
            calls += 1
            new = [(b, value), (-b, -value)] if index < 2 else [(b, value)]
            corrected = advance([*near, *new], a, b)
        known += [(b, value), (-b, -value)]
        known = sorted(known, key=lambda pair: abs(pair[0] - b))[: 2 * order]
        error += (corrected - advance([*near[:-1], *new], a, b)).abs()
        y = corrected
    return y, error, calls
