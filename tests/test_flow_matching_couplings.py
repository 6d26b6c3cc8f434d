"""Couplings, reflow and straightness: exact assignments, exact energies, and what they refuse."""

import itertools
import math

import pytest
import torch

from diffusion_lab.density import two_bumps
from diffusion_lab.flows import (
    GivenPairs,
    MinibatchTransport,
    NoiseEnd,
    OtherEnd,
    VelocityModel,
    best_order,
    flow_pairs,
    matching_loss,
    path_energy,
)
from diffusion_lab.nets import MLP
from diffusion_lab.process import uniform_times
from diffusion_lab.sampling import Trajectory, integrate, runge_kutta
from diffusion_lab.training import TrainState, fit


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=generator(seed), dtype=torch.float64)


def cost(x0, x1):
    return (x1 - x0).square().sum().item()


@pytest.mark.parametrize("n", range(1, 7))
@pytest.mark.parametrize("dims", [(1,), (2,), (3, 2)], ids=str)
def test_the_order_is_the_best_of_all(n, dims):
    x0, x1 = normal(n, *dims, seed=n), normal(n, *dims, seed=50 + n)
    least = min(cost(x0, x1[list(k)]) for k in itertools.permutations(range(n)))
    order = best_order(x0, x1)
    assert sorted(order.tolist()) == list(range(n))
    assert abs(cost(x0, x1[order]) - least) < 1e-12 * (1 + least)  # rounding of n squares


def test_on_a_line_the_best_order_is_the_sorted_one():
    x0, x1 = normal(300, 1, seed=1), 2.0 * normal(300, 1, seed=2) + 1.0
    paired = x1[best_order(x0, x1)]
    assert torch.equal(paired[x0[:, 0].argsort()], x1.sort(0).values)


def test_a_minibatch_keeps_both_laws_and_shortens_the_lines():
    batch = normal(64, 2, seed=3)
    alone = NoiseEnd().pair(batch, generator(4))
    x0, x1 = MinibatchTransport().pair(batch, generator(4))
    assert torch.equal(x0, batch)
    assert torch.equal(x1.sort(0).values, alone[1].sort(0).values)
    assert cost(x0, x1) < 0.6 * cost(*alone)


def test_other_ends_are_drawn_and_converted():
    x0, x1 = OtherEnd(two_bumps().sample).pair(torch.zeros(5, 1), generator(1))
    assert x1.dtype == x0.dtype
    assert torch.equal(x1, two_bumps().sample(5, generator(1)).float())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: best_order(torch.zeros(20_000, 1), torch.zeros(20_000, 1)),
            r"20000 points needs a table of 3\.2 GB, above memory = 1\.07 GB.*at most 11585",
        ),
        (lambda: best_order(normal(4, 2), normal(4, 3)), "points of one space"),
        (lambda: best_order(normal(4, 2), normal(5, 2)), "as many at t = 0"),
        (lambda: best_order(normal(4, 2), normal(4, 2) / 0), "x1 holds NaN or infinite"),
        (lambda: flow_pairs(lambda x, t: x, normal(4, 2), uniform_times(4, 0.9, 0.0)), "0.9 to 0"),
        (lambda: flow_pairs(lambda x, t: x / 0, normal(4, 2), uniform_times(4)), "NaN or infin"),
        (lambda: path_energy(Trajectory(uniform_times(2), normal(3, 1, 2))), "standard error"),
        (lambda: path_energy(Trajectory(uniform_times(2), normal(3, 4, 2) / 0)), "NaN or infin"),
        (lambda: path_energy(Trajectory(uniform_times(2)[2:], normal(1, 4, 2))), "two times"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((ValueError, FloatingPointError), match=message):
        call()


def test_the_limit_of_memory_is_the_callers():
    pair = MinibatchTransport(memory=8 * 15**2).pair
    pair(normal(15, 1), generator())
    with pytest.raises(ValueError, match="at most 15 points"):
        pair(normal(16, 1), generator())


def turn(angle):
    def velocity(x, t):
        return angle * torch.stack([-x[:, 1], x[:, 0]], 1)

    return velocity


def test_energies_of_a_rotation_are_those_of_an_arc_and_its_chord():
    angle, steps = 1.3, 64
    for times in (uniform_times(steps), uniform_times(steps, 0.0, 1.0)):
        start = normal(200, 2)
        found = path_energy(integrate(runge_kutta(turn(angle)), start, times, generator()))
        size = start.square().sum(1).mean().item()
        arc, chord = angle**2 * size, 4 * math.sin(angle / 2) ** 2 * size
        h2 = (angle / steps) ** 2 / 12 * arc  # a polygon in the circle: sin(h/2)/(h/2) squared
        assert -1e-9 < arc - found.energy.value < 1.01 * h2
        assert abs(found.displacement.value - chord) < 1e-6 * chord  # rk4, h^4
        whole = found.displacement.value + found.bending.value
        assert abs(found.energy.value - whole) < 1e-12 * arc
        assert found.energy.error > 0


def test_straight_lines_do_not_bend_and_half_the_time_doubles_the_cost():
    x0, x1 = normal(50, 2, seed=1), normal(50, 2, seed=2)
    line = torch.stack([x0, 0.5 * (x0 + x1), x1])
    found = path_energy(Trajectory(torch.tensor([0.0, 0.25, 0.5]), line))
    assert found.bending.value < 1e-28
    assert abs(found.energy.value - 2 * cost(x0, x1) / 50) < 1e-12
    assert str(found.energy).count("±") == 1


def test_pairs_are_data_then_noise_whichever_way_they_are_made():
    start = normal(20, 2)
    x0, x1 = flow_pairs(turn(0.5), start, uniform_times(40), "rk4").unbind(1)
    assert torch.equal(x1, start)
    again = flow_pairs(turn(0.5), x0, uniform_times(40, 0.0, 1.0), "rk4")
    # rk4 there and back: (1/80)^5/120 a step, forty of them
    torch.testing.assert_close(again[:, 1], x1, rtol=0, atol=1e-9)
    assert torch.equal(again[:, 0], x0)


def test_given_pairs_come_apart_in_their_order():
    x0, x1 = GivenPairs().pair(torch.stack([normal(4, 2), 5.0 + normal(4, 2)], 1), generator())
    assert (x1 - x0 == 5.0).all()


def trained(coupling, data, steps=220):
    torch.manual_seed(0)
    model = VelocityModel(MLP(data.shape[-1], width=32, depth=2), coupling)
    state = TrainState(model, seed=0, steps=steps, lr=1e-2, ema_decay=0.95)
    for _ in fit(state, data, 256):
        pass
    return state.use_average()


def test_reflow_straightens():
    """Two corners of a square to two others: the first flow bends, its reflow hardly does."""
    g = generator(3)

    def corners(n, noise, first, second):
        side = torch.randint(2, (n, 1), generator=noise)
        centre = torch.where(side == 0, torch.tensor(first), torch.tensor(second))
        return centre + 0.15 * torch.randn(n, 2, generator=noise)

    data = corners(4000, g, (-1.0, 1.0), (1.0, -1.0))
    ends = OtherEnd(lambda n, noise: corners(n, noise, (-1.0, -1.0), (1.0, 1.0)))
    start, times = ends.draw(1000, g), uniform_times(40)
    first = trained(ends, data)
    second = trained(GivenPairs(), flow_pairs(first, ends.draw(4000, g), times))
    with torch.no_grad():
        before, after = (
            path_energy(integrate(runge_kutta(model, "midpoint"), start, times, generator()))
            for model in (first, second)
        )
    gap = before.bending.value - after.bending.value
    assert gap > 5 * math.hypot(before.bending.error, after.bending.error)
    assert after.bending.value < 0.4 * before.bending.value
    assert after.energy.value < before.energy.value


def test_the_loss_of_deterministic_straight_pairs_vanishes_at_their_velocity():
    """x_1 = 3 x_0 + 1 in one dimension: the lines never cross, and nothing is left to average."""
    x0 = normal(500, 1)

    def velocity(x, t):
        t = t[:, None]
        return 2.0 * (x - t) / (1.0 + 2.0 * t) + 1.0

    assert matching_loss(velocity, x0, 3.0 * x0 + 1.0, generator()) < 1e-26
