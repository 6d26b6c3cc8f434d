"""Where scripts do not run a still stands for each live figure; where they run it is gone."""

from __future__ import annotations

import pytest
from figures import FOLDER, GALLERY, KINDS, VIEW, page_source, serve
from watching import BOOK

WITH_FIGURES = sorted(
    page.relative_to(BOOK).as_posix()
    for page in BOOK.glob("chapters/*.html")
    if VIEW.search(page.read_text("utf-8"))
)
STILL = 'img[src*="/live-"]'


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_still_stands_for_each_figure_without_scripts(browser, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(FOLDER + path)
    figures = len(VIEW.findall(page_source(path)))
    stills = page.locator(STILL)
    assert stills.count() == figures, "a live figure without a still before it"
    for still in stills.all():
        still.scroll_into_view_if_needed()
        box = still.bounding_box()
        assert box["width"] > 200
        assert box["height"] > 100
    context.close()


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_still_is_gone_once_the_figure_runs(watch, path: str) -> None:
    watched = watch(FOLDER)
    watched.open(path)
    stills = watched.page.locator(STILL)
    for number in range(stills.count()):
        stills.nth(number).wait_for(state="hidden", timeout=30_000)
    assert watched.page.locator("[data-ready]").count() == stills.count()


def test_still_stays_where_its_figure_cannot_start(browser) -> None:
    """The script of one figure is broken: its still stays, the others go."""
    html = page_source().replace('"_esm": "', '"_esm": "throw 1;', 1)
    context = browser.new_context()
    page = context.new_page()
    serve(page, html)
    page.goto(FOLDER + GALLERY)
    page.locator("[data-ready]").nth(len(KINDS) - 2).wait_for(state="attached")
    page.get_by_role("alert").filter(has_text="could not start").wait_for()
    visible = [still.is_visible() for still in page.locator(STILL).all()]
    assert visible.count(True) == 1
    context.close()
