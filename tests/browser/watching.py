"""The built book, the browser that opens it, and what a page does while it is watched."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
BOOK = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html")).resolve()
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    # Belt and braces: should a page ask another host, the name resolves to nothing.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def find_chromium() -> str | None:
    """Return the system's Chromium, the one that $CHROMIUM names first."""
    wanted = os.environ.get("CHROMIUM")
    return wanted or next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Watched:
    """A browser page and everything it complained of or asked for from elsewhere."""

    page: object
    base: str
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._request)
        self.page.on("requestfailed", lambda r: self.trouble.append(f"failed: {r.url[:120]}"))
        self.page.on("pageerror", lambda e: self.trouble.append(f"script error: {e}"))
        self.page.on("console", self._console)

    def _request(self, request: object) -> None:
        url = request.url
        if urlsplit(url).scheme not in ("data", "blob") and not url.startswith(self.base):
            self.trouble.append(f"asked for {url[:120]}, which is not in the book")

    def _console(self, message: object) -> None:
        if message.type == "error":
            self.trouble.append(f"console error: {message.text}")

    def open(self, path: str) -> None:
        """Open a page of the book and wait for its mathematics."""
        self.page.goto(self.base + path, wait_until="load")
        self.page.evaluate("window.MathJax?.startup?.promise")
        # The theme fades its colours in; what is judged is where they end.
        self.page.add_style_tag(content="* { transition: none !important }")
