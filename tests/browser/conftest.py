"""Fixtures: the system's Chromium, the book behind a server, and a watched page."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import threading
import warnings

import pytest
from watching import BOOK, FLAGS, Watched, find_chromium


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that nothing was looked at."""
    if find_chromium() is None:
        terminalreporter.write_line(
            "NO CHROMIUM FOUND: the built book was not opened in a browser. Install chromium, or "
            "set CHROMIUM to its path.",
            red=True,
            bold=True,
        )
    if importlib.util.find_spec("jupyterlab") is None:
        terminalreporter.write_line(
            "NO JUPYTERLAB: the live figures were not tried in a notebook. Run `make test`, which "
            "installs it.",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium; without one the browser tests are skipped, and it is said."""
    path = find_chromium()
    if path is None:
        warnings.warn("no Chromium: the built book was not opened", stacklevel=1)
        pytest.skip("no Chromium found; install it, or set CHROMIUM to its path")
    playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    with playwright() as engine:
        running = engine.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def server():
    """The book behind a local server; the address of its folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(BOOK))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@pytest.fixture
def watch(browser):
    """Make a watched page: watch(base, scheme="dark", width=390, motion="reduce")."""
    contexts = []

    def make(
        base: str, scheme: str = "light", width: int = 1280, motion: str = "no-preference"
    ) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion=motion
        )
        contexts.append(context)
        return Watched(context.new_page(), base)

    yield make
    for context in contexts:
        context.close()
