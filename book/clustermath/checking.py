"""Guards at the public boundary: what a parameter is, and the decorator that refuses impossible values."""

from __future__ import annotations

import functools
import inspect
import numbers
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from types import BuiltinFunctionType, FunctionType, ModuleType

import numpy as np

PLAIN = (numbers.Number, Decimal, np.ndarray, np.generic)  # what holds numbers that can be looked at
# What is none; lists, tuples and ranges may hold some. Anything else stands for every value, as a tracer does.
NO_NUMBER = (str, bytes, bytearray, list, tuple, dict, set, frozenset, range, Iterator, type, FunctionType, BuiltinFunctionType, ModuleType, type(None))


KINDS: dict[str, type] = {}  # every class of records, by its name, which annotations say


@dataclass(frozen=True)
class Parameter:
    """One named quantity: its unit, its possible values, and what it means in a sentence.

    unit: pint expression over [s, B, FLOP, W, J, token, gpu, dollar], or "1" for a pure number.
    low, high: the closed interval of possible values, in that unit.
    integer: whole numbers only. only: the possible values, where they are few.
    show: the narrower interval a slider offers, where the possible one is too wide to drag through.
    static: a number that gives a computation its shape, such as a count of time steps; it can't be traced.
    at_most: another parameter that this one can't exceed, where a function takes both.
    series: samples along the first axis of an array, of which there is at least one.
    """

    name: str
    unit: str
    low: float
    high: float
    meaning: str
    integer: bool = False
    show: tuple[float, float] | None = None
    static: bool = False
    only: tuple[float, ...] = ()
    at_most: str = ""
    series: bool = False

    @property
    def shown(self) -> tuple[float, float]:
        return self.show or (self.low, self.high)

    def check(self, value, function=""):
        """`value` (number, array or pint quantity), as what can be computed with: lists and whole numbers of fixed size
        become arrays of doubles, which don't overflow. Tracers pass as they are.

        Raises ValueError, naming argument and range, if it holds an impossible value.
        """
        return self.checked_value(value, f"{function}(): " if function else "")

    def checked_value(self, value, where=""):
        """As `check`; where: what the message begins with."""
        if isinstance(value, (float, int)) and type(value) is not bool:  # most calls: no array is made
            possible = self.low <= value <= self.high and not (self.integer and value % 1) and (not self.only or value in self.only)
            if possible and not self.series:
                return float(value) if abs(value) >= 2**63 else value  # NumPy's whole numbers end there
        if hasattr(value, "m_as"):  # a pint quantity: refuses a wrong dimension by itself
            self._refuse_impossible(np.asarray(value.m_as(self.unit), float), where)
            return value * 1.0
        if not isinstance(value, PLAIN + NO_NUMBER) and KINDS.get(type(value).__name__) is not type(value):
            return value  # a tracer stands for every value: nothing to check
        doubles = self._doubles(value, where)
        self._refuse_impossible(doubles, where)
        if getattr(value, "dtype", None) == np.float64:
            return value
        return doubles if doubles.ndim else float(doubles)

    def _doubles(self, value, where):
        """`value` as an array of doubles; ValueError if it holds anything but real numbers."""
        try:
            held = np.asarray(value)
            if held.dtype.kind == "O":  # fractions, decimals, and whole numbers beyond 64 bits
                if not all(isinstance(number, (numbers.Real, Decimal)) for number in held.flat):
                    raise TypeError
            elif held.dtype.kind not in "biuf":
                raise TypeError
            return held.astype(float)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{where}{self.name} = {value!r} is not a number. {self.allowed()}") from None

    def _refuse_impossible(self, doubles, where):
        if self.series and not (doubles.ndim and len(doubles)):
            what = "is empty" if doubles.ndim else f"= {doubles:g} is one number"
            raise ValueError(f"{where}{self.name} {what}. {self.allowed()}")
        with np.errstate(invalid="ignore"):
            wrong = ~((doubles >= self.low) & (doubles <= self.high))
            if self.integer:
                wrong |= doubles != np.floor(doubles)
            if self.only:
                wrong |= ~np.isin(doubles, self.only)
        if wrong.any():
            culprit = doubles[wrong].flat[0] if doubles.ndim else doubles.item()
            raise ValueError(f"{where}{self.name} = {culprit:g} is not possible. {self.allowed()}")

    def allowed(self) -> str:
        """The allowed range as a sentence: "gpus (number of GPUs) must be a whole number from 1 to 1e+08"."""
        name = f"{self.name} ({self.meaning})" if self.meaning else self.name
        unit = "" if self.unit == "1" else f" {self.unit}"
        if self.only:
            *most, last = (f"{value:g}" for value in self.only)
            return f"{name} must be {', '.join(most)} or {last}{unit}."
        kind = "an array of at least one number" if self.series else "a whole number" if self.integer else "a number"
        interval = f"from {self.low:g} to {self.high:g}" if self.high < np.inf else f"that is at least {self.low:g}"
        return f"{name} must be {kind} {interval}{unit}."

    def check_at_most(self, value, other, function):
        """Raise ValueError if `value` exceeds that of the parameter `at_most`; rounding is forgiven, tracers pass."""
        if isinstance(value, (int, float, np.ndarray)) and isinstance(other, (int, float, np.ndarray)):
            wrong = np.asarray(value > other * (1 + 1e-9))
            if wrong.any():
                culprit, most = (np.broadcast_to(side, wrong.shape)[wrong].flat[0] for side in (value, other))
                raise ValueError(
                    f"{function}(): {self.name} = {culprit:g} is not possible. {self.name} ({self.meaning}) "
                    f"must be at most {self.at_most} = {most:g}."
                )


PARAMETERS: dict[str, Parameter] = {}


def declare(name, unit, low, high, meaning, **options) -> Parameter:
    """Add a parameter to the one list; a second meaning for a name is an error."""
    if name in PARAMETERS:
        raise ValueError(f"parameter {name!r} is declared twice")
    PARAMETERS[name] = Parameter(name, unit, low, high, meaning, **options)
    return PARAMETERS[name]


def _refuse_classes(function: str, given: dict, takes: dict[str, str]) -> None:
    """Raise TypeError where a class stands instead of one of its records: it has the defaults of some fields."""
    for name, value in given.items():
        if type(value) is type and takes[name] in KINDS:
            raise TypeError(f"{function}(): {name} is the class {value.__name__} itself, not one of its records: write {takes[name]}(...)")


def _refuse_other_kinds(function: str, given: dict, takes: dict[str, str], problem: AttributeError | None = None) -> None:
    """Raise TypeError where what was given is no record of the class that is wanted. problem: the field that was missing, if one was."""
    for name, value in given.items():
        kind, wanted = type(value), takes[name]
        record = KINDS.get(kind.__name__) is kind or isinstance(value, PLAIN + NO_NUMBER)
        if wanted in KINDS and record and all(base.__name__ != wanted for base in kind.__mro__):
            raise TypeError(f"{function}(): {name} must be a record of the class {wanted}, not {kind.__name__}") from problem


# What the functions of records alone have given inside the outermost checked call that is running; None outside of one.
_found: ContextVar[dict | None] = ContextVar("found inside a checked call", default=None)


def inside_checked_call() -> bool:
    """Whether a function that is `checked` is running: what it makes inside has been checked where it came in."""
    return _found.get() is not None


def _number(result):
    """Python's number for one of NumPy's, or for an array without dimensions: arithmetic on those takes many times as long."""
    if type(result) is dict:
        return {part: value if type(value) is float else _number(value) for part, value in result.items()}
    return result.item() if isinstance(result, np.generic) or type(result) is np.ndarray and not result.ndim else result


def _arguments(function) -> tuple[tuple[str, ...], dict[str, str]]:
    """The names of a function's arguments, and of what class those that are annotated are."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    annotated = {name: function.__annotations__[name] for name in names if name in function.__annotations__}
    return names, {name: kind if isinstance(kind, str) else getattr(kind, "__name__", "") for name, kind in annotated.items()}


def takes_records(function):
    """Say by name what is no record of the class that its annotation names: for functions that make records out of records,
    whose own numbers are still to be checked, or go through many of them."""
    names, takes = _arguments(function)

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        records = {name: value for name, value in (*zip(names, args), *kwargs.items()) if name in takes}
        _refuse_classes(function.__name__, records, takes)
        _refuse_other_kinds(function.__name__, records, takes)
        return function(*args, **kwargs)

    return guarded


def checked(function=None, *, returns=None):
    """Check every declared parameter of `function` at the public boundary: once per outermost call, not in nested ones.

    A function of records alone (all its parameters are annotated) is computed once for the same records in an outermost
    call, however many formulas ask for it: what it gives must be left as it is.
    returns: the unit of what comes back, as in `Parameter.unit`; for a record, {field: unit}. Kept as
    `function.returns`, where the docs and the dimension test find it.
    """
    if function is None:
        return functools.partial(checked, returns=returns)
    names, takes = _arguments(function)
    guards = {name: PARAMETERS[name] for name in names if name in PARAMETERS}
    bounded = [guard for guard in guards.values() if guard.at_most in guards]
    of_records = len(takes) == len(names)
    signature = functools.cache(lambda: inspect.signature(function))

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        found = _found.get()
        if found is not None:
            if kwargs or not of_records:
                return function(*args, **kwargs)
            key = (function, *map(id, args))
            if (known := found.get(key)) is None:
                result = function(*args)
                known = found[key] = result if type(result) is float else _number(result), args  # which stay what their ids stand for as long as they are kept
            return known[0]
        if takes:
            records = {name: value for name, value in (*zip(names, args), *kwargs.items()) if name in takes}
            _refuse_classes(function.__name__, records, takes)
        converted = False
        bound = signature().bind(*args, **kwargs) if guards else None
        given = bound.arguments if guards else {}
        for name, value in given.items():
            if name in guards:
                given[name] = guards[name].check(value, function.__name__)
                converted = converted or given[name] is not value
        for guard in bounded:
            if guard.name in given and guard.at_most in given:
                guard.check_at_most(given[guard.name], given[guard.at_most], function.__name__)
        token = _found.set({})
        try:
            return function(*bound.args, **bound.kwargs) if converted else function(*args, **kwargs)
        except AttributeError as problem:
            if takes:
                _refuse_other_kinds(function.__name__, records, takes, problem)
            raise
        except ZeroDivisionError as problem:
            for name, value in given.items():
                if name in guards and isinstance(value, (float, int)) and not value:
                    raise ValueError(f"{function.__name__}(): {name} = 0 is not possible here, where something is divided by it. {guards[name].allowed()}") from problem
            raise
        finally:
            _found.reset(token)

    guarded.returns = returns
    return guarded
