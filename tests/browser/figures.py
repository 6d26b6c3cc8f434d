"""A live figure in the browser: find it, wait for its picture, read what it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from watching import BOOK, ROOT, Watched

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong

KINDS = ("sigma", "plane", "race", "paths")
OWN_PARAMETER = {"sigma": "correction", "plane": "swirl", "race": "targets", "paths": "beta_min"}
GALLERY = "chapters/laboratory.html"
FOLDER = BOOK.as_uri() + "/"
SCREENSHOTS = ROOT / "_build" / "screenshots"
STICKY = "#pst-skip-link, .bd-header-article, #pst-back-to-top { visibility: hidden !important }"
VIEW = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.DOTALL
)
STATE = re.compile(
    r'(<script type="application/vnd\.jupyter\.widget-state\+json">)(.*?)(</script>)', re.DOTALL
)

# Waits until the picture has stopped changing, and returns a number that stands for its pixels.
SETTLED = """async (root) => {
  const hash = () => {
    const canvas = root.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum = (Math.imul(sum, 31) + data[i]) | 0;
    return sum;
  };
  for (let last, look = 0; look < 150; look++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    // Two frames more: on a busy machine they are long, and a change waits for the next one.
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const now = hash();
    if (now === last && !root.querySelector('canvas[aria-busy="true"]')) return now;
    last = now;
  }
  throw new Error("the picture changes without end");
}"""


class Figure:
    """One live figure on a page."""

    def __init__(self, page: object, kind: str, index: int = 0) -> None:
        self.page = page
        self.kind = kind
        self.prefix = f"{kind}.{index}."
        self.root = page.locator(f'[data-figure="{kind}"]').nth(index)
        self.canvas = self.root.locator("canvas").first
        self.report = self.root.locator(".dl-report")
        # By attribute: one that says nothing is hidden, and has no role then.
        self.alerts = self.root.locator("[role=alert]")

    def show(self) -> Figure:
        """Bring it on the screen and wait until it has something to say."""
        self.root.scroll_into_view_if_needed()
        expect(self.report).to_contain_text(re.compile(r"\w{3}"))
        self.picture()
        return self

    def picture(self) -> int:
        """Wait for the picture to be still, and return a number that stands for its pixels."""
        return self.root.evaluate(SETTLED)

    def control(self, name: str) -> object:
        """Return the input with this label."""
        return self.root.get_by_label(name, exact=True)

    def button(self, name: str) -> object:
        return self.root.get_by_role("button", name=name, exact=True)

    def open_groups(self) -> None:
        closed = self.root.locator("details:not([open]) > summary")
        while closed.count():
            closed.first.click()

    def press(self, name: str, *keys: str) -> None:
        """Press keys on the control with this label."""
        self.control(name).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def place(self, across: float, down: float, canvas: object = None) -> tuple[float, float]:
        """Return the page's coordinates of a place on a canvas, given as shares of its sides."""
        canvas = canvas or self.canvas
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def drag(self, *places: tuple[float, float]) -> None:
        """Drag the mouse from place to place on the page."""
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place, steps=5)
        mouse.up()

    def link(self) -> dict[str, str]:
        """Press "Copy link" and return the settings that the address now carries."""
        self.button("Copy link").click()
        expect(self.root.locator(".dl-link .dl-said")).to_contain_text(re.compile("ink"))
        pairs = self.page.evaluate("location.hash.slice(1)").split("&")
        mine = [pair.removeprefix(self.prefix) for pair in pairs if pair.startswith(self.prefix)]
        return {name: unquote(value) for name, _, value in (pair.partition("=") for pair in mine)}

    def photograph(self, name: str) -> None:
        """Keep a picture of it for a person to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        # A figure taller than the screen is put together: without what sticks to the screen.
        self.root.screenshot(path=SCREENSHOTS / f"{self.kind}-{name}.png", style=STICKY)


def gallery(watched: Watched, kind: str) -> Figure:
    """Open the page of all figures and return the one of this kind."""
    watched.open(GALLERY)
    return Figure(watched.page, kind).show()


def all_of(watched: Watched, settings: str = "") -> Iterator[Figure]:
    """Open the page of all figures and yield them one by one."""
    watched.open(GALLERY + settings)
    for kind in KINDS:
        yield Figure(watched.page, kind).show()


def page_source(path: str = GALLERY) -> str:
    return (BOOK / path).read_text("utf-8")


def kind_of(state: dict) -> str:
    """Name the figure that has these parameters."""
    return next(kind for kind, name in OWN_PARAMETER.items() if name in state)


def only(kind: str, copies: int = 1) -> str:
    """Return the page of all figures with only this one on it, once or as independent copies."""
    html = page_source()
    saved = json.loads(STATE.search(html)[2])
    models = saved["state"]
    view = next(
        tag
        for tag in VIEW.finditer(html)
        if kind_of(models[json.loads(tag[1])["model_id"]]["state"]) == kind
    )
    name = json.loads(view[1])["model_id"]
    tags = [view[0]]
    for number in range(1, copies):
        models[f"{name}-{number}"] = models[name]
        tags.append(view[0].replace(name, f"{name}-{number}"))
    html = VIEW.sub(lambda tag: "\n".join(tags) if tag[0] == view[0] else "", html)
    # As in the page itself: no tag may end the script early.
    text = json.dumps(saved).replace("</", "<\\/")
    return STATE.sub(lambda tag: tag[1] + text + tag[3], html)


def serve(page: object, html: str, headers: dict[str, str] | None = None) -> None:
    """Answer with this text where the page of all figures is asked for."""
    kept = {"content-type": "text/html; charset=utf-8"} | (headers or {})
    page.route(f"**/{GALLERY}", lambda route: route.fulfill(body=html, headers=kept))
