"""Log-likelihood along the probability flow, exact up to a solver's error that is estimated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from ..process.path import GaussianPath
from ..process.prediction import Predict
from ..process.time_grid import times_at
from ..tensors import as_time
from .likelihood_adams import reflected_adams
from .likelihood_frame import Angle, Whitening
from .likelihood_trace import check_points, standard_error, with_divergence
from .likelihood_velocity import standard_normal_log_prob

End: TypeAlias = Literal["open", "path"]
UNIT = Whitening()


@dataclass(frozen=True)
class Likelihood:
    """log p of each point, and how well it is known; all (batch,) and in nats.

    log_prob       : the log-density at the points
    solver_error   : of the steps, estimated by the corrector of one order less, which costs no
                     evaluation, and added up without signs. It ranks the points. On mixtures and
                     on networks it was above the true error for 9 points of 10, about 10 times
                     with coarse steps and 100 with fine ones; of the errors of a network itself
                     it knows nothing
    standard_error : of the mean over the probes; 0 for the exact trace, NaN for one probe
    evaluations    : of predict, the mean over the points
    """

    log_prob: Tensor
    solver_error: Tensor
    standard_error: Tensor
    evaluations: float


def log_likelihood(
    predict: Predict,
    path: GaussianPath,
    x0: Tensor,
    steps: int = 96,
    *,
    probes: Tensor | None = None,
    frame: Whitening = UNIT,
    start: float = 0.0,
    end: End = "open",
    order: int = 5,
    passes: int = 1,
    **cond: Tensor,
) -> Likelihood:
    """log p(x0) in nats, where p is what the probability flow of `predict` makes of noise.

        log p(x0) = log N(z_end; 0, I) + int div(dz/ds) ds - 1/2 sum log(c_i + s_0^2),
        dy/ds = eps(y, s),   y = x/alpha,   s = std/alpha,   z = y in the whitened frame.

    The frame takes out the motion of a Gaussian exactly; equal steps in an angle that is odd in s
    (:class:`Angle`) and Adams' method integrate the rest, one evaluation a step and 3 more.

    predict : (x, t, **cond) -> Prediction: exact, or learned (Denoiser.predict)
    x0      : (batch, \\*dims), points or images
    steps   : 96 gives about 1e-6 nats for mixtures in 2-D. Networks: 32 gave 1e-3 bits a pixel
              for 17 grey levels (runs/digits, from 0.3 of a level on). Trained on 256 levels and
              from t = 1e-3 on (runs/fashion-mnist), 32 are off by 0.3 bits and 128 by 0.02:
              features as narrow as a level lie below the finest steps of this angle. There
              `flow_bits` takes another grid: 64 evaluations leave 0.002
    probes  : None for the exact trace, dim backward passes an evaluation; or
              draw_probes(x0, k, generator), k backward passes
    frame   : moments of the data, :func:`read_moments` or Whitening(mean, variance); any frame
              gives the same limit, and images take one number each
    start   : 0 for exact predictions; Denoisers are trained for t >= 1e-3, so give 1e-3 to them:
              the result is then the density of x0 with noise of std(start)/alpha(start)
    end     : "open" goes on to s = infinity, where N(0, I) is exact; "path" stops at t = 1 and
              takes the frame's Gaussian there: for VP the customary N(0, I) with the default
              frame, matched moments with that of :func:`read_moments`
    passes  : 2 solves the eighth of the points with the largest solver error again with twice
              the steps, 3 a quarter of these with four times
    cond    : (batch, ...) tensors, such as label

    Raises ValueError for fewer than 4 steps, times outside [0, 1], an unknown end, or probes,
    frames or conditions that do not fit the points.
    Source: Song et al. 2021, sec. 4.3 and appendix D.2; Lipman et al. 2023, appendix C.
    """
    check_points(x0, probes)
    frame.check(x0[0].numel())
    _check(steps, order, passes, end)
    if wrong := [name for name, value in cond.items() if len(value) != len(x0)]:
        raise ValueError(f"{', '.join(wrong)}: expected one entry for each of {len(x0)} points.")
    solve = partial(_solve, predict, path, frame=frame, start=start, end=end, order=order)
    log_prob, error, calls = solve(x0, steps, probes, cond)
    total, share = float(calls), len(x0)
    for again in range(1, passes):
        share = max(share // (8 if again == 1 else 4), 1)
        worst = error.topk(share).indices
        some = None if probes is None else probes[:, worst]
        part = {name: value[worst] for name, value in cond.items()}
        log_prob[:, worst], error[worst], calls = solve(x0[worst], steps * 2**again, some, part)
        total += calls * share / len(x0)
    spread = 0.0 * error if probes is None else standard_error(log_prob)
    return Likelihood(log_prob.mean(0), error, spread, total)


def bits_per_dim(log_prob: Tensor, dim: int, bin_width: float) -> Tensor:
    """Bits a coordinate for data cut into bins: -(log p + dim log(bin_width)) / (dim log 2).

    log_prob : nats, of points spread evenly over their bins (uniform dequantisation), for which
    the mean over the data is an upper bound on the bits of the discrete model
    dim : coordinates of a point;  bin_width : distance of two levels, 2/255 for bytes on [-1, 1]
    Source: Theis et al. 2016, sec. 3.1.
    """
    return -(log_prob / dim + math.log(bin_width)) / math.log(2.0)


def _solve(
    predict: Predict,
    path: GaussianPath,
    x0: Tensor,
    steps: int,
    probes: Tensor | None,
    cond: dict[str, Tensor],
    *,
    frame: Whitening,
    start: float,
    end: End,
    order: int,
) -> tuple[Tensor, Tensor, int]:
    """log p for each probe (k, batch), the solver's error (batch,), and the evaluations."""
    dim, shape = x0[0].numel(), x0.shape
    angle = Angle(frame.scale)
    s_start = _ratio(path, start)
    nodes = _nodes(angle, s_start, _ratio(path, 1.0), steps, end)
    first = nodes[0] if nodes[0] > 0.0 else 1e-3 * nodes[1]  # x is the same there, to rounding
    inside = [first, *nodes[1:-1], *(nodes[-1:] if end == "path" else [])]
    levels = torch.tensor([angle.level(w) for w in inside], dtype=torch.float64)
    times = dict(zip(inside, times_at(path, levels), strict=True))

    def slope(w: float, state: Tensor) -> Tensor:
        t = times[w]
        alpha, s = path.alpha(t).item(), _ratio(path, t)

        def moving(z: Tensor) -> Tensor:
            """What is left of dz/ds when the Gaussian's own motion is taken out."""
            x = (alpha * frame.to_y(z, s)).reshape(shape)
            eps = predict(x, t, **cond).eps.flatten(1)
            eps = eps if frame.basis is None else eps @ frame.basis.to(z)
            total = frame.total(s, z)
            return eps / total.sqrt() - (s / total) * z

        flat = None if probes is None else probes.flatten(2)
        value, divergence = with_divergence(moving, state[:, :dim], flat)
        return angle.rate(s) * torch.cat([value, divergence.mT], 1)

    z = frame.to_z(x0.flatten(1), s_start)
    state = torch.cat([z, z.new_zeros(len(z), 1 if probes is None else len(probes))], 1)
    with torch.no_grad():
        state, error, calls = reflected_adams(
            slope, state, (first, *nodes[1:]), nodes[0], order, end == "open"
        )
    z, gained = state[:, :dim], state[:, dim:].mT
    normal = standard_normal_log_prob(z)
    return normal + gained + frame.log_volume(s_start, dim), error.sum(1), calls


def _ratio(path: GaussianPath, t: float | Tensor) -> float:
    """s = std/alpha, infinite where alpha = 0."""
    t = as_time(t)
    alpha, std = path.alpha(t).item(), path.std(t).item()
    return std / alpha if alpha > 0.0 else math.inf


def _nodes(angle: Angle, s_start: float, s_end: float, steps: int, end: End) -> list[float]:
    """Equal steps in the angle; where the end is open, those that the path reaches, and pi/2."""
    low, reach = angle.of(s_start), angle.of(s_end)
    high = 0.5 * math.pi if end == "open" else reach
    grid = torch.linspace(low, high, steps + 1, dtype=torch.float64).tolist()
    if end == "path":
        if math.isinf(s_end):
            raise ValueError('this path ends at alpha = 0, where the end is open: use end="open".')
        return grid
    return [w for w in grid[:-1] if w <= reach] + [high]


def _check(steps: int, order: int, passes: int, end: str) -> None:
    if end not in get_args(End):
        raise ValueError(f"end = {end!r}; expected one of {get_args(End)}.")
    if steps < 4 or order < 2 or passes not in (1, 2, 3):
        raise ValueError(
            f"steps = {steps}, order = {order}, passes = {passes}; expected at least 4 steps, an "
            "order of 2 or more and 1, 2 or 3 passes."
        )
