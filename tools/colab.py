"""Write copies of the chapters that start on Colab by themselves: one cell more, which installs.

The publish workflow puts them on the branch `colab`; the book's Colab buttons lead there.
"""

import argparse
import json
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BRANCH = "colab"
INSTALL = """\
# Made for Colab: fetch the book and install its package (about a minute).
!test -d ~/one-density || git clone --quiet --depth 1 {repository} ~/one-density
%pip install --quiet ~/one-density
%cd ~/one-density/chapters"""


def with_install_cell(notebook: dict, repository: str) -> dict:
    """Return a copy whose first cell fetches and installs; the others are as they were."""
    cell = {
        "cell_type": "code",
        "id": "install-on-colab",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": INSTALL.format(repository=repository),
    }
    return notebook | {"cells": [cell, *notebook["cells"]]}


def point_to_copies(page: str, repository: str) -> str:
    """Lead the Colab links of a built page to the branch that holds the copies."""
    name = re.escape("/".join(repository.split("/")[-2:]))
    link = rf"(colab\.research\.google\.com/github/{name}/blob)/[^/\"]+/"
    return re.sub(link, rf"\1/{BRANCH}/", page)


def write_copies(target: Path, repository: str) -> list[Path]:
    """Write the copy of every chapter under `target`, at the path the chapter has."""
    written = []
    for chapter in sorted((ROOT / "chapters").glob("*.ipynb")):
        path = target / chapter.relative_to(ROOT)
        path.parent.mkdir(parents=True, exist_ok=True)
        copy = with_install_cell(json.loads(chapter.read_text(encoding="utf-8")), repository)
        path.write_text(json.dumps(copy, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


def main() -> None:
    """Read the folder to write to, and the repository's address from the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="folder to write the copies to")
    target = parser.parse_args().target
    repository = os.environ.get("BOOK_REPOSITORY_URL", "").rstrip("/")
    if not repository:
        parser.error("BOOK_REPOSITORY_URL is not set; it is the repository's public address.")
    print(f"Wrote {len(write_copies(target, repository))} notebooks for Colab to {target}")


if __name__ == "__main__":
    main()
