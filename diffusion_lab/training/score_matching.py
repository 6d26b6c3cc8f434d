"""Score matching without denoising: losses that need only samples, and the score's divergence."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

ScoreAt = Callable[[Tensor], Tensor]


def implicit_score_loss(score: ScoreAt, x: Tensor) -> Tensor:
    """Hyvarinen's loss  E[ |s(x)|^2 / 2 + div s(x) ],  one number.

    It is half the Fisher divergence E|s - grad log p|^2 minus a constant, by one integration by
    parts, so samples of p suffice. The divergence is exact and costs D backward passes.

    score : (batch, D) -> (batch, D), differentiable;  x : (batch, D), samples of p.
    Raises ValueError for another shape. Source: Hyvarinen 2005, theorem 1.
    """
    x, s = _scored(score, x)
    divergence = sum(
        torch.autograd.grad(s[:, i].sum(), x, create_graph=True)[0][:, i]
        for i in range(x.shape[1])
    )
    return (0.5 * s.square().sum(1) + divergence).mean()


def sliced_score_loss(score: ScoreAt, x: Tensor, generator: torch.Generator) -> Tensor:
    """The implicit loss with the divergence seen along one random direction a point.

        E[ |s(x)|^2 / 2 + v . grad (v . s(x)) ],   v uniform on {-1, 1}^D,

    one backward pass whatever D is. Its mean is that of :func:`implicit_score_loss`; its variance
    is larger by that of the slices. Arguments and errors are the same.
    Source: Song et al. 2019, the variance-reduced form (eq. 8).
    """
    x, s = _scored(score, x)
    bits = torch.randint(2, x.shape, generator=generator, device=x.device)
    v = (2 * bits - 1).to(x.dtype)
    along = torch.autograd.grad((s * v).sum(), x, create_graph=True)[0]
    return (0.5 * s.square().sum(1) + (along * v).sum(1)).mean()


def _scored(score: ScoreAt, x: Tensor) -> tuple[Tensor, Tensor]:
    if x.ndim != 2:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected points, (batch, D).")
    x = x.detach().requires_grad_()
    s = score(x)
    if s.shape != x.shape:
        raise ValueError(f"the score has shape {tuple(s.shape)}; expected {tuple(x.shape)}.")
    return x, s
