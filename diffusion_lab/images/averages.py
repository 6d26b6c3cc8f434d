"""A finished run with a weight average of another width."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ..training.checkpoint import load_tensors, write_whole
from ..training.ema import mix_averages
from .record import AVERAGES, MODEL, RESULT, save_model, sha256
from .train import load_model
from .variational_bound import variational_bound

if TYPE_CHECKING:
    from .evaluate_run import Run


def average_of_width(folder: str | Path, width: float) -> dict[str, Tensor]:
    """The weight average of a relative width, made from those that a run has kept: a state dict.

    Raises FileNotFoundError where none are kept, ValueError for a width out of range.
    """
    files = sorted((Path(folder) / AVERAGES).glob("*.safetensors"))
    if not files:
        raise FileNotFoundError(
            f"{Path(folder) / AVERAGES} holds no averages. Train with ema_widths in config.json, "
            "for example [0.05, 0.1]; the folder is made on the way."
        )
    parts = [load_tensors(file) for file in files]
    shares = mix_averages([(info["step"], info["width"]) for _, info in parts], width)
    names = parts[0][0]
    return {
        name: sum(
            (
                share * tensors[name].double()
                for share, (tensors, _) in zip(shares, parts, strict=True)
            ),
            start=names[name].double() * 0.0,
        ).to(names[name].dtype)
        for name in names
    }


def change_average(folder: str | Path, width: float) -> None:
    """Write model.safetensors again with the average of this width, and its hash beside it."""
    folder = Path(folder)
    _, config, shape, classes = load_model(folder)
    save_model(folder / MODEL, average_of_width(folder, width), config, shape, classes)
    path = folder / RESULT
    result = json.loads(path.read_text()) if path.exists() else {}
    result |= {"ema_width": width, "sha256": sha256(folder / MODEL)}
    write_whole(path, (json.dumps(result, indent=2) + "\n").encode())


def compare_averages(run: Run, widths: Sequence[float], n: int) -> dict[str, Any]:
    """The variational bound of n test images for each width, as JSON values.

    The images and their noise are the same for all, so that the differences are known better than
    the values. The weights are rounded as a kept model's are. Raises as average_of_width does.
    """
    model, rows = copy.deepcopy(run.denoiser), []
    for width in widths:
        average = average_of_width(run.folder, width)
        model.load_state_dict(
            {k: v.half().float() if v.is_floating_point() else v for k, v in average.items()}
        )
        found = variational_bound(
            model.predict,
            model.path,
            run.images,
            n,
            labels=run.asks_labels,
            dequantised=run.config.dequantise,
            device=run.device,
        )
        bits = found.bits._asdict()
        rows.append({"width": width, "bits": bits, "diffusion": found.diffusion})
    return {"bound_images": n, "rows": rows, **run.circumstances()}
