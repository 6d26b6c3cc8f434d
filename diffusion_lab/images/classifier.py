"""A small convolutional classifier: its last hidden layer is where images are compared."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .features import guess

GROUPS = 8


class Classifier(nn.Module):
    """Convolution, norm, SiLU and 2x2 pooling for each width; then `features` numbers; classes.

    shape : (C, H, W) of an image;  widths : channels of the stages, multiples of 8
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        widths: tuple[int, ...] = (16, 32, 64),
        features: int = 64,
    ) -> None:
        super().__init__()
        channels, height, width = shape
        stages: list[nn.Module] = []
        for new in widths:
            stages += [
                nn.Conv2d(channels, new, 3, padding=1),
                nn.GroupNorm(GROUPS, new),
                nn.SiLU(),
                nn.MaxPool2d(2, ceil_mode=True),
            ]
            channels, height, width = new, -(-height // 2), -(-width // 2)
        self.stages = nn.Sequential(*stages)
        self.hidden = nn.Linear(channels * height * width, features)
        self.out = nn.Linear(features, classes)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer: images (batch, C, H, W) in [-1, 1] -> (batch, features)."""
        return nn.functional.silu(self.hidden(self.stages(x).flatten(1)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits: (batch, C, H, W) -> (batch, classes)."""
        return self.out(self.features(x))


@dataclass(frozen=True)
class ClassifierConfig:
    """Everything that decides the weights of a classifier."""

    data: str = "digits"
    widths: tuple[int, ...] = (16, 32, 64)
    features: int = 64
    steps: int = 600
    batch_size: int = 128
    lr: float = 2e-3
    seed: int = 0


def train_classifier(
    config: ClassifierConfig, images: Tensor, labels: Tensor, classes: int
) -> Iterator[tuple[float, Classifier]]:
    """Train on images (N, C, H, W) in [-1, 1] and labels (N,), yielding (loss, net) every step.

    AdamW with a short warm-up and a half cosine; every image is seen once before one is seen
    again. Random draws come from config.seed alone, the initial weights too.
    Raises ValueError when images and labels differ in number or there are none.
    """
    count = images.shape[0]
    if count == 0 or labels.shape != (count,):
        raise ValueError(f"{count} images and labels {tuple(labels.shape)}; one label for each.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        c, h, w = images.shape[1:]
        net = Classifier((c, h, w), classes, config.widths, config.features)
    net = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    net = net.to(images.device).train()
    generator = torch.Generator().manual_seed(config.seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=config.lr, weight_decay=1e-2)
    queue = torch.empty(0, dtype=torch.int64)
    for step in range(config.steps):
        while queue.numel() < config.batch_size:
            queue = torch.cat([queue, torch.randperm(count, generator=generator)])
        pick, queue = queue[: config.batch_size], queue[config.batch_size :]
        ramp = min(1.0, (step + 1) / 50) * 0.5 * (1.0 + math.cos(math.pi * step / config.steps))
        for group in optimizer.param_groups:
            group["lr"] = config.lr * ramp
        pick = pick.to(images.device)
        loss = nn.functional.cross_entropy(net(images[pick]), labels[pick])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        yield loss.item(), net


def accuracy(net: Classifier, images: Tensor, labels: Tensor) -> float:
    """The share of images (N, C, H, W) in [-1, 1] to which the net gives their label (N,)."""
    return (guess(net, images) == labels).double().mean().item()
