"""Short videos, made when the book is built, that play in a page without a server."""

from __future__ import annotations

import base64
import html
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.animation import FFMpegWriter
from matplotlib.figure import Figure
from tqdm import tqdm


def animate(
    figure: Figure,
    draw: Callable[[Any], None],
    frames: Sequence[Any],
    path: str | Path,
    fps: int = 20,
) -> Path:
    """Write draw(frame) for every frame to an H.264 file at `path` (mp4), with progress.

    draw changes the figure for one frame. The video has a white ground, because H.264 knows no
    transparency. The encoder is the one that imageio-ffmpeg carries. Returns the path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # "veryslow" searches longer for the same picture in fewer bytes; a video takes 0.3 s more.
    h264 = ["-crf", "28", "-preset", "veryslow", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    # Even pixel numbers, which yuv420p asks for.
    even = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white"]
    settings: dict[Any, Any] = {
        "animation.ffmpeg_path": imageio_ffmpeg.get_ffmpeg_exe(),
        "savefig.transparent": False,
        "savefig.facecolor": "white",
    }
    with mpl.rc_context(settings):
        writer = FFMpegWriter(fps=fps, codec="libx264", extra_args=[*h264, *even])
        with writer.saving(figure, str(path), dpi=100):
            for frame in tqdm(frames, desc="video", leave=False):
                draw(frame)
                writer.grab_frame(facecolor="white")
    return path


def video(
    figure: Figure,
    draw: Callable[[Any], None],
    frames: Sequence[Any],
    description: str,
    fps: int = 20,
    width: str = "100%",
) -> Any:
    """Animate and return an HTML object that holds the video itself (no file is left).

    description : what the video shows, read by screen readers and shown where it cannot play
    The player has controls and does not start by itself.
    """
    from IPython.display import HTML

    with tempfile.TemporaryDirectory() as folder:
        data = animate(figure, draw, frames, Path(folder) / "video.mp4", fps).read_bytes()
    plt.close(figure)
    source = base64.b64encode(data).decode()
    text = html.escape(description, quote=True)
    return HTML(
        f'<video controls loop muted playsinline preload="metadata" style="width:{width}" '
        f'aria-label="{text}"><source type="video/mp4" src="data:video/mp4;base64,{source}">'
        f"{text}</video>"
    )
