"""How long the commands take and how heavy a page is: one table, one JSON.

    make bench

Cold means that every chapter runs; warm means that nothing changed. The cold build works on a copy
of the project, so that the results kept in _build stay.
"""

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from show import machine

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
RESULT = ROOT / "_build" / "bench" / "book.json"
REPEATS = 5
FETCHED = (".js", ".css", ".png", ".svg", ".jpg", ".webp")
LEFT_OUT = (".git", ".venv", "_build", "node_modules", "__pycache__", ".pytest_cache")


def timed(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> float:
    """Return the seconds a command takes; one that fails is no measurement."""
    start = time.perf_counter()
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, env=env and os.environ | env
    )
    if done.returncode != 0:
        sys.exit(
            f"{' '.join(map(str, command))} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return time.perf_counter() - start


def cold_build() -> tuple[float, dict[str, float]]:
    """Build a copy of the project from nothing; return its seconds and its chapters'."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        # The copy's package stands in front of the one that is installed in place.
        seconds = timed(
            sys.executable, copy / "tools" / "book.py", cwd=copy, env={"PYTHONPATH": str(copy)}
        )
        log = (copy / "_build" / "book.log").read_text(encoding="utf-8")
    ran = re.findall(r"^(\S+)\.ipynb took ([\d.]+) s$", log, re.MULTILINE)
    return seconds, {name: float(time_) for name, time_ in ran}


def import_seconds() -> float:
    """Return the median time of the import, less that of a bare interpreter."""
    median = {
        code: statistics.median(timed(sys.executable, "-c", code) for _ in range(REPEATS))
        for code in ("import diffusion_lab", "pass")
    }
    return median["import diffusion_lab"] - median["pass"]


def page_weight(page: Path) -> int:
    """Return the bytes a browser fetches for a page when the server compresses text.

    Counted are the page and the scripts, style sheets and pictures it names. Not counted: videos,
    which wait for a click, and web fonts, which all pages share.
    """
    names = re.findall(r'(?:src|href)="([^"#?:]+)', page.read_text(encoding="utf-8"))
    parts = {(page.parent / name).resolve() for name in names if name.endswith(FETCHED)}
    return packed(page) + sum(packed(part) for part in parts if part.is_file())


def packed(path: Path) -> int:
    """Return the size of a file after gzip, which is its own size where that does not help."""
    data = path.read_bytes()
    return min(len(data), len(gzip.compress(data, 6)))


def commit() -> str:
    """Return the commit that was measured."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "no commit"


def main() -> None:
    """Measure everything, print the table, write the JSON."""
    book = ROOT / "tools" / "book.py"
    print("Measuring; the cold build and the tests take minutes.", flush=True)
    cold, chapters = cold_build()
    timed(sys.executable, book)
    warm = timed(sys.executable, book)
    heaviest = max(HTML.rglob("*.html"), key=page_weight)
    result = {
        "make book, every chapter run (s)": round(cold, 1),
        "make book, nothing changed (s)": round(warm, 1),
        "make test (s)": round(timed("make", "test"), 1),
        "import diffusion_lab (ms)": round(1000 * import_seconds()),
        f"heaviest page, gzipped (kB): {heaviest.stem}": round(page_weight(heaviest) / 1000),
    }
    result |= {f"chapter {name} (s)": seconds for name, seconds in sorted(chapters.items())}
    for name, value in result.items():
        print(f"{name:<60}{value:>10}")
    about = machine() | {
        "commit": commit(),
        "repeats of the import": REPEATS,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(about | result, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {RESULT}")


if __name__ == "__main__":
    main()
