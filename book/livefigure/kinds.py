"""Truth values, whole numbers and all others: NumPy has rules of its own for each kind, a page has one kind of number.

Where the rules agree, a trace keeps the kind of each value; where they don't, it refuses, or writes what gives NumPy's answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .refusal import TraceError, place

# What keeps whole numbers whole.
STAY_WHOLE = {
    "add", "subtract", "multiply", "negative", "absolute", "minimum", "maximum", "floor_divide", "remainder", "power", "where",
    "sign", "floor", "ceil", "trunc",
}  # fmt: skip


def is_logical(x) -> bool:
    return bool(getattr(x, "logical", isinstance(x, (bool, np.bool_))))


def is_whole(x) -> bool:
    """Whether NumPy would hold x as integers or truth values."""
    return x.whole or x.logical if hasattr(x, "whole") else np.asarray(x).dtype.kind in "biu"


def kind_of(x) -> bool | None:
    """Whether a number is a whole one; None for a truth value."""
    return None if is_logical(x) else bool(getattr(x, "whole", False))


def check_whole(name: str, inputs: Sequence) -> None:
    """NumPy's integers have rules of their own where a number is divided by 0, or raised to a negative power: refuse these."""
    if name not in ("floor_divide", "remainder", "power", "reciprocal") or not all(map(is_whole, inputs)):
        return
    last = inputs[-1].operands[0].values if getattr(inputs[-1], "operation", "") == "table" else inputs[-1]
    if hasattr(last, "whole") or not np.all(np.asarray(last) > 0 if name == "power" else last):
        what = {"power": "a power of two whole numbers", "reciprocal": "one over a whole number"}.get(name, "// or % of two whole numbers")
        raise TraceError(
            f"{place()} computes {what} (counts, places), for which NumPy has other rules than a page. Make one of them a float: write 1.0 * count."
        )


def check_kinds(name: str, operands: list) -> None:
    """NumPy and JavaScript disagree on arithmetic with truth values: refuse it."""
    kinds = [is_logical(x) for x in operands]
    if name.startswith("logical") and not all(kinds):
        raise TraceError(f"{place()} joins numbers with & | ~: compare them first, as in (a > 0) & (b > 0).")
    if name in ("add", "subtract", "negative", "floor_divide", "remainder", "power", "divide") and all(kinds):
        raise TraceError(f"{place()} does arithmetic with two comparisons. Write np.where(condition, 1.0, 0.0).")


def may_be_minus_zero(name: str, operands: list) -> bool:
    """Whether a page's result for whole numbers may be -0, where NumPy's integers have one zero only: 0 · -3, 0 % -3."""
    return name in ("multiply", "floor_divide", "remainder") and not any(not hasattr(x, "whole") and x > 0 for x in operands)
