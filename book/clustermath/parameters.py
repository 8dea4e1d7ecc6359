"""What every parameter means, in which unit, and which values are possible: said once, here.

One `Parameter` guards the Python call (`checked`), bounds the slider, and fills the docs and the tests.
Two functions that take a parameter of the same name mean the same thing by it, in the same unit.
"""

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
    """

    name: str
    unit: str
    low: float
    high: float
    meaning: str
    integer: bool = False
    show: tuple[float, float] | None = None

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
        try:
            numbers = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(f"{where}{self.name} = {value!r} is not a number. {self.allowed()}") from None
        with np.errstate(invalid="ignore"):
            wrong = ~((numbers >= self.low) & (numbers <= self.high))
            if self.integer:
                wrong |= numbers != np.floor(numbers)
        if wrong.any():
            culprit = numbers[wrong].flat[0] if numbers.ndim else float(numbers)
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


def checked(function):
    """Check every declared parameter of `function` at the public boundary: once per outermost call, not in nested ones."""
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

    return guarded


declare("flops", "FLOP", 0, 1e32, "floating point operations of the whole run")
declare("params", "1", 1, 1e15, "parameters of the model that take part in each token's arithmetic")
declare("tokens", "token", 0, 1e17, "tokens trained on")
declare("gpus", "gpu", 1, 1e8, "number of GPUs", integer=True, show=(256, 1_000_000))
declare("peak_flops", "FLOP/s/gpu", 1e6, 1e20, "dense peak of one GPU at the precision used")
declare("mfu", "1", 1e-4, 1, "model FLOPs utilisation, the share of the peak that reaches the model", show=(0.05, 1))
declare("goodput", "1", 1e-4, 1, "share of the wall clock that makes progress", show=(0.5, 1))
declare("speedup", "1", 0.01, 1e4, "factor by which the part that speeds up gets faster", show=(1, 10))
declare("serial", "1", 0, 1, "share of the time that does not speed up", show=(0, 0.5))
declare("time", "s", 0, 1e12, "wall-clock time")
declare("gpu_time", "s*gpu", 0, 1e20, "time summed over all GPUs")
declare("power", "W/gpu", 0, 1e5, "average power drawn for one GPU")
declare("pue", "1", 1, 3, "power usage effectiveness, facility power over IT power")
declare("price", "dollar/s/gpu", 0, 1, "rent of one GPU for one second")
