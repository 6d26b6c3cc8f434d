"""Published files of image sets: unwrapped, checked against their digests, parsed."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .data_sources import Part

# What the wrappers' readers raise at a file that ends early or is something else.
_UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError)
_MOST = 400_000_000  # bytes taken from one archive; the largest set has 184 million


class DataError(RuntimeError):
    """An image set is missing or damaged; the message says which file and what to do."""


def read_wrapped(path: Path, part: Part, where: object) -> dict[str, bytes]:
    """{part.name: bytes} of a file that is plain, .gz or .xz, whatever its name says.

    where : how an error message names the file. Raises DataError.
    """
    try:
        with path.open("rb") as file:
            head = file.read(6)
        opener = gzip.open if head[:2] == b"\x1f\x8b" else open
        opener = lzma.open if head == b"\xfd7zXZ\0" else opener
        with opener(path, "rb") as file:
            raw = file.read(part.size + 1)  # a longer file is wrong, however much longer
    except _UNREADABLE as error:
        raise DataError(f"{where} is truncated or cannot be unpacked ({error}).") from error
    _check(raw, part, where)
    return {part.name: raw}


def read_archive(
    path: Path, parts: Sequence[Part], tree: str | None, where: object
) -> dict[str, bytes]:
    """The files of a tar archive that make up the set, read in memory: {name: bytes}.

    tree : take every .png file below this folder, named from there on, instead of the parts
    """
    contents, total = {}, 0
    names = {part.name for part in parts}
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                name = member.name.rpartition("/" if tree is None else tree)[2]
                wanted = name in names if tree is None else tree in member.name
                if not (wanted and member.isfile() and name.endswith((".bin", ".png"))):
                    continue
                total += member.size
                if total > _MOST:
                    raise DataError(f"{where} unpacks to more than {_MOST} bytes: not that set.")
                file = tar.extractfile(member)
                contents[name] = file.read() if file else b""
    except _UNREADABLE as error:
        raise DataError(f"{where} is truncated or cannot be unpacked ({error}).") from error
    if tree is not None:
        raw = manifest(contents)
        _check(raw, parts[0], where)
    else:
        for part in parts:
            if part.name not in contents:
                raise DataError(f"{where} lacks {part.name}.")
            _check(contents[part.name], part, f"{part.name} in {where}")
    return contents


def manifest(contents: Mapping[str, bytes]) -> bytes:
    """Names in order, each with a zero byte and the sha256 of its bytes: one text for a tree."""
    return b"".join(
        name.encode() + b"\0" + hashlib.sha256(contents[name]).digest()
        for name in sorted(contents)
    )


def _check(raw: bytes, part: Part, where: object) -> None:
    if len(raw) != part.size:
        found = f"more than {part.size}" if len(raw) > part.size else str(len(raw))
        raise DataError(
            f"{where} unpacks to {found} bytes, not the published {part.size}: it is truncated "
            "or another file."
        )
    kind, digest = part.digest.split(":")
    found = hashlib.new(kind, raw, usedforsecurity=False).hexdigest()
    if found != digest:
        raise DataError(
            f"{where} has the {kind} {found}, not the published {digest} (of the bytes inside "
            "its wrapper)."
        )


def parse_idx(raw: bytes) -> np.ndarray:
    """The uint8 array of an idx file: two zero bytes, type 8, the rank, the shape, the bytes."""
    rank = raw[3]
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()


def parse_records(raw: bytes) -> tuple[np.ndarray, np.ndarray]:
    """(images, labels) of CIFAR-10 records: a label byte, then 32 x 32 red, green and blue."""
    records = np.frombuffer(raw, np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
