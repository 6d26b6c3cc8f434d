"""Flow matching: what the loss has as its minimiser, and what a learned velocity determines."""

import math

import pytest
import torch
from torch import nn

from diffusion_lab.density import GaussianMixture, ks_distance, ks_floor, ring_mixture, two_bumps
from diffusion_lab.flows import (
    GivenPairs,
    MinibatchTransport,
    NoiseEnd,
    OtherEnd,
    VelocityModel,
    interpolate,
    matching_loss,
)
from diffusion_lab.flows.matching import draw_times
from diffusion_lab.nets import MLP
from diffusion_lab.process import (
    VP,
    CosineVP,
    Dynamics,
    FlowPath,
    exact_prediction,
    exact_score,
    uniform_times,
)
from diffusion_lab.sampling import euler_maruyama, integrate

PATHS = [FlowPath(), CosineVP(), VP()]
every_path = pytest.mark.parametrize("path", PATHS, ids=repr)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Exact(VelocityModel):
    """A model that has learned the marginal velocity of a mixture perfectly."""

    def __init__(self, density, path=None, coupling=None, noise=0.0):
        super().__init__(nn.Identity(), coupling, path, noise)
        self.truth = exact_prediction(density, self.path)

    def forward(self, x, t, **cond):
        return self.truth(x, t).velocity


def linear(theta):
    """A velocity that is linear in six parameters, of (batch, 1) points."""

    def velocity(x, t):
        one, s = torch.ones_like(x), t[:, None]
        return torch.stack([one, x, x.tanh(), s, s * x, x**2], -1) @ theta

    return velocity


def gradient(loss, theta):
    return torch.autograd.grad(loss, theta)[0]


class Flipped(FlowPath):
    """The straight path with the sign of one derivative turned round."""

    def d_alpha(self, t):
        return -super().d_alpha(t)


def gradients(path, learned, batches=60, n=4096):
    """Gradients of the conditional loss of `learned` and the marginal one of `path`."""
    theta = torch.tensor([0.3, -0.5, 0.7, 0.1, 0.9, -0.2], dtype=torch.float64)
    theta.requires_grad_()
    density, found = two_bumps(), []
    velocity, truth = linear(theta), exact_prediction(density, path)
    for seed in range(batches):
        x0, x1 = NoiseEnd().pair(density.sample(n, generator(seed)), generator(1000 + seed))
        conditional = matching_loss(velocity, x0, x1, generator(2000 + seed), learned)
        again = generator(2000 + seed)  # the same times, and so the same points
        t = draw_times(n, x0, again)
        x = path.sample(x0, x1, t)
        marginal = (velocity(x, t) - truth(x, t).velocity).square().mean()
        both = (gradient(loss, theta) for loss in (conditional, marginal))
        found.append(torch.stack(list(both)))
    return torch.stack(found)


def deviations(path, learned):
    """How many standard errors each component of the mean difference is away from zero."""
    gap = gradients(path, learned).diff(dim=1)[:, 0]
    return (gap.mean(0) / (gap.std(0) / gap.shape[0] ** 0.5)).abs()


@every_path
def test_the_two_losses_have_one_gradient(path):
    # Student's t with 59 degrees of freedom: 4.5 is passed once in 4000 for six components.
    assert deviations(path, path).max() < 4.5


def test_the_comparison_of_gradients_can_fail():
    assert deviations(FlowPath(), Flipped()).max() > 20


@pytest.mark.parametrize("width", [0.3, 1.0, 2.0])
def test_the_losses_differ_by_the_conditional_variance(width):
    """At the exact field of N(0, s^2) the loss is the integral of s^2/((1-t)^2 s^2 + t^2)."""
    density = GaussianMixture.isotropic([1.0], [0.0], [width])
    model = Exact(density)
    losses = [
        model.loss(density.sample(4096, generator(seed)), generator(99 + seed)).item()
        for seed in range(40)
    ]
    mean, error = torch.tensor(losses).mean(), torch.tensor(losses).std() / 40**0.5
    # T_MIN leaves out the first thousandth, where the integrand is about 1.
    assert abs(mean - width * math.pi / 2) < 4.5 * error + 1e-3 * abs(1 - width * math.pi / 2)


@pytest.mark.parametrize("noise", [0.0, 0.7])
@every_path
def test_the_conditional_velocity_is_the_derivative_of_the_path(path, noise):
    x0, x1, z = torch.randn(3, 50, 2, generator=generator(), dtype=torch.float64)

    def at(t):
        return interpolate(x0, x1, t, path, noise, z)

    t = torch.tensor(0.37, dtype=torch.float64)
    slope = torch.autograd.functional.jvp(lambda t: at(t)[0], t, torch.ones_like(t))[1]
    torch.testing.assert_close(at(t)[1], slope, rtol=1e-12, atol=1e-12)


def test_no_path_is_the_straight_one():
    x0, x1 = torch.randn(2, 50, 2, generator=generator(), dtype=torch.float64)
    t = torch.linspace(0.01, 1.0, 50, dtype=torch.float64)
    for ours, theirs in zip(
        interpolate(x0, x1, t), interpolate(x0, x1, t, FlowPath()), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-14, atol=1e-14)


def test_path_noise_has_its_size_and_vanishes_at_the_ends():
    zero = torch.zeros(200_000, 1, dtype=torch.float64)
    z = torch.randn(zero.shape, generator=generator(), dtype=torch.float64)
    for t, std in ((0.5, 0.7), (0.25, 0.525), (1.0, 0.0)):
        x, _ = interpolate(zero, zero, torch.tensor(t).double(), noise=0.7, z=z)
        # 4 standard errors of a standard deviation from 200 000 draws
        assert abs(x.std().item() - std) <= 4 * std / math.sqrt(400_000)


@pytest.mark.parametrize("density", [two_bumps(), ring_mixture(5, 1.5, 0.3)], ids=["1-D", "2-D"])
@every_path
def test_a_velocity_gives_the_exact_score_and_the_family(density, path):
    model, truth = Exact(density, path), exact_score(density, path)
    x = torch.randn(64, density.dim, generator=generator(), dtype=torch.float64)
    for t in (0.1, 0.5, 0.9):
        time = torch.tensor(t, dtype=torch.float64)
        score = truth(x, time)
        scale = score.abs().max()
        assert (model.score(x, time) - score).abs().max() < 1e-10 * scale
        for sigma in (0.0, 0.8, lambda t: 2.0 * t):
            ours, family = model.dynamics(sigma), Dynamics(path.sde(), truth, sigma)
            for side in ("forward_drift", "backward_drift"):
                gap = getattr(ours, side)(x, t) - getattr(family, side)(x, t)
                assert gap.abs().max() < 1e-10 * scale
            assert torch.equal(ours.noise(time), family.noise(time))


@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_one_net_runs_with_noise_and_without_from_pure_noise(sigma):
    """From t = 1, where f and g of the straight path are infinite."""
    density, n = two_bumps(), 4000
    start = torch.randn(n, 1, generator=generator(1), dtype=torch.float64)
    step = euler_maruyama(Exact(density).dynamics(sigma))
    times = uniform_times(150, 1.0, 0.02)
    x = integrate(step, start, times, generator(2), keep="last").x
    law = density.noised(0.98, 0.02)
    # The 1e-3 quantile of the distance of exact draws, and 0.01 for the steps of Euler-Maruyama
    assert ks_distance(x, law.cdf(x)) < ks_floor(n, 1e-3) + 0.01


REFUSED = {
    "transport": (MinibatchTransport(), 0.0, "minibatch optimal transport"),
    "reflow": (GivenPairs(), 0.0, "as after reflow"),
    "other end": (OtherEnd(two_bumps().sample), 0.0, r"not known to be N\(0, I\)"),
    "path noise": (NoiseEnd(), 0.3, "noise was added along its paths"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_score_is_refused_with_the_reason_and_the_flow_still_runs(case):
    coupling, noise, reason = REFUSED[case]
    model = Exact(two_bumps(), coupling=coupling, noise=noise)
    x, t = torch.zeros(3, 1, dtype=torch.float64), 0.5
    for ask in (model.predict, model.score, model.dynamics(0.5).backward_drift):
        with pytest.raises(ValueError, match=reason):
            ask(x, t)
    assert torch.equal(model.dynamics().backward_drift(x, t), model(x, t))


def test_a_path_that_misses_its_end_is_refused():
    with pytest.raises(ValueError, match=r"ends at 0\.00657 x_0"):
        VelocityModel(MLP(1), MinibatchTransport(), VP())
    VelocityModel(MLP(1), MinibatchTransport(), CosineVP())


ONE = torch.ones(4, 2, dtype=torch.float64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interpolate(ONE, ONE[:, :1], 0.5), "points of one space"),
        (lambda: interpolate(ONE, ONE[:3], 0.5), "as many at t = 0"),
        (lambda: interpolate(ONE, ONE, 1.5), r"t = 1\.5 lies outside"),
        (lambda: interpolate(ONE, ONE, -0.1), r"t = -0\.1 lies outside"),
        (lambda: interpolate(ONE, ONE * math.nan, 0.5), "x1 holds NaN"),
        (lambda: interpolate(ONE, ONE, 0.5, noise=-1.0), r"noise\(t\) = -1"),
        (lambda: interpolate(ONE, ONE, 0.5, noise=1.0), "needs z"),
        (lambda: interpolate(ONE[:0], ONE[:0], 0.5), "expected"),
        (lambda: matching_loss(lambda x, t: x[:, :1], ONE, ONE, generator()), "must agree"),
        (lambda: matching_loss(lambda x, t: x / 0.0, ONE, ONE, generator()), "not finite"),
        (lambda: GivenPairs().pair(ONE, generator()), "pairs are"),
        (
            lambda: VelocityModel(MLP(2), OtherEnd(two_bumps().sample)).loss(ONE, generator()),
            r"\(4, 2\) and \(4, 1\); a path joins points of one space",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
