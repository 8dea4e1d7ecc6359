"""The face that matplotlib measures with, cut down to what figures say, for pages and notebooks that don't bring it along."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Set
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from .look import FAMILY, font_file

FEATURES = ["kern", "lnum", "tnum"]
GLYPHS = {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "\u2009\u202f\u2011–—‘’“”•…€⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉←→−≈≠≤≥▸▾▴✓")}
FORMAT = "woff2" if find_spec("brotli") else "woff"  # a notebook's Python may lack the better compression
WEIGHTS = {"Regular": "400", "Semibold": "600 700"}


def subset(path: Path, glyphs: Set[int], features: list[str]) -> TTFont:
    """The font at `path` with only `glyphs` and `features`, and without hinting, which WOFF2 readers ignore at this size."""
    font = TTFont(path, recalcTimestamp=False)  # the same bytes each time
    subsetter = Subsetter(Options(layout_features=features, hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 13, 14]))
    subsetter.populate(unicodes=glyphs)
    subsetter.subset(font)
    font.flavor = FORMAT
    return font


def rule(family: str, weight: str, style: str, url: str) -> str:
    """The style sheet's rule for a face that is kept at `url`."""
    return f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};font-display:swap;src:url("{url}") format("{FORMAT}")}}'


@cache
def faces() -> str:
    """`@font-face` rules that hold the fonts themselves."""
    rules = []
    for face, weight in WEIGHTS.items():
        file = io.BytesIO()
        subset(font_file(face), GLYPHS, FEATURES).save(file)
        rules.append(rule(FAMILY, weight, "normal", f"data:font/{FORMAT};base64,{b64encode(file.getvalue()).decode()}"))
    return "\n".join(rules) + "\n"
