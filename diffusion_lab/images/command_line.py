"""The console command: ``diffusion-lab train | sample | evaluate | data``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

ABOUT = """\
Image models from the book "One Density, Many Dynamics": train them, sample them by any sampler and
any free noise scale, measure them.

  diffusion-lab data fashion-mnist                  fetch and check an image set
  diffusion-lab train runs/digits-minute            train a run, or go on with it
  diffusion-lab sample runs/digits --out grid.png   draw images with it
  diffusion-lab evaluate runs/digits                measure it

A run is a folder with a config.json. Each command explains itself: diffusion-lab train --help"""

COMMANDS = {
    "train": "train a run from its config.json, or go on with it",
    "sample": "draw images or a video with a trained run",
    "evaluate": "measure a trained run",
    "data": "list the image sets, fetch and check one",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand: -> exit code, 0 for success; errors go to stderr in one line."""
    argv = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog="diffusion-lab",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = next((word for word in argv if word in COMMANDS), None)
    for name, text in COMMANDS.items():
        part = parts.add_parser(name, help=text)
        if name == chosen:  # the others' modules load torch, and are not needed
            command = _command(name)
            command.add_arguments(part)
            part.set_defaults(run=command.run)
    return _guarded(parser.parse_args(argv))


def _command(name: str):  # noqa: ANN202 - a module
    module = f"{__package__}.command_{name}"
    if find_spec(module) is None:
        raise SystemExit(f"diffusion-lab: this installation has no command {name!r}.")
    return import_module(module)


def _guarded(options: argparse.Namespace) -> int:
    """Run; turn the errors that a reader can mend into one line each."""
    from ..training import CheckpointError, TrainingDiverged
    from .data_files import DataError
    from .devices import out_of_memory

    mendable = (
        CheckpointError,
        DataError,
        TrainingDiverged,
        FloatingPointError,
        MemoryError,
        OSError,
        ValueError,
    )
    try:
        options.run(options)
    except mendable as error:
        print(f"diffusion-lab: {error}", file=sys.stderr)
        return 1
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        print(f"diffusion-lab: {error} Ask for fewer images, or --device cpu.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndiffusion-lab: stopped; `train` can go on from its checkpoint.", file=sys.stderr)
        return 130
    return 0
