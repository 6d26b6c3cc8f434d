"""The flux through a face between two cells, exponentially fitted (Scharfetter-Gummel)."""

from __future__ import annotations

import numpy as np


def face_rates(
    drift: np.ndarray, diffusion: float | np.ndarray, h: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rates at which a face passes mass to the right and to the left.

        J = h (right p_i - left p_(i+1)),
        right = (b/h) / (1 - exp(-w)),   left = (b/h) / (exp(w) - 1),   w = b h / D.

    The flux is that of the steady solution between the two cell centres, so the steady state is
    kept exactly, and both rates are >= 0, so implicit steps keep p >= 0. Written with b/(e^w - 1)
    and not with D times a Bernoulli function, the limit D -> 0 is upwinding; the other form loses
    the drift there.

    drift : b averaged over the two half cells, any shape;  diffusion : D = sigma^2/2 >= 0, a
    number or an array that broadcasts with drift. Returns (right, left), in 1/time.
    Source: Chang & Cooper 1970; Scharfetter & Gummel 1969.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        w = drift * h / diffusion
        w = np.where(np.isnan(w), 0.0, w)  # neither drift nor diffusion: no flux
        left = drift / h / np.expm1(w)
        right = drift / h / -np.expm1(-w)
    # |w| < 1e-5: the series of w/(e^w - 1) to second order is exact to 1e-16.
    small = np.abs(w) < 1e-5
    if small.any():
        near = np.where(small, w, 0.0)
        series = diffusion / h**2 * (1.0 - 0.5 * near + near * near / 12.0)
        left = np.where(small, series, left)
        right = np.where(small, series + drift / h, right)
    return right, left
