"""Nets from elsewhere: a diffusers net and its schedule under our samplers."""

from dataclasses import dataclass

import pytest
import torch
from diffusers import DDIMScheduler, DDPMPipeline, DDPMScheduler, UNet2DModel
from small_nets import awake, images
from torch import Tensor

from diffusion_lab.images.sampler_methods import METHODS
from diffusion_lab.images.samplers import Sampling, draw
from diffusion_lab.nets import SteppedNet, load_diffusers
from diffusion_lab.process import VE, VP, FlowPath, GaussianPath, straight_times, times_at
from diffusion_lab.sampling import adams, balanced, ddim, ddpm, integrate
from diffusion_lab.training import Denoiser

CHAIN = dict(beta_schedule="linear", clip_sample=False, set_alpha_to_one=True)


def foreign(**more) -> UNet2DModel:
    torch.manual_seed(0)
    return awake(
        UNet2DModel(
            sample_size=8,
            in_channels=1,
            out_channels=1,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            attention_head_dim=4,
            down_block_types=("DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D"),
            **more,
        )
    )


@dataclass(frozen=True)
class Wide(VP):
    """VP with a little more noise, so that its last level lies beyond the last of the chain."""

    beta_max: float = 20.5


def at_steps(path: GaussianPath, steps: Tensor, scheduler) -> Tensor:
    """The times with the noise levels of a chain's steps, and 0 after them."""
    bar = scheduler.alphas_cumprod.double()[steps]
    return torch.cat([times_at(path, ((1 - bar) / bar).sqrt()), torch.zeros(1)])


@torch.no_grad()
def their_states(net, scheduler, x: Tensor, steps: int, **options) -> Tensor:
    scheduler.set_timesteps(steps)
    states = [x]
    for k in scheduler.timesteps:
        states.append(
            scheduler.step(net(states[-1], k).sample, k, states[-1], **options).prev_sample
        )
    return torch.stack(states)


KINDS = {"epsilon": "eps", "sample": "x0", "v_prediction": "v"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_a_diffusers_net_under_our_ddim_is_diffusers_ddim(kind, eta):
    """Step by step, with the same noise: float32 rounding, once a step, of numbers of order 1."""
    net, scheduler = foreign(), DDIMScheduler(prediction_type=kind, **CHAIN)
    x = images()
    theirs = their_states(
        net, scheduler, x, 20, eta=eta, generator=torch.Generator().manual_seed(2)
    )
    model = Denoiser(SteppedNet(net, scheduler.alphas_cumprod), Wide(), KINDS[kind])
    times = at_steps(model.path, scheduler.timesteps, scheduler)
    with torch.no_grad():
        step = ddim(model.predict, model.path, eta)
        ours = integrate(step, x, times, torch.Generator().manual_seed(2)).states
    scale = theirs.abs().amax((1, 2, 3, 4), keepdim=True).clamp(min=1.0)
    assert ((ours - theirs) / scale).abs().max() < 1e-5


def test_a_diffusers_net_under_our_ddpm_is_diffusers_ddpm():
    net = foreign()
    scheduler = DDPMScheduler(beta_schedule="linear", clip_sample=False)
    x = images()
    theirs = their_states(net, scheduler, x, 20, generator=torch.Generator().manual_seed(2))
    model = Denoiser(SteppedNet(net, scheduler.alphas_cumprod), Wide(), "eps")
    times = at_steps(model.path, scheduler.timesteps, scheduler)
    with torch.no_grad():
        ours = integrate(
            ddpm(model.predict, model.path), x, times, torch.Generator().manual_seed(2)
        ).states
    scale = theirs.abs().amax((1, 2, 3, 4), keepdim=True).clamp(min=1.0)
    assert ((ours - theirs) / scale).abs().max() < 1e-5


def test_the_step_number_of_each_level_and_between_them():
    bar = DDPMScheduler(beta_schedule="scaled_linear").alphas_cumprod.double()
    net = SteppedNet(torch.nn.Identity(), bar)
    steps = torch.arange(1000.0)
    torch.testing.assert_close(net.step_of(torch.logit(bar)), steps, rtol=0.0, atol=1e-4)
    middle = 0.5 * (torch.logit(bar)[1:] + torch.logit(bar)[:-1])
    torch.testing.assert_close(net.step_of(middle), steps[:-1] + 0.5, rtol=0.0, atol=1e-4)
    ends = torch.tensor([torch.inf, 30.0, -30.0, -torch.inf])
    assert net.step_of(ends).tolist() == [0.0, 0.0, 999.0, 999.0]


@pytest.mark.parametrize("path", [VP(), VE(0.01, 30.0), FlowPath()], ids=["VP", "VE", "flow"])
def test_a_foreign_net_runs_on_every_path(path):
    """On another path the same net: at equal noise level, the same x0 for the scaled image."""
    scheduler = DDPMScheduler()
    net = SteppedNet(foreign(), scheduler.alphas_cumprod)
    model, vp = Denoiser(net, path, "eps"), Denoiser(net, VP(), "eps")
    x = images().double()
    t = times_at(path, torch.tensor([0.3])).squeeze()
    s = times_at(VP(), torch.tensor([0.3])).squeeze()
    scale = (vp.path.alpha(s) / path.alpha(t)).item()
    net.double()
    with torch.no_grad():
        torch.testing.assert_close(model.predict(x / scale, t).x0, vp.predict(x, s).x0)
        times = straight_times(path, 5)[1:-1]  # eps says nothing of x0 where alpha = 0
        start = path.prior((2, 1, 8, 8), torch.Generator().manual_seed(0))
        for step in (
            ddim(model.predict, path),
            balanced(model.predict, path),
            adams(model.predict, path, 3),
        ):
            end = integrate(step, start, times, torch.Generator().manual_seed(1))
            assert torch.isfinite(end.x).all()


@pytest.mark.parametrize("name", METHODS)
def test_a_foreign_net_runs_under_every_sampler(name):
    """Every sampler that has a name draws images that differ and depend on the net."""
    scheduler = DDPMScheduler()
    net = SteppedNet(foreign(), scheduler.alphas_cumprod)
    plan = Sampling(name, 12, 1.0 if METHODS[name].takes == "g" else 0.0)
    with torch.no_grad():
        predict = Denoiser(net, VP(), "eps").predict
        x, calls = draw(predict, VP(), (1, 8, 8), 2, plan, seed=3)
    assert torch.isfinite(x).all()
    assert (x[0] - x[1]).abs().max() > 0.1
    assert 0 < calls <= 12


def test_a_class_conditional_foreign_net():
    net = SteppedNet(foreign(num_class_embeds=3), DDPMScheduler().alphas_cumprod)
    model, t = Denoiser(net, VP(), "eps"), torch.tensor(0.5)
    first, second = (model.predict(images(), t, label=torch.full((3,), i)).x0 for i in (0, 1))
    assert (first - second).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipeline_on_disk(tmp_path, kind):
    """What diffusers saved is what we load: the same weights, schedule and target."""
    net, scheduler = foreign(), DDPMScheduler(prediction_type=kind, beta_end=0.01)
    DDPMPipeline(net, scheduler).save_pretrained(tmp_path, safe_serialization=True)
    assert not list(tmp_path.rglob("*.bin"))  # nothing that would have to be unpickled
    loaded, target = load_diffusers(tmp_path)
    assert target == KINDS[kind]
    x = images()
    log_snr = torch.logit(scheduler.alphas_cumprod[[3, 500, 999]])
    wanted = net(x, torch.tensor([3, 500, 999])).sample
    # The index is found to 1e-4 of a step from a float32 log-SNR.
    torch.testing.assert_close(loaded(x, log_snr), wanted, rtol=1e-3, atol=1e-3)


def test_a_folder_that_is_no_pipeline(tmp_path):
    with pytest.raises(FileNotFoundError, match="save_pretrained"):
        load_diffusers(tmp_path)
    scheduler = DDPMScheduler()
    DDPMPipeline(foreign(), scheduler).save_pretrained(tmp_path)
    config = tmp_path / "scheduler" / "scheduler_config.json"
    config.write_text(config.read_text().replace('"epsilon"', '"flow"'))
    with pytest.raises(ValueError, match="prediction_type = 'flow'"):
        load_diffusers(tmp_path)
