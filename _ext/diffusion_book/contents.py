"""Two generated lists: the map of the chapters, and the modules of one layer of the package."""

from __future__ import annotations

import pkgutil
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from .numbering import chapters

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TABLE = Path(__file__).with_name("chapters.toml")


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("chapter-map", ChapterMap)
    app.add_directive("api-layer", ApiLayer)


def parse(directive: SphinxDirective, text: str) -> list[nodes.Node]:
    """Parse text in the language of the page that holds the directive."""
    box = nodes.container()
    directive.state.nested_parse(StringList(text.splitlines(), source="generated"), 0, box)
    return box.children


class ChapterMap(SphinxDirective):
    """The chapters by part; written ones are links, the others are marked as planned."""

    def run(self) -> list[nodes.Node]:
        written = chapters(self.env)
        self.env.note_dependency(str(TABLE))
        self.env.note_dependency(str(Path(self.env.srcdir, self.config.external_toc_path)))
        blocks = []
        for part in tomllib.loads(TABLE.read_text("utf-8"))["part"]:
            rows = []
            for number, title, what in part["chapters"]:
                if number in written:
                    label = f"{{doc}}`{number} · {title} </{written[number]}>`"
                    rows.append(f"- **{label}**: {what}")
                else:
                    rows.append(f"- {number} · {title}: {what} *(planned)*")
            blocks.append(f"**{part['title']}**\n\n" + "\n".join(rows))
        return parse(self, "\n\n".join(blocks))


class ApiLayer(SphinxDirective):
    """Document every module of one package of `diffusion_lab` (inside `eval-rst`)."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = f"diffusion_lab.{self.arguments[0]}"
        if find_spec(name) is None:
            raise self.error(f"no module {name}; name a package or module of diffusion_lab")
        found = []
        for module in _public_modules(name):
            found += [f".. rubric:: {module}", "", f".. automodule:: {module}", ""]
        return parse(self, "\n".join(found))


def _public_modules(name: str) -> list[str]:
    package = import_module(name)
    if not hasattr(package, "__path__"):
        return [name]
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return [f"{name}.{m}" for m in names if not m.startswith("_")]
