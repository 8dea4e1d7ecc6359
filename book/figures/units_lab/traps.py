"""The measurements behind the puzzles, each with the public thread or paper in which it stands (data/unit_traps.csv)."""

from clustermath.tables import read

DATA = read("unit_traps.csv")


def trap(name: str, field: str) -> float:
    """One number of a puzzle, in base units."""
    return DATA[name][field].number


def sources(name: str) -> list[str]:
    """Where a puzzle's numbers are from."""
    return list(dict.fromkeys(datum.source for datum in DATA[name].values()))
