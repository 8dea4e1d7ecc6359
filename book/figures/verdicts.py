"""Each claim held against what the book computes for it: the number, how far apart the two are, and the verdict.

`held("004-10")` evaluates the claim's figure at its state, takes the fact that it names, or calls the function;
nothing is typed. Several states or facts, with a bar between them, make a range: "price=2|price=3".
"""

import math
from dataclasses import dataclass
from itertools import product
from urllib.parse import parse_qsl

from clustermath.tables import read
from clustermath.units import UNITS

from . import all_figures, reckoned
from .ledger import CLAIMS, claimed, verdict


@dataclass(frozen=True)
class Held:
    """A claim beside what the book makes of it. low, high: its ends, in the claim's own unit; NaN where nothing is computed.

    verdict: what follows from the numbers, or what a person decided (`judged`), for the reason in the row's note.
    """

    row: dict[str, str]
    low: float
    high: float
    verdict: str

    @property
    def computed(self) -> float:
        """In the claim's own unit: of a range the value that is nearest to the claim."""
        low, high = self._ends
        return self.high if low > self.high else self.low if high < self.low else max(self.low, low)

    @property
    def _ends(self) -> tuple[float, float]:
        return float(self.row["value"]), float(self.row["value_to"] or self.row["value"])

    @property
    def claimed(self) -> float:
        """In the claim's own unit: of a range the end that is nearer to what was computed."""
        low, high = self._ends
        return min(max(self.computed, low), high) if self.computed == self.computed else low

    @property
    def ratio(self) -> float:
        """How many times what was computed the claim is."""
        return self.claimed / self.computed if self.computed else math.nan

    @property
    def difference(self) -> float:
        """By how much the claim is more, in its own unit."""
        return self.claimed - self.computed

    @property
    def judged(self) -> bool:
        return self.row["decided_by"] == "judgement"


def inputs(figure, state: str) -> dict:
    """The inputs that a state such as "speedup=3&gpus=16384" sets; numbers where the figure's default is one."""
    return {key: float(value) if isinstance(figure.defaults[key], float) else value for key, value in parse_qsl(state)}


def computed(row: dict[str, str]) -> tuple[float, float]:
    """What a row is held against, from least to most, in its `computed_unit`; NaN where that is nothing.

    An output or an input of its figure, at its state; a fact, as in "runs/Llama 3.1 405B/gpus" (table, name, field);
    another claim, "claims/001-02/value"; or a function of reckoned.py. Of several the least and the most.
    """
    if not row["computed"] or not row["computed_unit"]:
        return math.nan, math.nan
    found = [end for name, state in product(row["computed"].split("|"), row["state"].split("|")) for end in one(row, name, state)]
    return min(found), max(found)


def one(row: dict[str, str], name: str, state: str) -> tuple[float, ...]:
    """What `name` stands for, at the figure's `state`, in the row's `computed_unit`: one number, or the ends of a range."""
    unit = UNITS[row["computed_unit"]]
    if name.startswith("reckoned."):
        result = getattr(reckoned, name.removeprefix("reckoned."))()
        return tuple(end / unit for end in (result if isinstance(result, tuple) else (result,)))
    if name.startswith("claims/"):
        return (claimed(*name.split("/")[1:]) / unit,)
    if "/" in name:
        table, entry, field = name.split("/")
        return (read(f"{table}.csv")[entry][field].number / unit,)
    figure = all_figures()[row["figure"]]
    return (float(figure.evaluate(**inputs(figure, state))[name]),)


def held(number: str) -> Held:
    """The claim of this ledger number, held against what the book computes now."""
    return held_row(CLAIMS[number])


def held_row(row: dict[str, str]) -> Held:
    """`held` for a row as `read_claims` gives it."""
    low, high = computed(row)
    unit = UNITS[row["computed_unit"]] / UNITS[row["unit"]] if row["computed_unit"] else math.nan
    return Held(row, low * unit, high * unit, verdict(row, low, high))
