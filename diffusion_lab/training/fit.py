"""The training loop, and the state that lets it stop and go on bit for bit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .checkpoint import CheckpointError, load_tensors, load_weights, save_tensors
from .denoiser import Denoiser
from .ema import Ema


class TrainingDiverged(FloatingPointError):
    """The loss stopped being finite; the weights are those before the bad step."""


@dataclass(frozen=True)
class Progress:
    """What one training step reports."""

    step: int  # counted from 1
    loss: float  # of this batch
    lr: float


class TrainState:
    """All that training changes: weights, their average, optimiser, step count, random state.

    denoiser  : the Denoiser to train, on its device
    seed      : of the generator that draws batches, times and noise
    lr        : peak learning rate; warm-up over `warmup` steps, then a half cosine to 0 at `steps`
    steps     : the whole length of the training
    ema_decay : of the weight average
    """

    def __init__(
        self,
        denoiser: Denoiser,
        seed: int,
        steps: int,
        lr: float = 2e-3,
        warmup: int = 50,
        ema_decay: float = 0.999,
    ) -> None:
        if steps < 1 or not lr > 0:
            raise ValueError(f"steps = {steps} and lr = {lr:g}; both must be positive.")
        self.denoiser, self.steps, self.lr, self.warmup = denoiser, steps, lr, warmup
        self.step = 0
        self.ema = Ema(denoiser, ema_decay)
        self.optimizer = torch.optim.AdamW(
            denoiser.parameters(), lr=lr, betas=(0.9, 0.99), weight_decay=0.0
        )
        device = next(denoiser.parameters()).device
        self.generator = torch.Generator(device).manual_seed(seed)

    def rate(self) -> float:
        """The learning rate of the next step."""
        ramp = min(1.0, (self.step + 1) / max(1, self.warmup))
        return self.lr * ramp * 0.5 * (1.0 + math.cos(math.pi * self.step / self.steps))

    def use_average(self) -> Denoiser:
        """Put the averaged weights into the denoiser and return it, for sampling."""
        self.denoiser.load_state_dict(self.ema.state())
        return self.denoiser.eval()

    def save(self, path: str | Path, info: dict | None = None) -> None:
        """Write everything needed to go on bit for bit. Raises CheckpointError, losing nothing."""
        tensors = {f"net.{k}": v for k, v in self.denoiser.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.ema.state().items()}
        for i, slot in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": torch.as_tensor(v) for k, v in slot.items()}
        tensors["generator"] = self.generator.get_state()
        state = {"step": self.step, "ema_updates": self.ema.updates, **(info or {})}
        save_tensors(path, tensors, state)

    def restore(self, path: str | Path) -> dict:
        """Read a file written by :meth:`save` into this state; return its info.

        Raises FileNotFoundError or CheckpointError, with this state unchanged.
        """
        tensors, info = load_tensors(path)
        if "generator" not in tensors or "step" not in info:
            raise CheckpointError(f"{path} holds weights but no training state; it cannot resume.")
        slots: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, i, key = name.split(".", 2)
                slots.setdefault(int(i), {})[key] = value
        load_weights(self.denoiser, _part(tensors, "net."), path)  # checks names and shapes
        device = next(self.denoiser.parameters()).device
        self.ema.average = {k: v.to(device) for k, v in _part(tensors, "ema.").items()}
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})
        self.generator.set_state(tensors["generator"])
        self.step, self.ema.updates = info["step"], info["ema_updates"]
        return info


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def fit(
    state: TrainState, data: Tensor, batch_size: int = 128, **cond: Tensor
) -> Iterator[Progress]:
    """Train until state.steps, yielding Progress after every step.

    data : (N, \\*dims) on the denoiser's device;  cond : tensors (N, ...) that go with it, such as
    label=. Each batch is drawn with replacement from state.generator, so stopping, saving and
    resuming gives the same weights as never having stopped.
    Raises ValueError for empty or non-finite data, TrainingDiverged when the loss is not finite.
    """
    if data.shape[0] == 0 or not torch.isfinite(data).all():
        raise ValueError(
            "data is empty or holds NaN or infinite values; clean it before training."
        )
    model, generator = state.denoiser, state.generator
    model.train()
    while state.step < state.steps:
        pick = torch.randint(
            data.shape[0], (batch_size,), generator=generator, device=generator.device
        ).to(data.device)
        loss = model.loss(data[pick], generator, **{k: v[pick] for k, v in cond.items()})
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingDiverged(
                f"the loss became {value} at step {state.step + 1}. The weights are still those "
                f"of step {state.step}: save them, lower lr (now {state.lr:g}) and train again."
            )
        lr = state.rate()
        for group in state.optimizer.param_groups:
            group["lr"] = lr
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        state.optimizer.step()
        state.step += 1
        state.ema.update(model)
        yield Progress(state.step, value, lr)
