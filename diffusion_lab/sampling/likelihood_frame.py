"""The frame in which a Gaussian does not move, and the angle that measures noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..process.time_grid import times_at


@dataclass(frozen=True)
class Whitening:
    """z = Q' (y - m) / sqrt(c + s^2), where y = x/alpha is the data plus noise of std s.

    If the data have mean m and covariance Q diag(c) Q', then z has unit covariance at every s,
    and N(0, I) on z is the Gaussian whose moments are those of y.

    mean, variance : numbers, or (D,);  basis : Q, (D, D), or None for the identity
    The defaults, mean 0 and variance 1, suit data of about unit scale.
    Raises ValueError for variances that are not positive.
    """

    mean: Tensor | float = 0.0
    variance: Tensor | float = 1.0
    basis: Tensor | None = None

    def __post_init__(self) -> None:
        if not (torch.as_tensor(self.variance) > 0.0).all():
            raise ValueError(
                f"variance = {self.variance}; expected positive numbers. Where the data do not "
                "vary in some direction they have no density: leave that direction out."
            )

    def check(self, dim: int) -> None:
        """Raise ValueError unless the frame is one for points of so many coordinates."""
        sizes = [torch.as_tensor(v).numel() for v in (self.mean, self.variance)]
        sizes += [] if self.basis is None else list(self.basis.shape)
        if not {1, dim} >= set(sizes):
            raise ValueError(
                f"the frame's mean, variance and basis have {sizes} entries; expected one number, "
                f"or {dim} as the points have."
            )

    @property
    def scale(self) -> float:
        """The root mean square of the standard deviations: the unit of the noise levels."""
        return math.sqrt(torch.as_tensor(self.variance, dtype=torch.float64).mean().item())

    def total(self, s: float, like: Tensor) -> Tensor:
        """The variances c + s^2 as () or (D,), of the dtype and device of `like`."""
        return torch.as_tensor(self.variance, dtype=torch.float64).to(like) + s * s

    def to_z(self, y: Tensor, s: float) -> Tensor:
        """(batch, D) -> (batch, D)."""
        u = y - torch.as_tensor(self.mean).to(y)
        return (u if self.basis is None else u @ self.basis.to(y)) / self.total(s, y).sqrt()

    def to_y(self, z: Tensor, s: float) -> Tensor:
        """The inverse of :meth:`to_z`."""
        u = z * self.total(s, z).sqrt()
        u = u if self.basis is None else u @ self.basis.to(z).mT
        return u + torch.as_tensor(self.mean).to(z)

    def log_volume(self, s: float, dim: int) -> float:
        """log |det dz/dy| = -1/2 sum log(c_i + s^2)."""
        total = self.total(s, torch.zeros((), dtype=torch.float64))
        return -0.5 * total.log().expand(dim).sum().item()


def read_moments(predict: Predict, path: GaussianPath, dim: int, **cond: Tensor) -> Whitening:
    """The mean and the covariance of the data, read off predict where the noise is largest.

        J = dD/dy (0, s),   C = s^2 J (I - J)^-1,   m = (I - J)^-1 D(0, s),   D = E[x_0 | y]

    by central differences at +-s/2: one call on 2 dim + 1 points, exact up to the skewness of the
    data over s^3. For an exact or empirical predict: a network's relative errors at pure noise
    are far larger than J ~ C/s^2; give it a Whitening of known moments.
    Raises ValueError when what is read is no covariance.
    """
    s_wanted = torch.tensor([150.0], dtype=torch.float64)  # J keeps 1e-12 of relative precision
    t = times_at(path, s_wanted)[0]
    alpha, s = path.alpha(t).item(), (path.std(t) / path.alpha(t)).item()
    eye = torch.eye(dim, dtype=torch.float64)
    points = 0.5 * s * torch.cat([torch.zeros(1, dim, dtype=torch.float64), eye, -eye])
    clean = predict(alpha * points, t, **cond).x0
    slope = (clean[1 : dim + 1] - clean[dim + 1 :]).mT / s
    slope = 0.5 * (slope + slope.mT)
    rest = torch.linalg.inv(eye - slope)
    variance, basis = torch.linalg.eigh(s * s * slope @ rest)
    if not (variance > 0.0).all():
        raise ValueError(
            f"predict at t = {t.item():g} implies a variance of {variance.min().item():.3g} in "
            "some direction; it is not accurate enough there to read moments off it."
        )
    return Whitening(rest @ clean[0], variance, basis)


@dataclass(frozen=True)
class Angle:
    """w(s) = 1/2 [arctan(s / (0.2 scale)) + arctan(s / scale)], odd in s, pi/2 at s = infinity.

    Equal steps in w go to the noise levels at which modes of the data separate.
    """

    scale: float

    def of(self, s: float) -> float:
        """The angle of a noise level s >= 0, infinity included."""
        return 0.5 * (math.atan2(s, 0.2 * self.scale) + math.atan2(s, self.scale))

    def level(self, w: float) -> float:
        """The noise level of an angle below pi/2: the root of a quadratic in s."""
        a, b = 0.2 * self.scale, self.scale
        sine, cosine = math.sin(2.0 * w), (a + b) * math.cos(2.0 * w)
        root = math.hypot(cosine, 2.0 * sine * math.sqrt(a * b))
        # Of two equal forms, the one whose sum does not cancel.
        return (
            2.0 * sine * a * b / (cosine + root) if cosine > 0.0 else (root - cosine) / (2 * sine)
        )

    def rate(self, s: float) -> float:
        """ds/dw."""
        a, b = 0.2 * self.scale, self.scale
        return 2.0 / (a / (s * s + a * a) + b / (s * s + b * b))
