"""Rows of numbers in links, and records that hold them: in Python, in the page, in a model."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from livefigure import Choice, rows
from livefigure.controls import own
from livefigure.javascript import to_javascript
from livefigure.trace import trace

LENGTH = 6


@dataclass(frozen=True)
class Tune:
    tempo: float
    notes: np.ndarray


TUNES = {"silence": Tune(0.0, np.zeros(LENGTH)), "a scale": Tune(2.0, np.arange(1.0, LENGTH + 1))}
ROWS = [np.array([0, 700, 0.5, 1399.9, 1400, 3.0]), np.zeros(LENGTH), np.full(LENGTH, 1e-5), np.linspace(0, 1e20, LENGTH)]
NO_ROWS = ["", "7", "7*", "*0000", "7*00", "7*000000000000zz", "7*00000000000Z", "7*0000000000 0", "-7*000000000000", "1e31*000000000000", "nan*000000000000", "0x7*000000000000", "7*7*0000000000", "7.*000000000000", "1.2.3*000000000000"]


@given(st.lists(st.floats(0, 1e30), min_size=1, max_size=40))
def test_a_row_comes_back_to_half_a_part_of_its_largest(values):
    found = rows.read(rows.written(values), len(values))
    assert np.abs(found - values).max() <= max(values) / rows.PARTS / 2 * (1 + 1e-9)
    assert rows.read(rows.written(values), len(values) + 1) is None


@pytest.mark.parametrize("values", [[-1, 2], [1, np.nan], [np.inf], [1e31]])
def test_what_no_link_can_hold_is_refused(values):
    with pytest.raises(ValueError, match="a row in a link goes from 0"):
        rows.written(values)


def test_the_page_reads_what_python_writes(runtime):
    texts = [rows.written(row) for row in ROWS]
    for text, found in zip(texts, runtime.evaluate("([texts, length]) => texts.map((text) => [...rowOf(text, length)])", [texts, LENGTH])):
        assert found == pytest.approx(rows.read(text, LENGTH), rel=1e-12)


def test_neither_reads_what_is_no_row(runtime):
    assert [text for text in NO_ROWS if rows.read(text, LENGTH) is not None] == []
    assert runtime.evaluate("([texts, length]) => texts.filter((text) => rowOf(text, length))", [NO_ROWS, LENGTH]) == []


def test_a_choice_takes_a_record_with_a_row_of_ones_own():
    choice = Choice(TUNES, "silence", "tune", own=True)
    mine = choice.resolve("tune", own(Tune(3.0, np.array([0, 7, 14, 7, 0, 7.0]))))
    assert mine.tempo == 3 and mine.notes == pytest.approx([0, 7, 14, 7, 0, 7], abs=14 / rows.PARTS / 2 * 1.001)
    with pytest.raises(ValueError, match=r"'notes' is '7\*00', which is no row of 6 numbers"):
        choice.resolve("tune", "own tempo 3 notes 7*00")


def test_every_record_has_rows_of_one_length():
    with pytest.raises(ValueError, match="'b' has no row of 6 numbers tune.notes"):
        Choice(TUNES | {"b": Tune(1.0, np.zeros(5))}, "silence", "tune").describe("tune", ["tune.tempo", "tune.notes"])


# In a model ---------------------------------------------------------------------------------------------------------------

PLACES = np.array([5, 0, 3])
MODELS = {
    "sums": lambda tune: np.sum(tune.notes) * tune.tempo + np.max(tune.notes) - np.min(tune.notes * tune.tempo),
    "one": lambda tune: tune.notes[2] + np.take(tune.notes, 4),
    "at places": lambda tune: np.sum(np.take(tune.notes, PLACES) * np.array([1.0, 10.0, 100.0])),
    "at its own places": lambda tune: np.sum(np.take(tune.notes, np.clip(tune.notes * 0.7, 0, LENGTH - 1).astype(int)) * np.arange(LENGTH)),
    "in groups": lambda tune: np.sum(np.minimum.reduceat(tune.notes, np.arange(0, LENGTH, 2)) * np.array([1.0, 10.0, 100.0])),
    "harmonics": lambda tune: np.sum(np.abs(np.fft.rfft(tune.notes * tune.tempo)) * np.array([1.0, 2.0, 3.0, 5.0])),
    "harmonics of its own": lambda tune: np.max(np.abs(np.fft.rfft(tune.notes)) ** 2),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_row_in_a_model(name, runtime):
    model = MODELS[name]
    traced = trace(lambda tune: {"y": model(tune)}, {"tune": TUNES["silence"]})
    script = to_javascript(traced)
    for tune in (TUNES["a scale"], Tune(0.5, np.array([4.0, 0, 4, 1, 2, 2])), TUNES["silence"]):
        found = runtime.evaluate(f"(inputs) => ({script})(inputs).y", {"tune.tempo": tune.tempo, "tune.notes": tune.notes.tolist()})
        assert found == pytest.approx(float(model(tune)), rel=1e-12, abs=1e-12)
