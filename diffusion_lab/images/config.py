"""One frozen dataclass says what a run is; its JSON lies beside the result."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..nets.unet import UNet
from ..process.path import VP
from ..process.prediction import Target
from ..training.denoiser import Denoiser
from .data import ImageSet, Name


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the weights of an image run, with its defaults for the digits.

    Raises ValueError for an unknown field when read from JSON.
    """

    data: Name = "digits"
    widths: tuple[int, ...] = (24, 64)  # features at full, half, ... resolution
    down: tuple[int, ...] = (1, 1)  # residual blocks on the way down
    up: tuple[int, ...] = (1, 2)  # and on the way up
    features: int = 96  # width of the noise-and-label embedding
    beta_min: float = 0.1  # of the VP path
    beta_max: float = 20.0
    target: Target = "v"
    steps: int = 6000
    batch_size: int = 64
    lr: float = 2e-3
    ema_decay: float = 0.995
    seed: int = 0

    def build(self, images: ImageSet) -> Denoiser:
        """An untrained, class-conditional Denoiser for these images."""
        channels = images.train.shape[1]
        net = UNet(channels, self.widths, self.down, self.up, self.features, images.classes)
        return Denoiser(net, VP(self.beta_min, self.beta_max), self.target)

    def to_json(self) -> dict[str, Any]:
        """A JSON-serialisable dictionary of all fields."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> RunConfig:
        """The inverse of :meth:`to_json`."""
        known = {f.name for f in fields(cls)}
        if unknown := set(values) - known:
            raise ValueError(
                f"unknown configuration fields {sorted(unknown)}; known are {sorted(known)}."
            )
        kept: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in values.items()
        }
        return cls(**kept)

    @classmethod
    def read(cls, path: str | Path) -> RunConfig:
        """Read a config.json. Raises FileNotFoundError or ValueError that names the file."""
        try:
            return cls.from_json(json.loads(Path(path).read_text()))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} is not JSON: {error}.") from error
