"""Motion and touch: figures play, pause, hold still when asked, and let the page scroll."""

from __future__ import annotations

import pytest
from figures import FOLDER, GALLERY, KINDS, Figure, expect, gallery

MOVING = [kind for kind in KINDS if kind != "paths"]  # which has a slider and no clock
CLOCK = {"race": "evaluations spent"}
TIME = "time t (0 data, 1 noise)"
# The pictures that are shown in two seconds, counted on every frame.
STILLS = """(root) => new Promise((done) => {
  const canvas = root.querySelector("canvas");
  const seen = new Set();
  const until = performance.now() + 2000;
  const look = () => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 3) sum = (Math.imul(sum, 31) + data[i]) | 0;
    seen.add(sum);
    if (performance.now() < until) requestAnimationFrame(look);
    else done(seen.size);
  };
  requestAnimationFrame(look);
})"""


def clock(figure: Figure) -> float:
    return float(figure.control(CLOCK.get(figure.kind, TIME)).input_value())


def begin(figure: Figure) -> None:
    """Go to where playing starts, and play."""
    if figure.kind == "plane":
        figure.control("direction").select_option("forward")
    figure.press(CLOCK.get(figure.kind, TIME), "Home")
    figure.picture()
    figure.button("Play").click()


@pytest.mark.parametrize("kind", MOVING)
def test_plays_pauses_off_screen_and_goes_on(watch, kind: str) -> None:
    watched = watch(FOLDER)
    figure = gallery(watched, kind)
    begin(figure)
    start = clock(figure)
    watched.page.wait_for_timeout(1500)
    assert clock(figure) > start
    watched.page.evaluate("scrollTo(0, 0)")
    Figure(watched.page, "paths" if kind != "race" else "sigma").root.scroll_into_view_if_needed()
    watched.page.wait_for_timeout(300)
    away = clock(figure)
    watched.page.wait_for_timeout(1000)
    assert clock(figure) == away
    figure.root.scroll_into_view_if_needed()
    watched.page.wait_for_timeout(1500)
    assert clock(figure) > away
    figure.button("Pause").click()
    watched.page.wait_for_timeout(300)
    stopped = clock(figure)
    watched.page.wait_for_timeout(500)
    assert clock(figure) == stopped
    assert not watched.trouble, "\n".join(watched.trouble)


@pytest.mark.parametrize("kind", MOVING)
def test_reduced_motion_starts_paused_and_shows_stills(browser, kind: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(FOLDER + GALLERY)
    figure = Figure(page, kind).show()
    expect(figure.button("Play")).to_be_visible()
    assert figure.root.evaluate(STILLS) == 1
    begin(figure)
    # A still each 0.6 s: in two seconds four at most, where a film shows some dozens.
    assert 1 < figure.root.evaluate(STILLS) <= 5
    context.close()


@pytest.fixture
def phone(browser):
    """A page under a finger, and what drags that finger."""
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(FOLDER + GALLERY)
    finger = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    def swipe(figure: Figure, canvas: object) -> float:
        """Drag 150 px up over a canvas; return by how much the page has scrolled."""
        canvas.evaluate("element => element.scrollIntoView({block: 'center'})")
        page.wait_for_timeout(300)
        x, y = figure.place(0.4, 0.75, canvas)
        start = page.evaluate("scrollY")
        touch("touchStart", (x, y))
        for step in range(1, 11):
            touch("touchMove", (x + 3 * step, y - 15 * step))
            page.wait_for_timeout(20)
        touch("touchEnd")
        page.wait_for_timeout(500)
        return page.evaluate("scrollY") - start

    yield page, swipe
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_page_scrolls_under_a_finger(phone, kind: str) -> None:
    page, swipe = phone
    figure = Figure(page, kind).show()
    figure.photograph("phone")
    before = figure.picture()
    for canvas in figure.root.locator("canvas:visible").all():
        assert swipe(figure, canvas) > 60
    figure.root.scroll_into_view_if_needed()
    assert figure.picture() == before  # the finger has changed nothing


def test_drawing_keeps_the_finger(phone) -> None:
    page, swipe = phone
    sigma = Figure(page, "sigma").show()
    sigma.open_groups()
    sigma.button("Draw p(x, 0)").click()
    assert abs(swipe(sigma, sigma.root.locator(".dl-drawing canvas"))) < 5
    expect(sigma.control("p(x, 0)")).to_have_value("your own")
    plane = Figure(page, "plane").show()
    plane.control("draw points").check()
    assert abs(swipe(plane, plane.canvas)) < 5
    expect(plane.control("density")).to_have_value("own")
