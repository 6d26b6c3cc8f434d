"""The sigma laboratory's Python side: what it refuses, says, links to and exports."""

import contextlib
import io
import json
import re
from urllib.parse import parse_qs

import numpy as np
import pytest
import torch
from traitlets import TraitError

from diffusion_lab.formula import Formula
from diffusion_lab.process import VE, VP, GaussianPath, SubVP
from diffusion_lab.widgets import SigmaFigure
from diffusion_lab.widgets.sigma import MIXTURES, PRESETS, VARIABLES
from diffusion_lab.widgets.sigma_code import window


def test_the_module_and_every_parameter_travel_to_the_page():
    figure = SigmaFigure()
    state = figure.get_state()
    assert state["_esm"].strip(), "the bundle is empty"
    assert {"weights", "f", "g", "sigma", "drawn", "direction", "correction"} <= set(state)
    for name in SigmaFigure.class_own_traits(sync=True):
        assert json.dumps(state[name]) is not None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weights": [0.5, 0.25, 0.15]}, r"sum to 1, got the sum 0\.9 .* divide each by 0\.9"),
        ({"weights": [1.5, -0.25, -0.25]}, r"weights must all be positive"),
        ({"stds": [0.3, -0.2, 0.5]}, r"stds must all be positive numbers, got .*-0\.2"),
        ({"stds": [0.3, 0.0, 0.5]}, r"stds must all be positive"),
        ({"stds": [0.3, 0.01, 0.5]}, r"stds must be at least 0\.05, the finest"),
        ({"means": [0.0, float("nan"), 1.0]}, r"means must all be finite"),
        ({"means": [0.0, 30.0, 1.0]}, r"within \[-20, 20\].*divide means and stds"),
        ({"means": [0.0, 1.0]}, r"as many weights as means and stds.*set_mixture"),
        ({"drawn": [1.0, 2.0]}, r"61 heights in \[0, 1\], not all 0.*got 2 numbers from 1 to 2"),
        ({"drawn": [0.0] * 61}, r"61 heights in \[0, 1\], not all 0"),
        ({"f": "sni(x)"}, r"f = 'sni\(x\)'.*olumn 1.*sin"),
        ({"g": "x"}, r"g = 'x'.*olumn 1"),
        ({"sigma": "2*(t"}, r"sigma = .*olumn"),
        ({"sigma": "__import__('os')"}, r"sigma = .*olumn"),
        ({"preset": "DDPM"}, r"'VP'.*'double well'"),
        ({"direction": "up"}, r"\['forward', 'backward'\]"),
        ({"steps": 5}, r"steps.*not be less than 10"),
        ({"substeps": -1}, r"substeps.*not be less than 0"),
        ({"particles": 1_000_000}, r"particles.*not be greater than 50000"),
        ({"t": 1.5}, r"not be greater than 1"),
        ({"t": float("nan")}, r"t must be a finite number"),
        ({"seed": -1}, r"not be less than 0"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_with_what_to_do(parameters, message):
    with pytest.raises(TraitError, match=message):
        SigmaFigure(**parameters)


def test_a_misspelled_parameter_is_refused():
    with pytest.raises(TypeError, match=r"\['sigmaa'\].*preset.*sigma"):
        SigmaFigure(sigmaa="2")
    with pytest.raises(TypeError, match="either preset, or f and g"):
        SigmaFigure(preset="VE", f="0")


def test_parameters_can_be_set_while_the_figure_lives():
    figure = SigmaFigure()
    figure.sigma, figure.direction, figure.t = "2*t", "backward", 0.1
    figure.set_mixture([0.5, 0.5], [-1, 1], [0.2, 0.3])
    assert (figure.weights, figure.means, figure.stds) == ([0.5, 0.5], [-1, 1], [0.2, 0.3])
    with pytest.raises(TraitError):
        figure.sigma = "2*"
    assert figure.sigma == "2*t"


def test_a_refused_mixture_leaves_the_old_one():
    figure = SigmaFigure()
    before = (figure.weights, figure.means, figure.stds)
    with pytest.raises(TraitError):
        figure.set_mixture([0.5, 0.6], [-1, 1], [0.2, 0.3])
    assert (figure.weights, figure.means, figure.stds) == before


def test_a_preset_names_both_formulas():
    figure = SigmaFigure(preset="VE")
    assert (figure.f, figure.g) == PRESETS["VE"]
    figure.f = "-x"
    assert figure.preset == "your own"
    figure.preset = "double well"
    assert (figure.f, figure.g) == PRESETS["double well"]
    figure.set_state({"f": PRESETS["VP"][0], "g": PRESETS["VP"][1]})  # as from the page
    assert figure.preset == "VP"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_finite_with_noise_of_at_least_0(name):
    f, g = (Formula(text, VARIABLES[key]) for text, key in zip(PRESETS[name], "fg", strict=True))
    t = np.linspace(0, 1, 201)
    assert np.isfinite(f(x=np.full_like(t, 1.7), t=t)).all()
    assert np.isfinite(g(t=t)).all()
    assert (g(t=t) >= 0).all()


@pytest.mark.parametrize("name", ["VP", "sub-VP", "VE", "flow"])
def test_the_presets_of_paths_are_their_sdes(name):
    class Flow(GaussianPath):
        """alpha = 1 - 0.95 t, std = t."""

        def alpha(self, t):
            return 1.0 - 0.95 * torch.as_tensor(t)

        def var(self, t):
            return torch.as_tensor(t) ** 2

        def d_alpha(self, t):
            return torch.full_like(torch.as_tensor(t), -0.95)

        def d_var(self, t):
            return 2.0 * torch.as_tensor(t)

    path = {"VP": VP(0.1, 20.0), "sub-VP": SubVP(0.1, 20.0), "VE": VE(0.05, 3.0), "flow": Flow()}
    f, g = (Formula(text, VARIABLES[key]) for text, key in zip(PRESETS[name], "fg", strict=True))
    t, x = torch.linspace(0.01, 0.99, 50, dtype=torch.float64), torch.tensor(1.3).double()
    sde = path[name].sde()
    for time in t:  # rounding, in values up to 40
        assert abs(f(x=x, t=time) - sde.drift(x[None], time)[0]) < 1e-11
        assert abs(g(t=time) - sde.noise(time)) < 1e-11


@pytest.mark.parametrize("name", MIXTURES)
def test_every_mixture_is_accepted(name):
    figure = SigmaFigure()
    figure.set_mixture(*MIXTURES[name])
    assert [figure.weights, figure.means, figure.stds] == list(map(list, MIXTURES[name]))


def test_a_link_carries_what_a_reader_can_set():
    figure = SigmaFigure(sigma="2*g + t", t=0.25, correction=False, drawn=[0.5] * 61)
    link = figure.link(index=2)
    assert link.startswith("#sigma.2.")
    pairs = parse_qs(link[1:].replace("+", "%2B"), keep_blank_values=True)
    values = {key.removeprefix("sigma.2."): value for key, (value,) in pairs.items()}
    assert values["sigma"] == "2*g + t"
    assert (values["t"], values["correction"], values["direction"]) == ("0.25", "0", "forward")
    assert values["drawn"].split(",") == ["0.5"] * 61
    public = {name for name in SigmaFigure.class_own_traits() if not name.startswith("_")}
    assert set(values) == public - {"preset"}


def run(code: str) -> tuple[dict, float, float]:
    """Run exported code; return its names, and the L1 distance and noise floor that it prints."""
    names, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, names)
    distance, floor = re.findall(r"(?:distance|alone) ([\d.]+)", out.getvalue())
    return names, float(distance), float(floor)


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("substeps", [0, 2])
def test_the_exported_code_carries_the_density(direction, substeps):
    figure = SigmaFigure(
        sigma="1.5*g", direction=direction, t=0.4, steps=100, substeps=substeps, particles=4000
    )
    names, distance, floor = run(figure.to_python())
    assert names["x"].shape == (4000, 1)
    assert float(names["sigma"](torch.tensor(0.3).double())) == pytest.approx(1.5 * 6.07**0.5)
    # The floor is a mean over some 40 bins, whose std is an eighth of it or less: 1.6 is five.
    assert distance < 1.6 * floor


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_exported_code_without_the_correction_loses_the_density(direction):
    t = 0.9 if direction == "forward" else 0.1
    figure = SigmaFigure(
        sigma="2*g", direction=direction, t=t, steps=100, particles=4000, correction=False
    )
    _, distance, floor = run(figure.to_python())
    assert distance > 4 * floor


def test_the_exported_code_knows_a_drawn_density():
    heights = [0.0] * 20 + [0.8] * 11 + [0.0] * 30
    figure = SigmaFigure(drawn=heights, direction="forward", t=0.0, particles=2000)
    names, distance, floor = run(figure.to_python())
    assert distance < 1.6 * floor
    # Straight between nodes 0.1 apart: the block from -1 to 0 ends a node farther out.
    assert (names["x"] >= -1.1).all()
    assert (names["x"] <= 0.1).all()


@pytest.mark.parametrize(
    ("f", "g", "reach"), [("0", "1", 5.5), ("0", "5", 20.0), ("-x", "0.1", 4)]
)
def test_the_exported_window_is_that_of_the_figure(f, g, reach):
    """The same cases, with the reason for each, are in lab/test/sigma.test.ts."""
    figure = SigmaFigure(f=f, g=g)
    figure.set_mixture([0.4, 0.6], [-1.2, 0.8], [0.2, 0.4])
    assert window(figure) == reach
