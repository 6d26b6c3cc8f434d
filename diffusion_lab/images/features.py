"""What a classifier sees in images: its last hidden layer, and its guess of the label."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Reader(Protocol):
    """Anything with features and logits; :class:`Classifier` is one."""

    def features(self, x: Tensor) -> Tensor:
        """Images (batch, C, H, W) in [-1, 1] -> (batch, F)."""
        ...

    def __call__(self, x: Tensor) -> Tensor:
        """Images -> logits (batch, classes)."""
        ...


@torch.no_grad()
def features(reader: Reader, images: Tensor, batch: int = 1000) -> Tensor:
    """The reader's features: (N, C, H, W) in [-1, 1] -> (N, F), float64."""
    return torch.cat([reader.features(x) for x in images.split(batch)]).double()


@torch.no_grad()
def guess(reader: Reader, images: Tensor, batch: int = 1000) -> Tensor:
    """The label the reader gives each image: (N, C, H, W) -> (N,)."""
    return torch.cat([reader(x).argmax(1) for x in images.split(batch)])
