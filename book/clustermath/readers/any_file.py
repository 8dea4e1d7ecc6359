"""A file of any of the known formats, told apart by what is in it and not by its name."""

from __future__ import annotations

from .huggingface import read_config
from .logs import read_log
from .megatron import GIVEN, read_arguments
from .mlperf import TOKEN, read_mlperf
from .nccl import ROW, read_nccl
from .power import is_power, read_power
from ..unreadable import Unreadable
from . import words
from .text import Reading, cut_lines, lines, load


def read(source) -> Reading:
    """Whatever `source` holds (path, bytes or text), as a Reading. Raises Unreadable if no format fits, or the file's own."""
    text = load(source)
    if text.lstrip().startswith("{"):
        return read_config(text)
    reading = _by_lines(text + "\n")  # with a line break it is a text for every reader, and no path
    reading.unread += cut_lines(text)
    return reading


def _by_lines(text: str) -> Reading:
    if any(TOKEN in line for line in lines(text)):
        return read_mlperf(text)
    if any(ROW.search(line) for line in lines(text)):
        return read_nccl(text)
    if is_power(text):
        return read_power(text)
    try:
        return read_log(text)
    except Unreadable:
        pass
    if any(GIVEN.search(line) for line in lines(text)):
        return read_arguments(text)
    raise Unreadable(words.NO_FORMAT, known=words.KNOWN)
