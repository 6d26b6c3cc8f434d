"""Images whose law is a Gaussian mixture: what every metric should find is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..density.mixture import GaussianMixture
from ..process.path import GaussianPath
from ..process.prediction import Predict, Prediction, exact_prediction
from ..tensors import Time, as_time
from .data import ImageSet
from .frechet import Moments
from .grey_scale import GreyScale


@dataclass(frozen=True)
class GaussianImages:
    """Images whose flattened pixels follow a mixture, one component for each class.

    law : of D = C H W pixels, nearly all within [-1, 1];  shape : (C, H, W)
    Raises ValueError when the two do not fit.
    """

    law: GaussianMixture
    shape: tuple[int, int, int]

    def __post_init__(self) -> None:
        if self.law.dim != math.prod(self.shape):
            raise ValueError(f"a law of {self.law.dim} pixels for images of {self.shape}.")

    @classmethod
    def smooth(cls, size: int = 8, std: float = 0.25, length: float = 2.0) -> GaussianImages:
        """Two classes, brighter above and brighter below, each with smooth clouds on it.

        Pixels at distance d vary together as exp(-d^2 / (2 length^2)); a tenth of the variance is
        of each pixel alone.
        """
        at = torch.cartesian_prod(*[torch.arange(size, dtype=torch.float64)] * 2)
        together = torch.exp(-0.5 * (torch.cdist(at, at) / length) ** 2)
        covariance = std**2 * (0.9 * together + 0.1 * torch.eye(size**2, dtype=torch.float64))
        slope = 0.1 * (2.0 * at[:, 0] / (size - 1) - 1.0)
        means = torch.stack([slope, -slope])
        law = GaussianMixture(torch.tensor([0.5, 0.5]), means, covariance.expand(2, -1, -1))
        return cls(law, (1, size, size))

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n images float32 and their classes, as many of each as goes."""
        count = len(self.law.weights)
        labels = torch.arange(n) % count
        x = torch.empty(n, self.law.dim)
        for k in range(count):
            rows = labels == k
            x[rows] = self._component(k).sample(int(rows.sum()), generator).float()
        return x.unflatten(1, self.shape), labels

    def image_set(self, train: int, test: int, seed: int = 0, levels: int = 256) -> ImageSet:
        """Draws of it, rounded to grey levels, as an image set."""
        generator = torch.Generator().manual_seed(seed)
        (a, la), (b, lb) = (self.sample(n, generator) for n in (train, test))
        scale, classes = GreyScale(levels), len(self.law.weights)
        names = tuple(str(k) for k in range(classes))
        return ImageSet(
            "gaussian", classes, names, levels, scale.read(a), la, scale.read(b), lb, "CC0"
        )

    def predict(self, path: GaussianPath) -> Predict:
        """The exact predict(x, t, label=None) of these images."""
        every = exact_prediction(self.law, path)
        one = [exact_prediction(self._component(k), path) for k in range(len(self.law.weights))]

        def predict(x: Tensor, t: Time, label: Tensor | None = None) -> Prediction:
            t, flat = as_time(t), x.flatten(1)
            if label is None:
                seen = every(flat, t)
                return Prediction(seen.x0.reshape(x.shape), seen.eps.reshape(x.shape), path, t)
            x0, eps = torch.zeros_like(flat), torch.zeros_like(flat)
            for k, component in enumerate(one):
                here = (label == k)[:, None]
                seen = component(flat, t)
                x0 = torch.where(here, seen.x0, x0)
                eps = torch.where(here, seen.eps, eps)
            return Prediction(x0.reshape(x.shape), eps.reshape(x.shape), path, t)

        return predict

    def log_prob(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Exact log-density of images, given the class or not: (batch, C, H, W) -> (batch,)."""
        flat = x.double().flatten(1)
        if label is None:
            return self.law.log_prob(flat)
        each = [self._component(k).log_prob(flat) for k in range(len(self.law.weights))]
        return torch.stack(each, 1).gather(1, label[:, None])[:, 0]

    def moments(self) -> Moments:
        """Exact mean and covariance of the pixels: what a Frechet distance of pixels compares."""
        w, m = self.law.weights, self.law.means
        mean = w @ m
        gap = m - mean
        within = torch.einsum("k,kij->ij", w, self.law.covariances)
        return Moments(mean, within + torch.einsum("k,ki,kj->ij", w, gap, gap))

    def classes_told(self, x: Tensor) -> Tensor:
        """The best possible classifier's logits: (batch, C, H, W) -> (batch, classes)."""
        flat = x.double().flatten(1)
        each = [self._component(k).log_prob(flat) for k in range(len(self.law.weights))]
        return torch.stack(each, 1) + self.law.weights.log()

    def _component(self, k: int) -> GaussianMixture:
        return GaussianMixture(
            torch.ones(1), self.law.means[k : k + 1], self.law.covariances[k : k + 1]
        )
