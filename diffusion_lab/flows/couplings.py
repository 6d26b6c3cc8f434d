"""Which noise goes with which data point: the coupling decides what the flow will be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeAlias

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from ..sampling.integrate import standard_normal
from .matching import check_ends

Draw: TypeAlias = Callable[[int, torch.Generator], Tensor]


class Coupling(Protocol):
    """How a batch of data gets its other ends.

    lost : why the learned velocity determines no score; "" where it does, because x_1 is Gaussian
    noise that does not depend on x_0.
    """

    lost: ClassVar[str]

    def pair(self, batch: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A batch of training data -> (x_0, x_1), both (batch, \\*dims)."""
        ...


@dataclass(frozen=True)
class NoiseEnd:
    """x_1 ~ N(0, I), drawn alone: flow matching conditional on the data."""

    lost: ClassVar[str] = ""

    def pair(self, batch: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(batch, \\*dims) -> the same batch and noise of its shape."""
        return batch, standard_normal(batch, generator)


@dataclass(frozen=True)
class OtherEnd:
    """x_1 drawn alone from any law.

    draw : (n, generator) -> (n, \\*dims), for example GaussianMixture.sample
    """

    draw: Draw
    lost: ClassVar[str] = "its paths end in a law that is not known to be N(0, I)"

    def pair(self, batch: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(batch, \\*dims) -> the same batch and as many points of the other end."""
        return batch, self.draw(batch.shape[0], generator).to(batch)


@dataclass(frozen=True)
class MinibatchTransport:
    """The ends of another coupling, re-paired in each batch so that sum |x_1 - x_0|^2 is least.

    ends   : what draws the other ends;  memory : bytes that the table of costs may take
    Both laws stay what they were; the two ends come to depend on each other.
    Source: Tong et al. 2024; Pooladian et al. 2023.
    """

    ends: NoiseEnd | OtherEnd = field(default_factory=NoiseEnd)
    memory: int = 2**30
    lost: ClassVar[str] = (
        "minibatch optimal transport chose the noise by the data, so that given x_0 it is no "
        "longer N(0, I)"
    )

    def pair(self, batch: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(batch, \\*dims) -> the same batch and the other ends in the best order."""
        x0, x1 = self.ends.pair(batch, generator)
        return x0, x1[best_order(x0, x1, self.memory)]


@dataclass(frozen=True)
class GivenPairs:
    """Pairs that the data set itself holds, (batch, 2, \\*dims), as from :func:`flow_pairs`."""

    lost: ClassVar[str] = (
        "its pairs were given, as after reflow, so that x_1 is not noise drawn without regard to "
        "x_0"
    )

    def pair(self, batch: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(batch, 2, \\*dims) -> its two halves. Raises ValueError for another shape."""
        if batch.ndim < 3 or batch.shape[1] != 2:
            raise ValueError(
                f"the batch has shape {tuple(batch.shape)}; pairs are (batch, 2, *dims), x_0 then "
                "x_1, for example torch.stack([x0, x1], 1)."
            )
        return batch[:, 0], batch[:, 1]


def best_order(x0: Tensor, x1: Tensor, memory: int = 2**30) -> Tensor:
    """The permutation k that makes  sum_i |x_1[k_i] - x_0[i]|^2  least: -> (N,).

    x0, x1 : (N, \\*dims). Exact (the Hungarian method), in time N^3 at worst and memory 8 N^2.
    Raises ValueError for ends that differ in shape or are not finite, and, before anything is
    allocated, for a table of costs larger than `memory` bytes.
    """
    check_ends(x0, x1)
    n = x0.shape[0]
    if 8 * n * n > memory:
        raise ValueError(
            f"pairing {n} points needs a table of {8 * n * n / 1e9:.3g} GB, above memory = "
            f"{memory / 1e9:.3g} GB. Pair batches of at most {int((memory / 8) ** 0.5)} points, "
            "or allow more memory."
        )
    a, b = (end.detach().double().flatten(1) for end in (x0, x1))
    # |x0 - x1|^2 less |x0|^2. What a row or a column has in common changes no permutation's rank;
    # without it the search takes half the time.
    cost = torch.addmm(b.square().sum(1), a, b.T, alpha=-2.0)
    cost -= cost.amin(1, keepdim=True)
    cost -= cost.amin(0)
    _, order = linear_sum_assignment(cost.cpu().numpy())
    return torch.as_tensor(order, device=x1.device)
