"""What a reader's finger or pointer does to the drawing itself, beside the controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType

import numpy as np

from .controls import Choice, Slider
from .numbers import pieces


@dataclass(frozen=True)
class Touch:
    """What can be touched tells something, sets inputs, or is dragged.

    tells: what is read where the pointer is or the arrow keys have come to, as in "{tp:.0f} GPUs: {times:.3g} s". Of an
    array of the model as long as there are tiles or cells, the one touched is meant; a name in `sets` is what it sets.
    sets: input → what a click, a tap or Enter makes it: a number, a record's name, an array of the model, or one value
    for each tile or cell.
    drag: (axis, input), as in ("x", "speedup"): while a bar or a point is dragged along "x" or "y", the slider `input`
    takes the value at which the bar ends, or the point lies, where the pointer is. A third name, ("x", "speedup", "days"),
    is the output that lies there, where the point itself does not go all the way: another takes over beyond a limit.
    absent: what is read where a number in `tells` does not exist.
    """

    tells: str
    sets: Mapping[str, object] = field(default_factory=dict)
    drag: tuple[str, str] | tuple[str, str, str] | None = None
    absent: str = ""

    def describe(self, count: int, values: Mapping, controls: Mapping) -> dict:
        """As the page needs it, for a mark of `count` parts. ValueError names what the figure does not have."""
        if not isinstance(self.sets, Mapping) or not isinstance(self.drag, (tuple, NoneType)) or self.drag is not None and len(self.drag) not in (2, 3):
            raise ValueError(f"a touch sets a mapping from inputs to values and drags along (axis, input), not {self.sets!r} and {self.drag!r}.")
        for name in {*self.sets, *(self.drag[1:2] if self.drag else ())}:
            if name not in controls:
                raise ValueError(f"a touch can't set {name!r}, which is no input. It could: {', '.join(controls)}.")
        if self.drag and (self.drag[0] not in ("x", "y") or not isinstance(controls[self.drag[1]], Slider)):
            raise ValueError(f"{self.drag!r}: what is dragged goes along 'x' or 'y', and moves a slider.")
        for name in {piece[0] for piece in pieces(self.tells) if not isinstance(piece, str)} | {*(self.drag or ())[2:]}:
            if name not in values and name not in self.sets:
                raise KeyError(f"{name!r} is neither an input nor an output. Known: {', '.join(map(str, values))}.")
        sets = {name: self._wanted(name, value, count, values, controls[name]) for name, value in self.sets.items()}
        return {"tells": pieces(self.tells), "absent": self.absent, "sets": sets, **({"drag": list(self.drag)} if self.drag else {})}

    @staticmethod
    def _wanted(name: str, value, count: int, values: Mapping, control):
        """A number or text for all parts, a name of the model's, or a list with one for each."""
        if isinstance(value, str) and not isinstance(control, Choice):
            if value not in values:
                raise KeyError(f"{value!r} is neither an input nor an output. Known: {', '.join(map(str, values))}.")
            return value
        if np.ndim(value) and len(value) != count:
            raise ValueError(f"a touch sets {name!r} to one of {len(value)} values, but there are {count} parts to touch.")
        return [control.state(name, one) for one in value] if np.ndim(value) else [control.state(name, value)]
