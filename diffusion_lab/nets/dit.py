"""A small diffusion transformer: an image as a row of patches that look at each other."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, scaled_dot_product_attention

from .embedding import NoiseEmbedding, in_full_precision, start_at_zero
from .unet import check_images


def positions(rows: int, columns: int, width: int, x: Tensor) -> Tensor:
    """sin and cos of row and column at width/4 frequencies, from 1 down to 1e-4.

    -> (patches, width), computed for the image at hand, so that one net takes any size; with the
    device and dtype of x.
    """
    frequency = torch.exp(torch.linspace(0.0, math.log(1e-4), width // 4, device=x.device))
    row, column = (torch.arange(n, device=x.device)[:, None] * frequency for n in (rows, columns))
    grid = torch.cat(
        [row[:, None].expand(-1, columns, -1), column[None].expand(rows, -1, -1)], dim=-1
    )
    return torch.cat([grid.sin(), grid.cos()], dim=-1).flatten(0, 1).to(x)


def modulate(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """(1 + scale) x + shift, one scale and shift for each feature of each image."""
    return torch.addcmul(shift[:, None], x, 1.0 + scale[:, None])


class Block(nn.Module):
    """h <- h + gate attention(norm h), h <- h + gate mlp(norm h), with adaptive norms and gates.

    Scales, shifts and gates are linear in the embedding and start at zero ("adaLN-zero"), so the
    fresh block is the identity.
    """

    def __init__(self, width: int, heads: int, features: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )
        self.modulation = nn.Linear(features, 6 * width)
        start_at_zero(self.modulation)

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        """x (batch, patches, width), features (batch, E) -> like x."""
        scale1, shift1, gate1, scale2, shift2, gate2 = self.modulation(features).chunk(6, dim=1)
        x = x + gate1[:, None] * self.attention(modulate(self.norm1(x), scale1, shift1))
        return x + gate2[:, None] * self.mlp(modulate(self.norm2(x), scale2, shift2))

    def attention(self, x: Tensor) -> Tensor:
        """Let every patch look at every other: (batch, patches, width) -> the same shape."""
        b, n, width = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, width // self.heads).unbind(2)
        seen = scaled_dot_product_attention(*(z.transpose(1, 2) for z in (q, k, v)))
        return self.out(seen.transpose(1, 2).reshape(b, n, width))


class DiT(nn.Module):
    """Patches -> linear -> `depth` blocks of attention and perceptron -> linear -> patches.

    channels  of the image;  patch  its side in pixels: H and W must be multiples of it
    width     features of a patch, a multiple of 4 and of heads;  depth  blocks
    features  width of the embedding;  classes  as in NoiseEmbedding
    About 12 depth width^2 + 6 depth width features parameters. The last layer starts at zero.
    Raises ValueError for a width that does not fit and for images of another size.
    Source: Peebles & Xie 2023, "DiT with adaLN-Zero".
    """

    def __init__(
        self,
        channels: int = 1,
        patch: int = 2,
        width: int = 96,
        depth: int = 4,
        heads: int = 4,
        features: int = 64,
        classes: int = 0,
    ) -> None:
        super().__init__()
        if width < 4 or width % 4 or width % heads:
            raise ValueError(
                f"width = {width} must be a multiple of 4 (sine and cosine of row and column) and "
                f"of heads = {heads}."
            )
        self.channels, self.patch, self.width = channels, patch, width
        self.embedding = NoiseEmbedding(features, classes)
        self.stem = nn.Conv2d(channels, width, patch, stride=patch)
        self.blocks = nn.ModuleList(Block(width, heads, features) for _ in range(depth))
        self.norm = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.modulation = nn.Linear(features, 2 * width)
        self.head = nn.Linear(width, channels * patch**2)
        start_at_zero(self.modulation, self.head)

    def forward(self, x: Tensor, log_snr: Tensor, label: Tensor | None = None) -> Tensor:
        """x (batch, C, H, W), log_snr (batch,), label (batch,) or None -> like x."""
        check_images(x, self.channels, self.patch)
        features = self.embedding(log_snr, label)
        h = in_full_precision(self.stem, x)
        rows, columns = h.shape[-2:]
        h = h.flatten(2).transpose(1, 2) + positions(rows, columns, self.width, h)
        for block in self.blocks:
            h = block(h, features)
        h = self.head(modulate(self.norm(h), *self.modulation(features).chunk(2, dim=1)))
        return pixel_shuffle(h.transpose(1, 2).unflatten(2, (rows, columns)), self.patch)
