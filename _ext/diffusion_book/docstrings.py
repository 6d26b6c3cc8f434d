"""Show the package's docstrings as they are written.

They are plain text: a line of what, a formula, aligned lines of arguments. Read as
reStructuredText, |p - q| would be a substitution and the aligned lines would run together.
Docstrings with numpydoc sections are left to napoleon.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ARGUMENT = re.compile(r"\w+(?:, \w+)*\s+:\s")  # "x : Tensor", "net, path : ..."
SECTION = re.compile(r"-{3,}\s*$")
ROLE = re.compile(r":\w+:`~?([^`]+)`")
LITERAL = re.compile(r"(``.*?``|`.*?`)")


def setup(app: Sphinx) -> None:
    """Connect ahead of napoleon."""
    app.connect("autodoc-process-docstring", _process, priority=400)


def _process(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    if not any(SECTION.match(line) for line in lines):
        lines[:] = to_rst(lines)


def to_rst(lines: list[str]) -> list[str]:
    """Return prose as paragraphs and everything aligned or indented as it stands."""
    text = re.sub(r"\\([*|])", r"\1", "\n".join(lines).strip("\n"))
    result: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        rows = block.split("\n")
        if any(row.startswith(" ") or ARGUMENT.match(row) for row in rows):
            plain = (ROLE.sub(r"\1", row) for row in rows)
            result += [".. code-block:: text", "", *(f"    {row}" for row in plain), ""]
        else:
            result += [*map(_escape, rows), ""]
    return result


def _escape(row: str) -> str:
    """Escape what would be markup, but not inside backquotes."""
    parts = LITERAL.split(row)
    outside = slice(0, None, 2)
    parts[outside] = [re.sub(r"([*|]|_\b)", r"\\\1", part) for part in parts[outside]]
    return "".join(parts)
