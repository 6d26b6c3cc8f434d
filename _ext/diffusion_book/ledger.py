"""The ledger page: every claim with what the chapters of this very build measured.

The rows come from `claims.toml`. The states are filled in when the page is written, in every
build and after all chapters were read, so the order of reading does not matter.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import diffusion_lab
from diffusion_lab.verify import Claim, claims

from .contents import parse
from .numbering import chapters
from .records import Check, records_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

TABLE = Path(diffusion_lab.__file__).with_name("claims.toml").resolve()

logger = logging.getLogger(__name__)


class claim_state(nodes.General, nodes.Element):
    """Placeholder for the state of one claim."""


def setup(app: Sphinx) -> None:
    """Register the directive and the two moments at which it is completed."""
    app.add_node(claim_state)
    app.add_directive("ledger", Ledger)
    app.connect("env-updated", _collect)
    app.connect("doctree-resolved", _fill)


class Ledger(SphinxDirective):
    """A table of the claims whose ids start with the given letter."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(TABLE))
        body = nodes.tbody()
        for claim in claims().values():
            if claim.id.startswith(self.arguments[0]):
                body += self._row(claim)
        group = nodes.tgroup("", cols=3)
        group += [nodes.colspec(colwidth=width) for width in (18, 50, 32)]
        head = nodes.thead("", _cells(*(nodes.paragraph("", t) for t in ("", "Claim", "State"))))
        group += [head, body]
        return [nodes.table("", group, classes=["ledger", "colwidths-given"])]

    def _row(self, claim: Claim) -> nodes.row:
        parts = [claim.statement]
        if claim.verdict == "wrong":
            parts.append(f"*Printed, and wrong:* {claim.printed}")
        if claim.remark:
            label = "" if claim.verdict == "holds" else f"*{claim.verdict.capitalize()}.* "
            parts.append(label + claim.remark)
        name = nodes.paragraph("", "", nodes.strong("", claim.id), nodes.Text(f" {claim.name}"))
        statement = nodes.container("", *parse(self, "\n\n".join(parts)))
        row = _cells(name, statement, claim_state(claim=claim.id))
        row["ids"].append(f"claim-{claim.id.lower()}")
        return row


def _cells(*contents: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", content) for content in contents))


def _collect(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Sort the records by claim; return the pages that hold a ledger, to be written anew."""
    known = claims()
    found: dict[str, list[Check]] = {name: [] for name in known}
    written = chapters(env)
    for number, docname in written.items():
        for record in records_of(env).get(docname, ()):
            measured = {key: value for key, value in record.items() if key != "claim"}
            if record["claim"] in known:
                found[record["claim"]].append(Check(chapter=number, **measured))
            else:
                logger.warning("unknown claim %r", record["claim"], location=docname)
    for claim in known.values():
        owed = claim.chapter in written and not claim.optional
        if owed and not any(c.chapter == claim.chapter for c in found[claim.id]):
            logger.warning(
                "chapter %d owes a check: it never calls verify(%r, ...)",
                claim.chapter,
                claim.id,
                location=written[claim.chapter],
            )
    env.ledger_checks = found
    return [name for name in env.found_docs if _has_ledger(env, name)]


def _has_ledger(env: BuildEnvironment, docname: str) -> bool:
    dependencies = env.dependencies.get(docname, ())
    return any(Path(env.srcdir, name).resolve() == TABLE for name in dependencies)


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(claim_state)):
        claim = claims()[place["claim"]]
        checks = app.env.ledger_checks[claim.id]
        place.replace_self(_state(app, docname, claim, checks))


def _state(app: Sphinx, docname: str, claim: Claim, checks: list[Check]) -> list[nodes.Node]:
    written = chapters(app.env)
    label = f"chapter\N{NO-BREAK SPACE}{claim.chapter}"
    home: nodes.Node = nodes.Text(label)
    if claim.chapter in written:
        uri = app.builder.get_relative_uri(docname, written[claim.chapter])
        home = nodes.reference("", label, refuri=uri, internal=True)
    proved = any(check.chapter == claim.chapter for check in checks)
    verb = "Checked in " if proved else "Optional: " if claim.optional else "Not yet: "
    state: list[nodes.Node] = [nodes.paragraph("", "", nodes.Text(verb), home)]
    for check in checks:
        elsewhere = "" if check.chapter == claim.chapter else f" · in chapter {check.chapter}"
        state.append(nodes.paragraph("", check.text() + elsewhere, classes=["measured"]))
        if check.printed is not None:
            line = f"The printed form: error {check.printed:.3g}, fails"
            state.append(nodes.paragraph("", line, classes=["printed"]))
    return state
