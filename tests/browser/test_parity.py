"""Every model in Python and in the page: the same numbers for random inputs, at the ends and where things are equal.

Where a comparison or a rounding in the model lies within 1e-9 of a tie, either side of it is right.
"""

import json
from itertools import islice
from random import Random

import numpy as np
import pytest
from conftest import FIGURES, ends, some_state
from livefigure.controls import Choice, Slider
from livefigure.operations import OPERATIONS
from livefigure.trace import Tracer, flat, reachable

RANDOM, ENDS, EQUAL = 10_000, 1024, 500
NEAR = 1e-9
EVALUATE = """([name, text]) => {
    const { model, spec } = livefigure.figures[name];
    return JSON.parse(text).map((state) => {
        const values = model.evaluate(state);
        return spec.outputs.map((output) => values[output]).join(",");
    }).join(";");
}"""


def states(figure) -> list[dict]:
    """Random inputs, every combination of the ends, and inputs that are as equal as they may be."""
    random = Random(figure.name)
    found = [some_state(random, figure) for _ in range(RANDOM)]
    found += [{name: random.choice(ends(control)) for name, control in figure.controls.items()} for _ in range(ENDS)]
    sliders = {name: control for name, control in figure.controls.items() if isinstance(control, Slider) and not control.values}
    limits = {name: ends(control) for name, control in sliders.items()}
    for value in random.choices(sorted({x for pair in limits.values() for x in pair} | {control.value for control in sliders.values()}), k=EQUAL):
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
    return np.array(values, float)[chosen] if isinstance(values[0], (int, float, np.number)) else Column(values, chosen)


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


def is_exact(node) -> bool:
    """No rounding has touched this value: an input, a constant, or one of several such."""
    if not isinstance(node, Tracer) or node.operation == "input":
        return True
    choices = node.operands[1:] if node.operation == "where" else node.operands
    return node.operation in ("where", "minimum", "maximum") and all(map(is_exact, choices))


def near_a_tie(trace, arguments: dict, count: int) -> np.ndarray:
    """The rows in which a comparison or a rounding may go either way, found by computing the graph of the model."""
    near, known = np.zeros(count, bool), {}
    for node in reachable(trace.outputs.values()):
        if node.operation == "input":
            first, *path = node.operands[0].split(".")
            value = arguments[first]
            for name in path:
                value = value[name]
            known[node.order] = value
            continue
        operands = [known[x.order] if isinstance(x, Tracer) else x for x in node.operands]
        known[node.order] = getattr(np, node.operation)(*operands)
        if all(map(is_exact, node.operands)):
            continue
        if OPERATIONS[node.operation].logical and not node.operation.startswith("logical"):
            a, b = operands
            near |= np.abs(a - b) <= NEAR * np.maximum(np.abs(a), np.abs(b))
        elif node.operation in ("floor", "ceil", "trunc", "rint", "floor_divide", "remainder", "sign"):
            x = operands[0] / operands[1] if len(operands) == 2 else operands[0]
            x = x + 0.5 if node.operation == "rint" else x
            near |= np.abs(x - np.rint(x)) <= NEAR * np.maximum(np.abs(x), 1)
    return near


@pytest.mark.parametrize("name", FIGURES)
def test_python_and_the_page_compute_the_same(name, gallery, record_property):
    figure = FIGURES[name]
    rows = states(figure)
    arguments = columns(figure, rows)
    with np.errstate(all="ignore"):
        expected = flat(figure.model(**arguments))
        near = near_a_tie(figure.trace, arguments, len(rows))
    text = gallery.evaluate(EVALUATE, [name, json.dumps(rows)])
    found = np.array([[float(x) for x in row.split(",")] for row in text.split(";")])
    assert found.shape == (len(rows), len(expected))
    off = np.zeros(len(rows), bool)
    for output, page in zip(figure.trace.outputs, found.T):
        python = np.broadcast_to(np.asarray(expected[output], float), page.shape)
        wrong = ~np.isclose(page, python, rtol=NEAR, atol=0, equal_nan=True)
        examples = [(rows[i], float(page[i]), float(python[i])) for i in islice(np.flatnonzero(wrong & ~near), 3)]
        assert not examples, f"{output}: {(wrong & ~near).sum()} of {len(rows)} differ; (inputs, page, Python): {examples}"
        off |= wrong
    record_property("ties", int(off.sum()))
    assert off.sum() <= len(rows) / 1000, "too many ties to say that page and Python agree"


@pytest.mark.parametrize("name", FIGURES)
def test_python_takes_and_computes_whatever_the_page_takes(name):
    """One by one, as a notebook does: no input that a box accepts raises."""
    figure = FIGURES[name]
    for row in states(figure)[RANDOM : RANDOM + 300]:
        assert figure.evaluate(**row).keys() == figure.trace.outputs.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_curves_are_the_model_along_an_input(name, gallery):
    """What a sweep fills is what the model gives at each of its points."""
    figure, random = FIGURES[name], Random(name)
    for _ in range(20):
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
            with np.errstate(all="ignore"):
                expected = flat(figure.model(**(figure.resolve(state) | {sweep["along"]: points})))
            for output, curve in zip(sweep["outputs"], curves, strict=True):
                page = np.array(curve.split(","), float)
                np.testing.assert_allclose(page, np.broadcast_to(expected[output], page.shape), rtol=NEAR, equal_nan=True)


def test_every_end_is_reached_by_the_states():
    """The test's own inputs do cover the ends of every range and every record."""
    for figure in FIGURES.values():
        rows = states(figure)
        for name, control in figure.controls.items():
            seen = {row[name] for row in rows}
            assert set(ends(control)) <= seen, (figure.name, name)


def test_the_tie_rule_excuses_only_what_rounding_can_decide():
    trace = FIGURES["toy"].trace
    assert any(node.operation == "floor" for node in reachable(trace.outputs.values()))
    arguments = {"x": np.array([0.5, 1 / 3, 0.7]), "n": np.array([3.0, 3, 3]), "share": np.array([0.4, 0.4, 0.4]), "place": column([{"level": 0.0, "inner": {"tilt": 9.0}}], np.zeros(3, int))}  # fmt: skip
    with np.errstate(all="ignore"):
        assert near_a_tie(trace, arguments, 3).tolist() == [False, True, False]
