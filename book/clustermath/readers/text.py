"""Files as text, and what every reader gives back: safely, whatever the file is."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LARGEST = 200_000_000  # bytes of a file that is read at all
LARGEST_JSON = 4_000_000  # a model's config has a few thousand
DEEPEST = 50  # levels of nesting
SHOWN = 60  # characters of a file that a message repeats
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Unreadable(ValueError):
    """Why a file can't be read: what was expected and what was found."""


@dataclass
class Reading:
    """What a file holds. kind: which format it was; record: what the rest of clustermath takes.

    assumed, ignored, unread: what was not in the file and taken all the same, what was left aside on purpose, and what
    could not be read, in words.
    """

    kind: str
    record: Any
    assumed: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def load(source) -> str:
    """The text of `source`: a path, bytes, or text itself (anything with a line break or a brace is text).

    UTF-8, and UTF-16 with its mark; colour codes and other control characters are taken out. Raises Unreadable for a
    file that isn't there, is too large, or isn't text.
    """
    if isinstance(source, str) and re.search(r"[\n{]", source):
        return CONTROL.sub("", source)
    if isinstance(source, (str, Path)):
        path = Path(source)
        try:
            if (size := path.stat().st_size) > LARGEST:
                raise Unreadable(f"{path.name} has {size / 1e6:,.0f} MB; files of up to {LARGEST / 1e6:,.0f} MB are read.")
            source = path.read_bytes()
        except OSError as error:
            raise Unreadable(f"{shown(str(path))} can't be read: {error.strerror}.") from None
    if len(source) > LARGEST:
        raise Unreadable(f"the file has {len(source) / 1e6:,.0f} MB; files of up to {LARGEST / 1e6:,.0f} MB are read.")
    return CONTROL.sub("", _decoded(bytes(source)))


def _decoded(data: bytes) -> str:
    mark, encoding = next(((mark, encoding) for mark, encoding in BOMS if data.startswith(mark)), (b"", "utf-8"))
    body = data[len(mark) :]
    if encoding == "utf-8" and b"\0" in body:
        raise Unreadable("a text file was expected, and this one is binary: it holds zero bytes.")
    # A log that was cut in the middle of a letter is still a log; a file that is no UTF-8 at all is not.
    text = body.decode(encoding, errors="replace")
    if text.count("�") > max(3, len(text) // 1000):
        raise Unreadable("a text file in UTF-8 was expected, and this one is in another encoding, or binary.")
    return text


def shown(value) -> str:
    """A value from a file as a message repeats it: short, in quotes, without control characters."""
    text = CONTROL.sub("", value if isinstance(value, str) else repr(value))
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def parse_json(text: str) -> dict:
    """A JSON object. Raises Unreadable for anything else, keys that stand twice, numbers that are none, deep nesting."""
    if len(text) > LARGEST_JSON:
        raise Unreadable(f"a config of up to {LARGEST_JSON / 1e6:g} MB was expected, and this file has {len(text) / 1e6:,.1f} MB.")
    depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += (bracket in "[{") - (bracket in "]}")
        if depth > DEEPEST:
            raise Unreadable(f"brackets are nested more than {DEEPEST} deep; a config has four or five levels.")

    def once(pairs):
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            raise Unreadable(f"{shown(next(key for key in keys if keys.count(key) > 1))} stands twice in one object.")
        return found

    def no_number(name):
        raise Unreadable(f"{name} is not a number that a size can be.")

    try:
        # Infinity does occur in configs (time_step_limit of Mamba), so it is a value here, and refused where a size is wanted.
        found = json.loads(text, object_pairs_hook=once, parse_constant=lambda name: float("inf") if name == "Infinity" else no_number(name))
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 20) : error.pos + 20].strip()
        raise Unreadable(f"JSON was expected: line {error.lineno}, column {error.colno}: {error.msg.lower()}, near {shown(near)}.") from None
    except (RecursionError, ValueError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable(f"JSON was expected: {error}.") from None
    if not isinstance(found, dict):
        raise Unreadable(f"a JSON object {{…}} was expected, and this is {_kind(found)}.")
    return found


def _kind(value) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def whole(value, name: str, low: int = 1, high: float = 1e9) -> int:
    """`value` as a whole number from low to high. Raises Unreadable naming the field and the range."""
    kind = type(value)
    if kind not in (int, float) or not low <= value <= high or value != int(value):
        found = shown(value) if kind in (int, float, str, bool) else _kind(value)
        raise Unreadable(f"{name} is {found}; a whole number from {low:,} to {high:,.0f} was expected.")
    return int(value)


def nearest(name: str, known) -> str:
    """A hint at the known name that was probably meant, or nothing."""
    close = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"; the nearest that is known is {close[0]!r}" if close else ""
