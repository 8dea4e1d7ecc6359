"""Live figures at the ends of every control, on one sheet for each figure, width and scheme, to be looked at.

    .venv/bin/python tools/contact_sheet.py OUT [NAME ...] [--widths 360,768,1440] [--schemes light,dark]

Without names all figures of the book are looked at. A sheet shows the whole card as it opens, then the drawing alone in
each preset and with each control at each of its ends, all others as they were.
"""

import argparse
import io
import sys
from pathlib import Path

import matplotlib.font_manager
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "book"), str(Path(__file__).resolve().parent)]

import find_browser  # noqa: E402  (found through the line above)
import livefigure  # noqa: E402
from figures import all_figures  # noqa: E402
from livefigure.controls import Choice, Slider  # noqa: E402

SET = "([name, state]) => { const f = livefigure.figures[name]; f.set(state); return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 80))); }"
SHEET = 2000, 1500  # pixels: how wide and how tall a sheet may be before another begins


def states(figure):
    """(label, inputs) of what is looked at."""
    for label, preset in figure.presets.items():
        yield label, figure.defaults | preset
    for key, control in figure.controls.items():
        match control:
            case Choice(records=records):
                found = list(records)
            case Slider(low=low, high=high):
                found = [low, high]
            case _:
                found = [0, 1]
        for value in found:
            if value != figure.defaults[key]:
                yield f"{control.label}: {control.written(value)}", figure.defaults | {key: value}


def sheets(pictures: list[tuple[str, bytes]], background: str):
    """Pictures in rows, each with its name above it, on as many sheets as it takes, each cut off where nothing follows."""
    wide, tall = SHEET
    x = y = row = 0
    font = matplotlib.font_manager.findfont("DejaVu Sans")  # which has ×, as Pillow's own has not
    whole = Image.new("RGB", SHEET, background)
    for label, data in pictures:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        if x and x + picture.width > wide:
            x, y, row = 0, y + row, 0
        if y and y + picture.height + 26 > tall:
            yield whole.crop((0, 0, wide, y + row))
            whole, x, y, row = Image.new("RGB", SHEET, background), 0, 0, 0
        ImageDraw.Draw(whole).text((x + 2, y + 6), label, fill="#c8501e", font=ImageFont.truetype(font, 14))
        whole.paste(picture, (x, y + 26))
        x, row = x + picture.width + 12, max(row, picture.height + 30)
    yield whole.crop((0, 0, wide, y + row))


def look_at(browser, name: str, width: int, scheme: str, folder: Path, page_file: Path) -> None:
    figure = all_figures()[name]
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=width < 500)
    page.goto(page_file.as_uri())
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate("() => document.querySelectorAll('.lf-guess button').forEach((b) => b.click())")
    root = page.locator(f'[data-live-figure="{name}"]')
    pictures, seen = [("as it opens", root.screenshot())], set()
    for label, state in states(figure):
        page.evaluate(SET, [name, state])
        picture = root.locator(".lf-drawing").screenshot()
        if picture not in seen:  # many settings change numbers only
            pictures.append((label, picture))
        seen.add(picture)
    for k, sheet in enumerate(sheets(pictures, "#fffdf8" if scheme == "light" else "#14171c"), 1):
        sheet.save(folder / f"{name}-{width}-{scheme}-{k}.png")
    page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--widths", default="360,768,1440")
    parser.add_argument("--schemes", default="light,dark")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser.find(), args=find_browser.flags())
        for name in asked.names or all_figures():
            page_file = asked.out.resolve() / f"{name}.html"
            page_file.write_text(livefigure.page(all_figures()[name]), encoding="utf-8")
            for width in map(int, asked.widths.split(",")):
                for scheme in asked.schemes.split(","):
                    look_at(browser, name, width, scheme, asked.out, page_file)
            print(name, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
