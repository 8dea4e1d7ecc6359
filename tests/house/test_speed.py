"""What the benchmark keeps for the book, and what the book says of it: floors were measured, and nothing is below them."""

import json

import pytest
from benchmarks import bench, limits
from pytest import approx
from workspace import ROOT

KEPT = json.loads((ROOT / "book" / "data" / "speed.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", KEPT["rows"], ids=lambda row: row["what"])
def test_nothing_is_below_its_floor(row):
    more, less = (row["floor"], row["median"]) if row["unit"] == limits.RATE else (row["median"], row["floor"])
    assert row["times"] == approx(more / less)
    assert 1 <= row["times"] < 100
    assert (row["limit"], row["what"]) in limits.FLOORS.values()


def test_it_says_when_and_on_what():
    assert KEPT["date"].startswith("20") and KEPT["cores"] >= 1 and KEPT["browser"]


def test_the_table_has_floor_and_budget_beside_each_row_and_keeps_the_worst():
    tree = object.__new__(bench.Tree)
    tree.values = {("a: tick, processor", "ms"): [2.0, 3.0, 4.0], ("b: tick, processor", "ms"): [1.0], ("search", limits.RATE): [5.0], ("hydration", "ms"): [60.0]}
    tree.floors = {"a: tick, processor": [1.0, 1.5, 9.0], "b: tick, processor": [0.9], "search": [20.0]}
    rows = {row["row"]: row for row in bench.table(tree, None)}
    assert rows["a: tick, processor"]["floor"] == 1.5 and rows["a: tick, processor"]["times"] == 2
    assert rows["search"]["times"] == 4 and not rows["search"]["over"]
    assert rows["hydration"]["floor"] is None and rows["hydration"]["over"]
    assert "1.5, 2.00 × that" in bench.line(rows["a: tick, processor"])
    assert [(row["where"], row["times"]) for row in limits.worst(list(rows.values()))] == [("a", 2), ("", 4)]
