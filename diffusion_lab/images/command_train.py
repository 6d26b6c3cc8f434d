"""``diffusion-lab train``: train a run from its config.json, and go on where it stopped."""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from .averages import change_average
from .config import RunConfig
from .data import ImageSet
from .data_sources import SOURCES
from .devices import start_fabric
from .record import CONFIG, MODEL, writes
from .train import load_run, train_run

ABOUT = """\
Train the run whose config.json lies in FOLDER. Stopped at any moment, even by kill -9, the same
command goes on from the last checkpoint and ends at the same weights.

In FOLDER it leaves model.safetensors (averaged weights, float16), result.json (what was done, on
what, how fast), log.jsonl (loss, also by log-SNR) and grids of samples.

  diffusion-lab train runs/digits-minute                a minute on a CPU
  diffusion-lab train runs/digits                       some five minutes: that of the chapters
  diffusion-lab train runs/fashion-mnist                an hour on a CPU
  diffusion-lab train runs/cifar10-gpu --compile        for a large GPU: not tried on one yet
  torchrun --nproc_per_node 2 -m diffusion_lab train runs/cifar10-gpu
  diffusion-lab train runs/fashion-mnist --ema 0.08     a finished run, averaged otherwise"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommand and its arguments."""
    parser.description = ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="holds config.json, for example runs/digits")
    add("--device", default="auto", help="cpu, cuda or mps; auto (default): cuda, else cpu")
    add("--every", type=int, default=500, help="steps between two checkpoints (default 500)")
    add("--grids", type=int, default=4, help="grids of samples drawn on the way (default 4)")
    add("--compile", action="store_true", help="torch.compile: pays on a GPU, costs minutes first")
    add("--ema", type=float, metavar="WIDTH", help="only average a finished run's weights anew")
    add(
        "--dry-run",
        action="store_true",
        help="two steps of a tiny copy of the run in a folder that is thrown away",
    )


def run(options: argparse.Namespace) -> None:
    """Do it. Raises the errors of :func:`train_run` and :func:`load_run`."""
    if options.ema is not None:
        change_average(options.folder, options.ema)
        print(f"{options.folder / MODEL} now holds the average of width {options.ema:g}.")
        return
    config = RunConfig.read(options.folder / CONFIG)
    if options.dry_run:
        _dry_run(config, options)
    else:
        _train(config, options.folder, options)
        print(f"The model is {options.folder / MODEL}. To see samples of it:")
        print(f"diffusion-lab sample {options.folder} --out grid.png")


def _train(
    config: RunConfig, folder: Path, options: argparse.Namespace, images: ImageSet | None = None
) -> None:
    fabric = start_fabric(options.device, config.precision)
    steps = train_run(
        config,
        folder,
        options.every,
        images=images,
        grids=options.grids,
        fabric=fabric,
        compiled=options.compile,
    )
    bar, losses, done, began = None, [], 0, time.perf_counter()
    for progress, state in steps:
        losses = [*losses[-99:], progress.loss]
        if bar is None:
            done = progress.step - 1
            bar = tqdm(total=config.steps, initial=done, disable=not writes(state))
        speed = config.batch_size * (progress.step - done) / (time.perf_counter() - began)
        text = f"loss {sum(losses) / len(losses):.4f}, {speed:.0f} images/s"
        bar.set_postfix_str(text, refresh=False)
        bar.update()
    if bar:
        bar.close()


def _dry_run(config: RunConfig, options: argparse.Namespace) -> None:
    """Two steps of the same run with a tiny net on random images, then load what they left."""
    levels = len(config.widths)
    tiny = replace(
        config,
        widths=(8,) * levels,
        down=(1,) * levels,
        up=(1,) * levels,
        depth=1,
        features=16,
        steps=2,
        batch_size=8,
        warmup=1,
    )
    with tempfile.TemporaryDirectory() as folder:
        options.grids = 1
        _train(tiny, Path(folder), options, random_images(config.data))
        left = ", ".join(sorted(p.name for p in Path(folder).iterdir()))
        load_run(folder)
    print(f"dry run of {options.folder}: two steps, saved and loaded again ({left}).")


def random_images(name: str, count: int = 32) -> ImageSet:
    """Noise in the place of a known image set, of its shape and classes."""
    source = SOURCES.get(name, SOURCES["cifar-10"])
    shape, classes = source.shape, source.class_names
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 17, (count, *shape), generator=generator, dtype=torch.uint8)
    labels = torch.arange(count) % max(1, len(classes))
    levels = 17 if name == "digits" else 256
    return ImageSet(
        name, len(classes), tuple(classes), levels, noise, labels, noise[:8], labels[:8]
    )
