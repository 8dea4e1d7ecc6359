"""Links from a figure to others that show the same state: the address holds it, so nothing else has to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from .controls import OWN


@dataclass(frozen=True)
class Onward:
    """Another figure, which is to show what this one stands at.

    label: what the link says. address: of the page and the figure, "power.html#fig-swings". sets: input there → the input
    or output here that it takes, or, for a reader's own record, the names of its numbers, each the name of an input here;
    where they have other names, number there → input or output here.
    unless: inputs that must be 0 here; where one is not, the other figure can't show it and the page hides the link.
    """

    label: str
    address: str
    sets: Mapping[str, str | Sequence[str] | Mapping[str, str]] = field(hash=False)
    unless: Sequence[str] = ()

    def query(self, values: Mapping) -> str:
        """The state in the address, from the `values` of all inputs and outputs here; as runtime/onward.js writes it."""
        said = {name: values[of] if isinstance(of, str) else OWN + " ".join(f"{there} {_plain(values[here])}" for there, here in _pairs(of)) for name, of in self.sets.items()}
        return urlencode({name: value if isinstance(value, str) else _plain(value) for name, value in said.items()})

    def describe(self) -> dict:
        """What the page needs to know."""
        return {"address": self.address, "sets": {name: of if isinstance(of, str) else [list(pair) for pair in _pairs(of)] for name, of in self.sets.items()}, "unless": list(self.unless)}


def _pairs(of: Sequence[str] | Mapping[str, str]):
    return of.items() if isinstance(of, Mapping) else zip(of, of, strict=True)


def _plain(value: float) -> str:
    """A number as JavaScript writes it."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
