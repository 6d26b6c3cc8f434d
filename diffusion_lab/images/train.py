"""Train an image model from its configuration, or load one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..training.checkpoint import CheckpointError, load_tensors, load_weights
from ..training.denoiser import Denoiser
from ..training.fit import Progress, TrainingDiverged, fit
from ..training.state import TrainState
from .config import RunConfig
from .data import ImageSet, load_images
from .devices import out_of_memory, start_fabric
from .prepare import preparation
from .record import LAST_GOOD, MODEL, RESULT, Record, sha256, writes

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def train_run(
    config: RunConfig,
    folder: str | Path | None = None,
    every: int = 500,
    *,
    images: ImageSet | None = None,
    grids: int = 0,
    fabric: Fabric | None = None,
    compiled: bool = False,
) -> Iterator[tuple[Progress, TrainState]]:
    """Train one run, yielding (Progress, TrainState) after every step.

    folder   : where to keep the checkpoint `resume.safetensors` (each `every` steps), the log and,
               at the end, the averaged weights `model.safetensors`; None keeps nothing
    images   : to train on, instead of those that config.data names
    grids    : how many grids of samples to draw on the way
    fabric   : from :func:`diffusion_lab.images.start_fabric`; None is this process on the CPU
    compiled : by torch.compile: a minute or two at the start, quicker steps on a GPU
    With a checkpoint in the folder training goes on from it, bit for bit on the same machine.
    Raises ValueError when that checkpoint belongs to another configuration, MemoryError that says
    what to lower, and the errors of load_images, fit and TrainState.save.
    """
    images = images or load_images(config.data)
    torch.manual_seed(config.seed)  # the initial weights; all later draws use state.generator
    denoiser = config.build(images.shape[0], images.classes)
    if compiled:
        denoiser.net.compile()
    if fabric is None and config.precision != "float32":
        fabric = start_fabric("cpu", config.precision)
    state = TrainState(
        denoiser,
        config.seed,
        config.steps,
        config.lr,
        config.warmup,
        config.ema_decay,
        config.fall,
        config.ema_widths,
        fabric,
    )
    record = None
    if folder:
        record = Record(folder, config, images.shape, images.classes, every, grids)
        record.resume(state)
    keeper = record if writes(state) else None
    data, labels = images.train_bytes.to(state.device), images.train_labels.to(state.device)
    cond = {"label": labels} if images.classes else {}
    try:
        for progress in fit(state, data, config.batch_size, preparation(config, images), **cond):
            if keeper:
                keeper.step(progress, state)
            yield progress, state
    except TrainingDiverged as error:
        if keeper:
            keeper.keep(state, LAST_GOOD)
        where = f" They are kept in {Path(folder) / LAST_GOOD}." if folder else ""
        raise TrainingDiverged(f"{error}{where}") from None
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        raise MemoryError(
            f"out of memory: {error} Lower batch_size (now {config.batch_size}) or the widths "
            f"(now {config.widths}), take precision bfloat16, or share the batch by torchrun."
        ) from error
    if keeper:
        keeper.finish(state)


def load_run(folder: str | Path) -> Denoiser:
    """The trained Denoiser of a run's folder, with its averaged weights, ready to sample.

    Needs no image set. Raises FileNotFoundError or CheckpointError that names the file, also when
    the weights are not those that result.json records.
    """
    return load_model(folder)[0]


def load_model(folder: str | Path) -> tuple[Denoiser, RunConfig, tuple[int, ...], int]:
    """A run's trained Denoiser, its configuration, the shape of its images and their classes."""
    path, result = Path(folder) / MODEL, Path(folder) / RESULT
    tensors, info = load_tensors(path)
    recorded = json.loads(result.read_text()).get("sha256") if result.exists() else None
    if recorded and sha256(path) != recorded:
        raise CheckpointError(
            f"{path} is not the file that {result} describes (sha256 {recorded[:12]}...). Fetch "
            "both again, or train again."
        )
    if not {"config", "shape", "classes"} <= set(info):
        raise CheckpointError(f"{path} does not say of which run it is; expected a {MODEL}.")
    config, shape = RunConfig.from_json(info["config"]), tuple(info["shape"])
    denoiser = config.build(shape[0], info["classes"])
    floats = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    load_weights(denoiser, floats, path)
    return denoiser.eval(), config, shape, info["classes"]
