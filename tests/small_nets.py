"""Small images for nets, and weights for the layers that start at zero."""

import torch
from torch import Tensor


def awake(net: torch.nn.Module) -> torch.nn.Module:
    """Give the layers that start at zero random weights, so that all parts take part."""
    generator = torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return net.eval()


def images(channels: int = 1, height: int = 8, width: int = 8) -> Tensor:
    return torch.randn(3, channels, height, width, generator=torch.Generator().manual_seed(1))
