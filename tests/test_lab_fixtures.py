"""The numbers that the TypeScript is tested against are those that the package gives today."""

import json
import runpy

import numpy as np
import pytest


def made_and_kept(root, name):
    folder = root / "lab/test"
    made = runpy.run_path(str(folder / f"make_{name}.py"))["contents"]()
    return made, json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_formulas(root):
    made, kept = made_and_kept(root, "formulas")
    assert json.loads(json.dumps(made)) == kept, "run lab/test/make_formulas.py"


@pytest.mark.parametrize("name", ["substeps", "defaults"])
def test_substeps_and_defaults(root, name):
    made, kept = made_and_kept(root, name)
    assert json.loads(json.dumps(made)) == kept, f"run lab/test/make_{name}.py"


def test_tables(root):
    made, kept = made_and_kept(root, "tables")
    assert made["clip"] == kept["clip"], "set CLIP in lab/src/core/fokker_planck.ts to match"
    assert [case["name"] for case in made["cases"]] == [case["name"] for case in kept["cases"]]
    for new, old in zip(made["cases"], kept["cases"], strict=True):
        assert [new[key] for key in ("f", "g", "reach")] == [
            old[key] for key in ("f", "g", "reach")
        ]
        for k, row in old["rows"].items():
            # Another LAPACK rounds otherwise, at most some 1e-14 of the highest cell a step.
            tolerance = 1e-12 * max(row)
            np.testing.assert_allclose(new["rows"][k], row, 0, tolerance, err_msg=new["name"])
