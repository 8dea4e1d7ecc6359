"""The arithmetic a model may use: each NumPy function beside the JavaScript that computes the same.

A template names its operands 0, 1, 2. `binding` is the strength of the outermost JavaScript operator, so that
the code generator sets only the parentheses that are needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ARITHMETIC = Path(__file__).parent / "runtime" / "arithmetic.js"
ATOM, CALL, UNARY, POWER, TIMES, PLUS, COMPARE, EQUAL, AND, OR, CHOICE = 20, 18, 15, 14, 13, 12, 10, 9, 8, 7, 2


@dataclass(frozen=True)
class Operation:
    """One operation: its JavaScript template, how strongly that binds, and how strongly each operand must."""

    template: str
    binding: int
    operands: tuple[int, ...]
    logical: bool = False  # gives true or false, not a number


def infix(symbol, binding, *, logical=False, right=None):
    return Operation(f"{{0}}{symbol}{{1}}", binding, (binding, right or binding + 1), logical)


def call(function, arguments=1):
    inner = ",".join(f"{{{i}}}" for i in range(arguments))
    return Operation(f"{function}({inner})", CALL, (0,) * arguments)


OPERATIONS: dict[str, Operation] = {
    "add": infix("+", PLUS),
    "subtract": infix("-", PLUS),
    "multiply": infix("*", TIMES),
    "divide": infix("/", TIMES),
    "power": Operation("{0}**{1}", POWER, (CALL, POWER)),
    "negative": Operation("-{0}", UNARY, (CALL,)),
    "floor_divide": call("floorDivide", 2),
    "remainder": call("remainder", 2),
    "less": infix("<", COMPARE, logical=True),
    "less_equal": infix("<=", COMPARE, logical=True),
    "greater": infix(">", COMPARE, logical=True),
    "greater_equal": infix(">=", COMPARE, logical=True),
    "equal": infix("==", EQUAL, logical=True),
    "not_equal": infix("!=", EQUAL, logical=True),
    "logical_and": infix("&&", AND, logical=True),
    "logical_or": infix("||", OR, logical=True),
    "logical_not": Operation("!{0}", UNARY, (CALL,), logical=True),
    "where": Operation("{0}?{1}:{2}", CHOICE, (CHOICE + 1, CHOICE, CHOICE)),
    "minimum": call("min", 2),
    "maximum": call("max", 2),
    "absolute": call("abs"),
    "rint": call("rint"),
    "sign": Operation("sign({0})+0", PLUS, (0,)),  # of -0 it is 0
    "arcsin": call("asin"),
    "arccos": call("acos"),
    "arctan": call("atan"),
    "arctan2": call("atan2", 2),
    "hypot": call("hypot", 2),
    "isnan": replace(call("isNaN"), logical=True),
    "isfinite": replace(call("isFinite"), logical=True),
    **{name: call(name) for name in (
        "floor", "ceil", "trunc", "sqrt", "cbrt", "exp", "expm1", "log", "log1p", "log2", "log10",
        "sin", "cos", "tan", "sinh", "cosh", "tanh")},
}  # fmt: skip

NEUTRAL = {"logical_and": True, "logical_or": False}  # which leaves the other operand as it is

# What templates may call: JavaScript's Math, its two questions, and the runtime's own few.
MATH_OF_JAVASCRIPT = set(
    "abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1 floor fround hypot imul log log10 log1p log2 "
    "max min pow random round sign sin sinh sqrt tan tanh trunc".split()
)
GLOBAL = {"isNaN", "isFinite"}
OWN = set(re.search(r"const own = \{(.*?)\}", ARITHMETIC.read_text(encoding="utf-8"))[1].replace(",", " ").split())
CALL_IN = re.compile(r"([A-Za-z]\w*)\(")


def called(templates: Iterable[str]) -> set[str]:
    """The functions of Math that templates call. ValueError for one that no page has."""
    names = {name for template in templates for name in CALL_IN.findall(template)} - GLOBAL - OWN - {"if"}
    if unknown := names - MATH_OF_JAVASCRIPT:
        raise ValueError(f"{', '.join(sorted(unknown))}: neither in JavaScript's Math nor among the runtime's own functions ({ARITHMETIC.name}).")
    return names


# What makes one number of an array: how the loop starts and what each turn does to `{r}` with an element `{x}`.
# A second `{k}` keeps the place.
REDUCTIONS = {
    "sum": ("{r}=0", "{r}+={x}"),
    "min": ("{r}=Infinity", "{r}=min({r},{x})"),
    "max": ("{r}=-Infinity", "{r}=max({r},{x})"),
    "argmin": ("{r}=0,{k}=Infinity", "if(!({x}>={k}||{k}!={k})){k}={x},{r}=i"),  # the first NaN, where there is one
    "argmax": ("{r}=0,{k}=-Infinity", "if(!({x}<={k}||{k}!={k})){k}={x},{r}=i"),
    "any": ("{r}=false", "{r}||={x}"),
    "all": ("{r}=true", "{r}&&={x}"),
}

MATH = called([*(known.template for known in OPERATIONS.values()), *(part for parts in REDUCTIONS.values() for part in parts)])

# NumPy functions that are another one under a second name.
SAME_AS = {
    np.true_divide: "divide", np.fabs: "absolute", np.float_power: "power",
    np.bitwise_and: "logical_and", np.bitwise_or: "logical_or", np.invert: "logical_not",
}  # fmt: skip

# NumPy functions that are other arithmetic in disguise.
WRITTEN_OUT = {
    np.square: lambda x: x * x,
    np.reciprocal: lambda x: 1.0 / x,
    np.exp2: lambda x: 2.0**x,
    np.radians: lambda x: x * (np.pi / 180), np.deg2rad: lambda x: x * (np.pi / 180),
    np.degrees: lambda x: x * (180 / np.pi), np.rad2deg: lambda x: x * (180 / np.pi),
}  # fmt: skip


def name_of(function) -> str | None:
    """The operation a NumPy function stands for, or None when a page can't compute it."""
    name = SAME_AS.get(function, getattr(function, "__name__", ""))
    return name if name in OPERATIONS else None
