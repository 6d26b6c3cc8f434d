"""Implicit steps for mass that hops between neighbouring cells, without a single subtraction."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from scipy.linalg import get_lapack_funcs

from .faces import Walls

(_SOLVE,) = get_lapack_funcs(("gttrs",), dtype=np.float64)
_FEW = 30  # rows of cells: up to so many, plain numbers are eliminated faster than arrays
T = TypeVar("T", float, np.ndarray)


class Chain:
    """The matrix A of an implicit step, A y = rhs, for one or many rows of n cells.

        (1 + right_(i+1) + left_i) y_i - right_i y_(i-1) - left_(i+1) y_(i+1) = rhs_i

    right_j, left_j >= 0 is the share that face j passes to the right and to the left in the step:
    (..., n + 1). Nothing comes in through a wall: right_0 = left_n = 0 (closed: nothing leaves
    either), but face 0 and face n of a periodic row are the same.

    Every column of A sums to 1, and to more where mass leaves. Elimination keeps it so: what a
    cell holds goes on to the next cell or stays for good, and its pivot is the sum of the two.
    So A is factored and solved with sums and products of numbers >= 0, which lose no digits
    however long the step is: for rhs >= 0 every y_i is right to some n relative roundings.
    Source: Grassmann, Taksar & Heyman 1985.
    """

    def __init__(self, right: np.ndarray, left: np.ndarray, walls: Walls) -> None:
        n = right.shape[-1] - 1
        self._right, self._left = right.reshape(-1, n + 1), left.reshape(-1, n + 1)
        # A periodic row without its last cell is a row that leaks into it at both ends.
        kept = n + (walls != "periodic")
        self._factor(self._right[:, 1:kept], self._left[:, : kept - 1])
        self._round: np.ndarray | None = None
        if walls == "periodic":
            unit = np.zeros((len(self._right), n - 1))  # what the last cell sends to both sides
            unit[:, 0] += self._right[:, -1]
            unit[:, -1] += self._left[:, -2]
            self._round = self._eliminate(unit, slice(None)).reshape(unit.shape)

    def _factor(self, out: np.ndarray, back: np.ndarray) -> None:
        """out, back : what every cell passes to the next one and to the one before, (rows, m)."""
        if len(out) <= _FEW:
            rows = zip(out.tolist(), back.tolist(), strict=True)
            pivots = np.array([_pivots(*row) for row in rows])
        else:
            pivots = np.array(_pivots(list(out.T), list(back.T))).T
        lower, upper = -out / pivots, np.zeros(out.shape)
        lower[:, -1] = 0.0  # nothing passes to the next row of cells
        upper[:, :-1] = -back[:, 1:]
        self._factors = lower, np.ascontiguousarray(pivots), upper

    def _eliminate(self, rhs: np.ndarray, rows: slice) -> np.ndarray:
        lower, pivots, upper = (a[rows].reshape(-1) for a in self._factors)
        order = np.arange(1, pivots.size + 1, dtype=np.int32)  # no two rows are exchanged
        none = np.zeros(pivots.size - 2)
        return _SOLVE(lower[:-1], pivots, upper[:-1], none, order, rhs.reshape(-1))[0]

    def solve(self, rhs: np.ndarray, k: int | None = None) -> np.ndarray:
        """The y with A y = rhs: (..., n) -> (..., n); for row k alone (n,) -> (n,)."""
        rows = slice(None) if k is None else slice(k, k + 1)
        if self._round is None:
            return self._eliminate(rhs, rows).reshape(rhs.shape)
        right, left, round_trip = self._right[rows], self._left[rows], self._round[rows]
        have = rhs.reshape(len(right), -1)
        head = self._eliminate(have[:, :-1], rows).reshape(round_trip.shape)
        gets = have[:, -1] + right[:, -2] * head[:, -1] + left[:, 0] * head[:, 0]
        last = (gets / (1.0 + round_trip.sum(1)))[:, None]
        return np.concatenate([head + last * round_trip, last], 1).reshape(rhs.shape)

    def ends(self, y: np.ndarray, k: int = 0) -> np.ndarray:
        """Mass/h that passes the first and the last face of row k while it holds y: -> (2,)."""
        ends = [0, -1]
        return self._right[k, ends] * y[-1] - self._left[k, ends] * y[0]


def _pivots(out: list[T], back: list[T]) -> list[T]:
    """The pivots of a row of cells: what stays for good plus what goes on.

    Of what cell i sends back to cell i - 1, the part stay/pivot stays there and the rest returns.
    """
    stay = 1.0 + back[0]
    pivots = [stay + out[0]]
    for onward, backward in zip(out[1:], back[1:], strict=True):
        stay = 1.0 + backward * (stay / pivots[-1])
        pivots.append(stay + onward)
    return pivots


def crossed(before: np.ndarray, after: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """(Mass through each face)/h that turns one density (n,) into another: -> (n + 1,).

    ends : what passed the two outermost faces, (2,). Each face has what the cells below it lost.
    """
    through = ends[0] + np.concatenate([[0.0], np.cumsum(before - after)])
    through[-1] = ends[1]
    return through
