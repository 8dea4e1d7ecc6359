"""The face that matplotlib measures with, cut down to what figures say, for pages and notebooks that don't bring it along."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from collections.abc import Set
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

import fontTools
import matplotlib

from .look import FAMILY, WEIGHTS, font_file

FEATURES = ["kern", "lnum", "tnum"]
GLYPHS = {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "\u2009\u202f\u2011–—‘’“”•…€⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉←→−≈≠≤≥▸▾▴✓")}
FORMAT = "woff2" if find_spec("brotli") else "woff"  # a notebook's Python may lack the better compression


def subset(path: Path, glyphs: Set[int], features: list[str], form: str | None = FORMAT):
    """The font at `path` with only `glyphs` and `features`: a TTFont. form: how it is packed, for pages, where hinting is ignored at
    this size; or None for matplotlib, which reads a bare one, finds each weight under its family's name, and measures with its hints."""
    from fontTools.subset import Options, Subsetter  # slow to import, and not needed where the faces are kept
    from fontTools.ttLib import TTFont

    font = TTFont(path, recalcTimestamp=False)  # the same bytes each time
    names = [0, 1, 2, 3, 13, 14] if form else [0, 1, 2, 3, 13, 14, 16, 17]
    subsetter = Subsetter(Options(layout_features=features, hinting=form is None, notdef_outline=True, name_IDs=names))
    subsetter.populate(unicodes=glyphs)
    subsetter.subset(font)
    font.flavor = form
    return font


def rule(family: str, weight: str, style: str, url: str, display: str = "swap") -> str:
    """The style sheet's rule for a face that is kept at `url`. display: what a page shows until it has come, and then."""
    return f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};font-display:{display};src:url("{url}") format("{FORMAT}")}}'


@cache
def faces() -> str:
    """`@font-face` rules that hold the fonts themselves. Cutting takes half of a kernel's first figure, so they are kept beside
    matplotlib's own list of fonts, under the hash of all that they are made of."""
    fonts = {font_file(face): weight for face, weight in WEIGHTS.items()}
    made_of = [Path(__file__).read_bytes(), fontTools.version.encode(), FORMAT.encode(), *(file.read_bytes() for file in fonts)]
    kept = Path(matplotlib.get_cachedir()) / f"livefigure-{hashlib.sha256(b''.join(made_of)).hexdigest()[:20]}.css"
    try:
        return kept.read_text(encoding="ascii")
    except OSError:
        rules = "".join(cut(file, weight) + "\n" for file, weight in fonts.items())
    with suppress(OSError):  # nowhere to keep them: they are cut again
        with NamedTemporaryFile("w", dir=kept.parent, encoding="ascii", delete=False) as new:
            new.write(rules)
        Path(new.name).replace(kept)  # whole or not at all
    return rules


def cut(path: Path, weight: str) -> str:
    """The rule for a face of figures, which holds it."""
    file = io.BytesIO()
    subset(path, GLYPHS, FEATURES).save(file)
    return rule(FAMILY, weight, "normal", f"data:font/{FORMAT};base64,{b64encode(file.getvalue()).decode()}")
