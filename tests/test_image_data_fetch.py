"""Downloads, from a server on this machine that also truncates, stalls, lies and breaks down."""

import dataclasses
import gzip
import lzma
import resource

import numpy as np
import pytest
import torch
from image_home import idx, open_home, part

from diffusion_lab.images import DataError, data_fetch, load_images
from diffusion_lab.images.data_sources import SOURCES

RNG = np.random.default_rng(0)
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture
def home(monkeypatch, tmp_path):
    """The home of a tiny "mnist"; downloads go to tmp_path."""
    with open_home(tmp_path, monkeypatch) as server:
        raws = {}
        for kind, count in (("train", 7), ("t10k", 3)):
            pixels = RNG.integers(0, 256, (count, 28, 28), np.uint8)
            raws[f"{kind}-images-idx3-ubyte"] = idx(pixels)
            raws[f"{kind}-labels-idx1-ubyte"] = idx(RNG.integers(0, 10, count, np.uint8))
        server.raws = raws
        server.files = {f"{name}.gz": gzip.compress(raw) for name, raw in raws.items()}
        tiny = dataclasses.replace(
            SOURCES["mnist"],
            parts=tuple(part(name, raw) for name, raw in raws.items()),
            urls=(server.url + "/first/{file}",),
        )
        monkeypatch.setitem(SOURCES, "mnist", tiny)
        yield server


def check_tiny(home):
    images = load_images("mnist")
    pixels = np.frombuffer(home.raws[IMAGES], np.uint8, offset=16).reshape(7, 1, 28, 28)
    assert torch.equal(images.train_bytes, torch.as_tensor(pixels.copy()))
    assert images.train_labels.tolist() == list(home.raws[LABELS][8:])
    assert len(images.test_bytes) == 3


def test_a_set_is_fetched_once_with_its_progress_shown(home, tmp_path, capsys):
    check_tiny(home)
    assert sorted(path.name for path in (tmp_path / "mnist").iterdir()) == sorted(home.files)
    assert capsys.readouterr().err.count("100%") == 4
    check_tiny(home)
    assert len(home.asked) == 4


FAULTS = {
    "truncate": "the connection broke off",
    "cut": "what it sends is truncated",
    "stall": "no byte for 0.5 s",
    "lie": "unpacks to 100 bytes, not the published 5504",
    "other contents": "has the sha256 .* not the published",
    404: "the server answers 404",
    500: "the server answers 500",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_passing_fault_is_survived(home, tmp_path, fault):
    home.faults, home.folder = [fault], tmp_path / "mnist"
    check_tiny(home)
    assert len(home.asked) == 5
    # While a file is on its way there is nothing under its name.
    assert home.seen
    assert not any(home.seen)


@pytest.mark.parametrize(("fault", "words"), FAULTS.items())
def test_a_lasting_fault_is_named_and_leaves_nothing(home, tmp_path, fault, words):
    home.faults = [fault] * (1 + data_fetch.RETRIES)
    with pytest.raises(DataError, match=words) as caught:
        load_images("mnist")
    assert f"{home.url}/first/{IMAGES}.gz" in str(caught.value)
    assert "put the published files of mnist into" in str(caught.value)
    assert not list((tmp_path / "mnist").iterdir())
    check_tiny(home)  # the server is well again


def test_the_second_home_is_asked_when_the_first_one_fails(home, monkeypatch):
    urls = (home.url + "/gone/{file}/nowhere", home.url + "/second/{file}")
    monkeypatch.setitem(SOURCES, "mnist", dataclasses.replace(SOURCES["mnist"], urls=urls))
    check_tiny(home)
    assert sum(path.startswith("/second/") for path in home.asked) == 4


def test_offline(home, monkeypatch):
    urls = ("http://127.0.0.1:9/{file}",)  # the port of "discard", where nobody listens
    monkeypatch.setitem(SOURCES, "mnist", dataclasses.replace(SOURCES["mnist"], urls=urls))
    with pytest.raises(DataError, match=r"no connection[\s\S]*If this machine is offline"):
        load_images("mnist")


def test_another_wrapper_of_the_same_bytes_is_accepted(home, tmp_path):
    home.files[f"{IMAGES}.gz"] = gzip.compress(home.raws[IMAGES], 1, mtime=7)
    home.files[f"{LABELS}.gz"] = home.raws[LABELS]  # unpacked on the way, as some servers do
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / "t10k-images-idx3-ubyte.xz").write_bytes(
        lzma.compress(home.raws["t10k-images-idx3-ubyte"])
    )
    (folder / "t10k-labels-idx1-ubyte").write_bytes(home.raws["t10k-labels-idx1-ubyte"])
    check_tiny(home)
    assert len(home.asked) == 2


def test_a_damaged_file_on_disk_is_named_and_left_alone(home, tmp_path):
    file = tmp_path / "mnist" / f"{IMAGES}.gz"
    file.parent.mkdir()
    (file.parent / "tmpx7").write_bytes(b"what a killed download leaves")
    whole = home.files[file.name]
    for bad, words in (
        (whole[: len(whole) // 2], "truncated or cannot be unpacked"),
        (gzip.compress(home.raws[IMAGES][:-5]), "unpacks to 5499 bytes, not the published 5504"),
        (gzip.compress(home.raws[IMAGES] + b"!"), "more than 5504 bytes"),
    ):
        file.write_bytes(bad)
        with pytest.raises(
            DataError, match=rf"{IMAGES}\.gz .*{words}.* Delete that file"
        ) as caught:
            load_images("mnist")
        assert "diffusion-lab data mnist" in str(caught.value)
        assert file.read_bytes() == bad
    file.unlink()
    check_tiny(home)


def test_a_full_disk(home, tmp_path):
    """The limit on the size of a file stands for the end of the disk: 2 of 4 MB fit."""
    home.files[f"{IMAGES}.gz"] = RNG.bytes(4_000_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(DataError, match=r"no room for .*12 MB: free some space, or set"):
            load_images("mnist")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((tmp_path / "mnist").iterdir())


def test_a_folder_that_cannot_be_written(home, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv(data_fetch.FOLDER, str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot write .* set DIFFUSION_LAB_DATA to another"):
        load_images("mnist")
