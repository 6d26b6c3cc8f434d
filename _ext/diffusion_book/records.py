"""What `verify` measured, kept with its chapter as the chapter is read.

`verify` attaches a record to the line that it prints; MyST-NB passes it by as an output of a type
that no page shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from myst_nb.core.render import NbElementRenderer

from diffusion_lab.verify import MIME

if TYPE_CHECKING:
    from docutils import nodes
    from myst_nb.core.render import MimeData
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True)
class Check:
    """One line that `verify` printed in a chapter."""

    chapter: int
    what: str
    error: float
    tolerance: float
    because: str
    printed: float | None

    def text(self) -> str:
        label = f"{self.what}: " if self.what else ""
        return f"{label}error {self.error:.3g} ≤ {self.tolerance:.3g} ({self.because})"


def setup(app: Sphinx) -> None:
    """Keep records while chapters are read, and drop those of a chapter that is read again."""
    skip = NbElementRenderer.render_unhandled

    def keep(self: NbElementRenderer, data: MimeData) -> list[nodes.Element]:
        if data.mime_type != MIME:
            return skip(self, data)
        env = self.renderer.sphinx_env
        records_of(env).setdefault(env.docname, []).append(dict(data.content))
        return []

    NbElementRenderer.render_unhandled = keep
    app.connect("env-purge-doc", _forget)


def records_of(env: BuildEnvironment) -> dict[str, list[dict]]:
    """Return the records of every document; they are saved with the environment."""
    if not hasattr(env, "ledger_records"):
        env.ledger_records = {}
    return env.ledger_records


def _forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    records_of(env).pop(docname, None)
