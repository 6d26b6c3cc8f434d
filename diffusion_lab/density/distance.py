"""Distances between densities and samples, each with the noise floor of a finite sample."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def l1_on_grid(p: Tensor, q: Tensor, cell: float) -> Tensor:
    """L1 distance  sum |p - q| cell  of two densities on one grid; 0 when equal, 2 when disjoint.

    p, q : density values or cell averages of one shape;  cell : the volume of a cell.
    """
    p, q = torch.as_tensor(p), torch.as_tensor(q)
    if p.shape != q.shape:
        raise ValueError(f"p {tuple(p.shape)} and q {tuple(q.shape)} lie on different grids.")
    return (p - q).abs().sum() * cell


def histogram_l1(x: Tensor, edges: Tensor, probabilities: Tensor) -> Tensor:
    """L1 distance  sum_i |n_i/N - P_i|  of a sample's histogram to the exact cell probabilities.

    x : (N,) or (N, 1);  edges : (M + 1,) increasing;  probabilities : (M,).
    Points and probability outside the edges count as one more cell. Compare the result with
    :func:`histogram_l1_floor`, which is what N exact draws would give.
    """
    x = torch.as_tensor(x).detach().to(edges).flatten().contiguous()
    _check_sample("x", x)
    n = x.numel()
    inside = x[(x >= edges[0]) & (x <= edges[-1])]
    cell = (torch.bucketize(inside, edges, right=True) - 1).clamp(max=edges.numel() - 2)
    share = torch.bincount(cell, minlength=edges.numel() - 1).to(edges) / n
    outside = abs((1.0 - inside.numel() / n) - (1.0 - probabilities.sum().item()))
    return (share - probabilities).abs().sum() + outside


def histogram_l1_floor(n: int, probabilities: Tensor) -> float:
    """Expected L1 distance of a histogram of n exact draws:  sum_i sqrt(2 P_i (1 - P_i)/(pi n)).

    The mean absolute value of a Gaussian, cell by cell (the binomial at large n P_i).
    """
    p = torch.as_tensor(probabilities)
    return float((2.0 * p * (1.0 - p) / (math.pi * n)).clamp(min=0).sqrt().sum())


def ks_distance(x: Tensor, cdf: Tensor) -> float:
    """Kolmogorov-Smirnov distance  max |F_N - F|  of a sample to a distribution function.

    x : (N,) or (N, 1);  cdf : F at the points of x, the same number of entries.
    """
    x, f = torch.as_tensor(x).flatten(), torch.as_tensor(cdf).flatten()
    _check_sample("x", x)
    if x.shape != f.shape:
        raise ValueError(f"x has {x.numel()} entries and cdf {f.numel()}; give F at each x.")
    f = f[x.argsort()]
    rank = torch.arange(x.numel() + 1, dtype=f.dtype, device=f.device) / x.numel()
    return float(torch.maximum((rank[1:] - f).max(), (f - rank[:-1]).max()))


def ks_floor(n: int, level: float = 0.01) -> float:
    """The KS distance that n exact draws exceed with probability `level`.

    sqrt(-log(level/2) / (2 n)), the bound of Dvoretzky, Kiefer and Wolfowitz (Massart 1990).
    """
    return math.sqrt(-0.5 * math.log(level / 2.0) / n)


def sliced_wasserstein(
    x: Tensor, y: Tensor, generator: torch.Generator, projections: int = 128
) -> float:
    """Sliced 2-Wasserstein distance of two samples of equal size, in the units of x.

        W^2 = mean over unit directions u of the 1-D W_2^2 between u.x and u.y.

    x, y : (N, \\*dims). Give generators of one seed to compare on equal directions; the noise
    floor is the distance of two exact samples of this size. Source: Rabin et al. 2012.
    """
    a, b = (z.detach().double().flatten(1) for z in (x, y))
    if a.shape != b.shape:
        raise ValueError(f"x {tuple(x.shape)} and y {tuple(y.shape)}; equal sizes are needed.")
    _check_sample("x", a)
    _check_sample("y", b)
    directions = torch.randn(
        a.shape[1], projections, generator=generator, device=generator.device, dtype=a.dtype
    ).to(a)
    directions = directions / directions.norm(dim=0)
    gap = (a @ directions).sort(0).values - (b @ directions).sort(0).values
    return float(gap.square().mean().sqrt())


def energy_distance(x: Tensor, y: Tensor) -> float:
    """Energy distance  2 E|x - y| - E|x - x'| - E|y - y'|  of two samples (unbiased; may be < 0).

    x : (N, \\*dims), y : (M, \\*dims), N, M >= 2. Source: Szekely & Rizzo 2013.
    """
    a, b = (z.detach().double().flatten(1) for z in (x, y))
    _check_sample("x", a)
    _check_sample("y", b)
    n, m = a.shape[0], b.shape[0]
    if min(n, m) < 2:
        raise ValueError(f"{n} and {m} points; each sample needs at least two.")
    within = torch.pdist(a).mean() + torch.pdist(b).mean()
    return float(2.0 * torch.cdist(a, b).mean() - within)


def _check_sample(name: str, x: Tensor) -> None:
    if x.numel() == 0 or not torch.isfinite(x).all():
        raise ValueError(f"{name} is empty or holds NaN or infinite values.")
