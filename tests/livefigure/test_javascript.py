"""The JavaScript that a trace becomes, run in a browser against NumPy itself."""

import re
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from livefigure.javascript import model_script, number
from livefigure.operations import OPERATIONS, SAME_AS, WRITTEN_OUT
from livefigure.trace import trace

EDGES = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 7.0, 0.1, 0.49999999999999994, 1e-300, 5e-324, 1e16, 2.0**52 - 0.5, 2.0**53, 1e300, np.inf]
EDGES = np.array([np.nan, *EDGES, *(-x for x in EDGES[1:])])
# What IEEE 754 defines to the last bit; the others may differ by the few units in the last place of two maths libraries.
EXACT = {"add", "subtract", "multiply", "divide", "negative", "floor_divide", "remainder", "minimum", "maximum", "absolute",
         "rint", "floor", "ceil", "trunc", "sign", "sqrt", "where"} | {name for name, known in OPERATIONS.items() if known.logical}  # fmt: skip
# 1 and -1 to a power that is infinite or not a number: 1 in NumPy, NaN in JavaScript. No formula of the field goes there.
UNLIKE = {"power": lambda base, exponent: (np.abs(base) == 1) & ~np.isfinite(exponent)}
LOGICAL_OPERANDS = {"logical_and", "logical_or", "logical_not"}


def values(count: int) -> list[np.ndarray]:
    """`count` columns: every combination of the edge values, then random numbers of all sizes and both signs."""
    random = np.random.default_rng(54)
    edges = np.array(list(product(EDGES, repeat=count))) if count < 3 else random.choice(EDGES, (4000, count))
    near = random.normal(0, 10, (2000, count))
    wide = random.choice([-1, 1], (2000, count)) * 10.0 ** random.uniform(-30, 30, (2000, count))
    halves = random.integers(-40, 40, (1000, count)) / 2
    return list(np.concatenate([edges, near, wide, halves]).T)


def usable(name: str) -> dict[str, np.ndarray]:
    """Operands for operation `name`, by letter."""
    columns = values(len(OPERATIONS[name].operands))
    keep = ~UNLIKE[name](*columns) if name in UNLIKE else slice(None)
    return {letter: column[keep] for letter, column in zip("abc", columns)}


def agree(found, expected, columns, exact=False):
    expected = np.broadcast_to(np.asarray(expected, float), found.shape)
    wrong = ~np.isclose(found, expected, rtol=0 if exact else 1e-12, atol=0, equal_nan=True)
    examples = [tuple(float(column[i]) for column in (*columns.values(), found, expected)) for i in np.flatnonzero(wrong)[:8]]
    assert not examples, f"{wrong.sum()} of {wrong.size} differ; (operands, JavaScript, NumPy): {examples}"


def operands(name, symbols):
    """What NumPy's function `name` takes: numbers, or for the logical ones comparisons."""
    if name == "where":
        return [symbols[0] > 0, *symbols[1:]]
    return [x > 0 for x in symbols] if name in LOGICAL_OPERANDS else symbols


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_computes_what_numpy_computes(name, in_javascript):
    function = getattr(np, name)
    columns = usable(name)

    def model(**symbols):
        return {"y": function(*operands(name, list(symbols.values())))}

    found = in_javascript(trace(model, dict.fromkeys(columns, 1.0)), columns)
    with np.errstate(all="ignore"):
        agree(found["y"], model(**columns)["y"], columns, name in EXACT)


@pytest.mark.parametrize("function", SAME_AS, ids=lambda f: f.__name__)
def test_second_name_computes_what_numpy_computes(function, in_javascript):
    name = SAME_AS[function]
    columns = usable(name)

    def model(**symbols):
        return {"y": function(*operands(name, list(symbols.values())))}

    found = in_javascript(trace(model, dict.fromkeys(columns, 1.0)), columns)
    with np.errstate(all="ignore"):
        agree(found["y"], model(**columns)["y"], columns, name in EXACT)


@pytest.mark.parametrize("function", WRITTEN_OUT, ids=lambda f: f.__name__)
def test_other_arithmetic_in_disguise(function, in_javascript):
    (column,) = values(1)
    with np.errstate(all="ignore"):
        agree(in_javascript(trace(lambda a: {"y": function(a)}, {"a": 1.0}), {"a": column})["y"], function(column), {"a": column})


FORMS = {
    "x + 0": lambda x, y: x + 0,
    "0 + x": lambda x, y: 0 + x,
    "x - 0": lambda x, y: x - 0,
    "0 - x": lambda x, y: 0 - x,
    "1 * x": lambda x, y: 1 * x,
    "x / 1": lambda x, y: x / 1,
    "x ** 1": lambda x, y: x**1,
    "x ** 2": lambda x, y: x**2,
    "x ** 3": lambda x, y: x**3,
    "x ** -2": lambda x, y: x**-2,
    "2 ** x": lambda x, y: 2**x,
    "sqrt": lambda x, y: abs(x) ** 0.5,
    "- - x": lambda x, y: -(-x),
    "x - (-y)": lambda x, y: x - (-y),
    "x - -3": lambda x, y: x - -3,
    "(-x) ** 2": lambda x, y: (-x) ** 2,
    "-(x ** 2)": lambda x, y: -(x**2),
    "(x + y) ** 3": lambda x, y: (x + y) ** 3,
    "x - (y - 1)": lambda x, y: x - (y - 1),
    "x / (y / 3)": lambda x, y: x / (y / 3),
    "x / y * 3": lambda x, y: x / y * 3,
    "(x - y) * 2": lambda x, y: (x - y) * 2,
    "tower": lambda x, y: 2 ** ((x / 1e3) ** 2),
    "negated tower": lambda x, y: (2 ** (x / 1e3)) ** -y,
    "abs, round, trunc": lambda x, y: abs(x) + np.round(y) + np.trunc(x),
    "x // 3, x % 3": lambda x, y: x // 3 + x % 3,
    "7 // x, 7 % x": lambda x, y: 7 // x - 7 % x,
    "rounded to decimals": lambda x, y: np.round(x, 2) + np.round(1e3 * y, -2) + np.around(x / 7, decimals=1),
    "where by number": lambda x, y: np.where(x, x, y) + np.where(x / x, 1.0, 2.0),
    "clip": lambda x, y: np.clip(x, -1, 2),
    "methods": lambda x, y: x.clip(-1, 2) + y.round(1) + (x * y).clip(max=3),
    "clip by name": lambda x, y: np.clip(x, min=-1, max=2),
    "clip below only": lambda x, y: np.clip(x, 0, None),
    "clip by another value": lambda x, y: np.clip(x, np.minimum(y, 0), np.maximum(y, 0)),
    "select": lambda x, y: np.select([x > y, x > 0, y > 0], [x, 2 * y, 3.0], -1.0),
    "select without default": lambda x, y: np.select([x > y, x > 0], [x, y]),
    "nested where": lambda x, y: np.where(np.where(x > 0, y > 0, y < 0), np.where(x > 1, x, y), x - y),
    "and, or, not": lambda x, y: np.where((x > 0) & ~(y > 0) | (x == y), 1.0, 2.0),
    "comparisons compared": lambda x, y: np.where((x > 0) == (y > 0), x, y),
    "truth times number": lambda x, y: (x > 0) * y + 3 * (y > 1),
    "sum of comparisons": lambda x, y: sum([x > 0, y > 0, x > y]),
    "sum()": lambda x, y: sum([x, y, 1.0, x]),
    "sum of products": lambda x, y: sum(w * v for w, v in zip((1, 2.5, -4), (x, y, x))),
    "np.sum of a list": lambda x, y: np.sum(np.array([x, y]), axis=0),
    "reflected": lambda x, y: 3 - x + 2 / y + np.float64(2) * x + np.float64(1) - y,
    "NumPy scalar first": lambda x, y: np.float64(3) > x,
    "constants": lambda x, y: 0.1 + 0.2 + x * 1e-7 + y * 123456789.125 + 6.02214076e23,
}


@pytest.mark.parametrize("form", FORMS)
def test_form_computes_what_numpy_computes(form, in_javascript):
    random = np.random.default_rng(7)
    columns = {"x": random.normal(0, 30, 3000), "y": random.normal(0, 30, 3000)}
    columns["x"][:20], columns["y"][10:30] = 0, 0
    columns["x"][100:400], columns["y"][100:400] = random.integers(-20, 20, (2, 300)) / 2
    found = in_javascript(trace(lambda x, y: {"y": FORMS[form](x, y) + 0 * x + 0 * y}, {"x": 1.0, "y": 1.0}), columns)
    with np.errstate(all="ignore"):
        agree(found["y"], FORMS[form](**columns) + 0 * columns["x"] + 0 * columns["y"], columns)


def formula(random, leaves, depth):
    """A random formula as a function of the leaves' values: what no author would think of writing."""
    if depth == 0:
        chosen = random.integers(len(leaves) + 1)
        constant = random.choice([0.5, 2.0, 3.0, -1.5, 1e3])
        return (lambda values: constant) if chosen == len(leaves) else (lambda values: values[chosen])
    a, b, c = (formula(random, leaves, depth - random.integers(1, 3) if depth > 1 else 0) for _ in range(3))
    forms = [
        lambda v: a(v) + b(v), lambda v: a(v) - b(v), lambda v: a(v) * b(v), lambda v: a(v) / (np.abs(b(v)) + 1),
        lambda v: -a(v), lambda v: np.minimum(a(v), b(v)), lambda v: np.where(a(v) > b(v), b(v), c(v)),
        lambda v: np.sqrt(np.abs(a(v))), lambda v: np.tanh(a(v)) ** 2, lambda v: np.where((a(v) < b(v)) | ~(b(v) <= c(v)), a(v), c(v)),
    ]  # fmt: skip
    return forms[random.integers(len(forms))]


@pytest.mark.parametrize("seed", range(30))
def test_random_formulas_with_shared_parts_and_sweeps(seed, in_javascript, swept_in_javascript):
    """Run function, sweep function and NumPy give the same, whatever is shared, inlined or hoisted."""
    random = np.random.default_rng(seed)
    names = "pqrs"
    parts = [formula(random, names, 4) for _ in range(3)]

    def model(**inputs):
        v = list(inputs.values())
        a, b, c = (part(v) for part in parts)
        return {"a": a, "ab": a * b, "abc": np.where(a < c, a + b, b * c), "b": b, "fixed": 3.0, "nested": {"c": c}}

    traced = trace(model, dict.fromkeys(names, 1.0))
    columns = {name: random.uniform(-5, 5, 50) for name in names}
    expected = model(**columns)
    expected["nested.c"] = expected.pop("nested")["c"]
    found = in_javascript(traced, columns) if traced.inputs else {}
    for name in found:
        np.testing.assert_allclose(found[name], np.broadcast_to(expected[name], 50), rtol=1e-9, atol=1e-12)
    for along in traced.inputs:
        fixed = dict(zip(names, random.uniform(-5, 5, len(names))))
        rows = swept_in_javascript(traced, along, list(expected), fixed, columns[along])
        line = model(**(fixed | {along: columns[along]}))
        line["nested.c"] = line.pop("nested")["c"]
        for row, name in zip(rows, expected):
            np.testing.assert_allclose(row, np.broadcast_to(line[name], 50), rtol=1e-9, atol=1e-12)


@dataclass(frozen=True)
class Chip:
    name: str
    peak: float
    memory: dict
    switched: bool = True


def test_nested_records_arrive_by_their_names(in_javascript):
    def model(chip, weights, n):
        return {"time": n / chip.peak, "room": {"left": chip.memory["size"] - weights["a"] * n, "right": np.where(chip.switched, n, 0.0)}}

    traced = trace(model, {"chip": Chip("x", 2.0, {"size": 8.0, "rate": 1.0}), "weights": {"a": 1.0}, "n": 3})
    assert set(traced.inputs) == {"n", "chip.peak", "chip.memory.size", "chip.switched", "weights.a"}
    found = in_javascript(traced, {"n": 6, "chip.peak": 2, "chip.memory.size": 100, "chip.switched": 1, "weights.a": 10})
    assert {name: value[0] for name, value in found.items()} == {"time": 3, "room.left": 40, "room.right": 6}


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 0.5, -0.25, 1e3, 86400.0, 120000.0, 1e21, 1e22, 1.5e300, 5e-324, 0.1, 1 / 3, 1e-7,
                                   -1e100, 2.0**53 + 2, 100.001, 1000.5, 1e100, np.inf, -np.inf, np.nan, True, False])  # fmt: skip
def test_constants_keep_all_their_digits(value, runtime):
    found = runtime.evaluate(f"() => String({number(value)})")
    assert found == ("true" if value else "false") if isinstance(value, bool) else float(found) == value or value != value


def test_what_is_used_often_is_computed_once_and_what_does_not_vary_stays_outside_the_loop():
    def model(x, n):
        slow = np.exp(np.sin(n))
        return {"a": slow * x, "b": slow + np.exp(x * slow)}

    traced = trace(model, {"x": 1.0, "n": 1.0})
    run, sweep = (part for part in model_script("m", traced, [("x", ["a", "b"])]).split("sweeps:"))
    assert run.count("sin(") == 1
    before, inside = sweep.split("for(")
    assert before.count("sin(") == 1 and "sin(" not in inside
    assert inside.count("exp(") == 1


def test_a_script_holds_no_text_to_evaluate_and_uses_only_what_it_is_given():
    script = model_script('a "name"', trace(lambda x: {"y": np.rint(np.sqrt(x))}, {"x": 1.0}))
    assert script.startswith('(globalThis.livefigureModels??={})["a \\"name\\""]=({sqrt},{rint})=>')
    assert not re.search(r"eval|Function|Math\.", script)
