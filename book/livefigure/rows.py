"""A row of numbers as a text that fits into a link: "1400*zz07…" is the largest, and of each number how much of it.

Two signs for each, a number to the base 36 from 00, nothing, to zz, 1,295 of 1,295 parts of the largest.
"""

from __future__ import annotations

import re

import numpy as np

PARTS = 36**2 - 1
ROW = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\*([0-9a-z]+)", re.ASCII)
LARGEST = 1e30


def written(values) -> str:
    """The text of a row of numbers from 0 to 1e30, each to half of a part. ValueError for other numbers."""
    values = np.asarray(values, float)
    most = float(values.max()) or 1.0
    if not values.min() >= 0 or not most <= LARGEST:
        raise ValueError(f"a row in a link goes from 0 to {LARGEST:g}, not from {values.min():g} to {most:g}.")
    parts = np.floor(values / most * PARTS + 0.5).astype(int)
    return f"{most!r}*{''.join(np.base_repr(part, 36).lower().rjust(2, '0') for part in parts)}"


def read(text: str, length: int) -> np.ndarray | None:
    """The `length` numbers of a text; None for a text that is none of a row as long as that."""
    match = ROW.fullmatch(text)
    if not match or not 0 < float(match[1]) <= LARGEST or len(match[2]) != 2 * length:
        return None
    return np.array([int(match[2][at : at + 2], 36) for at in range(0, 2 * length, 2)]) * float(match[1]) / PARTS
