"""A module imports only from its own layer or a lower one."""

import ast
from pathlib import Path

import pytest

import diffusion_lab

PACKAGE = Path(diffusion_lab.__file__).parent
LAYERS = (
    "tensors density process fokker_planck sampling flows nets training viz images widgets"
).split()
# The ledger's check is free-standing, so that a user's own chapter needs nothing else for it.
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in LAYERS
)


def parts_imported(path: Path) -> set[str]:
    """Return the parts of the package that a module imports, at any depth of its code."""
    here = ("diffusion_lab", *path.relative_to(PACKAGE).with_suffix("").parts)
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join((*here[: len(here) - node.level], node.module or ""))
                if node.level
                else node.module
            )
            names |= {f"{base}.{alias.name}".replace("..", ".") for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("diffusion_lab.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_only_from_lower_layers(path: Path):
    layer = path.relative_to(PACKAGE).with_suffix("").parts[0]
    allowed = set(LAYERS[: LAYERS.index(layer) + 1])
    assert parts_imported(path) <= allowed


def test_the_ledger_check_is_free_standing():
    assert parts_imported(PACKAGE / "verify.py") == set()
