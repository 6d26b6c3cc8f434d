"""Figures for the book weigh less than matplotlib's and look the same."""

import base64
import io
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from diffusion_lab.viz import density_map, use_style
from diffusion_lab.viz.svg import figure_svg, smaller, with_palette


@pytest.fixture
def style():
    with mpl.rc_context():
        use_style()
        yield
    plt.close("all")


def rgba(colours: int, size: int = 64) -> Image.Image:
    """An image with so many colours, opaque and transparent ones."""
    rng = np.random.default_rng(0)
    table = np.unique(rng.integers(0, 256, (colours, 4), dtype=np.uint8), axis=0)
    return Image.fromarray(table[rng.integers(0, len(table), (size, size))])


def over(image: Image.Image, ground: int) -> np.ndarray:
    """What a page of one grey shows."""
    pixels = np.asarray(image.convert("RGBA"), dtype=float)
    share = pixels[..., 3:] / 255.0
    return share * pixels[..., :3] + (1.0 - share) * ground


def reread(image: Image.Image) -> Image.Image:
    """Through a PNG file, which is what the page holds."""
    file = io.BytesIO()
    image.save(file, format="PNG")
    return Image.open(file)


def pictures(svg: str) -> list[Image.Image]:
    data = re.findall(r"data:image/png;base64,([^\"]+)", svg)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in data]


def matplotlib_svg(figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", dpi=figure.dpi, bbox_inches="tight")
    return text.getvalue()


def bell(style):
    """The map of a travelling bell, with a curve on it."""
    t, x = np.linspace(0, 1, 101), np.linspace(-3, 3, 201)
    figure, ax = plt.subplots(figsize=(4, 3))
    density_map(ax, t, x, np.exp(-((x - t[:, None]) ** 2)))
    ax.plot(t, np.sin(9 * t), lw=0.8)
    return figure


def test_up_to_256_colours_are_kept_exactly():
    image = rgba(200)
    found = reread(with_palette(image))
    assert found.mode == "P"
    np.testing.assert_array_equal(np.asarray(found.convert("RGBA")), np.asarray(image))


@pytest.mark.parametrize("ground", [255, 18], ids=["light page", "dark page"])
def test_more_colours_are_near_what_they_were(style, ground):
    figure, ax = plt.subplots(figsize=(3, 3))
    for shift, color in enumerate(("#3b82c4", "#d97706", "#2a9d63")):
        x = np.linspace(0, 9, 400)
        ax.plot(x, np.sin(x + shift), color=color, lw=4, alpha=0.6, rasterized=True)
    (before,) = pictures(matplotlib_svg(figure))
    assert len(np.unique(np.asarray(before).reshape(-1, 4), axis=0)) > 256
    after = reread(with_palette(before.convert("RGBA")))
    # One level in 255 cannot be seen; smoothed edges are a small part of the pixels.
    assert np.abs(over(after, ground) - over(before, ground)).mean() < 1.0


def test_a_map_keeps_every_pixel_and_the_figure_loses_a_quarter(style):
    figure = bell(style)
    plain, light = matplotlib_svg(figure), figure_svg(figure)
    (before,), (after,) = pictures(plain), pictures(light)
    np.testing.assert_array_equal(np.asarray(after.convert("RGBA")), np.asarray(before))
    assert len(light) < 0.75 * len(plain)


def test_coordinates_keep_two_decimals_and_scales_all():
    svg = '<svg><path d="M 12.345678 -0.005 L 100 7.5"/><use x="3.14159" y="2"/><g transform="'
    svg += 'scale(0.015625)" style="stroke-width: 0.123456"/></svg>'
    found = smaller("<?xml?>" + svg)
    assert found == svg.replace("12.345678", "12.34").replace("-0.005", "-0.00").replace(
        "3.14159", "3.14"
    )


def test_a_figure_stays_the_same_to_a_byte(style):
    """Reading a notebook's outputs side by side shows what changed, and nothing else."""
    assert figure_svg(bell(style)) == figure_svg(bell(style))
