"""What a run leaves in its folder: checkpoints, a log, grids of samples, averages, its weights."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..training.checkpoint import save_tensors, write_whole
from ..training.fit import Progress
from ..training.meter import EDGES, LossMeter
from ..training.state import TrainState
from .config import RunConfig
from .cost import share_of_peak, training_operations

CONFIG, MODEL, RESUME, LAST_GOOD, RESULT, LOG, AVERAGES = (
    "config.json",
    "model.safetensors",
    "resume.safetensors",
    "last-good.safetensors",
    "result.json",
    "log.jsonl",
    "averages",  # a folder
)
KEPT = 12  # averages of each width, kept on the way


class Record:
    """Keeps a run: every so many steps a checkpoint, a line of log, a grid, the averages.

    folder : where;  config, shape, classes : of the run and its images
    every  : steps between two checkpoints, of which the last is kept, and at most 50 of log
    grids  : how many grids of samples to draw, evenly over the run, the last at its end
    """

    def __init__(
        self,
        folder: str | Path,
        config: RunConfig,
        shape: tuple[int, ...],
        classes: int,
        every: int = 500,
        grids: int = 0,
    ) -> None:
        self.folder, self.config, self.shape, self.classes = Path(folder), config, shape, classes
        self.every, self.grids, self.log_every = every, grids, min(50, every)
        self.meter = LossMeter()
        self.before, self.began = (0.0, 0.0), (time.perf_counter(), time.process_time())
        self.losses: list[float] = []  # the last 100

    def resume(self, state: TrainState) -> None:
        """Go on from the checkpoint in the folder, if there is one.

        Raises ValueError when it belongs to another configuration, and restore's errors.
        """
        path, log = self.folder / RESUME, self.folder / LOG
        self.meter = LossMeter(device=state.device)
        if path.exists():
            info = state.restore(path, self._check)
            self.before = info["seconds"], info["cpu_seconds"]
        if writes(state) and log.exists():
            kept = [x for x in log.read_text().splitlines() if json.loads(x)["step"] <= state.step]
            write_whole(log, "".join(line + "\n" for line in kept).encode())

    def step(self, progress: Progress, state: TrainState) -> None:
        """Keep what is due after this step."""
        self.meter.add(progress.log_snr, progress.errors)
        self.losses = [*self.losses[-99:], progress.loss]
        if due(state.step, state.steps, KEPT):
            for ema, width in zip(state.averages, self.config.ema_widths, strict=False):
                name = f"{state.step:07d}-{width:g}.safetensors"
                info = {"step": state.step, "width": width}
                save_tensors(self.folder / AVERAGES / name, ema.state(), info)
        if state.step % self.log_every == 0:
            self._log(progress)
        if due(state.step, state.steps, self.grids):
            self.grid(state)
        if state.step % self.every == 0:
            self.keep(state, RESUME)

    def keep(self, state: TrainState, name: str) -> None:
        """Save all that is needed to go on."""
        seconds, cpu_seconds = self.seconds()
        info = {"seconds": seconds, "cpu_seconds": cpu_seconds}
        state.save(self.folder / name, {"config": self.config.to_json(), **info})

    def finish(self, state: TrainState) -> None:
        """Write the averaged weights and what is known of them; the checkpoint is done with."""
        model, device = self.folder / MODEL, device_name(state.device)
        save_model(model, state.ema.state(), self.config, self.shape, self.classes)
        processes = 1 if state.fabric is None else state.fabric.world_size
        images = state.steps * self.config.batch_size
        seconds, cpu_seconds = self.seconds()
        each = training_operations(state.denoiser, self.shape, self.classes > 0)
        rate = each * images / seconds
        result = {
            "command": f"diffusion-lab train {self.folder.as_posix()}",
            "device": device,
            "processes": processes,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "parameters": sum(p.numel() for p in state.denoiser.parameters()),
            "seed": self.config.seed,
            "steps": state.steps,
            "images": images,
            "seconds": round(seconds, 1),
            "cpu_seconds": round(cpu_seconds, 1),
            "images_per_second": round(images / seconds, 1),
            "operations_per_image": each,
            "operations_per_second": float(f"{rate:.3g}"),
            "share_of_peak": share_of_peak(rate / processes, device),
            "mean_loss_of_last_100_steps": sum(self.losses) / max(1, len(self.losses)),
            "sha256": sha256(model),
        }
        write_whole(self.folder / RESULT, (json.dumps(result, indent=2) + "\n").encode())
        (self.folder / RESUME).unlink(missing_ok=True)

    def seconds(self) -> tuple[float, float]:
        """On the clock, and of this process's CPU, over all the sittings whose steps are kept."""
        now = time.perf_counter(), time.process_time()
        wall, cpu = (a + b - c for a, b, c in zip(self.before, now, self.began, strict=True))
        return wall, cpu

    def grid(self, state: TrainState) -> None:
        """Draw four images of each class, or 40, with the averaged weights: -> a PNG."""
        from .samplers import Sampling, draw

        model = copy.deepcopy(state.denoiser)
        model.load_state_dict(state.ema.state())
        labels = torch.arange(self.classes).repeat(4) if self.classes else 40
        plan = Sampling("dpm2", 17)
        images, _ = draw(
            model.eval().predict, model.path, self.shape, labels, plan, device=state.device
        )
        save_grid(self.folder / f"grid-{state.step:07d}.png", images, self.classes or 10)

    def _log(self, progress: Progress) -> None:
        loss, bins = self.meter.read()
        seconds, images = self.seconds()[0], progress.step * self.config.batch_size
        line = {
            "step": progress.step,
            "images": images,
            "seconds": round(seconds, 2),
            "images_per_second": round(images / seconds, 2),
            "lr": progress.lr,
            "loss": loss,
            "log_snr_edges": EDGES,
            "loss_by_log_snr": bins,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOG).open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _check(self, info: dict[str, Any]) -> None:
        if info.get("config") != self.config.to_json():
            raise ValueError(
                f"{self.folder / RESUME} belongs to another configuration. Train into another "
                "folder, or delete that file to begin again."
            )


def due(step: int, steps: int, times: int) -> bool:
    """Whether one of `times` evenly spaced events, the last at the end, falls on this step."""
    return step * times // steps > (step - 1) * times // steps


def writes(state: TrainState) -> bool:
    """Whether this process is the one that keeps the run."""
    return state.fabric is None or state.fabric.is_global_zero


def device_name(device: torch.device) -> str:
    """The accelerator's own name, or the processor's kind."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}, {platform.machine()}"


def save_model(
    path: Path, weights: dict[str, Tensor], config: RunConfig, shape: tuple[int, ...], classes: int
) -> None:
    """Write weights as float16 with all that is needed to build their net again."""
    halves = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    info = {"config": config.to_json(), "shape": list(shape), "classes": classes}
    save_tensors(path, halves, info)


def save_grid(path: Path, images: Tensor, columns: int) -> None:
    """Write images (N, C, H, W) in [-1, 1] as one PNG."""
    from PIL import Image

    from ..viz.plots import tile_images

    pixels, buffer = np.rint(255.0 * tile_images(images, columns)).astype(np.uint8), io.BytesIO()
    if images.shape[1] == 1:
        pixels = pixels[..., 0]  # grey: the three channels are one
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    write_whole(path, buffer.getvalue())


def sha256(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
