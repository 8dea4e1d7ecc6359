"""The drawing in the page: many on one page, in either colour scheme, in the shipped face, the same bytes each time."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import chain
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from livefigure import svg
from livefigure.fonts import GLYPHS
from livefigure.look import FAMILY, PALETTE, css_variables, style
from living import NAMES, living
from paths import path_points
from workspace import BOOK

pytestmark = pytest.mark.slow  # all figures are drawn


@cache
def html(name: str) -> str:
    return living(name).page_html()


def drawings(text: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", text, re.S)


@pytest.mark.parametrize("name", NAMES)
def test_each_layout_is_drawn_once_at_its_size(name):
    sizes = [tuple(map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing).groups())) for drawing in drawings(html(name))]
    assert sizes == [pytest.approx((72 * width, 72 * height)) for width, height in living(name).sizes.values()]


def test_ids_are_unique_on_a_page_with_all_figures():
    ids = Counter(re.findall(r'\bid="([^"]+)"', "".join(map(html, NAMES))))
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_finds_its_element_in_its_own_drawing(name):
    for drawing in drawings(html(name)):
        ids = set(re.findall(r'\bid="([^"]+)"', drawing))
        referred = set(re.findall(r'(?:href="|url\()#([^")]+)', drawing))
        assert referred <= ids and "xlink" not in drawing


@pytest.mark.parametrize("name", NAMES)
def test_every_mark_is_there_once_in_each_drawing(name):
    spec = living(name).spec["drawings"]
    for drawing, layout in zip(drawings(html(name)), spec):
        marks = re.findall(r'data-mark="([^"]+)"', drawing)
        # of a heat map also the edges of its cells
        wanted = ([mark["id"]] if "cells" not in mark else [f"{mark['id']}-{k}" for k in range(mark["cells"] + 1)] for mark in spec[layout]["marks"])
        assert sorted(marks) == sorted(chain.from_iterable(wanted))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaks_out_of_a_drawing(name):
    for drawing in drawings(html(name)):
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawing).iter()}
        assert not tags & {"style", "script", "metadata", "image", "foreignObject", "a", "title"}
        assert "http" not in drawing.replace(svg.SVG, "")


@pytest.mark.parametrize("name", NAMES)
def test_every_colour_is_one_of_the_palette_s_variables(name):
    variables = {f"--lf-{color}" for color in PALETTE}
    for drawing in drawings(html(name)):
        assert set(re.findall(r"var\(([^)]+)\)", drawing)) <= variables
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?!-)", re.sub(r'(?:href="|url\()#[^")]+', "", drawing)) == []
        paints = re.findall(r"(?<![-\w])(?:fill|stroke|color): ?([^;\"]+)", drawing) + re.findall(r'(?:fill|stroke)="([^"]+)"', drawing)
        assert {paint for paint in paints if not paint.startswith("var(")} <= {"none"}


def test_the_palette_is_in_the_style_sheet_once_for_each_scheme():
    css = css_variables()
    light, dark = (re.search(pattern + r"[^{]*\{([^}]*)\}", css)[1] for pattern in (r":root", r'html\[data-theme="dark"\]'))
    for name, (in_light, in_dark) in PALETTE.items():
        assert f"--lf-{name}:{in_light}" in light.split(";") and f"--lf-{name}:{in_dark}" in dark.split(";")


def luminance(color: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["computed", "claimed", "measured", "ink", "muted", "teal", "ochre", "purple", "grey"])
def test_text_and_lines_stand_out_from_the_card(name, scheme):
    one, other = sorted((luminance(PALETTE[name][scheme]), luminance(PALETTE["card"][scheme])))
    needed = 4.5 if name in ("computed", "claimed", "measured", "ink", "muted") else 3  # text; graphics
    assert (other + 0.05) / (one + 0.05) >= needed


@pytest.mark.parametrize("name", NAMES)
def test_text_stays_text_in_the_shipped_face(name):
    for drawing in drawings(html(name)):
        root, *rest = ElementTree.fromstring(drawing).iter()  # the drawing names the face, and no text another
        assert re.search(r"font-family:'([^']+)'", root.get("style"))[1] == FAMILY
        assert any(element.text for element in rest if element.tag == f"{{{svg.SVG}}}text")
        assert not [element.get("style") for element in rest if re.search(r"font(-family)?:", element.get("style", "")) or element.get("font-family")]


def test_matplotlib_measures_with_the_shipped_face():
    with matplotlib.rc_context(style()):
        found = matplotlib.font_manager.findfont(FAMILY, fallback_to_default=False)
    assert "SourceSansPro-Regular" in found


def test_matplotlib_knows_every_glyph_and_every_font(caplog):
    with caplog.at_level("WARNING"):
        for figure in map(living, NAMES):
            for layout in figure.sizes:
                figure.drawing(layout).svg()
    assert caplog.text == ""


def test_every_letter_that_figures_say_is_in_the_font_they_bring():
    """So that labels are as wide as matplotlib measured them."""
    said = {letter for name in NAMES for text in re.findall(r">([^<]+)<", re.sub(r"<(style|script).*?</\1>", "", living(name).card, flags=re.S)) for letter in text}
    assert {letter for letter in said if ord(letter) not in GLYPHS} <= {"\n"}


def test_the_same_bytes_in_another_process():
    """All figures as they are here and in a process that orders its sets otherwise."""
    code = "import figures, hashlib; print(hashlib.sha256(''.join(f.page_html() for f in figures.all_figures().values()).encode()).hexdigest())"
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=BOOK, env=os.environ | {"PYTHONHASHSEED": seed})
    assert there.stdout.strip() == hashlib.sha256("".join(map(html, NAMES)).encode()).hexdigest()


def test_a_drawing_says_nothing_twice_and_no_more_than_can_be_seen():
    """No name without a reference, no group that says nothing, no digits beyond a hundredth of a pixel."""
    for drawing in drawings(html("fifty-four-days")):
        ids, referred = set(re.findall(r'\bid="([^"]+)"', drawing)), set(re.findall(r'(?:href="|url\()#([^")]+)', drawing))
        assert ids == referred and "<g>" not in drawing and not re.search(r"<defs ?/>|\d\.\d{4}|[ML ]-0[ \"]| d=\"[^\"]*\.\d{3}", drawing)


def test_a_path_of_straight_lines_leads_through_the_same_points():
    for long in ("M 1 2 L 3.004 2 L 3 -7.5 L 3 -7.5 z L 4 4 M -0.001 10 L 10.126 1234.56 z", "M 5 5 L 6 6 7 8 9.5 8"):
        root = ElementTree.fromstring(f'<svg xmlns="{svg.SVG}" width="1" height="1"><g id="mark-0"><path d="{long}"/></g></svg>')
        (group,) = ElementTree.fromstring(svg.embed(ElementTree.tostring(root, encoding="unicode"), "x-"))
        short = group[0].get("d")
        assert set(re.findall("[A-Za-z]", short)) <= set("Mlhvz") and short.count("z") == long.count("z")
        assert np.abs(path_points(short) - path_points(long)).max() <= 0.005 + 1e-9


def test_a_path_keeps_its_points():
    long = "M 0.12345678 -0.00004 \nL 100 1e3 Q 3.0004 4.99996 5 -6.5 z"
    root = ElementTree.fromstring(f'<svg xmlns="{svg.SVG}" width="1" height="1"><g id="a"><g id="mark-0"><path d="{long}"/></g></g></svg>')
    short = ElementTree.fromstring(svg.embed(ElementTree.tostring(root, encoding="unicode"), "x-"))
    (group,) = short
    assert group.attrib == {"data-mark": "mark-0"} and group[0].get("d") == "M0.12 0L100 1e3Q3 5 5 -6.5z"
