"""Image sets as tensors: by the name of a published set, or from a folder of images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .data_fetch import read_set
from .data_files import parse_idx, parse_records
from .data_folder import decode, labels_of, read_folder, split, stack
from .data_sources import SOURCES

Name: TypeAlias = str  # of a set in SOURCES, or the path of a folder of images
Parts: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images as whole numbers 0 ... levels - 1 and their labels, split into training and test.

    classes, class_names : how many labels there are, and their names; 0 and () without labels
    levels  : grey levels per channel (256; the digits have 17)
    train_bytes, test_bytes   : (N, C, H, W) uint8
    train_labels, test_labels : (N,) int64
    licence : what its authors allow, None where they state nothing: then no image of the set may
              be published
    """

    name: str
    classes: int
    class_names: tuple[str, ...]
    levels: int
    train_bytes: Tensor
    train_labels: Tensor
    test_bytes: Tensor
    test_labels: Tensor
    licence: str | None = None

    def __post_init__(self) -> None:
        for images, labels in (
            (self.train_bytes, self.train_labels),
            (self.test_bytes, self.test_labels),
        ):
            if images.dtype != torch.uint8 or images.ndim != 4 or len(images) != len(labels):
                raise ValueError(
                    f"{self.name}: expected (N, C, H, W) uint8 images and N labels, got "
                    f"{tuple(images.shape)} {images.dtype} and {len(labels)} labels."
                )
        if len(self.class_names) != self.classes:
            raise ValueError(f"{self.name}: {self.classes} classes need as many class_names.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one image."""
        channels, height, width = self.train_bytes.shape[1:]
        return channels, height, width

    def scale(self, images: Tensor) -> Tensor:
        """Whole numbers 0 ... levels - 1 as float32 in [-1, 1], on the device they lie on."""
        return images.float() / ((self.levels - 1) / 2) - 1.0

    @cached_property
    def train(self) -> Tensor:
        """The training images in [-1, 1]: four times the memory of train_bytes, kept."""
        return self.scale(self.train_bytes)

    @cached_property
    def test(self) -> Tensor:
        """The test images in [-1, 1]."""
        return self.scale(self.test_bytes)


def load_images(
    name: Name | Path = "digits", size: int | None = None, *, download: bool = True
) -> ImageSet:
    """An image set, by its name or from a folder, whole in memory.

    name : "digits" (built in), "mnist", "fashion-mnist", "cifar-10" or "crawl-tiles", read from
           $DIFFUSION_LAB_DATA or else from the user's cache folder, and fetched into it by the
           first call; or the path of a folder of PNG and JPEG files, with one sub-folder for each
           class or none. One image in ten is for test where the folder has no train/ and test/.
           Equal pictures are kept once; what is transparent shows black.
    size : for a folder, the height and width that all images are scaled and cropped to
    download : False raises DataError instead of fetching what is missing
    Raises ValueError for an unknown name or a size that cannot be, DataError for a missing or
    damaged file.
    """
    if isinstance(name, str) and name in SOURCES:
        if size is not None:
            raise ValueError(f"size= is for a folder of images; {name} has its own.")
        return _published(name, download)
    if not Path(name).is_dir():
        raise ValueError(
            f"unknown image set {str(name)!r}; expected one of {', '.join(SOURCES)}, or an "
            "existing folder of images."
        )
    if size is not None and not 1 <= size <= 4096:
        raise ValueError(f"size must be from 1 to 4096 pixels, got {size}.")
    classes, parts = _sorted(read_folder(Path(name), size), Path(name))
    return _build(Path(name).resolve().name, classes, 256, parts, None)


def _published(name: str, download: bool) -> ImageSet:
    source = SOURCES[name]
    if source.kind == "built in":
        return _build(name, source.class_names, 17, _digits(), source.licence)
    contents = read_set(name, download)
    if source.kind == "tiles":
        classes, parts = _sorted(_tiles(contents, source.shape[1:]), name)
        return _build(name, classes, 256, parts, source.licence)
    parts = (_idx if source.kind == "idx" else _records)(contents)
    return _build(name, source.class_names, 256, parts, source.licence)


def _build(
    name: str, classes: tuple[str, ...], levels: int, parts: Parts, licence: str | None
) -> ImageSet:
    train, train_labels, test, test_labels = (
        torch.as_tensor(np.asarray(part, np.uint8 if part.ndim > 1 else np.int64))
        for part in parts
    )
    return ImageSet(
        name, len(classes), classes, levels, train, train_labels, test, test_labels, licence
    )


def _digits() -> Parts:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, digit = load_digits(return_X_y=True)
    parts = train_test_split(
        pixels.reshape(-1, 1, 8, 8), digit, test_size=0.2, random_state=0, stratify=digit
    )
    train, test, train_labels, test_labels = map(np.asarray, parts)
    return train, train_labels, test, test_labels


def _idx(contents: dict[str, bytes]) -> Parts:
    train, train_labels, test, test_labels = (
        parse_idx(contents[f"{part}-ubyte"])
        for part in (
            "train-images-idx3",
            "train-labels-idx1",
            "t10k-images-idx3",
            "t10k-labels-idx1",
        )
    )
    return train[:, None], train_labels, test[:, None], test_labels


def _records(contents: dict[str, bytes]) -> Parts:
    images, labels = {}, {}
    for kind in ("data", "test"):
        pairs = [parse_records(raw) for file, raw in sorted(contents.items()) if kind in file]
        images[kind], labels[kind] = (
            np.concatenate(arrays) for arrays in zip(*pairs, strict=True)
        )
    return images["data"], labels["data"], images["test"], labels["test"]


def _tiles(contents: dict[str, bytes], size: tuple[int, int]) -> Iterator[tuple[str, Image.Image]]:
    """The tiles of that size; a few are larger monsters or smaller symbols."""
    for name in sorted(contents):
        image = decode(contents[name], name)
        if image.size == size:
            yield name, image


def _sorted(
    pictures: Iterator[tuple[str, Image.Image]], where: object
) -> tuple[tuple[str, ...], Parts]:
    """Pictures with their paths as (class names, parts), in mixed order.

    They come class by class, and the first n of a part must speak for all of it.
    """
    images, names = stack(pictures)
    test, names = split(names)
    classes, labels = labels_of(names, where)
    mixed = np.random.default_rng(0).permutation(len(names))
    images, labels, test = images[mixed], labels[mixed], test[mixed]
    return classes, (images[~test], labels[~test], images[test], labels[test])
