"""``diffusion-lab data``: which image sets there are, and getting one."""

from __future__ import annotations

import argparse

from .data import load_images
from .data_fetch import data_folder, locate
from .data_sources import SOURCES

ABOUT = """\
Without a name: the image sets that are known by name, their size and licence, and where they lie.
With a name: fetch that set if it is not there, check every byte of it, and say what it holds.
A folder of PNG and JPEG files is a set too, with one sub-folder for each class or none.
Sets are kept in the folder $DIFFUSION_LAB_DATA if that is set, else in the user's cache folder."""
NO_LICENCE = "none stated: publish no image"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommand and its arguments."""
    parser.description = ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", nargs="?", metavar="SET", help="a name, or a folder of images")
    parser.add_argument(
        "--size", type=int, help="bring the images of a folder to this height and width"
    )


def run(options: argparse.Namespace) -> None:
    """List the sets, or get one. Raises what :func:`load_images` raises."""
    if options.name is None:
        print(_table())
    else:
        print(_description(options.name, options.size))


def _table() -> str:
    rows = [("set", "images", "shape", "download", "licence", "where")]
    for name, source in SOURCES.items():
        rows.append(
            (
                name,
                " + ".join(f"{count:,}" for count in source.images),
                "x".join(map(str, source.shape)),
                f"{source.megabytes} MB" if source.megabytes else "-",
                source.licence or "none stated",
                _where(name),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", f"`diffusion-lab data SET` fetches into {data_folder()}."])


def _where(name: str) -> str:
    if SOURCES[name].kind == "built in":
        return "built in"
    folder, _, missing = locate(name)
    return "not here yet" if missing else str(folder)


def _description(name: str, size: int | None) -> str:
    images = load_images(name, size)
    published = SOURCES.get(name)
    counts = images.train_labels.bincount(minlength=images.classes).tolist()
    lines = [
        f"{images.name}: {published.about if published else 'the images of that folder'}",
        f"training  {len(images.train_bytes):,} images",
        f"test      {len(images.test_bytes):,} images",
        f"shape     {'x'.join(map(str, images.shape))}, {images.levels} levels",
        f"licence   {images.licence or NO_LICENCE}",
        f"where     {_where(name) if published else name}",
    ]
    if images.classes:
        pairs = zip(images.class_names, counts, strict=True)
        lines.append("classes   " + ", ".join(f"{label} {count:,}" for label, count in pairs))
    return "\n".join(lines)
