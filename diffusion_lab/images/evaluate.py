"""All measurements of a set of samples, each beside the same measurement of real images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor

from ..estimate import BLOCKS, Estimate, Jackknife, share_of
from .classification_score import ClassificationScore, classification_score
from .data import ImageSet
from .features import Reader, features, guess
from .frechet import Moments, frechet_distance
from .grey_scale import GreyScale
from .kernel_distance import kernel_distance
from .memorisation import Memorisation, memorisation
from .precision_recall import precision_recall

KERNEL_POINTS = 2000  # training images in the kernel distance, at most
LEAST = 2 * BLOCKS  # samples: their halves are compared too, each by the jackknife


@dataclass(frozen=True)
class Seen:
    """One set of n images through one classifier.

    frechet : Frechet distance of the features to those of the whole training set. Not FID.
    kernel  : kernel distance to training features;  precision, recall : with n of them, k = 3
    labelled : share of images that the classifier gives the label they were made for
    """

    frechet: Jackknife
    kernel: Estimate
    precision: Estimate
    recall: Estimate
    labelled: Estimate | None


class Judge:
    """The real images as some classifiers see them, once, to compare many sets of n samples.

    readers : by name, such as :func:`pinned_classifiers` returns;  n : images in every set
    .real is what the classifiers say of n held-out images, drawn by `seed`: the floor at this n.
    Raises ValueError for an n that the set cannot match with held-out images.
    """

    def __init__(
        self, images: ImageSet, readers: Mapping[str, Reader], n: int, seed: int = 0
    ) -> None:
        most = min(len(images.test_bytes), len(images.train_bytes))
        if not LEAST <= n <= most:
            raise ValueError(
                f"n = {n}; expected {LEAST} to {most} for {images.name}: the floor needs as many "
                "held-out images as there are samples."
            )
        self.images, self.readers, self.n = images, dict(readers), n
        generator = torch.Generator().manual_seed(seed)
        most = min(KERNEL_POINTS, len(images.train_bytes))
        some, equal = (even_pick(images.train_labels, m, generator) for m in (most, n))
        self._labels = images.train_labels[some] if images.classes else None
        self._moments, self._some, self._equal = {}, {}, {}
        for name, reader in self.readers.items():
            seen = features(reader, images.train)
            self._moments[name] = Moments.of(seen)
            self._some[name], self._equal[name] = seen[some], seen[equal]
        pick = even_pick(images.test_labels, n, generator)
        self.held_out, labels = images.test[pick], images.test_labels[pick]
        self.real = self.see(self.held_out, labels if images.classes else None)

    def see(self, x: Tensor, labels: Tensor | None = None) -> dict[str, Seen]:
        """n images (n, C, H, W) on the scale of images.test, and the labels asked for.

        With labels, so many of each by design (:func:`even_labels`), the errors know it.
        """
        if len(x) != self.n:
            raise ValueError(f"{len(x)} images; this judge compares sets of {self.n}.")
        found = {}
        for name, reader in self.readers.items():
            seen = features(reader, x)
            inside = precision_recall(seen, self._equal[name])
            known = None if labels is None else self._labels
            found[name] = Seen(
                frechet_distance(seen, self._moments[name], labels),
                kernel_distance(seen, self._some[name], labels, known),
                inside.precision,
                inside.recall,
                None if labels is None else share_of(guess(reader, x) == labels),
            )
        return found


@dataclass(frozen=True)
class Evaluation:
    """Everything measured on n samples; `real` is the same of n held-out images."""

    images: str
    n: int
    reference: int  # training images behind the Frechet distance
    samples: dict[str, Seen]
    real: dict[str, Seen]
    memorisation: Memorisation
    score: ClassificationScore | None


def evaluate(
    samples: Tensor,
    labels: Tensor | None,
    judge: Judge,
    *,
    dequantised: bool = False,
    score_seeds: int = 2,
) -> Evaluation:
    """Measure samples (n, C, H, W) in about [-1, 1]: features, memorisation, score.

    labels      : those the samples were drawn for; None leaves out what needs them
    dequantised : the samples come from a model trained on the scale of dequantisation noise
    score_seeds : trainings of the classification accuracy score on each side; 0 leaves it out
    Samples are first rounded to the levels of the set, as a file would hold them.
    Raises ValueError for samples of another shape or number, or that are not finite.
    """
    images = judge.images
    x = rounded(samples, images, dequantised)
    score = None
    if labels is not None and score_seeds:
        score = classification_score(x, labels, images, score_seeds)
    return Evaluation(
        images.name,
        judge.n,
        len(images.train_bytes),
        judge.see(x, labels),
        judge.real,
        memorisation(x, judge.held_out, images.train),
        score,
    )


def rounded(samples: Tensor, images: ImageSet, dequantised: bool = False) -> Tensor:
    """Samples at the levels of a set, on the scale of images.test: float -> float32."""
    if tuple(samples.shape[1:]) != images.shape:
        raise ValueError(
            f"samples of {tuple(samples.shape[1:])}; images of {images.name} are {images.shape}."
        )
    return images.scale(GreyScale(images.levels, dequantised).read(samples))


def even_labels(images: ImageSet, n: int) -> Tensor | None:
    """n labels in the proportions of the training set, class by class; None without labels."""
    if not images.classes:
        return None
    return images.train_labels[even_pick(images.train_labels, n)]


def even_pick(labels: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
    """Rows of n of these labels (N,), every class in its share of all, class by class."""
    shuffled = torch.arange(len(labels))
    if generator is not None:
        shuffled = torch.randperm(len(labels), generator=generator)
    ordered = shuffled[labels[shuffled].argsort(stable=True)]
    return ordered[((torch.arange(n) + 0.5) * len(labels) / n).long()]


def to_json(value: Any) -> Any:
    """Dataclasses, named tuples and dictionaries of them as plain JSON values."""
    if is_dataclass(value):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: to_json(item) for name, item in value._asdict().items()}  # pyright: ignore
    if isinstance(value, dict):
        return {name: to_json(item) for name, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
