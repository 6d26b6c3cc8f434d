"""The image sets that have a name: what they hold, who made them, what is allowed, their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Part:
    """One published file without its wrapper (.gz, .xz, a tar archive).

    size, digest : of the bytes inside the wrapper, since mirrors wrap the same bytes differently
    instead      : another file that may stand in for it, with a warning
    """

    name: str
    size: int
    digest: str  # "md5:...", "sha1:..." or "sha256:..."
    instead: Part | None = None


@dataclass(frozen=True)
class Source:
    """Where a set comes from and what to expect of it.

    kind     : how its bytes are read; "built in" sets need no file
    images   : how many for training and for test
    licence  : what its authors allow; None where they state nothing
    folders  : names it may have below the data folder; the first one is where downloads go
    archives : tar files that hold all parts, the first one as downloaded; () for loose files
    tree     : the folder inside the archive whose files are the set; its one part is then the
               manifest of those files (:func:`diffusion_lab.images.data_files.manifest`)
    urls     : public homes, tried in turn; {file} is the name of the file to fetch
    """

    kind: Literal["built in", "idx", "records", "tiles"]
    about: str
    images: tuple[int, int]
    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    licence: str | None
    megabytes: int = 0
    folders: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    tree: str | None = None
    parts: tuple[Part, ...] = ()
    urls: tuple[str, ...] = ()


def _idx_parts(*md5: str) -> tuple[Part, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    sizes = (16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000)
    return tuple(
        Part(f"{name}-ubyte", size, f"md5:{digest}")
        for name, size, digest in zip(names, sizes, md5, strict=True)
    )


def _records(name: str, count: int, sha1: str, instead: Part | None = None) -> Part:
    return Part(f"{name}.bin", count * (1 + 3 * 32 * 32), f"sha1:{sha1}", instead)


SOURCES = {
    "digits": Source(
        "built in",
        "handwritten digits (E. Alpaydin, C. Kaynak, 1998), part of scikit-learn",
        (1437, 360),
        (1, 8, 8),
        DIGITS,
        "CC BY 4.0",
    ),
    "mnist": Source(
        "idx",
        "handwritten digits (Y. LeCun, C. Cortes, C. Burges, 1998)",
        (60_000, 10_000),
        (1, 28, 28),
        DIGITS,
        "CC BY-SA 3.0",
        12,
        ("mnist",),
        parts=_idx_parts(
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ),
        urls=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/{file}",
            "https://storage.googleapis.com/cvdf-datasets/mnist/{file}",
        ),
    ),
    "fashion-mnist": Source(
        "idx",
        "photographs of clothes (H. Xiao, K. Rasul, R. Vollgraf, Zalando, 2017)",
        (60_000, 10_000),
        (1, 28, 28),
        (
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        "MIT",
        31,
        ("fashion-mnist",),
        parts=_idx_parts(
            "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "9018921c3c673c538a1fc5bad174d6f9",
            "8181f5470baa50b63fa0f6fddb340f0a",
            "15d484375f8d13e6eb1aabb0c3f46965",
        ),
        urls=(
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/{file}",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{file}",
        ),
    ),
    "cifar-10": Source(
        "records",
        "photographs (A. Krizhevsky, 2009), a labeled part of the withdrawn Tiny Images",
        (50_000, 10_000),
        (3, 32, 32),
        tuple("airplane automobile bird cat deer dog frog horse ship truck".split()),
        None,
        170,
        ("cifar-10", "cifar10", "cifar-10-batches-bin"),
        ("cifar-10-binary.tar.gz",),
        parts=(
            _records("data_batch_1", 10_000, "aadd24acce27caa71bf4b10992e9e7b2d74c2540"),
            _records("data_batch_2", 10_000, "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795"),
            _records("data_batch_3", 10_000, "1dd00a74ab1d17a6e7d73e185b69dbf31242f295"),
            _records("data_batch_4", 10_000, "aab85764eb3584312d3c7f65fd2fd016e36a258e"),
            _records("data_batch_5", 10_000, "26e2849e66a845b7f1e4614ae70f4889ae604628"),
            _records(
                "test_batch",
                10_000,
                "67eb016db431130d61cd03c7ad570b013799c88c",
                # Smaller copies of the set, such as the one of convnetjs, end here.
                _records(
                    "test_batch_first1000", 1_000, "99fb5092fe8004d15ee248abbc35fef4d858bcb0"
                ),
            ),
        ),
        urls=(
            "https://www.cs.toronto.edu/~kriz/{file}",
            "https://cave.cs.toronto.edu/kriz/{file}",
        ),
    ),
    "crawl-tiles": Source(
        "tiles",
        "tiles of the game Dungeon Crawl Stone Soup, over black (release of November 2015)",
        (3753, 416),
        (3, 32, 32),
        ("UNUSED", "dngn", "effect", "gui", "item", "misc", "mon", "player"),
        "CC0 1.0",
        10,
        ("crawl-tiles",),
        ("tiles.tar.gz", "tiles.tar.xz"),
        "releases/Nov-2015/",
        (
            Part(
                "manifest",
                270_811,
                "sha256:9f624809a070bdfa8c8207ea406a09956a8018bd3ea3b19a4e47a4d617921ac0",
            ),
        ),
        (
            "https://github.com/crawl/tiles/archive/a6ea165.tar.gz",
            "https://github.com/crawl/tiles/archive/refs/heads/master.tar.gz",
        ),
    ),
}
