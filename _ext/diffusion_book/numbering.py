"""A chapter's number is the one in its file name, so that chapter 7 is 7 before 2 to 6 exist.

Equations, figures and exercises take their numbers from the chapter's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

CHAPTER = re.compile(r"(?:.*/)?(\d\d)_[^/]*$")


def chapter_number(docname: str) -> int | None:
    """Return 7 for ``chapters/07_name``, None for a page that is not a chapter."""
    found = CHAPTER.match(docname)
    return int(found[1]) if found else None


def chapters(env: BuildEnvironment) -> dict[int, str]:
    """Return the document of every written chapter by its number."""
    numbered = {chapter_number(name): name for name in sorted(env.found_docs)}
    return {number: name for number, name in numbered.items() if number is not None}


def setup(app: Sphinx) -> None:
    """Let the collector number by position in the contents, then put the chapters' own numbers."""
    by_position = TocTreeCollectorWithStyles.assign_section_numbers

    def by_file_name(self: TocTreeCollectorWithStyles, env: BuildEnvironment) -> list[str]:
        before = dict(env.toc_secnumbers)
        by_position(self, env)
        for docname in env.toc_secnumbers:
            _renumber(env, docname, chapter_number(docname))
        return [name for name, new in env.toc_secnumbers.items() if new != before.get(name)]

    TocTreeCollectorWithStyles.assign_section_numbers = by_file_name


def _renumber(env: BuildEnvironment, docname: str, number: int | None) -> None:
    def own(numbers: list[int] | tuple[int, ...] | None) -> tuple[int, ...] | None:
        if not numbers:
            return numbers and tuple(numbers)
        return (number, *numbers[1:]) if number is not None else tuple(numbers)

    env.toc_secnumbers[docname] = {a: own(n) for a, n in env.toc_secnumbers[docname].items()}
    for node in (env.titles[docname], *env.tocs[docname].findall(nodes.reference)):
        if "secnumber" in node:
            node["secnumber"] = own(node["secnumber"])
