"""The face that matplotlib measures with, cut down to what figures say, for pages and notebooks that don't bring it along."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Set
from functools import cache
from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from .look import FAMILY

FEATURES = ["kern", "lnum", "tnum"]
GLYPHS = {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "\u2009\u202f\u2011–—‘’“”•…€⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉←→−≈≠≤≥▸▾▴")}
WEIGHTS = {"Regular": "400", "Semibold": "600 700"}


def subset(path: Path, glyphs: Set[int], features: list[str]) -> TTFont:
    """The font at `path` with only `glyphs` and `features`, and without hinting, which WOFF2 readers ignore at this size."""
    font = TTFont(path)
    subsetter = Subsetter(Options(layout_features=features, hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 13, 14]))
    subsetter.populate(unicodes=glyphs)
    subsetter.subset(font)
    font.flavor = "woff2"
    return font


@cache
def faces() -> str:
    """`@font-face` rules that hold the fonts themselves."""
    rules = []
    for style, weight in WEIGHTS.items():
        file = io.BytesIO()
        subset(files("font_source_sans_pro") / "files" / f"SourceSansPro-{style}.ttf", GLYPHS, FEATURES).save(file)
        url = f"data:font/woff2;base64,{b64encode(file.getvalue()).decode()}"
        rules.append(f'@font-face{{font-family:"{FAMILY}";font-weight:{weight};src:url({url}) format("woff2")}}\n')
    return "".join(rules)
