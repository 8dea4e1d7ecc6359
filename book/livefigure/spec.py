"""What the page is told of a figure beside its model: controls, bindings, texts, as JSON can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from .controls import Control, Readout
from .drawing import Drawing
from .numbers import pieces
from .trace import Trace

if TYPE_CHECKING:
    from .figure import LiveFigure  # which tells this of itself

LONG = 700  # places of a loop: from so many on, the page runs the model before a reader does


def spec(figure: LiveFigure, drawings: Mapping[str, Drawing], sweeps: Mapping[tuple, list[str]]) -> dict:
    """All that the page needs of the figure, beside its script. sweeps: what `sweeps` finds in these drawings."""
    trace, order = figure.trace, list(sweeps)
    return {
        "name": figure.name,
        "version": figure.version,
        "inputs": list(trace.inputs),
        "outputs": trace.numbers,
        "arrays": trace.arrays,
        "title": figure.title,
        "means": _means(drawings["wide"], trace, sweeps),
        "credit": figure.credit,
        "controls": described(figure.controls, trace),
        "presets": [{"label": label, "inputs": dict(preset)} for label, preset in figure.presets.items()],
        "readouts": [_readout(r) for r in figure.readouts],
        "summary": pieces(figure.summary),
        **({"finding": pieces(figure.finding)} if figure.finding else {}),
        "depends": {r.output: _depends(r.output, figure.controls, trace) for r in figure.readouts},
        "note": figure.note,
        "extrapolated": figure.extrapolated,
        "sources": figure.sources,
        "python": figure.python,
        "sweeps": [{"along": along, "over": list(over), "outputs": outputs} for (along, over), outputs in sweeps.items()],
        "drawings": {layout: _drawing(drawing, order) for layout, drawing in drawings.items()},
        **({"guess": vars(figure.guess)} if figure.guess else {}),
        **({"long": True} if trace.longest >= LONG else {}),
        **({"goals": figure.solutions} if figure.goals else {}),
        **({"onward": [link.describe() for link in figure.onward]} if figure.onward else {}),
        **({"takes": [take.describe() for take in figure.takes]} if figure.takes else {}),
    }


def sweeps(drawings: Iterable[Drawing], trace: Trace) -> dict[tuple, list[str]]:
    """Every sweep of a curve or an area, and the outputs that are wanted along it."""
    found: dict[tuple, list[str]] = {}
    for drawing in drawings:
        for mark in drawing.marks:
            if mark.get("sweep"):
                wanted = found.setdefault(mark["sweep"], [])
                wanted += [name for name in dict.fromkeys(_texts(mark)) if name in trace.outputs and name not in wanted]
    return found


def described(controls: Mapping[str, Control], trace: Trace) -> list[dict]:
    """The controls as the page needs to know them. ValueError for a record without a number that the model reads."""
    return [control.describe(key, used(trace, key)) for key, control in controls.items()]


def used(trace: Trace, key: str) -> list[str]:
    """What the model reads of a control: its number, or those of its records."""
    return [path for path in trace.inputs if path.split(".")[0] == key]


def _drawing(drawing: Drawing, order: list[tuple]) -> dict:
    """Axes and marks; a mark names its sweep by the place in `order`."""
    return {
        "axes": drawing.axes(),
        **({"places": drawing.places} if drawing.places else {}),
        "marks": [m | {"sweep": order.index(m["sweep"])} if m.get("sweep") else m for m in drawing.marks],
    }


def _means(drawing: Drawing, trace: Trace, sweeps: Mapping[tuple, list[str]]) -> dict[str, str]:
    """What is drawn of each output that is no readout: the name of the axis that it stands on."""
    found = {}
    for mark in drawing.marks:
        ax = drawing.fig.axes[mark["axes"]]
        along = {"x": ax.get_xlabel(), "x0": ax.get_xlabel(), "x1": ax.get_xlabel(), "z": f"a map, row by row from below, {mark.get('columns')} to a row"}
        for key in ("x", "x0", "x1", "y", "y0", "y1", "low", "high", "z"):
            for name in np.atleast_1d(mark.get(key, 0.0)).tolist():
                if name in trace.outputs and (text := along.get(key, ax.get_ylabel())):
                    found.setdefault(name, text)
    drawn = {name for sweep in sweeps.values() for name in sweep} | trace.arrays.keys()
    return {name: text for name, text in found.items() if name in drawn}


def _depends(name: str, controls: Mapping[str, Control], trace: Trace) -> list[str]:
    """The inputs that an output depends on; an input on itself."""
    return [name] if name in controls else sorted({path.split(".")[0] for path in trace.sources(name)})


def _readout(readout: Readout) -> dict:
    limit = {"limit": readout.limit, "beyond": readout.beyond} if readout.beyond else {}
    return {"output": readout.output, "label": readout.label, "format": readout.format, "unit": readout.unit, **limit}


def _texts(value) -> Iterator[str]:
    """All texts in nested lists and mappings: the names that a mark may speak of."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
