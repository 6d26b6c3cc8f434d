"""Run the chapters and build the book into _build/html; return at once when nothing changed."""

import os
import re
import shutil
import sys
import time
from pathlib import Path

import yaml
from colab import point_to_copies
from fingerprint import ROOT, files, fingerprint
from progress import fail, stream, tail

BUILD = ROOT / "_build"
HTML = BUILD / "html"
INDEX = HTML / "index.html"
REPORTS = HTML / "reports"
LOG = BUILD / "book.log"
STAMP = BUILD / "book.sha256"
CACHES = BUILD / ".jupyter_cache"
CACHES_KEPT = 3  # going back and forth between two versions of the package runs nothing again

# What a chapter's results depend on besides its own cells; jupyter-cache looks at the cells alone.
CODE = ("diffusion_lab/**/*", "runs/**/*", "constraints.txt")
PAGES = ("chapters/**/*", "_ext/**/*", "*.yml", "*.md", "*.bib", "tools/*.py")

# One thread: the nets are small, the last digits then do not depend on the number of cores, and on
# a busy machine two threads that wait for each other took 16 times as long.
DEFAULTS = {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
COMPLAINT = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b|[Ee]rror:")


def write_config(cache: Path, repository: str) -> Path:
    """Write the configuration of this build: _config.yml, its cache, the repository's address."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    # A chapter that fails is reported and the others still run, so that one build shows all that
    # is wrong; -W then makes the build fail.
    config["execute"] |= {"cache": str(cache), "raise_on_error": False}
    config["exclude_patterns"].append(".*")  # .venv, .pytest_cache
    html = config.setdefault("html", {})
    if base := os.environ.get("BOOK_BASE_URL"):
        html["baseurl"] = base
    if repository:
        config["repository"] = {"url": repository, "branch": "main"}
        config["launch_buttons"] = {
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
            "notebook_interface": "jupyterlab",
        }
        html |= {"use_repository_button": True, "use_issues_button": True}
    # Jupyter Book resolves these against the folder of the configuration, which is now _build.
    local = config.get("sphinx", {}).get("local_extensions", {})
    local |= {name: os.path.relpath(ROOT / path, BUILD) for name, path in local.items()}
    path = BUILD / "_config.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    return path


def say(line: str) -> str | None:
    """Pick what a reader of the build wants to see."""
    text = COLOUR.sub("", line).replace(f"{ROOT}/", "")
    if found := re.match(r"(\S+): (Executing|Executed) notebook (in .* seconds)?", text):
        return f"  {found[1]}: " + (f"ran {found[3]}" if found[3] else "running")
    if found := re.match(r"\[REPORT/\S+\] (Executing|Execution Successful): (\S+)", text):
        return f"  {found[2]}: " + ("running" if found[1] == "Executing" else "ran")
    if COMPLAINT.search(text) and "[IPKernelApp]" not in text:
        return f"  {text}"
    stages = ("updating environment", "building [html]", "build succeeded")
    return f"  {text}" if text.startswith(stages) else None


def failures() -> str:
    """Return the tracebacks that the failing chapters left; failing that, the end of the log."""
    tracebacks = []
    for report in sorted(REPORTS.rglob("*.err.log")):
        cause = tail(report, 40).split("CellExecutionError: ")[
            -1
        ]  # without the runner's own frames
        tracebacks.append(f"--- {report.name.removesuffix('.err.log')} ---\n{cause}")
    if tracebacks:
        return COLOUR.sub("", "\n\n".join(tracebacks))
    return "" if COMPLAINT.search(LOG.read_text(encoding="utf-8")) else tail(LOG)


def build(cache: Path, repository: str) -> None:
    """Run Jupyter Book; any warning is an error, and so is a missing first page."""
    shutil.rmtree(HTML, ignore_errors=True)  # a chapter that was renamed leaves no page behind
    STAMP.unlink(missing_ok=True)
    LOG.unlink(missing_ok=True)
    environment = DEFAULTS | os.environ
    run = [sys.executable, str(ROOT / "tools" / "run_chapters.py"), str(cache)]
    stream(run, LOG, say, environment)  # what failed is told by Jupyter Book, which tries again
    program = str(Path(sys.executable).with_name("jupyter-book"))
    config = write_config(cache, repository)
    # --all: the pages take seconds, the chapters' results come from the cache, and a page that
    # gathers from others (the ledger, the index) is then never out of date.
    options = ["--all", "-W", "--keep-going", "--config", str(config)]
    command = [program, "build", str(ROOT), *options]
    status = stream(command, LOG, say, environment)
    if status != 0 or not INDEX.is_file():
        fail(f"{failures()}\n\nThe book was not built. The whole log is {LOG}")


def point_colab_to_copies(repository: str) -> None:
    """Lead the Colab buttons of every page to the notebooks made for Colab."""
    for page in HTML.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(point_to_copies(text, repository), encoding="utf-8")


def forget_old_caches() -> None:
    """Keep the results of the last few versions of the package only."""
    by_age = sorted(CACHES.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[CACHES_KEPT:]:
        shutil.rmtree(old)


def main() -> None:
    """Build when something changed, then say where the book is."""
    repository = os.environ.get("BOOK_REPOSITORY_URL", "").rstrip("/")
    code = fingerprint(files(*CODE), sys.version)
    wanted = fingerprint(files(*CODE, *PAGES), sys.version, repository)
    if INDEX.is_file() and STAMP.is_file() and STAMP.read_text() == wanted:
        print("The book is up to date.")
    else:
        start = time.monotonic()
        cache = CACHES / code
        known = "their results are kept" if cache.is_dir() else "all of them run"
        print(f"Building the book (chapters: {known}; log: {LOG})", flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        cache.touch()
        build(cache, repository)
        if repository:
            point_colab_to_copies(repository)
        forget_old_caches()
        STAMP.write_text(wanted)
        print(f"The book was built in {time.monotonic() - start:.0f} s.")
    print(f"Open   {INDEX}\nServe  {Path(sys.executable)} -m http.server --directory {HTML}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Run make book again; chapters that finished are kept.")
