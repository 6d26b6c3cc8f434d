"""Hash the content of files, so that work is skipped when and only when nothing changed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFTOVERS = {"__pycache__", ".ipynb_checkpoints", "node_modules"}


def files(*patterns: str) -> list[Path]:
    """List the files under the root that match, without what programs leave behind."""
    found = {path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not LEFTOVERS & set(path.parts))


def fingerprint(paths: Iterable[Path], *more: str) -> str:
    """Hash names and contents of `paths`, and any further text that decides the result."""
    digest = hashlib.sha256(repr(more).encode())
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return digest.hexdigest()[:20]
