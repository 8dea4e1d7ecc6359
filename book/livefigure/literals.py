"""Known numbers as JavaScript text: all digits of a number, and an array by its pattern where it has one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from .operations import ATOM, CALL, CHOICE, PLUS, TIMES


def number(value: float) -> str:
    """A constant with all its digits, as short as JavaScript allows: 0.5 → .5, 86400.0 → 86400, 1000000.0 → 1e6."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(float(value)).replace("e+", "e").replace("e-0", "e-")
    text = re.sub(r"(0{3,})$", lambda zeros: f"e{len(zeros[0])}", text.removesuffix(".0"))
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def array(values: Sequence[float]) -> str:
    """An array with all its numbers."""
    return f"[{','.join(map(number, values))}]"


def element(values: Sequence[float], at: str, name: Callable[[Sequence[float]], str]) -> tuple[str, int]:
    """Element `at` of an array, and how strongly the text binds. `name` gives the name under which an array is kept.

    Ranges are a line. Grids made by meshgrid, repeat or tile are a few values, each held for a while, over and over.
    """
    if not all(map(math.isfinite, values)):
        return f"{name(values)}[{at}]", CALL
    at = at if at.isalnum() else f"({at})"
    last = len(values) - 1
    for step in (values[1] - values[0], (values[-1] - values[0]) / last) if last else (0.0,):
        if _is_line(values, step):
            return _line(values[0], step, at)
        if last > 8 and _is_line(values[:-1], step):  # np.linspace sets its end exactly
            return f"{at}<{last}?{_line(values[0], step, at)[0]}:{number(values[-1])}", CHOICE
    held = next(i for i, v in enumerate(values) if v != values[0])
    once = values[::held]
    if len(values) % held or any(values[i] != once[i // held] for i in range(len(values))):
        return f"{name(values)}[{at}]", CALL
    period = next(p for p in range(1, len(once) + 1) if len(once) % p == 0 and all(v == once[i % p] for i, v in enumerate(once)))
    place = f"({at}/{held}|0)" if held > 1 else at
    if period < len(once):
        place = f"{place}%{period}"
    step = once[1] - once[0]
    if period > 3 and _is_line(once[:period], step):
        return _line(once[0], step, f"({place})")
    return f"{name(once[:period])}[{place}]", CALL


def _is_line(values: Sequence[float], step: float) -> bool:
    return all(v == values[0] + step * i for i, v in enumerate(values))


def _line(start: float, step: float, at: str) -> tuple[str, int]:
    if step == 0:
        return number(start), ATOM if start >= 0 else PLUS
    if step == 1:
        return (at, ATOM) if start == 0 else (f"{number(start)}+{at}", PLUS)
    slope = f"{number(step)}*{at}"
    return (slope, TIMES) if start == 0 else (f"{number(start)}+{slope}", PLUS)
