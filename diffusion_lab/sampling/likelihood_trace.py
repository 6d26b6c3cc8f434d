"""The divergence of a field: exactly, or with random probes (Hutchinson)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

Probe: TypeAlias = Literal["rademacher", "gaussian"]


def draw_probes(
    x: Tensor, count: int, generator: torch.Generator, kind: Probe = "rademacher"
) -> Tensor:
    """Independent vectors v with E[v v'] = I: -> (count, batch, \\*dims), like x.

    "rademacher" draws signs, "gaussian" normal numbers. Of all laws with independent entries the
    signs give tr J the least variance, 2 sum_(i != j) J_ij^2 for a symmetric J; normal numbers
    give 2 sum_ij J_ij^2. Raises ValueError for count < 1 or another kind.
    Source: Hutchinson 1989; Grathwohl et al. 2019, sec. 3.1.
    """
    if count < 1:
        raise ValueError(
            f"count = {count} probes; expected at least one. None is the exact trace."
        )
    if kind not in get_args(Probe):
        raise ValueError(f"kind = {kind!r}; expected one of {get_args(Probe)}.")
    shape = (count, *x.shape)
    if kind == "gaussian":
        return torch.randn(shape, generator=generator, device=x.device, dtype=x.dtype)
    signs = torch.randint(0, 2, shape, generator=generator, device=x.device)
    return (2 * signs - 1).to(x.dtype)


def check_points(x: Tensor, probes: Tensor | None) -> None:
    """Raise ValueError unless x is (batch, \\*dims), finite, and probes None or (k, *x.shape)."""
    if not x.is_floating_point() or x.ndim < 2 or not torch.isfinite(x).all():
        raise ValueError(
            f"the points have dtype {x.dtype} and shape {tuple(x.shape)}; expected finite "
            "floating-point numbers of shape (batch, *dims)."
        )
    if probes is not None and (probes.ndim != x.ndim + 1 or probes.shape[1:] != x.shape):
        raise ValueError(
            f"probes {tuple(probes.shape)} do not fit x {tuple(x.shape)}; expected "
            "(k, batch, *dims), as draw_probes(x, k, generator) makes them."
        )


def standard_error(estimates: Tensor) -> Tensor:
    """Of the mean over the probes: (k, batch) -> (batch,). One probe does not tell: NaN."""
    count = len(estimates)
    if count == 1:
        return torch.full_like(estimates[0], math.nan)
    return estimates.std(0) / math.sqrt(count)


def with_divergence(
    field: Callable[[Tensor], Tensor], x: Tensor, probes: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """field(x) and its divergence, from one evaluation of the field.

    field  : (batch, \\*dims) -> the same shape, each row from its own row only
    probes : None for the exact trace, D backward passes; or (k, batch, \\*dims) from
             :func:`draw_probes`, k backward passes for the k estimates v' J v
    -> the value (batch, \\*dims) and the divergence (k, batch), where the exact one has k = 1.
    Both keep their graph where gradients are enabled, so that a flow can be trained through them.
    Raises ValueError for an output of another shape, or one that does not come from x by torch
    operations.
    """
    training = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x if training and x.requires_grad else x.detach().requires_grad_()
        value = field(x)
        if value.shape != x.shape:
            raise ValueError(
                f"the field returned shape {tuple(value.shape)} for x of shape {tuple(x.shape)}; "
                "a velocity has one number for each coordinate."
            )
        if not value.requires_grad:
            raise ValueError(
                "the field's output does not depend on x through torch operations, so its "
                "divergence cannot be taken. Do not detach it or turn gradients off inside; "
                "write a constant c as c + 0 * x."
            )
        count = x[0].numel() if probes is None else len(probes)

        def pull(index: int) -> Tensor:
            if probes is None:
                vector = torch.zeros_like(value).flatten(1)
                vector[:, index] = 1.0
                vector = vector.view_as(value)
            else:
                vector = probes[index]
            more = training or index + 1 < count
            (found,) = torch.autograd.grad(
                value, x, vector, retain_graph=more, create_graph=training, materialize_grads=True
            )
            return (found * vector).flatten(1).sum(1)

        pulled = torch.stack([pull(index) for index in range(count)])
        divergence = pulled.sum(0, keepdim=True) if probes is None else pulled
    return (value, divergence) if training else (value.detach(), divergence.detach())
