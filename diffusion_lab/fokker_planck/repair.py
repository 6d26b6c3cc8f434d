"""Accounts of the cells in the plane: what they lose, and who lends to those below zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .faces import Walls

_ROUNDS = 12  # of lending; what is then still missing is clipped by the march


def net_loss(through: Sequence[np.ndarray]) -> np.ndarray:
    """What every cell loses through its faces; along axis k there is one face more than cells."""
    return sum(np.diff(f, axis=k) for k, f in enumerate(through))  # type: ignore


def wall_loss(through: Sequence[np.ndarray]) -> np.ndarray:
    """What leaves through the lower and the upper wall of each axis in turn: (4,)."""
    ends = [(-f.take(0, k).sum(), f.take(-1, k).sum()) for k, f in enumerate(through)]
    return np.array(ends).ravel()


def fill(p: np.ndarray, walls: Walls, enough: float) -> np.ndarray:
    """Cells below zero borrow from their four neighbours, until less than `enough` is missing.

    A density that is nowhere negative and nearest to p in L1 lies at twice the negative part;
    lending keeps to that distance and to the mass, and is local. Blending with the fluxes of a
    positive scheme (flux-corrected transport) is not: at steps that carry mass over many cells
    it undoes the step. p : (x.n, y.n). No cell gives more than it has, since each neighbour asks
    for at most a quarter of that.
    """
    for _ in range(_ROUNDS):
        need, have = np.maximum(-p, 0.0), np.maximum(p, 0.0)
        if need.sum() <= enough:
            break
        around = _neighbours(have, walls)
        ask = np.minimum(0.25, need / np.maximum(around, 1e-300))
        p = p + ask * around - have * _neighbours(ask, walls)
    return p


def _neighbours(a: np.ndarray, walls: Walls) -> np.ndarray:
    """Sum over the four neighbours of each cell; beyond open or closed walls there are none."""
    b = np.pad(a, 1, mode="wrap" if walls == "periodic" else "constant")
    return b[:-2, 1:-1] + b[2:, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:]
