"""A module imports only from its own layer or a lower one."""

import ast
from importlib.util import resolve_name
from pathlib import Path

import pytest

import diffusion_lab

PACKAGE = Path(diffusion_lab.__file__).parent
LAYERS = (
    "tensors estimate formula density process fokker_planck sampling flows nets training viz "
    "images widgets"
).split()
# `verify` is free-standing, the package's own __init__ only names what is loaded when used, and
# __main__ only calls the console command.
OUTSIDE = {PACKAGE / name for name in ("__init__.py", "__main__.py", "verify.py")}
MODULES = sorted(set(PACKAGE.rglob("*.py")) - OUTSIDE)


def parts_imported(path: Path) -> set[str]:
    """Return the parts of the package that a module imports, at any depth of its code."""
    package = ".".join(("diffusion_lab", *path.relative_to(PACKAGE).parent.parts))
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("diffusion_lab.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_only_from_lower_layers(path: Path):
    layer = path.relative_to(PACKAGE).with_suffix("").parts[0]
    assert layer in LAYERS, f"{layer} belongs to no layer; give it its place in LAYERS"
    assert parts_imported(path) <= set(LAYERS[: LAYERS.index(layer) + 1])


def test_the_ledger_check_is_free_standing():
    assert parts_imported(PACKAGE / "verify.py") == set()
