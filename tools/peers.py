"""Make .venv/bench, where the peers of the benchmarks live; return at once if it is there.

A second environment, so that nothing a peer asks for changes what the book and the tests run
with. It borrows everything that .venv has, torch above all, through one .pth file: Python looks
there after the environment's own packages, and pip counts what it finds there as installed. It
lies within .venv, so whoever removes or remakes that removes it too.

Where the peers cannot be installed, the benchmark runs without them and says so in their rows.
"""

import hashlib
import sys
import sysconfig
import venv

from environment import ROOT, VENV, pip_install
from progress import tail

BENCH = VENV / "bench"
PYTHON = BENCH / "bin" / "python"
STAMP = BENCH / "installed.sha256"
LOG = BENCH / "install.log"
SOURCES = ("requirements-bench.txt", "constraints.txt")
# Installed without what they ask for, which pulls in torchvision and is not needed here.
ALONE = (
    "k-diffusion==0.1.1.post1",
    "azula==0.11.1",
    "torchcfm==1.0.7",
    "denoising-diffusion-pytorch==2.3.4",
)


def fingerprint() -> str:
    """Hash what decides the content of the environment."""
    digest = hashlib.sha256(f"{ROOT} {sys.version} {ALONE}".encode())
    for name in SOURCES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def create() -> None:
    """Make an environment without packages of its own that sees those of .venv and the project."""
    venv.create(BENCH, clear=True, symlinks=True, with_pip=False)
    own = sysconfig.get_path("purelib", vars={"base": str(BENCH)})
    lent = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), str(ROOT)])
    with open(f"{own}/lent.pth", "w", encoding="utf-8") as file:
        file.writelines(f"{folder}\n" for folder in lent)


def main() -> None:
    """Do what is missing, and leave a stamp only when all of it is done."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    create()
    print(f"Installing the libraries to compare with (log: {LOG})", flush=True)
    needed = ["-r", str(ROOT / "requirements-bench.txt"), "-c", str(ROOT / "constraints.txt")]
    if pip_install(PYTHON, LOG, *needed) or pip_install(PYTHON, LOG, "--no-deps", *ALONE):
        print(f"{tail(LOG, 5)}\nThey were not installed; the benchmark runs without them.")
        return
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
