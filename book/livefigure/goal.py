"""A goal to play for: a small challenge of a figure, whose state says whether it is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlencode

import numpy as np

from .trace import flat


@dataclass(frozen=True)
class Goal:
    """What a reader may try to bring a figure to.

    task: what is wanted, in a sentence. reached: of all inputs and outputs by name, whether the figure is there, in the
    arithmetic of a model: `lambda at: (at["gpus"] >= 555_000) & (at["goodput"] > 0.9)`. hint: what helps to find a way.
    solution: the inputs of one state that is there; all others at their defaults.
    """

    task: str
    reached: Callable[[Mapping], object]
    hint: str
    solution: Mapping[str, object]


def outputs(goals: Sequence[Goal]) -> list[str]:
    """The outputs that say which goals are reached, 1 or 0."""
    return [f"goal.{k}" for k in range(1, len(goals) + 1)]


def around(model: Callable, goals: Sequence[Goal]) -> Callable:
    """`model` with its outputs by dotted name, and beside them those of the goals.

    ValueError for a goal that asks for what is neither an input nor an output, or a model with an output of that name.
    """

    @wraps(model)
    def with_goals(**arguments) -> dict:
        found = flat(model(**arguments))
        if taken := [name for name in outputs(goals) if name in found]:
            raise ValueError(f"{taken[0]!r} is an output of the model, and says whether a goal is reached as well.")
        known = Asked(arguments | found)
        return found | {name: np.where(goal.reached(known), 1.0, 0.0) for name, goal in zip(outputs(goals), goals, strict=True)}

    return with_goals


class Asked(dict):
    """Inputs and outputs that a goal may ask for."""

    def __missing__(self, name):
        raise ValueError(f"a goal asks for {name!r}, which is neither an input nor an output. Known: {', '.join(self)}.")


def link(figure: str, state: Mapping, defaults: Mapping) -> str:
    """The address of a figure in a state, on its own page; as the page writes it (runtime/state.js)."""
    differs = {name: value if isinstance(value, str) or value != round(value) else round(value) for name, value in state.items() if value != defaults[name]}
    return f"#fig-{figure}?{urlencode(differs)}"
