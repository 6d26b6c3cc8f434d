"""Write tables.json: densities that the package's solver finds and the TypeScript must find too.

Every case is solved by `solve_fokker_planck(..., method="robust")`, one step to a check time.
The coefficients stand here in Python, written by hand, and beside them as the figures take them.

Run `python lab/test/make_tables.py`.
"""

import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diffusion_lab.density import GaussianMixture
from diffusion_lab.fokker_planck import Grid, WallWarning, line, solve_fokker_planck
from diffusion_lab.process import SDE

CELLS, STEPS, ROWS = 96, 20, (1, 9, 20)
MIXTURE = {"weights": [0.4, 0.25, 0.35], "means": [-1.8, 0.0, 1.9], "stds": [0.4, 0.35, 0.5]}
# A drawn curve with a cliff, corners inside cells, and a part beyond the grid.
DRAWN = [[-2.03, -1.2, -1.1999, 0.31, 0.9, 2.2, 40.0], [0.0, 0.9, 0.1, 0.4, 1.3, 0.0, 0.0]]

CASES: dict[str, tuple] = {
    "variance preserving": (
        *("-0.5(0.1+19.9t)x", "sqrt(0.1+19.9t)", 6.0),
        lambda x, t: -0.5 * (0.1 + 19.9 * t) * x,
        lambda t: (0.1 + 19.9 * t).sqrt(),
    ),
    "variance exploding": ("0", "0.5*12^t", 14.0, lambda x, t: 0 * x, lambda t: 0.5 * 12**t),
    "Ornstein-Uhlenbeck": ("-x", "1", 5.0, lambda x, t: -x, lambda t: 1.0 + 0 * t),
    "double well": ("4x-4x^3", "0.8", 3.0, lambda x, t: 4 * x - 4 * x**3, lambda t: 0.8 + 0 * t),
    "drift that depends on time": (
        *("2sin(2πt)-x^3", "0.3+t", 4.0),
        lambda x, t: 2 * torch.sin(2 * math.pi * t) - x**3,
        lambda t: 0.3 + t,
    ),
    "no noise for half the time": (
        *("-x", "t<0.5?0:1", 5.0),
        lambda x, t: -x,
        lambda t: (t >= 0.5).to(t),
    ),
    "no drift, no noise": ("0", "0", 4.0, lambda x, t: 0 * x, lambda t: 0 * t),
    "drawn": (
        *("x", "0.5(1-t)", 8.0),
        lambda x, t: x,
        lambda t: 0.5 * (1 - t),
    ),
    "against a wall": ("6", "0.5", 4.0, lambda x, t: 6.0 + 0 * x, lambda t: 0.5 + 0 * t),
}


def start(name: str, grid: Grid) -> np.ndarray:
    """Return the density at t = 0: the mixture, or the drawn curve."""
    if name.startswith("drawn"):
        return grid.curve(*np.array(DRAWN))
    mixture = GaussianMixture.isotropic(*MIXTURE.values())
    return grid.normalise(grid.average(mixture))


def solved(
    name: str, f: Callable[[Tensor, Tensor], Tensor], g: Callable[[Tensor], Tensor], reach: float
) -> dict:
    """Return what a case begins with and what the package finds."""
    grid = Grid(-reach, reach, CELLS)
    p0 = start(name, grid)
    times = np.linspace(0.0, 1.0, STEPS + 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        solution = solve_fokker_planck(
            SDE(f, g), p0, grid, times, max_step=1 / STEPS, method="robust"
        )
    touched = any(issubclass(w.category, WallWarning) for w in caught)
    return {"reach": reach, "p0": p0.tolist(), "touched": touched} | {
        "rows": {str(k): solution.p[k].tolist() for k in ROWS}
    }


def contents() -> dict:
    """Return everything that tables.json holds."""
    cases = [
        {"name": name, "f": f, "g": g, **solved(name, drift, noise, reach)}
        for name, (f, g, reach, drift, noise) in CASES.items()
    ]
    settings = {"cells": CELLS, "steps": STEPS, "clip": line._CLIP}
    return settings | {"mixture": MIXTURE, "drawn": DRAWN, "cases": cases}


if __name__ == "__main__":
    text = json.dumps(contents(), separators=(",", ":")).replace('"name"', '\n"name"') + "\n"
    Path(__file__).with_name("tables.json").write_text(text)
