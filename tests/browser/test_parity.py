"""Every model in Python and in the page: the same numbers for random inputs, at the ends and where things are equal.

Where a comparison, a rounding or a choice of the least lies within 1e-9 of a tie, either side of it is right.
A model without arrays is called with all inputs at once. One with arrays is computed from its graph instead, and the
graph and the page are held against the model itself at hundreds of the inputs: the fewer the longer its arrays are.
"""

import json
from functools import lru_cache
from itertools import islice
from random import Random

import numpy as np
import pytest
import toy
from graph_in_numpy import NEAR, Rows
from livefigure.controls import Choice, Slider
from livefigure.trace import flat, reachable
from living import NAMES, ends, living, some_state

MANY, FEW = (12_500, 1024, 500), (600, 200, 200)  # states: random ones, combinations of ends, equal values; a million in all
ALONE, MOST_ALONE, NUMBERS_ALONE = 24, 300, 60_000  # states at which the model itself is called: at least, at most, times its arrays
CHUNK, CHUNK_IN_TURNS = 60_000, 300_000  # numbers that are held of one array at a time; where a loop takes turn after turn, each of all rows
FIGURES = [*NAMES, "toy"]
EVALUATE = """([name, text]) => {
    const { model, spec } = livefigure.figures[name];
    return JSON.parse(text).map((state) => {
        const values = model.evaluate(state);
        return spec.outputs.map((output) => values[output]).join(",");
    }).join(";");
}"""
BOTH = """([name, state]) => {
    const { model, spec } = livefigure.figures[name];
    const values = model.evaluate(state);
    return [spec.outputs.map((output) => values[output]).join(","), Object.keys(spec.arrays).map((output) => values[output].join(",")).join(";")];
}"""


every_figure = pytest.mark.parametrize("name", FIGURES, scope="module")  # all tests of a figure, one after the other


@lru_cache(maxsize=1)
def figure_called(name: str):
    return toy.figure() if name == "toy" else living(name)


def longest(trace) -> int:
    return max((node.length or 1 for node in reachable(trace.outputs.values())), default=1)


def counts(figure) -> tuple[int, int, int]:
    """How many states of each kind: fewer where each is a thousand layouts or moments in itself."""
    return MANY if longest(figure.trace) < 600 else FEW


@lru_cache(maxsize=1)
def states(figure) -> list[dict]:
    """Random inputs, many combinations of the ends, and inputs that are as equal as they may be."""
    random = Random(figure.name)
    randoms, corners, equals = counts(figure)
    found = [some_state(random, figure) for _ in range(randoms)]
    found += [{name: random.choice(ends(control)) for name, control in figure.controls.items()} for _ in range(corners)]
    sliders = {name: control for name, control in figure.controls.items() if isinstance(control, Slider) and not control.values}
    limits = {name: ends(control) for name, control in sliders.items()}
    for value in random.choices(sorted({x for pair in limits.values() for x in pair} | {control.value for control in sliders.values()}) or [0], k=equals):
        equal = {name: float(min(max(value, low), high)) for name, (low, high) in limits.items()}
        found.append(some_state(random, figure) | {name: float(round(x)) if sliders[name].integer else x for name, x in equal.items()})
    return found


class Column:
    """Many records as one whose numbers are arrays: `column.peak` holds the peak of each."""

    def __init__(self, records, chosen):
        self._records, self._chosen = records, chosen

    def __getitem__(self, name):
        return column([record[name] if isinstance(record, dict) else getattr(record, name) for record in self._records], self._chosen)

    __getattr__ = __getitem__


def column(values, chosen):
    if isinstance(values[0], tuple):  # parts of a record
        return tuple(column(alike, chosen) for alike in zip(*values, strict=True))
    return np.array(values, float)[chosen] if isinstance(values[0], (int, float, np.number, np.ndarray)) else Column(values, chosen)


def columns(figure, rows: list[dict]) -> dict:
    """The arguments of the model, each an array or a record of arrays."""
    found = {}
    for name, control in figure.controls.items():
        if isinstance(control, Choice):
            names = list(control.records)
            found[name] = column(list(control.records.values()), np.array([names.index(row[name]) for row in rows]))
        else:
            found[name] = np.array([row[name] for row in rows], float)
    return found


def inputs(trace, arguments: dict) -> dict[str, np.ndarray]:
    """The arguments by the dotted names under which the trace reads them."""
    found = {}
    for path in trace.inputs:
        value, *names = [arguments[path.split(".")[0]], *path.split(".")[1:]]
        for name in names:
            value = value[name]
        found[path] = value
    return found


def expected(figure, rows: list[dict]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Python's outputs at each row, and the rows that are near a tie."""
    in_turns = any(node.operation == "carry" for node in reachable(figure.trace.outputs.values()))
    size = max(1, (CHUNK_IN_TURNS if in_turns else CHUNK) // longest(figure.trace)) if figure.trace.loops else len(rows)
    parts, near = [], []
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        arguments = columns(figure, chunk)
        graph = Rows(figure.trace, inputs(figure.trace, arguments))
        found = {name: value[:, 0] for name, value in graph.outputs().items() if name in figure.trace.numbers}
        if not figure.trace.loops:
            with np.errstate(all="ignore"):
                found = {name: np.broadcast_to(np.asarray(x, float), len(chunk)) for name, x in flat(figure.run(**arguments, **figure.fixed)).items()}
        parts.append(found)
        near.append(graph.near)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.concatenate(near)


def differ(page, python) -> np.ndarray:
    return ~np.isclose(page, python, rtol=NEAR, atol=0, equal_nan=True)


@every_figure
def test_python_and_the_page_compute_the_same(name, gallery, record_property):
    figure = figure_called(name)
    rows = states(figure)
    python, near = expected(figure, rows)
    text = gallery.evaluate(EVALUATE, [name, json.dumps(rows)])
    found = np.array([[float(x) for x in row.split(",")] for row in text.split(";")])
    assert found.shape == (len(rows), len(python)) and list(python) == figure.spec["outputs"]
    off = np.zeros(len(rows), bool)
    for output, page in zip(python, found.T):
        wrong = differ(page, python[output])
        examples = [(rows[i], float(page[i]), float(python[output][i])) for i in islice(np.flatnonzero(wrong & ~near), 3)]
        assert not examples, f"{output}: {(wrong & ~near).sum()} of {len(rows)} differ; (inputs, page, Python): {examples}"
        off |= wrong
    record_property("ties", int(off.sum()))
    assert off.sum() <= len(rows) / 100, f"{off.sum()} of {len(rows)} called ties: too many to say that page and Python agree"


@every_figure
def test_one_by_one_python_takes_and_computes_whatever_the_page_takes(name, gallery):
    """As a notebook does: no input that a box accepts raises, and arrays agree with the page's, too."""
    figure = figure_called(name)
    many = min(MOST_ALONE, NUMBERS_ALONE // longest(figure.trace)) if figure.trace.loops else 0
    rows = Random(name).sample(states(figure), max(ALONE, many))
    numbers, near = expected(figure, rows)
    ties = 0
    pages = gallery.evaluate("([name, rows]) => rows.map((row) => (" + BOTH + ")([name, row]))", [name, rows])
    for i, (row, (shown, arrays)) in enumerate(zip(rows, pages, strict=True)):
        outputs = figure.evaluate(**row)
        wrong = {}
        for output, page in zip(numbers, map(float, shown.split(",")), strict=True):
            if differ(page, outputs[output]) or differ(numbers[output][i], outputs[output]):
                wrong[output] = page, numbers[output][i], outputs[output]
        for output, text in zip(figure.spec["arrays"], arrays.split(";")):
            array = np.array(text.split(","), float)
            if differ(array, np.broadcast_to(outputs[output], array.shape)).any():
                wrong[output] = array, outputs[output]
        assert near[i] or not wrong, (row, wrong)
        ties += bool(wrong)
    assert ties <= max(1, len(rows) / 100)  # of few rows one may be near a tie


@every_figure
def test_curves_are_the_model_along_an_input(name, gallery):
    """What a sweep fills is what the model gives at each of its points."""
    figure, random = figure_called(name), Random(name)
    for _ in range(5):
        state = some_state(random, figure)
        text = gallery.evaluate(
            """([name, state]) => {
                const { model } = livefigure.figures[name];
                model.evaluate(state);
                model.sweep();
                return JSON.stringify(model.grids.map((grid, k) => [[...grid].join(), model.curves[k].map((curve) => curve.join())]));
            }""",
            [name, state],
        )
        for sweep, (grid, curves) in zip(figure.spec["sweeps"], json.loads(text), strict=True):
            points = np.array(grid.split(","), float)
            low, high, count, log = sweep["over"]
            np.testing.assert_allclose(points, (np.geomspace if log else np.linspace)(low, high, count), rtol=1e-12, atol=1e-15)
            arguments = columns(figure, [state] * count) | {sweep["along"]: points}
            graph = Rows(figure.trace, inputs(figure.trace, arguments))
            python = graph.outputs()
            for output, curve in zip(sweep["outputs"], curves, strict=True):
                wrong = differ(np.array(curve.split(","), float), python[output][:, 0]) & ~graph.near
                assert not wrong.any(), (output, sweep["along"], points[wrong][:3], state)


def test_it_is_a_million_inputs():
    assert sum(sum(counts(figure_called(name))) for name in FIGURES) >= 1e6


def test_the_tie_rule_excuses_only_what_rounding_can_decide():
    trace = toy.figure().trace
    assert any(node.operation == "floor" for node in reachable(trace.outputs.values()))
    arguments = {"x": np.array([0.5, 1 / 3, 0.7]), "n": np.full(3, 3.0), "share": np.full(3, 0.4), "place.level": np.zeros(3), "place.inner.tilt": np.full(3, 9.0)}
    rows = Rows(trace, arguments)
    rows.outputs()
    assert rows.near.tolist() == [False, True, False]
