"""Take the stills that stand for the live figures where scripts do not run: print, GitHub, EPUB.

    .venv/bin/python tools/stills.py       after `make book`; then look at them, and build again

Each is a figure of the book without its controls, in the light theme, at twice the screen's
resolution, in as many colors as fit into the limit.
"""

import io
import sys

from fingerprint import ROOT
from progress import fail

sys.path.insert(0, str(ROOT / "tests" / "browser"))

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from watching import BOOK, FLAGS, find_chromium

# How colors are chosen: for maps by area, for lines by spread, or a thin one loses its color.
MAP, LINES = Image.Quantize.MEDIANCUT, Image.Quantize.MAXCOVERAGE
# Of each still the page and the kind of its figure: the paths have two views.
STILLS = {
    "sigma": ("laboratory", "sigma", MAP),
    "plane": ("laboratory", "plane", MAP),
    "race": ("laboratory", "race", LINES),
    "paths": ("laboratory", "paths", LINES),
    "six-paths": ("05_the_conditional_gaussian_path", "paths", LINES),
}
IMAGES = ROOT / "chapters" / "images"
BYTES = 60_000
COLORS = (256, 128, 64, 48, 32, 24, 16)
# A picture has no controls, and no room for them; of the race's eight lanes four are enough.
BARE = """
.dl-figure :is(.dl-time, .dl-controls, .dl-group, .dl-link, .dl-side),
.dl-choices:has([value="velocity"]), .dl-paths > .dl-control, .dl-lane:nth-child(odd)
{ display: none !important; }
.dl-figure { padding: 4px; background: #fff; max-width: 34rem; }
.dl-plane { max-width: 24rem; }
[data-figure="race"] { max-width: 30rem; }
"""
# Until nothing is computed any more: the particles are there, all samplers are measured.
READY = """kind => {
  const root = document.querySelector(`[data-figure="${kind}"]`);
  const busy = root?.querySelector('canvas[aria-busy="true"], progress');
  return root?.querySelector(".dl-report")?.textContent && !busy;
}"""


def photograph(page: Page, kind: str) -> Image.Image:
    """Return a picture of one figure as it stands on the page."""
    figure = page.locator(f'[data-figure="{kind}"]')
    figure.scroll_into_view_if_needed()
    page.wait_for_function(READY, arg=kind, timeout=120_000)
    page.wait_for_timeout(1000)
    return Image.open(io.BytesIO(figure.screenshot())).convert("RGB")


def squeezed(picture: Image.Image, choose: Image.Quantize) -> bytes:
    """Return the picture as a PNG with a palette, of at most BYTES."""
    for colors in COLORS:
        kept = io.BytesIO()
        few = picture.quantize(colors, choose, kmeans=2, dither=Image.Dither.NONE)
        few.save(kept, "PNG", optimize=True)
        if kept.tell() <= BYTES:
            return kept.getvalue()
    fail(f"a still of {COLORS[-1]} colors takes {kept.tell():,} bytes; the limit is {BYTES:,}")


def main() -> None:
    """Write chapters/images/live-*.png."""
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(
            viewport={"width": 1280, "height": 1400}, device_scale_factor=2, color_scheme="light"
        )
        for name, (chapter, kind, choose) in STILLS.items():
            source = BOOK / "chapters" / f"{chapter}.html"
            if not source.is_file():
                fail(f"{source} is missing; run `make book` first")
            page.goto(source.as_uri())
            page.wait_for_selector(f'[data-ready] [data-figure="{kind}"]')
            page.add_style_tag(content=BARE)
            page.wait_for_timeout(500)
            data = squeezed(photograph(page, kind), choose)
            path = IMAGES / f"live-{name}.png"
            path.write_bytes(data)
            print(f"{path.relative_to(ROOT)}  {len(data):,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
