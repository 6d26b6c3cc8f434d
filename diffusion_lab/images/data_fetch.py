"""Find the files of an image set on disk, or fetch them from their public homes."""

from __future__ import annotations

import errno
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .data_files import DataError, read_archive, read_wrapped
from .data_sources import SOURCES, Part, Source

FOLDER = "DIFFUSION_LAB_DATA"  # environment variable: the folder that holds mnist/ and the others
TIMEOUT = 30.0  # seconds without a byte before a home is given up
RETRIES = 2  # at each home, after the first attempt
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Stored:
    """A file on disk and the parts that it holds."""

    path: Path
    parts: tuple[Part, ...]
    source: Source

    def read(self, path: Path | None = None, where: object = None) -> dict[str, bytes]:
        """Its parts, checked; `path` reads a copy of it, named `where` in messages."""
        path = path or self.path
        if self.path.name in self.source.archives:
            return read_archive(path, self.parts, self.source.tree, where or path)
        return read_wrapped(path, self.parts[0], where or path)


def data_folder() -> Path:
    """$DIFFUSION_LAB_DATA, or else the user's cache folder."""
    import pooch

    chosen = os.environ.get(FOLDER)
    return Path(chosen).expanduser() if chosen else Path(pooch.os_cache("diffusion-lab"))


def locate(name: str) -> tuple[Path, list[Stored], list[Stored]]:
    """The folder of a set, its files that are there, and those that have to be fetched."""
    source, root = SOURCES[name], data_folder()
    folders = [root / folder for folder in source.folders]
    folder = next((f for f in folders if f.is_dir()), folders[0])
    for archive in source.archives:
        if (folder / archive).is_file():
            return folder, [Stored(folder / archive, source.parts, source)], []
    found, missing = [], []
    for part in source.parts:
        stored = _loose(folder, part, source)
        if stored is None and part.instead is not None:
            stored = _loose(folder, part.instead, source)
        if stored is None:
            missing.append(Stored(folder / f"{part.name}.gz", (part,), source))
        else:
            found.append(stored)
    if missing and source.archives:
        return folder, [], [Stored(folder / source.archives[0], source.parts, source)]
    return folder, found, missing


def _loose(folder: Path, part: Part, source: Source) -> Stored | None:
    for suffix in ("", ".gz", ".xz"):
        path = folder / f"{part.name}{suffix}"
        if path.is_file():
            return Stored(path, (part,), source)
    return None


def read_set(name: str, download: bool = True) -> dict[str, bytes]:
    """The published bytes of a set, {name of the part: bytes}, each checked against its digest.

    Files that are missing are fetched first. Raises DataError.
    """
    folder, found, missing = locate(name)
    if missing and not download:
        raise DataError(
            f"there is no {missing[0].path}. Fetch {name} by `diffusion-lab data {name}`, or set "
            f"{FOLDER} to a folder that holds {folder.name}/ with the published files."
        )
    for stored in missing:
        fetch(name, stored)
    contents = {}
    for stored in (*found, *missing):
        try:
            contents |= stored.read()
        except DataError as error:
            raise DataError(
                f"{error} Delete that file, then fetch it again by `diffusion-lab data {name}`."
            ) from error
    _warn_of_stand_ins(name, contents)
    return contents


def _warn_of_stand_ins(name: str, contents: dict[str, bytes]) -> None:
    for part in SOURCES[name].parts:
        if part.instead is not None and part.instead.name in contents:
            warnings.warn(
                f"{name}: {part.instead.name} stands in for {part.name}, which is not there.",
                stacklevel=4,
            )


def fetch(name: str, stored: Stored) -> None:
    """Download one file from the first home that gives the published bytes.

    It is written under a temporary name and gets its own once its contents have been checked, so
    that a file that is there is whole. Raises DataError with the reason of each home.
    """
    import requests

    path, reasons = stored.path, []
    for template in stored.source.urls:
        url = template.format(file=path.name)
        try:
            return _fetch_from(url, stored)
        except (requests.RequestException, ValueError) as error:
            reasons.append(f"  {url}: {_reason(error)}")
        except OSError as error:  # not the network's: requests has its own, caught above
            full = error.errno in _FULL
            raise DataError(
                f"{'no room for' if full else 'cannot write'} {path} ({error}); nothing is left "
                f"behind. {name} needs about {stored.source.megabytes} MB: "
                f"{'free some space, or ' if full else ''}set {FOLDER} to another folder."
            ) from error
    raise DataError(
        f"{path} is not there and could not be downloaded:\n" + "\n".join(reasons) + "\n"
        f"If this machine is offline, put the published files of {name} into {path.parent}, or "
        f"set {FOLDER} to a folder that holds {path.parent.name}/ with them."
    )


def _fetch_from(url: str, stored: Stored) -> None:
    import pooch

    http = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT)

    def download_and_check(url: str, file: str, keeper: pooch.Pooch) -> None:
        http(url, file, keeper)  # with a progress bar
        try:
            stored.read(Path(file), "what it sends")
        except DataError as error:
            raise ValueError(str(error)) from error  # pooch tries again after a ValueError

    folder, name = stored.path.parent, stored.path.name
    keeper = pooch.create(
        folder, base_url="", registry={name: None}, urls={name: url}, retry_if_failed=RETRIES
    )
    # pooch's own type for downloaders names other arguments than it gives.
    keeper.fetch(name, downloader=cast(Any, download_and_check))


def _reason(error: Exception) -> str:
    """One line on why a download failed."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"no byte for {TIMEOUT:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error)
