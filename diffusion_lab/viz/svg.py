"""SVG figures that weigh little: pictures with a palette, coordinates with two decimals."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

_PICTURE = re.compile(r"data:image/png;base64,([^\"]+)")
_COORDINATES = re.compile(r'(?<= [dxy]=")[^"]+|(?<= points=")[^"]+')
_TOO_FINE = re.compile(r"(\d\.\d\d)\d+")
_COLOURS = 256  # of a PNG with one byte for a pixel


def figure_svg(figure: Figure) -> str:
    """Draw a figure as SVG for a notebook: the file that matplotlib writes, made smaller."""
    text = io.StringIO()
    no_date = {"Date": None}  # the same figure gives the same file
    figure.savefig(text, format="svg", dpi=figure.dpi, bbox_inches="tight", metadata=no_date)
    return smaller(text.getvalue())


def smaller(svg: str) -> str:
    """Store the pictures of an SVG with palettes, and cut digits that no screen can show."""
    svg = svg[svg.index("<svg") :]
    svg = _PICTURE.sub(lambda found: "data:image/png;base64," + _repacked(found[1]), svg)
    return _COORDINATES.sub(lambda found: _TOO_FINE.sub(r"\1", found[0]), svg)


def _repacked(picture: str) -> str:
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA")
    small = io.BytesIO()
    with_palette(image).save(small, format="PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def with_palette(image: Image.Image) -> Image.Image:
    """Return an RGBA image with 256 colours: exactly, where it has no more, else by k-means.

    A map drawn with a colour table has no more; lines and dots drawn as pixels do, by their
    smoothed edges. Colours are compared as they show, weighted by their opacity.
    """
    pixels = np.frombuffer(image.tobytes(), dtype=np.uint32)
    packed, place, count = np.unique(pixels, return_inverse=True, return_counts=True)
    colours = packed.view(np.uint8).reshape(-1, 4)
    if len(colours) > _COLOURS:
        from sklearn.cluster import KMeans  # loads for a second; most figures do not need it

        shown = colours.astype(float)
        shown[:, :3] *= shown[:, 3:] / 255.0
        start: Any = shown[np.linspace(0, len(shown) - 1, _COLOURS).astype(int)]
        found = KMeans(_COLOURS, init=start, max_iter=10)
        found.fit(shown, sample_weight=count)
        palette = found.cluster_centers_
        palette[:, :3] *= 255.0 / np.maximum(palette[:, 3:], 1.0)
        colours = palette.round().clip(0, 255).astype(np.uint8)
        place = np.asarray(found.labels_)[place]
    index = place.reshape(image.height, image.width).astype(np.uint8)
    paletted = Image.fromarray(index, mode="P")
    paletted.putpalette(colours.tobytes(), "RGBA")
    return paletted
