"""Image sets as tensors: the digits that scikit-learn carries, and idx files on disk."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from torch import Tensor

Name: TypeAlias = Literal["digits", "mnist", "fashion-mnist"]
FOLDER = "DIFFUSION_LAB_DATA"  # environment variable: the folder that holds mnist/ and the others

# md5 of the decompressed files, so that a different gzip wrapper of the same images is accepted.
_IDX_MD5 = {
    "mnist": {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    },
}


class DataError(RuntimeError):
    """An image set is missing or damaged; the message says which file and what to do."""


@dataclass(frozen=True)
class ImageSet:
    """Images in [-1, 1] and their labels, split into training and test.

    train, test : (N, C, H, W) float32;  train_labels, test_labels : (N,) int64
    """

    name: str
    classes: int
    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


def load_images(name: Name = "digits") -> ImageSet:
    """An image set by name.

    "digits" (1,797 grey 8x8 images, one fifth of them for test) comes with scikit-learn;
    "mnist" and "fashion-mnist" (70,000 grey 28x28) are read from $DIFFUSION_LAB_DATA/NAME as the
    gzipped idx files their authors publish.
    Raises ValueError for an unknown name, DataError for a missing or damaged file.
    """
    if name == "digits":
        return _digits()
    if name in _IDX_MD5:
        return _idx_set(name)
    raise ValueError(f"unknown image set {name!r}; expected one of {', '.join(get_args(Name))}.")


def _digits() -> ImageSet:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    pixels, digit = load_digits(return_X_y=True)
    parts = train_test_split(
        pixels.reshape(-1, 8, 8), digit, test_size=0.2, random_state=0, stratify=digit
    )
    train, test = (torch.as_tensor(p, dtype=torch.float32)[:, None] / 8.0 - 1.0 for p in parts[:2])
    train_labels, test_labels = (torch.as_tensor(p, dtype=torch.int64) for p in parts[2:])
    return ImageSet("digits", 10, train, train_labels, test, test_labels)


def _idx_set(name: str) -> ImageSet:
    files = {
        f"{part}-{kind}": _read_idx(name, f"{part}-{kind}")
        for part in ("train", "t10k")
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
    }
    images = [
        torch.as_tensor(files[f"{part}-images-idx3-ubyte"])[:, None].float() / 127.5 - 1.0
        for part in ("train", "t10k")
    ]
    labels = [
        torch.as_tensor(files[f"{part}-labels-idx1-ubyte"]).long() for part in ("train", "t10k")
    ]
    return ImageSet(name, 10, images[0], labels[0], images[1], labels[1])


def _read_idx(name: str, file: str) -> np.ndarray:
    """One idx file: two zero bytes, type 8 (uint8), the rank, the shape, the bytes."""
    root = os.environ.get(FOLDER)
    if not root:
        raise DataError(
            f"{name} is not part of the package. Set {FOLDER} to a folder that holds {name}/ with "
            f"{file}.gz and its companions."
        )
    path = Path(root) / name / f"{file}.gz"
    if not path.is_file():
        raise DataError(f"there is no {path}; put the published {name} files into {path.parent}.")
    try:
        raw = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise DataError(f"{path} is truncated or not gzip ({error}); fetch it again.") from error
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if _IDX_MD5[name][file] != digest:
        raise DataError(
            f"{path} holds {digest}, not the published {_IDX_MD5[name][file]} (md5 of the "
            "decompressed file); fetch it again."
        )
    rank = raw[3]
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()
