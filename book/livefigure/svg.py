"""From matplotlib's SVG to a drawing that lives in a page beside others, in either colour scheme.

matplotlib writes a document of its own: global ids, a style sheet for everything, fixed colours, a fixed size. In the
page ids are prefixed per drawing, the style is scoped, colours become CSS variables and the size follows the page.
What a reader can't see is left out: names that nothing refers to, groups around nothing but others, a coordinate's
digits beyond a hundredth of a pixel. The grid of an axis is one path, and so are its ticks; their labels, and whatever
texts follow each other in one style, say it once. A path of straight lines tells the steps from point to point, which
are shorter than the points and more alike: a page of figures is a quarter smaller for it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Set
from itertools import groupby
from xml.etree import ElementTree

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG

from .look import PALETTE, style

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
ElementTree.register_namespace("", SVG)
VARIABLES = {light: f"var(--lf-{name})" for name, (light, _) in PALETTE.items()}
COLOR = re.compile(r"#[0-9a-f]{6}\b")
FAMILY = re.compile(r"(font(?:-family)?:[^;]*'Source Sans Pro')[^;]*")
FACE = "font-family:'Source Sans Pro', sans-serif"  # of every text, so the drawing says it once
REFERENCE = re.compile(r"(?:^|url\()#([^)]+)")
FRACTION = re.compile(r"-?\d+\.\d+")
AROUND_COMMAND = re.compile(r"\s*([A-Za-z])\s*")
TICK = re.compile(r"M0 0L(-?[\d.]+) (-?[\d.]+)")
AFTER_MARK = re.compile(r"(?<=[:;]) ")
USUAL = re.compile(r"(?<![-\w])(?:text-anchor:start|stroke-dashoffset:0)(?:;|$)")  # as it is without a word
LINES = re.compile(r"M[MLz\d\s.-]+")  # a path of straight lines only
POINT = re.compile(r"([MLz])|(-?[\d.]+) (-?[\d.]+)")
DIGITS = 2  # of a pixel's fraction: finer than any screen


def draw(figure) -> str:
    """matplotlib's own SVG text of `figure`, the same bytes each time."""
    buffer = io.StringIO()
    with matplotlib.rc_context(style()):  # the canvas itself: `savefig` would draw everything twice
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return buffer.getvalue()


def embed(text: str, prefix: str, axes: dict[str, tuple[int, list[str]]] = {}, absent: Set[str] = frozenset(), inviting: Set[str] = frozenset()) -> str:
    """`text` as an element for a page: ids start with `prefix`, colours are variables, nothing leaks.

    axes: for an axis such as "0-y" which of its limits is shown, and a drawing of it at each of them.
    absent: ids of marks that are not to be seen until the page moves them. inviting: ids of those that ask for a hand.
    """
    root = ElementTree.fromstring(text)
    places = {key: _axis(root, key) for key in axes}
    for group in root.iter(f"{{{SVG}}}g"):
        if group.get("id") in absent:
            for element in [*group.iter(f"{{{SVG}}}use"), *group.iter(f"{{{SVG}}}text")]:
                element.set("visibility", "hidden")
        if group.get("id") in inviting:
            group.set("class", "lf-invites")
    _adapt(root, prefix, prefix)
    for key, (shown, variants) in axes.items():
        place = places[key]
        groups = [_axis(ElementTree.fromstring(variant), key) for variant in variants]
        root[:0] = place.findall(f".//{{{SVG}}}defs")  # matplotlib defines a tick once, where it is first used
        for child in list(place):
            place.remove(child)
        place.attrib.pop("id")
        place.set("data-axis", key)
        for k, group in enumerate(groups):
            _adapt(group, f"{prefix}{key}-{k}-", prefix)
            group.set("visibility", "visible" if k == shown else "hidden")
            place.append(group)
    root.attrib.pop("width"), root.attrib.pop("height"), root.attrib.pop("version", None)
    root.set("style", f"stroke-linejoin:round;stroke-linecap:butt;{FACE}")
    root.set("focusable", "false")
    root.set("aria-hidden", "true")
    _lighten(root)
    _style_once(root)
    _count(root, prefix)
    for path in root.iter(f"{{{SVG}}}path"):
        path.set("d", _by_steps(path.get("d", "")))
    return ElementTree.tostring(root, encoding="unicode")


def _variable(color: str) -> str:
    """The CSS variable of a colour. ValueError for one that has no variant for dark pages."""
    if color not in VARIABLES:
        known = ", ".join(f"{name} {light}" for name, (light, _) in PALETTE.items())
        raise ValueError(f"colour {color} has no variant for dark pages. Draw with look.COLOR, or thin one of these with alpha: {known}.")
    return VARIABLES[color]


def _axis(root, key: str):
    return root.find(f".//{{{SVG}}}g[@id='axis-{key}']")


def _adapt(root, prefix: str, clips: str) -> None:
    """Make `root` and all in it fit for a page. clips: the prefix of the ids of clip paths, which stay in the drawing."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        if element.get("id", "").startswith("mark-"):
            element.set("data-mark", element.attrib.pop("id"))
        elif "id" in element.attrib:
            element.set("id", prefix + element.get("id"))
        if XLINK in element.attrib:
            element.set("href", "#" + prefix + element.attrib.pop(XLINK)[1:])
        if "clip-path" in element.attrib:
            element.set("clip-path", element.get("clip-path").replace("url(#", f"url(#{clips}"))
        if "style" in element.attrib:
            css = COLOR.sub(lambda found: _variable(found[0]), element.get("style"))
            css = AFTER_MARK.sub("", FAMILY.sub(r"\1, sans-serif", css).replace("url(#", f"url(#{prefix}"))
            element.set("style", USUAL.sub("", css.replace(f"{FACE};", "")))
        if "transform" in element.attrib and element.get("transform").startswith("rotate(-0 "):
            del element.attrib["transform"]
        if element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
        for name in ("d", "x", "y", "transform"):
            if name in element.attrib:
                element.set(name, FRACTION.sub(_rounded, element.get(name)))
        if "d" in element.attrib:
            element.set("d", AROUND_COMMAND.sub(r"\1", " ".join(element.get("d").split())))


def _rounded(number: re.Match) -> str:
    return f"{round(float(number[0]), DIGITS) + 0.0:.{DIGITS}f}".rstrip("0").rstrip(".")  # + 0.0: no -0


def _by_steps(d: str) -> str:
    """The same path, each line by where it leads to from its own beginning. What is no path of straight lines stays as it is."""
    if not LINES.fullmatch(d):
        return d
    told, pen, here, start = [], "M", (0, 0), (0, 0)  # in the last digit's units, so that steps add up exactly
    for command, *point in POINT.findall(d):
        if command:
            pen = command
            if pen == "z":
                told.append("z")
                here = start
            continue
        there = tuple(round(float(number) * 10**DIGITS) for number in point)
        x, y = (to - at for to, at in zip(there, here))
        if pen == "M":
            told.append(f"M{_of_units(there[0])} {_of_units(there[1])}")
            start, pen = there, "L"
        else:
            told.append(f"v{_of_units(y)}" if not x else f"h{_of_units(x)}" if not y else f"l{_of_units(x)} {_of_units(y)}")
        here = there
    return "".join(told).replace(" -", "-")


def _of_units(number: int) -> str:
    return f"{number / 10**DIGITS:.{DIGITS}f}".rstrip("0").rstrip(".")


def _lighten(root) -> None:
    """Leave out names and definitions that nothing refers to, and groups that say nothing of their content."""
    groups = list(root.iter(f"{{{SVG}}}g"))
    styled = {mark.get("id"): mark for mark in root.iter(f"{{{SVG}}}path") if "stroke:" in mark.get("style", "") and TICK.fullmatch(mark.get("d", ""))}
    for axis in [group for group in groups if "matplotlib.axis_" in group.get("id", "")] + [step for group in groups if "data-axis" in group.attrib for step in group]:
        _simplify(axis, styled)
    referred = {name for element in root.iter() for key in ("href", "clip-path", "style") for name in REFERENCE.findall(element.get(key, ""))}
    for element in root.iter():
        if element.get("id") not in referred:
            element.attrib.pop("id", None)
    for parent in list(root.iter(f"{{{SVG}}}defs")):
        for child in list(parent):
            if "id" not in child.attrib:
                parent.remove(child)
    _unwrap(root)


def _simplify(axis, styled: dict[str, ElementTree.Element]) -> None:
    """One path for all grid lines of an axis that look the same, and one for all ticks whose mark, in `styled`, is a line."""
    first: dict[object, ElementTree.Element] = {}
    for line in [group for group in axis.iter(f"{{{SVG}}}g") if "line2d" in group.get("id", "")]:
        for path in line.findall(f"{{{SVG}}}path"):
            same = first.setdefault((path.get("style"), path.get("clip-path")), path)
            if same is not path:
                same.set("d", same.get("d") + path.get("d"))
                line.remove(path)
        for group in line.iter(f"{{{SVG}}}g"):
            for tick in group.findall(f"{{{SVG}}}use"):
                name = tick.get("href", "")[1:]
                if name not in styled:
                    continue
                mark = styled[name]
                drawn = _at(mark.get("d"), tick)
                same = first.get(name)
                if same is None:
                    first[name] = ElementTree.SubElement(group, f"{{{SVG}}}path", {"d": drawn, "style": f"fill:none;{mark.get('style')}"})
                else:
                    same.set("d", same.get("d") + drawn)
                group.remove(tick)


def _at(mark: str, tick) -> str:
    """The line of a tick's mark, from 0 0, where the tick stands."""
    (dx, dy) = map(float, TICK.fullmatch(mark).groups())
    x, y = (float(tick.get(name)) for name in "xy")
    return FRACTION.sub(_rounded, f"M{x} {y}L{x + dx} {y + dy}")


def _style_once(parent) -> None:
    """Texts that follow each other in one style become a group with that style. A mark's own text keeps it: the page asks for it there."""
    for child in list(parent):
        if child.tag == f"{{{SVG}}}path" and child.get("style") == "fill:none":
            parent.remove(child)  # neither filled nor stroked: the figure's own background
        elif "data-mark" not in child.attrib and child.tag != f"{{{SVG}}}defs":
            _style_once(child)
    for style, run in [(style, list(run)) for style, run in groupby(parent, _style_of_text)]:
        if style and len(run) > 1:
            group = ElementTree.Element(f"{{{SVG}}}g", {"style": style})
            parent.insert(list(parent).index(run[0]), group)
            for text in run:
                del text.attrib["style"]
                parent.remove(text)
                group.append(text)


def _style_of_text(element) -> str | None:
    return element.get("style") if element.tag == f"{{{SVG}}}text" else None


def _count(root, prefix: str) -> None:
    """Ids by their order. matplotlib's follow from the last digit of a position, which may be another on each machine."""
    named = [element for element in root.iter() if "id" in element.attrib]
    new = {element.get("id"): f"{prefix}{k}" for k, element in enumerate(named)}
    for element in named:
        element.set("id", new[element.get("id")])
    for element in root.iter():
        for key in ("href", "clip-path", "style"):
            if key in element.attrib:
                element.set(key, REFERENCE.sub(lambda found: found[0].replace(found[1], new.get(found[1], found[1])), element.get(key)))


def _unwrap(parent) -> None:
    for child in list(parent):
        _unwrap(child)
        if child.tag == f"{{{SVG}}}g" and not child.attrib or child.tag == f"{{{SVG}}}defs" and not len(child):
            place = list(parent).index(child)
            parent[place : place + 1] = list(child)
