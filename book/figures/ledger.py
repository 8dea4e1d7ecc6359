"""What the news texts claim, from data/claims.csv, in base units."""

import csv

from clustermath.tables import DATA
from clustermath.units import UNITS

with open(DATA / "claims.csv", newline="", encoding="utf-8") as lines:
    CLAIMS = {row["id"]: row for row in csv.DictReader(lines)}


def claimed(number: str) -> float:
    """The figure of claim `number`, such as "004-10", in base units."""
    row = CLAIMS[number]
    return float(row["value"]) * UNITS[row["unit"]]
