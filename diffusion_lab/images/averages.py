"""A finished run with a weight average of another width."""

from __future__ import annotations

import json
from pathlib import Path

from torch import Tensor

from ..training.checkpoint import load_tensors, write_whole
from ..training.ema import mix_averages
from .record import AVERAGES, MODEL, RESULT, save_model, sha256
from .train import load_model


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
