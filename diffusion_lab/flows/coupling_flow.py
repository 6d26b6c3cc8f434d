"""Discrete flows: invertible maps, one after another, with determinants that cost nothing (A7)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..sampling.likelihood_velocity import standard_normal_log_prob
from .determinant import checked_log_det


class Bijection(nn.Module):
    """An invertible map of points (batch, D) that knows its determinant."""

    dim: int

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det dy/dx|: (batch, D) -> (batch, D), (batch,)."""
        raise NotImplementedError

    def inverse(self, y: Tensor) -> Tensor:
        """The x with forward(x) = y: (batch, D) -> (batch, D)."""
        raise NotImplementedError


class AffineCoupling(Bijection):
    """Half the coordinates pass; the others are scaled and shifted by functions of these.

        y_a = x_a,   y_b = exp(r(x_a)) x_b + shift(x_a),   log |det| = sum r(x_a).

    The Jacobian is triangular, so the functions may be anything; here one small perceptron.

    dim : D >= 2;  passing : which coordinates pass, (D,) of bool, some but not all
    reach : |r| < reach, so that no step scales beyond exp(+-reach) and rounding stays small
    Source: Dinh et al. 2017.
    """

    passed: Tensor
    moved: Tensor
    places: Tensor

    def __init__(
        self, dim: int, passing: Sequence[bool], width: int = 64, reach: float = 2.0
    ) -> None:
        super().__init__()
        kept = torch.tensor(list(passing), dtype=torch.bool)
        if len(kept) != dim or not 0 < int(kept.sum()) < dim:
            raise ValueError(
                f"passing = {list(passing)} for {dim} coordinates: some, but not all, must pass. "
                "If none passed there would be nothing to scale by; if all, nothing would move."
            )
        passed, moved = kept.nonzero()[:, 0], (~kept).nonzero()[:, 0]
        self.register_buffer("passed", passed)
        self.register_buffer("moved", moved)
        self.register_buffer("places", torch.cat([passed, moved]).argsort())
        self.dim, self.reach = dim, reach
        self.net = nn.Sequential(
            nn.Linear(len(passed), width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, 2 * len(moved)),
        )
        for parameter in self.net[-1].parameters():
            nn.init.zeros_(parameter)  # the untrained map is the identity

    def _scale_and_shift(self, a: Tensor) -> tuple[Tensor, Tensor]:
        raw, shift = self.net(a).chunk(2, 1)
        return self.reach * torch.tanh(raw / self.reach), shift

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det dy/dx|."""
        a, b = x[:, self.passed], x[:, self.moved]
        r, shift = self._scale_and_shift(a)
        return torch.cat([a, r.exp() * b + shift], 1)[:, self.places], r.sum(1)

    def inverse(self, y: Tensor) -> Tensor:
        """x_b = exp(-r) (y_b - shift): no equation is solved."""
        a, b = y[:, self.passed], y[:, self.moved]
        r, shift = self._scale_and_shift(a)
        return torch.cat([a, (-r).exp() * (b - shift)], 1)[:, self.places]


class LinearMap(Bijection):
    """y = M x + b with a fixed invertible matrix: a rotation, a permutation, a change of scale.

    Raises ValueError for a matrix that is not square or is singular.
    """

    matrix: Tensor
    shift: Tensor
    log_det: Tensor
    back: Tensor

    def __init__(self, matrix: object, shift: object = 0.0) -> None:
        super().__init__()
        m = torch.as_tensor(matrix, dtype=torch.float64)
        if m.ndim != 2 or m.shape[0] != m.shape[1]:
            raise ValueError(f"matrix has shape {tuple(m.shape)}; expected (D, D).")
        self.dim = len(m)
        b = torch.as_tensor(shift, dtype=torch.float64).expand(self.dim).clone()
        values = {"matrix": m, "shift": b, "log_det": checked_log_det(m, "the matrix")}
        for name, value in (values | {"back": torch.linalg.inv(m)}).items():
            self.register_buffer(name, value)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """y and log |det M|."""
        y = x @ self.matrix.to(x).mT + self.shift.to(x)
        return y, self.log_det.to(x).expand(len(x))

    def inverse(self, y: Tensor) -> Tensor:
        """M^-1 (y - b)."""
        return (y - self.shift.to(y)) @ self.back.to(y).mT


def permutation(order: Sequence[int]) -> LinearMap:
    """y_i = x_order[i], whose determinant is +-1. Raises ValueError if a coordinate is lost."""
    if sorted(order) != list(range(len(order))):
        raise ValueError(
            f"order = {list(order)} is no permutation of 0..{len(order) - 1}: a coordinate that "
            "is left out cannot be recovered."
        )
    return LinearMap(torch.eye(len(order), dtype=torch.float64)[list(order)])


class Flow(nn.Module):
    """Invertible maps in a row, from the data to N(0, I), and the density that they imply.

        log p(x_0) = log N(x_k; 0, I) + sum_i log |det dx_i/dx_(i-1)|     (A7)

    steps : bijections of points of one dimension. Train it by :meth:`loss`, maximum likelihood.
    """

    def __init__(self, steps: Sequence[Bijection]) -> None:
        super().__init__()
        sizes = {step.dim for step in steps}
        if len(sizes) != 1:
            raise ValueError(
                f"maps of {sorted(sizes)} dimensions; a flow needs one map or more, all of one "
                "dimension, because an invertible map cannot change it."
            )
        self.dim, self.steps = sizes.pop(), nn.ModuleList(steps)
        self._in_order = tuple(steps)  # the same maps, of a type that says what they are

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x_k and the sum of the log-determinants: (batch, D) -> (batch, D), (batch,).

        Raises ValueError for points of another dimension.
        """
        if x.shape[1:] != (self.dim,):
            raise ValueError(f"x has shape {tuple(x.shape)}; expected (batch, {self.dim}).")
        total = torch.zeros_like(x[:, 0])
        for step in self._in_order:
            x, log_det = step(x)
            total = total + log_det
        return x, total

    def inverse(self, z: Tensor) -> Tensor:
        """The x_0 that leads to z: (batch, D) -> (batch, D)."""
        for step in reversed(self._in_order):
            z = step.inverse(z)
        return z

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (batch, D) -> (batch,)."""
        z, log_det = self(x)
        return standard_normal_log_prob(z) + log_det

    def loss(self, x0: Tensor, generator: torch.Generator) -> Tensor:
        """Minus the mean log-likelihood of a batch, one number; no noise is drawn."""
        return -self.log_prob(x0).mean()

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws, N(0, I) sent back through the maps: -> (n, D), of the parameters' dtype."""
        first = next(self.parameters(), torch.zeros((), dtype=torch.float64))
        z = torch.randn(n, self.dim, generator=generator, dtype=first.dtype, device=first.device)
        return self.inverse(z)


def coupling_flow(dim: int, steps: int = 6, width: int = 64) -> Flow:
    """`steps` affine couplings with the coordinates turned round between them.

    Every second coordinate passes; a reversal (a shift by one for odd dim) exchanges the roles.
    """
    if dim < 2:
        raise ValueError(f"dim = {dim}: an affine coupling needs two coordinates or more.")
    passing = [index % 2 == 0 for index in range(dim)]
    order = list(reversed(range(dim))) if dim % 2 == 0 else [*range(1, dim), 0]
    maps: list[Bijection] = []
    for _ in range(steps):
        maps += [AffineCoupling(dim, passing, width), permutation(order)]
    return Flow(maps)
