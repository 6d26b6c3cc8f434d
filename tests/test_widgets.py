"""The live figures' Python side, and the numbers that their TypeScript must reproduce.

That the TypeScript passes its tests and that the committed bundles are current is in
test_typescript.py.
"""

import json
import runpy
import subprocess
import sys

import numpy as np
import pytest
from traitlets import TraitError

from diffusion_lab.widgets import SigmaFigure


def test_importing_the_figures_needs_no_torch():
    code = "import sys, diffusion_lab.widgets; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_module_and_every_parameter_travel_to_the_page():
    state = SigmaFigure().get_state()
    assert state["_esm"].strip(), "the bundle is empty"
    assert {"weights", "sigma_scale", "direction", "correction", "seed"} <= set(state)
    for name in SigmaFigure.class_own_traits(sync=True):
        assert json.dumps(state[name]) is not None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": [0.5, 0.25, 0.15]}, r"sum to 1, got the sum 0\.9 .* divide each by 0\.9"),
        ({"weights": [1.5, -0.25, -0.25]}, r"weights must all be positive"),
        ({"stds": [0.3, -0.2, 0.5]}, r"stds must all be positive numbers, got .*-0\.2"),
        ({"stds": [0.3, 0.0, 0.5]}, r"stds must all be positive"),
        ({"means": [0.0, float("nan"), 1.0]}, r"means must all be finite"),
        ({"means": [0.0, 1.0]}, r"as many weights as means and stds.*set_mixture"),
        ({"beta_min": 0.0}, r"0 < beta_min <= beta_max, got beta_min=0"),
        ({"beta_min": 3.0, "beta_max": 2.0}, r"beta_min=3\.0, beta_max=2\.0"),
        ({"sigma_scale": -1.0}, r"sigma_scale.*not be less than 0"),
        ({"sigma_scale": float("nan")}, r"sigma_scale must be a number"),
        ({"sigma_shape": "square"}, r"\['g', 'constant', 'bump'\]"),
        ({"direction": "up"}, r"\['forward', 'backward'\]"),
        ({"steps": 10}, r"steps.*not be less than 50"),
        ({"particles": 1_000_000}, r"particles.*not be greater than 10000"),
        ({"t": 1.5}, r"not be greater than 1"),
        ({"seed": -1}, r"not be less than 0"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_with_what_to_do(parameters, message):
    with pytest.raises(TraitError, match=message):
        SigmaFigure(**parameters)


def test_a_misspelled_parameter_is_refused():
    with pytest.raises(TypeError, match=r"\['sigma'\].*sigma_scale"):
        SigmaFigure(sigma=2.0)


def test_parameters_can_be_set_while_the_figure_lives():
    figure = SigmaFigure()
    figure.sigma_scale, figure.direction, figure.t = 2.5, "backward", 0.1
    figure.set_mixture([0.5, 0.5], [-1, 1], [0.2, 0.3])
    assert (figure.weights, figure.means, figure.stds) == ([0.5, 0.5], [-1, 1], [0.2, 0.3])


def test_a_refused_mixture_leaves_the_old_one():
    figure = SigmaFigure()
    before = (figure.weights, figure.means, figure.stds)
    with pytest.raises(TraitError):
        figure.set_mixture([0.5, 0.6], [-1, 1], [0.2, 0.3])
    assert (figure.weights, figure.means, figure.stds) == before


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
            # which scores far in a tail and 40 steps of a run enlarge a thousandfold at most.
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
