"""The paths figure's Python side: its traits, the code it writes, and its TypeScript's numbers."""

import json
import math
import re
import runpy

import numpy as np
import pytest
import torch
from traitlets import TraitError

from diffusion_lab.process import EDM, VE, VP, CosineVP, FlowPath, SubVP
from diffusion_lab.widgets.paths import PathsFigure

TIMES = torch.linspace(0.02, 0.98, 33, dtype=torch.float64)


def run(figure: PathsFigure) -> dict:
    """The names that the figure's code leaves behind. Only this test executes it."""
    names: dict = {}
    exec(compile(figure.to_python(), "to_python", "exec"), names)
    return names


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"path": "DDPM"}, r"'VP', 'SubVP', 'CosineVP', 'VE', 'EDM', 'FlowPath', 'own'"),
        ({"alpha": "sni(t)"}, r"alpha = 'sni\(t\)'.*column 1.*did you mean “sin”"),
        ({"alpha": "x"}, r"unknown name “x”"),
        (
            {"alpha": "1/(t - 0.5)"},
            r"is inf at t = 0\.5; it must be a finite number for 0 < t < 1",
        ),
        ({"std": "t - 0.5"}, r"is -0\.495 at t = 0\.005; it must be a finite number, 0 or larger"),
        ({"std": "log(t - 1)"}, r"is nan at t = 0\.005"),
        ({"std": "__import__('os')"}, r"std = .*"),
        ({"beta_max": 1.0}, r"not be less than 2"),
        ({"beta_min": math.nan}, r"beta_min must be a finite number, got nan"),
        ({"t": -0.1}, r"not be less than 0"),
        ({"points": []}, r"points must be 1 to 4 numbers in \[-2\.5, 2\.5\], got \[\]"),
        ({"points": [0.0, 9.0]}, r"got \[0\.0, 9\.0\]"),
        ({"points": [math.inf]}, r"points must all be finite"),
        ({"width": 2.0}, r"not be greater than 0\.8"),
        ({"lines": 1000}, r"not be greater than 200"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_with_what_to_do(parameters, message):
    with pytest.raises(TraitError, match=message):
        PathsFigure(**parameters)


def test_a_misspelled_parameter_is_refused():
    with pytest.raises(TypeError, match=r"\['sigma'\].*edm_std_max"):
        PathsFigure(sigma=2.0)


def test_a_refused_formula_leaves_the_old_one():
    figure = PathsFigure(alpha="1 - t")
    with pytest.raises(TraitError):
        figure.alpha = "1 - "
    assert figure.alpha == "1 - t"


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"path": "VP", "beta_min": 0.2, "beta_max": 11.0}, VP(0.2, 11.0)),
        ({"path": "SubVP", "beta_max": 8.0}, SubVP(0.1, 8.0)),
        ({"path": "CosineVP"}, CosineVP()),
        ({"path": "VE", "std_min": 0.02, "std_max": 7.0}, VE(0.02, 7.0)),
        ({"path": "EDM", "edm_std_max": 5.0}, EDM(5.0)),
        ({"path": "FlowPath"}, FlowPath()),
    ],
)
def test_the_code_makes_the_path_on_screen(parameters, path, capsys):
    assert run(PathsFigure(t=0.3, **parameters))["path"] == path
    printed = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?(?=\s)", capsys.readouterr().out)]
    assert path.alpha(0.3).item() in printed
    assert path.g_squared(0.3).item() in printed


@pytest.mark.parametrize(
    ("alpha", "std", "path"),
    [
        ("exp(-0.05t - 4.975t^2)", "sqrt(1 - exp(-0.1t - 9.95t^2))", VP(0.1, 20.0)),
        ("cos(pi t/2)", "sin(π t/2)", CosineVP()),
        ("1", "80t", EDM(80.0)),
        ("1 -\nt", "t", FlowPath()),
    ],
)
def test_the_code_of_typed_formulas_is_the_path_that_they_spell(alpha, std, path):
    own = run(PathsFigure(path="own", alpha=alpha, std=std))["path"]
    for name in ("alpha", "var", "d_alpha", "d_var", "g_squared"):
        # Forward-mode derivatives are exact; 1 - exp(-B) and its root lose a few digits of 1e-16
        # where B is 0.006.
        ours, theirs = getattr(own, name)(TIMES), getattr(path, name)(TIMES)
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    assert own.alpha(0.5).shape == ()


def test_where_g_squared_is_negative_the_package_refuses_the_sde():
    own = run(PathsFigure(path="own", alpha="1", std="0.8 sin(pi t)"))["path"]
    assert own.sde().noise(0.25).item() > 0
    with pytest.raises(ValueError, match="no SDE has that kernel"):
        own.sde().noise(0.75)


@pytest.mark.parametrize("width", [0.0, 0.3])
def test_the_code_of_the_velocity_view_averages_the_conditional_velocities(width):
    names = run(PathsFigure(view="velocity", points=[-1.0, 0.5, 2.0], width=width, t=0.6))
    marginal, conditional = names["marginal"], names["conditional"]
    assert marginal.shape == (13, 1)
    assert conditional.shape == (13, 3)
    if width == 0.0:  # an average lies between its parts
        assert (marginal[:, 0] >= conditional.min(1).values - 1e-12).all()
        assert (marginal[:, 0] <= conditional.max(1).values + 1e-12).all()
        x, data = names["x"], names["points"]
        weight = torch.softmax(-0.5 * ((x - 0.4 * data) / 0.6) ** 2, 1)
        torch.testing.assert_close((weight * conditional).sum(1), marginal[:, 0])


def test_the_code_at_time_0_is_that_of_the_earliest_time_drawn():
    assert math.isfinite(run(PathsFigure(view="velocity", t=0.0))["marginal"].abs().max())


def test_a_link_carries_every_parameter():
    figure = PathsFigure(path="own", alpha="cos(t)^2")
    assert set(figure._linked) == set(PathsFigure._own_parameters())
    assert "paths.1.alpha=cos(t)%5E2" in figure.link(1)


def test_the_fixture_of_the_typescript_tests_is_what_its_script_makes(root):
    folder = root / "lab" / "test"
    made = runpy.run_path(str(folder / "make_paths_fixture.py"))["fixture"]()
    stored = json.loads((folder / "paths.fixture.json").read_text())
    assert made["times"] == stored["times"]
    for mine, theirs in zip(made["paths"], stored["paths"], strict=True):
        assert mine.keys() == theirs.keys()
        for name in set(mine) - {"name"}:
            np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-12, atol=1e-14)
    # Another release of SciPy may stop its root finder elsewhere, within 1e-13 of the root.
    for mine, theirs in zip(made["linear"]["ends"], stored["linear"]["ends"], strict=True):
        np.testing.assert_allclose(mine["x"], theirs["x"], atol=1e-11)
    for mine, theirs in zip(made["linear"]["rows"], stored["linear"]["rows"], strict=True):
        for name in ("t", "density", "velocity"):
            np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-11, atol=1e-14)
