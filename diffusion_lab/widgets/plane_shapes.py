"""The toy densities of the plane as mixtures of equal round bumps."""

from __future__ import annotations

import math

Points = list[list[float]]


def circle(count: int, radius: float) -> Points:
    """Equally spaced centers, the first to the right."""
    angles = [2 * math.pi * i / count for i in range(count)]
    return [[radius * math.cos(a), radius * math.sin(a)] for a in angles]


def _ring() -> tuple[Points, list[float]]:
    """The centers of :func:`diffusion_lab.density.ring_mixture`."""
    return circle(8, 1.5), [1 / 8] * 8


def _moons() -> tuple[Points, list[float]]:
    """Two half circles, scaled as `density.moons` scales samples with its noise of 0.06."""
    arc = [(i + 0.5) * math.pi / 32 for i in range(32)]
    upper = [[math.cos(a) - 0.5, math.sin(a) - 0.25] for a in arc]
    both = upper + [[-x, -y] for x, y in upper]
    scale = math.sqrt(sum(x * x + y * y for x, y in both) / 128 + 0.06**2)
    return [[x / scale, y / scale] for x, y in both], [1 / 64] * 64


def _rings() -> tuple[Points, list[float]]:
    """Circles of radius 1 and 1/2 and equal mass, scaled as `density.rings`, of noise 0.04."""
    scale = math.sqrt(0.3125 + 0.04**2)
    return circle(64, 1 / scale) + circle(32, 0.5 / scale), [1 / 128] * 64 + [1 / 64] * 32


def _checkerboard() -> tuple[Points, list[float]]:
    """The dark squares of `density.checkerboard`, each of 4 x 4 bumps."""
    squares = [(column, 2 * row + column % 2) for row in range(2) for column in range(4)]
    within = [((i + 0.5) / 4, (j + 0.5) / 4) for i in range(4) for j in range(4)]
    means = [[c - 2 + u, r - 2 + v] for c, r in squares for u, v in within]
    return means, [1 / 128] * 128


SHAPES = {"ring": _ring, "moons": _moons, "rings": _rings, "checkerboard": _checkerboard}


def bumps(shape: str) -> tuple[Points, list[float]]:
    """Return the centers and the weights of a shape of the plane figure.

    shape : "ring", "moons", "rings" or "checkerboard", after the functions of
    `diffusion_lab.density`. Raises ValueError for another name.
    """
    if shape not in SHAPES:
        raise ValueError(f"no shape is called {shape!r}; there are {', '.join(SHAPES)}.")
    return SHAPES[shape]()
