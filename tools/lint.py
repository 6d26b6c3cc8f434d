"""Run every static check, all of them even where one fails, and say which failed."""

import subprocess
import sys
from pathlib import Path

from fingerprint import ROOT
from notebooks import chapters, faults

CODE_LINES = 250
FILE_BYTES = 500_000
LIMITED = ("diffusion_lab/", "tests/", "tools/", "_ext/", "benchmarks/", "lab/")


def tracked() -> list[Path]:
    """List what git holds or would hold, without what it ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = (ROOT / name for name in names.split("\0") if name)
    return sorted(path for path in paths if path.is_file())


def program(name: str, *arguments: str) -> list[str]:
    """Run a program of the environment; it prints its own findings."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    status = subprocess.run(command, cwd=ROOT).returncode
    return [f"{name} {' '.join(arguments)}: failed"] if status else []


def notebook_faults() -> list[str]:
    """Find what a chapter must not hold."""
    return [f"{path.relative_to(ROOT)}: {fault}" for path in chapters() for fault in faults(path)]


def size_faults() -> list[str]:
    """Find files too long to read at one sitting, or too big for the repository."""
    found = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        size = path.stat().st_size
        if size > FILE_BYTES and not name.startswith("runs/"):
            found.append(f"{name}: {size:,} bytes; the limit outside runs/ is {FILE_BYTES:,}")
        if path.suffix in {".py", ".ts"} and name.startswith(LIMITED):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > CODE_LINES:
                found.append(f"{name}: {lines} lines; split it, the limit is {CODE_LINES}")
    return found


def main() -> None:
    """Run the checks in the order of their speed."""
    checks = {
        "file sizes": size_faults,
        "notebooks": notebook_faults,
        "style": lambda: program("ruff", "check", "--quiet", "--output-format=concise", "."),
        "format": lambda: program("ruff", "format", "--check", "--quiet", "."),
        "types": lambda: program("basedpyright", "--level", "error"),
    }
    failed = []
    for name, check in checks.items():
        found = check()
        print(f"{name:<12}{'failed' if found else 'ok'}", *found, sep="\n  ", flush=True)
        failed += [name] if found else []
    if failed:
        sys.exit(
            f"\nlint failed: {', '.join(failed)}. (.venv/bin/ruff format . mends the format.)"
        )


if __name__ == "__main__":
    main()
