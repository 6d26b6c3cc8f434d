"""The nets that are compared, of equal parameter count, each as net(x, log_snr)."""

import math
import os
import sys
from collections.abc import Callable
from unittest.mock import MagicMock

import torch
from torch import Tensor, nn

from diffusion_lab.nets import DiT, UNet


class Stepped(nn.Module):
    """A peer, which takes a time index: 0 to 1000 along the cosine path that all train on.

    more : what else it has to be given
    """

    def __init__(self, net: nn.Module, *more: None) -> None:
        super().__init__()
        self.net, self.more = net, more

    def forward(self, x: Tensor, log_snr: Tensor) -> Tensor:
        out = self.net(x, 2000.0 / math.pi * torch.atan(torch.exp(-0.5 * log_snr)), *self.more)
        return getattr(out, "sample", out)


def ours(channels: int) -> nn.Module:
    net = UNet(channels, (32, 48, 128), (1, 1, 2), (1, 1, 2), features=112)
    return net.to(memory_format=torch.channels_last)


def transformer(channels: int) -> nn.Module:
    return DiT(channels, patch=4, width=144, depth=4, features=144)


def diffusers(channels: int) -> nn.Module:
    """Its own layout of memory: with channels last it was slower."""
    from diffusers import UNet2DModel

    return Stepped(
        UNet2DModel(
            in_channels=channels,
            out_channels=channels,
            block_out_channels=(32, 64, 64),
            layers_per_block=2,
            norm_num_groups=8,
            attention_head_dim=8,
            down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        )
    )


def lucidrains(channels: int) -> nn.Module:
    """The Unet alone: what its package imports to read folders and to train is left out."""
    others = "torchvision", "accelerate", "ema_pytorch", "pytorch_fid", "pytorch_fid.fid_score"
    names = [name for name in (*others, "pytorch_fid.inception") if name not in sys.modules]
    sys.modules.update({name: MagicMock() for name in names})
    try:
        from denoising_diffusion_pytorch import Unet
    finally:
        for name in names:
            del sys.modules[name]
    return Stepped(Unet(34, dim_mults=(1, 2, 2), channels=channels))


def edm(channels: int) -> nn.Module:
    """The network of Karras et al. 2022: no package, but a copy of their repository has it."""
    folder = os.environ.get(EDM_FOLDER)
    if not folder:
        raise ImportError(name=f"{EDM_FOLDER} does not name a copy of github.com/NVlabs/edm")
    sys.path.insert(0, folder)
    try:
        from training.networks import SongUNet
    finally:
        sys.path.remove(folder)
    size = {"model_channels": 32, "channel_mult": [1, 2, 2], "num_blocks": 2}
    return Stepped(
        SongUNet(28, channels, channels, attn_resolutions=[7], dropout=0.0, **size), None
    )


EDM_FOLDER = "EDM_FOLDER"  # environment variable
OURS, DIFFUSERS, LUCIDRAINS = "ours, UNet", "diffusers UNet2DModel", "lucidrains Unet"
EDM = "EDM SongUNet"
NETS: dict[str, Callable[[int], nn.Module]] = {
    OURS: ours,
    "ours, DiT (patch 4)": transformer,
    DIFFUSERS: diffusers,
    LUCIDRAINS: lucidrains,
    EDM: edm,
}
