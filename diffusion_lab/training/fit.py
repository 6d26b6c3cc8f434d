"""The training loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from .state import TrainState

Cond: TypeAlias = dict[str, Tensor]
Prepare: TypeAlias = Callable[[Tensor, Cond, torch.Generator], tuple[Tensor, Cond]]


class TrainingDiverged(FloatingPointError):
    """The loss stopped being finite; the weights are those before the bad step."""


@dataclass(frozen=True)
class Progress:
    """What one training step reports."""

    step: int  # counted from 1
    loss: float  # of this batch
    lr: float
    log_snr: Tensor  # (batch,), the noise level of each example
    errors: Tensor  # (batch,), its part of the loss


def fit(
    state: TrainState,
    data: Tensor,
    batch_size: int = 128,
    prepare: Prepare | None = None,
    **cond: Tensor,
) -> Iterator[Progress]:
    """Train until state.steps, yielding Progress after every step.

    data    : (N, \\*dims) on the denoiser's device
    prepare : turns a batch of data and its conditions into what the loss takes: scaled bytes,
              flipped images, dropped labels. All its randomness comes from the generator.
    cond    : tensors (N, ...) that go with data, such as label=
    Each batch is drawn with replacement from state.generator, so stopping, saving and resuming
    gives the same weights as never having stopped. With several processes each draws the whole
    batch, alike, and learns from its share of it: their number does not change the run.
    Raises ValueError for empty or non-finite data and a batch that cannot be shared evenly,
    TrainingDiverged when the loss is not finite.
    """
    _check(data)
    generator, share = state.generator, _share(state, batch_size)
    state.denoiser.train()
    while state.step < state.steps:
        pick = torch.randint(
            data.shape[0], (batch_size,), generator=generator, device=generator.device
        ).to(data.device)
        x0, given = data[pick], {k: v[pick] for k, v in cond.items()}
        if prepare is not None:
            x0, given = prepare(x0, given, generator)
        t, eps = state.denoiser.draw(x0, generator)

        mine = {k: v[share] for k, v in given.items()}
        errors = state.errors(x0[share], t[share], eps[share], **mine)
        everyone = _gathered(state, errors.detach())
        loss = everyone.mean().item()
        if not math.isfinite(loss):
            raise TrainingDiverged(
                f"the loss became {loss} at step {state.step + 1}. The weights are still those "
                f"of step {state.step}: save them, lower lr (now {state.lr:g}) and train again."
            )

        lr = state.rate()
        for group in state.optimizer.param_groups:
            group["lr"] = lr
        state.optimizer.zero_grad(set_to_none=True)
        errors.mean().backward()  # with several processes, also averages the gradients
        torch.nn.utils.clip_grad_norm_(state.denoiser.parameters(), 1.0)
        state.optimizer.step()
        state.step += 1
        state.take_averages()
        yield Progress(state.step, loss, lr, state.denoiser.path.log_snr(t), everyone)


def _check(data: Tensor) -> None:
    finite = not data.is_floating_point() or torch.isfinite(data).all()
    if data.shape[0] == 0 or not finite:
        raise ValueError(
            "data is empty or holds NaN or infinite values; clean it before training."
        )


def _share(state: TrainState, batch_size: int) -> slice:
    """The part of each batch that this process learns from."""
    if state.fabric is None:
        return slice(None)
    processes, rank = state.fabric.world_size, state.fabric.global_rank
    if batch_size % processes:
        raise ValueError(
            f"a batch of {batch_size} cannot be shared evenly by {processes} processes; make it a "
            f"multiple of {processes}."
        )
    return slice(rank * batch_size // processes, (rank + 1) * batch_size // processes)


def _gathered(state: TrainState, errors: Tensor) -> Tensor:
    """The errors of the whole batch, from all processes: (batch,)."""
    if state.fabric is None or state.fabric.world_size == 1:
        return errors
    parts = state.fabric.all_gather(errors)
    assert isinstance(parts, Tensor)
    return parts.flatten()
