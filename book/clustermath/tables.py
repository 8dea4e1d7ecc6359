"""Data tables in which every value has its own source.

A table is a CSV with one line per value: name, field, value, unit, source, confidence, note. A value stands
as its source prints it, in the source's unit, and is turned into base units here. Confidence is one of

    seen      read in the source itself            recalled  not confirmed against a source
    seen-2nd  read in a text that quotes it        derived   arithmetic on values that were seen
    assumed   chosen by a rule that the note states
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from .units import UNITS

DATA = Path(__file__).resolve().parent.parent / "data"
CONFIDENCE = ("seen", "seen-2nd", "recalled", "derived", "assumed")


@dataclass(frozen=True)
class Datum:
    """One value as its source prints it. `number` is the same in base units."""

    value: float
    unit: str
    source: str
    confidence: str
    note: str = ""

    @property
    def number(self) -> float:
        return self.value * UNITS[self.unit]


class UnknownName(KeyError):
    """A name that the table doesn't hold; says which one was probably meant."""

    def __str__(self):
        return self.args[0]


class Table(dict):
    """Records by name; `sources[name][field]` is the `Datum` behind a value. `kind` is what one record is: "chip"."""

    def __init__(self, kind, records, sources):
        super().__init__(records)
        self.kind = kind
        self.sources = sources

    def __missing__(self, name):
        close = difflib.get_close_matches(_plain(name), map(_plain, self), n=1, cutoff=0.5)
        meant = next((known for known in self if close and _plain(known) == close[0]), None)
        hint = f"; did you mean {meant!r}?" if meant else "."
        raise UnknownName(f"unknown {self.kind} {name!r}{hint} Known: {', '.join(self)}.")

    def name_of(self, text) -> str:
        """The name that `text` stands for, whatever its case and punctuation; a part is enough if it is clear.

        "h100" is "H100 SXM" although "H100 SXM 96GB 500W" begins so too: the one that all others extend.
        """
        wanted = _plain(text)
        begins = sorted((name for name in self if _plain(name).startswith(wanted)), key=len)
        if wanted and begins and all(_plain(name).startswith(_plain(begins[0])) for name in begins):
            return begins[0]
        contain = [name for name in self if wanted and wanted in _plain(name)]
        return contain[0] if len(contain) == 1 else self.__missing__(text)

    def find(self, text):
        """The record that `text` names, as in `name_of`."""
        return self[self.name_of(text)]


def _plain(name) -> str:
    """The letters and digits of a name, lower case, so that "llama-3.1-405b" is "Llama 3.1 405B"."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def quantity(unit, default=dataclasses.MISSING):
    """A dataclass field that holds a number in the given unit (pint expression, as in `parameters`)."""
    return dataclasses.field(default=default, metadata={"unit": unit})


def read(filename) -> dict[str, dict[str, Datum]]:
    """A CSV of book/data as {name: {field: Datum}}. Raises ValueError naming file and line if a line is malformed."""
    table: dict[str, dict[str, Datum]] = {}
    with open(DATA / filename, newline="", encoding="utf-8") as lines:
        for line, row in enumerate(csv.DictReader(lines), start=2):
            where = f"{filename}, line {line}"
            fields = table.setdefault(row["name"], {})
            if row["field"] in fields:
                raise ValueError(f"{where}: {row['name']} has a second {row['field']}")
            if row["unit"] not in UNITS:
                raise ValueError(f"{where}: unknown unit {row['unit']!r}")
            if row["confidence"] not in CONFIDENCE or not row["source"]:
                raise ValueError(f"{where}: needs a source and a confidence out of {', '.join(CONFIDENCE)}")
            try:
                value = float(row["value"])
            except ValueError:
                raise ValueError(f"{where}: {row['value']!r} is not a number") from None
            fields[row["field"]] = Datum(value, row["unit"], row["source"], row["confidence"], row["note"] or "")
    return table


def records(kind, cls, data) -> Table:
    """`data` from `read` as a Table of `cls`, a frozen dataclass with the fields `name` and numbers."""
    return Table(
        kind,
        {name: cls(name=name, **{field: datum.number for field, datum in data[name].items()}) for name in data},
        data,
    )
