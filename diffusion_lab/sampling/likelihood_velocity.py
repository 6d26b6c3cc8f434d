"""Log-likelihood along any velocity field: flow-matching nets, CNFs, the probability flow in t."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import torch
from torch import Tensor

from ..process.time_grid import uniform_times
from ..tensors import Field, as_time, check_grid
from .integrate import integrate
from .likelihood_trace import check_points, standard_error, with_divergence
from .runge_kutta import Tableau, runge_kutta


@dataclass(frozen=True)
class Carried:
    """Points carried by a velocity, and how their log-density changed on the way.

    x      : (batch, \\*dims), the points at the last time
    gained : (k, batch), the integral of div u dt, one row for each probe (one for the exact trace)
    evaluations : of the velocity
    """

    x: Tensor
    gained: Tensor
    evaluations: int


@dataclass(frozen=True)
class FlowLikelihood:
    """log_prob and standard_error (over the probes; 0 when exact), both (batch,) in nats."""

    log_prob: Tensor
    standard_error: Tensor
    evaluations: int


def standard_normal_log_prob(x: Tensor) -> Tensor:
    """log N(x; 0, I): (batch, \\*dims) -> (batch,)."""
    return -0.5 * (x.square().flatten(1).sum(1) + x[0].numel() * math.log(2.0 * math.pi))


def carry_density(
    velocity: Field,
    x: Tensor,
    times: Tensor,
    *,
    method: Tableau = "rk4",
    probes: Tensor | None = None,
    tolerance: float | None = None,
) -> Carried:
    """Solve  dx/dt = u(x, t),  dl/dt = div u(x, t)  over a grid of times, in either direction.

    Along a path log p(x(t), t) + l(t) stays what it was.

    velocity  : field made of torch operations on x, each row from its own row
    times     : (K,) rising or falling; a step for each gap
    method    : of :func:`runge_kutta`
    tolerance : instead of the fixed steps, torchdiffeq's adaptive dopri5 from times[0] to
                times[-1], with this absolute and relative tolerance
    probes    : None for the exact trace, or draw_probes(x, k, generator)

    Gradients are kept unless torch.no_grad() forbids it, so that a flow can be trained.
    Raises ValueError for a bad grid, bad points, or a velocity or probes of another shape;
    FloatingPointError when the solution stops being finite; ImportError when torchdiffeq is asked
    for and missing.
    Source: Chen et al. 2018, sec. 4; Grathwohl et al. 2019.
    """
    check_points(x, probes)
    times, dim, shape = check_grid(times), x[0].numel(), x.shape
    flat = None if probes is None else probes.flatten(2)
    calls = 0

    def both(state: Tensor, t: Tensor) -> Tensor:
        nonlocal calls
        calls += 1

        def moving(rows: Tensor) -> Tensor:
            return velocity(rows.reshape(shape), t).flatten(1)

        value, divergence = with_divergence(moving, state[:, :dim], flat)
        return torch.cat([value, divergence.mT], 1)

    start = x.flatten(1)
    start = torch.cat([start, start.new_zeros(len(x), 1 if probes is None else len(probes))], 1)
    if tolerance is None:
        step = runge_kutta(both, method)
        state = integrate(step, start, times, torch.Generator(), keep="last").x
    else:
        state = _adaptive(both, start, times, tolerance)
    return Carried(state[:, :dim].reshape(shape), state[:, dim:].mT, calls)


def flow_log_likelihood(
    velocity: Field,
    x0: Tensor,
    end_log_prob: Callable[[Tensor], Tensor] = standard_normal_log_prob,
    *,
    steps: int = 64,
    span: tuple[float, float] = (0.0, 1.0),
    method: Tableau = "rk4",
    probes: Tensor | None = None,
    tolerance: float | None = None,
) -> FlowLikelihood:
    """log p(x0) = log p_1(x(1)) + int_0^1 div u(x(t), t) dt, in nats (A8).

    end_log_prob : log-density at the last time, (batch, \\*dims) -> (batch,)
    steps        : equal steps of `method`; ignored where a tolerance is given
    span         : where the path begins and ends

    The customary recipe for diffusion models is span=(1e-3, 1), tolerance=1e-5 and N(0, I) at
    the end. For VP paths its two leading errors are the end, where x_1 is not N(0, I) (give
    end_log_prob the Gaussian with the moments of x_1), and the start (give span 0 where the
    velocity is finite there); :func:`log_likelihood` has neither and costs less.
    The other arguments and the errors are those of :func:`carry_density`.
    """
    low, high = (as_time(t).item() for t in span)
    if not low < high:
        raise ValueError(f"span = {span}; expected two rising times, from the data to the noise.")
    times = uniform_times(steps, low, high)
    with torch.no_grad():
        carried = carry_density(
            velocity, x0, times, method=method, probes=probes, tolerance=tolerance
        )
        end = end_log_prob(carried.x)
    if end.shape != x0.shape[:1]:
        raise ValueError(
            f"end_log_prob returned shape {tuple(end.shape)} for {len(x0)} points; expected one "
            "log-density for each."
        )
    spread = 0.0 * end if probes is None else standard_error(carried.gained)
    return FlowLikelihood(end + carried.gained.mean(0), spread, carried.evaluations)


def _adaptive(both: Field, start: Tensor, times: Tensor, tolerance: float) -> Tensor:
    if not tolerance > 0.0:
        raise ValueError(f"tolerance = {tolerance:g}; expected a positive number.")
    if find_spec("torchdiffeq") is None:
        raise ImportError(
            "adaptive steps are torchdiffeq's, which is not installed: pip install torchdiffeq, "
            "or leave tolerance=None for fixed steps."
        )
    from torchdiffeq import odeint

    ends = times[[0, -1]].to(start)

    def slope(t: Tensor, state: Tensor) -> Tensor:
        return both(state, t.clamp(ends.min(), ends.max()))

    try:
        path = odeint(slope, start, ends, rtol=tolerance, atol=tolerance, method="dopri5")
    except AssertionError as error:  # its way to say that the steps became too small
        raise FloatingPointError(
            f"torchdiffeq gave up: {error}. Either the velocity is infinite or NaN at one of the "
            f"times, or tolerance = {tolerance:g} is below the rounding of {start.dtype}."
        ) from error
    return torch.as_tensor(path)[-1]
