"""Print the table of one problem: the runs, the claims, and where a peer is as fast."""

import os
import platform
import textwrap
from importlib.metadata import PackageNotFoundError, version

PACKAGES = "numpy", "scipy", "torch", "fipy", "py-pde", "fplanck"
HEADS = "n", "effort", "L1 error", "CPU ms", "first ms", "ratio", "reader", "defect", "lowest"


def show(title: str, found: dict) -> None:
    """Print the runs of one problem, what is claimed of them, and what else they say."""
    print(f"\n{title}\n{'solver':<13}{''.join(f'{head:>9}' for head in HEADS)}  lines")
    for row in found["runs"]:
        print(f"{row['solver']:<13}{row['n']:>9}{row['effort']:>9g}{cells(row)}")
    for verdict in found["claims"]:
        word = {True: "met", False: "missed", None: "open"}[verdict["met"]]
        print(f"  {word:<8}{verdict['claim']:<40}{verdict['measured']}")
        if "why" in verdict:
            say(f"why: {verdict['why']}", 10)
    for sentence in found["as fast"]:
        say(sentence, 2)
    print(end="", flush=True)


def machine() -> dict:
    """Return what the times depend on: Python, the machine, the versions of the libraries."""
    found = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def cells(row: dict) -> str:
    """Return the measured part of a row."""
    if "failed" in row:
        return f"  {row['failed']}"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.1f}"
    return (
        f"{row['error']:>9.1e}{row['cpu_ms']:>9.1f}{row['first_ms']:>9.0f}{ratio:>9}"
        f"{row['reader']:>9.0%}{row['mass_defect']:>9.0e}{row['lowest']:>9.0e}"
        f"{row['lines']:>7}"
    )


def say(text: str, indent: int) -> None:
    """Print a sentence, wrapped."""
    space = " " * indent
    print(textwrap.fill(text, 99, initial_indent=space, subsequent_indent=space))
