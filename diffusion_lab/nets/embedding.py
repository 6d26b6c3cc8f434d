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


class NoiseEmbedding(nn.Module):
    """(log_snr, label) -> features:  SiLU(W2 SiLU(W1 [sin, cos](0.1 w_i log_snr)) + label row).

    width    size of the feature vector
    classes  0 for none; otherwise labels 0..classes-1, and `classes` is the "no label" row
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
            if label is None:
                label = torch.full_like(log_snr, self.label.num_embeddings - 1, dtype=torch.long)
            features = features + self.label(label)
        elif label is not None:
            raise ValueError("this net was built with classes=0 and takes no label.")
        return nn.functional.silu(features)
