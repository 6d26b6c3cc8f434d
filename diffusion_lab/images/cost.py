"""What a training step costs in arithmetic, and how much of a device's best it uses."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from ..training.denoiser import Denoiser

# Dense bfloat16 products at full clock, in 1e12 operations a second, by their makers' data sheets.
PEAK = {"A100": 312.0, "H100": 989.0, "H200": 989.0, "B200": 2250.0, "L4": 121.0, "4090": 165.0}


def training_operations(denoiser: Denoiser, shape: tuple[int, ...], labels: bool) -> float:
    """Floating-point operations of one image's forward and backward pass.

    Products only, an addition and a multiplication each. Backward costs twice forward.
    """
    device = next(denoiser.parameters()).device
    cond = {"label": torch.zeros(1, dtype=torch.long, device=device)} if labels else {}
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        denoiser(
            torch.zeros(1, *shape, device=device), torch.full((1,), 0.5, device=device), **cond
        )
    return 3.0 * counter.get_total_flops()


def share_of_peak(rate: float, device: str) -> float | None:
    """Operations a second as a share of the named device's peak; None for an unknown one."""
    peak = next((value for name, value in PEAK.items() if name in device), None)
    return None if peak is None else rate / (peak * 1e12)
