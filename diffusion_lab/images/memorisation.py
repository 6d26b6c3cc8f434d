"""Has the model kept its training images? Distances to them, beside those of held-out images."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..estimate import Estimate, jackknife, share_of


class Memorisation(NamedTuple):
    """How much nearer to the training images samples lie than held-out images do.

    ratio       : median distance of samples over that of held-out images; well below 1 is copying
    floor       : the same ratio for one half of the held-out images over the other half
    closer      : share of samples nearer than all but `level` of the held-out images
    level       : what `closer` is in the mean for samples that are as new as held-out images
    """

    ratio: Estimate
    floor: Estimate
    closer: Estimate
    level: float


def nearest(x: Tensor, data: Tensor, batch: int = 250) -> Tensor:
    """The row of a data set nearest to each image: (N, ...), (M, ...) -> (N,)."""
    points, known = x.flatten(1).float(), data.flatten(1).float()
    square = known.square().sum(1)
    return torch.cat([(square - 2.0 * part @ known.T).argmin(1) for part in points.split(batch)])


def nearest_distance(x: Tensor, data: Tensor, batch: int = 250) -> Tensor:
    """Euclidean distance of each image to the nearest of a data set: (N, ...), (M, ...) -> (N,).

    The nearest is found by one matrix product; its distance is then computed directly, so that a
    copy has distance 0.
    """
    return (x - data[nearest(x, data, batch)]).flatten(1).norm(dim=1)


def memorisation(
    samples: Tensor, held_out: Tensor, train: Tensor, level: float = 0.05
) -> Memorisation:
    """Compare samples with held-out images by their nearest training images, pixel by pixel.

    samples, held_out : (N, C, H, W), both rounded to the levels of the set;  train : (M, C, H, W)
    A model that is merely bad has a large ratio too: read it beside the Frechet distance.
    Source: the test by held-out images of Meehan, Chaudhuri & Dasgupta 2020, by medians.
    """
    near, new = nearest_distance(samples, train), nearest_distance(held_out, train)
    closer = share_of(near < new.quantile(level))
    # The quantile itself comes from finitely many held-out images.
    error = math.hypot(closer.error, math.sqrt(level * (1.0 - level) / len(new)))
    halves = new[::2], new[1::2]
    return Memorisation(_ratio(near, new), _ratio(*halves), Estimate(closer.value, error), level)


def _ratio(a: Tensor, b: Tensor) -> Estimate:
    """median(a)/median(b), with its error from both samples."""
    over, under = (jackknife(lambda w, x=x: x[w > 0].median().item(), len(x)) for x in (a, b))
    value = over.plain / under.plain
    return Estimate(value, math.hypot(over.error, value * under.error) / under.plain)
