"""Run the chapters that have no kept results, one process a core; the book finds the results.

    python tools/run_chapters.py CACHE

A chapter that fails keeps nothing: Jupyter Book then runs it once more and reports it.
"""

import logging
import sys
from pathlib import Path

import yaml
from fingerprint import ROOT
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor


def chapters() -> list[str]:
    """List the notebooks of the table of contents."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [page["file"] for part in contents["parts"] for page in part["chapters"]]
    notebooks = [(ROOT / file).with_suffix(".ipynb") for file in files]
    return [str(path) for path in notebooks if path.is_file()]


def main() -> None:
    """Run what is not in the cache."""
    timeout = yaml.safe_load((ROOT / "_config.yml").read_text())["execute"]["timeout"]
    cache = get_cache(Path(sys.argv[1]))
    for path in chapters():
        cache.add_nb_to_project(path)
    logger = logging.getLogger("chapters")
    logger.setLevel(logging.INFO)  # what the executor needs to say which chapter it runs
    done = load_executor("local-parallel", cache, logger).run_and_cache(timeout=timeout)
    for path in done.succeeded:
        seconds = cache.get_cached_project_nb(path).data["execution_seconds"]
        print(f"{Path(path).name} took {seconds:.1f} s")


if __name__ == "__main__":
    main()
