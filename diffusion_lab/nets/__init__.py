"""Networks net(x, log_snr, label): they see the noise level, never a step number."""

from .embedding import NoiseEmbedding
from .mlp import MLP
from .unet import UNet

__all__ = ["MLP", "NoiseEmbedding", "UNet"]
