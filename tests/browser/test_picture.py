"""README's and the link previews' picture is the machine as the book draws it today."""

import numpy as np
import picture
import pytest
from PIL import Image
from workspace import ROOT

CELL = 16  # pixels: what is compared are means of squares, so that a browser's own way with edges doesn't count


def blurred(image: Image.Image) -> np.ndarray:
    small = image.convert("L").resize((image.width // CELL, image.height // CELL), Image.Resampling.BOX)
    return np.asarray(small, float)


@pytest.mark.slow
def test_the_kept_picture_is_what_the_figure_looks_like(browser):
    """If not: `.venv/bin/python tools/picture.py` makes it anew."""
    kept, now = Image.open(picture.OUT), picture.picture(browser)
    assert kept.width >= 1200 and picture.OUT.stat().st_size < 100_000
    assert abs(kept.width - now.width) <= CELL and abs(kept.height - now.height) <= CELL
    one, other = blurred(kept), blurred(now.resize(kept.size))
    assert np.abs(one - other).mean() < 3 and np.percentile(np.abs(one - other), 99) < 60
    assert one.std() > 20  # it shows something


def test_readme_shows_it():
    """Previews do too: `test_previews_show_the_machine` follows a published page's own link."""
    assert f"]({picture.OUT.relative_to(ROOT)})" in (ROOT / "README.md").read_text(encoding="utf-8")
