"""What the news texts claim: the one reader of data/claims.csv, and how a verdict follows from claimed and computed.

A row says how its verdict is decided, in the column `decided_by`:

    published  computed from published numbers alone: what agrees with them is supported, what does not contradicted
    model      the book's model, or an assumption, stands between: what agrees is plausible, what does not contradicted
    claims     computed from other claims alone: what agrees is plausible, since nobody else has said so; else contradicted
    ceiling    no more than computed is possible; floor: no less. A claim within is plausible, one beyond impossible as stated
    judgement  a person decided, for the reason in the note

and in `wording` what its number says: exactly, about, more than, up to, or between value and value_to. What is computed
may be a range: a claim that agrees with a part of it only is plausible at best. Only a judgement stands in the table.

In a claim's own words, one part is bold: the number or the word that it is about, as precise as the source has it.
"""

import json
import re
from pathlib import Path

from clustermath.tables import DATA, rows
from clustermath.units import UNITS

WORDINGS = ("exactly", "about", "more than", "up to", "between")
DECIDED_BY = ("published", "model", "claims", "ceiling", "floor", "judgement")
# How far from the computed number a claim may be and still agree with it. Published: as far as rounding takes it at worst,
# which is 5 % for two digits (10 stands for 9.5 to 10.5) and 10 % where a word such as "about" leaves one (5 for 4.5 to 5.5).
# Model: that of two digits, and the 15 % within which nine in ten measured runs are of the step model (PREDICTION_INTERVAL).
ROUNDING = {wording: 0.05 if wording == "exactly" else 0.10 for wording in WORDINGS}
MODEL = ROUNDING["exactly"] + 0.15
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
COLUMNS = json.loads((DATA / "claims.schema.json").read_text(encoding="utf-8"))["required"]
OF_THE_TEXT = ("publisher", "title", "date", "address")
BOLD = re.compile(r"\*\*(.+?)\*\*")


def read_texts() -> dict[str, dict[str, str]]:
    """The news texts by their file stem: publisher, title, date and address."""
    return {row["source"]: row for _, row in rows(DATA / "texts.csv", needed=("source", *OF_THE_TEXT))}


def read_claims(path: Path = DATA / "claims.csv") -> dict[str, dict[str, str]]:
    """The ledger's rows by id, each with publisher, title, date and address of its text. ValueError names file, line and what is wrong with a number, a unit or a text."""
    found, texts = {}, read_texts()
    for where, row in rows(path, needed=COLUMNS, known=COLUMNS):
        for column in ("unit", "computed_unit"):
            if row[column] not in UNITS and not (column == "computed_unit" and not row[column]):
                raise ValueError(f"{where}: unknown {column} {row[column]!r}")
        for column in ("value", "value_to"):
            try:
                float(row[column] or "nan")
            except ValueError:
                raise ValueError(f"{where}: {column} {row[column]!r} is not a number") from None
        if row["source"] not in texts:
            raise ValueError(f"{where}: no text {row['source']!r} in texts.csv")
        if row["id"] in found:
            raise ValueError(f"{where}: a second {row['id']}")
        found[row["id"]] = row | {column: texts[row["source"]][column] for column in OF_THE_TEXT}
    return found


CLAIMS = read_claims()


def claimed(number: str, column: str = "value") -> float:
    """The figure of claim `number`, such as "004-10", in base units; "value_to" is the upper end of its range."""
    row = CLAIMS[number]
    return float(row[column]) * UNITS[row["unit"]]


def agrees(low: float, high: float, wording: str, computed: float, slack: float) -> bool:
    """Whether a claim of `low` (to `high`), worded so, says what was computed, give or take `slack` of it."""
    return {
        "more than": computed >= low * (1 - slack),
        "up to": computed <= low * (1 + slack),
        "between": low * (1 - slack) <= computed <= high * (1 + slack),
    }.get(wording, abs(computed - low) <= slack * low)


def verdict(row: dict[str, str], computed: float | None, computed_to: float | None = None) -> str:
    """What follows for a row of the ledger from what is computed, a number or the two ends of a range, in the row's `computed_unit`; its own verdict where a person decided."""
    how = row["decided_by"]
    if how == "judgement":
        return row["verdict"]
    low, high = (float(row[column] or "nan") * UNITS[row["unit"]] for column in ("value", "value_to"))
    least, most = (end * UNITS[row["computed_unit"]] for end in (computed, computed if computed_to is None else computed_to))
    if how in ("ceiling", "floor"):
        return "plausible" if (low <= most if how == "ceiling" else low >= least) else "impossible as stated"
    slack = MODEL if how == "model" else ROUNDING[row["wording"]]
    nearest = min(max(least, low), most)  # of what is computed to what is claimed
    if not any(agrees(low, high, row["wording"], end, slack) for end in (least, nearest, most)):
        return "contradicted"
    wholly = all(agrees(low, high, row["wording"], end, slack) for end in (least, most))
    return "supported" if how == "published" and wholly else "plausible"


def said(row: dict[str, str]) -> str:
    """What a claim is about, as precise as its source has it: "54 days", "a matter of months"."""
    return BOLD.search(in_words(row))[1]


def in_words(row: dict[str, str]) -> str:
    """The claim in the book's own words, as Markdown."""
    return row["claim"].format(value=number(row["value"]), value_to=number(row["value_to"] or "nan"))


def number(text: str) -> str:
    """A number as people read it: "54", "16,000", "1.8 trillion", "3.8 × 10²⁵"."""
    value = float(text)
    if value >= 1e15:
        digits, exponent = f"{value:e}".split("e")
        return f"{float(digits):g} × 10{str(int(exponent)).translate(SUPERSCRIPT)}"
    for size, name in ((1e12, "trillion"), (1e9, "billion")):
        if value >= size:
            return f"{value / size:,.15g} {name}"
    return f"{value:,.15g}"
