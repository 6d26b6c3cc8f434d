"""The plane's Python side: what it refuses, the code it writes, its shapes and its fixture."""

import json
import math
import runpy

import pytest
import torch
from traitlets import TraitError

from diffusion_lab.density import checkerboard, moons, ring_mixture, rings, sliced_wasserstein
from diffusion_lab.density.mixture import GaussianMixture
from diffusion_lab.widgets.plane import PlaneFigure
from diffusion_lab.widgets.plane_shapes import SHAPES, bumps


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"data": "spiral"}, r"\['ring', 'moons', 'rings', 'checkerboard', 'own'\]"),
        ({"means": []}, r"means.*at least|means.*length"),
        ({"means": [[0.0, 1.0, 2.0]]}, r"length"),
        ({"means": [[0.0, float("nan")]]}, r"means must all be finite"),
        ({"means": [[0.0, 5.0]]}, r"means must lie within \[-3, 3\]\^2, got \(0,5\)"),
        ({"means": [[0.0, 0.0]] * 81}, r"means"),
        ({"weights": [0.5, 0.5]}, r"2 weights for 3 means.*set_points"),
        ({"weights": [0.5, 0.2, 0.2]}, r"sum to 1, got the sum 0\.9"),
        ({"std": 0.01}, r"std.*not be less than 0\.08"),
        ({"std": float("nan")}, r"std must be a finite number"),
        ({"path": "vpp"}, r"\['vp', 've', 'flow'\]"),
        ({"sigma_scale": -1.0}, r"not be less than 0"),
        ({"swirl": 100.0}, r"swirl.*not be greater than 20"),
        ({"arrows": "big"}, r"\['none', 'score', 'velocity'\]"),
        ({"point": [9.0, 0.0]}, r"point must lie within"),
        ({"particles": 10**6}, r"not be greater than 5000"),
        ({"seed": -1}, r"not be less than 0"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_with_what_to_do(parameters, message):
    with pytest.raises(TraitError, match=message):
        PlaneFigure(**parameters)


def test_a_misspelled_parameter_is_refused():
    with pytest.raises(TypeError, match=r"\['sigma'\].*sigma_scale"):
        PlaneFigure(sigma=2.0)


def test_points_of_another_number_are_set_at_once_and_a_refused_set_leaves_the_old():
    figure = PlaneFigure()
    figure.set_points([[-1, 0], [1, 0]], [0.3, 0.7])
    assert (figure.data, figure.means, figure.weights) == ("own", [[-1, 0], [1, 0]], [0.3, 0.7])
    with pytest.raises(TraitError):
        figure.set_points([[0, 0]], [0.5, 0.5])
    assert (figure.means, figure.weights) == ([[-1, 0], [1, 0]], [0.3, 0.7])


def test_every_parameter_travels_to_the_page_and_the_link_carries_the_settings():
    figure = PlaneFigure(data="own", swirl=2.5, path_lines=False)
    state = figure.get_state()
    assert {"means", "swirl", "point", "_esm"} <= set(state)
    link = figure.link(1)
    assert link.startswith("#plane.1.data=own&plane.1.means=-1.2,-0.8%3B1.2,-0.8%3B0,1.2&")
    assert "plane.1.swirl=2.5" in link
    assert "plane.1.path_lines=0" in link


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("path", ["vp", "ve", "flow"])
def test_the_code_runs_and_its_particles_follow_the_density(path, direction):
    figure = PlaneFigure(
        data="ring", std=0.2, path=path, direction=direction, swirl=3.0, particles=1500, steps=50
    )
    names = {}
    exec(figure.to_python(), names)  # our own text, written from checked settings
    end = names["times"][-1].item()
    law = names["density"].noised(names["path"].alpha(end), names["path"].std(end))
    exact = [law.sample(1500, torch.Generator().manual_seed(s)) for s in range(20)]
    one = [torch.Generator().manual_seed(0) for _ in range(20)]
    floor = torch.tensor(
        [sliced_wasserstein(a, b, g) for a, b, g in zip(exact[:10], exact[10:], one, strict=False)]
    )
    error = sliced_wasserstein(names["trajectory"].x, exact[0], torch.Generator().manual_seed(0))
    # What two exact sets of this size show: mean and five standard deviations over ten pairs.
    assert error < floor.mean() + 5 * floor.std()


def test_the_code_of_drawn_points_carries_their_weights():
    figure = PlaneFigure(sigma_scale=0.0, steps=50, particles=100)
    figure.set_points([[-1, 0], [1, 0.5]], [0.25, 0.75])
    names = {}
    exec(figure.to_python(), names)
    assert names["density"].weights.tolist() == [0.25, 0.75]
    assert names["density"].means.tolist() == [[-1, 0], [1, 0.5]]
    assert "def w" not in figure.to_python()


@pytest.mark.parametrize(
    ("name", "std", "draw"),
    [
        ("ring", 0.15, lambda n, g: ring_mixture().sample(n, g)),
        ("moons", 0.06 / 0.7076, moons),
        ("rings", 0.04 / 0.5605, rings),
        ("checkerboard", 0.072, checkerboard),
    ],
)
def test_a_shape_is_the_toy_density_of_its_name(name, std, draw):
    means, weights = bumps(name)
    assert math.isclose(sum(weights), 1.0, abs_tol=1e-12)
    generator = torch.Generator().manual_seed(0)
    mixture = GaussianMixture.isotropic(weights, means, [std] * len(means))
    n = 20_000
    toy, ours = draw(n, generator), mixture.sample(n, generator)
    # The mean and covariance of n draws miss those of the law by about 2/sqrt(n), four times over;
    # a square of side 1 made of 4 x 4 bumps of width 1/4/sqrt(12) has its covariance exactly.
    assert (toy.mean(0) - ours.mean(0)).abs().max() < 8 / n**0.5
    assert (toy.T.cov() - ours.T.cov()).abs().max() < 8 / n**0.5
    # Points of the toy lie on the bumps: within five widths, or half a cell of the board.
    assert torch.cdist(toy, torch.tensor(means, dtype=toy.dtype)).amin(1).max() < 5.5 * std


def test_an_unknown_shape_is_refused():
    with pytest.raises(ValueError, match=r"no shape is called 'moon'; there are ring, moons"):
        bumps("moon")


def test_the_fixture_of_the_typescript_tests_is_what_its_script_makes(root):
    folder = root / "lab" / "test"
    made = runpy.run_path(str(folder / "make_plane_fixture.py"))["fixture"]()
    stored = json.loads((folder / "plane.fixture.json").read_text())
    assert set(made["shapes"]) == set(SHAPES)
    assert json.loads(json.dumps(made)).keys() == stored.keys()
    for key, value in stored.items():
        # Another release of torch may round exp and log differently, by units of 2e-16, which a
        # score far in a tail and some hundred steps enlarge a thousandfold.
        compare(made[key], value, key)


def compare(made, stored, where):
    """Nested lists and dicts, equal up to rounding."""
    if isinstance(stored, dict):
        for name, value in stored.items():
            compare(made[name], value, f"{where}.{name}")
    elif isinstance(stored, list):
        assert len(made) == len(stored), where
        for i, value in enumerate(stored):
            compare(made[i], value, f"{where}[{i}]")
    elif isinstance(stored, float):
        assert made == pytest.approx(stored, rel=1e-12, abs=1e-12), where
    else:
        assert made == stored, where
