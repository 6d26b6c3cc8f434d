"""Train an image model from its configuration, or load one.

``python -m diffusion_lab.images.train runs/digits`` trains what runs/digits/config.json says;
stopped at any moment, the same command goes on from the last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from tqdm import tqdm

from ..training.checkpoint import load_tensors, load_weights, save_tensors
from ..training.denoiser import Denoiser
from ..training.fit import Progress, TrainState, fit
from .config import RunConfig
from .data import load_images

CONFIG, MODEL, RESUME, RESULT = (
    "config.json",
    "model.safetensors",
    "resume.safetensors",
    "result.json",
)


def train_run(
    config: RunConfig, folder: str | Path | None = None, every: int = 500, device: str = "cpu"
) -> Iterator[tuple[Progress, TrainState]]:
    """Train one run, yielding (Progress, TrainState) after every step.

    folder : where to keep the checkpoint `resume.safetensors` (each `every` steps) and, at the
             end, the averaged weights `model.safetensors`; None keeps nothing
    With a checkpoint in the folder training goes on from it, bit for bit on the same machine.
    Raises ValueError when that checkpoint belongs to another configuration, and the errors of
    load_images, fit and TrainState.save.
    """
    images = load_images(config.data)
    torch.manual_seed(config.seed)  # the initial weights; all later draws use state.generator
    denoiser = config.build(images).to(device)
    state = TrainState(
        denoiser, config.seed, config.steps, lr=config.lr, ema_decay=config.ema_decay
    )
    resume = Path(folder) / RESUME if folder else None
    if resume is not None and resume.exists():
        info = state.restore(resume)
        if info.get("config") != _plain(config):
            raise ValueError(
                f"{resume} belongs to another configuration. Train into another folder, or delete "
                "that file to begin again."
            )
    data, labels = images.train.to(device), images.train_labels.to(device)
    for progress in fit(state, data, config.batch_size, label=labels):
        if resume is not None and progress.step % every == 0:
            state.save(resume, {"config": _plain(config)})
        yield progress, state
    if folder:
        save_tensors(Path(folder) / MODEL, state.ema.state(), {"config": _plain(config)})


def load_run(folder: str | Path) -> Denoiser:
    """The trained Denoiser of a run's folder, with its averaged weights, ready to sample.

    Raises FileNotFoundError or CheckpointError that names the file.
    """
    path = Path(folder) / MODEL
    tensors, info = load_tensors(path)
    config = RunConfig.from_json(info["config"])
    denoiser = config.build(load_images(config.data))
    load_weights(denoiser, tensors, path)
    return denoiser.eval()


def _plain(config: RunConfig) -> dict:
    """The configuration as JSON gives it back, with lists for tuples."""
    return json.loads(json.dumps(config.to_json()))


def main(argv: list[str] | None = None) -> None:
    """Train a run from the command line; leave weights, loss and circumstances beside it."""
    parser = argparse.ArgumentParser(description="Train the run whose config.json lies in FOLDER.")
    parser.add_argument("folder", type=Path, help="for example runs/digits")
    parser.add_argument("--device", default="cpu", help='"cpu" (default) or "cuda"')
    options = parser.parse_args(argv)
    config = RunConfig.read(options.folder / CONFIG)
    start, losses = time.perf_counter(), []
    bar = tqdm(train_run(config, options.folder, device=options.device), total=config.steps)
    for progress, _ in bar:
        losses.append(progress.loss)
        bar.set_postfix(loss=f"{sum(losses[-100:]) / len(losses[-100:]):.4f}", refresh=False)
    result = {
        "command": f"python -m diffusion_lab.images.train {options.folder.as_posix()}",
        "device": options.device,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "seed": config.seed,
        "steps": config.steps,
        "seconds": round(time.perf_counter() - start, 1),
        "mean_loss_of_last_100_steps": sum(losses[-100:]) / max(1, len(losses[-100:])),
    }
    (options.folder / RESULT).write_text(json.dumps(result, indent=2) + "\n")
    (options.folder / RESUME).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
