"""Where a run trains: device, precision and processes, by Lightning Fabric."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch

from .config import Precision

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def start_fabric(device: str = "auto", precision: Precision = "float32") -> Fabric:
    """A launched Fabric: one process, or under `torchrun` all of its processes, one a device.

    device    : "cpu", "cuda", "mps", or "auto" for cuda where there is one and else cpu
    precision : "bfloat16" runs the network's products so where the hardware has such units; where
                it has none, and it would be slower, they run in float32
    Raises ValueError for a device that is not there.
    """
    from lightning_fabric import Fabric

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    backends = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not backends.get(device):
        have = ", ".join(name for name, there in backends.items() if there)
        raise ValueError(f"device {device!r} is not there; this machine has {have}.")
    if device == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32 for what stays in float32
    world = int(os.environ.get("WORLD_SIZE", 1))
    here = int(os.environ.get("LOCAL_WORLD_SIZE", world))
    fabric = Fabric(
        accelerator=device,
        devices=here,
        num_nodes=world // here,
        strategy="ddp" if world > 1 else "auto",
        precision="bf16-mixed" if precision == "bfloat16" and has_bfloat16(device) else "32-true",
    )
    fabric.launch()
    return fabric


def out_of_memory(error: RuntimeError) -> bool:
    """Whether a device has no room left: torch says so by name on a GPU, by words on a CPU."""
    return any(words in str(error) for words in ("out of memory", "allocate memory"))


def has_bfloat16(device: str) -> bool:
    """Whether the device multiplies bfloat16 numbers in hardware."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu":
        found = getattr(torch.cpu, "get_capabilities", dict)()  # torch >= 2.9
        return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    return False
