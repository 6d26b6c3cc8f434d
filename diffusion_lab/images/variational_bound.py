"""The variational bound on the bits of an image: prior, diffusion and decoder, for any target."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..estimate import Estimate, mean_of
from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..process.time_grid import T_MIN, times_at
from .bits_per_dim import SPIKE
from .data import ImageSet
from .grey_scale import GreyScale

BOTTOM = -10.0  # log-SNR at the prior


@dataclass(frozen=True)
class BoundBits:
    """The bound in bits per dimension, its three parts, and what it depends on."""

    bits: Estimate
    prior: float
    diffusion: float
    decoder: float
    n: int
    times: int  # for each image
    conditional: bool
    log_snr: tuple[float, float]


def variational_bound(
    predict: Predict,
    path: GaussianPath,
    images: ImageSet,
    n: int = 360,
    *,
    seed: int = 0,
    labels: bool = True,
    times: int = 8,
    top: float | None = None,
    dequantised: bool = False,
    batch: int = 250,
    device: torch.device | str = "cpu",
) -> BoundBits:
    """KL of the prior + 1/2 int E|eps - eps(z, l)|^2 dl + E[-log P(x | z)] over n test images.

        z = alpha x + std eps at log-SNR l;  the integral runs from bottom to top, and
        P(x_i | z_i) ~ exp(-(z_i/alpha - x_i)^2 e^top / 2) over the grey levels at the top.

    It bounds the bits of the discrete ancestral model from above, for every network and target
    and for every top.

    times : network evaluations for each image, at log-SNRs that are stratified over the image's
            own interval, shifted evenly from image to image; same seed, same times and noise
    dequantised : the model was trained with dequantisation noise: x is then spread over its
            level, P is N(x; z/alpha, e^-top) and counts for the width of the level
    top   : None puts the decoder at std/alpha = 0.3 grey levels, 12.1 for 256 of them, or at the
            least noise of training, t = 1e-3, if that is more. Higher tops (VDM's is 13.3) pay
            for a model only if it knows that levels are whole numbers
    Raises ValueError for n or times out of range, or a top below the bottom.
    Source: Kingma et al. 2021, eqs. (13)-(18).
    """
    if not (2 <= n <= len(images.test_bytes) and times >= 1):
        raise ValueError(
            f"n = {n}, times = {times}; expected 2 to {len(images.test_bytes)} images and at "
            "least one time."
        )
    scale = GreyScale(images.levels, dequantised)
    bottom = max(path.log_snr(1.0).item(), BOTTOM)
    if top is None:
        best = math.inf if dequantised else -2.0 * math.log(SPIKE * scale.width)
        top = min(best, path.log_snr(T_MIN).item())
    if not top > bottom:
        raise ValueError(f"top = {top:g}; expected a log-SNR above {bottom:g}.")
    generator = torch.Generator(device).manual_seed(seed)
    shift = torch.randperm(n, generator=generator, device=device) / n
    parts = torch.zeros(3, n, dtype=torch.float64)
    for first in range(0, n, batch):
        rows = slice(first, min(first + batch, n))
        whole = images.test_bytes[rows].to(device)
        x = scale.spread(whole, generator) if dequantised else scale.place(whole)
        cond = {"label": images.test_labels[rows].to(device)} if labels else {}
        parts[0, rows] = _prior(x, bottom).cpu()
        parts[2, rows] = _decoder(x, scale, top, generator).cpu()
        for k in range(times):
            level = bottom + (top - bottom) * (k + shift[rows]) / times
            t = times_at(path, torch.exp(-0.5 * level.double().cpu())).to(device)
            eps = torch.randn(x.shape, generator=generator, device=device)
            with torch.no_grad():
                seen = predict(path.sample(x, eps, t), t, **cond).eps
            square = (eps - seen).double().square().flatten(1).sum(1)
            parts[1, rows] += (0.5 * (top - bottom) / times * square).cpu()
    parts /= math.prod(images.shape) * math.log(2.0)
    prior, diffusion, decoder = parts.mean(1).tolist()
    return BoundBits(
        mean_of(parts.sum(0)), prior, diffusion, decoder, n, times, labels, (bottom, top)
    )


def _prior(x: Tensor, log_snr: float) -> Tensor:
    """KL(N(a x, s^2) || N(0, 1)) with a^2 = 1 - s^2 = sigmoid(log_snr), in nats: -> (batch,)."""
    a2 = 1.0 / (1.0 + math.exp(-log_snr))
    s2 = 1.0 - a2
    return 0.5 * (a2 * x.double().square() + s2 - 1.0 - math.log(s2)).flatten(1).sum(1)


def _decoder(x: Tensor, scale: GreyScale, log_snr: float, generator: torch.Generator) -> Tensor:
    """-log P(x | z) for one draw of z, each pixel alone, in nats: -> (batch,)."""
    std = math.exp(-0.5 * log_snr)
    noise = torch.randn(x.shape, generator=generator, device=x.device)
    if scale.dequantised:
        each = 0.5 * noise.double().square() + math.log(std / scale.width * math.sqrt(2 * math.pi))
        return each.flatten(1).sum(1)
    z = x + std * noise
    levels = scale.place(torch.arange(scale.levels, device=x.device))
    total = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    for channel in range(x.shape[1]):
        fit = -0.5 * ((z[:, channel, ..., None] - levels) / std).square()
        truth = -0.5 * ((z[:, channel] - x[:, channel]) / std).square()
        total += (fit.logsumexp(-1) - truth).double().flatten(1).sum(1)
    return total
