"""Bits per dimension that anybody can reach on an image set, to compare a model with."""

from __future__ import annotations

import io
import lzma
import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..estimate import Estimate, mean_of
from .data import ImageSet

PNG_IMAGES = 2000


def baselines(images: ImageSet) -> dict[str, Estimate]:
    """Four models of grey levels, fitted to the training images: bits per dimension of the test.

    Each pixel by its own histogram, with one count spread over all levels; one Gaussian with all
    covariances, asked about k + u with u uniform on [0, 1); and two packing programs, PNG on each
    image and xz on all test images in one piece, whose sizes have no error.
    """
    x, y = images.train_bytes.flatten(1), images.test_bytes.flatten(1)
    few = images.test_bytes[:PNG_IMAGES]
    packed = lzma.compress(y.numpy().tobytes())
    return {
        "each pixel's histogram": mean_of(_histogram_bits(x, y, images.levels)),
        "one Gaussian, all covariances": mean_of(_gaussian_bits(x, y)),
        f"PNG, each of {len(few):,} images": Estimate(_png_bits(few), 0.0),
        f"xz, the {len(y):,} in one file": Estimate(8.0 * len(packed) / y.numel(), 0.0),
    }


def _histogram_bits(train: Tensor, test: Tensor, levels: int) -> Tensor:
    counts = torch.stack([column.bincount(minlength=levels) for column in train.long().T])
    share = (counts.double() + 1.0 / levels) / (len(train) + 1)
    return -share.gather(1, test.long().T).log2().mean(0)


def _gaussian_bits(train: Tensor, test: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    x, y = (
        part + torch.rand(part.shape, generator=generator, dtype=torch.float64)
        for part in (train, test)
    )
    mean, dim = x.mean(0), x.shape[1]
    half = torch.linalg.cholesky((x - mean).T @ (x - mean) / len(x))
    z = torch.linalg.solve_triangular(half, (y - mean).T, upper=False)
    constant = half.diagonal().log().sum() + 0.5 * dim * math.log(2.0 * math.pi)
    return (0.5 * z.square().sum(0) + constant) / (dim * math.log(2.0))


def _png_bits(images: Tensor) -> float:
    size = 0
    for pixels in images.permute(0, 2, 3, 1).numpy():
        file = io.BytesIO()
        Image.fromarray(np.squeeze(pixels)).save(file, "PNG", optimize=True)
        size += file.tell()
    return 8.0 * size / images.numel()
