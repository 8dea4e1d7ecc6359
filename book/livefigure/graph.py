"""Tracers and the graph they write: the operations of a model as symbols.

A `Tracer` stands for a number, or for an array of numbers of a fixed length, that is not known yet. NumPy asks its
arguments how to apply a function to them (`__array_ufunc__`, `__array_function__`); a Tracer answers by writing the
operation down in its `Graph`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .kinds import STAY_WHOLE, check_kinds, check_whole, is_logical, is_whole, may_be_minus_zero
from .operations import OPERATIONS, REDUCTIONS, WRITTEN_OUT, name_of
from .refusal import TraceError, place, refusal
from .simplify import simplified

KNOWN = (
    "Known are operators, sum() over a list, np.where, np.select, np.clip, np.round, np.interp, np.take, np.minimum.reduceat, np.abs(np.fft.rfft(array)), "
    f"np.{', np.'.join(sorted({*OPERATIONS, *REDUCTIONS, *(function.__name__ for function in WRITTEN_OUT)}))}."
)


@dataclass(frozen=True)
class Table:
    """An array of known numbers in the graph."""

    values: tuple[float, ...]


@dataclass
class Scan:
    """A loop with memory: each carry becomes the next one of the same place at the end of every turn."""

    carries: list[Tracer]
    following: list[Tracer | float]

    def after(self, carry: Tracer) -> Tracer | float:
        """What `carry` becomes at the end of a turn."""
        return next(following for known, following in zip(self.carries, self.following) if known is carry)


class Graph:
    """All operations written down during one trace; equal ones are shared."""

    def __init__(self):
        self.scans: list[Scan] = []
        self._known: dict[tuple, Tracer] = {}

    def node(self, operation: str, *operands, length: int | None = None, whole: bool = False) -> Tracer:
        key = (operation, length, whole, *(id(x) if isinstance(x, Tracer) else (type(x), x, isinstance(x, float) and str(x)[:1]) for x in operands))  # -0.0 is not 0.0
        if key not in self._known:
            self._known[key] = Tracer(self, operation, operands, len(self._known), length, whole)
        return self._known[key]

    def scan_of(self, carry: Tracer) -> Scan:
        """The loop that a carry belongs to."""
        return self.scans[carry.operands[1]]

    def operand(self, x):
        """What stands in the graph for x: a Tracer as it is, a number as a float, an array as a table."""
        if isinstance(x, np.ndarray) and not x.ndim:
            x = x.item()
        if isinstance(x, Tracer):
            return x
        if isinstance(x, (bool, np.bool_)):
            return bool(x)
        if isinstance(x, (list, tuple, np.ndarray)) and np.ndim(x):
            return self.node("table", table(x), length=len(x), whole=is_whole(x))
        try:
            return float(x)
        except (TypeError, ValueError, OverflowError):
            raise TraceError(f"{place()} combines a traced value with {str(x)[:40]!r}, which is not a number that a page has.") from None


def table(x) -> Table:
    """A fixed array of numbers. Raises TraceError for anything else."""
    values = np.asarray(x)
    if values.ndim != 1 or values.dtype.kind not in "biuf" or not values.size:
        raise TraceError(f"{place()} combines a traced value with an array that is not one row of plain numbers.")
    return Table(tuple(values.astype(float).tolist()))


class Tracer:
    """A value that is not known yet: the result of `operation` on `operands` (Tracers, floats, tables).

    length: None for a number, else how many elements the array has.
    whole: whether NumPy would hold it as an integer (a count, a place), with integers' own rules of division.
    """

    __slots__ = ("graph", "operation", "operands", "order", "length", "whole")

    def __init__(self, graph, operation, operands, order, length, whole):
        self.graph, self.operation, self.operands, self.order, self.length, self.whole = graph, operation, operands, order, length, whole

    @property
    def logical(self) -> bool:
        if self.operation == "where":
            return all(is_logical(x) for x in self.operands[1:])
        if self.operation in ("take", "carry"):
            return is_logical(self.operands[0])
        return self.operation in OPERATIONS and OPERATIONS[self.operation].logical or self.operation in ("any", "all")

    @property
    def shape(self) -> tuple[int, ...]:
        return () if self.length is None else (self.length,)

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: self.length or 1)

    def __repr__(self):
        return f"<traced {self.operation}>"

    # NumPy's two questions -------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method == "reduce" and ufunc in REDUCING:
            return self._reduce(REDUCING[ufunc], options)
        if method == "reduceat" and ufunc is np.minimum:
            return self._least_of_each(*inputs, **options)
        if "out" in options:
            raise TraceError(f"{place()} writes into an array (a *= x), which a page can't follow. Make a new one: a = a * x.")
        if method != "__call__" or options:
            raise TraceError(f"{place()} uses np.{ufunc.__name__}.{method} with options; only the plain call can be traced.")
        if any(isinstance(x, np.ndarray) and x.dtype == object for x in inputs):  # an array of tracers, one by one
            return np.vectorize(ufunc, otypes=[object])(*inputs)
        return self._apply(ufunc, *inputs)

    def __array_function__(self, function, types, args, options):
        name = function.__name__
        if function is np.where and len(args) == 3:
            return self._apply(np.where, *args)
        limits = dict(zip(("min", "max"), args[1:])) | {option.removeprefix("a_"): limit for option, limit in options.items()}
        if function is np.clip and limits.keys() <= {"min", "max"}:
            low, high = limits.get("min"), limits.get("max")
            value = args[0] if low is None else np.maximum(args[0], low)
            return value if high is None else np.minimum(value, high)
        if function in (np.round, np.around) and options.keys() <= {"decimals"}:
            return _rounded(*args, **options)
        if function is np.select:
            conditions, choices, otherwise = (*args, options.get("default", 0))[:3]
            for condition, choice in zip(reversed(conditions), reversed(choices)):
                otherwise = np.where(condition, choice, otherwise)
            return otherwise
        if function is np.interp and len(args) == 3 and not options and isinstance(args[0], Tracer):
            return self._between(*map(table, args[1:]))
        if function is np.take and isinstance(args[0], Tracer) and not options:
            return _taken(*args)
        if function is np.fft.rfft and len(args) == 1 and not options and self.length:
            return Harmonics(self)
        if function is np.mean:
            return self._reduce("sum", options) / self.size
        if ALIASES.get(name, name) in REDUCTIONS and len(args) == 1:
            return self._reduce(ALIASES.get(name, name), options)
        raise TraceError(f"{place()} calls np.{name} on a traced value, which a page can't follow. {KNOWN}")

    def _apply(self, function, *inputs):
        if function in WRITTEN_OUT:
            check_whole(function.__name__, inputs)
            return WRITTEN_OUT[function](*inputs)
        if function is np.float_power:  # a power of whole numbers, too, is none
            inputs = [np.multiply(1.0, x) for x in inputs]
        name = name_of(function)
        if name is None:
            raise TraceError(f"{place()} calls np.{function.__name__} on a traced value, which a page can't compute. {KNOWN}")
        operands = [self.graph.operand(x) for x in inputs]
        check_kinds(name, operands)
        check_whole(name, inputs)
        if name == "where" and not isinstance(operands[0], Tracer):
            condition, one, other = operands
            return _filled(one, _length(other)) if condition else _filled(other, _length(one))
        if name == "where" and not is_logical(operands[0]):
            operands[0] = operands[0] != 0
        whole = name in STAY_WHOLE and all(map(is_whole, inputs[name == "where" :]))
        if whole and name == "negative":
            return np.subtract(0, *inputs)
        found = simplified(self.graph, name, operands, whole)
        return np.add(found, 0) if whole and may_be_minus_zero(name, operands) else found

    def _reduce(self, name: str, options: dict):
        if options.keys() - {"axis"} or options.get("axis") not in (None, 0):
            raise TraceError(f"{place()} reduces a traced array with options; write np.{name}(array).")
        if self.operation == "table":
            return getattr(np, name)(np.array(self.operands[0].values, int if self.whole else float))
        array = self != 0 if name in ("any", "all") and not self.logical else self
        if self.length is None:
            return np.int64(0) if name in ("argmin", "argmax") else array + 0 if name == "sum" else array  # the sum of -0 is 0
        return self.graph.node(name, array, whole=name in ("argmin", "argmax") or name == "sum" and is_whole(self) or self.whole)

    def _between(self, xs: Table, ys: Table):
        """np.interp of this value."""
        if len(xs.values) != len(ys.values) or not np.isfinite(xs.values + ys.values).all() or (np.diff(xs.values) < 0).any():
            raise TraceError(f"{place()} gives np.interp points that are not finite and in rising order, one y for each x.")
        if len(ys.values) == 1:
            return _filled(ys.values[0], self.length)
        return self.graph.node("interp", self, xs, ys, length=self.length)

    def _least_of_each(self, array, starts, **options):
        """The least element of each group of neighbours, all groups of one size."""
        size = self.size // len(starts)
        if options or array is not self or list(starts) != [*range(0, array.size, size)]:
            raise TraceError(f"{place()} reduces groups of unlike size; write np.minimum.reduceat(array, range(0, array.size, size)).")
        return self.graph.node("least", self, float(size), length=len(starts))

    def __getitem__(self, index):
        if self.length is None or not isinstance(index, (int, np.integer, Tracer)):
            raise TraceError(f"{place()} takes {index!r} of a traced value. One element of a traced array may be taken, a[i], or one at each of an array of places.")
        if is_logical(index):
            raise TraceError(f"{place()} takes elements by a condition. An array keeps its length in a page: write np.where(condition, a, 0.0).")
        if not is_whole(index):
            raise TraceError(f"{place()} takes an element at a place that need not be whole: write a[np.floor(place).astype(int)].")
        known = [index] if not isinstance(index, Tracer) else index.operands[0].values if index.operation == "table" else []
        if wrong := [at for at in known if not -self.length <= at < self.length]:
            raise TraceError(f"{place()} takes element {wrong[0]:g} of a traced array of {self.length}.")
        if not isinstance(index, Tracer):
            index = float(index % self.length)
        return self.graph.node("take", self, index, length=_length(index), whole=self.whole)

    # Loops ---------------------------------------------------------------------------------------------------------

    def __traced_scan__(self, step, state, xs):
        """`scan(step, state, xs)` over traced arrays: one turn, written down once."""
        paths = _tree(xs)
        lengths = {len(x) if isinstance(x, (list, tuple, np.ndarray)) else x.length for x in paths.values()}
        if len(lengths) != 1 or None in lengths:
            raise TraceError(f"{place()} scans over {sorted(map(str, lengths))} elements; all of xs must be arrays of one length.")
        (length,) = lengths
        elements = {path: self.graph.operand(x) for path, x in paths.items()}
        whole = {path: is_whole(initial) for path, initial in _tree(state).items()}
        while True:
            scan = Scan([], [])
            self.graph.scans.append(scan)
            for path, initial in _tree(state).items():
                number, start = len(self.graph.scans) - 1, self.graph.operand(initial)
                if isinstance(start, Tracer) and start.length is not None:
                    raise TraceError(f"{place()} starts a scan from an array; its state must be numbers.")
                scan.carries.append(self.graph.node("carry", start, number, path, length=length, whole=whole[path]))
            after, ys = step(_untree(state, iter(scan.carries)), _untree(xs, iter(elements.values())))
            scan.following = [self.graph.operand(x) for x in _tree(after).values()]
            stays = {path: whole[path] and is_whole(x) for path, x in _tree(after).items()}
            if stays == whole:
                break
            whole = stays  # what began as a whole number is none after a turn: write the turn down anew
        leaves = [self.graph.node("last", carry, whole=carry.whole) for carry in scan.carries]
        series = [_filled(x, length) for x in _tree(ys).values()]
        return _untree(after, iter(leaves)), _untree(ys, iter(series))

    # What Python would need to know the value for ---------------------------------------------------------------

    __bool__ = refusal(
        "asks for the truth (if, while, and, or, not, min(), max(), a chained comparison)",
        "Write np.where(condition, a, b), np.minimum, np.maximum, np.logical_and.",
    )
    __float__ = refusal("asks for the plain number (float() or a math.* function)", "Write np.* instead of math.*.")
    __int__ = __index__ = refusal(
        "asks for the integer (int(), range() or an index)", "Write np.floor or np.round; look values up with np.interp."
    )
    __iter__ = refusal("asks for the elements", "Use whole arrays (np.sum, np.max), or loop over a fixed list of numbers.")
    __hash__ = object.__hash__
    __complex__ = refusal("asks for the complex number", "A page has none: write np.* instead of cmath.*, real and imaginary part apart.")
    __len__ = refusal("asks for the length (len())", "Write a.size.")
    __setitem__ = refusal("sets an element", "Make a new array: np.where(np.arange(a.size) == i, value, a).")
    __divmod__ = __rdivmod__ = refusal("asks for divmod()", "Write a // b and a % b.")
    __matmul__ = __rmatmul__ = refusal("takes the product @", "Write np.sum(a * b).")
    __xor__ = __rxor__ = refusal("takes the operator ^", "Write a ** b for a power, a != b for two conditions.")
    __lshift__ = __rlshift__ = refusal("shifts by <<", "Write a * 2.0 ** b.")
    __rshift__ = __rrshift__ = refusal("shifts by >>", "Write np.floor(a / 2.0 ** b).")

    def __getattr__(self, name):
        if name.startswith("__") or not hasattr(np.ndarray, name):
            raise AttributeError(f"a traced value has no attribute {name!r}")
        raise AttributeError(f"{place()} asks for .{name} of a traced value, which a page can't follow. {KNOWN}")

    def __format__(self, form):
        return repr(self) if not form else refusal(f"asks for the text (:{form})", "A readout's text says its own format: Readout(\"{:.1f} days\").")(self)

    def __round__(self, digits=None):
        return _rounded(self, digits) if digits is not None else _as(np.rint(self), int)


ALIASES = {"amin": "min", "amax": "max"}
REDUCING = {np.add: "sum", np.minimum: "min", np.maximum: "max", np.logical_and: "all", np.logical_or: "any"}


def _operators():
    """Give Tracer Python's operators, and the methods that NumPy's arrays have (`exp`, `sum`, ...)."""
    two = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "floordiv": np.floor_divide,
           "mod": np.remainder, "pow": np.power, "and": np.logical_and, "or": np.logical_or}  # fmt: skip
    compare = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal}
    one = {"neg": np.negative, "abs": np.absolute, "invert": np.logical_not, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc}
    for name, function in (two | compare | one).items():
        setattr(Tracer, f"__{name}__", _method(function))
    for name, function in two.items():
        setattr(Tracer, f"__r{name}__", lambda self, other, f=function: f(other, self))
    Tracer.__pos__ = lambda self: self
    for name in [*REDUCTIONS, *(name for name, operation in OPERATIONS.items() if len(operation.operands) == 1), "mean", "clip", "round"]:
        setattr(Tracer, name, _method(getattr(np, name)))
    Tracer.astype = lambda self, kind: _as(self, kind)


def _method(function):
    """`function` with the value itself as its first argument."""
    return lambda self, *args, **options: function(self, *args, **options)


_operators()


def _tree(tree, path="") -> dict:
    """The leaves of nested tuples and dicts, by path."""
    if isinstance(tree, (tuple, dict)):
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return {p: leaf for key, branch in items for p, leaf in _tree(branch, f"{path}/{key}").items()}
    return {path: tree}


def _untree(tree, leaves):
    """The same nesting with other leaves."""
    if isinstance(tree, dict):
        return {key: _untree(branch, leaves) for key, branch in tree.items()}
    if isinstance(tree, tuple):
        return tuple(_untree(branch, leaves) for branch in tree)
    return next(leaves)


def _length(x) -> int | None:
    """How many elements a traced array has; None for a number."""
    return getattr(x, "length", None)


def _as(x: Tracer, kind):
    """x as whole numbers, as places in an array are given, or as others."""
    letter = np.dtype(kind).kind
    if letter == "f":
        return np.multiply(1.0, x)
    if letter not in "iu":
        raise TraceError(f"{place()} makes a traced value a {getattr(kind, '__name__', kind)}; only a.astype(int) and a.astype(float) can be traced.")
    if x.whole:
        return x
    rounded = x if x.logical or x.operation in ("floor", "ceil", "rint") else np.trunc(x)
    return x.graph.node("add", rounded, 0.0, length=x.length, whole=True)  # which makes 0 of -0


def _taken(array: Tracer, places):
    """np.take: one element, or one at each of an array of places, which may be known."""
    return array[array.graph.operand(places) if isinstance(places, (list, tuple, np.ndarray)) and np.ndim(places) else places]


class Harmonics:
    """np.fft.rfft of a traced array. A page has no complex numbers, but the size of each: np.abs(np.fft.rfft(a))."""

    def __init__(self, array: Tracer):
        self.array = array

    def __abs__(self):
        return self.array.graph.node("harmonic", self.array, length=self.array.length // 2 + 1)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if ufunc is np.absolute and method == "__call__" and not options:
            return abs(self)
        raise TraceError(f"{place()} uses np.{ufunc.__name__} of np.fft.rfft(); only np.abs(np.fft.rfft(array)) can be traced.")


def _filled(x, length: int | None):
    """x, or where arrays of this length are wanted and x is a number, an array of it."""
    return x if length is None or _length(x) else np.zeros(length) + x


def _rounded(x, decimals: int = 0):
    """To so many decimals, in NumPy's own steps."""
    if isinstance(x, Tracer) and x.whole:
        return x if decimals >= 0 else _as(_rounded(_as(x, float), decimals), int)
    if decimals == 0:
        return np.rint(x)
    return np.rint(x * 10.0**decimals) / 10.0**decimals if decimals > 0 else np.rint(x / 10.0**-decimals) * 10.0**-decimals
