"""Figures draw what they are given; a video is a video."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from diffusion_lab.density import ring_mixture
from diffusion_lab.viz import (
    COLORS,
    animate,
    density_map,
    field_arrows,
    mosaic,
    plot_density,
    plot_histogram,
    tile_images,
    trajectories,
    use_style,
    video,
)

mpl.use("Agg")


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_histogram_is_a_density(ax):
    x = torch.randn(500, 1, generator=torch.Generator().manual_seed(0))
    edges = np.linspace(-5, 5, 41)
    plot_histogram(ax, x, edges)
    heights = ax.patches[0].get_data().values
    assert (heights * np.diff(edges)).sum() == pytest.approx(1.0)


def test_density_and_paths_keep_their_colours(ax):
    plot_density(ax, torch.linspace(0, 1, 5), torch.ones(5))
    trajectories(ax, torch.linspace(0, 1, 3), torch.zeros(3, 4, 1))
    assert ax.lines[0].get_color() == COLORS["density"]
    assert [line.get_color() for line in ax.lines[1:]] == [COLORS["particles"]] * 4


def test_map_puts_time_across_and_x_up(ax):
    p = np.zeros((3, 5))
    p[2, 0] = 1.0  # at the last time, at the lowest x
    image = density_map(ax, np.linspace(0, 1, 3), np.linspace(-1, 1, 5), p)
    assert image.get_array()[0, 2] == 1.0
    assert image.origin == "lower"


def test_arrows_point_along_the_field(ax):
    quiver = field_arrows(ax, lambda x, t: -x, 0.5, n=4)
    where = quiver.get_offsets()
    assert (np.sign(quiver.U) == -np.sign(where[:, 0])).all()
    assert (np.sign(quiver.V) == -np.sign(where[:, 1])).all()
    ring = ring_mixture()
    field_arrows(ax, lambda x, t: ring.score(x, 0.5, 0.8), 0.5, n=4)


def test_board_holds_each_image_in_its_place_and_clips(ax):
    images = torch.stack([torch.full((1, 2, 3), v) for v in (-1.0, 0.0, 5.0)])
    board = tile_images(images, columns=2)
    assert board.shape == (7, 9, 3)  # two rows of 2 + 1 pixels, two columns of 3 + 1, and one
    assert board[1:3, 5:8].min() == board[1:3, 5:8].max() == 0.5
    assert board[4:6, 1:4].min() == 1.0
    assert board[0].max() == board[4:6, 5:].max() == 0.0  # lines and the empty place are black
    mosaic(ax, images, 2, ["a", "b"], ["x", "y"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    with pytest.raises(ValueError, match="1 or 3"):
        tile_images(torch.zeros(2, 8, 8))


def test_style_gives_transparent_figures():
    with mpl.rc_context():
        use_style()
        assert mpl.rcParams["figure.facecolor"] == "none"


def test_animation_is_an_mp4_and_the_page_holds_it(tmp_path):
    figure, axes = plt.subplots(figsize=(1.05, 1.01))  # odd pixels: the encoder needs even ones

    def draw(i):
        axes.clear()
        axes.plot([0, i])

    data = animate(figure, draw, range(3), tmp_path / "deep" / "a.mp4").read_bytes()
    assert data[4:8] == b"ftyp"
    page = video(figure, draw, range(2), 'two "frames"').data
    assert "data:video/mp4;base64," in page
    assert 'aria-label="two &quot;frames&quot;"' in page
    assert "autoplay" not in page
