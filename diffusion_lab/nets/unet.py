"""A small U-Net whose parameters sit where they are cheap: at the coarse resolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, scaled_dot_product_attention, silu

from .embedding import NoiseEmbedding, in_full_precision, start_at_zero

GROUPS = 8


def check_images(x: Tensor, channels: int, factor: int) -> None:
    """Raise ValueError unless x is (batch, channels, H, W), H and W multiples of factor."""
    if x.ndim != 4 or x.shape[1] != channels or x.shape[2] % factor or x.shape[3] % factor:
        raise ValueError(
            f"x has shape {tuple(x.shape)}; this net needs (batch, {channels}, H, W) with H and "
            f"W multiples of {factor}. Pad or crop the images, or build another net."
        )


class ResBlock(nn.Module):
    """Two 3x3 convolutions; the embedding scales and shifts the second norm. Starts as x."""

    def __init__(self, channels_in: int, channels: int, embedding: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(GROUPS, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.film = nn.Linear(embedding, 2 * channels)
        same = channels_in == channels
        self.skip = nn.Identity() if same else nn.Conv2d(channels_in, channels, 1)
        start_at_zero(self.conv2, self.film)

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        """x (batch, C_in, H, W), features (batch, E) -> (batch, C, H, W)."""
        scale, shift = self.film(features)[:, :, None, None].chunk(2, 1)
        h = self.conv1(silu(self.norm1(x)))
        h = self.conv2(silu(torch.addcmul(shift, self.norm2(h), 1.0 + scale)))
        return self.skip(x) + h


class Blocks(nn.ModuleList):
    """`count` residual blocks in a row; the first changes the number of channels."""

    def __init__(self, channels_in: int, channels: int, count: int, embedding: int) -> None:
        sizes = [channels_in, *[channels] * (count - 1)]
        super().__init__(ResBlock(size, channels, embedding) for size in sizes[:count])

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        """x (batch, C_in, H, W), features (batch, E) -> (batch, C, H, W)."""
        for block in self:
            x = block(x, features)
        return x


class Attention(nn.Module):
    """Self-attention over the pixels of a coarse map. Starts as x."""

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        self.heads, self.norm = heads, nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        start_at_zero(self.out)

    def forward(self, x: Tensor) -> Tensor:
        """x (batch, C, H, W) -> the same shape."""
        b, c, h, w = x.shape
        qkv = self.qkv(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, h * w)
        q, k, v = qkv.transpose(-1, -2).unbind(1)  # each (batch, heads, pixels, C / heads)
        y = scaled_dot_product_attention(q, k, v).transpose(-1, -2).reshape(b, c, h, w)
        return x + self.out(y)


class UNet(nn.Module):
    """Down by 2x2 stride-2 convolutions, attention at the bottom, up by pixel shuffle.

    channels  of the image
    widths    features at full, half, quarter resolution...; multiples of 8
    down, up  residual blocks at each level on each side; the last entries frame the attention
    classes   as in NoiseEmbedding;  features  width of the embedding
    H and W must be multiples of 2^(len(widths) - 1). Raises ValueError for other sizes, and for
    widths and counts that do not fit together.

    By width, with k = 1, 2, 4, 7, 12: 0.4, 1.6, 6.5, 20 and 59 million parameters in
    UNet(channels, (16 k, 24 k, 64 k), (1, 1, 2), (1, 1, 2), features=56 k).
    """

    def __init__(
        self,
        channels: int = 1,
        widths: Sequence[int] = (32, 64),
        down: Sequence[int] = (1, 1),
        up: Sequence[int] = (1, 1),
        features: int = 64,
        classes: int = 0,
    ) -> None:
        super().__init__()
        if not len(widths) == len(down) == len(up) > 0:
            raise ValueError(
                f"widths {tuple(widths)}, down {tuple(down)} and up {tuple(up)} must be of one "
                "length: a number of features and of blocks for each resolution."
            )
        if any(w < GROUPS or w % GROUPS for w in widths):
            raise ValueError(
                f"widths {tuple(widths)} must be multiples of {GROUPS}, the number of groups of "
                "the norms."
            )
        if min(down) < 0 or min(up[:-1], default=1) < 1 or up[-1] < 0:
            raise ValueError(
                f"down {tuple(down)}, up {tuple(up)}: counts of blocks. Those of up, its last "
                "apart, must be at least 1: the first block takes the skip in."
            )
        pairs = list(zip(widths[:-1], widths[1:], strict=True))
        bottom = widths[-1]
        self.factor = 2 ** len(pairs)
        self.embedding = NoiseEmbedding(features, classes)
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(
            Blocks(w, w, n, features) for w, n in zip(widths, down, strict=True)
        )
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairs)
        self.attention = Attention(bottom)
        self.bottom = Blocks(bottom, bottom, up[-1], features)
        self.grow = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in pairs)
        self.up = nn.ModuleList(
            Blocks(2 * w, w, n, features) for w, n in zip(widths[:-1], up[:-1], strict=True)
        )
        self.norm = nn.GroupNorm(GROUPS, widths[0])
        self.head = nn.Conv2d(widths[0], channels, 3, padding=1)
        start_at_zero(self.head)

    def forward(self, x: Tensor, log_snr: Tensor, label: Tensor | None = None) -> Tensor:
        """x (batch, C, H, W), log_snr (batch,), label (batch,) or None -> like x."""
        check_images(x, self.stem.in_channels, self.factor)
        features = self.embedding(log_snr, label)
        h, skips = in_full_precision(self.stem, x), []
        for level, blocks in enumerate(self.down):
            h = blocks(h, features)
            if level < len(self.shrink):
                skips.append(h)
                h = self.shrink[level](h)
        h = self.attention(h)
        h = self.bottom(h, features)
        for grow, blocks in zip(reversed(self.grow), reversed(self.up), strict=True):
            h = blocks(torch.cat([pixel_shuffle(grow(h), 2), skips.pop()], 1), features)
        return self.head(silu(self.norm(h)))
