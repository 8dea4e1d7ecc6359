"""A drawing in the book's style, laid out once with room for all that may move in it."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.transforms import Bbox

from .drawing import Drawing
from .look import style


def render(draw: Callable, positions: list | None, *args) -> Drawing:
    """A Drawing made by `draw` in the book's style, with its axes at `positions` or where matplotlib lays them out."""
    with matplotlib.rc_context(style()):
        drawing = Drawing(*args)
        draw(drawing)
        positions = positions or _room_for_all_steps(drawing)
        drawing.fig.set_layout_engine("none")  # laid out once: the SVG writer measures text a little differently
        for ax, position in zip(drawing.fig.axes, positions):
            ax.set_position(position)
    return drawing


def _room_for_all_steps(drawing: Drawing) -> list[Bbox]:
    """Where the axes lie so that the tick labels of every limit they may step to have room."""
    fig = drawing.fig
    found = [_laid_out(fig)]
    for key, (taken, steps) in drawing.taken.items():
        place, axis = key.split("-")
        ax = fig.axes[int(place)]
        reaches = []
        for step in steps:
            drawing.take_step(ax, axis, step)
            reaches.append(_reach(ax, axis))
        for farthest in set(np.argmax(reaches, axis=0)) - {taken}:
            drawing.take_step(ax, axis, steps[farthest])
            found.append(_laid_out(fig))
        drawing.take_step(ax, axis, steps[taken])
    return [Bbox([np.max([box.p0 for box in boxes], axis=0), np.min([box.p1 for box in boxes], axis=0)]) for boxes in zip(*found)]


def _laid_out(fig) -> list[Bbox]:
    """Where matplotlib lays out the axes as they are."""
    fig.get_layout_engine().execute(fig)
    return [ax.get_position() for ax in fig.axes]


def _reach(ax, axis: str) -> np.ndarray:
    """How far an axis and its labels reach beyond the axes to the left, below, to the right and above, in whole pixels."""
    around = getattr(ax, f"{axis}axis").get_tightbbox() or ax.bbox  # None for an axis that shows nothing
    return np.ceil((ax.bbox.extents - around.extents) * (1, 1, -1, -1))
