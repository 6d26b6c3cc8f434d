"""The race: its parameters, its code, and the numbers that its TypeScript must reproduce."""

import json
import re
import runpy

import numpy as np
import pytest
import torch
from traitlets import TraitError

from diffusion_lab.density import GaussianMixture
from diffusion_lab.widgets.race import BUDGETS, TARGETS, RaceFigure

PAIR = {"weights": [0.5, 0.5], "means": [[-1.0, 0.0], [1.0, 0.5]], "stds": [0.2, 0.4]}
SAMPLERS = [
    "Euler, probability flow",
    "Euler-Maruyama",
    "DDPM, ancestral",
    "DDIM",
    "Heun",
    "DPM-Solver++ 2M",
    "Predictor-corrector",
    "Flow matching, Euler",
]


def test_the_module_and_every_parameter_travel_to_the_page():
    state = RaceFigure().get_state()
    assert state["_esm"].strip(), "the bundle is empty"
    parameters = {"targets", "target", "grid", "budget", "particles", "progress", "seed"}
    assert parameters <= set(state)
    for name in parameters:
        assert json.loads(json.dumps(state[name])) is not None


def mixture(**changes):
    return {"mine": PAIR | changes, "three unequal": TARGETS["three unequal"]}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"target": "square"}, r"target must be one of \['three unequal'.*set_mixture"),
        ({"grid": "uniform"}, r"\['time', 'log_snr', 'arctan'\]"),
        ({"budget": 8}, r"budget"),
        ({"particles": 10}, r"particles.*not be less than 500"),
        ({"progress": 1.5}, r"not be greater than 1"),
        ({"progress": float("nan")}, r"progress must be a finite number"),
        ({"seed": -1}, r"not be less than 0"),
        ({"targets": {"mine": PAIR}}, r"must keep 'three unequal'"),
        ({"targets": {"three unequal": [1, 2]}}, r"dict of weights, means and stds, got \[1, 2\]"),
        ({"targets": mixture(weights=[0.5, 0.4])}, r"sum to 1, got the sum 0\.9"),
        ({"targets": mixture(stds=[0.2])}, r"as many weights as means and stds"),
        ({"targets": mixture(stds=[0.2, 0.001])}, r"at least 0\.02"),
        ({"targets": mixture(means=[[0.0], [1.0, 2.0]])}, r"a pair \(x, y\), got \[0\.0\]"),
        ({"targets": mixture(means=[[0.0, float("nan")], [1.0, 2.0]])}, r"means must all be fin"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_with_what_to_do(parameters, message):
    with pytest.raises(TraitError, match=message):
        RaceFigure(**parameters)


def test_a_misspelled_parameter_is_refused():
    with pytest.raises(TypeError, match=r"\['steps'\].*budget"):
        RaceFigure(steps=8)


def test_parameters_can_be_set_while_the_figure_lives():
    figure = RaceFigure(budget=17)
    figure.target, figure.grid, figure.progress = "two moons", "arctan", 0.5
    assert (figure.target, figure.grid, figure.budget) == ("two moons", "arctan", 17)
    figure.set_mixture(PAIR["weights"], PAIR["means"], PAIR["stds"])
    assert figure.target == "your own"
    assert figure.targets["your own"] == PAIR
    assert "your own" not in RaceFigure().targets, "one figure's mixture leaked into another"


def test_a_refused_mixture_leaves_the_old_one():
    figure = RaceFigure()
    with pytest.raises(TraitError, match="sum to 1"):
        figure.set_mixture([0.5, 0.6], [[0, 0], [1, 1]], [0.2, 0.2])
    assert figure.target == "three unequal"
    assert figure.targets == TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_every_density_on_offer_is_a_mixture_of_the_package(name):
    law = GaussianMixture.isotropic(*TARGETS[name].values())
    assert law.dim == 2
    assert RaceFigure(target=name).target == name


def test_a_link_carries_the_settings():
    link = RaceFigure(target="two moons", grid="log_snr", budget=33, seed=5).link(1)
    assert link.startswith("#race.1.target=two%20moons&race.1.grid=log_snr&race.1.budget=33")


@pytest.mark.parametrize("grid", ["time", "log_snr", "arctan"])
def test_the_code_runs_the_race_and_ranks_the_samplers(grid, capsys):
    """500 particles see errors above 5e-3 or so, which at 5 evaluations the worst sampler has."""
    figure = RaceFigure(target="three unequal", grid=grid, budget=5, particles=500)
    exec(figure.to_python(), {})
    lines = dict(re.findall(r"^(.*?) +(-?\d+\.\d+)$", capsys.readouterr().out, re.MULTILINE))
    errors = {name: float(error) for name, error in lines.items()}
    assert list(errors) == ["exact draws", *SAMPLERS]
    # E|x - x'| is about 1.8 here: exact draws show 0 up to some 1.8/500.
    assert abs(errors["exact draws"]) < 0.02
    assert errors["Predictor-corrector"] > 0.1


def test_the_code_spends_the_budget_that_it_names():
    code = RaceFigure(budget=21).to_python()
    assert "budget, particles, seed = 21, 4000, 7" in code
    calls = 0
    original = GaussianMixture.score

    def counted(self, *arguments):
        nonlocal calls
        calls += 1
        return original(self, *arguments)

    small = RaceFigure(budget=BUDGETS[0], particles=500).to_python()
    patch = pytest.MonkeyPatch()
    with patch.context() as p:
        p.setattr(GaussianMixture, "score", counted)
        exec(small, {"print": lambda *_: None})
    # Every evaluation, the last denoising included, asks the mixture for its score once.
    assert calls == len(SAMPLERS) * BUDGETS[0]


def leaves(value):
    """Every number and word of nested lists and dicts, in order."""
    if isinstance(value, dict):
        value = [item for pair in value.items() for item in pair]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def test_the_fixture_of_the_typescript_tests_is_what_its_script_makes(root):
    folder = root / "lab" / "test"
    made = leaves(runpy.run_path(str(folder / "make_fixture_race.py"))["fixture"]())
    stored = leaves(json.loads((folder / "fixture_race.json").read_text()))
    assert [type(v) for v in made] == [type(v) for v in stored]
    assert [v for v in made if isinstance(v, str)] == [v for v in stored if isinstance(v, str)]
    numbers = [[v for v in values if not isinstance(v, str)] for values in (made, stored)]
    # Another release of PyTorch may round exp and log differently, by units of 2e-16, which five
    # coarse steps enlarge a thousandfold at most.
    np.testing.assert_allclose(*numbers, rtol=1e-12, atol=1e-12)
    assert torch.get_default_dtype() == torch.float32, "the script must leave the default alone"
