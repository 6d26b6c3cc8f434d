"""Networks: their sizes, what a fresh one says, what they may depend on."""

import pytest
import torch
from small_nets import awake, images

from diffusion_lab.nets import DiT, SteppedNet, UNet

SMALL = {
    "U-Net": lambda **k: UNet(widths=(16, 24, 32), down=(1, 1, 1), up=(1, 1, 1), **k),
    "DiT": lambda **k: DiT(width=32, depth=2, **k),
}
NOISY = torch.tensor([-3.0, 0.0, 4.0])


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
