"""What the tests of the samplers share: a ring of Gaussians under VP, and a run from its noise."""

import torch
from torch.overrides import TorchFunctionMode

from diffusion_lab.density import ring_mixture
from diffusion_lab.process import VP, GaussianPath, exact_prediction, exact_score
from diffusion_lab.sampling import Step, integrate

PATH, RING = VP(), ring_mixture(6, 1.5, 0.3)
PREDICT, SCORE = exact_prediction(RING, PATH), exact_score(RING, PATH)


def generator(seed: int = 0) -> torch.Generator:
    """Return a source of noise."""
    return torch.Generator().manual_seed(seed)


def start(path: GaussianPath = PATH) -> torch.Tensor:
    """Draw 50 points of the prior, always the same: (50, 2)."""
    return path.prior((50, 2), generator(1))


def end(step: Step, times: torch.Tensor, path: GaussianPath = PATH) -> torch.Tensor:
    """Carry them along the times: (50, 2)."""
    return integrate(step, start(path), times, generator(3), keep="last").x


class SameNoise(TorchFunctionMode):
    """torch.randn draws in float64 on the CPU and then converts: one noise for every run."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Draw, or call what was called."""
        kwargs = kwargs or {}
        if func is not torch.randn:
            return func(*args, **kwargs)
        noise = torch.randn(*args, generator=kwargs["generator"], dtype=torch.float64)
        return noise.to(device=kwargs["device"], dtype=kwargs["dtype"])
