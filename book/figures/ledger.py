"""What the news texts claim, from data/claims.csv, in base units."""

import csv

from clustermath.tables import DATA
from clustermath.units import UNITS

with open(DATA / "claims.csv", newline="", encoding="utf-8") as lines:
    CLAIMS = {row["id"]: row for row in csv.DictReader(lines)}

LEDGER_UNITS = UNITS | {"per cent": 0.01, "parameter": 1.0}


def claimed(number: str) -> float:
    """The figure of claim `number`, such as "004-10", in base units."""
    row = CLAIMS[number]
    return float(row["value"]) * LEDGER_UNITS[row["unit"]]
