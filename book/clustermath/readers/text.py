"""Files as text, and what every reader gives back: safely, whatever the file is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..unreadable import Unreadable
from . import words

LARGEST = 200_000_000  # bytes of a file that is read at all
LONGEST = 10_000  # characters of a line, of which no program's has so many
MANY = 10  # complaints about lines that are repeated
MOST_GPUS = 2**18  # that a file may list one by one
SHOWN = 60  # characters of a file that a message repeats
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
LINE = re.compile(r"\r\n|\n|\r")
# What moves no pen, or turns its direction, or ends a line in the middle of a sentence
HIDDEN = re.compile("[\t\n\r\x80-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]")


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
            _not_too_large(path.stat().st_size)
            source = path.read_bytes()
        except (OSError, ValueError) as error:
            raise error if isinstance(error, Unreadable) else Unreadable(f"{shown(str(path))} can't be read: {getattr(error, 'strerror', error)}.") from None
    _not_too_large(len(source))
    return CONTROL.sub("", _decoded(bytes(source)))


def _not_too_large(size: int) -> None:
    if size > LARGEST:
        raise Unreadable(words.TOO_LARGE, size=size / 1e6, most=LARGEST / 1e6)


def _decoded(data: bytes) -> str:
    mark, encoding = next(((mark, encoding) for mark, encoding in BOMS if data.startswith(mark)), (b"", "utf-8"))
    body = data[len(mark) :]
    if encoding == "utf-8" and b"\0" in body:
        raise Unreadable(words.BINARY)
    # A log that was cut in the middle of a letter is still a log; a file that is no UTF-8 at all is not.
    text = body.decode(encoding, errors="replace")
    if text.count("\ufffd") > max(3, len(text) // 1000):
        raise Unreadable(words.ENCODING)
    return text


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each line of `text` begins and ends; one that ends the text without a break counts, too."""
    start = 0
    for end in LINE.finditer(text):
        yield start, end.start()
        start = end.end()
    if start < len(text):
        yield start, len(text)


def lines(text: str) -> Iterator[str]:
    """The lines of `text`, each as far as it is read: no program prints one of LONGEST, and a hostile one would take for ever."""
    return (text[start : min(end, start + LONGEST)] for start, end in spans(text))


def cut_lines(text: str) -> list[str]:
    """A note about lines that are too long to be read to their end, if there are any."""
    count = sum(end - start > LONGEST for start, end in spans(text)) if len(text) > LONGEST else 0
    return [words.LONG_LINES.format(count=count, most=LONGEST)] if count else []


def few(complaints: list[str]) -> list[str]:
    """The first of many complaints about lines, and how many there are more."""
    more = len(complaints) - MANY
    return [*complaints[:MANY], words.MORE_LINES.format(count=more)] if more > 0 else complaints


def number(text: str | None) -> float:
    """A number as programs print it, with thousands' commas; NaN if there is none."""
    plain = (text or "").replace(",", "")
    return float(plain) if NUMBER.fullmatch(plain) else float("nan")


def shown(value) -> str:
    """A text or a number from a file as a message repeats it: short, in quotes, without control characters."""
    text = HIDDEN.sub("\ufffd", CONTROL.sub("", value)) if isinstance(value, str) else plain(value)
    return f"'{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}'"


def plain(value) -> str:
    """A number (or text, or True, False, None) as messages write it; a whole number without its point."""
    if type(value) not in (int, float):
        return str(value)
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(float(value))


def told(value) -> str:
    """A value of any kind, as a message tells of it: lists and objects by their names."""
    return shown(value) if isinstance(value, (str, bool, int, float)) else kind(value)


def kind(value) -> str:
    """What JSON calls the kind of `value`."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def whole(value, name: str, low: int = 1, high: float = 1e9) -> int:
    """`value` as a whole number from low to high. Raises Unreadable naming the field and the range."""
    if type(value) not in (int, float) or not low <= value <= high or value != int(value):
        raise Unreadable(words.WHOLE, name=name, found=told(value), low=low, high=high)
    return int(value)


def nearest(name: str, known) -> str:
    """A hint at the known name that was probably meant, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5) if len(name) <= SHOWN else []
    return words.NEAREST.format(name=shown(close[0])) if close else ""
