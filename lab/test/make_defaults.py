"""Write defaults.json: the traits of every live figure, as a host of widgets hands them over.

Run `python lab/test/make_defaults.py`.
"""

import json
from pathlib import Path

import anywidget

from diffusion_lab.widgets import PathsFigure, PlaneFigure, RaceFigure, SigmaFigure

FIGURES = {"sigma": SigmaFigure, "plane": PlaneFigure, "race": RaceFigure, "paths": PathsFigure}


def contents() -> dict[str, dict]:
    """Return what the file holds: the state of each figure without what every widget has."""
    left_out = {*anywidget.AnyWidget.class_trait_names(), "_esm", "_anywidget_id"}
    states = {name: make().get_state() for name, make in FIGURES.items()}
    return {
        name: {trait: value for trait, value in state.items() if trait not in left_out}
        for name, state in states.items()
    }


if __name__ == "__main__":
    file = Path(__file__).with_name("defaults.json")
    file.write_text(json.dumps(contents(), indent=1) + "\n", encoding="utf-8")
