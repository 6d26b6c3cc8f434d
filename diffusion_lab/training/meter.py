"""The loss by noise level: where on the path a network still learns."""

from __future__ import annotations

import torch
from torch import Tensor

EDGES = (-13.0, -6.0, -3.0, -1.0, 1.0, 3.0, 6.0, 13.0)  # of the log-SNR; noise is on the left


class LossMeter:
    """Means of the training loss, over all examples and by bins of log-SNR, since the last read.

    edges : rising bin edges (K + 1); what lies outside them counts in the outermost bins
    """

    def __init__(
        self, edges: tuple[float, ...] = EDGES, device: torch.device | str = "cpu"
    ) -> None:
        self._inner = torch.tensor(edges[1:-1], device=device)
        self._sums = torch.zeros(2, len(edges) - 1, device=device, dtype=torch.float32)

    def add(self, log_snr: Tensor, errors: Tensor) -> None:
        """Count the examples of one step: (batch,) each."""
        bins = torch.bucketize(log_snr.float(), self._inner)
        self._sums[0].index_add_(0, bins, torch.ones_like(errors, dtype=torch.float32))
        self._sums[1].index_add_(0, bins, errors.float())

    def read(self) -> tuple[float, list[float | None]]:
        """The mean of all and the means of the bins (None for an empty one); starts again."""
        count, total = self._sums.cpu().clone()
        self._sums.zero_()
        means = [(e / n).item() if n else None for n, e in zip(count, total, strict=True)]
        return (total.sum() / count.sum()).item(), means
