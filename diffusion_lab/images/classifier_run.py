"""The classifiers that judge samples: trained here, kept in runs/classifiers, pinned by hash.

``python -m diffusion_lab.images.classifier_run runs/classifiers/digits-0`` trains what that
folder's config.json says. A pinned classifier that is trained again has another hash: the table
below must then say so, and old metrics do not compare with new ones.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import asdict
from pathlib import Path

import torch
from tqdm import tqdm

from ..training.checkpoint import CheckpointError, load_tensors, load_weights, save_tensors
from .classifier import Classifier, ClassifierConfig, accuracy, train_classifier
from .data import load_images
from .record import sha256

FOLDER = Path(__file__).resolve().parents[2] / "runs" / "classifiers"
WEIGHTS, CONFIG, RESULT = "model.safetensors", "config.json", "result.json"

# sha256 of model.safetensors. Frechet distances are comparable only under one of these.
PINNED: dict[str, str] = {
    "digits-0": "68f02d4c859fdd69bf3e94d7b95b068a1f750cfc1bbb1ff3c57214c1385938d1",
    "digits-1": "5c4fd464433f52b9e54d82ea846d9e13486dfb5d1c8ca1ce13913376d42d50a0",
    "fashion-mnist-0": "c80b450b1f1e56fbf647db4323a9a99f1307aac711b655a63976b6a2bfe253ba",
    "fashion-mnist-1": "9ecd3bc36bf6fa22a151646b0faf5dc506307c9e09830f12366742d38b60f384",
}


def classifiers_of(data: str, folder: str | Path = FOLDER) -> dict[str, Classifier]:
    """The pinned classifiers of an image set, or else those that were trained in the folder.

    The latter are named with the start of their hash, since distances compare under one of them
    only. Raises as :func:`pinned_classifiers` does, where there are none.
    """
    trained = sorted(Path(folder).glob(f"{data}-*/{WEIGHTS}"))
    if not trained or any(name.rsplit("-", 1)[0] == data for name in PINNED):
        return pinned_classifiers(data, folder)
    return {f"{p.parent.name} {sha256(p)[:12]}": load_classifier(p.parent) for p in trained}


def pinned_classifiers(data: str, folder: str | Path = FOLDER) -> dict[str, Classifier]:
    """The project's own classifiers of an image set, by name ("digits-0", "digits-1").

    Raises FileNotFoundError when the set has none or a file is missing, CheckpointError for a
    file that is not the pinned one.
    """
    names = [name for name in PINNED if name.rsplit("-", 1)[0] == data]
    if not names:
        known = sorted({name.rsplit("-", 1)[0] for name in PINNED})
        raise FileNotFoundError(
            f"no classifier is pinned for {data}; there are some for {', '.join(known)}. Train "
            f"two: python -m diffusion_lab.images.classifier_run {FOLDER / data}-0, and -1, whose "
            "config.json says what is trained."
        )
    return {name: load_classifier(Path(folder) / name, PINNED[name]) for name in names}


def load_classifier(folder: str | Path, pinned: str | None = None) -> Classifier:
    """The classifier of a folder, in evaluation mode, float32; checked when a hash is given.

    Raises FileNotFoundError or CheckpointError that names the file.
    """
    path = Path(folder) / WEIGHTS
    tensors, info = load_tensors(path)
    found = sha256(path)
    if pinned is not None and found != pinned:
        raise CheckpointError(
            f"{path} has sha256 {found}, not the pinned {pinned}: metrics under it would not "
            "compare with published ones. Restore the file from the repository."
        )
    config = info["config"]
    widths = tuple(config["widths"])
    net = Classifier(tuple(info["shape"]), info["classes"], widths, config["features"])
    load_weights(net, {k: v.float() for k, v in tensors.items()}, path)
    return net.eval().requires_grad_(False)


def train_to_folder(folder: str | Path) -> dict:
    """Train the classifier that folder/config.json describes; leave its weights and its result.

    The weights are kept as float16 and the accuracy is that of the kept ones.
    Raises the errors of load_images and of a config.json that cannot be read.
    """
    folder = Path(folder)
    values = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config = ClassifierConfig(**{**values, "widths": tuple(values["widths"])})
    images, start = load_images(config.data), time.process_time()
    steps = train_classifier(config, images.train, images.train_labels, images.classes)
    history = list(tqdm(steps, total=config.steps))
    losses, net = [loss for loss, _ in history[-100:]], history[-1][1]
    info = {
        "config": json.loads(json.dumps(asdict(config))),
        "shape": list(images.train.shape[1:]),
        "classes": images.classes,
    }
    save_tensors(folder / WEIGHTS, {k: v.half() for k, v in net.state_dict().items()}, info)
    kept = load_classifier(folder)
    result = {
        "command": f"python -m diffusion_lab.images.classifier_run {folder.as_posix()}",
        "sha256": sha256(folder / WEIGHTS),
        "parameters": sum(p.numel() for p in kept.parameters()),
        "test_accuracy": accuracy(kept, images.test, images.test_labels),
        "test_images": images.test_labels.numel(),
        "mean_loss_of_last_100_steps": sum(losses) / len(losses),
        "cpu_seconds": round(time.process_time() - start, 1),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
    }
    (folder / RESULT).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def main(argv: list[str] | None = None) -> None:
    """Train one classifier from the command line."""
    parser = argparse.ArgumentParser(
        description="Train the classifier that FOLDER/config.json describes; keep it there."
    )
    parser.add_argument("folder", type=Path, help="for example runs/classifiers/digits-0")
    print(json.dumps(train_to_folder(parser.parse_args(argv).folder), indent=2))


if __name__ == "__main__":
    main()
