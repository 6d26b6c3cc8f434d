"""Everything that training changes, saved and restored bit for bit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import torch
from torch import Tensor, nn

from ..process.path import GaussianPath
from .checkpoint import CheckpointError, load_tensors, load_weights, save_tensors
from .ema import Ema, power_decay

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Learner(Protocol):
    """What `fit` trains: a torch module such as a Denoiser or a VelocityModel."""

    @property
    def path(self) -> GaussianPath:
        """Tells the log-SNR of a time."""
        ...

    def draw(self, batch: Tensor, generator: torch.Generator, /) -> tuple[Tensor, Tensor]:
        """Times (batch,) for a batch (batch, \\*dims), and all else of a step that is random."""
        ...

    def errors(self, batch: Tensor, t: Tensor, drawn: Tensor, /, **cond: Tensor) -> Tensor:
        """The part of each example in the loss, which is their mean: (batch,)."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """As of any module."""
        ...

    def train(self, mode: bool = True, /) -> nn.Module:
        """As of any module."""
        ...


L = TypeVar("L", bound=Learner)


class TrainState(Generic[L]):
    """Weights, their averages, optimiser, step count and random state.

    denoiser   : the Denoiser or VelocityModel to train, on its device
    seed       : of the generator that draws batches, times and noise
    steps      : the whole length of the training
    lr         : peak learning rate; warm-up over `warmup` steps, and a half cosine to 0 over the
                 last `fall` (a fraction) of all `steps`
    ema_decay  : of the weight average; unused when there are
    ema_widths : relative widths of power-function averages, the first of which is `ema`
    fabric     : a lightning_fabric.Fabric that has been launched, for its device, its precision
                 and its processes; None trains where the denoiser is, in its own precision
    Raises ValueError for numbers out of range.
    """

    def __init__(
        self,
        denoiser: L,
        seed: int,
        steps: int,
        lr: float = 2e-3,
        warmup: int = 50,
        ema_decay: float = 0.999,
        fall: float = 1.0,
        ema_widths: tuple[float, ...] = (),
        fabric: Fabric | None = None,
    ) -> None:
        if steps < 1 or not lr > 0 or not 0.0 < fall <= 1.0:
            raise ValueError(
                f"steps = {steps}, lr = {lr:g} and fall = {fall:g}; all must be positive, and "
                "fall at most 1."
            )
        self.denoiser, self.steps, self.lr = denoiser, steps, lr
        self._module = cast(nn.Module, denoiser)
        self.warmup, self.fall, self.fabric = warmup, fall, fabric
        self.step = 0
        optimizer: Any = torch.optim.AdamW(
            denoiser.parameters(), lr=lr, betas=(0.9, 0.99), weight_decay=0.0
        )
        self.errors: Callable[..., Tensor] = denoiser.errors
        if fabric is not None:
            model, optimizer = fabric.setup(self._module, optimizer)
            model.mark_forward_method("errors")  # so that it runs in precision, and in step
            self.errors = model.errors
        self.optimizer = optimizer
        decays = [power_decay(width) for width in ema_widths] or [ema_decay]
        self.averages = [Ema(self._module, decay) for decay in decays]
        self.device = next(denoiser.parameters()).device
        self.generator = torch.Generator(self.device).manual_seed(seed)

    @property
    def ema(self) -> Ema:
        """The average that :meth:`use_average` takes."""
        return self.averages[0]

    def rate(self) -> float:
        """The learning rate of the next step."""
        ramp = min(1.0, (self.step + 1) / max(1, self.warmup))
        fallen = max(0.0, self.step / self.steps - (1.0 - self.fall)) / self.fall
        return self.lr * ramp * 0.5 * (1.0 + math.cos(math.pi * fallen))

    def take_averages(self) -> None:
        """Let each average take in the present weights."""
        for ema in self.averages:
            ema.update(self._module)

    def use_average(self) -> L:
        """Put the averaged weights into the denoiser and return it, for sampling."""
        self._module.load_state_dict(self.ema.state())
        self._module.eval()
        return self.denoiser

    def save(self, path: str | Path, info: dict | None = None) -> None:
        """Write everything needed to go on bit for bit. Raises CheckpointError, losing nothing."""
        tensors = {f"net.{k}": v for k, v in self._module.state_dict().items()}
        for i, ema in enumerate(self.averages):
            tensors |= {f"ema.{i}.{k}": v for k, v in ema.state().items()}
        for i, slot in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": torch.as_tensor(v) for k, v in slot.items()}
        tensors["generator"] = self.generator.get_state()
        save_tensors(path, tensors, {"step": self.step, **(info or {})})

    def restore(self, path: str | Path, check: Callable[[dict], None] = lambda info: None) -> dict:
        """Read a file written by :meth:`save` into this state; return its info.

        check : is given the info first, and may raise
        Raises FileNotFoundError or CheckpointError, with this state unchanged.
        """
        tensors, info = load_tensors(path)
        if "generator" not in tensors or "step" not in info:
            raise CheckpointError(f"{path} holds weights but no training state; it cannot resume.")
        check(info)
        load_weights(self._module, _part(tensors, "net."), path)  # checks names and shapes
        for i, ema in enumerate(self.averages):
            for name, value in _part(tensors, f"ema.{i}.").items():
                ema.average[name].copy_(value)
            ema.updates = info["step"]
        slots: dict[int, dict[str, Tensor]] = {}
        for i, parameter in enumerate(self.denoiser.parameters()):
            for key, value in _part(tensors, f"optimizer.{i}.").items():
                like = value.shape == parameter.shape  # keep the parameter's memory layout
                slot = torch.empty_like(parameter).copy_(value) if like else value
                slots.setdefault(i, {})[key] = slot.detach()
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})
        self.generator.set_state(tensors["generator"])
        self.step = info["step"]
        return info


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
