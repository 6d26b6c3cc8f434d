"""What the benchmarks' tables share: the machine, the words of a verdict, wrapped sentences."""

import os
import platform
import textwrap
from importlib.metadata import PackageNotFoundError, version

WORDS = {True: "met", False: "missed", None: "open"}


def machine(*packages: str) -> dict[str, str]:
    """Return what the numbers depend on: Python, the machine, versions of the libraries."""
    found = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    for name in ("numpy", "scipy", "torch", *packages):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def say(text: str, indent: int) -> None:
    """Print a sentence, wrapped."""
    space = " " * indent
    print(textwrap.fill(text, 99, initial_indent=space, subsequent_indent=space))


def say_why(verdict: dict) -> None:
    """Print why a claim was missed, where it was."""
    if "why" in verdict:
        say(f"why: {verdict['why']}", 10)
