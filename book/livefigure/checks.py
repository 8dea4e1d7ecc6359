"""What a figure is told, looked at when it is made: a page would say nothing of what is wrong, or something that nobody understands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from types import NoneType

import numpy as np

from .bring import Take
from .controls import Control, Guess, Readout
from .goal import Goal
from .onward import Onward
from .uncertainty import Uncertainty

TEXTS = ("title", "summary", "kicker", "finding", "note", "extrapolated")
SEVERAL = {"readouts": Readout, "goals": Goal, "takes": Take, "onward": Onward}
ONE = {"guess": Guess, "uncertainty": Uncertainty}
LARGEST = 100  # inches


def check_kinds(figure: str, told: Mapping[str, object]) -> None:
    """ValueError, naming the argument, for what `LiveFigure` is told and is of another kind. told: argument → value."""
    for name in TEXTS:
        if not isinstance(told[name], str):
            raise ValueError(f"{figure}: {name} = {told[name]!r} is no text.")
    for name in ("model", "draw"):
        if not callable(told[name]):
            raise ValueError(f"{figure}: {name} is a function, not {told[name]!r}.")
    _check_mapping(figure, "controls", told["controls"], "each input's name to what moves it")
    _check_mapping(figure, "fixed", told["fixed"], "further arguments of the model to their values")
    _check_mapping(figure, "presets", told["presets"], "labels to the inputs that each sets")
    for key, control in told["controls"].items():
        if not isinstance(control, Control):
            raise ValueError(f"{figure}: {key!r} is moved by a Slider, a Choice or a Switch, not by {control!r}.")
    for label, preset in told["presets"].items():
        _check_mapping(figure, f"preset {label!r}", preset, "inputs to their values")
        if not isinstance(label, str):
            raise ValueError(f"{figure}: a preset is called by a text, not by {label!r}.")
    for name, kind in SEVERAL.items():
        if isinstance(told[name], (str, Mapping)) or not isinstance(told[name], Iterable):
            raise ValueError(f"{figure}: {name} are a list of {kind.__name__}(...), not a {type(told[name]).__name__}.")
        for one in told[name]:
            if not isinstance(one, kind):
                what = "a number under the figure is a" if kind is Readout else f"each of its {name} is a"
                raise ValueError(f"{figure}: {what} {kind.__name__}({', '.join(field.name for field in fields(kind)[:2])}), not {one!r}.")
    for name, kind in ONE.items():
        if not isinstance(told[name], (kind, NoneType)):
            raise ValueError(f"{figure}: {name} is {kind.__name__}(...), not {told[name]!r}.")
    for goal in told["goals"]:
        if not isinstance(goal.reached, Callable):
            raise ValueError(f"{figure}: whether a goal is reached is said by a function of all inputs and outputs, not by {goal.reached!r}.")
    for one in (*told["takes"], *told["onward"]):
        _check_mapping(figure, f"sets of {type(one).__name__}(...)", one.sets, "inputs to what sets them")
    sources = told["sources"]
    if not isinstance(sources, str) and not (isinstance(sources, Iterable) and all(isinstance(source, str) for source in sources)):
        raise ValueError(f"{figure}: sources are texts, not {sources!r}.")
    if type(told["version"]) is not int or told["version"] < 1:
        raise ValueError(f"{figure}: version = {told['version']!r} is no whole number from 1.")


def _check_mapping(figure: str, name: str, given, what: str) -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{figure}: {name} {'is' if name.startswith('preset ') or name == 'fixed' else 'are'} a mapping from {what}, not a {type(given).__name__}.")


def check_sizes(figure: str, sizes, layouts: Iterable[str]) -> None:
    """ValueError for sizes that are not two numbers of inches for each of the layouts."""
    layouts = list(layouts)
    if not isinstance(sizes, Mapping) or list(sizes) != layouts and set(sizes) != set(layouts):
        found = ", ".join(map(str, sizes)) if isinstance(sizes, Mapping) else repr(sizes)
        raise ValueError(f"{figure}: sizes must say how large the figure is when {' and when '.join(layouts)}, not {found}.")
    for layout, size in sizes.items():
        if not (isinstance(size, (tuple, list)) and len(size) == 2 and all(is_number(side) and 0 < side <= LARGEST for side in size)):
            raise ValueError(f"{figure}: {layout} = {size!r} is no width and height in inches, each above 0 and at most {LARGEST}.")


def is_number(value) -> bool:
    """Whether a value is one real number, and finite."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (complex, np.complexfloating)) and math.isfinite(value)
