"""``diffusion-lab sample``: images, or a video of their making, from a trained run."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..process.prediction import Prediction
from ..sampling.guidance import guided
from ..sampling.integrate import iterate
from ..training.denoiser import Denoiser
from .command_sampling import add_sampling, chosen
from .record import save_grid
from .samplers import Sampling, draw
from .train import load_model

ABOUT = """\
Draw images with the run in FOLDER. The starting noise depends on --seed alone, so that samplers,
sigma and guidance can be compared image by image. Every sigma carries the same density.

  diffusion-lab sample runs/fashion-mnist --out grid.png
  diffusion-lab sample runs/fashion-mnist --sampler ddim --evaluations 50 --sigma 1
  diffusion-lab sample runs/fashion-mnist --sampler balanced --sigma "2 sin(pi t)"
  diffusion-lab sample runs/fashion-mnist --label 7 --count 40 --guidance 2 --out sneakers.png
  diffusion-lab sample runs/fashion-mnist --out making.mp4      the way from noise to images
"""
VIDEO_SECONDS, HOLD_SECONDS, FPS = 3.0, 1.5, 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommand and its arguments."""
    parser.description = ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="a trained run, for example runs/digits")
    add_sampling(parser)
    add("--label", type=int, help="one class for all images (default: all classes in turn)")
    add("--count", type=int, default=40, help="number of images (default 40)")
    add("--columns", type=int, default=10, help="of the grid (default 10)")
    add("--out", type=Path, default=Path("grid.png"), help="grid.png (default), or a .mp4 file")


def run(options: argparse.Namespace) -> None:
    """Do it. Raises ValueError for a bad choice and the errors of load_run."""
    if options.out.suffix not in (".png", ".mp4"):
        raise ValueError(f"--out {options.out}: expected a name that ends in .png or .mp4.")
    if options.count < 1 or options.columns < 1:
        raise ValueError("--count and --columns must be at least 1.")
    model, _, shape, classes = load_model(options.folder)
    model = model.to(options.device)
    labels = _labels(options.label, options.count, classes)
    plan = chosen(options)
    if options.out.suffix == ".mp4":
        _video(model, labels, shape, plan, options)
    else:
        where = {"seed": options.seed, "device": options.device}
        images, calls = draw(
            model.predict, model.path, shape, labels, plan, data_std=model.data_std, **where
        )
        save_grid(options.out, images, options.columns)
        print(f"{options.out}: {options.count} images, {calls:g} evaluations each.")


def _labels(label: int | None, count: int, classes: int) -> Tensor | int:
    if not classes:
        if label is not None:
            raise ValueError("this run was trained without labels; leave --label out.")
        return count
    if label is None:
        return torch.arange(count) % classes
    if not 0 <= label < classes:
        raise ValueError(f"--label {label}: this run knows the classes 0 to {classes - 1}.")
    return torch.full((count,), label)


def _video(
    model: Denoiser,
    labels: Tensor | int,
    shape: tuple[int, ...],
    plan: Sampling,
    options: argparse.Namespace,
) -> None:
    """The expected clean images along the way, beside the noisy ones, then the result held."""
    import matplotlib.pyplot as plt

    from ..viz.animate import animate
    from ..viz.plots import mosaic, tile_images

    if plan.guidance != 1.0 and isinstance(labels, int):
        raise ValueError("guidance needs labels: it is the difference that a label makes.")
    cond = {} if isinstance(labels, int) else {"label": labels.to(options.device)}
    predict_guided = guided(model.predict, model.predict, plan.guidance)

    def predict(x: Tensor, t: Tensor) -> Prediction:
        return predict_guided(x, t, **cond)

    step, times = plan.build(predict, model.path, model.data_std)
    noise = torch.randn(
        (options.count, *shape), generator=torch.Generator().manual_seed(options.seed)
    )
    generator = torch.Generator(options.device).manual_seed(options.seed + 1)
    frames = [noise]
    with torch.inference_mode():
        state = model.path.std(times[0]).item() * noise.to(options.device)
        states = tqdm(
            iterate(step, state, times, generator), total=len(times) - 1, desc=plan.sampler
        )
        for t, state, _ in states:
            size = (model.data_std * model.path.alpha(t)).hypot(model.path.std(t)).item()
            frames.append((state / size).cpu())  # of the contrast that the net sees
        if times[-1] > 0.0:
            frames.append(predict(state, times[-1]).x0.cpu())
    hold = round(HOLD_SECONDS * FPS)
    pick = np.linspace(0, len(frames) - 1, round(VIDEO_SECONDS * FPS)).round().astype(int)
    rows = -(-options.count // options.columns)
    figure, ax = plt.subplots(figsize=(6.0, 6.0 * rows / options.columns))
    picture = mosaic(ax, frames[0], options.columns)
    figure.subplots_adjust(0, 0, 1, 1)
    order = [*pick, *[len(frames) - 1] * hold]

    def show(i: int) -> None:
        picture.set_data(tile_images(frames[i], options.columns))

    animate(figure, show, order, options.out, FPS)
    plt.close(figure)
    print(f"{options.out}: {options.count} images on their way from noise.")
