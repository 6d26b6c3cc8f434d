"""Checkpoints: safetensors with a JSON header, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

FORMAT = "diffusion_lab/1"


class CheckpointError(RuntimeError):
    """A checkpoint could not be written or read; the message says why and what to do."""


def save_tensors(path: str | Path, tensors: dict[str, Tensor], info: dict[str, Any]) -> None:
    """Write tensors and a JSON-serialisable `info` to one file, atomically.

    An older file survives any failure. Raises CheckpointError, leaving no partial file.
    """
    header = {"format": FORMAT, "info": json.dumps(info)}
    flat = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    write_whole(path, save(flat, metadata=header))


def write_whole(path: str | Path, data: bytes) -> None:
    """Write a file so that, whatever happens, either the new or the older one is there.

    Makes the folder. Raises CheckpointError, leaving no partial file.
    """
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        kept = "the file saved before it is intact" if path.exists() else "no file was left behind"
        raise CheckpointError(
            f"could not save {path}: {error}. Free some disk space or choose another folder; "
            f"{kept}."
        ) from error


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read (tensors, info) from a file that :func:`save_tensors` wrote.

    Raises FileNotFoundError when there is no file, CheckpointError when it is truncated, corrupt
    or was written by another program.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}; train first or correct the path.")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is truncated or not a safetensors file ({error}). Delete it and go back to "
            "an older checkpoint, or train again."
        ) from error
    if header.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} was not written by diffusion_lab (format {header.get('format')!r}, expected "
            f"{FORMAT!r}). Load its weights with safetensors and net.load_state_dict instead."
        )
    return tensors, json.loads(header["info"])


def load_weights(net: torch.nn.Module, tensors: dict[str, Tensor], source: str | Path) -> None:
    """Load a state dict, naming what differs. Raises CheckpointError when it does not fit."""
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights in {source} do not fit this network: {error}. Build the net with the "
            "configuration that is stored beside them."
        ) from error
