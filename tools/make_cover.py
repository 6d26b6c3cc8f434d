"""Draw the README's picture: one density, and three particle dynamics that carry it.

    python tools/make_cover.py

writes chapters/images/one-density.png. Each panel shows p(x, t) as a map with paths on it, run
backward from noise to data, and at its left edge the histogram of all particles that arrived.
"""

from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from PIL import Image

from diffusion_lab import (
    VP,
    Dynamics,
    euler_maruyama,
    exact_score,
    integrate,
    two_bumps,
    uniform_times,
)
from diffusion_lab.viz import COLORS, density_map, trajectories, use_style

TARGET = Path(__file__).parents[1] / "chapters" / "images" / "one-density.png"
PARTICLES, DRAWN = 20_000, 8
REACH = 2.8  # the picture shows |x| <= REACH
INK = "#404040"  # dark text: the picture has a white ground of its own


def main() -> None:
    """Run the three dynamics and write the picture."""
    use_style()
    plt.rcParams.update({key: INK for key in ("text.color", "axes.labelcolor", "axes.titlecolor")})
    path, density = VP(0.1, 12.0), two_bumps()
    g = path.sde().noise
    scales = {r"$\sigma = 0$": 0.0, r"$\sigma = g$": g, r"$\sigma = 2g$": lambda t: 2 * g(t)}

    x = torch.linspace(-REACH, REACH, 300, dtype=torch.float64)
    t = torch.linspace(0, 1, 240, dtype=torch.float64)
    rows = [density.log_prob(x[:, None], path.alpha(s), path.std(s)).exp() for s in t]
    p = torch.stack(rows).numpy()

    family = Dynamics(path.sde(), exact_score(density, path))
    times = uniform_times(1000, 1.0, 1e-3)
    fig, axes = plt.subplots(
        1, 6, figsize=(10, 3.3), sharey=True, width_ratios=[0.22, 1] * 3, dpi=144
    )
    for (arrived, ax), (name, sigma) in zip(axes.reshape(3, 2), scales.items(), strict=True):
        generator = torch.Generator().manual_seed(4)
        clean = density.sample(PARTICLES, generator)
        noise = path.sample(clean, torch.randn(clean.shape, generator=generator).double(), 1.0)
        step = euler_maruyama(family.with_sigma(sigma))
        run = integrate(step, noise, times, generator)
        density_map(ax, t.numpy(), x.numpy(), p)
        trajectories(ax, run.times[::5], run.states[::5, :DRAWN], alpha=0.9)
        arrived.fill_betweenx(x, p[0], color=COLORS["density"], alpha=0.3, lw=0)
        arrived.hist(
            run.x.flatten().numpy(),
            bins=70,
            range=(-REACH, REACH),
            density=True,
            orientation="horizontal",
            histtype="step",
            color=COLORS["particles"],
            lw=1.2,
        )
        arrived.invert_xaxis()
        arrived.axis("off")
        ax.set(xlim=(0, 1), ylim=(-REACH, REACH), ylabel="", xticks=[], yticks=[])
        ax.set_title(name, fontsize=14)
        ax.set_xlabel("data" + " " * 36 + "noise", fontsize=11)
        ax.spines[:].set_visible(False)
    raw = BytesIO()
    fig.savefig(raw, transparent=False, facecolor="white")
    TARGET.parent.mkdir(exist_ok=True)
    # 200 colors are enough for two inks, and make the file half as large.
    Image.open(raw).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(
        TARGET, optimize=True
    )


if __name__ == "__main__":
    main()
