"""The noise level (and a class label) as a feature vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

LOG_SNR_LIMIT = 20.0  # alpha = 1 or std = 1 to float32 rounding beyond; infinite at t = 0


def start_at_zero(*layers: nn.Module) -> None:
    """Zero all parameters, so that a fresh block adds nothing and a fresh net predicts 0."""
    for layer in layers:
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)


def in_full_precision(layer: nn.Module, x: Tensor) -> Tensor:
    """layer(x) in the layer's own precision, also under autocast: nets read the image so.

    bfloat16 keeps 8 bits of a pixel; at high log-SNR the noise to be found lies below them, and
    rounding the image alone raised the loss at log-SNR 9 to 13 by 3.5 %.
    """
    if not torch.amp.is_autocast_available(x.device.type):  # "meta": shapes without numbers
        return layer(x)
    with torch.autocast(x.device.type, enabled=False):
        return layer(x)


class NoiseEmbedding(nn.Module):
    """(log_snr, label) -> features:  SiLU(W2 SiLU(W1 [sin, cos](0.1 w_i log_snr)) + label row).

    width    size of the feature vector
    classes  0 for none; otherwise labels 0..classes-1, and `classes` is the "no label" row. That
             row learns only where training hides labels; without, what it says is no density
    Frequencies w_i run from 0.25 to 30, geometrically: the log-SNR varies by about 20, not 1000.
    """

    freq: Tensor

    def __init__(self, width: int, classes: int = 0, frequencies: int = 32) -> None:
        super().__init__()
        freq = torch.exp(torch.linspace(math.log(0.25), math.log(30.0), frequencies))
        self.register_buffer("freq", freq, persistent=False)
        self.hidden = nn.Linear(2 * frequencies, width)
        self.out = nn.Linear(width, width)
        self.label = nn.Embedding(classes + 1, width) if classes else None

    def forward(self, log_snr: Tensor, label: Tensor | None = None) -> Tensor:
        """log_snr (batch,), label (batch,) integers or None -> (batch, width)."""
        clipped = log_snr.clamp(-LOG_SNR_LIMIT, LOG_SNR_LIMIT)
        angle = 0.1 * clipped[:, None] * self.freq
        features = self.out(
            nn.functional.silu(self.hidden(torch.cat([angle.sin(), angle.cos()], 1)))
        )
        if self.label is not None:
            features = features + self.label(self._checked(label, log_snr, self.label))
        elif label is not None:
            raise ValueError("this net was built with classes=0 and takes no label.")
        return nn.functional.silu(features)

    @staticmethod
    def _checked(label: Tensor | None, log_snr: Tensor, table: nn.Embedding) -> Tensor:
        """The labels, or "no label" for all; values on an accelerator are not read back."""
        none = table.num_embeddings - 1
        if label is None:
            return torch.full_like(log_snr, none, dtype=torch.long)
        if label.shape != log_snr.shape or label.is_floating_point():
            raise ValueError(
                f"label is {label.dtype} of shape {tuple(label.shape)}; expected integers, one "
                f"for each of the {log_snr.shape[0]} points."
            )
        if label.device.type == "cpu" and not ((label >= 0) & (label <= none)).all():
            raise ValueError(
                f"labels run from {label.min().item()} to {label.max().item()}; this net knows "
                f"0 to {none - 1}, and {none} for no label."
            )
        return label
