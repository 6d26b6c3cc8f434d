"""Where the whole numbers of an image lie on [-1, 1], and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class GreyScale:
    """Grey level k of L as a number:  2 k/(L - 1) - 1, as ImageSet.scale has it,

    or, for a model trained with dequantisation, the middle of its share of [-1, 1]:
    (2 k + 1)/L - 1, where 2 (k + u)/L - 1 with u uniform on [0, 1) is what it was trained on.
    """

    levels: int
    dequantised: bool = False

    @property
    def width(self) -> float:
        """The distance of two levels."""
        return 2.0 / (self.levels if self.dequantised else self.levels - 1)

    def place(self, whole: Tensor) -> Tensor:
        """Whole numbers 0 ... levels - 1 -> float32."""
        middle = (self.levels - 1) / 2  # the levels lie evenly about 0
        return (whole.float() - middle) * self.width

    def spread(self, whole: Tensor, generator: torch.Generator) -> Tensor:
        """Each level spread evenly over its width: whole numbers -> float32."""
        x = self.place(whole)
        return x + self.width * (torch.rand(x.shape, generator=generator, device=x.device) - 0.5)

    def read(self, x: Tensor) -> Tensor:
        """The nearest level of each number, as a file would hold it: float -> uint8.

        Raises ValueError for values that are not finite.
        """
        if not torch.isfinite(x).all():
            bad = int((~torch.isfinite(x)).flatten(1).any(1).sum())
            raise ValueError(f"{bad} of {len(x)} samples hold NaN or infinite values.")
        level = x.float() / self.width + (self.levels - 1) / 2
        return level.round().clamp(0, self.levels - 1).to(torch.uint8)
