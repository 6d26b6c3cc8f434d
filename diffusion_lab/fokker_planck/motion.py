"""What a process asks of the density: one drift and one noise in the time of the simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from ..process.dynamics import Dynamics
from ..process.sde import SDE

Process: TypeAlias = SDE | Dynamics

_ROWS = 2**14  # rows of one call for many times: its temporaries stay in the processor's cache
_PROBE = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)


@dataclass(frozen=True)
class Motion:
    """dp/dtau = -div(b p) + D lap p, where tau is the time run since the start of the solve.

    forward : whether t rises with tau
    """

    process: Process
    forward: bool
    _by_rows: list[Process | None] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, process: Process, forward: bool) -> Motion:
        """Read a process. Raises ValueError for an SDE alone that is to run backward."""
        if isinstance(process, SDE) and not forward:
            raise ValueError(
                "an SDE alone cannot be run backward: diffusion in reverse is ill-posed. Give "
                "Dynamics(sde, score), whose backward drift contains the score."
            )
        return cls(process, forward)

    def drift(self, x: np.ndarray, t: float) -> np.ndarray:
        """The drift b at points (N, D), one call of the reader's functions: -> (N, D)."""
        return self._drift(self.process, torch.from_numpy(x), torch.tensor(t, dtype=torch.float64))

    def drifts(self, x: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The drift b at points (N, D) at many times (T,), in few calls: -> (T, N, D)."""
        many, points = self._for_many_times(x), torch.from_numpy(x)
        if many is not None:
            per_call = max(1, _ROWS // len(x))
            parts = []
            try:
                for t in torch.from_numpy(times).split(per_call):
                    rows = points.repeat(len(t), 1)
                    b = self._drift(many, rows, t.repeat_interleave(len(x)))
                    parts.append(b.reshape(len(t), *x.shape))
                return np.concatenate(parts)
            except ValueError:  # a bad value: the calls below say at which time
                pass
        return np.stack([self.drift(x, float(t)) for t in times])

    def diffusion(self, t: float) -> float:
        """D = sigma(t)^2 / 2."""
        return 0.5 * self.process.noise(t).item() ** 2

    def diffusions(self, times: np.ndarray, x: np.ndarray) -> np.ndarray:
        """D at many times: (T,) -> (T,). x : points at which the drift is read, (N, D)."""
        many = self._for_many_times(x)
        if many is not None:
            try:
                sigma = many.noise(torch.from_numpy(times)).detach().numpy()
                return np.broadcast_to(0.5 * sigma.astype(float) ** 2, times.shape)
            except ValueError:
                pass
        return np.array([self.diffusion(float(t)) for t in times])

    def _drift(self, process: Process, x: Tensor, t: Tensor) -> np.ndarray:
        if isinstance(process, SDE):
            b = process.drift(x, t)
        elif self.forward:
            b = process.forward_drift(x, t)
        else:
            b = -process.backward_drift(x, t)
        return b.detach().numpy()

    def _for_many_times(self, x: np.ndarray) -> Process | None:
        """The process with functions that take one time per row; found out once."""
        if not self._by_rows:
            some = torch.from_numpy(x[[len(x) // 6, len(x) // 2, (4 * len(x)) // 5]])
            self._by_rows.append(by_rows(self.process, some))
        return self._by_rows[0]


def by_rows(process: Process, x: Tensor) -> Process | None:
    """The same process for t of shape (batch,), or None if one of its functions will not have it.

    x : a few points (N, D), at which the functions are tried.
    """
    sde = process if isinstance(process, SDE) else process.sde
    f, g = _by_rows(sde.f, x), _by_rows(sde.g)
    if f is None or g is None:
        return None
    if isinstance(process, SDE):
        return SDE(f, g)
    score, sigma = process.score, process.sigma
    score = score and _by_rows(score, x)
    sigma = _by_rows(sigma) if callable(sigma) else sigma
    if (score is None) != (process.score is None) or (sigma is None) != (process.sigma is None):
        return None
    return replace(process, sde=SDE(f, g), score=score, sigma=sigma)


def _by_rows(function: Callable[..., Any], *x: Tensor) -> Callable[..., Any] | None:
    """A function of x and t, or of t alone, that takes one time per row, else None.

    Written for t of shape (batch,) it is taken as it is. Written for one number, as in
    sin(t) * x, it mostly takes a column of times as well. Either way it must return on the stack
    of points at several times what it returns at each time alone, to rounding.
    """
    rows = [a.repeat(len(_PROBE), 1) for a in x]
    t = _PROBE.repeat_interleave(len(x[0]) if x else 1)
    for shape in (-1,), (-1, 1):
        try:
            alone = torch.stack([_value(function(*x, s)) for s in _PROBE])
            alone = alone.reshape(t.shape if not x else rows[0].shape)
            together = _value(function(*rows, t.reshape(shape)))
            rounding = 100.0 * torch.finfo(alone.dtype).eps * alone.abs().max()
            constant = not x and together.ndim == 0
            same = constant or together.shape == alone.shape
            if not (same and ((together - alone).abs() <= rounding).all()):
                continue
        except Exception:  # the reader's function may raise anything; then it is called singly
            continue
        return partial(_call, function, shape)
    return None


def _value(value: Tensor | float) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)


def _call(function: Callable[..., Any], shape: tuple[int, ...], *arguments: Tensor) -> Any:
    *x, t = arguments
    if t.ndim == 0 or x:
        return function(*x, t.reshape(shape) if t.ndim else t)
    each, place = t.unique_consecutive(return_inverse=True)  # rows of one time share its value
    value = _value(function(each))
    return value[place] if value.ndim else value
