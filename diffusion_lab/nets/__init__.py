"""Networks net(x, log_snr, label): they see the noise level, never a step number."""

from .adapter import SteppedNet, load_diffusers
from .dit import DiT
from .embedding import NoiseEmbedding
from .mlp import MLP
from .unet import UNet

__all__ = ["MLP", "DiT", "NoiseEmbedding", "SteppedNet", "UNet", "load_diffusers"]
