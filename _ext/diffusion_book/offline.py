"""The built book asks no other host for anything, and opens from a folder.

Assets are added here and not in `_config.yml`: Jupyter Book puts every script and style sheet
below the configured static folders into every page, which would load MathJax everywhere.
"""

from __future__ import annotations

import re
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

STATIC = Path(__file__).parents[1] / "static"
# The combined script, its fonts, and the TeX packages that it loads when a formula asks for one.
# The script comes last: where it is, the copy is whole.
MATHJAX_PARTS = ("output/chtml/fonts/woff-v2", "input/tex/extensions", "tex-chtml.js")

# Tags that a page does not need. Font preloads are cross-origin errors on file://; the icons are
# in the web font, so the 1.5 MB script that redraws them as SVG only costs time; sphinx-thebe is
# always on in Jupyter Book and does nothing here.
SURPLUS = re.compile(
    r"[ \t]*(?:<link\b[^>]*\brel=\"preload\"[^>]*>"
    r"|<link\b[^>]*\bhref=\"[^\"]*thebe[^\"]*\"[^>]*>"
    r"|<script\b[^>]*\bsrc=\"[^\"]*fontawesome[^\"]*\"[^>]*>\s*</script>"
    r"|<script type=\"text/x-thebe-config\">.*?</script>"
    r"|<script>kernelName = [^<]*</script>)\n?",
    re.DOTALL,
)

# Markup of the generators that misleads screen readers: an id that every exercise repeats, and
# entries of a list that are not marked as its items.
REPAIRS = (
    (re.compile(r"<section id=\"(?:exercise|solution)-content\">"), "<section>"),
    (re.compile(r"role=\"doc-biblioentry\""), 'role="listitem"'),
)

# The summaries under search results are fetched, which a browser refuses for files of a folder.
NO_SUMMARIES_IN_A_FOLDER = (
    "if (location.protocol === 'file:') DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;"
)


def setup(app: Sphinx) -> None:
    """Connect to Sphinx."""
    app.connect("builder-inited", _add_static)
    app.connect("html-page-context", _choose_scripts, priority=900)
    app.connect("build-finished", _finish)
    app.add_css_file("book.css")
    app.add_js_file(None, body=NO_SUMMARIES_IN_A_FOLDER, priority=900)


def _add_static(app: Sphinx) -> None:
    app.config.html_static_path.append(str(STATIC))


def _choose_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Drop the scripts that phone home, and MathJax from pages without equations."""
    equations = app.env.get_domain("math").data["has_equations"]
    has_math = doctree is not None and equations.get(pagename, False)

    def wanted(script: Any) -> bool:
        name = str(getattr(script, "filename", script) or "")
        body = getattr(script, "attributes", {}).get("body") or ""
        if "thebe" in name or "thebe" in body.lower():
            return False  # sphinx-thebe points at unpkg.com
        if body == NO_SUMMARIES_IN_A_FOLDER:
            return pagename == "search"
        return has_math or ("mathjax" not in name and "window.MathJax" not in body)

    context["script_files"] = [s for s in context.get("script_files", []) if wanted(s)]


def _finish(app: Sphinx, failure: Exception | None) -> None:
    if failure is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    _copy_mathjax(out / "_static" / "mathjax")
    for unused in ("vendor/fontawesome/*/js/*", "sphinx-thebe.*"):
        for path in (out / "_static").glob(unused):
            path.unlink()
    for page in out.rglob("*.html"):
        text = page.read_text("utf-8")
        lean = SURPLUS.sub("", text)
        for pattern, repaired in REPAIRS:
            lean = pattern.sub(repaired, lean)
        if lean != text:
            page.write_text(lean, "utf-8")


def _copy_mathjax(target: Path) -> None:
    try:
        package = distribution("sphinx-mathjax-offline")
    except PackageNotFoundError as reason:
        raise ExtensionError(
            "the book's mathematics comes from the package sphinx-mathjax-offline, which is not "
            "installed; run `make book`, or pip install -r requirements.txt"
        ) from reason
    source = Path(str(package.locate_file("sphinx-mathjax-offline/static/mathjax")))
    if (target / MATHJAX_PARTS[-1]).exists():
        return
    for part in MATHJAX_PARTS:
        origin, copy = source / part, target / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy, dirs_exist_ok=True)
        else:
            shutil.copy2(origin, copy)
