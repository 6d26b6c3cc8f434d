"""Discrete flows and CNFs: inverses, determinants, training, and maps that are refused."""

import pytest
import torch
from torch import nn

from diffusion_lab.density.toy import moons
from diffusion_lab.flows import (
    CNF,
    AffineCoupling,
    Flow,
    LinearMap,
    check_inverse,
    coupling_flow,
    jacobian,
    log_abs_det,
    minimize,
    permutation,
)


def random_flow(dim: int) -> Flow:
    """A flow with weights far from those of the identity."""
    torch.manual_seed(1)
    flow = coupling_flow(dim, steps=4, width=16).double()
    for parameter in flow.parameters():
        nn.init.normal_(parameter, std=0.5)
    return flow


def points(n: int, dim: int) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.mark.parametrize("dim", [2, 5])
def test_flow_is_invertible_and_knows_its_determinant(dim):
    flow, x = random_flow(dim), points(200, dim)
    with torch.no_grad():
        assert check_inverse(lambda y: flow(y)[0], flow.inverse, x, 1e-10) < 1e-10
    y, exact = log_abs_det(lambda y: flow(y)[0], x)
    assert (y - x).abs().max() > 1.0  # it is not the identity that was tested
    assert (flow(x)[1] - exact).abs().max() < 1e-10
    assert exact.abs().max() > 0.5


def test_a7_sums_over_the_maps_and_not_the_last_one_again():
    flow, x = random_flow(2), points(50, 2)
    parts, here = [], x
    for step in flow.steps:
        parts.append(log_abs_det(lambda y, step=step: step(y)[0], here)[1])
        here = step(here)[0]
    exact = log_abs_det(lambda y: flow(y)[0], x)[1]
    assert (sum(parts) - exact).abs().max() < 1e-10
    # As printed, with k in place of i. The last map is a permutation, of determinant -1.
    assert (len(parts) * parts[-1] - exact).abs().max() > 0.1


def test_trained_flow_has_mass_one_and_a_likelihood_above_the_gaussians():
    noise = torch.Generator().manual_seed(3)
    torch.manual_seed(3)
    flow, data = coupling_flow(2, 6, 32), moons(2000, noise).float()
    losses = list(minimize(flow, data, 150, noise, lr=5e-3))
    test = moons(2000, noise).float()
    spread = torch.distributions.MultivariateNormal(data.mean(0), data.T.cov())
    with torch.no_grad():
        gain = (flow.log_prob(test) - spread.log_prob(test)).mean()
        axis = torch.linspace(-6.0, 6.0, 301)
        grid = torch.cartesian_prod(axis, axis)
        mass = flow.log_prob(grid).exp().sum() * (axis[1] - axis[0]) ** 2
    assert losses[-1] < losses[0]
    assert gain > 0.3  # nats; the Gaussian is the best that a linear map reaches
    # A map of finite depth leaves filaments narrower than the grid's 0.04: a few percent of mass.
    assert mass == pytest.approx(1.0, abs=0.05)
    assert flow.sample(10, noise).shape == (10, 2)


def test_cnf_trains_by_likelihood_and_probes_cost_less():
    noise = torch.Generator().manual_seed(4)
    torch.manual_seed(4)

    def net() -> nn.Module:
        return nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 2))

    cnf, data = CNF(net(), 2, steps=4), moons(1000, noise).float()
    before = cnf.log_prob(data).mean()
    losses = list(minimize(cnf, data, 30, noise, 128, lr=3e-2))
    assert cnf.log_prob(data).mean() > before + 0.1
    assert len(losses) == 30
    exact = cnf.log_prob(data[:50])
    cnf.probes = 1
    rough = torch.stack([-cnf.loss(data[:50], noise) for _ in range(60)])
    # The mean of 60 estimates, within five of its own standard deviations.
    assert (rough.mean() - exact.mean()).abs() < 5.0 * rough.std() / 60**0.5
    assert cnf.sample(16, noise).shape == (16, 2)
    axis = torch.linspace(-6.0, 6.0, 81)
    with torch.no_grad():
        mass = (
            cnf.log_prob(torch.cartesian_prod(axis, axis)).exp().sum() * (axis[1] - axis[0]) ** 2
        )
    assert mass == pytest.approx(1.0, abs=0.01)  # fourth order in steps of 1/4: 4e-3


def test_gradients_of_the_likelihood_are_those_of_differences():
    torch.manual_seed(5)
    first = nn.Linear(3, 8)
    cnf = CNF(nn.Sequential(first, nn.Tanh(), nn.Linear(8, 2)), 2, 4).double()
    x, weight = points(4, 2), first.weight
    cnf.log_prob(x).sum().backward()
    assert weight.grad is not None
    found = weight.grad[1, 0].item()
    with torch.no_grad():
        values = []
        for h in (1e-5, -1e-5):
            weight[1, 0] += h
            values.append(cnf.log_prob(x).sum().item())
            weight[1, 0] -= h
    assert found == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-6)


def test_linear_maps_and_permutations():
    x = points(5, 3)
    turn = permutation([2, 0, 1])
    assert torch.equal(turn(x)[0], x[:, [2, 0, 1]])
    assert torch.equal(turn.inverse(turn(x)[0]), x)
    assert (turn(x)[1] == 0.0).all()
    stretch = LinearMap([[2.0, 1.0], [0.0, -3.0]], 1.0)
    assert stretch(x[:, :2])[1][0].item() == pytest.approx(torch.tensor(6.0).log().item())
    assert jacobian(lambda y: stretch(y)[0], x[:, :2])[0].tolist() == [[2.0, 1.0], [0.0, -3.0]]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: LinearMap([[1.0, 2.0], [2.0, 4.0]]), "singular"),
        (lambda: LinearMap([[1.0, 2.0]]), "expected \\(D, D\\)"),
        (lambda: permutation([0, 0, 1]), "cannot be recovered"),
        (lambda: AffineCoupling(2, [True, True]), "some, but not all"),
        (lambda: coupling_flow(1), "two coordinates"),
        (lambda: Flow([permutation([0, 1]), permutation([0, 1, 2])]), "cannot change it"),
        (lambda: coupling_flow(2).log_prob(points(3, 4)), r"\(3, 4\); expected \(batch, 2\)"),
        (lambda: log_abs_det(lambda x: x[:, :1], points(3, 2)), "equal dimensions"),
        (lambda: log_abs_det(lambda x: x[:, :1] * torch.ones(1, 2), points(3, 2)), "flattens"),
        (lambda: check_inverse(torch.square, torch.sqrt, points(9, 2), 1e-9), "not invertible"),
        (lambda: next(minimize(coupling_flow(2), torch.ones(0, 2), 3, torch.Generator())), "0 po"),
    ],
)
def test_maps_without_an_inverse_are_refused(make, reason):
    with pytest.raises(ValueError, match=reason):
        make()
