"""What a chapter must not hold: outputs, long cells, installs, figures without a caption ..."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from fingerprint import files

CELL_LINES = 30
INSTALL = re.compile(r"^\s*[!%]\s*(pip|conda|mamba|uv)\b", re.MULTILINE)
ABSOLUTE = re.compile(r"""["'](/[A-Za-z]|~/|[A-Z]:\\)""")
# Calls that leave a matplotlib figure in the cell's output.
DRAWS = re.compile(r"\bplt\.(subplots|figure|show)\b|\b(video|animate)\(")
FIGURE_KEYS = {("figure", "caption"), ("figure", "name"), ("image", "alt")}


def chapters() -> list[Path]:
    """List the notebooks of the book."""
    return files("chapters/**/*.ipynb")


def faults(path: Path) -> Iterator[str]:
    """Yield one line for each thing that does not belong into the notebook at `path`."""
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            yield from (f"cell {number}: {fault}" for fault in code_faults(cell))


def code_faults(cell: nbformat.NotebookNode) -> Iterator[str]:
    """Yield what is wrong with one code cell."""
    if cell.outputs:
        yield "holds outputs; strip them with nbstripout"
    if cell.execution_count is not None:
        yield "holds an execution count; strip it with nbstripout"
    lines = len(cell.source.splitlines())
    if lines > CELL_LINES:
        yield f"has {lines} lines; the limit is {CELL_LINES}"
    if INSTALL.search(cell.source):
        yield "installs a package; the environment is made by `make`"
    if ABSOLUTE.search(cell.source):
        yield "holds an absolute path, which exists on one machine only"
    if "raises-exception" not in cell.metadata.get("tags", []):
        yield from syntax_faults(cell.source)
    yield from figure_faults(cell)


def syntax_faults(source: str) -> Iterator[str]:
    """Yield classes defined in the cell and names imported that are not public."""
    # Lines for IPython ("%matplotlib") are no Python; blanking them keeps the line count.
    python = re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)
    for node in ast.walk(ast.parse(python)):
        if isinstance(node, ast.ClassDef):
            yield f"defines the class {node.name}; classes belong into the package"
        elif isinstance(node, ast.Import):
            yield from private(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from private(f"{node.module}.{alias.name}" for alias in node.names)


def private(names: Iterator[str]) -> Iterator[str]:
    """Yield the names of the package that start with an underscore."""
    for name in names:
        if name.startswith("diffusion_lab") and "._" in name:
            yield f"imports {name}, which is private"


def figure_faults(cell: nbformat.NotebookNode) -> Iterator[str]:
    """Yield the missing caption, name or alternative text of a cell that makes a figure."""
    about = cell.metadata.get("mystnb", {})
    if not (about.get("figure") or DRAWS.search(cell.source)):
        return
    if {"remove-output", "remove-cell"} & set(cell.metadata.get("tags", [])):
        return
    for group, key in sorted(FIGURE_KEYS):
        if not str(about.get(group, {}).get(key, "")).strip():
            yield f"makes a figure without {group}.{key} in its mystnb metadata"
