"""Records: frozen dataclasses whose fields have a unit and a range, checked when one is made.

    @dataclass(frozen=True, kw_only=True)
    class Battery(Record):
        energy: float = quantity("J", between=(0, 1e18))
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np

from .checking import KINDS, PLAIN, Parameter, inside_checked_call


def quantity(unit, default=dataclasses.MISSING, *, between=(0, np.inf), whole=False, only=()):
    """A dataclass field that holds a number in the given unit (pint expression, as in `parameters`).

    between: the closed interval of possible values; whole: whole numbers only; only: the possible values, if few.
    """
    limits = {"between": between, "whole": whole, "only": only}
    return dataclasses.field(default=default, metadata={"unit": unit} | limits)


def switch(default=dataclasses.MISSING):
    """A field that is 1 or 0, so that arrays and tracers can stand for it."""
    return quantity("1", default, between=(0, 1), only=(0, 1))


@functools.cache
def guards_of(cls) -> tuple[Parameter, ...]:
    """The guards of a record's numbers, as those of `parameters.declare`."""
    return tuple(
        Parameter(field.name, field.metadata["unit"], *field.metadata["between"], "", integer=field.metadata["whole"], only=field.metadata["only"])
        for field in dataclasses.fields(cls)
        if "unit" in field.metadata
    )


class Record:
    """Checks its fields when it is made, as `checked` checks arguments: arrays element by element, tracers not at all.

    Raises ValueError that names record, field, value and range.
    """

    def __init_subclass__(cls):
        KINDS[cls.__name__] = cls

    def __post_init__(self):
        if inside_checked_call():
            return
        kind = type(self).__name__
        where = f"{kind} {name!r}: " if isinstance(name := getattr(self, "name", None), str) else f"{kind}: "
        plain = True
        for guard in guards_of(type(self)):
            value = getattr(self, guard.name)
            if type(value) is float and not guard.only and guard.low <= value <= guard.high and not (guard.integer and value % 1):
                continue  # most fields, without a call
            possible = guard.checked_value(value, where)
            if possible is not value:
                object.__setattr__(self, guard.name, possible)
            plain = plain and isinstance(possible, PLAIN)
        if plain:
            for field, holds, must, other in self.rules():
                if not np.all(holds):
                    value, bound = getattr(self, field), getattr(self, other)
                    raise ValueError(f"{where}{field} = {value} is not possible: it must {must} {other} = {bound}.")

    def rules(self) -> Iterator[tuple[str, bool, str, str]]:
        """What must hold between two fields: ("kv_heads", whether it holds, "divide", "heads")."""
        return iter(())
