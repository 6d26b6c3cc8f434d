"""One frozen dataclass says what a run is; its JSON lies beside the result."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import nn

from ..nets.dit import DiT
from ..nets.unet import UNet
from ..process.path import EDM, VP, CosineVP, FlowPath, GaussianPath
from ..training.denoiser import Denoiser, Output
from ..training.time_law import bits_weight, even_log_snr, lognormal_levels

Precision: TypeAlias = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the weights of an image run, with its defaults for the digits.

    Raises ValueError for an unknown field when read from JSON.
    """

    data: str = "digits"  # a name or a folder of images
    net: Literal["unet", "dit"] = "unet"
    widths: tuple[int, ...] = (24, 64)  # features at full, half, ... resolution; a DiT has one
    down: tuple[int, ...] = (1, 1)  # residual blocks on the way down
    up: tuple[int, ...] = (1, 2)  # and on the way up
    patch: int = 2  # of a DiT, in pixels
    depth: int = 4  # of a DiT, in blocks
    features: int = 96  # width of the noise-and-label embedding
    path: Literal["vp", "cosine", "flow", "edm"] = "vp"
    beta_min: float = 0.1  # of the VP path
    beta_max: float = 20.0
    target: Output = "v"
    loss: Literal["plain", "bits", "edm"] = "plain"  # see build
    data_std: float = 1.0  # scales the net's input, and the "edm" target
    dequantise: bool = False  # spread each grey level evenly over its width, for likelihoods
    flip: bool = False  # mirror half of the images, left to right
    label_drop: float = 0.0  # share of examples whose label is hidden, for guidance
    steps: int = 6000
    batch_size: int = 64
    lr: float = 2e-3  # peak
    warmup: int = 50  # steps
    fall: float = 1.0  # the last share of the steps, in which lr falls to 0
    ema_decay: float = 0.995
    ema_widths: tuple[float, ...] = ()  # power-function averages instead, the first one kept
    precision: Precision = "float32"  # of the network's large products
    channels_last: bool = False  # memory layout of the convolutions
    seed: int = 0

    def build(self, channels: int, classes: int) -> Denoiser:
        """An untrained Denoiser for images of so many channels and classes (0: no labels).

        Its loss is "plain", the squared error of the target at times even in t; "bits", the
        variational bound's, at levels even in log-SNR; or "edm", of the target at Karras's
        log-normal levels. Raises ValueError for an unknown choice.
        """
        path, net = self._path(), self._net(channels, classes)
        model = Denoiser(net, path, self.target, self.data_std)
        if self.loss == "bits":
            model.weight, model.times = bits_weight(path, model.row), even_log_snr(path)
        elif self.loss == "edm":
            model.times = lognormal_levels(path)
        elif self.loss != "plain":
            raise ValueError(f"loss = {self.loss!r}; expected 'plain', 'bits' or 'edm'.")
        return model

    def _net(self, channels: int, classes: int) -> nn.Module:
        if self.net == "dit":
            (width,) = self.widths
            return DiT(channels, self.patch, width, self.depth, 4, self.features, classes)
        if self.net != "unet":
            raise ValueError(f"net = {self.net!r}; expected 'unet' or 'dit'.")
        net = UNet(channels, self.widths, self.down, self.up, self.features, classes)
        if self.channels_last:
            net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        return net

    def _path(self) -> GaussianPath:
        if self.path == "vp":
            return VP(self.beta_min, self.beta_max)
        paths = {"cosine": CosineVP, "flow": FlowPath, "edm": EDM}
        if self.path not in paths:
            known = ", ".join(map(repr, ("vp", *paths)))
            raise ValueError(f"path = {self.path!r}; expected one of {known}.")
        return paths[self.path]()

    def to_json(self) -> dict[str, Any]:
        """A dictionary of all fields, as JSON gives it back: lists for tuples."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> RunConfig:
        """The inverse of :meth:`to_json`; what is missing has its default."""
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
        if not Path(path).is_file():
            raise FileNotFoundError(
                f"there is no {path}; a run is a folder with a config.json, such as runs/digits."
            )
        try:
            return cls.from_json(json.loads(Path(path).read_text()))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} is not JSON: {error}.") from error
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: {error}") from error
