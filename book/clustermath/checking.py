"""Guards at the public boundary: what a parameter is, and the decorator that refuses impossible values."""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

@dataclass(frozen=True)
class Parameter:
    """One named quantity: its unit, its possible values, and what it means in a sentence.

    unit: pint expression over [s, B, FLOP, W, J, token, gpu, dollar], or "1" for a pure number.
    low, high: the closed interval of possible values, in that unit.
    integer: whole numbers only.
    show: the narrower interval a slider offers, where the possible one is too wide to drag through.
    static: a number that gives a computation its shape, such as a count of time steps; it can't be traced.
    """

    name: str
    unit: str
    low: float
    high: float
    meaning: str
    integer: bool = False
    show: tuple[float, float] | None = None
    static: bool = False

    @property
    def shown(self) -> tuple[float, float]:
        return self.show or (self.low, self.high)

    def check(self, value, function="") -> None:
        """Raise ValueError if `value` (number, array or pint quantity) holds an impossible value; let tracers pass."""
        if hasattr(value, "m_as"):  # a pint quantity: refuses a wrong dimension by itself
            value = value.m_as(self.unit)
        if not isinstance(value, (int, float, np.ndarray, np.generic, list, tuple, str, type(None))):
            return  # a tracer stands for every value: nothing to check
        where = f"{function}(): " if function else ""
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "biuf":
            raise ValueError(f"{where}{self.name} = {value!r} is not a number. {self.allowed()}")
        with np.errstate(invalid="ignore"):
            wrong = ~((numbers >= self.low) & (numbers <= self.high))
            if self.integer:
                wrong |= numbers != np.floor(numbers)
        if wrong.any():
            culprit = numbers[wrong].flat[0] if numbers.ndim else numbers.item()
            raise ValueError(f"{where}{self.name} = {culprit:g} is not possible. {self.allowed()}")

    def allowed(self) -> str:
        """The allowed range as a sentence: "gpus (number of GPUs) must be a whole number from 1 to 1e+08"."""
        kind = "a whole number" if self.integer else "a number"
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.name} ({self.meaning}) must be {kind} from {self.low:g} to {self.high:g}{unit}."


PARAMETERS: dict[str, Parameter] = {}


def declare(name, unit, low, high, meaning, **options) -> Parameter:
    """Add a parameter to the one list; a second meaning for a name is an error."""
    if name in PARAMETERS:
        raise ValueError(f"parameter {name!r} is declared twice")
    PARAMETERS[name] = Parameter(name, unit, low, high, meaning, **options)
    return PARAMETERS[name]


_inside = ContextVar("inside a checked call", default=False)


def checked(function=None, *, returns=None):
    """Check every declared parameter of `function` at the public boundary: once per outermost call, not in nested ones.

    returns: the unit of what comes back, as in `Parameter.unit`; for a record, {field: unit}. Kept as
    `function.returns`, where the docs and the dimension test find it.
    """
    if function is None:
        return functools.partial(checked, returns=returns)
    signature = inspect.signature(function)
    guards = {name: PARAMETERS[name] for name in signature.parameters if name in PARAMETERS}

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        if _inside.get():
            return function(*args, **kwargs)
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if name in guards:
                guards[name].check(value, function.__name__)
        token = _inside.set(True)
        try:
            return function(*args, **kwargs)
        finally:
            _inside.reset(token)

    guarded.returns = returns
    return guarded
