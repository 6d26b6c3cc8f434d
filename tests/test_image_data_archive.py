"""Sets that come as one archive: CIFAR-10's records, and the tiles of a repository."""

import dataclasses
import io
import lzma

import numpy as np
import pytest
import torch
from image_home import open_home, part, tar
from PIL import Image

from diffusion_lab.images import DataError, data_fetch, load_images
from diffusion_lab.images.data_files import manifest
from diffusion_lab.images.data_sources import SOURCES

RNG = np.random.default_rng(0)


@pytest.fixture
def home(monkeypatch, tmp_path):
    with open_home(tmp_path, monkeypatch) as server:
        yield server


def records(name, count):
    return {name: RNG.integers(0, 10, (count, 3073), np.uint8).tobytes()}


def test_records_from_an_archive_or_from_loose_files(home, tmp_path, monkeypatch):
    files = {}
    for batch in range(1, 6):
        files |= records(f"data_batch_{batch}.bin", 2)
    files |= records("test_batch.bin", 3)
    short = {"test_batch_first1000.bin": files["test_batch.bin"][:3073]}
    parts = [part(name, raw) for name, raw in files.items()]
    parts[-1] = dataclasses.replace(parts[-1], instead=part(*next(iter(short.items()))))
    tiny = dataclasses.replace(
        SOURCES["cifar-10"], parts=tuple(parts), urls=(home.url + "/{file}",)
    )
    monkeypatch.setitem(SOURCES, "cifar-10", tiny)
    packed = {f"cifar-10-batches-bin/{name}": raw for name, raw in files.items()}
    home.files = {"cifar-10-binary.tar.gz": tar(packed | {"../../escaped.bin": b"outside"})}
    images = load_images("cifar-10")
    assert images.train_bytes.shape == (10, 3, 32, 32)
    third = np.frombuffer(files["data_batch_2.bin"], np.uint8)[:3073]
    assert images.train_labels[2] == third[0]
    assert torch.equal(images.train_bytes[2].flatten(), torch.as_tensor(third[1:].copy()))
    assert len(images.test_bytes) == 3
    assert images.licence is None
    assert [p.name for p in tmp_path.rglob("*.*")] == ["cifar-10-binary.tar.gz"]

    archive = tmp_path / "cifar-10" / "cifar-10-binary.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(DataError, match="truncated or cannot be unpacked"):
        load_images("cifar-10")
    archive.write_bytes(tar({name: packed[name] for name in list(packed)[1:]}))
    with pytest.raises(DataError, match=r"lacks data_batch_1\.bin"):
        load_images("cifar-10")

    archive.unlink()
    loose = files | short
    del loose["test_batch.bin"]
    for name, raw in loose.items():
        (archive.parent / f"{name}.xz").write_bytes(lzma.compress(raw))
    with pytest.warns(UserWarning, match=r"first1000\.bin stands in for test_batch\.bin"):
        again = load_images("cifar-10", download=False)
    assert torch.equal(again.train_bytes, images.train_bytes)
    assert torch.equal(again.test_bytes, images.test_bytes[:1])


def png(color, size=(32, 32)):
    buffer = io.BytesIO()
    Image.new("RGBA", size, color).save(buffer, "PNG")
    return buffer.getvalue()


def test_tiles_from_the_archive_of_a_repository(home, monkeypatch):
    tree = {f"{'mon' if i % 2 else 'item'}/{i}.png": png((i, 9, 9, 255)) for i in range(20)}
    tree["mon/large.png"] = png((0, 9, 9, 255), (32, 48))
    tree["mon/twice.png"] = tree["mon/1.png"]
    text = part("manifest", manifest(tree))
    tiny = dataclasses.replace(
        SOURCES["crawl-tiles"], parts=(text,), urls=(home.url + "/abc.tar.gz",)
    )
    monkeypatch.setitem(SOURCES, "crawl-tiles", tiny)
    packed = {f"tiles-abc/releases/Nov-2015/{name}": raw for name, raw in tree.items()}
    other = {"tiles-abc/README.md": b"words", "tiles-abc/releases/Oct-2010/old.png": png("red")}
    home.files = {"abc.tar.gz": tar(packed | other), "tiles.tar.gz": b"not asked for"}
    images = load_images("crawl-tiles")
    assert (len(images.train_bytes), len(images.test_bytes)) == (18, 2)
    assert images.class_names == ("item", "mon")
    both = torch.cat([images.train_bytes, images.test_bytes])
    labels = torch.cat([images.train_labels, images.test_labels])
    assert both[:, 0, 0, 0].sort()[0].tolist() == list(range(20))
    assert torch.equal(labels, both[:, 0, 0, 0].long() % 2)

    packed["tiles-abc/releases/Nov-2015/mon/3.png"] = png((4, 4, 4, 255))
    home.files["abc.tar.gz"] = tar(packed)
    monkeypatch.setenv(data_fetch.FOLDER, str(data_fetch.data_folder() / "elsewhere"))
    with pytest.raises(DataError, match="not the published"):
        load_images("crawl-tiles")
