"""Image sets and runs: what is read is what was published, and a run is its configuration."""

import gzip
import os
from pathlib import Path

import pytest
import torch

from diffusion_lab.images import DataError, RunConfig, load_images, load_run
from diffusion_lab.training import load_tensors

ROOT = Path(__file__).resolve().parents[1]


def test_digits_are_split_without_overlap():
    digits = load_images("digits")
    assert digits.train.shape == (1437, 1, 8, 8)
    assert digits.test.shape == (360, 1, 8, 8)
    assert digits.train.min() == -1.0
    assert digits.train.max() == 1.0
    assert torch.equal(digits.train_labels.unique(), torch.arange(10))
    assert torch.cdist(digits.test.flatten(1), digits.train.flatten(1)).min() > 0


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_published_files_are_read(name):
    root = os.environ.get("DIFFUSION_LAB_DATA")
    if not root or not (Path(root) / name).is_dir():
        pytest.skip("DIFFUSION_LAB_DATA names no folder with this set")
    images = load_images(name)
    assert images.train.shape == (60_000, 1, 28, 28)
    assert images.test_labels.bincount().tolist()[0] == {"mnist": 980, "fashion-mnist": 1000}[name]


def test_missing_and_damaged_image_files(tmp_path, monkeypatch):
    monkeypatch.delenv("DIFFUSION_LAB_DATA", raising=False)
    with pytest.raises(DataError, match="Set DIFFUSION_LAB_DATA"):
        load_images("mnist")
    monkeypatch.setenv("DIFFUSION_LAB_DATA", str(tmp_path))
    with pytest.raises(DataError, match="there is no"):
        load_images("mnist")
    (tmp_path / "mnist").mkdir()
    file = tmp_path / "mnist" / "train-images-idx3-ubyte.gz"
    file.write_bytes(b"\x1f\x8b not gzip")
    with pytest.raises(DataError, match="truncated or not gzip"):
        load_images("mnist")
    file.write_bytes(gzip.compress(b"\0\0\x08\x03 other bytes"))
    with pytest.raises(DataError, match="not the published"):
        load_images("mnist")


def test_the_kept_digits_run_is_the_one_its_configuration_describes():
    folder = ROOT / "runs" / "digits"
    _, info = load_tensors(folder / "model.safetensors")
    assert RunConfig.from_json(info["config"]) == RunConfig.read(folder / "config.json")
    model = load_run(folder)
    digits = load_images("digits")
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        loss = model.loss(digits.test, generator, label=digits.test_labels).item()
    # Held-out loss of v; the least any net could reach without the data's structure is 1.
    assert 0.1 < loss < 0.35
