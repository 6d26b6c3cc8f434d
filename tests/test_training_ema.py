"""Weight averages: what each step counts, and one width made from others afterwards."""

import numpy as np
import pytest
import torch

from diffusion_lab.training import Ema, mix_averages, power_decay
from diffusion_lab.training.ema import power_of


def test_ema_of_a_constant_is_the_constant_and_follows_a_change():
    net = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(net.weight)
    ema = Ema(net, decay=0.9)
    for _ in range(50):
        ema.update(net)
    assert ema.state()["weight"].item() == pytest.approx(1.0, abs=1e-6)
    torch.nn.init.zeros_(net.weight)
    ema.update(net)
    # (1 + n)/(10 + n) at n = 51
    assert ema.state()["weight"].item() == pytest.approx(52 / 61, abs=1e-6)


def shares(decay, steps: int) -> np.ndarray:
    """What each step's weights count in the average after the last."""
    kept = np.array([decay(n) for n in range(1, steps + 1)])
    later = np.cumprod(kept[::-1])[::-1]
    return (1.0 - kept) * np.append(later[1:], 1.0)


@pytest.mark.parametrize("width", [0.05, 0.1, 0.2])
def test_the_width_is_the_spread_of_the_averaged_steps(width):
    """Also the start has no share. A sum over n steps differs from the integral by about 1/n."""
    n = 2000
    share, steps = shares(power_decay(width), n), np.arange(1, n + 1) / n
    assert share.sum() == pytest.approx(1.0, abs=1e-12)
    mean = (share * steps).sum()
    assert np.sqrt((share * (steps - mean) ** 2).sum()) == pytest.approx(width, rel=0.01)
    assert mean == pytest.approx((power_of(width) + 1) / (power_of(width) + 2), abs=1e-3)


def test_a_width_out_of_range_is_refused():
    for width in (0.0, 0.3):
        with pytest.raises(ValueError, match=r"fraction of the training in \(0, 0\.28\)"):
            power_decay(width)
    with pytest.raises(ValueError, match=r"number in \[0, 1\)"):
        Ema(torch.nn.Linear(1, 1), 1.0)


@pytest.mark.parametrize("wanted", [0.03, 0.07, 0.1, 0.15])
def test_a_width_made_afterwards_is_the_one_kept_directly(wanted):
    """A random walk of the weights, averaged in three widths; the third from the other two."""
    steps, kept = 2400, {}
    net = torch.nn.Linear(50, 1, bias=False).double()
    averages = {w: Ema(net, power_decay(w)) for w in (0.05, 0.1)}
    direct = Ema(net, power_decay(wanted))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for step in range(1, steps + 1):
            drift = 2.0 * torch.rand(50, generator=generator, dtype=torch.float64) - 1.0
            net.weight += 0.02 * drift + 1e-3  # a walk, and a way to go
            for ema in (*averages.values(), direct):
                ema.update(net)
            if step % 100 == 0:
                for width, ema in averages.items():
                    kept[step, width] = ema.state()["weight"].clone()
    mix = mix_averages(list(kept), wanted)
    assert mix.sum() == pytest.approx(1.0, abs=1e-3)
    made = sum(share * weight for share, weight in zip(mix, kept.values(), strict=True))
    exact = direct.state()["weight"]
    last = net.weight.detach()
    # It replaces most of what separates the average from the weights, and all for a kept width.
    allowed = 1e-9 if wanted in averages else 0.05
    assert (made - exact).norm() < allowed * (last - exact).norm()
