"""Open every page of the built book as a reader would: light, dark, on a phone, from a folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from watching import BOOK, Watched

LOOKS = Path(__file__).with_name("looks.js").read_text("utf-8")
PAGES = sorted(page.relative_to(BOOK).as_posix() for page in BOOK.rglob("*.html"))
FIRST = "index.html"  # sends the reader on to the landing page
PAGES = [p for p in PAGES if p != FIRST and not p.startswith(("_static/", "reports/"))]
MODES = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}
FOLDER = BOOK.as_uri() + "/"

# Findings in the theme's own markup, which the book does not write: (rule, part of the element).
THEME = {
    ("label-content-name-mismatch", "search-button"),
    ("duplicate-id-active", 'id="search-input"'),
}


def test_book_is_built() -> None:
    assert (BOOK / FIRST).is_file(), f"no book in {BOOK}; run `make book` first"
    assert PAGES


def live_figures(watched: Watched) -> list[str]:
    """Wait until every live figure of the page has started; complain of those that have not."""
    views = 'script[type="application/vnd.jupyter.widget-view+json"]'
    expected = watched.page.locator(views).count()
    if expected == 0:
        return []
    started = watched.page.locator("[data-ready]")
    for _ in range(100):
        if started.count() >= expected:
            broken = watched.page.locator("text=This figure cannot be drawn")
            return broken.all_inner_texts()
        watched.page.wait_for_timeout(100)
    return [f"{started.count()} of {expected} live figures started"]


STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def barriers(watched: Watched, within: str = "html", only: object = STANDARDS) -> list[str]:
    """Return what axe-core finds by the rules named, but for the theme's own markup."""
    found = importlib.util.find_spec("axe_core_python")
    assert found, "axe-core-python is not installed; run `make test`"
    watched.page.evaluate(Path(found.origin).with_name("axe.min.js").read_text("utf-8"))
    results = watched.page.evaluate(
        "([within, only]) => axe.run(within, {runOnly: only, resultTypes: ['violations']})",
        [within, only],
    )
    return [
        f"axe {violation['id']}: {node['html'][:160]}"
        for violation in results["violations"]
        for node in violation["nodes"]
        if not any(violation["id"] == rule and mark in node["html"] for rule, mark in THEME)
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", PAGES)
def test_page(watch, path: str, mode: str) -> None:
    scheme, width = MODES[mode]
    watched = watch(FOLDER, scheme, width)
    watched.open(path)
    trouble = live_figures(watched) + watched.page.evaluate(LOOKS, {"width": width})
    if mode != "phone":
        # In the dark only colours are others; all rules but that would find the same again.
        colours = {"type": "rule", "values": ["color-contrast"]}
        trouble += barriers(watched, only=colours if mode == "dark" else STANDARDS)
        theme = watched.page.evaluate("document.documentElement.dataset.theme")
        assert theme in (scheme, None), f"asked for {scheme}, the page is {theme}"
    assert not watched.trouble + trouble, "\n".join(watched.trouble + trouble)


@pytest.mark.parametrize("path", [p for p in PAGES if "chapters/" in p][:4])
def test_page_from_a_server(watch, server: str, path: str) -> None:
    watched = watch(server)
    watched.open(path)
    trouble = live_figures(watched) + watched.page.evaluate(LOOKS, {"width": 1280})
    assert not watched.trouble + trouble, "\n".join(watched.trouble + trouble)


@pytest.mark.parametrize("from_server", [False, True], ids=["folder", "server"])
def test_search_finds_a_word(watch, server: str, from_server: bool) -> None:
    watched = watch(server if from_server else FOLDER)
    watched.open("search.html?q=density")
    results = watched.page.locator("#search-results li")
    results.first.wait_for(timeout=10_000)
    assert results.count() >= 2
    assert not watched.trouble, "\n".join(watched.trouble)


def test_first_page_leads_to_the_book(watch) -> None:
    watched = watch(FOLDER)
    watched.page.goto(FOLDER + FIRST)
    watched.page.wait_for_url("**/chapters/index.html", timeout=10_000)
    assert "One Density, Many Dynamics" in watched.page.inner_text("h1")
    assert not watched.trouble, "\n".join(watched.trouble)
