"""From stored bytes to training examples: scaled, dequantised, flipped, some labels hidden."""

from __future__ import annotations

import torch
from torch import Tensor

from ..training.fit import Cond, Prepare
from .config import RunConfig
from .data import ImageSet


def preparation(config: RunConfig, images: ImageSet) -> Prepare:
    """The `prepare` of :func:`diffusion_lab.training.fit` for a run on these images.

    With config.dequantise a grey level k of L becomes 2 (k + u)/L - 1, u uniform on [0, 1): a
    density on images then bounds the probability of the grey levels (Theis et al. 2016, sec. 3.1).
    Hidden labels become `classes`, the net's "no label".
    """

    def prepare(levels: Tensor, cond: Cond, generator: torch.Generator) -> tuple[Tensor, Cond]:
        def draw(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, device=generator.device)

        x0 = images.scale(levels)
        if config.dequantise:
            x0 = (levels + draw(*levels.shape)) * (2.0 / images.levels) - 1.0
        n = len(x0)
        if config.flip:
            mirrored = (draw(n) < 0.5)[:, None, None, None]
            x0 = torch.where(mirrored, x0.flip(-1), x0)
        if config.label_drop:
            hidden = draw(n) < config.label_drop
            cond = {"label": torch.where(hidden, images.classes, cond["label"])}
        return x0, cond

    return prepare
