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
import functools
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .checking import Parameter
from .records import guards_of
from .units import UNITS, measures

HERE = Path(__file__).resolve().parent
DATA = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"  # within the package where it was installed
COLUMNS = ("name", "field", "value", "unit", "source", "confidence", "note")
CONFIDENCE = ("seen", "seen-2nd", "recalled", "derived", "assumed")


@dataclass(frozen=True)
class Datum:
    """One value as its source prints it. `number` is the same in base units."""

    value: float
    unit: str
    source: str
    confidence: str
    note: str = ""
    where: str = ""  # file and line

    @property
    def number(self) -> float:
        return self.value * UNITS[self.unit]


class UnknownName(KeyError):
    """A name that the table doesn't hold; says which one was probably meant."""

    def __str__(self):
        return self.args[0]


class Named(dict):
    """What a CSV holds by name, or of one name by field. A name that isn't there is a slip in the CSV or in the code that asks."""

    def __init__(self, where):
        super().__init__()
        self.where = where  # file, and whose fields these are

    def __missing__(self, name):
        near = self.get(closest(name, self, 0.6))
        raise UnknownName(f"{near.where if isinstance(near, Datum) else self.where}: no {name!r} here{_meant(name, self, 'found')}")


class Table(dict):
    """Records by name; `sources[name][field]` is the `Datum` behind a value. `kind` is what one record is: "chip"."""

    def __init__(self, kind, records, sources):
        super().__init__(records)
        self.kind = kind
        self.sources = sources

    def __missing__(self, name):
        raise unknown(self.kind, name, self)

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


def unknown(kind: str, name, known, others: str = "") -> UnknownName:
    """The error for a name that is not `known`, with the one that was probably meant. others: what else one may be called."""
    meant = closest(name, known)
    hint = f"; did you mean {meant!r}?" if meant else "."
    return UnknownName(f"unknown {kind} {name!r}{hint} Known: {', '.join(known)}{others}.")


def closest(word, known, cutoff=0.5) -> str | None:
    """The one of `known` that was probably meant, whatever its case and punctuation."""
    import difflib  # which only a slip needs

    close = difflib.get_close_matches(_plain(word), map(_plain, known), n=1, cutoff=cutoff)
    return next((name for name in known if close and _plain(name) == close[0]), None)


def _plain(name) -> str:
    """The letters and digits of a name, lower case, so that "llama-3.1-405b" is "Llama 3.1 405B"."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def read(filename) -> dict[str, dict[str, Datum]]:
    """A CSV of book/data as {name: {field: Datum}}. Raises ValueError naming file and line if a line is malformed; what is
    asked for a name or field that it doesn't hold raises UnknownName that says where the nearest stands."""
    table: dict[str, dict[str, Datum]] = Named(Path(filename).name)
    for where, row in rows(DATA / filename, needed=COLUMNS, known=COLUMNS):
        name, field = row["name"], row["field"]
        fields = table[name] if name in table else table.setdefault(name, Named(f"{where}, {name!r}"))
        if not name or not field:
            raise ValueError(f"{where}: needs a name and a field")
        if field in fields:
            raise ValueError(f"{where}: {name} has a second {field}")
        if row["unit"] not in UNITS:
            raise ValueError(f"{where}: unknown unit {row['unit']!r}")
        if row["confidence"] not in CONFIDENCE or not row["source"]:
            raise ValueError(f"{where}: needs a source and a confidence out of {', '.join(CONFIDENCE)}")
        value = _number(row["value"], f"{where}:")
        fields[field] = Datum(value, row["unit"], row["source"], row["confidence"], row["note"], where)
    return table


def rows(path, needed, known=None, near=()) -> Iterator[tuple[str, dict[str, str]]]:
    """The lines of a CSV as ("chips.csv, line 2", {column: text}); blanks are "".

    needed: columns that must be there; known: all that may be; near: columns that others may not be named nearly as. Raises ValueError naming the file if it isn't such a
    CSV in UTF-8, and OSError if it can't be opened.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path.name}: byte {problem.start} is not UTF-8; save the file as UTF-8") from None
    name, line, reader = path.name, 0, csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = next(reader, [])
        line = reader.line_num
        _check_columns(f"{name}, line 1", columns, needed, known, near)
        for values in filter(None, reader):
            line = reader.line_num
            where, left = f"{name}, line {line}", len(columns) - len(values)
            if left < 0:
                raise ValueError(f"{where}: more values than columns; put text with commas in quotes")
            yield where, dict(zip(columns, values + [""] * left))
    except csv.Error as problem:
        raise ValueError(f"{name}, line {line + 1}: {problem}") from None


def measurements(path, numbers, texts=(), blank=()) -> list[dict]:
    """The lines of a CSV of measurements, {column: number or text}. numbers: columns of finite ones, of which those in
    `blank` may be left out, and are no numbers then; texts: all other columns.

    Raises ValueError naming file and line of a column that isn't known, is missing, or holds no number.
    """
    found = []
    for where, row in rows(path, needed=(*numbers, *texts), known=(*numbers, *texts)):
        for column in numbers:
            row[column] = _number(row[column], f"{where}: {column}", column in blank)
        found.append(row)
    return found


def _number(text, where, may_be_blank=False) -> float:
    """The finite number that `text` is, or none for a blank where there may be one."""
    if may_be_blank and not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{where} {text!r} is not a number")
    return value


def _check_columns(where, columns, needed, known, near):
    for mark in ";\t":
        if len(columns) == 1 and mark in columns[0]:
            raise ValueError(f"{where}: columns must be separated by commas, not by {mark!r}")
    for column in columns:
        if columns.count(column) > 1:
            raise ValueError(f"{where}: column {column!r} is there twice")
        if known is not None and column not in known:
            raise ValueError(f"{where}: unknown column {column!r}{_meant(column, known)}")
        meant = None if column in near else closest(column or "", near, 0.8)
        if meant and meant not in columns:
            raise ValueError(f"{where}: unknown column {column!r}; did you mean {meant!r}?")
    for column in needed:
        if column not in columns:
            raise ValueError(f"{where}: no column {column!r}{_meant(column, columns, 'found')}")


def _meant(word, known, verb="known") -> str:
    """The end of a message on an unknown word: what was probably meant, or all that is known."""
    meant = closest(word, known)
    return f"; did you mean {meant!r}?" if meant and verb == "known" else f"; {verb}: {', '.join(known)}"


@functools.cache
def _guards(cls) -> tuple[dict[str, Parameter], list[str]]:
    """The guards of a record's numbers by field, and the fields that have no default."""
    lacking = {field.name for field in dataclasses.fields(cls) if field.default is dataclasses.MISSING}
    guards = {guard.name: guard for guard in guards_of(cls)}
    return guards, [field for field in guards if field in lacking]


def record(cls, fields: dict[str, Datum], **others):
    """A `cls` of these fields, and `others` that are no data.

    Raises ValueError naming file and line of a field that `cls` doesn't have, lacks, or finds out of its range or in a unit of something else.
    """
    guards, required = _guards(cls)
    what, places = f"{cls.__name__} {others.get('name', '')!r}", [f"{datum.where}: " for datum in fields.values() if datum.where] or [""]
    numbers = {field: datum.number for field, datum in fields.items()}
    for field, number in numbers.items():
        datum, guard = fields[field], guards.get(field)
        where = f"{datum.where}: " if datum.where else places[0]
        if guard is None:
            raise ValueError(f"{where}{what} has no field {field!r}{_meant(field, guards)}")
        if not measures(datum.unit, guard.unit):
            raise ValueError(f"{where}{what}: {field} can't be in {datum.unit}; it is in {guard.unit}")
        guard.checked_value(number, f"{where}{what}: ")
    for field in required:
        if field not in fields and field not in others:
            raise ValueError(f"{places[-1]}{what} lacks {field}")
    try:
        return cls(**numbers, **others)
    except ValueError as problem:  # a rule between fields
        raise ValueError(f"{places[-1]}{problem}") from None


def records(kind, cls, data) -> Table:
    """`data` from `read` as a Table of `cls`, a record with a `name`."""
    return Table(kind, {name: record(cls, data[name], name=name) for name in data}, data)
