"""The JavaScript that a trace becomes, run in a browser against NumPy itself."""

import re
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from agreement import agree
from clustermath.scan import scan
from livefigure.javascript import model_script, number, to_javascript
from livefigure.operations import MATH_OF_JAVASCRIPT, OPERATIONS, OWN, SAME_AS, WRITTEN_OUT, called
from livefigure.trace import trace

EDGES = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 7.0, 0.1, 0.49999999999999994, 1e-300, 5e-324, 1e16, 2.0**52 - 0.5, 2.0**53, 1e300, np.inf]
EDGES = np.array([np.nan, *EDGES, *(-x for x in EDGES)])
# What IEEE 754 defines to the last bit; the others may differ by the few units in the last place of two maths libraries.
EXACT = {"add", "subtract", "multiply", "divide", "negative", "floor_divide", "remainder", "minimum", "maximum", "absolute",
         "rint", "floor", "ceil", "trunc", "sign", "sqrt", "where"} | {name for name, known in OPERATIONS.items() if known.logical}  # fmt: skip
# Which zero of 0 and -0 is the larger one NumPy leaves to the machine.
ANY_ZERO = {"minimum", "maximum"}
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
    return dict(zip("abc", values(len(OPERATIONS[name].operands))))


def operands(name, symbols):
    """What NumPy's function `name` takes: numbers, or for the logical ones comparisons."""
    if name == "where":
        return [symbols[0] > 0, *symbols[1:]]
    return [x > 0 for x in symbols] if name in LOGICAL_OPERANDS else symbols


FUNCTIONS = {name: (getattr(np, name), name) for name in OPERATIONS} | {f"{name}, as {function.__name__}": (function, name) for function, name in SAME_AS.items()}


@pytest.mark.parametrize("function, name", FUNCTIONS.values(), ids=FUNCTIONS)
def test_operation_computes_what_numpy_computes(function, name, in_javascript):
    columns = usable(name)

    def model(**symbols):
        return {"y": function(*operands(name, list(symbols.values())))}

    found = in_javascript(trace(model, dict.fromkeys(columns, 1.0)), columns)
    with np.errstate(all="ignore"):
        agree(found["y"], model(**columns)["y"], columns, name in EXACT, name not in ANY_ZERO)


@pytest.mark.parametrize("function", WRITTEN_OUT, ids=lambda f: f.__name__)
def test_other_arithmetic_in_disguise(function, in_javascript):
    (column,) = values(1)
    with np.errstate(all="ignore"):
        agree(in_javascript(trace(lambda a: {"y": function(a)}, {"a": 1.0}), {"a": column})["y"], function(column), {"a": column})


# What an author may write of one value, at the edges of all numbers and beyond them.
AT_THE_EDGE = {
    "x + 0": lambda x: x + 0,
    "0 + x": lambda x: 0 + x,
    "x - 0": lambda x: x - 0,
    "x + -0.0": lambda x: x + -0.0,
    "x - -0.0": lambda x: x - -0.0,
    "sum of one": lambda x: sum([x]),
    "1 ** x": lambda x: 1.0**x,
    "(-1) ** x": lambda x: np.power(-1.0, x),
    "2 ** x": lambda x: 2.0**x,
    "x ** inf": lambda x: x**np.inf,
    "x ** -inf": lambda x: x**-np.inf,
    "x ** nan": lambda x: x**np.nan,
    "x ** 0": lambda x: x**0,
    "x ** 0.5": lambda x: x**0.5,
    "x // 2": lambda x: x // 2,
    "-1 // x": lambda x: -1 // x,
    "x % -3": lambda x: x % -3,
    "x // count": lambda x: x // sum([x > 1, x > 2]),
    "one point": lambda x: np.where(x > 0, np.interp(x, [1.0], [2.0]), 3.0 - np.interp(x, [1.0], [2.0])),
    "points twice": lambda x: np.interp(x, [0.0, 1.0, 1.0, 3.0], [2.0, 3.0, 5.0, 4.0]),
    "argmin of a number": lambda x: np.argmin(np.array([x]), axis=0) + x,
    "rounded": lambda x: np.round(x, 1),
}


@pytest.mark.parametrize("form", AT_THE_EDGE)
def test_at_the_edge_of_numbers(form, in_javascript):
    (column,) = values(1)
    found = in_javascript(trace(lambda x: {"y": AT_THE_EDGE[form](x)}, {"x": 1.0}), {"x": column})
    with np.errstate(all="ignore"):
        agree(found["y"], AT_THE_EDGE[form](column), {"x": column})


def test_a_line_of_points_is_no_list_of_numbers(in_javascript):
    for points in (np.linspace(0, 1, 1_000_000), np.linspace(0.1, 0.9, 1000), np.linspace(7, -3, 1234), np.arange(0.0, 5.0, 0.25)):
        traced = trace(lambda x, t: {"y": np.sum(t * x), "end": t[-1] * x, "last": np.max(t * x)}, {"x": 1.0}, {"t": points})
        assert len(model_script("m", traced)) < 500
        found = in_javascript(traced, {"x": 3.0})
        assert found["y"][0] == pytest.approx(np.sum(points * 3.0)) and found["end"][0] == points[-1] * 3 and found["last"][0] == np.max(points * 3)


def nested(depth: int):
    def model(x):
        y = x
        for k in range(depth):
            y = np.sin(y) + k % 3 if k % 2 else 5 / (1 + np.abs(np.minimum(y, 2.0)))
        return {"y": y}

    return model


@pytest.mark.slow
def test_a_formula_may_be_as_deep_as_it_likes(in_javascript, swept_in_javascript):
    """A browser gives up on an expression of some thousand calls within calls."""
    model, column = nested(6000), np.linspace(-3, 9, 20)
    traced = trace(model, {"x": 1.0})
    agree(in_javascript(traced, {"x": column})["y"], model(column)["y"], {"x": column})
    agree(swept_in_javascript(traced, "x", ["y"], {"x": 0.0}, column)[0], model(column)["y"], {"x": column})
    inside = trace(lambda x, t: {"y": np.max(model(t * x)["y"])}, {"x": 1.0}, {"t": np.arange(4.0)})
    agree(in_javascript(inside, {"x": column})["y"], np.max(model(np.arange(4.0)[:, None] * column)["y"], axis=0), {"x": column})


@pytest.mark.slow
def test_a_script_grows_with_the_formula_and_so_does_the_work_of_writing_it():
    """Counted, not timed: no text is copied again and again into longer ones."""
    lengths = [max(map(len, re.split(r"[,;]", model_script("m", trace(nested(depth), {"x": 1.0}))))) for depth in (500, 5000)]
    assert lengths[1] < 1.1 * lengths[0]


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
    """One state, a curve's points and NumPy give the same, whatever is shared or inlined."""
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


def test_a_function_that_no_page_has_is_refused_when_it_is_named():
    assert called(["asinh({0})", "rint({0})+isNaN({1})"]) == {"asinh"}
    with pytest.raises(ValueError, match="digamma: neither in JavaScript's Math nor among the runtime's own functions"):
        called(["sqrt({0})", "digamma({0})"])


def test_the_functions_that_a_page_may_call_are_there(runtime):
    assert runtime.evaluate("(names) => names.filter((name) => typeof Math[name] !== 'function')", sorted(MATH_OF_JAVASCRIPT)) == []
    assert set(runtime.evaluate("() => Object.keys(own)")) == OWN


def test_a_model_alone_is_one_function_that_needs_nothing_else(browser):
    def model(chip, n, t):
        return {"time": np.rint(n / chip.peak), "room": {"left": chip.memory["size"] ** n, "course": n * t}, "fixed": 3.0}

    traced = trace(model, {"chip": Chip("x", 2.0, {"size": 8.0}), "n": 3}, {"t": np.arange(4.0)})
    page = browser.new_page()
    found = page.evaluate("(x) => { const y = (%s)(x); return [y.time, y['room.left'], [...y['room.course']], y.fixed]; }" % to_javascript(traced), {"n": 5, "chip.peak": 2, "chip.memory.size": 8})
    assert found == [2, 8**5, [0, 5, 10, 15], 3]
    page.close()


def test_what_is_used_often_is_computed_once_and_what_does_not_vary_stays_outside_the_loop():
    def model(n, x):
        slow = np.exp(np.sin(n))
        return {"a": slow * x, "b": slow + np.exp(x * slow), "c": slow}

    before, inside = model_script("m", trace(model, {"n": 1.0}, {"x": np.array([3.0, 1.0, 2.0])})).split("for(")
    assert before.count("sin(") == 1 and "sin(" not in inside
    assert inside.count("exp(") == 1


def test_a_long_loop_is_a_function_of_its_own(in_page):
    """A browser compiles it for itself. It is given what it reads and gives back sums, places, what a scan ends with."""

    def model(x, y, t):
        long = sum(np.sin(k * t * x) / (k + y) for k in range(1, 30))
        last, path = scan(lambda state, turn: (0.9 * state + turn, state * turn), y, long)
        mean = np.sum(long) / t.size
        again = sum(np.cos(k * long * x - mean) for k in range(1, 30)) + last * y
        return {"sum": np.sum(again), "place": np.argmax(again) + 0.0, "top": long[np.argmax(again)], "last": last, "path": path, "again": again, "both": x + y}

    points = {"t": np.linspace(0, 1, 40) ** 2}
    traced = trace(model, {"x": 1.0, "y": 1.0}, points)
    found, expected = in_page(traced, {"x": 2.5, "y": 0.75}), model(2.5, 0.75, **points)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, err_msg=name)
    loops, run = model_script("m", traced).split("return(a,o,v)=>")
    assert loops.count("for(") >= 2 and "for(" not in run


def test_a_known_truth_that_changes_nothing_is_not_written():
    script = to_javascript(trace(lambda x: {"both": np.where((x > 1) & True, x, 0.0), "either": np.where(np.logical_or(False, x > 2), x, 0.0)}, {"x": 1.0}))
    assert "o[0]=b>1?b:0;o[1]=b>2?b:0;" in script
    assert "false" in to_javascript(trace(lambda x: {"neither": np.where((x > 3) & False, x, 0.0)}, {"x": 1.0}))


def test_a_script_holds_no_text_to_evaluate_and_uses_only_what_it_is_given():
    script = model_script('a "name"', trace(lambda x: {"y": np.rint(np.sqrt(x))}, {"x": 1.0}))
    assert script.startswith('(globalThis.livefigureModels??={})["a \\"name\\""]=({sqrt},{rint})=>')
    assert not re.search(r"eval|Function|Math\.", script)
