"""What a page can't follow, said where the author can mend it."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from types import FrameType

import numpy as np

NOT_THE_AUTHOR = (*(f"{Path(file).parent}{os.sep}" for file in (__file__, np.__file__)), functools.__file__)


class TraceError(TypeError):
    """A model did something a web page can't follow. The message names the place and says what to write instead."""


def _of_the_author(frame: FrameType) -> bool:
    return not frame.f_code.co_filename.startswith(NOT_THE_AUTHOR) and frame.f_locals.get("__tracebackhide__") is not True


def _named(frame: FrameType, line: int) -> str:
    file = Path(frame.f_code.co_filename)
    home = "a notebook's cell" if file.parent.name.startswith("ipykernel_") else file.name
    return f"{frame.f_code.co_name}() in {home}, line {line}"


def place() -> str:
    """The innermost frame that is neither ours nor NumPy's nor functools': the line the author has to change. A helper that sets
    `__tracebackhide__ = True`, as for pytest, is passed over, too."""
    frame = sys._getframe(1)
    while frame and not _of_the_author(frame):
        frame = frame.f_back
    return _named(frame, frame.f_lineno) if frame else "the model"


def place_of(error: Exception) -> str:
    """`place` of an error that another library has raised."""
    innermost, steps = "the model", error.__traceback__
    while steps:
        if _of_the_author(steps.tb_frame):
            innermost = _named(steps.tb_frame, steps.tb_lineno)
        steps = steps.tb_next
    return innermost


def refusal(what: str, instead: str):
    """A method that refuses what a page can't follow."""

    def refuse(self, *args, **options):
        raise TraceError(f"{place()} {what} of a traced value, which a page can't follow. {instead}")

    return refuse
