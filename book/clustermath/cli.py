"""What the commands share: arguments that are names or amounts, and results as text."""

import argparse
import re

import numpy as np

from .tables import Table, UnknownName

PREFIXES = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
PRECISIONS = {"bf16": 16, "fp8": 8, "fp4": 4}


def one_of(table: Table):
    """An argument that names a record of `table`: any case, the beginning is enough, a typing error gets a suggestion."""

    def record(text):
        try:
            return table.find(text)
        except UnknownName as unknown:
            raise argparse.ArgumentTypeError(str(unknown)) from None

    return record


def amount(unit=""):
    """An argument that is a number, with a prefix and the unit if one likes: 220k, 16,384, 3.8e25, 1.5 GW."""
    digits = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d+)?(?:e[-+]?\d+)?"
    pattern = re.compile(rf"({digits})\s*([{''.join(PREFIXES)}]?)(?:{unit})?", re.IGNORECASE)

    def number(text):
        match = pattern.fullmatch(text.strip())
        try:
            return float(match[1].replace(",", "")) * PREFIXES[match[2].upper()]
        except (TypeError, ValueError):
            example = f"1.5 G{unit}" if unit else "220k, 16384 or 3.8e25"
            raise argparse.ArgumentTypeError(f"{text!r} is not a number such as {example}") from None

    return number


def add_precision(parser):
    parser.add_argument("--precision", choices=PRECISIONS, default="bf16", help="of the matrix multiplies (bf16)")


def plain(result):
    """The result with NumPy's numbers as Python's, so that JSON can hold it; NaN and infinity as null."""
    if isinstance(result, dict):
        return {key: plain(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [plain(value) for value in result]
    if isinstance(result, (np.ndarray, np.generic)):
        return plain(result.tolist())
    if isinstance(result, float) and not np.isfinite(result):
        return None
    return result


def as_text(result, indent="") -> str:
    """A dict as aligned lines; a list of dicts in it as a table."""
    width = max((len(key) for key in result), default=0)
    lines = []
    for key, value in result.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}", as_text(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{indent}{key}", _as_table(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key:<{width}}  {_as_cell(value)}")
    return "\n".join(lines)


def _as_table(rows, indent):
    cells = [list(rows[0])] + [[_as_cell(row.get(key)) for key in rows[0]] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _as_cell(value) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.1f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"
