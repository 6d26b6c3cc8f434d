"""One density, many dynamics: the Fokker-Planck equation of every member, to rounding."""

import math

import pytest
import torch

from diffusion_lab.density import GaussianMixture, two_bumps
from diffusion_lab.process import VE, VP, CosineVP, Dynamics, FlowPath, SubVP, exact_score

PATHS = [VP(), SubVP(), CosineVP(), VE(0.1, 3.0), FlowPath()]
SIGMAS = {
    "zero": 0.0,
    "constant": 1.3,
    "g": None,
    "bump": lambda t: 2.0 * torch.sin(math.pi * t),
}
PLANE = GaussianMixture(
    torch.tensor([0.4, 0.6]).double().softmax(0),
    torch.tensor([[0.7, 0.0], [-0.5, 0.3]]).double(),
    torch.tensor([[[0.5, 0.2], [0.2, 0.4]], [[0.3, 0.0], [0.0, 0.8]]]).double(),
)
TIMES = [0.15, 0.5, 0.9]

every_path = pytest.mark.parametrize("path", PATHS, ids=repr)
every_sigma = pytest.mark.parametrize("sigma", SIGMAS.values(), ids=SIGMAS)
every_density = pytest.mark.parametrize("density", [two_bumps(), PLANE], ids=["1-D", "2-D"])


def cloud(dim: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randn(40, dim, generator=generator, dtype=torch.float64)


def residual(density, path, drift, noise, t, arrow):
    """dp/dtau + div(b p) - sigma^2/2 lap p over the sum of the sizes of its terms.

    tau runs with t (arrow = 1) or against it (arrow = -1). All derivatives are autograd's.
    """
    x = cloud(density.dim).requires_grad_()
    t = torch.tensor(t, dtype=torch.float64, requires_grad=True)

    def grad(y):
        return torch.autograd.grad(y.sum(), x, create_graph=True)[0]

    def p(time):
        return density.log_prob(x, path.alpha(time), path.std(time)).exp()

    # p at each point depends on that point alone, so one backward pass serves them all.
    _, d_time = torch.autograd.functional.jvp(p, t, torch.ones_like(t))
    gradient = grad(p(t))
    flux = drift(x, t) * p(t)[:, None]
    parts = [arrow * d_time]
    for i in range(density.dim):
        parts.append(arrow * grad(flux[:, i])[:, i])
        parts.append(-0.5 * noise(t) ** 2 * grad(gradient[:, i])[:, i])
    size = sum(part.abs() for part in parts)
    return (sum(parts).abs() / size.max()).max().item()


@every_density
@every_path
@every_sigma
@pytest.mark.parametrize("t", TIMES)
def test_forward_family_obeys_fokker_planck(density, path, sigma, t):
    family = Dynamics(path.sde(), exact_score(density, path), sigma)
    error = residual(density, path, family.forward_drift, family.noise, t, arrow=1)
    assert error < 1e-11  # rounding of about a hundred operations, relative to the largest term


@every_density
@every_path
@every_sigma
@pytest.mark.parametrize("t", TIMES)
def test_backward_family_obeys_fokker_planck(density, path, sigma, t):
    """In simulated time 1 - t the drift is minus the backward drift, and p runs backward."""
    family = Dynamics(path.sde(), exact_score(density, path), sigma)
    error = residual(density, path, family.backward_drift, family.noise, t, arrow=-1)
    assert error < 1e-11


@every_path
def test_residual_sees_a_flipped_sign(path):
    """The check above is able to fail: the score term with the wrong sign is far off."""
    density = two_bumps()
    score = exact_score(density, path)
    family = Dynamics(path.sde(), lambda x, t: -score(x, t), 0.0)
    assert residual(density, path, family.forward_drift, family.noise, 0.5, arrow=1) > 1e-2


@every_path
@pytest.mark.parametrize("t", TIMES)
def test_sigma_g_recovers_the_forward_sde_and_its_reverse(path, t):
    density, x = two_bumps(), cloud(1)
    sde, score = path.sde(), exact_score(density, path)
    family = Dynamics(sde, score)
    time = torch.tensor(t, dtype=torch.float64)
    torch.testing.assert_close(family.forward_drift(x, t), sde.drift(x, t), rtol=0, atol=0)
    reverse = sde.drift(x, t) - sde.noise(t) ** 2 * score(x, time)
    torch.testing.assert_close(family.backward_drift(x, t), reverse, rtol=1e-14, atol=1e-14)
    assert Dynamics(sde).forward_drift(x, t).shape == x.shape  # no score is needed here


@every_path
@every_sigma
def test_forward_minus_backward_is_sigma_squared_score(path, sigma):
    density, x, t = two_bumps(), cloud(1), torch.tensor(0.4, dtype=torch.float64)
    score = exact_score(density, path)
    family = Dynamics(path.sde(), score, sigma)
    gap = family.forward_drift(x, t) - family.backward_drift(x, t)
    torch.testing.assert_close(gap, family.noise(t) ** 2 * score(x, t), rtol=1e-12, atol=1e-12)


@every_path
def test_zero_noise_is_one_flow_in_both_directions(path):
    family = Dynamics(path.sde(), exact_score(two_bumps(), path), 0.0)
    x = cloud(1)
    for t in TIMES:
        u = family.velocity(x, t)
        torch.testing.assert_close(family.forward_drift(x, t), u, rtol=1e-14, atol=1e-14)
        torch.testing.assert_close(family.backward_drift(x, t), u, rtol=1e-14, atol=1e-14)
