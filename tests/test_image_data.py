"""Image sets: what is read is what was published, and nothing is split in two."""

import argparse
import os
from functools import cache

import numpy as np
import pytest
import torch

from diffusion_lab.images import DataError, ImageSet, command_data, load_images
from diffusion_lab.images.data_fetch import FOLDER, locate
from diffusion_lab.images.data_sources import SOURCES

# Read here, since some tests set the variable themselves.
PUBLISHED = [name for name, source in SOURCES.items() if source.kind != "built in"]
HERE = {name: not locate(name)[2] for name in PUBLISHED} if os.environ.get(FOLDER) else {}


def needs(name):
    if not HERE.get(name):
        pytest.skip(f"{FOLDER} names no folder with {name}")


@cache
def published(name):
    needs(name)
    return load_images(name, download=False)


def test_digits_are_split_without_overlap():
    digits = load_images("digits")
    assert digits.train.shape == (1437, 1, 8, 8)
    assert digits.test.shape == (360, 1, 8, 8)
    assert torch.equal(digits.train_labels.unique(), torch.arange(10))
    assert torch.cdist(digits.test.flatten(1), digits.train.flatten(1)).min() > 0


def test_floats_are_the_bytes_scaled_to_plus_minus_one():
    """17 levels are multiples of 1/8, exactly; 256 levels are rounded once, in float32."""
    digits = load_images()
    assert digits.train.dtype == torch.float32
    assert torch.equal(digits.train, digits.train_bytes.double().div(8).sub(1).float())
    assert (digits.train.min(), digits.train.max()) == (-1, 1)
    levels = torch.arange(256, dtype=torch.uint8).reshape(-1, 1, 1, 1)
    photo = ImageSet("p", 0, (), 256, levels, torch.zeros(256), levels, torch.zeros(256))
    exact = 2 * levels.double() / 255 - 1
    assert torch.allclose(photo.test.double(), exact, rtol=0, atol=2**-23)
    assert (photo.test[0], photo.test[255]) == (-1, 1)
    assert torch.equal(((photo.train + 1) * 127.5).round().to(torch.uint8), levels)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "crawl-tiles"])
def test_published_sets_hold_what_they_promise(name):
    images, source = published(name), SOURCES[name]
    assert (len(images.train_bytes), len(images.test_bytes)) == source.images
    assert images.shape == source.shape
    assert images.class_names == source.class_names
    assert images.licence == source.licence
    assert images.train_labels.unique().tolist() == list(range(images.classes))
    first = {"mnist": 980, "fashion-mnist": 1000, "crawl-tiles": 26}[name]
    assert images.test_labels.bincount()[0] == first


def test_tiles_of_training_and_test_are_different_pictures():
    tiles = published("crawl-tiles")
    train = {tile.numpy().tobytes() for tile in tiles.train_bytes}
    assert len(train) == len(tiles.train_bytes)
    assert not train & {tile.numpy().tobytes() for tile in tiles.test_bytes}


def test_a_published_file_of_cifar_is_read():
    """One file of six: to unpack them all takes ten seconds where they are .xz."""
    needs("cifar-10")
    from diffusion_lab.images.data_files import parse_records

    stored = locate("cifar-10")[1][0]
    raw = stored.read()["data_batch_1.bin"]
    images, labels = parse_records(raw)
    assert images.shape == (10_000, 3, 32, 32)
    # The first of the published images is a frog on brown ground: more red than blue.
    assert SOURCES["cifar-10"].class_names[labels[0]] == "frog"
    assert images[0, 0].mean() > images[0, 2].mean()
    assert np.bincount(labels).sum() == 10_000


def test_only_sets_with_a_stated_licence_may_be_published():
    assert [name for name, source in SOURCES.items() if source.licence is None] == ["cifar-10"]
    assert load_images("digits").licence == "CC BY 4.0"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train_bytes": torch.zeros(2, 1, 4, 4)}, "uint8"),
        ({"train_bytes": torch.zeros(2, 4, 4, dtype=torch.uint8)}, r"\(2, 4, 4\)"),
        ({"train_labels": torch.zeros(3)}, "3 labels"),
        ({"classes": 2}, "2 classes"),
    ],
)
def test_an_image_set_refuses_what_does_not_fit(change, words):
    images, labels = torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.zeros(2)
    fields = {
        "name": "mine", "classes": 0, "class_names": (), "levels": 256,
        "train_bytes": images, "train_labels": labels, "test_bytes": images, "test_labels": labels,
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        ImageSet(**(fields | change))


def test_a_set_that_is_not_there_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with pytest.raises(DataError, match=r"`diffusion-lab data mnist`, or set DIFFUSION_LAB_DATA"):
        load_images("mnist", download=False)
    with pytest.raises(ValueError, match="size= is for a folder"):
        load_images("mnist", size=14)
    with pytest.raises(ValueError, match=r"digits, mnist, .* or an existing folder"):
        load_images(tmp_path / "nothing")
    assert not list(tmp_path.iterdir())


def test_the_command_lists_and_describes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    parser = argparse.ArgumentParser()
    command_data.add_arguments(parser)
    command_data.run(parser.parse_args([]))
    listed = capsys.readouterr().out.splitlines()
    row = next(line for line in listed if line.startswith("cifar-10"))
    assert "50,000 + 10,000  3x32x32  170 MB    none stated" in row
    assert row.endswith("not here yet")
    assert str(tmp_path) in listed[-1]
    command_data.run(parser.parse_args(["digits"]))
    described = capsys.readouterr().out
    assert "1,437 images" in described
    assert "CC BY 4.0" in described
