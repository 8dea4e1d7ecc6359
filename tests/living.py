"""The book's live figures for the tests: each is made once, when a test first needs it. Tests are collected from names alone."""

import math
from random import Random

from figures import all_figures
from livefigure import LiveFigure
from livefigure.controls import Choice, Control, Slider
from workspace import BOOK

NAMES = {name: all_figures().module(name) for name in all_figures()}
SMALL = [name for name in NAMES if name.startswith("gallery-")]


def written_in(words: str) -> list[str]:
    """The figures in whose module these words stand, for tests that are called after figures of one kind. None is made for it."""
    return [name for name, module in NAMES.items() if words in (BOOK / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")]


def living(name: str) -> LiveFigure:
    """The figure called `name`; all tests share it, so one that moves its inputs makes its own."""
    return all_figures()[name]


def ends(control: Control) -> list:
    """The values between which a control moves, or all its values where they are few."""
    if isinstance(control, Choice):
        return list(control.records)
    if isinstance(control, Slider):
        return list(control.values or control.limits or (control.low, control.high))
    return [0, 1]


def some_value(random: Random, control: Control):
    """A value that may stand there: out of the slider's range, out of all that may be typed, or an end of either."""
    if not isinstance(control, Slider) or control.values:
        return random.choice(ends(control))
    limits = ends(control)
    low, high = random.choice([(control.low, control.high), (control.low, control.high), limits])
    t = random.choice([0, 1]) if random.random() < 0.1 else random.random()
    value = low * (high / low) ** t if low > 0 and (control.log or high / low > 1e3) else low + t * (high - low)
    value = low if t == 0 else high if t == 1 else value
    return float(round(value)) if control.integer else value


def some_state(random: Random, figure: LiveFigure) -> dict:
    """One value for every control."""
    return {name: some_value(random, control) for name, control in figure.controls.items()}


def possible_state(random: Random, figure: LiveFigure) -> dict:
    """One value for every control; what another control or an output bounds is within its bound."""
    state = some_state(random, figure)
    for name, control in figure.controls.items():
        if bound := getattr(control, "at_most", ""):
            most = (state | figure.evaluate(**state))[bound]
            state[name] = min(state[name], float(math.floor(most)) if control.integer else most)
    return state


def sliders(figure: LiveFigure) -> list[str]:
    """The sliders that can be moved at any time: all but those that another control switches off or holds down."""
    return [key for key, control in figure.controls.items() if isinstance(control, Slider) and not control.enabled and not control.at_most]


def traits(figure: LiveFigure) -> set[str]:
    """What a reader can meet at this figure: kinds of controls and their options, presets, a guess, kinds of marks."""
    found = {mark["kind"] for mark in figure.spec["drawings"]["wide"]["marks"]}
    for control in figure.controls.values():
        kind = type(control).__name__
        found |= {kind, *(f"{kind}.{option}" for option in ("log", "integer", "unit", "limits", "values", "enabled", "at_most", "folded") if getattr(control, option, None))}
        found |= {"scale"} if getattr(control, "scale", 1) != 1 else set()
    return found | {name for name in ("presets", "guess", "kicker", "uncertainty") if getattr(figure, name)} | {"beyond" for r in figure.readouts if r.beyond}


def cover(names: list[str]) -> list[str]:
    """Few figures that together have every trait: each next one adds the most, the quickest to draw first."""
    left = {name: traits(living(name)) for name in names}
    wanted, chosen = set().union(*left.values()), []
    while wanted:
        best = max(left, key=lambda name: (len(left[name] & wanted), -len(living(name).controls), name))
        chosen.append(best)
        wanted -= left.pop(best)
    return chosen
