"""Measure a run: its samples, its likelihood, and its one checkpoint under many samplers."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..training.checkpoint import write_whole
from ..training.denoiser import Denoiser
from .bits_per_dim import flow_bits
from .classifier_run import classifiers_of
from .config import RunConfig
from .data import ImageSet, load_images
from .evaluate import Judge, evaluate, even_labels, rounded, to_json
from .record import MODEL, sha256
from .samplers import Sampling, draw
from .train import load_model
from .variational_bound import variational_bound

EVALUATION, TABLE = "evaluation.json", "samplers.json"


@dataclass(frozen=True)
class Run:
    """A trained model with the images it was trained on."""

    folder: Path
    config: RunConfig
    images: ImageSet
    denoiser: Denoiser
    device: str

    @classmethod
    def load(cls, folder: str | Path, device: str = "cpu") -> Run:
        """Raises the errors of load_model and load_images."""
        denoiser, config, _, _ = load_model(folder)
        images = load_images(config.data)
        return cls(Path(folder), config, images, denoiser.to(device), device)

    def draw(self, plan: Sampling, n: int, seed: int) -> tuple[Tensor, Tensor | None, float]:
        """n samples with the classes in their shares: samples, labels, evaluations of each."""
        labels = even_labels(self.images, n)
        samples, calls = draw(
            self.denoiser.predict,
            self.denoiser.path,
            self.images.shape,
            n if labels is None else labels,
            plan,
            seed=seed,
            data_std=self.denoiser.data_std,
            device=self.device,
        )
        return samples, labels, calls

    @property
    def asks_labels(self) -> bool:
        """Whether it has only learned to be asked for a density given the label."""
        return bool(self.images.classes) and self.config.label_drop == 0.0

    def circumstances(self) -> dict[str, Any]:
        """What the numbers were made with."""
        return {
            "model_sha256": sha256(self.folder / MODEL),
            "device": torch.cuda.get_device_name() if "cuda" in self.device else "cpu",
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "torch": torch.__version__,
        }


def evaluate_run(
    run: Run,
    plan: Sampling,
    n: int = 1000,
    *,
    seed: int = 0,
    bits: int = 100,
    bound: int = 360,
    score_seeds: int = 2,
) -> dict[str, Any]:
    """Everything that is measured of a run, as JSON values; n is cut to the test images there are.

    bits, bound : test images for the bits per dimension by the flow, and by the variational bound
    score_seeds : trainings for the classification accuracy score; 0 leaves any of them out
    A model trained with hidden labels is asked for bits without labels, as published numbers are;
    another has only learned to be asked with them.
    """
    start, images = time.perf_counter(), run.images
    n, bits, bound = (min(k, len(images.test_bytes)) for k in (n, bits, bound))
    samples, labels, calls = run.draw(plan, n, seed)
    judge = Judge(images, classifiers_of(images.name), n)
    found = {
        "sampling": {**asdict(plan), "counted_evaluations": calls, "seed": seed},
        **to_json(
            evaluate(
                samples,
                labels,
                judge,
                dequantised=run.config.dequantise,
                score_seeds=score_seeds,
            )
        ),
    }
    model = run.denoiser.predict, run.denoiser.path, images
    options: dict[str, Any] = {
        "seed": seed,
        "labels": run.asks_labels,
        "dequantised": run.config.dequantise,
        "device": run.device,
    }
    if bits:
        found["bits_by_flow"] = to_json(flow_bits(*model, bits, **options))
    if bound:
        found["bits_by_bound"] = to_json(variational_bound(*model, bound, **options))
    seconds = round(time.perf_counter() - start, 1)
    return {**found, **run.circumstances(), "seconds": seconds}


def sampler_table(
    run: Run, plans: Iterable[tuple[Sampling, int]], n: int = 1000, command: str = ""
) -> Iterator[dict[str, Any]]:
    """One checkpoint under every sampler: yield a row for each plan and seed.

    command : what the file is to say that it was made by
    Each row goes into the run's samplers.json when it is done, and rows that are there are not
    made again: stopped at any moment, the same call goes on.
    Raises ValueError when that file belongs to another model or n.
    """
    path, images = run.folder / TABLE, run.images
    n = min(n, len(images.test_bytes))
    head = {"command": command, "images": images.name, "n": n, **run.circumstances()}
    table: dict[str, Any] = {**head, "rows": []}
    if path.exists():
        table = json.loads(path.read_text(encoding="utf-8"))
        if any(table[key] != head[key] for key in ("images", "n", "model_sha256")):
            raise ValueError(
                f"{path} holds n = {table['n']} and another model or image set. Delete it, or ask "
                "for what it holds."
            )
    judge = Judge(images, classifiers_of(images.name), n)
    table["real"] = to_json(judge.real)
    for plan, seed in plans:
        key = {**asdict(plan), "seed": seed}
        if any(key.items() <= row.items() for row in table["rows"]):
            continue
        start = time.process_time()
        samples, labels, calls = run.draw(plan, n, seed)
        seconds = round(time.process_time() - start, 1)
        seen = judge.see(rounded(samples, images, run.config.dequantise), labels)
        row = {**key, "counted_evaluations": calls, "cpu_seconds": seconds, **to_json(seen)}
        table["rows"].append(row)
        write_json(path, table)
        yield row


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Whole or not at all. Raises CheckpointError where it cannot be written."""
    write_whole(path, (json.dumps(values, indent=1) + "\n").encode())
