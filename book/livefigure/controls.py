"""What a reader can move: sliders with a number box, choices of a record, switches."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import NamedTuple

import numpy as np

from . import rows
from .numbers import check_spec, format_number
from .trace import arrays, leaves


OWN = "own "  # begins what says a record by its numbers: "own layers 126 hidden 16384"
SAID = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)  # one of them, as a page writes and reads it
LARGEST = 1e30  # of these numbers
ROLES = ("computed", "claimed", "measured")  # of a readout
TIDY = 1.01  # the largest step between numbers of three digits: from 1.00 to 1.01


class Bound(NamedTuple):
    """A range in the model's unit, open where an end is None, and in words what it is the range of, or why it ends."""

    low: float | None
    high: float | None
    words: str = "what anyone has published"


def _is_range(given) -> bool:
    """Whether this is a Bound, or the two or three parts of one."""
    if not isinstance(given, tuple) or not 2 <= len(given) <= 3:
        return False
    ends = [end for end in given[:2] if end is not None]
    return bool(ends) and all(isinstance(end, (int, float, np.number)) and math.isfinite(end) for end in ends) and ends == sorted(ends)


@dataclass(frozen=True)
class Slider:
    """A number between `low` and `high`, dragged on a slider or typed into the box beside it.

    low, high, value: in the model's unit. limits: what may be typed, where that is wider than the slider.
    unit, scale: how it is shown: `scale` model units make one `unit` (per cent: unit="%", scale=0.01).
    format: of the shown number (numbers.py). log: equal steps are equal factors. integer: whole numbers only.
    values: the only values there are, such as powers of two; low and high must be the first and the last.
    enabled: an output that says whether the control matters (0: it is greyed out). at_most: an output that bounds it.
    published: the range that anyone has published, `Bound(1, 16, "the runs that were measured")`; possible: what can be at
    all, `Bound(None, 1, "no share is more than the whole")`. *What would it take?* names the one that an answer leaves.
    folded: not among the two to four controls that matter; shown under "More settings", or under a title of its own.
    plays: the seconds in which the slider goes from end to end by itself, once its button is pressed; 0 for a slider
    without. It never starts on its own, and a reader who wants no motion gets steps. loops: at its end it begins again.
    """

    low: float
    high: float
    value: float
    label: str
    unit: str = ""
    scale: float = 1.0
    format: str = ".3g"
    log: bool = False
    integer: bool = False
    limits: tuple[float, float] | None = None
    published: Bound | tuple[float, float] | None = None
    possible: Bound | None = None
    values: tuple[float, ...] | None = None
    enabled: str = ""
    at_most: str = ""
    folded: bool | str = False
    steps: int = 240
    plays: float = 0.0
    loops: bool = False

    def __post_init__(self):
        if texts := [name for name in ("label", "unit", "format") if not isinstance(getattr(self, name), str)]:
            raise ValueError(f"slider {self.label!r}: {texts[0]} = {getattr(self, texts[0])!r} is no text.")
        numbers = {"low": self.low, "high": self.high, "value": self.value, "scale": self.scale, "steps": self.steps, "plays": self.plays}
        for name, number in numbers.items():
            if not isinstance(number, (int, float, np.number)) or name in ("scale", "steps") and not 0 < number < math.inf:
                raise ValueError(f"slider {self.label!r}: {name} = {number!r} is no{' such' if name in ('scale', 'steps') else ''} number.")
        for name in ("published", "possible"):
            if (given := getattr(self, name)) is not None and not _is_range(given):
                raise ValueError(f"slider {self.label!r}: {name} = {given!r} is no range from a lower end to a higher one, and what it is of.")
        if self.steps != int(self.steps):
            raise ValueError(f"slider {self.label!r}: steps = {self.steps!r} is no whole number.")
        for name, given in (("limits", self.limits), ("values", self.values)):
            if given and not (isinstance(given, (tuple, list)) and (name == "values" or len(given) == 2) and all(isinstance(x, (int, float, np.number)) for x in given)):
                raise ValueError(f"slider {self.label!r}: {name} = {given!r} are not {'two ' * (name == 'limits')}numbers.")
        low, high = self.limits or (self.low, self.high)
        check_spec(self.format)
        if self.low >= self.high:
            raise ValueError(f"slider {self.label!r}: it goes from its low end up to its high end, not from {self.low:g} to {self.high:g}.")
        if not -math.inf < low <= self.low < self.high <= high < math.inf:
            raise ValueError(f"slider {self.label!r}: {self.low:g} to {self.high:g} must lie within {low:g} to {high:g}, and these must be finite.")
        if self.values and (self.values[0], self.values[-1]) != (self.low, self.high):
            raise ValueError(f"slider {self.label!r}: its only values must begin with {self.low:g} and end with {self.high:g}.")
        if self.values and not all(one < next for one, next in zip(self.values, self.values[1:])):
            raise ValueError(f"slider {self.label!r}: its only values must rise, each above the one before, not {', '.join(f'{x:g}' for x in self.values)}.")
        if self.integer and any(x != round(x) for x in (self.low, self.high)):
            raise ValueError(f"slider {self.label!r}: a slider of whole numbers goes from one to another, not from {self.low:g} to {self.high:g}.")
        if self.log and self.low <= 0:
            raise ValueError(f"slider {self.label!r}: a logarithmic slider starts above zero, not at {self.low:g}.")
        if not 0 <= self.plays < math.inf or self.loops and not self.plays:
            raise ValueError(f"slider {self.label!r}: it plays for a number of seconds, not for {self.plays!r}, and only what plays begins again.")
        self.resolve("value", self.value)

    def resolve(self, name: str, value) -> float:
        """`value` as the model's number, with NumPy's arithmetic; ValueError when it is not one or out of range."""
        low, high = self.limits or (self.low, self.high)
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if self.values and number not in self.values:
            shown = ", ".join(format_number(x / self.scale, ",.6g") for x in self.values)
            raise ValueError(f"{name} = {value!r}: {self.label} must be one of {shown}.")
        if not low <= number <= high or self.integer and number != round(number):
            kind = "a whole number" if self.integer else "a number"
            shown = [format_number(x / self.scale, ",.6g") for x in (low, high)]
            unit = f" {self.unit}" if self.unit else ""
            raw = f" (that is {low:g} to {high:g})" if self.scale != 1 else ""
            raise ValueError(f"{name} = {value!r}: {self.label} must be {kind} from {shown[0]} to {shown[1]}{unit}{raw}.")
        return np.float64(number)

    def state(self, name: str, value) -> float:
        """`value` as a page holds it; ValueError as in `resolve`."""
        number = self.resolve(name, value).item()
        return int(number) if self.integer else number

    def sample(self) -> float:
        return float(self.value)

    def written(self, value) -> str:
        """`value` as the box beside the slider shows it, with its unit."""
        return " ".join(filter(None, [format_number(value / self.scale, self.format), self.unit]))

    def describe(self, name: str, used: list[str]) -> dict:
        """What the page needs to know."""
        low, high = self.limits or (self.low, self.high)
        return {
            "kind": "slider", "name": name, "label": self.label, "value": self.state(name, self.value), "low": self.low, "high": self.high,
            "limits": [low, high], "log": self.log, "integer": self.integer, "steps": self.count(), "unit": self.unit,
            "scale": self.scale, "format": self.format, **_given(published=self.published and Bound(*self.published), possible=self.possible, values=self.values, enabled=self.enabled, atMost=self.at_most, plays=self.plays, loops=self.loops),
        }  # fmt: skip

    def count(self) -> int:
        """How many steps the slider has: none so small that it would end where it began, in whole numbers or the three
        digits to which the page tidies a value.
        """
        if self.values:
            return len(self.values) - 1
        if self.log:
            apart = max(math.log1p(1 / self.low) if self.integer else 0, math.log(TIDY))
            return int(min(self.steps, math.log(self.high / self.low) / apart))
        largest = max(abs(self.low), abs(self.high)) / self.scale * (1 - 1e-9)
        apart = max(1 if self.integer else 0, 10.0 ** (math.floor(math.log10(largest)) - 2) * self.scale)
        return int(min(self.steps, (self.high - self.low) / apart))


def _with(record, numbers: Mapping[str, float]):
    """`record` (dataclass, mapping or number) with the numbers at some dotted names replaced."""
    if "" in numbers:
        return numbers[""]
    parts: dict[str, dict] = {}
    for path, number in numbers.items():
        first, _, rest = path.partition(".")
        parts.setdefault(first, {})[rest] = number
    changed = {first: _with(getattr(record, first) if is_dataclass(record) else record[first], inner) for first, inner in parts.items()}
    return replace(record, **changed) if is_dataclass(record) else {**record, **changed}


def own(record) -> str:
    """The value of a `Choice` that is `record` itself, which is none of those that the choice knows. Numbers of an array
    are none below 0, and kept to half of a 4,095th of the largest.
    """
    numbers = {name: f"{number!r}" for name, number in leaves(record).items()} | {name: rows.written(row) for name, row in arrays(record).items()}
    return OWN + " ".join(f"{name} {text}" for name, text in numbers.items())


def _lengths(record) -> dict[str, int]:
    """How long the tuples in a record are, by field."""
    return {field.name: len(value) for field in fields(record) if isinstance(value := getattr(record, field.name), tuple)} if is_dataclass(record) else {}


@dataclass(frozen=True)
class Choice:
    """One record out of several (a chip, a model): it sets all the numbers of that record at once.

    records: name → dataclass, mapping or number. value: the name of the one chosen at first.
    sources: name → number of the record → (what it is, where it comes from), in words.
    own: whether it may be a reader's own record as well, which is said by its numbers: "own layers 126 hidden 16384", an
    array in the way of rows.py. A figure wants all of those that its model reads; what is left out otherwise is that of
    the one chosen at first.
    """

    records: Mapping[str, object] = field(hash=False)
    value: str
    label: str
    folded: bool | str = False
    enabled: str = ""
    sources: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict, hash=False)
    own: bool = False

    def __post_init__(self):
        if not isinstance(self.records, Mapping):
            raise ValueError(f"choice {self.label!r}: its records are a mapping from names to what each sets, not a {type(self.records).__name__}.")
        self.resolve("value", self.value)
        if begins := [name for name in self.records if str(name).startswith(OWN)]:
            raise ValueError(f"choice {self.label!r}: {begins[0]!r} begins as a reader's own record does.")
        if nameless := [name for name in self.records if not isinstance(name, str)]:
            raise ValueError(f"choice {self.label!r}: a record is chosen by its name, a text; {nameless[0]!r} is none.")
        lengths = {name: _lengths(record) for name, record in self.records.items()}
        for name, found in lengths.items():  # a page traces the model once, for the record that is chosen at first
            if found != lengths[self.value]:
                raise ValueError(f"choice {self.label!r}: {name!r} and {self.value!r} have tuples of different lengths, {found} and {lengths[self.value]}.")

    def resolve(self, name: str, value):
        """The record called `value`; ValueError with a suggestion when there is none."""
        if value in self.records:
            return self.records[value]
        if self.own and isinstance(value, str) and value.startswith(OWN):
            return _with(self.records[self.value], self._said(name, value))
        near = difflib.get_close_matches(str(value), self.records, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name} = {value!r}: there is no such {self.label}.{hint} Known: {', '.join(self.records)}.")

    def _said(self, name: str, value: str) -> dict[str, float | np.ndarray]:
        """The numbers of a reader's own record, by dotted name; ValueError says which is none."""
        said = value.removeprefix(OWN).split(" ")
        known, known_rows = leaves(self.records[self.value]), arrays(self.records[self.value])
        found = {}
        for field_name, text in zip(said[::2], [*said[1::2], ""], strict=False):
            if field_name in known_rows and field_name not in found:
                found[field_name] = rows.read(text, len(known_rows[field_name]))
                if found[field_name] is None:
                    raise ValueError(f"{name}: {field_name!r} is {text[:24]!r}, which is no row of {len(known_rows[field_name])} numbers.")
                continue
            number = float(text) if SAID.fullmatch(text) else math.nan
            if field_name not in known or field_name in found or not number <= LARGEST:
                raise ValueError(f"{name}: {field_name!r} is {text!r}; a {self.label} of your own is written as {OWN}{' '.join(f'{one} {number:g}' for one, number in list(known.items())[:2])} and so on, each number once.")
            found[field_name] = number
        return found

    def state(self, name: str, value) -> str:
        """The name of a record, as a page holds it; ValueError as in `resolve`."""
        self.resolve(name, value)
        return value

    def sample(self):
        return self.records[self.value]

    def written(self, value) -> str:
        return "your own" if value.startswith(OWN) else value

    def describe(self, name: str, used: list[str]) -> dict:
        """What the page needs to know; of each record only the numbers the model reads (`used`)."""
        lengths = {path: len(row) for path, row in arrays(self.records[self.value], name).items() if path in used}
        options = {option: self._numbers(name, option, used, lengths) for option in self.records}
        paths = [path.removeprefix(f"{name}.") for path in used]
        sources = {option: _by_source([known[path] for path in paths if path in known]) for option, known in self.sources.items()}
        return {
            "kind": "choice", "name": name, "label": self.label, "value": self.value, "options": options, "slots": used,
            **_given(sources=sources, enabled=self.enabled, own=self.own, rows=lengths),
        }  # fmt: skip

    def _numbers(self, name: str, option: str, used: list[str], lengths: Mapping[str, int]) -> list:
        """The numbers of one record that the model reads; ValueError for one that it does not have. lengths: of its arrays."""
        has = {path: number for path, number in leaves(self.records[option], name).items() if math.isfinite(number)}
        has |= {path: row.tolist() for path, row in arrays(self.records[option], name).items() if len(row) == lengths.get(path)}
        if missing := [path for path in used if path not in has]:
            what = f"row of {lengths[missing[0]]} numbers" if missing[0] in lengths else "number"
            raise ValueError(f"{self.label} {option!r} has no {what} {missing[0]}, which the model reads.")
        return [has[path] for path in used]


@dataclass(frozen=True)
class Switch:
    """On or off: 1 or 0 for the model."""

    value: bool
    label: str
    folded: bool | str = False
    enabled: str = ""

    def __post_init__(self):
        self.resolve("value", self.value)

    def resolve(self, name: str, value) -> float:
        """1 or 0; ValueError for anything else."""
        if not isinstance(value, (bool, int, float, np.number)) or value not in (0, 1):
            raise ValueError(f"{name} = {value!r}: {self.label} must be on (1) or off (0).")
        return np.float64(value)

    def state(self, name: str, value) -> int:
        """1 or 0, as a page holds it; ValueError as in `resolve`."""
        return int(self.resolve(name, value))

    def written(self, value) -> str:
        return "on" if value else "off"

    def sample(self) -> float:
        return float(self.value)

    def describe(self, name: str, used: list[str]) -> dict:
        """What the page needs to know."""
        return {"kind": "switch", "name": name, "label": self.label, "value": int(self.value), **_given(enabled=self.enabled)}


def _by_source(pairs: list[tuple[str, str]]) -> list[str]:
    """One line for each source, with all that comes from it."""
    return [f"{', '.join(what for what, whence in pairs if whence == source)}: {source}" for source in dict.fromkeys(source for _, source in pairs)]


def _given(**options) -> dict:
    """The options that are set."""
    return {name: option for name, option in options.items() if option}


Control = Slider | Choice | Switch


@dataclass(frozen=True)
class Readout:
    """One number under the figure: an output of the model, how it is written, and what it is.

    role: "computed" by the model, "claimed" by a source or "measured"; the colour says which.
    limit, beyond: above `limit` the label says `beyond` instead, in the colour of claims that run into a limit.
    """

    output: str
    label: str
    format: str = ".3g"
    unit: str = ""
    role: str = "computed"
    limit: float = math.inf
    beyond: str = ""

    def __post_init__(self):
        if texts := [name for name in ("output", "label", "format", "unit", "role", "beyond") if not isinstance(getattr(self, name), str)]:
            raise ValueError(f"readout {self.output!r}: {texts[0]} = {getattr(self, texts[0])!r} is no text.")
        if self.role not in ROLES:
            raise ValueError(f"readout {self.output!r}: role = {self.role!r} is none of {', '.join(ROLES)}.")
        if not isinstance(self.limit, (int, float, np.number)):
            raise ValueError(f"readout {self.output!r}: limit = {self.limit!r} is no number.")
        check_spec(self.format)
        if (self.limit < math.inf) != bool(self.beyond):
            raise ValueError(f"readout {self.output!r}: a limit needs a label for what is beyond it, and that needs a limit.")


@dataclass(frozen=True)
class Guess:
    """Let the reader guess `output` on a slider from `low` to `high` before the figure shows it."""

    output: str
    prompt: str
    low: float
    high: float
    unit: str = ""
    format: str = ",.3g"
    log: bool = True

    def __post_init__(self):
        check_spec(self.format)
        if not all(isinstance(end, (int, float, np.number)) for end in (self.low, self.high)):
            raise ValueError(f"guess {self.output!r}: {self.low!r} to {self.high!r} are no numbers.")
        if not (0 if self.log else -math.inf) < self.low < self.high < math.inf:
            raise ValueError(f"guess {self.output!r}: {self.low:g} to {self.high:g} must be a range" + (" above zero, or not logarithmic (log=False)." if self.log else "."))
