"""Numbers as people read them. The page formats with the same rules (runtime/numbers.js), tested against these.

A format is a small part of Python's own format language: `[,].N` and a letter, where `f` gives N decimals, `g` gives N
significant digits, `%` gives per cent, and `k` shortens with k, M, B (10⁹), T (10¹²). A minus is a minus sign. With `g`
and `k` what is very small or large is written as 6.63 × 10⁻³⁴.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from string import Formatter

SPEC = re.compile(r"(?P<group>,?)\.(?P<digits>\d+)(?P<kind>[fg%k])$")
SUFFIXES = (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3))
PLAIN = (-6, 15)  # powers of ten that are written out
TIMES = "\u202f×\u202f10"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NOTHING = "–"  # what is shown for a value that does not exist


def check_spec(spec: str) -> str:
    """`spec` itself, or a ValueError that says what a format looks like."""
    match = SPEC.fullmatch(spec)
    if not match or match["kind"] in "gk" and match["digits"] == "0":
        raise ValueError(f"format {spec!r} is not one a page knows: write [,].N and one of f g % k, as in ',.1f'.")
    return spec


def format_number(value: float, spec: str) -> str:
    """`value` in the format `spec`; a value that is not finite is shown as a dash."""
    match = SPEC.match(check_spec(spec))
    digits, kind, group = int(match["digits"]), match["kind"], match["group"]
    value, suffix = float(value), ""
    if kind == "%":
        value, kind, suffix = value * 100, "f", "%"
    if not math.isfinite(value):
        return NOTHING
    if kind == "k":
        kind = "g"
        for letter, size in SUFFIXES:
            if abs(value) >= size * (1 - 0.5 * 10.0**-digits):
                value, suffix = value / size, f"\u202f{letter}"
                break
    text = f"{value:.{digits}f}" if kind == "f" else _significant(value, digits)
    if group and TIMES not in text:
        whole, point, decimals = text.partition(".")
        text = f"{int(whole):,}{point}{decimals}" if whole.lstrip("-") != "0" else text
    return (text.replace("-", "\u2212") if re.search("[1-9]", text) else text.lstrip("-")) + suffix


def _significant(value: float, digits: int) -> str:
    """`digits` significant digits, no trailing zeros after the point."""
    if value == 0:
        return "0"
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(value))  # as JavaScript's toExponential
    exponent = rounded.adjusted()
    if PLAIN[0] <= exponent < PLAIN[1]:
        return _stripped(f"{value:.{max(0, digits - 1 - exponent)}f}")
    return f"{_stripped(f'{rounded.scaleb(-exponent):f}')}{TIMES}{str(exponent).translate(RAISED)}"


def _stripped(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def pieces(template: str) -> list:
    """A text such as "{days:.1f} days on {chip}" as literals and [name, format] pairs, for the page. ValueError for one that is none."""
    found = []
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as problem:
        raise ValueError(f"{template!r}: {problem}.") from None
    for literal, name, spec, conversion in parsed:
        if conversion:
            raise ValueError(f"{template!r}: a page knows no !{conversion}.")
        if literal:
            found.append(literal)
        if name is not None:
            found.append([name, check_spec(spec) if spec else ""])
    return found


def fill(template: str, values: Mapping) -> str:
    """The text with its values filled in; a value without a format is shown as it is."""
    return "".join(
        piece if isinstance(piece, str) else format_number(values[piece[0]], piece[1]) if piece[1] else str(values[piece[0]])
        for piece in pieces(template)
    )
