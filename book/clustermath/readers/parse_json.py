"""JSON as a config has it: one object, each key once, not too deep, and no numbers that are none."""

from __future__ import annotations

import json
import re

from ..unreadable import Unreadable
from . import words
from .text import kind, shown

LARGEST_JSON = 4_000_000  # characters; a model's config has a few thousand
DEEPEST = 50  # levels of nesting
DIGITS = 300  # more are no whole number that anything has
# A string that has no end goes on to the end of the file, so that no place is looked at twice.
BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


def parse_json(text: str, strict: bool = True) -> dict:
    """A JSON object. Raises Unreadable for anything else, for deep nesting, and if `strict` for keys that stand twice and
    numbers that are none."""
    if len(text) > LARGEST_JSON:
        raise Unreadable(words.LARGE_CONFIG, most=LARGEST_JSON / 1e6, size=len(text) / 1e6)
    depth = 0
    for bracket in BRACKETS.findall(text):
        depth += (bracket in "[{") - (bracket in "]}")
        if depth > DEEPEST:
            raise Unreadable(words.DEEP, most=DEEPEST)
    try:
        found = json.loads(
            text, object_pairs_hook=_once if strict else dict, parse_constant=_constant if strict else float,
            parse_int=lambda digits: int(digits) if len(digits) <= DIGITS else float(digits),
        )  # fmt: skip
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 20) : error.pos + 20].strip()
        raise Unreadable(words.NO_JSON, line=error.lineno, column=error.colno, problem=error.msg.lower(), near=shown(near)) from None
    if not isinstance(found, dict):
        raise Unreadable(words.NO_OBJECT, kind=kind(found))
    return found


def _once(pairs) -> dict:
    found = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable(words.TWICE, key=shown(key))
        found[key] = value
    return found


def _constant(name: str) -> float:
    """Infinity does occur in configs (time_step_limit of Mamba), so it is a value here, and refused where a size is wanted."""
    if name == "Infinity":
        return float("inf")
    raise Unreadable(words.NO_NUMBER, name=name)
