"""The picture that README and link previews show: the whole machine, as the book's own figure draws it.

    .venv/bin/python tools/picture.py [OUT]

Chrome, Chromium or Edge opens the figure alone. Its card from the question to the drawing, without what a still picture
can't move, is kept in OUT, or in the book's own file.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "book" / "_static" / "live-figure.png"
sys.path[:0] = [str(ROOT / "book"), str(Path(__file__).resolve().parent)]

import find_browser  # noqa: E402  (found through the line above)
import livefigure  # noqa: E402
from figures import all_figures  # noqa: E402

FIGURE = "design-a-cluster"
WIDTH = 760  # CSS pixels
LEFT_OUT = ".lf-presets, .lf-controls, .lf-kicker"
MARGIN = 14  # CSS pixels around question and drawing
DENSITY = 2  # pixels of the picture for each of them
COLORS = 128  # a drawing of few colours: a fifth of the bytes


def picture(browser) -> Image.Image:
    """Question, finding and drawing."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figure.html"
        file.write_text(livefigure.page(all_figures()[FIGURE]), encoding="utf-8")
        page = browser.new_page(viewport={"width": WIDTH, "height": 1200}, device_scale_factor=DENSITY, color_scheme="light")
        page.goto(file.as_uri())
        page.evaluate("document.fonts.ready.then(() => true)")
        page.locator(f'[data-live-figure="{FIGURE}"][data-state="live"]').wait_for()
        page.add_style_tag(content=f"{LEFT_OUT} {{ display: none !important; }}")
        title, drawing = (page.locator(part).bounding_box() for part in (".lf-title", ".lf-drawing"))
        top, low = title["y"] - MARGIN, drawing["y"] + drawing["height"] + MARGIN
        taken = page.screenshot(clip={"x": drawing["x"] - MARGIN, "y": top, "width": drawing["width"] + 2 * MARGIN, "height": low - top})
        page.close()
    return Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def main(out: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser.find(), args=find_browser.flags())
        picture(browser).save(out, optimize=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
