"""The panels that run the package, driven without a browser: set values, press buttons, read."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import torch

from diffusion_lab.density import histogram_l1, histogram_l1_floor, two_bumps
from diffusion_lab.images import load_run
from diffusion_lab.process import VP, Dynamics, exact_score, uniform_times
from diffusion_lab.sampling import ddim, euler_maruyama, integrate
from diffusion_lab.widgets import panel_digits, panel_runs
from diffusion_lab.widgets.panel import DensityPanel, DigitsPanel
from diffusion_lab.widgets.panel_choices import DENSITIES, SAMPLERS
from diffusion_lab.widgets.path_choices import PANEL_PATHS

PNG = b"\x89PNG\r\n"


def press(panel, seconds=120.0):
    """Press Run and wait for the end."""
    panel.run.click()
    panel.wait(seconds)
    assert not panel.run.disabled
    assert panel.stop.disabled
    return panel.result


def small(panel, **values):
    """A quick run: in the plane no density is solved, if nothing else is said."""
    panel.steps.value, panel.seed.value = 30, 3
    if isinstance(panel, DensityPanel):
        panel.density.value, panel.particles.value = "eight on a ring", 200
    for name, value in values.items():
        getattr(panel, name).value = value
    return panel


def test_the_panels_load_no_torch_and_no_matplotlib_before_they_run():
    code = (
        "import sys; from diffusion_lab.widgets.panel import DensityPanel, DigitsPanel; "
        "DensityPanel(); DigitsPanel(); print({'torch', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_particles_and_their_distance_are_the_package_s_own():
    panel = small(DensityPanel(), density="two bumps", particles=400, sigma="2g", steps=50)
    result = press(panel)
    path, density = VP(0.1, 20.0), two_bumps()
    generator = torch.Generator().manual_seed(3)
    family = Dynamics(path.sde(), exact_score(density, path), lambda t: 2 * path.sde().g(t))
    start = density.noised(path.alpha(1.0), path.std(1.0)).sample(400, generator)
    end = integrate(euler_maruyama(family), start, uniform_times(50), generator).x
    # The same formulas by another route (score from the predicted noise): rounding only, which
    # 50 steps with a drift of slope up to 100 enlarge.
    torch.testing.assert_close(result.states[-1], end, rtol=0, atol=1e-8)
    edges = torch.as_tensor(result.edges(len(result.times) - 1))
    share = density.cdf(edges).diff()
    distance, floor = result.distance(len(result.times) - 1)
    assert distance == pytest.approx(float(histogram_l1(end, edges, share)), abs=1e-12)
    assert floor == pytest.approx(histogram_l1_floor(400, share), abs=1e-12)
    assert f"L1 distance to the exact density is {distance:.4f}" in panel._captions[0].value
    assert f"400 exact draws have {floor:.4f}" in panel._captions[0].value
    assert bytes(panel._pictures[0].value).startswith(PNG)


@pytest.mark.parametrize("name", PANEL_PATHS)
def test_on_every_path_the_solved_density_is_the_exact_one(name):
    panel = small(DensityPanel(), density="two bumps", path=name, sampler="DDIM", steps=5)
    result = press(panel)
    assert result.solution.p.shape == (6 * panel_runs.PARTS + 1, 500)
    # Exact kernels in time, so the cells are left: for VE and EDM h = 0.13 beside a bump of width
    # 0.2, whose averages are read to fourth order: (h/0.2)^4 = 0.18, with a factor below 1/100.
    assert result.grid_error() < 2e-3


PAIRS = [(DENSITIES[0], sampler) for sampler in SAMPLERS]
PAIRS += [(density, "Heun") for density in DENSITIES[1:]]


@pytest.mark.parametrize(("density", "sampler"), PAIRS)
def test_every_density_and_sampler_ends_near_the_noise_floor(density, sampler):
    panel = small(DensityPanel(), density=density, sampler=sampler, particles=1000, steps=150)
    result = press(panel)
    end = len(result.times) - 1
    distance, floor = result.distance(end)
    # Half a floor of scatter, and the first-order bias of 150 uniform steps.
    allowed = 1.5 * floor + 0.03
    assert distance < allowed
    # The test can fail: the noise that the run began with is farther away.
    assert replace(result, states=result.states.flip(0)).distance(end)[0] > allowed


def test_a_second_run_keeps_the_first_for_comparison():
    panel = small(DensityPanel())
    first = press(panel)
    assert panel.previous is None
    assert panel._pictures[1].layout.display == "none"
    panel.sigma.value = "0"
    second = press(panel)
    assert (panel.result, panel.previous) == (second, first)
    assert "σ = 0" in panel._captions[0].value
    assert "σ = g" in panel._captions[1].value
    assert bytes(panel._pictures[1].value).startswith(PNG)


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    panel = small(DensityPanel())
    first = press(panel).states
    assert torch.equal(press(panel).states, first)
    panel.seed.value = 4
    assert not torch.equal(press(panel).states, first)


def test_the_time_slider_shows_another_moment_of_both_runs():
    panel = small(DensityPanel())
    press(panel)
    press(panel)
    before = [picture.value for picture in panel._pictures]
    panel.time.value = 0.5
    for picture, caption, old in zip(panel._pictures, panel._captions, before, strict=True):
        assert picture.value != old
        assert "At t = 0.500" in caption.value


@pytest.mark.parametrize(
    ("sigma", "message"),
    [
        ("sni(t)", "did you mean"),
        ("", "type a formula"),
        ("-1", "sigma(t) = -1 at t = 1; a noise scale must be finite"),
        ("1/(1 - t)", "sigma(t) = inf at t = 1"),
        ("<b>t</b>", "&lt;"),
    ],
)
def test_a_bad_noise_scale_is_a_sentence_in_the_panel(sigma, message):
    panel = small(DensityPanel())
    kept = press(panel)
    panel.sigma.value = sigma
    assert press(panel) is kept
    assert "Not run." in panel.message.value
    assert message in panel.message.value
    assert "Traceback" not in panel.message.value
    assert "<b>t</b>" not in panel.message.value
    panel.sigma.value = "g"
    press(panel)
    assert panel.message.value == ""


def test_steps_that_are_too_large_are_a_sentence_too():
    panel = small(DensityPanel(), sigma="10^200", steps=5)
    assert press(panel) is None
    assert "Not run." in panel.message.value
    assert "use more steps" in panel.message.value


def test_stop_ends_a_run_and_keeps_what_was_there(monkeypatch):
    panel = small(DensityPanel())
    kept = press(panel)
    reached = threading.Event()
    real = panel._tick

    def tick(done, total):
        real(done, total)
        reached.set()

    monkeypatch.setattr(panel, "_tick", tick)
    panel.steps.value = 2000
    panel.run.click()
    assert reached.wait(60)
    panel.start()  # a second press changes nothing
    panel.stop.click()
    panel.wait(60)
    assert "Stopped at" in panel.message.value
    assert panel.progress.value < 100
    assert panel.result is kept
    assert not panel.run.disabled


def test_a_sampler_without_sigma_asks_for_none():
    panel = small(DensityPanel(), sampler="DDIM", sigma="nonsense(")
    assert panel.sigma.disabled
    assert press(panel) is not None
    panel.sampler.value = "Heun"
    assert not panel.sigma.disabled


def test_long_runs_keep_few_states():
    result = press(small(DensityPanel(), particles=100, steps=500))
    assert len(result.states) == panel_runs.KEPT + 1
    assert (result.times[0], result.times[-1]) == (1.0, 0.0)


def test_digits_are_what_the_package_makes(root):
    panel = small(DigitsPanel(str(root / "runs/digits")), digit=3, sampler="DDIM", images=4)
    panel.steps.value = 12
    result = press(panel)
    assert result.evaluations == 13
    denoiser = load_run(root / "runs/digits")
    label = torch.full((4,), 3)

    def predict(x, t):
        return denoiser.predict(x, t, label=label)

    generator = torch.Generator().manual_seed(3)
    noise = torch.randn(4, 1, 8, 8, generator=generator)
    times = 1e-3 + (1 - 1e-3) * uniform_times(12) ** 2
    with torch.inference_mode():
        end = integrate(ddim(predict, denoiser.path), noise, times, generator).x
        torch.testing.assert_close(result.images, predict(end, times[-1]).x0)
    assert torch.equal(result.states[0], noise)
    torch.testing.assert_close(result.states[-1], end)
    assert bytes(panel._pictures[0].value).startswith(PNG)


def test_all_ten_digits_with_noise_and_a_missing_folder(root, tmp_path):
    panel = small(DigitsPanel(str(root / "runs/digits")), images=20, sigma="g")
    result = press(panel)
    assert result.labels.tolist() == [*range(10)] * 2
    assert result.images.shape == (20, 1, 8, 8)
    assert len(result.times) == len(result.states) == panel_digits.SHOWN
    distance, low, high = result.distance()
    assert low < high
    assert (
        f"Energy distance to held-out digits {distance:.3f}; of nine" in panel._captions[0].value
    )
    # As far as no two sets of real digits are: with 20 images by a good network, chance allows
    # a few more widths of their interval; the noise that the run began with is far outside.
    allowed = high + 3 * (high - low)
    assert distance < allowed
    assert replace(result, images=result.states[0]).distance()[0] > allowed
    panel.folder.value = str(tmp_path / "nowhere")
    assert press(panel) is result
    assert "there is no checkpoint" in panel.message.value
