"""Pictures that stand beside a run's numbers: real images, and drawn ones with their nearest."""

from __future__ import annotations

import torch

from .evaluate import rounded
from .evaluate_run import Run
from .memorisation import nearest
from .record import save_grid
from .samplers import Sampling

COLUMNS = 10


def save_pictures(run: Run, plan: Sampling, seed: int) -> list[str]:
    """Write real.png and neighbors.png into the run's folder: -> their names.

    The first holds the first two held-out images of each class (the first twenty without
    labels), the second ten samples above the training image nearest to each, pixel by pixel.
    Raises ValueError for a set without a licence: its images may not be published.
    """
    images = run.images
    if not images.licence:
        raise ValueError(f"{images.name} states no licence: its images may not be published.")
    rows = torch.arange(2 * COLUMNS).reshape(2, COLUMNS)
    if images.classes:
        each = [(images.test_labels == k).nonzero()[:2, 0] for k in range(images.classes)]
        rows = torch.stack(each, 1)
    save_grid(run.folder / "real.png", images.test[rows.flatten()], rows.shape[1])
    drawn, _, _ = run.draw(plan, COLUMNS, seed)
    drawn = rounded(drawn, images, run.config.dequantise)
    known = images.train[nearest(drawn, images.train)]
    save_grid(run.folder / "neighbors.png", torch.cat([drawn, known]), COLUMNS)
    return ["real.png", "neighbors.png"]
