"""The weights of multistep methods on any grid."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=4096)
def step_weights(
    nodes: tuple[float, ...], start: float, end: float, turning: bool = False
) -> tuple[float, ...]:
    """w with  sum_j w_j f(nodes_j) = int_start^end f  for polynomials up to the number of nodes.

    turning : cos and sin take the place of the two highest powers, where there are two nodes.
    The nodes are shifted and scaled to the step, so that the linear system is well conditioned.
    """
    h = end - start
    u = (np.array(nodes) - start) / h
    powers = np.arange(len(nodes))
    values, moments = u[None, :] ** powers[:, None], 1.0 / (powers + 1.0)
    if turning and len(nodes) > 1:
        for m in powers[-2:]:
            values[m] *= _beyond(m, h * u)
            moments[m] *= _beyond(m + 1, h)
    return tuple(float(h * w) for w in np.linalg.solve(values, moments))


def _beyond(m: int, z: np.ndarray | float) -> np.ndarray | float:
    """sum_j (-1)^j z^(2j) m!/(m + 2j)!: z^m/m! times this is cos or sin beyond its lower powers.

    What is left of both stays apart from those powers on short steps too, as cos and sin do not.
    """
    total = term = z * 0.0 + 1.0
    for k in range(m + 2, m + 30, 2):  # |z| <= pi/2: the rest is below 1e-19
        term = -term * z * z / (k * (k - 1))
        total = total + term
    return total
