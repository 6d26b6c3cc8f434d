"""Networks from elsewhere, which ask for a step number, as ours, which ask for the log-SNR."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..process.prediction import Target
from .embedding import LOG_SNR_LIMIT

TARGETS: dict[str, Target] = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}


class SteppedNet(nn.Module):
    """net(x, k), trained on steps k = 0 to K - 1 of a DDPM chain, as net(x, log_snr, label).

        log_snr  ->  k with log(abar_k / (1 - abar_k)) = log_snr,   between two steps linearly,

    net            : module of (x, k) or (x, k, label) that returns the prediction for
                     x = sqrt(abar_k) x_0 + sqrt(1 - abar_k) eps, or an object with it as .sample
    alphas_cumprod : abar, (K,), falling: a diffusers scheduler has it
    Beyond its steps the net sees the first or the last. With Denoiser(SteppedNet(...), path,
    target) it runs on any path, since the input is scaled to alpha^2 + std^2 = 1 there.
    Raises ValueError when abar does not fall from at most 1 to at least 0.
    """

    levels: Tensor

    def __init__(self, net: nn.Module, alphas_cumprod: Tensor) -> None:
        super().__init__()
        bar = torch.as_tensor(alphas_cumprod, dtype=torch.float64)
        if (
            bar.ndim != 1
            or len(bar) < 2
            or bar.max() > 1
            or bar.min() < 0
            or bar.diff().max() >= 0
        ):
            raise ValueError(
                f"alphas_cumprod of shape {tuple(bar.shape)} must be two or more numbers that "
                "fall from at most 1 to at least 0, such as those of a diffusers scheduler."
            )
        self.net = net
        rising = torch.logit(bar).clamp(-LOG_SNR_LIMIT, LOG_SNR_LIMIT).flip(0)
        self.register_buffer("levels", rising, persistent=False)

    def step_of(self, log_snr: Tensor) -> Tensor:
        """The step number, a fraction between two steps: (batch,) -> (batch,) float32."""
        wanted = log_snr.to(self.levels).clamp(self.levels[0], self.levels[-1])
        right = torch.searchsorted(self.levels, wanted).clamp(1, len(self.levels) - 1)
        low, high = self.levels[right - 1], self.levels[right]
        return (len(self.levels) - right - (wanted - low) / (high - low)).float()

    def forward(self, x: Tensor, log_snr: Tensor, label: Tensor | None = None) -> Tensor:
        """x (batch, C, H, W), log_snr (batch,), label (batch,) or None -> like x."""
        step = self.step_of(log_snr)
        out = self.net(x, step) if label is None else self.net(x, step, label)
        return getattr(out, "sample", out)


def load_diffusers(folder: str | Path) -> tuple[SteppedNet, Target]:
    """The UNet2DModel of a diffusers pipeline on disk, and what it predicts: (net, target).

        net, target = load_diffusers("ddpm-cifar10-32")
        predict = Denoiser(net, VP(), target).predict          # then any sampler

    folder : holds unet/ (config.json and .safetensors weights) and scheduler/ (its config).
    Nothing is fetched and nothing unpickled. Clipping of x0, which some schedulers add, is left
    out. A net of eps says nothing of x0 where alpha = 0: on such a path start below t = 1.
    Raises ImportError without diffusers, FileNotFoundError when the folder holds no such model,
    ValueError for a prediction of another kind.
    """
    folder = Path(folder)
    config = folder / "scheduler" / "scheduler_config.json"
    for needed in (folder / "unet" / "config.json", config):
        if not needed.is_file():
            raise FileNotFoundError(
                f"there is no {needed}. A diffusers pipeline saved by save_pretrained has unet/ "
                "and scheduler/ in its folder; name that folder."
            )
    try:
        from diffusers.models.unets.unet_2d import UNet2DModel
        from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
    except ImportError as error:
        raise ImportError("this needs diffusers: pip install diffusers") from error
    kind = json.loads(config.read_text()).get("prediction_type", "epsilon")
    if kind not in TARGETS:
        raise ValueError(f"{config} says prediction_type = {kind!r}; expected {list(TARGETS)}.")
    scheduler: Any = DDPMScheduler.from_pretrained(config.parent, local_files_only=True)
    net = UNet2DModel.from_pretrained(
        folder / "unet", local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False
    )
    return SteppedNet(net, scheduler.alphas_cumprod).eval(), TARGETS[kind]
