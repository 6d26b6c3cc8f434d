"""The live figures and a panel in a real JupyterLab: Python reads back what the reader did."""

from __future__ import annotations

import importlib.util
import json

import pytest
from figures import Figure, expect
from lab_server import jupyter_lab, write_notebook

CELLS = [
    "from diffusion_lab.widgets import *\nsigma = SigmaFigure(t=0.5)\nsigma",
    'plane = PlaneFigure(data="ring")\nplane',
    "race = RaceFigure(particles=500)\nrace",
    "paths = PathsFigure()\npaths",
    "panel = DensityPanel()\npanel.particles.value, panel.steps.value = 500, 50\npanel",
]
PROBE = """import json
print("READ", json.dumps({
    "sigma": [sigma.sigma, sigma.correction, sigma.t],
    "plane": [plane.swirl, plane.point, plane.arrows],
    "race": [race.budget, race.target],
    "paths": [paths.path, paths.alpha, paths.t],
    "panel": panel.result and panel.result.settings.sigma,
}))"""
# Python writes while the figures run.
WRITE = """sigma.sigma, sigma.correction, sigma.t = "3*t", True, 0.25
plane.swirl, race.budget, paths.view = -5.0, 33, "velocity"
compile(sigma.to_python(), "the figure", "exec")
print("WROTE", sigma.sigma)"""
TIME = "time t (0 data, 1 noise)"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A running JupyterLab with the notebook; skipped, and said, where there is none."""
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("JupyterLab is not installed; run `make test`, which installs it")
    folder = tmp_path_factory.mktemp("jupyter")
    write_notebook(folder / "figures.ipynb", [*CELLS, PROBE, WRITE])
    with jupyter_lab(folder) as running:
        yield running


def run_cell(page: object, number: int) -> None:
    """Run one cell of the notebook by the keyboard."""
    page.locator(".jp-Notebook .jp-Cell .jp-InputArea-editor").nth(number).click()
    page.keyboard.press("Control+Enter")


def test_figures_and_panel_in_jupyterlab(browser, lab) -> None:
    address, token = lab
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}lab/tree/figures.ipynb?token={token}")
    page.locator(".jp-Notebook .jp-Cell").nth(len(CELLS) + 1).wait_for(timeout=90_000)
    # What is asked of a kernel that is still starting can get lost.
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=90_000)
    # All but the cell that writes.
    page.locator(".jp-Notebook .jp-Cell .jp-InputArea-editor").nth(len(CELLS) + 1).click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Above Selected Cell", exact=True).click()
    for cell in range(len(CELLS) - 1):
        page.locator(".dl-figure").nth(cell).wait_for(timeout=90_000)
    output = page.locator(".jp-OutputArea-output", has_text="READ")
    expect(output).to_contain_text('"sigma": ["g"')

    sigma = Figure(page, "sigma").show()
    assert not sigma.root.get_by_text("Copy link").is_visible()  # the address is Jupyter's
    before = sigma.picture()
    sigma.control("σ(t), the free noise").fill("2*t")
    sigma.control("leave out the score correction").check()
    sigma.press(TIME, "Home", "ArrowRight")
    assert sigma.picture() != before
    sigma.page.mouse.click(*sigma.place(0.35, 0.3))
    sigma.photograph("jupyter")

    plane = Figure(page, "plane").show()
    plane.press("swirl rate", "End")
    plane.control("arrows").select_option("score")
    plane.drag(plane.place(0.5, 0.5), plane.place(0.3, 0.3))
    plane.canvas.press("ArrowUp")

    race = Figure(page, "race").show()
    race.press("budget", "Home")
    race.control("density").select_option("two moons")
    expect(race.report).to_contain_text("With 5 evaluations")

    paths = Figure(page, "paths").show()
    paths.control("VE").check()
    paths.control("your α(t) =").fill("cos(pi t/2)")
    paths.drag(paths.place(0.08, 0.2), paths.place(0.2, 0.2))

    formula = page.get_by_label("sigma(t) =").first
    formula.fill("2g")
    formula.press("Enter")
    page.locator(".jupyter-button", has_text="Run").first.click()
    page.locator("img.widget-image").first.wait_for(state="visible", timeout=90_000)

    run_cell(page, len(CELLS))
    expect(output).to_contain_text('"panel": "2g"')
    read = json.loads(output.inner_text().split("READ", 1)[1])
    formula, correction, t = read["sigma"]
    assert (formula, correction) == ("2*t", False)
    assert 0.3 < t < 0.6  # clicked in the middle of the map
    swirl, point, arrows = read["plane"]
    assert (swirl, arrows) == (20.0, "score")
    assert point[0] < 0 < point[1]  # dragged up and to the left
    assert read["race"] == [5, "two moons"]
    assert read["paths"][:2] == ["own", "cos(pi t/2)"]
    assert read["paths"][2] == float(paths.control(TIME).input_value())

    run_cell(page, len(CELLS) + 1)
    expect(page.locator(".jp-OutputArea-output", has_text="WROTE")).to_contain_text("WROTE 3*t")
    expect(sigma.control("σ(t), the free noise")).to_have_value("3*t")
    expect(sigma.control("leave out the score correction")).not_to_be_checked()
    expect(sigma.control(TIME)).to_have_js_property("valueAsNumber", 75)  # of 300 steps
    expect(plane.control("swirl rate")).to_have_value("-5")
    race.show()  # off the screen it draws nothing
    expect(race.report).to_contain_text("With 33 evaluations", timeout=90_000)
    expect(paths.report).to_contain_text("Straight lines cross")
    assert not errors
    context.close()
