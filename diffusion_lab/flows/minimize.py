"""A plain training loop for models that state their own loss."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor


class Trainable(Protocol):
    """A module with a loss of a batch: Flow, CNF, VelocityModel, Denoiser."""

    def loss(self, batch: Tensor, generator: torch.Generator, /) -> Tensor:
        """One number, with gradients."""
        ...

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """What the loss is lowered by."""
        ...


def minimize(
    model: Trainable,
    data: Tensor,
    steps: int,
    generator: torch.Generator,
    batch_size: int = 256,
    lr: float = 2e-3,
) -> Iterator[float]:
    """Adam on model.loss with the rate falling to 0 along half a cosine; yield each loss.

    data : (N, \\*dims), from which batches are drawn; generator : of batches and of the loss
    Raises ValueError for no data or no steps, FloatingPointError when the loss is not finite,
    with the weights of the step before.
    """
    if steps < 1 or len(data) == 0:
        raise ValueError(f"steps = {steps} on {len(data)} points; expected at least one of each.")
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.99))
    for step in range(steps):
        rows = torch.randint(len(data), (batch_size,), generator=generator)
        loss = model.loss(data[rows], generator)
        value = loss.item()
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the loss became {value} at step {step + 1}. The weights are those of step "
                f"{step}: lower lr (now {lr:g}), or look for points of infinite log-density."
            )
        for group in optimizer.param_groups:
            group["lr"] = 0.5 * lr * (1.0 + math.cos(math.pi * step / steps))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        yield value
