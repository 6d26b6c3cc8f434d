"""Classifiers, samplers and whole evaluations, on images whose law is known and on the digits."""

import json
import math
import os
import shutil
from pathlib import Path

import pytest
import torch

from diffusion_lab.images import classifier_run as classifiers
from diffusion_lab.images import load_images
from diffusion_lab.images.classification_score import classification_score
from diffusion_lab.images.classifier import ClassifierConfig, accuracy, train_classifier
from diffusion_lab.images.command_evaluate import report
from diffusion_lab.images.evaluate import Judge, evaluate, even_labels, rounded, to_json
from diffusion_lab.images.evaluate_run import TABLE, Run, evaluate_run, sampler_table
from diffusion_lab.images.frechet import frechet_of_moments
from diffusion_lab.images.gaussian_images import GaussianImages
from diffusion_lab.images.samplers import Sampling
from diffusion_lab.training import CheckpointError

IMAGES = GaussianImages.smooth()
DIGITS_RUN = Path(__file__).resolve().parents[1] / "runs" / "digits"


class Pixels:
    """The best reader of these images: its features are the pixels, its logits exact."""

    def features(self, x):
        return x.flatten(1)

    def __call__(self, x):
        return IMAGES.classes_told(x)


@pytest.fixture(scope="module")
def judge():
    return Judge(IMAGES.image_set(2000, 400, seed=1), {"pixels": Pixels()}, 400)


@pytest.fixture
def digits_run(tmp_path):
    measured = shutil.ignore_patterns("evaluation.json", TABLE)
    return Run.load(shutil.copytree(DIGITS_RUN, tmp_path / "digits", ignore=measured))


@pytest.mark.parametrize("name", ["digits-0", "digits-1", "fashion-mnist-0", "fashion-mnist-1"])
def test_pinned_classifiers_are_the_kept_ones(name):
    data = name.rsplit("-", 1)[0]
    net = classifiers.pinned_classifiers(data)[name]
    folder = classifiers.FOLDER / name
    assert (folder / "model.safetensors").stat().st_size < 2**20
    recorded = json.loads((folder / "result.json").read_text())
    assert recorded["sha256"] == classifiers.PINNED[name]
    assert recorded["test_accuracy"] > {"digits": 0.97, "fashion-mnist": 0.9}[data]
    if data == "fashion-mnist" and not os.environ.get("DIFFUSION_LAB_DATA"):
        pytest.skip("DIFFUSION_LAB_DATA names no folder: accuracy on Fashion-MNIST NOT checked")
    images = load_images(data)
    x, labels = images.test[:1000], images.test_labels[:1000]
    expected, n = recorded["test_accuracy"], len(x)
    error = math.sqrt(expected * (1 - expected) / n)
    # All of the digits' test images are here; of the others a tenth.
    assert abs(accuracy(net, x, labels) - expected) < (1.5 / n if data == "digits" else 4 * error)


def test_another_file_is_not_the_pinned_one(tmp_path, monkeypatch):
    shutil.copytree(classifiers.FOLDER / "digits-1", tmp_path / "digits-0")
    with pytest.raises(CheckpointError, match="not the pinned"):
        classifiers.load_classifier(tmp_path / "digits-0", classifiers.PINNED["digits-0"])
    with pytest.raises(FileNotFoundError, match="there are some for digits, fashion-mnist"):
        classifiers.pinned_classifiers("cifar10")


def test_a_classifier_is_trained_kept_and_loaded(tmp_path):
    config = {"data": "digits", "widths": [8, 8], "features": 16, "steps": 120, "batch_size": 64}
    folder = tmp_path / "others-0"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**config, "seed": 3, "lr": 5e-3}))
    result = classifiers.train_to_folder(folder)
    assert result["test_accuracy"] > 0.5  # a tenth by guessing
    images = load_images("digits")
    again = ClassifierConfig("digits", (8, 8), 16, 120, 64, 5e-3, 3)
    *_, (_, net) = train_classifier(again, images.train, images.train_labels, 10)
    kept = classifiers.load_classifier(folder, result["sha256"])
    named = classifiers.classifiers_of("others", tmp_path)
    assert list(named) == [f"others-0 {result['sha256'][:12]}"]
    x = images.test[:50]
    # The kept weights are float16: relative rounding 2^-11, through four layers.
    torch.testing.assert_close(kept.features(x), net.features(x).detach(), rtol=0.02, atol=0.02)


def test_an_evaluation_of_exact_samples_finds_nothing_wrong(judge):
    samples, labels = IMAGES.sample(400, torch.Generator().manual_seed(5))
    found = evaluate(samples, labels, judge, score_seeds=0)
    seen, real = found.samples["pixels"], found.real["pixels"]
    assert abs(seen.frechet.plain - real.frechet.plain) < 4 * seen.frechet.error
    assert abs(seen.frechet.corrected) < 4 * seen.frechet.error
    assert abs(seen.kernel.value) < 4 * seen.kernel.error
    assert (
        abs(seen.precision.value - real.precision.value) < 4 * math.sqrt(2) * real.precision.error
    )
    # Two Gaussians of one covariance are told apart with probability Phi(distance/2).
    gap = IMAGES.law.means[0] - IMAGES.law.means[1]
    distance = (gap @ torch.linalg.solve(IMAGES.law.covariances[0], gap)).sqrt()
    expected = torch.special.ndtr(distance / 2).item()
    assert abs(seen.labelled.value - expected) < 4 * math.sqrt(expected * (1 - expected) / 400)
    assert json.loads(json.dumps(to_json(found)))["samples"]["pixels"]["frechet"]["error"] > 0


def test_an_evaluation_measures_a_known_distance(judge):
    other = GaussianImages.smooth(std=0.4)
    samples, labels = other.sample(400, torch.Generator().manual_seed(6))
    seen = judge.see(samples, labels)["pixels"]
    exact = frechet_of_moments(other.moments(), IMAGES.moments())
    assert exact > 1.0
    # 2,000 reference images know each standard deviation to 1.6%: 0.02 of the distance.
    assert abs(seen.frechet.corrected - exact) < 4 * seen.frechet.error + 0.02 * exact
    assert seen.kernel.value > 4 * seen.kernel.error
    assert seen.recall.value > seen.precision.value


def test_labels_at_random_and_samples_from_one_class_are_found_out(judge):
    samples, labels = IMAGES.sample(400, torch.Generator().manual_seed(7))
    seen = judge.see(samples, labels.roll(1))["pixels"]
    assert seen.labelled.value < 0.5
    one = samples[labels == 0].repeat(2, 1, 1, 1)
    assert judge.see(one, torch.zeros(400).long())["pixels"].kernel.value > 0


def test_classification_score_of_good_and_of_mislabelled_samples():
    images = load_images("digits")
    recipe = ClassifierConfig(widths=(8, 16), steps=60, lr=5e-3)
    good = classification_score(images.train[:300], images.train_labels[:300], images, 2, recipe)
    assert good.samples == good.real
    wrong = images.train_labels[:300].roll(1)
    bad = classification_score(images.train[:300], wrong, images, 2, recipe)
    assert bad.samples.value < 0.3 < bad.real.value
    with pytest.raises(ValueError, match="at least 2 seeds"):
        classification_score(images.train[:300], wrong, images, 1)


def test_what_cannot_be_judged_is_refused(judge):
    with pytest.raises(ValueError, match="expected 40 to 400"):
        Judge(judge.images, {}, 401)
    with pytest.raises(ValueError, match="sets of 400"):
        judge.see(judge.held_out[:3])
    with pytest.raises(ValueError, match="images of gaussian are"):
        rounded(torch.zeros(2, 3, 8, 8), judge.images)


def test_a_run_is_evaluated_and_the_report_shows_the_floor(digits_run):
    found = evaluate_run(digits_run, Sampling("dpm2", 6), 40, bits=4, bound=20, score_seeds=0)
    assert found["n"] == 40
    assert found["sampling"]["counted_evaluations"] == 6
    assert found["bits_by_flow"]["conditional"] is True  # it was trained with labels always shown
    text = report(json.loads(json.dumps(found)))
    assert "real images" in text
    assert f"{found['real']['digits-0']['frechet']['plain']:.3f}" in text
    assert "FID" not in text


def test_the_table_of_samplers_goes_on_where_it_stopped(digits_run):
    plans = [(Sampling("adams", 5), 0), (Sampling("ddim", 5, 1.0), 1)]
    rows = sampler_table(digits_run, plans, 40, "a command")
    first = next(rows)
    rows.close()
    path = digits_run.folder / TABLE
    assert [row["sampler"] for row in json.loads(path.read_text())["rows"]] == ["adams"]
    rest = list(sampler_table(digits_run, plans, 40))
    assert [row["sampler"] for row in rest] == ["ddim"]
    table = json.loads(path.read_text())
    assert table["rows"] == json.loads(json.dumps([first, *rest]))
    assert table["command"] == "a command"
    assert [row["seed"] for row in table["rows"]] == [0, 1]
    assert set(table["real"]) == {"digits-0", "digits-1"}
    assert list(sampler_table(digits_run, plans, 40)) == []
    with pytest.raises(ValueError, match="holds n = 40"):
        list(sampler_table(digits_run, plans, 30))


def test_labels_are_in_their_shares():
    images = load_images("digits")
    labels = even_labels(images, 1437)
    assert torch.equal(labels.bincount(), images.train_labels.bincount())
