"""Bits per dimension of images by the probability flow, made as published ones are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..estimate import Estimate, mean_of
from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..process.time_grid import T_MIN, times_at
from ..sampling.likelihood import bits_per_dim
from ..sampling.likelihood_trace import draw_probes
from ..sampling.likelihood_velocity import carry_density, standard_normal_log_prob
from ..tensors import Time
from .data import ImageSet
from .grey_scale import GreyScale

SPIKE = 0.3  # std of a Gaussian that fits the even spread over [-1/2, 1/2] best: sqrt(1/12)
FAR = 200.0  # std/alpha where the flow ends, if the path gets there
CHECKED = 10  # images that are carried a second time with half the steps


@dataclass(frozen=True)
class FlowBits:
    """Bits per dimension of n test images, and everything that the number depends on."""

    bits: Estimate
    n: int
    draws: int  # of the dequantisation noise for each image
    probes: int  # of the divergence, Rademacher
    conditional: bool  # given the label: lower than the unconditional numbers of most papers
    level: float  # noise left at the data end, std/alpha, in widths of a grey level
    evaluations: int
    halved: float  # what half the steps change, in bits, on 10 images: the solver errs by less


def flow_bits(
    predict: Predict,
    path: GaussianPath,
    images: ImageSet,
    n: int = 100,
    *,
    seed: int = 0,
    labels: bool = False,
    steps: int = 16,
    draws: int = 1,
    probes: int = 1,
    level: float | None = None,
    dequantised: bool = False,
    batch: int = 100,
    device: torch.device | str = "cpu",
) -> FlowBits:
    """-E log2 p(x + u) / D - log2(1/width) over the first n test images: an upper bound of the
    bits of the discrete model that integrates p over each level's width (uniform dequantisation).

    labels : give the test labels to the model; published numbers are mostly without
    steps  : of the classical Runge-Kutta method on :func:`likelihood_times`, each of four
             evaluations, each with a backward pass for each probe
    draws  : of u for each image;  probes : of the divergence for each draw
    dequantised : the model was trained with dequantisation noise, and on that scale
    level  : p is taken where std/alpha is this share of a grey level's width. None takes the
             least noise of training, t = 1e-3; but a model trained on whole levels has a spike
             on each, and then at least 0.3, the Gaussian that fits an even spread best. The
             bound holds for any.

    The change of scale, log2(1/width), is log2(levels/2) where dequantised, else
    log2((levels - 1)/2). Standard error over images.
    Raises ValueError for n, draws, probes or a level out of range.
    Source: Theis et al. 2016; Song et al. 2021, sec. 4.3; Grathwohl et al. 2019.
    """
    scale = GreyScale(images.levels, dequantised)
    if level is None:
        trained = math.exp(-0.5 * path.log_snr(T_MIN).item()) / scale.width
        level = trained if dequantised else max(trained, SPIKE)
    most = len(images.test_bytes)
    if not (2 <= n <= most and draws >= 1 and probes >= 1 and level > 0.0 and steps >= 2):
        raise ValueError(
            f"n = {n}, draws = {draws}, probes = {probes}, level = {level:g}, steps = {steps}; "
            f"expected 2 to {most} images, at least one draw and probe, a level > 0 and 2 steps."
        )
    spread = images.train.mean().item(), images.train.var().item()
    generator = torch.Generator(device).manual_seed(seed)
    bits, halved = torch.zeros(n), 0.0
    grids = [
        likelihood_times(path, level * scale.width, scale.width, k) for k in (steps, steps // 2)
    ]
    for first in range(0, n, batch):
        rows = slice(first, min(first + batch, n))
        cond = {"label": images.test_labels[rows].to(device)} if labels else {}
        for draw in range(draws):
            x = scale.spread(images.test_bytes[rows].to(device), generator)
            v = draw_probes(x, probes, generator)
            found = _log_prob(predict, path, x, v, grids[0], spread, cond)
            found = bits_per_dim(found, x[0].numel(), scale.width).cpu()
            bits[rows] += found / draws
            if first == draw == 0:
                some = slice(CHECKED)
                few = {name: y[some] for name, y in cond.items()}
                rough = _log_prob(predict, path, x[some], v[:, some], grids[1], spread, few)
                rough = bits_per_dim(rough, x[0].numel(), scale.width).cpu()
                halved = (found[some] - rough).abs().mean().item()
    return FlowBits(mean_of(bits), n, draws, probes, labels, level, 4 * steps, halved)


def likelihood_times(path: GaussianPath, start: float, width: float, steps: int) -> Tensor:
    """Rising times, equally spaced in log((s + width)/(1 + s)) of the noise level s = std/alpha:

    a step is about a share of s between the width of a grey level and the contrast of the image,
    where images of a network need resolution; of the width below, and in 1/s above.
    -> (steps + 1,), from s = start to s = 200 or what the path reaches.
    """
    reach = (path.std(1.0) / path.alpha(1.0)).item()
    low, high = (math.log((s + width) / (1.0 + s)) for s in (start, min(reach, FAR)))
    w = torch.linspace(low, high, steps + 1, dtype=torch.float64).exp()
    return times_at(path, (w - width) / (1.0 - w))


def _log_prob(
    predict: Predict,
    path: GaussianPath,
    x: Tensor,
    probes: Tensor,
    times: Tensor,
    spread: tuple[float, float],
    cond: dict[str, Tensor],
) -> Tensor:
    """Log-density of the images at the first time, in nats: (batch,).

    spread : mean and variance of a pixel, for the Gaussian that ends the flow
    """

    def velocity(x: Tensor, t: Time) -> Tensor:
        return predict(x, t, **cond).velocity

    begin, end = (path.alpha(times[i]).item() for i in (0, -1))
    with torch.no_grad():
        carried = carry_density(velocity, begin * x, times, probes=probes)
    std = math.sqrt(end**2 * spread[1] + path.var(times[-1]).item())
    normal = standard_normal_log_prob((carried.x - end * spread[0]) / std)
    # The images are x/alpha, and the normal variable is x/std: one factor for each pixel.
    volume = x[0].numel() * (math.log(begin) - math.log(std))
    return normal + carried.gained.mean(0) + volume
