"""Make .venv or bring it up to date; return at once when it is. Standard library only."""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

from progress import fail, stream, tail

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.sha256"
LOG = VENV / "install.log"
SOURCES = ("requirements.txt", "constraints.txt", "pyproject.toml")

PIP_FILES = "https://pypi.org/pypi/pip/json"


def fingerprint() -> str:
    """Hash what decides the content of the environment; modification times say too little."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in SOURCES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def usable() -> bool:
    """Tell whether .venv runs, has pip, and is of the Python that was asked for, if one was."""
    ask = "import sys, pip; print(sys.version_info[:2])"
    try:
        answer = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True)
    except OSError:  # no .venv, or the Python it was made with is gone
        return False
    if os.environ.get("PYTHON"):
        return answer.stdout.strip() == str(sys.version_info[:2])
    return answer.returncode == 0


def create() -> None:
    """Make an empty .venv with pip in it."""
    print(f"Making the environment .venv with Python {sys.version.split()[0]}", flush=True)
    has_pip = importlib.util.find_spec("ensurepip") is not None
    options = [] if has_pip else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", *options, VENV], check=True)
    if not has_pip:
        fetch_pip()


def fetch_pip() -> None:
    """Install pip from PyPI by its own wheel, for a Python that was packaged without it."""
    print("  this Python has no ensurepip: fetching pip from PyPI", flush=True)
    try:
        with urllib.request.urlopen(PIP_FILES, timeout=60) as answer:
            files = json.load(answer)["urls"]
        wheel = next(f for f in files if f["packagetype"] == "bdist_wheel")
        with urllib.request.urlopen(urljoin(PIP_FILES, wheel["url"]), timeout=60) as answer:
            data = answer.read()
    except OSError as error:
        fail(
            f"pip could not be fetched ({error}).\n"
            "Install the package that brings it, then run make again:\n"
            "    Debian, Ubuntu    sudo apt install python3-venv"
        )
    if hashlib.sha256(data).hexdigest() != wheel["digests"]["sha256"]:
        fail(f"{wheel['url']} arrived damaged: its checksum differs from PyPI's. Run make again.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / wheel["filename"]
        path.write_bytes(data)
        # A wheel is a zip file that Python can run from.
        subprocess.run([PYTHON, path / "pip", "install", "--quiet", path], check=True)


def pinned(name: str) -> str:
    """Return the line of constraints.txt that pins `name`."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(f"{name}=="))


def pip_install(python: Path, log: Path, *arguments: str) -> int:
    """Run pip install with an environment's Python, saying what it fetches; return its status."""
    worth = ("Collecting ", "Installing collected", "Successfully installed", "ERROR")

    def say(line: str) -> str | None:
        text = line.strip().split(" (from ")[0]
        return f"  {text[:95]}" if text.startswith(worth) else None

    command = [str(python), "-m", "pip", "install", "--no-input", *arguments]
    quiet = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
    return stream(command, log, say, quiet)


def pip(*arguments: str) -> None:
    """Install into .venv, or stop and say why it failed."""
    if pip_install(PYTHON, LOG, *arguments) != 0:
        fail(
            f"{tail(LOG)}\n\nThe installation stopped; the lines above say why. "
            "Run make again: what is installed is kept."
        )


def install() -> None:
    """Install the tested versions, torch first, then the project itself in place."""
    constraints = str(ROOT / "constraints.txt")
    index = os.environ.get("TORCH_INDEX_URL")
    LOG.unlink(missing_ok=True)
    print(f"Installing packages, a few minutes the first time (log: {LOG})", flush=True)
    # A build named "2.13.0+cpu" sorts above "2.13.0", so the extra index wins where it is given.
    pip(pinned("torch"), "-c", constraints, *(["--extra-index-url", index] if index else []))
    pip("-r", str(ROOT / "requirements.txt"), "-c", constraints)
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def main() -> None:
    """Do what is missing, and leave a stamp only when all of it is done."""
    wanted = fingerprint()
    if usable():
        if STAMP.is_file() and STAMP.read_text() == wanted:
            return
    elif VENV.exists() and not (VENV / "pyvenv.cfg").is_file() and any(VENV.iterdir()):
        fail(f"{VENV} exists and is no Python environment. Move it away, then run make again.")
    else:
        create()
    STAMP.unlink(missing_ok=True)
    install()
    STAMP.write_text(wanted)
    print("The environment is ready.", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Run make again to go on.")
