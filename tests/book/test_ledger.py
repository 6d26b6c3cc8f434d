"""Every written chapter proves what it owes, and the ledger page shows what it measured."""

from __future__ import annotations

import ast
import html
import json
import os
import re
from functools import cache
from pathlib import Path

import pytest

from diffusion_lab.verify import Claim, claims

ROOT = Path(__file__).parents[2]
BOOK = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html"))
CHAPTERS = {int(path.name[:2]): path for path in sorted(ROOT.glob("chapters/[0-9][0-9]_*.ipynb"))}
OWED = [c for c in claims().values() if c.chapter in CHAPTERS and not c.optional]


@cache
def checks(path: Path) -> dict[str, list[set[str]]]:
    """Return, for each claim that a notebook verifies, the keywords of each of the calls."""
    found: dict[str, list[set[str]]] = {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        lines = "".join(cell["source"]).splitlines()
        source = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and _name(node.func) == "verify":
                assert any(isinstance(first, ast.Constant) for first in node.args[:1]), (
                    f"{path.name}: write the claim's id as a plain string in verify(...), "
                    f"not {ast.unparse(node)[:60]}"
                )
                keywords = {keyword.arg for keyword in node.keywords}
                found.setdefault(node.args[0].value, []).append(keywords)
    return found


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


@pytest.mark.parametrize("claim", OWED, ids=lambda claim: claim.id)
def test_a_written_chapter_proves_what_it_owes(claim: Claim) -> None:
    calls = checks(CHAPTERS[claim.chapter]).get(claim.id, [])
    assert calls, f"{CHAPTERS[claim.chapter].name} owes a check: verify({claim.id!r}, ...)"
    if claim.verdict == "wrong":
        assert all("printed" in call for call in calls), (
            f"{claim.id} is printed wrongly in the source; show that form failing with printed="
        )


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_chapter_verifies_known_claims_that_are_proved_at_home(number: int) -> None:
    for name in checks(CHAPTERS[number]):
        assert name in claims(), f"{CHAPTERS[number].name} verifies {name!r}, which is no claim"
        home = claims()[name].chapter
        if home in CHAPTERS:
            assert name in checks(CHAPTERS[home]), (
                f"{name} belongs to chapter {home}, which does not verify it"
            )


def test_chapters_are_in_the_contents() -> None:
    contents = (ROOT / "_toc.yml").read_text("utf-8")
    for path in CHAPTERS.values():
        assert f"chapters/{path.stem}" in contents, f"add {path.stem} to its part of _toc.yml"


def text(markup: str) -> str:
    """Return the words of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def printed_lines(chapter: Path) -> list[str]:
    """Return the outputs of a chapter's built page, one text each."""
    page = (BOOK / "chapters" / f"{chapter.stem}.html").read_text("utf-8")
    return [text(block) for block in re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)]


@cache
def ledger() -> dict[str, str]:
    """Return the built ledger page's text by claim."""
    page = BOOK / "chapters" / "ledger.html"
    assert page.is_file(), f"no {page}; run `make book` first"
    rows = re.findall(r'id="claim-(\w+)"(.*?)</tr>', page.read_text("utf-8"), re.DOTALL)
    return {name.upper(): text(row) for name, row in rows}


def test_the_ledger_page_lists_every_claim() -> None:
    assert list(ledger()) == list(claims())


@pytest.mark.parametrize("claim", claims().values(), ids=lambda claim: claim.id)
def test_the_ledger_page_shows_what_the_chapters_measured(claim: Claim) -> None:
    row = ledger()[claim.id]
    home = CHAPTERS.get(claim.chapter)
    if home is None:
        assert ("Optional: " if claim.optional else "Not yet: ") in row
        return
    lines = [line for line in printed_lines(home) if line.startswith(f"{claim.id} · ")]
    assert lines or claim.optional, f"{home.stem} shows no line for {claim.id}"
    for line in lines:
        error, tolerance = re.search(r": error (\S+) <= (\S+) \(", line).groups()
        assert f"error {error} ≤ {tolerance} (" in row, f"{line!r} is not in the ledger: {row}"
        if wrong := re.search(r"as printed: (\S+), fails", line):
            assert f"error {wrong[1]}, fails" in row
    assert row.count(" ≤ ") >= len(lines)
