"""What the news texts claim: the one reader of data/claims.csv, and how a verdict follows from claimed and computed.

A row says how its verdict is decided, in the column `decided_by`:

    published  computed from published numbers alone: what agrees with them is supported, what does not contradicted
    model      the book's model, or an assumption, stands between: what agrees is plausible, what does not contradicted
    ceiling    no more than computed is possible; floor: no less. A claim within is plausible, one beyond impossible as stated
    judgement  a person decided, for the reason in the note

and in `wording` what its number says: exactly, about, more than, up to, or between value and value_to.
"""

import csv
from pathlib import Path

from clustermath.tables import DATA
from clustermath.units import UNITS

WORDINGS = ("exactly", "about", "more than", "up to", "between")
DECIDED_BY = ("published", "model", "ceiling", "floor", "judgement")
# How far from the computed number a claim may be and still agree with it. Published: as far as rounding takes it at worst,
# which is 5 % for two digits (10 stands for 9.5 to 10.5) and 10 % where a word such as "about" leaves one (5 for 4.5 to 5.5).
# Model: that of two digits, and the 20 % within which nine in ten measured runs are of the step model (PREDICTION_INTERVAL).
ROUNDING = {wording: 0.05 if wording == "exactly" else 0.10 for wording in WORDINGS}
MODEL = ROUNDING["exactly"] + 0.20


def read_claims(path: Path = DATA / "claims.csv") -> dict[str, dict[str, str]]:
    """The ledger's rows by id, as they stand there. ValueError names file, line and what is wrong with a number or a unit."""
    rows = {}
    with path.open(newline="", encoding="utf-8") as lines:
        for line, row in enumerate(csv.DictReader(lines), start=2):
            where = f"{path.name}, line {line}"
            for column in ("unit", "computed_unit"):
                if row[column] not in UNITS and not (column == "computed_unit" and not row[column]):
                    raise ValueError(f"{where}: unknown {column} {row[column]!r}")
            for column in ("value", "value_to"):
                try:
                    float(row[column] or "nan")
                except ValueError:
                    raise ValueError(f"{where}: {column} {row[column]!r} is not a number") from None
            if row["id"] in rows:
                raise ValueError(f"{where}: a second {row['id']}")
            rows[row["id"]] = row
    return rows


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


def verdict(row: dict[str, str], computed: float | None) -> str:
    """What follows for a row of the ledger from the computed number, in the row's `computed_unit`; its own verdict where a person decided."""
    how = row["decided_by"]
    if how == "judgement":
        return row["verdict"]
    low, high = (float(row[column] or "nan") * UNITS[row["unit"]] for column in ("value", "value_to"))
    computed *= UNITS[row["computed_unit"]]
    if how in ("ceiling", "floor"):
        return "plausible" if (low <= computed if how == "ceiling" else low >= computed) else "impossible as stated"
    if not agrees(low, high, row["wording"], computed, MODEL if how == "model" else ROUNDING[row["wording"]]):
        return "contradicted"
    return "plausible" if how == "model" else "supported"
