"""What the live figures' Python side shares, and the numbers that their TypeScript must reproduce.

That the TypeScript passes its tests and that the committed bundles are current is in
test_typescript.py; each figure has a file test_widget_*.py.
"""

import json
import runpy
import subprocess
import sys

import numpy as np
import pytest

from diffusion_lab.widgets.figure import LiveFigure


def test_importing_the_figures_needs_no_torch():
    code = "import sys, diffusion_lab.widgets; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_figure_without_code_says_who_must_write_it():
    class Bare(LiveFigure):
        _esm = "export default {}"

    with pytest.raises(NotImplementedError, match=r"Bare must define to_python"):
        Bare().to_python()


def leaves(value, path=""):
    """Every number and word of nested lists and dicts, with where it stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def test_the_fixture_of_the_typescript_tests_is_what_its_script_makes(root):
    folder = root / "lab" / "test"
    made = dict(leaves(runpy.run_path(str(folder / "make_fixture.py"))["fixture"]()))
    stored = dict(leaves(json.loads((folder / "fixture.json").read_text())))
    assert made.keys() == stored.keys()
    for path, value in stored.items():
        if isinstance(value, float):
            # Another release of NumPy may round exp and log differently, by units of 2e-16,
            # which scores far in a tail enlarge a thousandfold at most.
            assert made[path] == pytest.approx(value, rel=1e-12, abs=1e-12), path
        else:
            assert made[path] == value, path


def test_the_fixture_score_is_the_slope_of_its_log_density(root):
    """The Python that checks the TypeScript is itself checked, by central differences."""
    script = runpy.run_path(str(root / "lab" / "test" / "make_fixture.py"))
    x, h = np.array([-2.0, -0.3, 0.4, 1.9]), 1e-4
    for t in (0.0, 0.02, 0.3, 1.0):
        slope = (script["log_density"](x + h, t) - script["log_density"](x - h, t)) / (2 * h)
        # h^2 / 6 times the third derivative, which is below 2000 for these components.
        np.testing.assert_allclose(script["score"](x, t), slope, atol=1e-5)
