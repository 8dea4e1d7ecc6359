"""Tracing: what a model may do, and what it is told when it does something else."""

import cmath
import inspect
import math
import random
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import livefigure
import numpy as np
import pytest
from livefigure.operations import OPERATIONS
from livefigure.trace import TraceError, flat, leaves, trace


@dataclass(frozen=True)
class Chip:
    name: str
    peak: float
    note: str | None = None


CHIP = Chip("H100", 989e12)
TABLE = {16: 1.0, 8: 2.0}


def refused_model(x, y, chip):
    """Stands for any author's function: the message must name it and the line that broke the rule."""
    raise NotImplementedError


# What an author may write, and a word the answer must hold: what to write instead.
REFUSED = {
    "if": ("1.0 if x > 2 else 2.0", "np.where"),
    "while condition": ("[0 for _ in iter(lambda: bool(x > 1), False)]", "np.where"),
    "and": ("(x > 1) and (y > 1)", "np.logical_and"),
    "or": ("(x > 1) or (y > 1)", "np.logical_and"),
    "not": ("not (x > 1)", "np.where"),
    "chained comparison": ("1 < x < 3", "np.logical_and"),
    "min()": ("min(x, y)", "np.minimum"),
    "max()": ("max(x, y, 1)", "np.maximum"),
    "sorted()": ("sorted([x, y])", "np.where"),
    "any()": ("any([x > 1])", "np.where"),
    "in": ("x in (1.0, 2.0)", "np.where"),
    "math.sqrt": ("math.sqrt(x)", "np.*"),
    "math.log": ("math.log(x)", "np.*"),
    "math.exp": ("math.exp(x)", "np.*"),
    "math.isclose": ("math.isclose(x, y)", "np.*"),
    "float()": ("float(x)", "np.*"),
    "int()": ("int(x)", "np.floor"),
    "range()": ("range(x)", "np.floor"),
    "index of a list": ("[1, 2, 3][x]", "np.floor"),
    "iteration": ("[v for v in x]", "loop over a fixed list"),
    "unpacking": ("(lambda a, b: a)(*x)", "loop over a fixed list"),
    "tuple()": ("tuple(x)", "loop over a fixed list"),
    "np.round out=": ("np.round(x, 2, out=np.zeros(1))", "np.rint"),
    "an index too high": ("(x + np.arange(3))[3]", "element 3 of a traced array of 3"),
    "an index too low": ("(x + np.arange(3))[-4]", "element -4 of a traced array of 3"),
    "one of many indices too high": ("np.sum(np.take(x + np.arange(3), [0, 3]))", "element 3 of a traced array of 3"),
    "one of many indices too low": ("np.sum(np.take(x + np.arange(3), [-4, 0]))", "element -4 of a traced array of 3"),
    "an index that is no whole number": ("(x * np.arange(3))[np.rint(y)]", "astype(int)"),
    "indices that are no whole numbers": ("np.sum(np.take(x + np.arange(3), [0.5, 1]))", "astype(int)"),
    "a known array at a traced place": ("np.arange(3)[np.argmin(x * np.arange(3))]", "`fixed`"),
    "a condition as an index": ("(x + np.arange(3))[x > 1]", "np.where"),
    "a truth value as an index": ("(x + np.arange(3))[True]", "np.where"),
    "np.interp over falling points": ("np.interp(x, [0, 2, 1], [1, 2, 3])", "in rising order"),
    "np.interp to infinity": ("np.interp(x, [0, 1], [1, np.inf])", "not finite"),
    "np.interp from infinity": ("np.interp(x, [-np.inf, 1], [1, 2])", "not finite"),
    "np.interp with a point too few": ("np.interp(x, [0, 1, 2], [1, 2])", "one y for each x"),
    "np.interp in a traced table": ("np.interp(0.5, [0, 1], x + np.arange(2))", "np.interp"),
    "one over a count": ("1 // np.sum(x > np.arange(3))", "1.0 * count"),
    "remainder by a place": ("7 % np.argmin(x * np.arange(3))", "1.0 * count"),
    "a count by a count": ("np.sum(x > np.arange(3)) % (1 + np.sum(y > np.arange(3)))", "1.0 * count"),
    "a count by zero": ("np.sum(x > np.arange(3)) // 0", "1.0 * count"),
    "two to the count": ("2 ** -np.sum(x > np.arange(3))", "1.0 * count"),
    "a count to a negative power": ("np.sum(x > np.arange(3)) ** -1", "1.0 * count"),
    "one over a count, as NumPy names it": ("np.reciprocal(np.sum(x > np.arange(3)))", "1.0 * count"),
    "one over a chosen number": ("7 // np.select([x > 1, x > 0], [1, 2])", "1.0 * count"),
    "one over a rounded count": ("7 // np.round(np.sum(x > np.arange(3)))", "1.0 * count"),
    "one over a count's square": ("7 // np.sum(x > np.arange(3)) ** 2", "1.0 * count"),
    "remainder by a place as it is given": ("5 % np.floor(x).astype(int)", "1.0 * count"),
    "divmod()": ("divmod(x, 2)", "a // b"),
    "divmod() by it": ("divmod(5.0, x)", "a // b"),
    "matrix product": ("(x + np.arange(3)) @ np.arange(3)", "np.sum"),
    "^": ("x ^ 2", "a ** b"),
    "<<": ("x << 2", "2.0 ** b"),
    ">>": ("8 >> x", "2.0 ** b"),
    "len()": ("len(x + np.arange(3))", "a.size"),
    "complex()": ("complex(x)", "imaginary"),
    "setting an element": ("(x + np.arange(3)).__setitem__(0, 1)", "np.where"),
    "a format": ("f'{x:.1f}'", "Readout"),
    "np.float64()": ("np.float64(x)", "np.zeros"),
    "a text's type": ("x.astype(str)", "astype(int)"),
    "an empty array": ("np.max(x + np.zeros(0))", "one row"),
    "np.sort": ("np.sort(x)", "np.where"),
    "np.median": ("np.median(x)", "np.where"),
    "np.cumsum": ("np.cumsum(x)", "np.sum"),
    "np.concatenate": ("np.concatenate([x, y])", "np.where"),
    "sum with where=": ("np.sum(x + np.arange(3), where=[True, False, True])", "np.sum"),
    "sum with initial=": ("np.sum(x + np.arange(3), initial=5.0)", "np.sum"),
    "sum with keepdims=": ("np.sum(x + np.arange(3), keepdims=True)", "np.sum"),
    "mean with where=": ("np.mean(x + np.arange(3), where=[True, False, True])", "np.sum"),
    "max along another axis": ("np.max(x + np.arange(3), axis=1)", "np.max"),
    "arrays of two lengths": ("np.sum(x + np.arange(3)) + np.sum((x + np.arange(3)) * np.arange(4))", "3 and 4 elements"),
    "two rows": ("np.sum(x + np.ones((2, 3)))", "one row"),
    "slice": ("np.sum((x + np.arange(3))[1:])", "a[i]"),
    "mask": ("np.sum((x + np.arange(3))[np.arange(3) > 1])", "a[i]"),
    "element of a number": ("x[0]", "a[i]"),
    "loop over a traced array": ("sum(v for v in x + np.arange(3))", "whole arrays"),
    "np.where with one argument": ("np.where(x)", "np.where"),
    "np.signbit": ("np.signbit(x)", "np.minimum"),
    "np.interp left=": ("np.interp(x, [0, 1], [2, 3], left=-5)", "np.interp"),
    "np.gcd": ("np.gcd(x, 4)", "np.minimum"),
    "np.divmod": ("np.divmod(x, 4)", "np.floor"),
    "ufunc.reduce": ("np.multiply.reduce(x)", "plain call"),
    "ufunc.accumulate": ("np.add.accumulate(x)", "plain call"),
    "out=": ("np.add(x, 1, out=np.zeros(1))", "a = a * x"),
    "in place": ("np.ones(3).__imul__(x)", "a = a * x"),
    "where=": ("np.add(x, 1, where=False)", "plain call"),
    "clip out=": ("np.clip(x, 0, 1, out=np.zeros(1))", "np.clip"),
    "comparison plus comparison": ("(x > 1) + (y > 1)", "np.where"),
    "comparison minus comparison": ("(x > 1) - (y > 1)", "np.where"),
    "negated comparison": ("-(x > 1)", "np.where"),
    "& on numbers": ("x & y", "compare them first"),
    "| on numbers": ("x | 1", "compare them first"),
    "~ on a number": ("~x", "compare them first"),
    "& on number and comparison": ("(x > 1) & y", "compare them first"),
    "text from a record": ("chip.name", "not a number"),
    "missing number in a record": ("x * chip.note", "not a number"),
    "text plus number": ("x + 'days'", "not a number"),
    "None": ("x * None", "not a number"),
    "list": ("np.add(x, 'abc')", "not a number"),
    "np.fmin, which passes over NaN": ("np.fmin(x, y)", "minimum"),
    "complex": ("x + 1j", "not a number"),
    "cmath": ("cmath.sqrt(x)", "np.*"),
    "lookup in a table": ("TABLE[16] * [v for k, v in TABLE.items() if k == x][0]", "np.where"),
}


def author(body: str):
    """The function `refused_model` with `body` on its second line, as if it stood in a file refused.py."""
    scope = {"np": np, "math": math, "cmath": cmath, "TABLE": TABLE}
    exec(compile(f"def refused_model(x, y, chip):\n    return {{'y': {body}}}", "refused.py", "exec"), scope)
    return scope["refused_model"]


@pytest.mark.parametrize("what", REFUSED)
def test_refusal_names_function_and_line_and_what_to_write_instead(what):
    body, instead = REFUSED[what]
    with pytest.raises(TraceError) as refusal:
        trace(author(body), {"x": 3.0, "y": 4.0, "chip": CHIP})
    assert "in refused.py, line 2" in str(refusal.value)
    assert "refused_model" in str(refusal.value) or "<lambda>" in str(refusal.value) or "<listcomp>" in str(refusal.value)
    assert instead in str(refusal.value)


DRAWN = {
    "NumPy's own": ("x + np.random.normal()", "from np.random"),
    "a whole array of them": ("x * np.random.rand(3)", "from np.random"),
    "Python's own": ("x + random.gauss(0, 1)", "from random"),
    "a generator beside the model": ("x + RNG.normal()", "from RNG"),
    "an old one": ("x + OLD.normal()", "from OLD"),
    "one of Python's": ("x + DICE.random()", "from DICE"),
    "a new one without a seed": ("x + np.random.default_rng().normal()", "in refused.py, line 2"),
}


@pytest.mark.parametrize("how", DRAWN)
def test_random_numbers_are_refused(how):
    """They would be drawn once, when the figure is made, and stand still in the page."""
    body, named = DRAWN[how]
    model = author(body)
    model.__globals__.update(random=random, RNG=np.random.default_rng(1), OLD=np.random.RandomState(1), DICE=random.Random(1))
    with pytest.raises(TraceError, match="draws random numbers") as refusal:
        trace(model, {"x": 3.0, "y": 4.0, "chip": CHIP})
    assert named in str(refusal.value) and "refused_model()" in str(refusal.value) and "through `fixed`" in str(refusal.value)


def test_numbers_of_a_seed_are_the_same_every_time():
    model = author("np.sum(x * np.random.default_rng(1).normal(size=100))")
    same = [repr(trace(model, {"x": 3.0, "y": 4.0, "chip": CHIP}).outputs["y"].operands[0].operands) for _ in range(2)]
    assert same[0] == same[1]
    assert np.random.default_rng().normal() != np.random.default_rng().normal()  # after it, anybody may draw


def test_the_innermost_line_of_the_author_is_named():
    def helper(x):
        return 1.0 if x > 2 else 2.0

    def model(x):
        return {"y": helper(x)}

    line = inspect.getsourcelines(helper)[1] + 1
    with pytest.raises(TraceError, match=rf"helper\(\) in test_trace\.py, line {line} "):
        trace(model, {"x": 1.0})


def test_a_helper_that_hides_itself_is_not_the_author_s_line():
    def helper(x):
        __tracebackhide__ = True
        return 1.0 if x > 2 else 2.0

    def model(x):
        return {"y": helper(x)}

    with pytest.raises(TraceError, match=r"^model\(\) in test_trace\.py"):
        trace(model, {"x": 1.0})


def test_a_folder_whose_name_begins_as_ours_is_the_author_s():
    """Only what lies in the library's own folder is passed over."""
    beside = Path(livefigure.__file__).parent.with_name("livefigure_too") / "theirs.py"
    scope = {}
    exec(compile("def model(x):\n    return {'y': 1 if x > 0 else 0}", str(beside), "exec"), scope)
    with pytest.raises(TraceError, match=r"^model\(\) in theirs\.py, line 2 asks for the truth"):
        trace(scope["model"], {"x": 1.0})


@pytest.mark.parametrize("result", [3.0, None, (1, 2), [1.0], "days"])
def test_a_model_returns_named_numbers(result):
    def model(x):
        return result

    with pytest.raises(TraceError, match=r"model\(\) must return a mapping of named numbers"):
        trace(model, {"x": 1.0})


def test_a_model_that_returns_a_text_is_refused():
    with pytest.raises(TraceError, match=r"gives 'y' = 'days', which is neither a number"):
        trace(lambda x: {"y": "days"}, {"x": 1.0})


def test_tracing_does_not_depend_on_the_sample():
    def model(x, chip):
        return {"y": np.where(x > 1, chip.peak / x, 0.0)}

    one = trace(model, {"x": 0.0, "chip": CHIP})
    other = trace(model, {"x": np.inf, "chip": Chip("other", np.nan)})
    assert one.inputs == other.inputs and repr(one.outputs) == repr(other.outputs)


def test_sources_are_the_inputs_an_output_descends_from():
    def model(gpus, days, price, chip):
        hours = gpus * days * 24
        return {"hours": hours, "dollars": hours * price, "peak": chip.peak * gpus, "fixed": 3.0, "none": 0 * days}

    traced = trace(model, {"gpus": 1.0, "days": 1.0, "price": 1.0, "chip": CHIP})
    assert traced.sources("hours") == {"gpus", "days"}
    assert traced.sources("dollars") == {"gpus", "days", "price"}
    assert traced.sources("peak") == {"gpus", "chip.peak"}
    assert traced.sources("fixed") == set()


def test_only_what_is_read_is_an_input_in_the_order_of_the_parameters():
    traced = trace(lambda b, a, unused: {"y": a + b, "z": a}, {"b": 1.0, "a": 1.0, "unused": 1.0})
    assert traced.inputs == ("b", "a")


def test_equal_operations_are_one():
    traced = trace(lambda x, y: {"a": (x + y) * 2, "b": (x + y) * 3, "c": (x + y) * 2}, {"x": 1.0, "y": 1.0})
    assert traced.outputs["a"] is traced.outputs["c"]
    assert traced.outputs["a"].operands[0] is traced.outputs["b"].operands[0]


def test_one_and_true_are_two_constants():
    traced = trace(lambda x: {"a": np.where(x > 0, x > 1, True), "b": np.where(x > 0, x, 1.0), "c": (x > 0) == True}, {"x": 1.0})  # noqa: E712
    assert traced.outputs["a"].logical and not traced.outputs["b"].logical and traced.outputs["c"].logical


def test_a_condition_known_beforehand_chooses_while_tracing():
    assert trace(lambda x: {"y": np.where(np.float64(3) > 2, x, 1 / x)}, {"x": 1.0}).outputs["y"].operation == "input"


def test_arrays_of_traced_values_are_taken_element_by_element():
    traced = trace(lambda x, y: dict(zip("ab", np.exp(np.array([x, y]) * 2))), {"x": 1.0, "y": 1.0})
    assert traced.sources("a") == {"x"} and traced.sources("b") == {"y"}


def test_a_record_is_read_by_attribute_item_or_property():
    @dataclass(frozen=True)
    class Model:
        params: float
        tokens: float

        @property
        def flops(self):
            return 6 * self.params * self.tokens

    model = Model(405e9, 15.6e12)
    traced = trace(lambda model, sizes: {"y": model.params / sizes["a"]["b"]}, {"model": model, "sizes": {"a": {"b": 2.0}}})
    assert set(traced.inputs) == {"model.params", "sizes.a.b"}


@pytest.mark.parametrize("name", ["T", "dot", "copy", "item", "dtype", "std", "cumsum"])
def test_what_arrays_have_and_traced_values_have_not_names_the_line(name):
    with pytest.raises(AttributeError, match=rf"model\(\) in {Path(__file__).name}, line \d+ asks for \.{name} .* np\.sum"):

        def model(x):
            return {"y": getattr(x + np.arange(3), name)}

        trace(model, {"x": 1.0})


def test_a_misspelt_attribute_is_python_s_own_error():
    with pytest.raises(AttributeError, match="speed"):
        trace(lambda chip: {"y": chip.speed}, {"chip": CHIP})
    with pytest.raises(KeyError, match="speed"):
        trace(lambda chip: {"y": chip["speed"]}, {"chip": {"peak": 1.0}})


def test_leaves_and_flat_name_numbers_by_dots():
    assert leaves({"a": 1, "b": {"c": True, "d": "text"}, "e": np.float32(0.5)}, "r") == {"r.a": 1.0, "r.b.c": 1.0, "r.e": 0.5}
    assert leaves(CHIP) == {"peak": 989e12}
    assert leaves(16, "precision") == {"precision": 16.0}
    assert flat({"a": 1, "b": {"c": 2, 3: {"d": 4}}}) == {"a": 1, "b.c": 2, "b.3.d": 4}
    assert flat(CHIP)["peak"] == 989e12


def test_objects_that_are_no_records_are_refused():
    with pytest.raises(TraceError, match="not a number"):
        trace(lambda chip: {"y": chip.peak}, {"chip": SimpleNamespace(peak=1.0)})


# For these NumPy asks an array of objects for the truth of its elements, which is refused.
ASKS_FOR_TRUTH = {"logical_not", "sign", "isnan", "isfinite"}


@pytest.mark.parametrize("name", [n for n, known in OPERATIONS.items() if len(known.operands) == 1 and n not in ASKS_FOR_TRUTH])
def test_a_function_takes_traced_values_in_an_array(name):
    function = getattr(np, name)

    def model(x):
        (inside,) = function(np.array([x], dtype=object))
        return {"direct": function(x), "inside": inside}

    traced = trace(model, {"x": 1.0})
    assert traced.outputs["direct"] is traced.outputs["inside"]


def test_an_error_in_a_notebook_names_the_cell_s_line():
    """ipykernel compiles each cell under the name of a file that nobody has ever seen."""
    cell = compile("def model(x):\n    return {'y': 1 if x > 0 else 0}", "ipykernel_4711/2345678.py", "exec")
    namespace = {}
    exec(cell, namespace)
    with pytest.raises(TraceError, match=r"^model\(\) in a notebook's cell, line 2 asks for the truth"):
        trace(namespace["model"], {"x": 1.0})


def test_a_record_s_list_of_parts_may_be_empty_and_not_else():
    """A sum over no parts is known; parts that are there can't be drawn into a page."""
    whole = {"size": 3.0, "parts": ()}
    found = trace(lambda record: {"all": record["size"] + sum(part for part in record["parts"])}, {"record": whole})
    assert found.inputs == ("record.size",)
    with pytest.raises(TraceError, match="record.parts"):
        trace(lambda record: {"all": record["size"] + sum(part for part in record["parts"])}, {"record": whole | {"parts": (1.0,)}})
