"""Six papers' conventions: their clocks both ways, their networks, and a library's tables."""

import pytest
import torch
from diffusers import DDPMScheduler, FlowMatchEulerDiscreteScheduler

from diffusion_lab.density import ring_mixture
from diffusion_lab.process import VE, VP, CosineVP, convert, exact_prediction

RING = ring_mixture(5, 1.2, 0.3)
BETAS = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
# A paper, times of its own that rise with the noise, and its coefficients (data, noise) written
# down from the paper, with the row (a, b) of what its network predicts.
PAPERS = {
    "DDPM": (convert.ddpm(BETAS), [1.0, 150.0, 800.0, 1000.0]),
    "score SDE": (convert.score_sde(), [0.01, 0.3, 1.0]),
    "EDM": (convert.edm(), [0.002, 1.0, 80.0]),
    "DPM-Solver": (convert.dpm_solver(), [4.0, 0.0, -5.0]),
    "flow matching": (convert.flow_matching(), [0.99, 0.5, 0.1]),
    "interpolants": (convert.interpolants(), [0.99, 0.5, 0.1]),
}


def coefficients(name: str, time: torch.Tensor) -> tuple:
    """(data, noise, a, b) at a paper's own time, by its own formulas."""
    bar = torch.cumprod(1 - BETAS, 0)
    angle = 0.5 * torch.pi * time
    big_b = 0.1 * time + 0.5 * 19.9 * time**2
    if name == "DDPM":
        here = bar[int(time) - 1]
        return here.sqrt(), (1 - here).sqrt(), 0.0, 1.0
    if name == "score SDE":
        std = (1 - torch.exp(-big_b)).sqrt()
        return torch.exp(-big_b / 2), std, 0.0, -1 / std
    if name == "EDM":
        return 1.0, time, 1.0, 0.0
    if name == "DPM-Solver":
        return torch.sigmoid(2 * time).sqrt(), torch.sigmoid(-2 * time).sqrt(), 0.0, 1.0
    if name == "flow matching":
        return time, 1 - time, 1.0, -1.0
    half_pi = 0.5 * torch.pi
    return angle.sin(), angle.cos(), half_pi * angle.cos(), -half_pi * angle.sin()


@pytest.mark.parametrize("name", PAPERS)
def test_clocks_run_both_ways(name):
    paper, times = PAPERS[name]
    times = torch.tensor(times, dtype=torch.float64)
    ours = paper.to_ours(times)
    assert (ours.diff() > 0).all(), "listed by rising noise, which is our direction of time"
    # Rounding of a time near 1e-4 of the range, as an inverse of functions up to 1e3 steep.
    torch.testing.assert_close(paper.to_theirs(ours), times, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", PAPERS)
def test_their_exact_network_is_read_as_our_exact_prediction(name):
    """The net in the paper's own terms, its coefficients written out here, against Tweedie's."""
    paper, times = PAPERS[name]
    for time in torch.tensor(times, dtype=torch.float64):
        alpha, std, a, b = coefficients(name, time)
        x = alpha * RING.sample(20, torch.Generator().manual_seed(0))
        x = x + std * torch.randn(x.shape, generator=torch.Generator().manual_seed(1)).double()
        x0, eps = RING.posterior_mean(x, alpha, std), -std * RING.score(x, alpha, std)
        seen = paper.prediction(a * x0 + b * eps, x, time)
        # A coefficient 1/152 or a noise level of 0.002 magnifies rounding by about a thousand.
        torch.testing.assert_close(seen.x0, x0, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(seen.eps, eps, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", PAPERS)
def test_what_their_network_would_say_is_read_back(name):
    paper, times = PAPERS[name]
    time = torch.tensor(times[1], dtype=torch.float64)
    x = torch.randn(20, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    seen = exact_prediction(RING, paper.path)(x, paper.to_ours(time))
    again = paper.prediction(paper.output(seen), x, time)
    torch.testing.assert_close(again.x0, seen.x0, rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(again.eps, seen.eps, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"])
def test_chains_are_those_of_diffusers(schedule):
    """Their alphas_cumprod, in float32: a product of 1000 factors, 1000 roundings of 6e-8."""
    scheduler = DDPMScheduler(1000, beta_schedule=schedule)
    paper = convert.ddpm(scheduler.betas.double())
    t = paper.to_ours(torch.arange(1.0, 1001.0, dtype=torch.float64))
    bar = scheduler.alphas_cumprod.double()
    assert (paper.path.alpha(t) ** 2 - bar).abs().max() < 1000 * 6e-8
    # Off by one, the largest slip that programs make here, is seen.
    assert (paper.path.alpha(t[1:]) ** 2 - bar[:-1]).abs().max() > 1e-3


def test_flow_matching_is_reversed_to_diffusers_which_counts_noise():
    """Their noise level sigma is our time: 1 minus the time of the paper."""
    scheduler, paper = FlowMatchEulerDiscreteScheduler(1000), convert.flow_matching()
    x, noise = torch.randn(2, 4, 2, generator=torch.Generator().manual_seed(3))
    scheduler.set_timesteps(10)
    k = scheduler.timesteps[3]
    theirs = scheduler.scale_noise(x, k[None], noise)
    t = paper.to_ours(1 - scheduler.sigmas[3].double())
    torch.testing.assert_close(theirs, paper.path.sample(x, noise, t), rtol=1e-5, atol=1e-5)


def test_chains_and_paths_both_ways():
    """Cut a path into a chain, read it as a path: 1000 summands up to 10, so 1e4 roundings."""
    for steps in (10, 1000):
        times = torch.linspace(0.0, 1.0, steps + 1, dtype=torch.float64)
        alpha, std = convert.chain_levels(convert.chain_betas(VP(), times))
        torch.testing.assert_close(alpha, VP().alpha(times), rtol=0.0, atol=1e4 * 2.2e-16)
        torch.testing.assert_close(std, VP().std(times), rtol=0.0, atol=1e4 * 2.2e-16)
    last = convert.chain_betas(CosineVP(), torch.tensor([0.9, 1.0], dtype=torch.float64))
    assert last.item() == pytest.approx(1.0)


def test_what_cannot_be_converted_is_named():
    with pytest.raises(ValueError, match=r"alpha\^2 \+ std\^2 = .* DDPM's is 1"):
        convert.ddpm(BETAS, VE())
    with pytest.raises(ValueError, match="each above 0 and at most 1"):
        convert.chain_levels(torch.tensor([0.1, 1.2]))
    with pytest.raises(ValueError, match=r"CosineVP\(\) reaches every level"):
        convert.ddpm(BETAS, VP()).to_ours(torch.tensor(1000.0))  # ends at 157, VP at 152
    with pytest.raises(ValueError, match="k = 1001 of 1000 steps"):
        convert.ddpm(BETAS).to_ours(torch.tensor(1001.0))
