"""What each live figure does when a reader clicks, types, drags and presses keys."""

from __future__ import annotations

import re

from figures import FOLDER, expect, gallery

TIME = "time t (0 data, 1 noise)"
SIGMA = "σ(t), the free noise"


def test_sigma_typing(watch) -> None:
    watched = watch(FOLDER)
    figure = gallery(watched, "sigma")
    start = figure.picture()
    field = figure.control(SIGMA)
    field.fill("2*t + 1")
    good = figure.picture()
    assert good != start
    alert = figure.alerts
    field.fill("1 + sni(t)")
    expect(alert.first).to_contain_text("Column 5")
    expect(alert.first).to_contain_text("sin")
    assert figure.picture() == good
    figure.photograph("mistake")
    figure.button("Use sin").click()
    expect(field).to_have_value("1 + sin(t)")
    expect(alert.first).to_be_empty()
    # Readable, but no noise scale.
    unusable = {"1/t": "infinite", "t - 0.5": "negative", "sqrt(-t)": "not a number"}
    for wrong, word in unusable.items():
        before = figure.picture()
        field.fill(wrong)
        expect(alert.first).to_contain_text(word)
        assert figure.picture() == before
    for monster in ("__proto__", "(" * 400, "9^9^9^9^t", "t" * 2000, "\u202et", "a=1;b", "0/0"):
        field.fill(monster)
        expect(alert.first).not_to_be_empty()
    field.fill("g")
    assert figure.picture() == start
    assert not watched.trouble, "\n".join(watched.trouble)


def test_sigma_the_correction_and_the_steps(watch) -> None:
    watched = watch(FOLDER)
    figure = gallery(watched, "sigma")
    figure.control("direction").select_option("backward")
    figure.press(TIME, "Home")
    expect(figure.report).to_contain_text("follows p")
    figure.control("leave out the score correction").check()
    expect(figure.report).to_contain_text("does not show")  # sigma = g: nothing to correct
    figure.control(SIGMA).fill("2g")
    expect(figure.report).to_contain_text("do not follow p")
    figure.control("leave out the score correction").uncheck()
    expect(figure.report).to_contain_text("follows p")
    figure.open_groups()
    figure.control("substeps in each").select_option("1")
    figure.press("steps", "Home")
    expect(figure.report).to_contain_text("too coarse")
    figure.control("equation").select_option("double well")
    expect(figure.control("f(x, t), the drift")).to_have_value(re.compile("x"))
    expect(figure.control("equation")).to_have_value("double well")
    figure.control("f(x, t), the drift").fill("-2x")
    expect(figure.control("equation")).to_have_value("your own")
    assert not watched.trouble, "\n".join(watched.trouble)


def test_sigma_dragging_and_drawing(watch) -> None:
    watched = watch(FOLDER)
    figure = gallery(watched, "sigma")
    # Time, on the picture.
    figure.page.mouse.click(*figure.place(0.6, 0.3))
    expect(figure.control(TIME)).to_have_attribute("aria-valuetext", re.compile(r"^0\.8"))
    # sigma(t), by its handles.
    figure.button("Drag σ(t)").click()
    handle = figure.root.get_by_role("slider", name="σ at t = 0.4")
    x, y = figure.place(0.5, 0.5, handle)
    figure.drag((x, y), (x, y - 20))
    expect(figure.control(SIGMA)).to_have_value(re.compile(r"^max\(0, "))
    typed = figure.control(SIGMA).input_value()
    handle.press("ArrowDown")
    expect(figure.control(SIGMA)).not_to_have_value(typed)
    # The data, only where the reader asked to draw.
    figure.open_groups()
    canvas = figure.root.locator(".dl-drawing canvas")
    shares = [(0.1, 0.8), (0.3, 0.2), (0.6, 0.7), (0.8, 0.4)]
    figure.drag(*(figure.place(*share, canvas) for share in shares))
    assert figure.control("p(x, 0)").input_value() != "your own"
    figure.button("Draw p(x, 0)").click()
    figure.drag(*(figure.place(*share, canvas) for share in shares))
    expect(figure.control("p(x, 0)")).to_have_value("your own")
    drawn = figure.picture()
    canvas.focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "-"):
        figure.page.keyboard.press(key)
    assert figure.picture() != drawn
    assert not watched.trouble, "\n".join(watched.trouble)


def test_plane_looking_drawing_and_turning(watch) -> None:
    watched = watch(FOLDER)
    figure = gallery(watched, "plane")
    words = figure.root.locator(".dl-view p").last
    expect(words).to_contain_text("At the cross (1.30, 0.90)")
    figure.page.mouse.click(*figure.place(0.5, 0.4))
    expect(words).not_to_contain_text("(1.30, 0.90)")
    before = words.inner_text()
    figure.drag(figure.place(0.5, 0.4), figure.place(0.7, 0.3))
    expect(words).not_to_have_text(before)
    before = words.inner_text()
    figure.canvas.press("ArrowRight")
    expect(words).not_to_have_text(before)
    # The two ways to the likelihood agree.
    numbers = re.search(r"p₀ = (\S+) by the formula, (\S+) along", words.inner_text())
    exact, carried = (float(text.replace("−", "-")) for text in numbers.groups())
    assert abs(exact - carried) < 0.002  # both are shown with three digits
    for name, value in {"arrows": "velocity", "path": "flow", "direction": "forward"}.items():
        before = figure.picture()
        figure.control(name).select_option(value)
        assert figure.picture() != before, name
    figure.control("draw points").check()
    figure.button("Start over").click()
    figure.drag(*(figure.place(a, d) for a, d in [(0.4, 0.4), (0.6, 0.4), (0.6, 0.7)]))
    expect(figure.control("density")).to_have_value("own")
    drawn = figure.link()["means"].count(";")
    assert drawn >= 3
    figure.canvas.press("Enter")
    figure.canvas.press("Backspace")
    figure.canvas.press("Backspace")
    assert figure.link()["means"].count(";") == drawn - 1
    figure.press("swirl rate", "End")
    expect(figure.report).to_contain_text("follow p")
    assert not watched.trouble, "\n".join(watched.trouble)


def test_race_budget_grid_and_table(watch) -> None:
    watched = watch(FOLDER)
    figure = gallery(watched, "race")
    expect(figure.report).to_contain_text("With 13 evaluations")
    figure.press("budget", "ArrowRight")
    expect(figure.report).to_contain_text("With 17 evaluations")
    plot = figure.root.locator(".dl-errors canvas")
    figure.page.mouse.click(*figure.place(0.97, 0.5, plot))
    expect(figure.report).to_contain_text("With 65 evaluations", timeout=120_000)
    end = figure.picture()
    figure.press("evaluations spent", "Home")
    assert figure.picture() != end
    figure.control("steps even in").select_option("time")
    figure.control("density").select_option("two moons")
    expect(figure.report).to_contain_text("measured")
    figure.open_groups()
    cells = figure.root.locator("td", has_text=re.compile(r"^[\d.e-]+$"))
    expect(cells.nth(8)).to_be_visible()
    expect(figure.root.locator("progress")).to_have_count(0, timeout=120_000)
    # The same seed, the same run.
    first = cells.all_inner_texts()
    figure.control("density").select_option("three unequal")
    figure.control("density").select_option("two moons")
    expect(figure.root.locator("progress")).to_have_count(1)
    expect(figure.root.locator("progress")).to_have_count(0, timeout=120_000)
    assert cells.all_inner_texts() == first
    assert not watched.trouble, "\n".join(watched.trouble)


def test_paths_choosing_typing_and_pointing(watch) -> None:
    watched = watch(FOLDER)
    figure = gallery(watched, "paths")
    figure.control("the paths").check()
    expect(figure.report).to_contain_text("VP")
    figure.photograph("paths-light")
    figure.control("VP").focus()
    figure.page.keyboard.press("ArrowRight")
    expect(figure.control("sub-VP")).to_be_checked()
    figure.control("your α(t) =").fill("cos(pi t/2)")
    expect(figure.control("your own")).to_be_checked()
    good = figure.picture()
    figure.control("your α(t) =").fill("cso(pi t/2)")
    alert = figure.alerts.first
    expect(alert).to_contain_text("Column 1")
    assert figure.picture() == good
    figure.button("Use cos").click()
    expect(alert).to_be_empty()
    figure.control("your σ̄(t) =").fill("sin(pi t)^2")
    expect(figure.report).to_contain_text("No forward SDE for 0.6")
    figure.control("your σ̄(t) =").fill("t - 0.5")
    expect(figure.alerts.nth(1)).to_contain_text("0 or larger")
    before = figure.control(TIME).input_value()
    figure.page.mouse.click(*figure.place(0.25, 0.2))
    expect(figure.control(TIME)).not_to_have_value(before)
    before = figure.control(TIME).input_value()
    figure.drag(figure.place(0.1, 0.2), figure.place(0.3, 0.2))
    expect(figure.control(TIME)).not_to_have_value(before)
    assert not watched.trouble, "\n".join(watched.trouble)
