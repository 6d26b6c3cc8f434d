"""Write substeps.json: into how many parts the exported code of the sigma laboratory cuts steps.

The figure must cut the same steps into the same number, so that its code repeats what it shows.

Run `python lab/test/make_substeps.py`.
"""

import contextlib
import io
import json
from pathlib import Path

import torch

from diffusion_lab.widgets.sigma import SigmaFigure

KEPT = ("f", "g", "sigma", "direction", "correction", "weights", "means", "stds")
STEPS, STARTS = 100, (0.0, 0.01, 0.1, 0.35, 0.7, 0.98)
CASES = (
    {"preset": "VP", "direction": "backward", "sigma": "g"},
    {"preset": "VP", "direction": "backward", "sigma": "3*g"},
    {"preset": "VP", "direction": "forward", "sigma": "0"},
    {"preset": "VE", "direction": "backward", "correction": False},
    {"preset": "double well", "direction": "forward", "sigma": "2"},
)


def pieces(figure: SigmaFigure) -> list[int]:
    """Parts of the steps of 1/STEPS that begin at each of STARTS, or end there when backward."""
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(figure.to_python(), names)  # our own text, written from checked settings
    forward = figure.direction == "forward"
    ends = [(t, t + 1 / STEPS) if forward else (t + 1 / STEPS, t) for t in STARTS]
    times = torch.tensor(ends, dtype=torch.float64)
    return [names["pieces"](t, s) for t, s in times]


def contents() -> dict:
    """Return what the file holds."""
    cases = []
    for case in CASES:
        start = 0.01 if case["direction"] == "forward" else 0.99  # one step: the code is short
        figure = SigmaFigure(**case, t=start, steps=STEPS, particles=100)
        kept = {name: getattr(figure, name) for name in ("f", "g", "sigma", "direction")}
        kept |= {
            name: getattr(figure, name) for name in ("correction", "weights", "means", "stds")
        }
        cases.append(kept | {"pieces": pieces(figure)})
    return {"steps": STEPS, "starts": list(STARTS), "cases": cases}


if __name__ == "__main__":
    file = Path(__file__).with_name("substeps.json")
    file.write_text(json.dumps(contents(), indent=1) + "\n", encoding="utf-8")
