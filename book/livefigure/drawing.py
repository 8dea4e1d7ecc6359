"""Artists that are bound to the model: each draws itself with matplotlib and tells the page how to redraw it.

A `draw(plot)` function receives a `Drawing` and uses matplotlib as always; for what shall move with the model it calls
`plot.curve`, `plot.marker`, ... instead of the axes' own methods. An x, y or length is the name of an input or an
output, or a plain number that stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import NoneType

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from . import svg
from .checks import is_number
from .controls import Slider
from .numbers import fill, pieces
from .shapes import ABSENT, SHADES, WIDTHS, areas, boxes, level, lines, shade, tiled
from .touch import Touch

POINT = 1 / 72  # in
EDGE = 1e-9  # of the axes; on the edge is inside
MATHS = re.compile(r"\$[^$]*[\\^_][^$]*\$")
BAND = 0.17  # how strong the colour of a band is beside that of its curve


def pick(values: dict, name):
    """The value called `name`, the sum of several in a tuple, or a number that stands for itself."""
    if isinstance(name, (tuple, list)):
        return sum(pick(values, part) for part in name)
    if not isinstance(name, str):
        return name
    if name not in values:
        raise KeyError(f"{name!r} is neither an input nor an output. Known: {', '.join(map(str, values))}.")
    return values[name]


def _ends(along: str, over) -> tuple[float, float]:
    """From where to where an input runs; ValueError where that is no such range."""
    ends = tuple(over) if isinstance(over, (tuple, list)) else ()
    if len(ends) != 2 or not all(map(is_number, ends)) or ends[0] == ends[1]:
        raise ValueError(f"over = {over!r}: {along} runs from one number to another.")
    return ends


class Drawing:
    """One rendering of a live figure, wide or narrow, at given values of its inputs.

    values: name → number or text, all inputs and outputs. sweep(name, over): the same with arrays, along one input.
    narrow: True for the drawing that phones get.
    """

    def __init__(self, size, narrow: bool, values: dict, sweep: Callable, controls: dict, to_move: bool = False):
        self.narrow = narrow
        self._to_move = to_move  # the page will move the artists of this drawing
        self.fig = Figure(figsize=size, dpi=72, layout="constrained")
        self.fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
        self.values, self._sweep, self._controls = values, sweep, controls
        self._swept: dict[tuple, dict] = {}
        self.marks: list[dict] = []
        self.places: list = []  # of tiles and wires that stay where they are: boxes, lines, or the grids that make them
        self.steps: dict[str, dict] = {}  # "0-y": the limits that the y axis of the first axes steps through
        self.taken: dict[str, tuple[int, list]] = {}  # the step it has taken, and all steps with their ticks

    def subplots(self, *args, **options):
        """`Figure.subplots`."""
        return self.fig.subplots(*args, **options)

    def __getitem__(self, name):
        """The value of an input or output, of the sum of several, or the number itself."""
        return pick(self.values, name)

    def number(self, name, mark: str) -> float:
        """The value of an input or output that a mark needs as one number; ValueError for an array, a text or nothing."""
        value = self[name]
        if np.ndim(value) or not isinstance(value, (int, float, np.number, np.ndarray)):
            what = f"an array of {np.size(value)}" if np.ndim(value) else repr(value)
            raise ValueError(f"{mark} needs one number, and {name!r} is {what}.")
        return value

    def row(self, name, mark: str) -> np.ndarray:
        """An array of the model that a mark needs; ValueError for one number."""
        if np.ndim(self[name]) != 1:
            raise ValueError(f"{mark} needs an array of the model, and {name!r} is one number.")
        return np.asarray(self[name], float)

    def limits(self, ax, axis: str, within: list, steps: list[tuple]) -> None:
        """Limits that follow the model: the first of `steps` in which all values named in `within` lie, else the last.

        axis: "x" or "y". A step is (low, high) or (low, high, {tick: label}); matplotlib draws the ticks of each one.
        ValueError for a tick beyond its step, for which matplotlib would widen the axis and the page would not.
        """
        if axis not in ("x", "y") or isinstance(within, str):
            raise ValueError(f"limits are those of 'x' or 'y', and of several values, as in ['days']; not of {axis!r} and {within!r}.")
        if not steps or not all(isinstance(step, tuple) and len(step) in (2, 3) and all(map(is_number, step[:2])) and step[0] != step[1] for step in steps):
            raise ValueError(f"limits of {axis}: give at least one step from one number to another, as in [(0, 100)], not {steps!r}.")
        for low, high, *ticks in steps:
            for tick in ticks[0] if ticks else ():
                if not is_number(tick):
                    raise ValueError(f"limits of {axis}: ticks are {{place: label}}, and {tick!r} is no number.")
                if not min(low, high) <= tick <= max(low, high):
                    raise ValueError(f"limits of {axis}: the tick at {tick:g} lies outside {low:g} to {high:g}.")
        chosen = fitting([self.number(name, "an axis") for name in within], steps)
        self.take_step(ax, axis, steps[chosen])
        for sharing in getattr(ax, f"get_shared_{axis}_axes")().get_siblings(ax):  # itself among them
            key = f"{self.fig.axes.index(sharing)}-{axis}"
            getattr(sharing, f"{axis}axis").set_gid(f"axis-{key}")
            self.steps[key] = {"within": within, "steps": [list(step[:2]) for step in steps]}
            self.taken[key] = (chosen, steps)

    @staticmethod
    def take_step(ax, axis: str, step: tuple) -> None:
        low, high, *ticks = step
        ax.set(**{f"{axis}lim": (low, high)})
        if ticks:
            ax.set(**{f"{axis}ticks": list(ticks[0]), f"{axis}ticklabels": list(ticks[0].values())})

    def axis_at_each_step(self, key: str) -> list[str]:
        """matplotlib's SVG of one axis alone at each of its limits. The drawing is of no other use afterwards."""
        place, axis = key.split("-")
        ax = self.fig.axes[int(place)]
        for other in self.fig.axes:
            other.set_visible(other is ax)
        for child in ax.get_children():
            child.set_visible(child is getattr(ax, f"{axis}axis"))
        found = []
        for step in self.taken[key][1]:
            self.take_step(ax, axis, step)
            found.append(self.svg())
        return found

    # Bindings: lines and areas ------------------------------------------------------------------------------------

    def curve(self, ax, x, y, along: str | None = None, over: tuple[float, float] | None = None, points: int = 200, **line):
        """`y` against `x` while the input `along` (by default x) runs over its slider's range, or over `over`.

        When x and y are arrays that the model gives, such as a time series, they are drawn as they are.
        Where there are outputs "low.y" and "high.y", as for an uncertain y, a band lies between them.
        """
        (xs, ys), sweep = self._along(ax, [x, y], along, over, points)
        (artist,) = ax.plot(xs, ys, **line)
        if artist.get_marker() != "None" or artist.get_linestyle() == "None" or artist.get_drawstyle() != "default":
            raise ValueError("a curve is a line through its points, without markers or steps; a point of its own is a marker.")
        if f"low.{y}" in self.values and f"high.{y}" in self.values:
            self.band(ax, x, f"low.{y}", f"high.{y}", along, over, points, color=artist.get_color(), alpha=BAND)
        return self._bind(artist, ax, kind="curve", x=x, y=y, sweep=sweep)

    def band(self, ax, x, low, high, along: str | None = None, over: tuple[float, float] | None = None, points: int = 200, **patch):
        """The area between `low` and `high` along x, as in `curve`. A tuple of names stands for their sum."""
        (xs, lows, highs), sweep = self._along(ax, [x, low, high], along, over, points)
        artist = ax.add_patch(PathPatch(areas(xs, lows, highs), **{"linewidth": 0} | patch))
        return self._bind(artist, ax, kind="band", x=x, low=low, high=high, sweep=sweep)

    def stack(self, ax, x, parts: dict[str, str], along: str | None = None, over: tuple[float, float] | None = None, **patch):
        """Areas on top of each other: `parts` gives each output its colour, from the bottom up."""
        if not isinstance(parts, dict) or not parts:
            raise ValueError(f"a stack is of one part at least, each output with its colour: {{'days': COLOR['computed']}}, not {parts!r}.")
        names = list(parts)
        return [self.band(ax, x, tuple(names[:k]) or 0.0, tuple(names[: k + 1]), along, over, color=parts[name], **patch) for k, name in enumerate(names)]

    def _along(self, ax, names: list, along: str | None, over, points: int) -> tuple[list, tuple | None]:
        """The values of `names` along an input, and the sweep that makes them (None for the model's own arrays)."""
        along = along or names[0]
        control = self._controls.get(along)
        if not isinstance(control, Slider):
            shape = np.shape(self[names[0]])
            if along != names[0] or not shape:
                sliders = ", ".join(name for name, known in self._controls.items() if isinstance(known, Slider))
                raise ValueError(f"{along!r} is neither a slider nor an array of the model: along must be one of {sliders}.")
            return [np.broadcast_to(self[name], shape) for name in names], None
        if not isinstance(points, int) or points < 2:
            raise ValueError(f"points = {points!r}: a line has a whole number of them, at least 2.")
        low, high = _ends(along, over) if over else (control.low, control.high)
        log = control.log or along == names[0] and ax.get_xscale() == "log" and low > 0  # as even as the eye sees it
        grid = np.geomspace(low, high, points) if log else np.linspace(low, high, points)
        sweep = (along, (float(low), float(high), points, log))
        if sweep not in self._swept:
            self._swept[sweep] = self._sweep(along, grid)
        return [np.broadcast_to(np.asarray(pick(self._swept[sweep], name), float), grid.shape) for name in names], sweep

    # Bindings: points, bars, lines across ----------------------------------------------------------------------------

    def marker(self, ax, x, y, marker="o", touch: Touch | None = None, **line):
        """A marker at (x, y)."""
        (h, v), absent = self._somewhere(ax, x, y)
        (artist,) = ax.plot([h], [v], marker=marker, linestyle="none", **line)
        return self._bind(artist, ax, kind="marker", x=x, y=y, **absent, **self._touched(touch, 1))

    def _somewhere(self, ax, x, y, fraction: str = "") -> tuple[tuple[float, float], dict]:
        """Where to draw a point. matplotlib leaves out what is not to be seen, and the page could then never show it:
        so a point that is not within the axes is drawn in their middle, and marked as absent."""
        for name in (x, y):
            self.number(name, "a point")
        if not self._to_move or all(-EDGE <= share <= 1 + EDGE for share in self._place(ax, self[x], self[y], fraction)):
            return (self[x], self[y]), {}
        middle = ax.transData.inverted().transform(ax.transAxes.transform((0.5, 0.5)))
        return tuple(0.5 if axis in fraction else v for axis, v in zip("xy", middle)), {"absent": True}

    def bar(self, ax, position: float, length, base=0.0, width: float = 0.62, horizontal: bool = False, touch: Touch | None = None, **patch):
        """A bar at `position` from `base` to `length`. ValueError for a position that is not a number."""
        if not is_number(position):
            raise ValueError(f"a bar stands at a number, not at {position!r}: name it with ax.set_xticks(places, names).")
        if not is_number(width) or width <= 0:
            raise ValueError(f"a bar is as wide as a number above 0, not {width!r}.")
        low, high = self.number(base, "a bar"), self.number(length, "a bar")
        (artist,) = (ax.barh if horizontal else ax.bar)(position, high - low, width, low, **patch)
        return self._bind(artist, ax, kind="bar", at=position, width=width, base=base, length=length, horizontal=horizontal, **self._touched(touch, 1))

    def rectangles(self, ax, x0: str, x1: str, y0: str, y1: str, colors: list[str], kind: str | None = None, **patch):
        """As many rectangles as the model's arrays hold and are finite; `kind` is an array of places in `colors`."""
        edges = [self.row(name, "each side of rectangles") for name in (x0, x1, y0, y1)]
        kinds = np.zeros(edges[0].shape) if kind is None else np.asarray(self[kind])
        for place, color in enumerate(colors):
            chosen = (kinds == place) & np.isfinite(edges).all(axis=0)
            corners = np.transpose([edges[k][chosen] for k in (0, 2, 1, 3)])
            artist = ax.add_patch(PathPatch(boxes(corners), **{"facecolor": color, "linewidth": 0} | patch))
            self._bind(artist, ax, kind="rectangles", x0=x0, x1=x1, y0=y0, y1=y1, kinds=kind, place=place)

    def heatmap(self, ax, z: str, columns: int, low, high, color: str, log: bool = False, touch: Touch | None = None):
        """Cells of size 1 around whole numbers, `columns` to a row from the bottom left, from the array `z`.

        The nearer z is to `high`, the stronger the colour. A thin edge of the full one is around the palest, too; what is
        not finite has neither. ValueError where the last row would not be full.
        """
        if not isinstance(columns, (int, np.integer)) or columns < 1:
            raise ValueError(f"columns = {columns!r}: a heat map has a whole number of them, at least 1.")
        if self.row(z, "a heat map").size % columns:
            raise ValueError(f"a heat map has full rows: {np.size(self[z])} cells of {z!r} don't fill rows of {columns}.")
        shades = shade(np.asarray(self[z], float), self.number(low, "a heat map"), self.number(high, "a heat map"), log)
        mark = {"kind": "heatmap", "z": z, "low": low, "high": high, "log": log, "columns": columns, **self._touched(touch, len(shades))}
        for k, strength in enumerate(shades):
            row, column = divmod(k, columns)
            cell = ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, linewidth=0, facecolor=color, alpha=strength))
            cell.set_gid(f"mark-{len(self.marks)}-{k}")
        row, column = np.divmod(np.flatnonzero(shades > ABSENT), columns)
        edges = boxes(np.transpose([column, row, column + 1, row + 1]) - 0.5)
        ax.add_patch(PathPatch(edges, fill=False, edgecolor=color, linewidth=0.8)).set_gid(f"mark-{len(self.marks)}-{len(shades)}")
        self.marks.append(mark | {"id": f"mark-{len(self.marks)}", "axes": self.fig.axes.index(ax), "cells": len(shades)})

    def tiles(self, ax, where, fill: str, colors: list[str], shade: str | None = None, edge: str | None = None, edges: list[dict] = (),
              box=(0.0, 0.0, 1.0, 1.0), touch: Touch | None = None, **patch):  # fmt: skip
        """Tiles whose colour, strength of colour and edge follow the model.

        where: grids within grids, [(columns, rows, gap), ...], that fill `box` of the data (left, low, right, high) as
        `shapes.tiled` counts them, or an array of such boxes, one for each tile. fill, edge: arrays of the model, as
        long as there are tiles, of places in `colors` and in `edges` (settings of a patch); a tile without a place has
        no colour, or no edge. shade: an array of shares from 0, pale, to 1, full, in steps; what is not finite has none.
        """
        corners = np.asarray(where, float) if isinstance(where, np.ndarray) else tiled(where, box)
        shapes = self._shared(corners.tolist() if isinstance(where, np.ndarray) else {"grids": [list(grid) for grid in where], "box": list(map(float, box))})
        arrays = {name: np.asarray(self[name], float) for name in (fill, shade, edge) if name}
        for name, values in arrays.items():
            if values.shape != (len(corners),):
                raise ValueError(f"there are {len(corners)} tiles, but {name!r} is {'a number' if not values.shape else f'an array of {len(values)}'}.")
        touched = self._touched(touch, len(corners))
        strength = level(arrays[shade], SHADES) if shade else None
        for place, color in enumerate(colors):
            for step in range(SHADES) if shade else (None,):
                chosen = (arrays[fill] == place) & (True if step is None else strength == step)
                alpha = 1 if step is None else (step + 1) / SHADES
                artist = ax.add_patch(PathPatch(boxes(corners[chosen]), **{"facecolor": color, "linewidth": 0, "alpha": alpha} | patch))
                self._bind(artist, ax, kind="tiles", shapes=shapes, kinds=fill, place=place, shade=shade, level=step, levels=SHADES, **touched)
                touched = {}
        for place, look in enumerate(edges if edge else ()):
            artist = ax.add_patch(PathPatch(boxes(corners[arrays[edge] == place]), **{"facecolor": "none"} | look))
            self._bind(artist, ax, kind="tiles", shapes=shapes, kinds=edge, place=place, shade=None)

    def wires(self, ax, ends, kind: str, looks: list[dict], width: str | None = None, widest: float = 6.0):
        """Straight lines whose colour, dash and width follow the model.

        ends: an array (n, 4) of x0, y0, x1, y1 in the data's units, or the names of four arrays of the model. kind: an
        array of places in `looks` (settings of a line); a wire without a place is not drawn. width: an array of shares
        of `widest` points, in steps; what is not finite is not drawn.
        """
        fixed = isinstance(ends, np.ndarray)
        places = np.asarray(ends, float) if fixed else np.transpose([np.asarray(self[name], float) for name in ends])
        shared = self._shared(places.tolist()) if fixed else list(ends)
        kinds = np.asarray(self[kind], float)
        steps = level(self[width], WIDTHS) if width else None
        for place, look in enumerate(looks):
            for step in range(WIDTHS) if width else (None,):
                chosen = (kinds == place) & np.isfinite(places).all(axis=1) & (True if step is None else steps == step)
                wide = {} if step is None else {"linewidth": widest * (step + 1) / WIDTHS}
                artist = ax.add_patch(PathPatch(lines(places[chosen]), **{"fill": False} | look | wide))
                self._bind(artist, ax, kind="wires", ends=shared, kinds=kind, place=place, shade=width, level=step, levels=WIDTHS)

    def _shared(self, places) -> int:
        """The number under which all parts of a binding find the same places."""
        self.places.append(places)
        return len(self.places) - 1

    def _touched(self, touch: Touch | None, count: int) -> dict:
        """What the page does when one of `count` parts of a mark is touched."""
        if not isinstance(touch, (Touch, NoneType)):
            raise ValueError(f"touch is Touch(...), not {touch!r}.")
        return {"touch": touch.describe(count, self.values, self._controls)} if touch else {}

    def vline(self, ax, x, ymin: float = 0.0, ymax: float = 1.0, **line):
        """A vertical reference line over the height of the axes, or from its share `ymin` to `ymax`."""
        return self._bind(ax.axvline(self.number(x, "a line"), ymin, ymax, **line), ax, kind="vline", x=x, span=[ymin, ymax])

    def hline(self, ax, y, xmin: float = 0.0, xmax: float = 1.0, **line):
        """A horizontal reference line over the width of the axes, or from its share `xmin` to `xmax`."""
        return self._bind(ax.axhline(self.number(y, "a line"), xmin, xmax, **line), ax, kind="hline", y=y, span=[xmin, xmax])

    def region(self, ax, x0, x1, **patch):
        """The part of the axes between two values of x, over the whole height."""
        return self._bind(ax.axvspan(self.number(x0, "a region"), self.number(x1, "a region"), **patch), ax, kind="region", x0=x0, x1=x1)

    def label(self, ax, x, y, text: str, dx: float = 0.0, dy: float = 0.0, flip: float | None = None, fraction: str = "", invites: bool = False, **style):
        """A text such as "{days:.1f} days" at (x, y), moved by (dx, dy) points.

        It is hidden while its point lies outside the axes.
        flip: beyond this share of the axes' width the text stands on the other side of its point.
        fraction: "x" or "y" when that coordinate is a share of the axes instead of data.
        invites: it asks for a hand, as "drag me" does; where nothing moves, as on paper, it is left out.
        ValueError for a text of several lines: matplotlib writes each of them at a place of its own. Nor can a label
        be turned or have a box.
        """
        if not isinstance(text, str) or not text or "\n" in text:
            raise ValueError(f"a label is one line, and {text!r} is not: call label once for each line.")
        if MATHS.search("".join(piece for piece in pieces(text) if isinstance(piece, str))):
            raise ValueError(f"a label is plain text, and {text!r} is mathematics: write x² instead of $x^2$; ax.text can do either.")
        for name in {piece[0] for piece in pieces(text) if not isinstance(piece, str)}:
            if np.ndim(self[name]):
                raise ValueError(f"a label tells numbers and names, and {name!r} is an array of {np.size(self[name])}.")
        if fraction not in ("", "x", "y", "xy") or not all(map(is_number, (dx, dy, 0 if flip is None else flip))):
            raise ValueError(f"a label is moved by numbers, and a fraction is 'x' or 'y': not dx = {dx!r}, dy = {dy!r}, flip = {flip!r}, fraction = {fraction!r}.")
        if refused := style.keys() & {"rotation", "bbox", "wrap"}:
            raise ValueError(f"a label that moves can't have {', '.join(sorted(refused))}; ax.text can.")
        transforms = [ax.transAxes if "x" in fraction else ax.transData, ax.transAxes if "y" in fraction else ax.transData]
        transform = blended_transform_factory(*transforms)
        turned = flip is not None and self._place(ax, self[x], ax.get_ylim()[0], fraction)[0] > flip
        if flip is not None:
            style["ha"] = "right" if turned else "left"
        offset = ScaledTranslation((-dx if turned else dx) * POINT, dy * POINT, self.fig.dpi_scale_trans)
        (h, v), told = self._somewhere(ax, x, y, fraction)
        if invites:
            told["invites"] = True
        artist = ax.text(h, v, fill(text, self.values), transform=transform + offset, parse_math=False, **style)
        beside = {"dx": dx or None, "flip": flip, "fraction": fraction or None}  # what most labels don't have is not said
        return self._bind(artist, ax, kind="label", x=x, y=y, text=pieces(text), **{name: value for name, value in beside.items() if value is not None}, **told)

    @staticmethod
    def _place(ax, x, y, fraction: str = "") -> list[float]:
        """Where a point of the data lies between the edges of the axes, as shares of width and height."""
        within = ax.transAxes.inverted().transform(ax.transData.transform((x, y)))
        return [given if axis in fraction else share for axis, given, share in zip("xy", (x, y), within)]

    def _bind(self, artist, ax, **mark):
        if ax not in self.fig.axes:
            raise ValueError("what moves is drawn on axes of this figure: those of plot.subplots() or plot.fig.")
        if ax.name != "rectilinear" or not {ax.get_xscale(), ax.get_yscale()} <= {"linear", "log"}:
            raise ValueError(f"what moves is drawn on linear or logarithmic axes, not on {ax.name} ones with {ax.get_xscale()} and {ax.get_yscale()} scales.")
        if wrong := [key for key, value in mark.items() if isinstance(value, float) and not np.isfinite(value)]:
            raise ValueError(f"a {mark['kind']} can't have {wrong[0]} = {mark[wrong[0]]}: a page has no such place.")
        mark |= {"id": f"mark-{len(self.marks)}", "axes": self.fig.axes.index(ax)}
        artist.set_gid(mark["id"])
        artist.set_in_layout(False)  # what moves must not move the axes
        self.marks.append(mark)
        return artist

    # What the page gets ---------------------------------------------------------------------------------------------

    def svg(self) -> str:
        """matplotlib's SVG text."""
        return svg.draw(self.fig)

    def axes(self) -> list[dict]:
        """Where each axes lies in the SVG and how its data map to it."""
        height = self.fig.bbox.height
        return [
            {
                "box": [round(v, 6) for v in (ax.bbox.x0, height - ax.bbox.y1, ax.bbox.width, ax.bbox.height)],
                "x": [*map(float, ax.get_xlim())], "y": [*map(float, ax.get_ylim())],
                "xlog": ax.get_xscale() == "log", "ylog": ax.get_yscale() == "log",
                "steps": {axis: self.steps[f"{k}-{axis}"] for axis in "xy" if f"{k}-{axis}" in self.steps},
            }
            for k, ax in enumerate(self.fig.axes)
        ]  # fmt: skip


def fitting(values: list[float], steps: list[tuple]) -> int:
    """The place of the first step that holds all values, else of the last."""
    holds = (all(min(step[:2]) <= value <= max(step[:2]) for value in values) for step in steps)
    return next((k for k, fits in enumerate(holds) if fits), len(steps) - 1)
