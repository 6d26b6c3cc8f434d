"""What lies beside a run: each file is written by one command, and says what it should."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from diffusion_lab.images import RunConfig, load_images, train_run
from diffusion_lab.images.averages import compare_averages
from diffusion_lab.images.baselines import baselines
from diffusion_lab.images.command_evaluate import PLANS
from diffusion_lab.images.command_line import main
from diffusion_lab.images.evaluate_run import Run
from diffusion_lab.images.gaussian_images import GaussianImages
from diffusion_lab.images.pictures import save_pictures
from diffusion_lab.images.sampler_methods import METHODS
from diffusion_lab.images.samplers import Sampling

DIGITS_RUN = Path(__file__).resolve().parents[1] / "runs" / "digits"


@pytest.fixture
def folder(tmp_path):
    """The digits run without what was measured of it."""
    (tmp_path / "digits").mkdir()
    for name in ("config.json", "model.safetensors", "result.json"):
        shutil.copy(DIGITS_RUN / name, tmp_path / "digits")
    return tmp_path / "digits"


def part(images, train, test):
    """The set with these rows only."""
    return replace(
        images,
        train_bytes=images.train_bytes[train],
        train_labels=images.train_labels[train],
        test_bytes=images.test_bytes[test],
        test_labels=images.test_labels[test],
    )


def test_evaluate_writes_its_command(folder, capsys, monkeypatch):
    arguments = ["evaluate", str(folder), "--n", "40", "--evaluations", "5"]
    arguments += ["--bits", "0", "--bound", "0", "--score", "0"]
    monkeypatch.setattr("sys.argv", ["diffusion-lab", *arguments])
    assert main() == 0
    found = json.loads((folder / "evaluation.json").read_text())
    assert found["command"] == " ".join(["diffusion-lab", *arguments])
    assert "bits_by_flow" not in found
    assert "real images" in capsys.readouterr().out


def test_baselines_of_the_digits(folder, capsys):
    """By the command; the histograms once more from their definition."""
    assert main(["evaluate", str(folder), "--baselines"]) == 0
    kept = json.loads((folder / "baselines.json").read_text())
    digits, bits = load_images("digits"), 0.0
    train, test = (images.flatten(1).T for images in (digits.train_bytes, digits.test_bytes))
    for known, asked in zip(train, test, strict=True):
        shares = [((known == k).sum().item() + 1 / 17) / (len(known) + 1) for k in range(17)]
        bits -= sum(math.log2(shares[k]) for k in asked.tolist())
    # Sums of 23,040 terms in another order, in double precision.
    assert kept["each pixel's histogram"][0] == pytest.approx(bits / test.numel(), rel=1e-11)
    assert kept["each pixel's histogram"][0] < math.log2(17)
    assert len(capsys.readouterr().out.splitlines()) == len(kept) == 4


def test_no_baseline_packs_noise():
    images = GaussianImages.smooth().image_set(500, 100, seed=3)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (600, 1, 8, 8), dtype=torch.uint8, generator=generator)
    even = replace(images, train_bytes=noise[:500], test_bytes=noise[500:])
    # 6,400 bytes leave at most some chance coincidences of two bytes in a row.
    assert all(estimate.value > 7.9 for estimate in baselines(even).values())


def test_the_gaussian_baseline_finds_the_entropy_of_gaussian_images():
    law = GaussianImages.smooth()
    images = law.image_set(4000, 2000, seed=3)
    one = part(images, images.train_labels == 0, images.test_labels == 0)
    value, error = baselines(one)["one Gaussian, all covariances"]
    covariance = law.law.covariances[0]
    dim, train = len(covariance), len(one.train_bytes)
    nats = 0.5 * (dim * (1.0 + math.log(2.0 * math.pi)) + torch.logdet(covariance).item())
    exact = nats / (dim * math.log(2.0)) + math.log2(one.levels / 2)  # a level is 2/levels wide
    # The D (D + 3)/2 fitted numbers cost half a nat each, over all training images.
    fitted = (dim + 3) / 4 / train / math.log(2.0)
    assert abs(value - exact - fitted) < 4 * error + 0.3 * fitted


def test_pictures_need_a_licence(folder):
    assert main(["evaluate", str(folder), "--pictures", "--evaluations", "5"]) == 0
    for name in ("real.png", "neighbors.png"):
        assert Image.open(folder / name).size == (10 * 9 + 1, 2 * 9 + 1)
    run = Run.load(folder)
    secret = replace(run, images=replace(run.images, licence=None))
    with pytest.raises(ValueError, match="states no licence"):
        save_pictures(secret, Sampling(), 0)


def test_averages_are_compared_on_the_same_noise(tmp_path):
    config = RunConfig(
        widths=(8, 8), up=(1, 1), features=16, steps=24, batch_size=8, ema_widths=(0.05, 0.1)
    )
    list(train_run(config, tmp_path))
    found = compare_averages(Run.load(tmp_path), [0.05, 0.05, 0.15], 20)
    first, again, other = (row["bits"]["value"] for row in found["rows"])
    assert first == again != other
    assert found["bound_images"] == 20


def test_the_table_has_every_sampler_and_draws_some_rows_twice():
    assert len(set(PLANS)) == len(PLANS)
    assert {plan.sampler for plan, _ in PLANS} == set(METHODS)
    assert {plan for plan, seed in PLANS if seed} <= {plan for plan, seed in PLANS if not seed}
