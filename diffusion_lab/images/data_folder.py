"""Images in PNG and JPEG files: decoded, brought to one size, sorted into classes and parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePath

import numpy as np
from PIL import Image, ImageOps

from .data_files import DataError

SUFFIXES = (".png", ".jpg", ".jpeg")
MAX_PIXELS = 2**26  # of one file, before it is unpacked: 67 million, 200 MB in memory
_EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def decode(raw: bytes, where: object) -> Image.Image:
    """A grey ("L") or color ("RGB") image of 8 bits; what is transparent shows black.

    Raises DataError that names the file (`where`) when it is broken, of another kind or huge.
    """
    try:
        image = Image.open(BytesIO(raw), formats=("PNG", "JPEG"))
        if image.width * image.height > MAX_PIXELS:
            raise DataError(
                f"{where} has {image.width} x {image.height} pixels, more than {MAX_PIXELS}; "
                "make it smaller or take it out."
            )
        if image.mode not in _EIGHT_BITS:
            raise DataError(f"{where} is of mode {image.mode}; save it with 8 bits per channel.")
        image = ImageOps.exif_transpose(image)  # as the camera was held
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{where} is not a whole PNG or JPEG image ({error}).") from error
    grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        image = Image.alpha_composite(
            Image.new("RGBA", image.size, "black"), image.convert("RGBA")
        )
    return image.convert("L" if grey else "RGB")


def stack(images: Iterable[tuple[str, Image.Image]]) -> tuple[np.ndarray, list[str]]:
    """((N, C, H, W) uint8, their names) with each picture kept once, under its first name.

    C is 1 when all are grey, 3 otherwise. Raises DataError when two sizes differ.
    """
    kept: dict[bytes, tuple[str, Image.Image]] = {}
    first = None
    for name, image in images:
        first = first or (name, image.size)
        if image.size != first[1]:
            raise DataError(
                f"{name} has {image.size[0]} x {image.size[1]} pixels, {first[0]} has "
                f"{first[1][0]} x {first[1][1]}; give size= to bring all to one."
            )
        kept.setdefault(image.convert("RGB").tobytes(), (name, image))
    mode = "L" if all(image.mode == "L" for _, image in kept.values()) else "RGB"
    arrays = [np.atleast_3d(np.asarray(image.convert(mode))) for _, image in kept.values()]
    return np.stack(arrays).transpose(0, 3, 1, 2).copy(), [name for name, _ in kept.values()]


def split(names: list[str]) -> tuple[np.ndarray, list[str]]:
    """(which images are for test, names without that): as train/ and test/ say.

    Without these two folders one image in ten is for test, by a fixed shuffle.
    """
    if {PurePath(name).parts[0] for name in names} == {"train", "test"}:
        return (
            np.array([name.startswith("test/") for name in names]),
            [name.partition("/")[2] for name in names],
        )
    test = np.zeros(len(names), bool)
    test[np.random.default_rng(0).permutation(len(names))[: max(1, len(names) // 10)]] = True
    return test, names


def read_folder(folder: Path, size: int | None) -> Iterator[tuple[str, Image.Image]]:
    """(path below the folder, image) for each PNG and JPEG file, in order of the paths.

    size : scale the shorter side to it and cut the middle out; None leaves images as they are
    """
    files = sorted(
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.suffix.lower() in SUFFIXES and file.is_file()
    )
    if len(files) < 2:
        raise DataError(
            f"{folder} holds {len(files)} files that end in {', '.join(SUFFIXES)}; a set needs "
            "two or more, directly or in one sub-folder for each class."
        )
    for name in files:
        image = decode((folder / name).read_bytes(), folder / name)
        yield (
            name,
            image if size is None else ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS),
        )


def labels_of(names: list[str], where: object) -> tuple[tuple[str, ...], np.ndarray]:
    """(class names, labels): the first folder of each path; no classes where there is none."""
    tops = [PurePath(name).parts[0] if "/" in name else "" for name in names]
    classes = sorted(set(tops))
    if "" not in classes:
        return tuple(classes), np.array([classes.index(top) for top in tops])
    if len(classes) > 1:
        raise DataError(
            f"{where} holds images both directly and in sub-folders; put each into the sub-folder "
            "of its class, or all directly into the folder."
        )
    return (), np.zeros(len(names), int)
