"""Maps with known determinants: the change of variables, and why some maps have none."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]


def jacobian(map: Map, x: Tensor) -> Tensor:
    """dy_i/dx_j at each point, by a backward pass for each i: (batch, D) -> (batch, E, D).

    Each row of the map's output must come from its own row alone.
    """
    if x.ndim != 2:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected points (batch, D).")
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        y = map(x)
        rows = [
            torch.autograd.grad(part.sum(), x, retain_graph=True, materialize_grads=True)[0]
            for part in y.unbind(1)
        ]
    return torch.stack(rows, 1)


def log_abs_det(map: Map, x: Tensor) -> tuple[Tensor, Tensor]:
    """y = map(x) and log |det dy/dx|: (batch, D) -> (batch, D), (batch,).

    Costs D backward passes and a factorisation of D^3: for maps that state their determinant, a
    check; for others, a price. Raises ValueError where the map has no density to carry, because
    it changes the dimension or because its Jacobian is singular.
    """
    y, matrix = map(x), jacobian(map, x)
    if matrix.shape[1] != matrix.shape[2]:
        raise ValueError(
            f"the map leads from {matrix.shape[2]} to {matrix.shape[1]} dimensions. Only a map "
            "between equal dimensions can be inverted, and only such a map carries a density."
        )
    return y, checked_log_det(matrix, "the Jacobian")


def checked_log_det(matrix: Tensor, name: str) -> Tensor:
    """log |det| of (..., D, D) matrices, refusing the singular ones.

    A matrix counts as singular where its least singular value is below D times the rounding of
    the largest: a change of x in that direction is lost in y.
    """
    values = torch.linalg.svdvals(matrix)
    least, largest = values[..., -1], values[..., 0]
    lost = ~(least > matrix.shape[-1] * torch.finfo(matrix.dtype).eps * largest)  # NaN fails too
    if lost.any():
        example = least[lost].flatten()[0].item(), largest[lost].flatten()[0].item()
        raise ValueError(
            f"{name} is singular in {int(lost.sum())} of {lost.numel()} cases (singular values "
            f"from {example[1]:.3g} down to {example[0]:.3g}). The map flattens space there: it "
            "has no inverse and its image has no density. Use a map that keeps all directions."
        )
    return values.log().sum(-1)


def check_inverse(map: Map, inverse: Map, x: Tensor, tolerance: float) -> float:
    """The largest |inverse(map(x)) - x|, or ValueError when it is above the tolerance.

    A Jacobian tells of single points; a map such as x^2 is regular at each x other than 0 and
    still sends two points to one. Going there and back finds it.
    """
    error = (inverse(map(x)) - x).abs().max().item()
    if not error <= tolerance:
        raise ValueError(
            f"going through the map and back moves a point by {error:.3g}, above {tolerance:g}: "
            "the map is not invertible there, or the inverse is that of another map."
        )
    return error
