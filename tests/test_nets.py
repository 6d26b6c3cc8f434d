"""Networks: their sizes, what a fresh one says, what they may depend on; nets from elsewhere."""

from dataclasses import dataclass

import pytest
import torch
from diffusers import DDIMScheduler, DDPMPipeline, DDPMScheduler, UNet2DModel
from torch import Tensor

from diffusion_lab.nets import DiT, SteppedNet, UNet, load_diffusers
from diffusion_lab.process import (
    VE,
    VP,
    Dynamics,
    FlowPath,
    GaussianPath,
    straight_times,
    times_at,
)
from diffusion_lab.sampling import adams, balanced, ddim, ddpm, dpm_multistep, heun, integrate
from diffusion_lab.training import Denoiser

SMALL = {
    "U-Net": lambda **k: UNet(widths=(16, 24, 32), down=(1, 1, 1), up=(1, 1, 1), **k),
    "DiT": lambda **k: DiT(width=32, depth=2, **k),
}
NOISY = torch.tensor([-3.0, 0.0, 4.0])


def awake(net: torch.nn.Module) -> torch.nn.Module:
    """Give the layers that start at zero random weights, so that all parts take part."""
    generator = torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return net.eval()


def images(channels: int = 1, height: int = 8, width: int = 8) -> Tensor:
    return torch.randn(3, channels, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("k", "millions"), [(1, 0.41), (2, 1.64), (4, 6.5), (7, 20.0), (12, 59.0)]
)
def test_unet_of_each_size(k, millions):
    """Counted on the meta device, where a tensor has a shape and no numbers."""
    with torch.device("meta"):
        net = UNet(3, (16 * k, 24 * k, 64 * k), (1, 1, 2), (1, 1, 2), 56 * k, classes=10)
        out = net(torch.empty(2, 3, 32, 32), torch.empty(2))
    count = sum(p.numel() for p in net.parameters())
    assert count == pytest.approx(1e6 * millions, rel=0.02)  # the docstring rounds
    assert out.shape == (2, 3, 32, 32)


@pytest.mark.parametrize(("width", "depth", "millions"), [(96, 4, 0.71), (384, 12, 31.9)])
def test_dit_of_each_size(width, depth, millions):
    with torch.device("meta"):
        net = DiT(3, 2, width, depth, features=width)
    count = sum(p.numel() for p in net.parameters())
    blocks = 12 * depth * width**2 + 6 * depth * width * width
    assert count == pytest.approx(1e6 * millions, rel=0.1)
    assert 0 < count - blocks < 0.15 * count  # biases, embedding, ends: what the docstring omits


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 12), (4, 16, 8)])
def test_shapes_and_the_fresh_net(name, shape):
    """Grey and colour, square and not: the fresh net predicts 0 and is not stuck there."""
    torch.manual_seed(0)
    net, x = SMALL[name](channels=shape[0]), images(*shape)
    out = net(x, NOISY)
    assert out.shape == x.shape
    assert not out.any()
    (out - 1.0).square().mean().backward()
    assert net.head.weight.grad.abs().max() > 0


@pytest.mark.parametrize("name", SMALL)
def test_every_parameter_takes_part(name):
    net = awake(SMALL[name](classes=3))
    for p in net.parameters():
        p.grad = None
    net(images(), NOISY, torch.tensor([0, 1, 2])).square().sum().backward()
    net(images(), NOISY).square().sum().backward()  # the row for no label
    unused = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert unused == []


@pytest.mark.parametrize("name", SMALL)
def test_an_image_is_seen_alone_with_its_own_level_and_label(name):
    """The batch is no part of the answer; the level and the label are."""
    net, x, label = awake(SMALL[name](classes=3)), images(), torch.tensor([0, 1, 2])
    together = net(x, NOISY, label)
    alone = torch.cat([net(x[i : i + 1], NOISY[i : i + 1], label[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)  # float32, summed otherwise
    assert (net(x, NOISY + 1.0, label) - together).abs().mean() > 1e-2
    assert (net(x, NOISY, label.flip(0)) - together)[0].abs().mean() > 1e-3
    torch.testing.assert_close(net(x, NOISY), net(x, NOISY, torch.tensor([3, 3, 3])))
    infinite = torch.tensor([torch.inf, 0.0, -torch.inf])
    assert torch.isfinite(net(x, infinite, label)).all()


@pytest.mark.parametrize("name", SMALL)
def test_patches_know_where_they_are(name):
    """A shifted image does not give the shifted answer: borders and positions tell the place."""
    net, x = awake(SMALL[name]()), images(1, 16, 16)
    moved = net(x.roll(4, -1), NOISY).roll(-4, -1)
    assert (moved - net(x, NOISY)).abs().max() > 1e-3


@pytest.mark.parametrize("name", SMALL)
def test_bfloat16_reads_the_image_in_full_precision(name):
    net, seen = awake(SMALL[name]()), []
    net.stem.register_forward_hook(lambda layer, x, y: seen.append((x[0].dtype, y.dtype)))
    with torch.autocast("cpu", torch.bfloat16):
        out = net(images(), NOISY)
    assert seen == [(torch.float32, torch.float32)]
    assert out.dtype == torch.bfloat16  # the rest runs in it


def test_memory_format_changes_nothing():
    net, x = awake(SMALL["U-Net"]()), images()
    plain = net(x, NOISY)
    last = net.to(memory_format=torch.channels_last)
    swapped = last(x.to(memory_format=torch.channels_last), NOISY)
    torch.testing.assert_close(swapped, plain, rtol=1e-4, atol=1e-4)


CASES = {
    "size": (lambda: SMALL["U-Net"]()(images(1, 8, 10), NOISY), "multiples of 4"),
    "DiT size": (lambda: DiT(patch=3)(images(), NOISY), "multiples of 3"),
    "channels": (lambda: SMALL["U-Net"]()(images(3), NOISY), r"\(batch, 1, H, W\)"),
    "widths": (lambda: UNet(widths=(12, 24)), "multiples of 8"),
    "zero width": (lambda: UNet(widths=(0, 8)), "multiples of 8"),
    "lengths": (lambda: UNet(widths=(8, 16), down=(1,)), "of one length"),
    "no levels": (lambda: UNet(widths=(), down=(), up=()), "of one length"),
    "no block up": (lambda: UNet(up=(0, 1)), "at least 1"),
    "heads": (lambda: DiT(width=36, heads=8), "multiple of 4"),
    "positions": (lambda: DiT(width=30, heads=3), "multiple of 4"),
    "unknown label": (
        lambda: SMALL["DiT"](classes=3)(images(), NOISY, torch.tensor([0, 1, 4])),
        "knows 0 to 2, and 3 for no label",
    ),
    "negative label": (
        lambda: SMALL["DiT"](classes=3)(images(), NOISY, torch.tensor([0, 1, -1])),
        "from -1",
    ),
    "float label": (
        lambda: SMALL["U-Net"](classes=3)(images(), NOISY, torch.ones(3)),
        "expected integers",
    ),
    "one label": (
        lambda: SMALL["U-Net"](classes=3)(images(), NOISY, torch.tensor([1])),
        "each of the 3",
    ),
    "label without classes": (
        lambda: SMALL["DiT"]()(images(), NOISY, torch.tensor([0, 1, 2])),
        "takes no label",
    ),
    "rising abar": (lambda: SteppedNet(torch.nn.Identity(), torch.tensor([0.1, 0.9])), "fall"),
    "abar above 1": (lambda: SteppedNet(torch.nn.Identity(), torch.tensor([1.1, 0.9])), "at most"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name):
    build, message = CASES[name]
    with pytest.raises(ValueError, match=message):
        build()


# Nets from elsewhere.

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
def test_a_foreign_net_runs_on_every_path_under_every_sampler(path):
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
        flow = Dynamics(path.sde(), model.score, 0.0)
        start = path.prior((2, 1, 8, 8), torch.Generator().manual_seed(0))
        for step in (
            ddim(model.predict, path),
            ddpm(model.predict, path),
            balanced(model.predict, path),
            adams(model.predict, path, 3),
            dpm_multistep(model.predict, path),
        ):
            end = integrate(step, start, times, torch.Generator().manual_seed(1))
            assert torch.isfinite(end.x).all()
        assert torch.isfinite(integrate(heun(flow), start, times, torch.Generator()).x).all()


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
