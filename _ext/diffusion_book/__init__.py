"""The book's Sphinx extension: a self-contained book, and the pages that it generates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import contents, docstrings, ledger, numbering, offline, records

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, object]:
    """Connect every part to Sphinx."""
    for part in (offline, numbering, contents, docstrings, records, ledger):
        part.setup(app)
    # The ledger's records are gathered in one process.
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
