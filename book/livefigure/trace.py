"""Tracing: run a NumPy function once on symbols and keep what it computes as a graph.

The idea is `jax.jit`'s. A `Tracer` stands for a number that is not known yet. NumPy asks its arguments how to apply
a function to them (`__array_ufunc__`, `__array_function__`); a Tracer answers by writing the operation down. What
comes out is a `Trace`: the same arithmetic as a graph, from which `javascript.py` writes a function for the page.

The rule authors live by is therefore the field's: no Python branching on a traced value (`np.where`, not `if`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import numpy as np

from .operations import OPERATIONS, name_of

HERE = str(Path(__file__).parent)
NUMPY = str(Path(np.__file__).parent)


class TraceError(TypeError):
    """A model did something a web page can't follow. The message names the place and says what to write instead."""


def _place() -> str:
    """The innermost frame that is neither ours nor NumPy's: the line the author has to change."""
    frame = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith((HERE, NUMPY)):
        frame = frame.f_back
    if frame is None:
        return "the model"
    return f"{frame.f_code.co_name}() in {Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


def _refusal(what: str, instead: str):
    def refuse(self, *args):
        raise TraceError(f"{_place()} {what} of a traced value, which a page can't follow. {instead}")

    return refuse


class Graph:
    """All operations written down during one trace; equal ones are shared."""

    def __init__(self):
        self.nodes: list[Tracer] = []
        self._known: dict[tuple, Tracer] = {}

    def node(self, operation: str, *operands) -> Tracer:
        key = (operation, *(id(x) if isinstance(x, Tracer) else (type(x), x) for x in operands))
        if key not in self._known:
            self._known[key] = Tracer(self, operation, operands, len(self.nodes))
            self.nodes.append(self._known[key])
        return self._known[key]


class Tracer:
    """A number that is not known yet: the result of `operation` on `operands` (Tracers and Python floats)."""

    __slots__ = ("graph", "operation", "operands", "order")

    def __init__(self, graph, operation, operands, order):
        self.graph, self.operation, self.operands, self.order = graph, operation, operands, order

    @property
    def logical(self) -> bool:
        known = OPERATIONS.get(self.operation)
        if self.operation == "where":
            return all(_is_logical(x) for x in self.operands[1:])
        return bool(known and known.logical)

    def __repr__(self):
        return f"<traced {self.operation}>"

    # NumPy's two questions -------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or options:
            raise TraceError(f"{_place()} uses np.{ufunc.__name__}.{method} with options; only the plain call can be traced.")
        if any(isinstance(x, np.ndarray) and x.ndim for x in inputs):  # an array of tracers, element by element
            return np.vectorize(ufunc, otypes=[object])(*inputs)
        return self._apply(ufunc, *inputs)

    def __array_function__(self, function, types, args, options):
        if function is np.where and len(args) == 3:
            return self._apply(np.where, *args)
        limits = dict(zip(("min", "max"), args[1:])) | {name.removeprefix("a_"): limit for name, limit in options.items()}
        if function is np.clip and limits.keys() <= {"min", "max"}:
            low, high = limits.get("min"), limits.get("max")
            value = args[0] if low is None else np.maximum(args[0], low)
            return value if high is None else np.minimum(value, high)
        if function in (np.round, np.around) and not options and args[1:] in ((), (0,)):
            return self._apply(np.rint, args[0])
        if function is np.select:
            conditions, choices, otherwise = (*args, options.get("default", 0.0))[:3]
            for condition, choice in zip(reversed(conditions), reversed(choices)):
                otherwise = np.where(condition, choice, otherwise)
            return otherwise
        if function is np.sum:  # the sum of one number
            return args[0]
        raise TraceError(
            f"{_place()} calls np.{function.__name__} on a traced value, which a page can't follow. "
            f"Known are operators, np.where, np.select, np.clip, np.round, sum() over a list, and np.{', np.'.join(sorted(OPERATIONS))}."
        )

    def _apply(self, function, *inputs) -> Tracer:
        name = name_of(function)
        if name is None:
            raise TraceError(
                f"{_place()} calls np.{function.__name__} on a traced value, which a page can't compute. "
                f"Known are np.{', np.'.join(sorted(OPERATIONS))}."
            )
        operands = [_operand(x) for x in inputs]
        _check_kinds(name, operands)
        if name == "where" and not isinstance(operands[0], Tracer):
            return operands[1] if operands[0] else operands[2]
        return _simplified(self.graph, name, operands)

    # What Python would need to know the value for ---------------------------------------------------------------

    __bool__ = _refusal(
        "asks for the truth (if, while, and, or, not, min(), max(), a chained comparison)",
        "Write np.where(condition, a, b), np.minimum, np.maximum, np.logical_and.",
    )
    __float__ = _refusal("asks for the plain number (float() or a math.* function)", "Write np.* instead of math.*.")
    __int__ = __index__ = _refusal("asks for the integer (int(), range() or an index)", "Write np.floor or np.round.")
    __iter__ = _refusal("asks for the elements", "A traced value is one number; loop over a fixed list of numbers.")
    __hash__ = object.__hash__

    def __round__(self, digits=None):
        if digits:
            raise TraceError(f"{_place()} rounds a traced value to digits. Write np.round(x * 10**n) / 10**n.")
        return np.rint(self)


def _operators():
    """Give Tracer Python's operators, and the methods NumPy looks for in arrays of objects (`exp`, `sqrt`, ...)."""
    two = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "floordiv": np.floor_divide,
           "mod": np.remainder, "pow": np.power, "and": np.logical_and, "or": np.logical_or}  # fmt: skip
    compare = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal}
    one = {"neg": np.negative, "abs": np.absolute, "invert": np.logical_not, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc}
    for name, function in (two | compare).items():
        setattr(Tracer, f"__{name}__", lambda self, other, f=function: f(self, other))
    for name, function in two.items():
        setattr(Tracer, f"__r{name}__", lambda self, other, f=function: f(other, self))
    for name, function in one.items():
        setattr(Tracer, f"__{name}__", lambda self, f=function: f(self))
    Tracer.__pos__ = lambda self: self
    for name, operation in OPERATIONS.items():
        if len(operation.operands) == 1 and hasattr(np, name):
            setattr(Tracer, name, lambda self, f=getattr(np, name): f(self))


_operators()


def _is_logical(x) -> bool:
    return x.logical if isinstance(x, Tracer) else isinstance(x, (bool, np.bool_))


def _operand(x):
    """A Tracer as it is, any real number as a Python float, a truth value as a bool."""
    if isinstance(x, Tracer):
        return x
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    try:
        return float(x)
    except (TypeError, ValueError):
        raise TraceError(f"{_place()} combines a traced value with {x!r}, which is not a number.") from None


def _check_kinds(name: str, operands: list) -> None:
    """NumPy and JavaScript disagree on arithmetic with truth values: refuse it."""
    kinds = [_is_logical(x) for x in operands]
    if name.startswith("logical") and not all(kinds):
        raise TraceError(f"{_place()} joins numbers with & | ~: compare them first, as in (a > 0) & (b > 0).")
    if name in ("add", "subtract", "negative", "floor_divide", "remainder", "power", "divide") and all(kinds):
        raise TraceError(f"{_place()} does arithmetic with two comparisons. Write np.where(condition, 1.0, 0.0).")


def _is(x, constant: float) -> bool:
    return not isinstance(x, Tracer) and not isinstance(x, bool) and x == constant


def _simplified(graph: Graph, name: str, operands: list):
    """Leave out what changes nothing (x + 0, x · 1, x ÷ 1, x ** 1) and write squares and roots the cheap way."""
    if len(operands) == 2:
        a, b = operands
        if name == "multiply" and _is_logical(a) and _is_logical(b):
            return graph.node("logical_and", a, b)
        if not _is_logical(a) and (_is(b, 0) and name in ("add", "subtract") or _is(b, 1) and name in ("multiply", "divide", "power")):
            return a
        if not _is_logical(b) and (name == "add" and _is(a, 0) or name == "multiply" and _is(a, 1)):
            return b
        if name == "power" and _is(b, 2):
            return graph.node("multiply", a, a)
        if name == "power" and _is(b, 0.5):
            return graph.node("sqrt", a)
    return graph.node(name, *operands)


# Records ------------------------------------------------------------------------------------------------------------


def leaves(value, path="") -> dict[str, float]:
    """The numbers of a record (dataclass, mapping or plain number), by dotted name; texts are left out."""
    if isinstance(value, (bool, np.bool_)):
        return {path: float(value)}
    if isinstance(value, (int, float, np.number)):
        return {path: float(value)}
    if is_dataclass(value):
        items = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, Mapping):
        items = dict(value)
    else:
        return {}
    found = {}
    for name, item in items.items():
        found |= leaves(item, f"{path}.{name}" if path else name)
    return found


class TracedRecord:
    """Looks like the record it was made from (attributes and items), but its numbers are Tracers."""

    def __init__(self, graph, sample, path):
        self._graph, self._sample, self._path = graph, sample, path

    def __getitem__(self, name):
        sample, path = self._sample, f"{self._path}.{name}"
        value = sample[name] if isinstance(sample, Mapping) else getattr(sample, name)
        return _symbol(self._graph, value, path)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


def _symbol(graph, sample, path):
    if isinstance(sample, (int, float, np.number, np.bool_)):
        return graph.node("input", path)
    if isinstance(sample, Mapping) or is_dataclass(sample):
        return TracedRecord(graph, sample, path)
    raise TraceError(f"{_place()} reads {path} = {sample!r}, which is not a number: a page can't compute with it.")


# The trace ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trace:
    """What a model computes. inputs: dotted names it reads, in order. outputs: dotted name → Tracer or constant."""

    inputs: tuple[str, ...]
    outputs: dict[str, Tracer | float]

    def sources(self, output: str) -> set[str]:
        """The inputs that `output` depends on."""
        return {node.operands[0] for node in reachable([self.outputs[output]]) if node.operation == "input"}


def reachable(roots) -> list[Tracer]:
    """Every Tracer the roots depend on, each after its operands."""
    found, stack = {}, [x for x in roots if isinstance(x, Tracer)]
    while stack:
        node = stack.pop()
        if node.order not in found:
            found[node.order] = node
            stack += [x for x in node.operands if isinstance(x, Tracer)]
    return [found[order] for order in sorted(found)]


def flat(outputs, path="") -> dict:
    """A model's result (a mapping or record of numbers, nested as it likes) by dotted names."""
    if is_dataclass(outputs):
        outputs = {field.name: getattr(outputs, field.name) for field in fields(outputs)}
    if not isinstance(outputs, Mapping):
        return {path: outputs}
    found = {}
    for name, value in outputs.items():
        found |= flat(value, f"{path}.{name}" if path else str(name))
    return found


def trace(model, samples: Mapping) -> Trace:
    """Run `model(**samples)` on symbols. samples: parameter → a number or a record, only its shape matters.

    Raises TraceError when the model leaves the arithmetic a page can do.
    """
    graph = Graph()
    result = model(**{name: _symbol(graph, sample, name) for name, sample in samples.items()})
    if not isinstance(result, Mapping) and not is_dataclass(result):
        raise TraceError(f"{model.__name__}() must return a mapping of named numbers, not {type(result).__name__}.")
    outputs = {name: _operand(value) for name, value in flat(result).items()}
    used = [node.operands[0] for node in reachable(outputs.values()) if node.operation == "input"]
    order = {name: i for i, name in enumerate(samples)}
    return Trace(tuple(sorted(used, key=lambda path: (order[path.split(".")[0]], path))), outputs)
