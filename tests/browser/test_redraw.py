"""The page's drawing after a change against matplotlib's own drawing of the same state."""

import re
from math import isfinite
from random import Random
from xml.etree import ElementTree

import numpy as np
import pytest
import toy
from livefigure.svg import SVG
from living import NAMES, SMALL, living, some_state
from paths import path_points

PX = 0.01
FAR = 1e5  # px: beyond it the page draws no further
STATES = 3
SET_AND_READ = """([name, state]) => {
    const figure = livefigure.figures[name];
    figure.set({ ...figure.defaults, ...state });
    figure.catchUp();  // the drawing that is out of view, too
    const marks = { state: figure.state };
    for (const layout of Object.keys(figure.spec.drawings)) {
        marks[layout] = {};
        for (const group of figure.root.querySelectorAll(`.lf-${layout} [data-mark]`)) {
            const element = [...group.querySelectorAll("path, use, text")].find((e) => !e.closest("defs"));
            const get = (name) => (element ? element.getAttribute(name) : null);
            marks[layout][group.dataset.mark] = element && get("visibility") !== "hidden"
                ? { d: get("d"), x: get("x"), y: get("y"), text: element.textContent, anchor: element.style.textAnchor, opacity: element.style.opacity, fill: element.style.fill }
                : null;
        }
    }
    return marks;
}"""


def matplotlib_marks(figure, layout: str, state: dict):
    """What matplotlib draws for each bound artist, and the size of its canvas."""
    drawing = figure.drawing(layout, **state)
    root = ElementTree.fromstring(drawing.svg())
    found = {}
    for group in root.iter(f"{{{SVG}}}g"):
        if group.get("id", "").startswith("mark-"):
            hidden = {id(e) for defs in group.iter(f"{{{SVG}}}defs") for e in defs.iter()}
            drawn = [e for e in group.iter() if e.tag.rpartition("}")[2] in ("path", "use", "text") and id(e) not in hidden]
            element = drawn[0] if drawn else None
            found[group.get("id")] = None if element is None else {
                "d": element.get("d"), "x": element.get("x"), "y": element.get("y"), "text": "".join(element.itertext()),
                "anchor": styled(element, "text-anchor"), "opacity": styled(element, "opacity"), "fill": styled(element, "fill"),
            }  # fmt: skip
    return found, root.get("viewBox").split()[2:]


def styled(element, what: str) -> str | None:
    return re.search(rf"(?<![-\w]){what}: ([-\w.]+)|$", element.get("style", ""))[1]


def points(d: str | None) -> np.ndarray:
    return np.clip(path_points(d), -FAR, FAR)


def corners(d: str | None) -> np.ndarray:
    """Of every box in a path its four corners."""
    ways = [points(way) for way in (d or "").split("M") if way.strip()]
    return np.array([way[:-1] if len(way) == 5 and np.array_equal(way[0], way[-1]) else way for way in ways if np.isfinite(way).all()]).reshape(-1, 2)


def inside(xy, width, height) -> np.ndarray:
    """matplotlib leaves out what lies outside the canvas; where a line leaves it, it adds a point on the edge."""
    return xy[(xy[:, 0] >= 0) & (xy[:, 0] <= width) & (xy[:, 1] >= 0) & (xy[:, 1] <= height)]


def compare(mark: dict, page: dict | None, drawn: dict | None, canvas) -> str:
    """What differs between the page's artist and matplotlib's, or nothing."""
    if mark["kind"] == "cell":
        shades = [float(cell["opacity"] or 1) if cell and cell["fill"] != "none" else 0.0 for cell in (page, drawn)]
        return f"page {shades[0]}, matplotlib {shades[1]}" if abs(shades[0] - shades[1]) > 0.002 else ""
    if mark["kind"] in ("marker", "label"):
        if page and None in (page["x"], page["y"]):
            return f"{page['text']!r} has no place of its own"
        where = [float(page[k]) for k in "xy"] if page else [np.nan, np.nan]
        if drawn is None:
            seen = page and isfinite(sum(where)) and len(inside(np.array([where]), *canvas))
            return f"page shows it at {where}, matplotlib does not" if seen else ""
        if page is None:
            return f"matplotlib shows it at {drawn['x'], drawn['y']}, the page does not"
        there = np.array([float(drawn["x"]), float(drawn["y"])])
        if np.abs(np.clip(there, -FAR, FAR) - where).max() > PX:
            return f"page {where}, matplotlib {there.tolist()}"
        if (page["text"], page["anchor"] or "start") != (drawn["text"], drawn["anchor"] or "start"):
            return f"page {page['text']!r} {page['anchor']}, matplotlib {drawn['text']!r} {drawn['anchor']}"
        return ""
    found, expected = points(page and page["d"]), points(drawn and drawn["d"])
    if mark["kind"] in ("bar", "region"):
        # of a bar to nowhere that has an edge matplotlib names a single point, at which nothing is drawn
        found, expected = (np.array([xy.min(axis=0), xy.max(axis=0)]) if len(xy) and np.ptp(xy, axis=0).any() else xy[:0] for xy in (found, expected))
    elif mark["kind"] == "band":  # a closed way around: the first point again at the end, or not
        found, expected = (xy[:-1] if len(xy) and np.allclose(xy[0], xy[-1], atol=PX) else xy for xy in (found, expected))
    elif mark["kind"] in ("tiles", "rectangles"):  # of what has an edge matplotlib names the first corner again before it closes
        found, expected = corners(page and page["d"]), corners(drawn and drawn["d"])
    else:  # what is filled matplotlib draws to its end; a corner may lie at the very edge of the canvas
        found, expected = (inside(xy, *canvas) for xy in (found, expected))
        if mark["kind"] in ("vline", "hline"):
            found, expected = (np.array(sorted(map(tuple, xy))).reshape(-1, 2) for xy in (found, expected))
    if found.shape != expected.shape:
        return f"page has {len(found)} points, matplotlib {len(expected)}: {found[:3].tolist()} {expected[:3].tolist()}"
    worst = np.abs(found - expected).max(initial=0)
    return f"{worst:.3f} px off: page {found[:4].tolist()}, matplotlib {expected[:4].tolist()}" if worst > PX else ""


def states(figure) -> list[dict]:
    random = Random(figure.name)
    presets = random.sample(list(figure.presets.values()), min(2, len(figure.presets)))
    return [{}, *presets, *(some_state(random, figure) for _ in range(STATES))]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SMALL])
def test_the_page_draws_what_matplotlib_draws(name, gallery):
    assert_drawn_alike(living(name), gallery)


ALONE = {"toy", "gallery-heatmap", "gallery-rectangles", "gallery-tiles", "gallery-wires"}  # in which every kind of mark is


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in ALONE else pytest.mark.slow) for name in ("toy", *SMALL)])
def test_every_kind_of_mark_is_drawn_as_matplotlib_draws_it(name, examples):
    assert_drawn_alike(toy.figure() if name == "toy" else living(name), examples)


@pytest.mark.slow
def test_no_figure_has_a_kind_of_mark_that_is_not_among_these():
    def kinds(figures) -> set[str]:
        return {mark["kind"] for figure in figures for mark in figure.spec["drawings"]["wide"]["marks"]}

    assert kinds(map(living, NAMES)) <= kinds(toy.figure() if name == "toy" else living(name) for name in ALONE)


def parts_of(mark: dict) -> dict[str, str]:
    """Each artist of a mark, and the kind it is compared as. The edges of a heat map's cells are one path, as those of tiles."""
    if mark["kind"] != "heatmap":
        return {mark["id"]: mark["kind"]}
    cells = [f"{mark['id']}-{k}" for k in range(mark["cells"] + 1)]
    return dict.fromkeys(cells, "cell") | {cells[-1]: "tiles"}


def assert_drawn_alike(figure, page):
    faults, compared = [], 0
    for state in states(figure):
        drawn_in_page = page.evaluate(SET_AND_READ, [figure.name, state])
        state = drawn_in_page["state"]  # one control may bound another
        for layout, spec in figure.spec["drawings"].items():
            drawn, canvas = matplotlib_marks(figure, layout, state)
            canvas = [float(x) for x in canvas]
            for mark in spec["marks"]:
                for part, kind in parts_of(mark).items():
                    compared += 1
                    if fault := compare({"kind": kind}, drawn_in_page[layout][part], drawn[part], canvas):
                        faults.append(f"{layout} {kind} {part} at {state}: {fault}")
    assert compared and not faults, f"{len(faults)} of {compared}:\n" + "\n".join(faults[:12])
