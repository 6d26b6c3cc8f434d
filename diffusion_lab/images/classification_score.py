"""Classification accuracy score: how well samples teach a classifier to read real images."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from ..estimate import Estimate, mean_of
from .classifier import ClassifierConfig, accuracy, train_classifier
from .data import ImageSet

# Enough for 1,000 images: the loss of digits and Fashion-MNIST is near 0 by then.
RECIPE = ClassifierConfig(steps=400, batch_size=64)


@dataclass(frozen=True)
class ClassificationScore:
    """Accuracy on the real test images after training on n samples, and on n real images.

    Each is a mean over seeds with its standard error, which leaves out the finite test set.
    """

    samples: Estimate
    real: Estimate
    n: int
    seeds: int


def classification_score(
    samples: Tensor,
    labels: Tensor,
    images: ImageSet,
    seeds: int = 2,
    recipe: ClassifierConfig = RECIPE,
) -> ClassificationScore:
    """Train the same small classifier on samples (N, C, H, W) and on N real training images.

    samples : in [-1, 1], rounded to the levels of the set;  labels : those they were drawn for
    Raises ValueError for fewer than two seeds or more samples than training images.
    Source: Ravuri & Vinyals 2019.
    """
    n = len(samples)
    if seeds < 2 or n > len(images.train_bytes):
        raise ValueError(
            f"{seeds} seeds and {n} samples; expected at least 2 seeds and at most "
            f"{len(images.train_bytes)} samples, the number of real images to compare with."
        )
    real = images.scale(images.train_bytes[:n]), images.train_labels[:n]
    found = [
        mean_of(Tensor([_score(x, y, images, recipe, seed) for seed in range(seeds)]))
        for x, y in ((samples, labels), real)
    ]
    return ClassificationScore(found[0], found[1], n, seeds)


def _score(
    x: Tensor, labels: Tensor, images: ImageSet, recipe: ClassifierConfig, seed: int
) -> float:
    *_, (_, net) = train_classifier(replace(recipe, seed=seed), x, labels, images.classes)
    return accuracy(net.eval(), images.test, images.test_labels)
