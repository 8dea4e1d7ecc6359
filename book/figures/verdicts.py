"""Each claim held against what the book computes for it: the number, how far apart the two are, and the verdict.

`held("004-10")` evaluates the claim's figure at its state, or takes the fact that it names; nothing is typed.
"""

import math
from dataclasses import dataclass
from urllib.parse import parse_qsl

from clustermath.tables import read
from clustermath.units import UNITS

from . import all_figures
from .ledger import CLAIMS, verdict


@dataclass(frozen=True)
class Held:
    """A claim beside what the book makes of it. computed: in the claim's own unit; NaN where nothing is computed.

    verdict: what follows from the numbers, or what a person decided (`judged`), for the reason in the row's note.
    """

    row: dict[str, str]
    computed: float
    verdict: str

    @property
    def claimed(self) -> float:
        """In the claim's own unit: of a range the end that is nearer to what was computed."""
        low, high = float(self.row["value"]), float(self.row["value_to"] or self.row["value"])
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


def computed(row: dict[str, str]) -> float:
    """What a row is held against, in its `computed_unit`; NaN where that is nothing.

    An output or an input of its figure, at its state; or a fact, as in "runs/Llama 3.1 405B/gpus" (table, name, field).
    """
    if not row["computed"] or not row["computed_unit"]:
        return math.nan
    if "/" in row["computed"]:
        table, name, field = row["computed"].split("/")
        return read(f"{table}.csv")[name][field].number / UNITS[row["computed_unit"]]
    figure = all_figures()[row["figure"]]
    return float(figure.evaluate(**inputs(figure, row["state"]))[row["computed"]])


def held(number: str) -> Held:
    """The claim of this ledger number, held against what the book computes now."""
    return held_row(CLAIMS[number])


def held_row(row: dict[str, str]) -> Held:
    """`held` for a row as `read_claims` gives it."""
    value = computed(row)
    unit = UNITS[row["computed_unit"]] / UNITS[row["unit"]] if row["computed_unit"] else math.nan
    return Held(row, value * unit, verdict(row, value))
