"""Every live figure of the built book: it starts, obeys the page, and is alone with itself."""

from __future__ import annotations

import pytest
from figures import FOLDER, KINDS, Figure, all_of, expect, gallery, only, page_source, serve
from test_book import MODES, barriers

CHAPTER = "chapters/07_one_density_many_dynamics.html"
# A page that allows the book's own scripts, the theme's inline ones and the figures' blob: URLs,
# and no eval.
POLICY = {"content-security-policy": "script-src 'self' blob: 'unsafe-inline'; connect-src 'self'"}
TRY_EVAL = "<script>try { eval('1') } catch { window.refused = true }</script></body>"
FOUR_MODES = MODES | {"reduced-motion": ("light", 1280, "reduce")}
# What a change of the settings looks like: a control, the keys, and the setting that they change.
CHANGES = {
    "sigma": ("noise scale c", ["Home"], "sigma"),
    "plane": ("swirl rate", ["End"], "swirl"),
    "race": ("budget", ["ArrowRight"], "budget"),
    "paths": ("width of a point", ["End"], "width"),
}
# A stranger's link: names of no setting, of every object, values out of bounds and out of reason.
HOSTILE = {
    "sigma": "f=constructor&g=(((((((&steps=1e9&weights=1,2&__proto__=3&t=NaN&drawn=0,0",
    "plane": "data=__proto__&means=1,2;3&std=1e9&constructor=1&swirl=Infinity&weights=0.5,0.5",
    "race": "target=__proto__&grid=constructor&budget=12&seed=-1&evil=1&progress=2",
    "paths": "path=constructor&alpha=__proto__&std=t%3Balert(1)&points=9e9&t=7&lines=1e9",
}
# Where everything in a figure stands and how it is displayed, from the figure's own corner.
# What is not displayed stands nowhere.
LAYOUT = """(root) => {
  const corner = root.getBoundingClientRect();
  return [...root.querySelectorAll("*")].map((element) => {
    const box = element.getBoundingClientRect();
    const { display, padding, margin, cursor, touchAction } = getComputedStyle(element);
    const place = element.getClientRects().length
      ? [box.left - corner.left, box.top - corner.top, box.width, box.height] : [];
    return [element.tagName, element.className, display, padding, margin, cursor, touchAction,
      ...place.map(Math.round)].join(" ");
  });
}"""
# Controls that are less than 44 px wide or high.
SMALL_TARGETS = """[...document.querySelectorAll(
  ".dl-figure :is(button, select, summary, .dl-check, .dl-choices label, .dl-handle, " +
  "input[type=text], input[type=range])"
)].map((element) => [element, element.getBoundingClientRect()])
  .filter(([, { width, height }]) => height && Math.min(width, height) < 44)
  .map(([element]) => element.outerHTML.slice(0, 80))"""


def change(figure: Figure) -> None:
    name, keys, _ = CHANGES[figure.kind]
    figure.press(name, *keys)


def answers(figure: Figure) -> bool:
    """Tell whether the picture changes with a setting."""
    before = figure.picture()
    change(figure)
    return figure.picture() != before


@pytest.mark.parametrize("from_server", [False, True], ids=["folder", "server"])
def test_figures_start_and_answer(watch, server: str, from_server: bool) -> None:
    watched = watch(server if from_server else FOLDER)
    for figure in all_of(watched):
        figure.photograph("light")
        assert answers(figure), figure.kind
    assert not watched.trouble, "\n".join(watched.trouble)


def test_sigma_laboratory_of_the_chapter(watch) -> None:
    watched = watch(FOLDER)
    watched.open(CHAPTER)
    figure = Figure(watched.page, "sigma").show()
    expect(figure.report).to_contain_text("follows p")
    before = figure.picture()
    figure.control("σ(t), the free noise").fill("2*t")
    figure.press("time t (0 data, 1 noise)", "Home")
    expect(figure.report).to_contain_text("follows p")
    assert figure.picture() != before
    assert not watched.trouble, "\n".join(watched.trouble)


def test_figures_start_under_a_strict_policy(watch, server: str) -> None:
    watched = watch(server)
    serve(watched.page, page_source().replace("</body>", TRY_EVAL), POLICY)
    for figure in all_of(watched):
        # The policy is in force: what it forbids is refused, and complained of.
        assert watched.page.evaluate("window.refused")
        assert answers(figure), figure.kind
    other = [line for line in watched.trouble if "eval" not in line]
    assert not other, "\n".join(other)


def test_figures_follow_the_theme(watch) -> None:
    watched = watch(FOLDER)
    figures = list(all_of(watched))
    light = [figure.picture() for figure in figures]
    watched.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    for figure, before in zip(figures, light, strict=True):
        figure.show()
        # The race and the velocities draw in colors that serve on both papers.
        if figure.kind in ("sigma", "plane"):
            assert figure.picture() != before, figure.kind
        figure.photograph("dark")
        assert answers(figure), figure.kind
    assert not watched.trouble, "\n".join(watched.trouble)


@pytest.mark.parametrize("kind", KINDS)
def test_two_on_a_page_are_independent(watch, server: str, kind: str) -> None:
    watched = watch(server)
    serve(watched.page, only(kind, copies=2))
    first = gallery(watched, kind)
    second = Figure(watched.page, kind, 1).show()
    alike = second.picture()
    change(first.show())
    name = CHANGES[kind][2]
    assert first.link()[name] != second.link()[name]
    second.root.scroll_into_view_if_needed()
    assert second.picture() == alike
    assert not watched.trouble, "\n".join(watched.trouble)


@pytest.mark.parametrize("kind", KINDS)
def test_figure_looks_the_same_alone(watch, server: str, kind: str) -> None:
    """The style sheet of one figure leaves the others on the page alone."""
    looks = []
    for html in (page_source(), only(kind)):
        watched = watch(server)
        serve(watched.page, html)
        figure = gallery(watched, kind)
        figure.open_groups()
        if kind == "race":
            expect(figure.root.locator("progress")).to_have_count(0, timeout=120_000)
        looks.append(figure.root.evaluate(LAYOUT))
    assert looks[0] == looks[1]


def test_share_link_opens_the_same_figures(watch) -> None:
    """One address carries the settings of all four."""
    watched, other = watch(FOLDER), watch(FOLDER)
    shared = {}
    for figure in all_of(watched):
        change(figure)
        shared[figure.kind] = (figure.link(), figure.picture())
    for figure in all_of(other, watched.page.evaluate("location.hash")):
        settings, picture = shared[figure.kind]
        assert figure.picture() == picture, figure.kind
        assert figure.link() == settings
    assert not watched.trouble + other.trouble, "\n".join(watched.trouble + other.trouble)


def test_hostile_link_changes_nothing(watch) -> None:
    watched, other = watch(FOLDER), watch(FOLDER)
    plain = {figure.kind: (figure.picture(), figure.link()) for figure in all_of(watched)}
    pairs = [f"{kind}.0.{pair}" for kind in KINDS for pair in HOSTILE[kind].split("&")]
    junk = [f"{'x' * 30}=1", "sigma.7.t=0.1", "%%%=%", "plane..=", "race.0.=", "=&&&"]
    for figure in all_of(other, "#" + "&".join(pairs + junk)):
        expect(figure.root.locator(".dl-link .dl-said")).to_contain_text("cannot be used")
        picture, settings = plain[figure.kind]
        assert figure.picture() == picture, figure.kind
        assert figure.link() == settings
    assert not other.trouble, "\n".join(other.trouble)


@pytest.mark.parametrize("mode", FOUR_MODES)
def test_no_barriers_with_everything_open(watch, mode: str) -> None:
    watched = watch(FOLDER, *FOUR_MODES[mode])
    sigma, plane, *others = all_of(watched)
    for figure in (sigma, plane, *others):
        figure.open_groups()
    sigma.button("Draw p(x, 0)").click()
    sigma.button("Drag σ(t)").click()
    sigma.control("σ(t), the free noise").fill("sni(t)")
    plane.control("draw points").check()
    expect(sigma.alerts.first).to_contain_text("Column 1")
    sigma.photograph(f"open-{mode}")
    assert barriers(watched, ".dl-figure") == []
    assert watched.page.evaluate(SMALL_TARGETS) == []
    needed, there = watched.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert needed <= there
