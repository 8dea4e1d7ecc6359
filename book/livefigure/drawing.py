"""Artists that are bound to the model: each draws itself with matplotlib and tells the page how to redraw it.

A `draw(plot)` function receives a `Drawing` and uses matplotlib as always; for what shall move with the model it calls
`plot.curve`, `plot.marker`, ... instead of the axes' own methods. An x, y or length is the name of an input or an
output, or a plain number that stays.
"""

from __future__ import annotations

from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from . import svg
from .look import style
from .numbers import fill, pieces

POINT = 1 / 72


class Drawing:
    """One rendering of a live figure, wide or narrow, at given values of its inputs.

    values: name → number or text, all inputs and outputs. sweep(name, over): the same with arrays, along one input.
    narrow: True for the drawing that phones get.
    """

    def __init__(self, size, narrow: bool, values: dict, sweep: Callable, controls: dict):
        self.narrow = narrow
        self.fig = Figure(figsize=size, dpi=72, layout="constrained")
        self.fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
        self.values, self._sweep, self._controls = values, sweep, controls
        self.marks: list[dict] = []
        self.sweeps: list[tuple] = []

    def subplots(self, *args, **options):
        """`Figure.subplots`."""
        return self.fig.subplots(*args, **options)

    def __getitem__(self, name) -> float:
        """The value of an input or output, or the number itself."""
        if not isinstance(name, str):
            return name
        if name not in self.values:
            raise KeyError(f"{name!r} is neither an input nor an output. Known: {', '.join(map(str, self.values))}.")
        return self.values[name]

    # Bindings -----------------------------------------------------------------------------------------------------

    def curve(self, ax, x: str, y: str, along: str | None = None, over: tuple[float, float] | None = None, points: int = 200, **line):
        """`y` against `x` while the input `along` (by default x) runs over its slider's range, or over `over`."""
        along = along or x
        control = self._controls[along]
        low, high = over or (control.low, control.high)
        grid = np.geomspace(low, high, points) if control.log else np.linspace(low, high, points)
        swept = self._sweep(along, grid)
        xs, ys = (np.broadcast_to(swept[name], grid.shape) for name in (x, y))
        sweep = (along, (float(low), float(high), points, control.log))
        if sweep not in self.sweeps:
            self.sweeps.append(sweep)
        (artist,) = ax.plot(xs, ys, **line)
        return self._bind(artist, ax, kind="curve", x=x, y=y, sweep=sweep)

    def marker(self, ax, x, y, marker="o", **line):
        """A marker at (x, y)."""
        (artist,) = ax.plot([self[x]], [self[y]], marker=marker, linestyle="none", **line)
        return self._bind(artist, ax, kind="marker", x=x, y=y)

    def bar(self, ax, position: float, length, base=0.0, width: float = 0.62, horizontal: bool = False, **patch):
        """A bar at `position` from `base` to `length`."""
        low, high = self[base], self[length]
        (artist,) = (ax.barh if horizontal else ax.bar)(position, high - low, width, low, **patch)
        return self._bind(artist, ax, kind="bar", at=position, width=width, base=base, length=length, horizontal=horizontal)

    def vline(self, ax, x, **line):
        """A vertical reference line over the whole height of the axes."""
        return self._bind(ax.axvline(self[x], **line), ax, kind="vline", x=x)

    def hline(self, ax, y, **line):
        """A horizontal reference line over the whole width of the axes."""
        return self._bind(ax.axhline(self[y], **line), ax, kind="hline", y=y)

    def region(self, ax, x0, x1, **patch):
        """The part of the axes between two values of x, over the whole height."""
        return self._bind(ax.axvspan(self[x0], self[x1], **patch), ax, kind="region", x0=x0, x1=x1)

    def label(self, ax, x, y, text: str, dx: float = 0.0, dy: float = 0.0, flip: float | None = None, fraction: str = "", **style):
        """A text such as "{days:.1f} days" at (x, y), moved by (dx, dy) points.

        flip: beyond this share of the axes' width the text stands on the other side of its point.
        fraction: "x" or "y" when that coordinate is a share of the axes instead of data.
        """
        transforms = [ax.transAxes if "x" in fraction else ax.transData, ax.transAxes if "y" in fraction else ax.transData]
        transform = blended_transform_factory(*transforms)
        turned = flip is not None and self._share(ax, self[x]) > flip
        if flip is not None:
            style["ha"] = "right" if turned else "left"
        offset = ScaledTranslation((-dx if turned else dx) * POINT, dy * POINT, self.fig.dpi_scale_trans)
        artist = ax.text(self[x], self[y], fill(text, self.values), transform=transform + offset, **style)
        artist.set_in_layout(False)
        return self._bind(artist, ax, kind="label", x=x, y=y, dx=dx, flip=flip, fraction=fraction, text=pieces(text))

    @staticmethod
    def _share(ax, x) -> float:
        """Where x lies between the left (0) and the right (1) edge of the axes."""
        return ax.transAxes.inverted().transform(ax.transData.transform((x, ax.get_ylim()[0])))[0]

    def _bind(self, artist, ax, **mark):
        mark |= {"id": f"mark-{len(self.marks)}", "axes": self.fig.axes.index(ax)}
        artist.set_gid(mark["id"])
        self.marks.append(mark)
        return artist

    # What the page gets ---------------------------------------------------------------------------------------------

    def svg(self) -> str:
        """matplotlib's SVG text."""
        return svg.draw(self.fig)

    def axes(self) -> list[dict]:
        """Where each axes lies in the SVG and how its data map to it."""
        self.fig.draw_without_rendering()
        height = self.fig.bbox.height
        return [
            {
                "box": [round(v, 6) for v in (ax.bbox.x0, height - ax.bbox.y1, ax.bbox.width, ax.bbox.height)],
                "x": [*map(float, ax.get_xlim())], "y": [*map(float, ax.get_ylim())],
                "xlog": ax.get_xscale() == "log", "ylog": ax.get_yscale() == "log",
            }
            for ax in self.fig.axes
        ]  # fmt: skip


def render(draw: Callable, *args) -> Drawing:
    """A Drawing made by `draw` in the book's style."""
    with matplotlib.rc_context(style()):
        drawing = Drawing(*args)
        draw(drawing)
        drawing.fig.draw_without_rendering()
    return drawing
