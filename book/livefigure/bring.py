"""What a figure takes from a file of the reader's own: which kinds of files, and which inputs each of them sets.

The files are read by another script, which a page names in the attribute `data-readers` of the runtime's tag and which
sets `livefigureReaders`, {readFile(file, onProgress, signal)}. That gives what it read as {kind, format, values, notes}:
a kind, the format in words, numbers by name (nested, or in lists), and in words what was assumed, ignored and not read.
Its errors called "Unreadable" say what was expected and what was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .controls import Choice, Control
from .numbers import pieces


@dataclass(frozen=True)
class Path:
    """Where a number stands. otherwise: the number where the file has none. per: what it is divided by, a number of a
    record that the figure chooses, such as "chip.tdp". into: for a reader's own record, the part of it that the file says,
    such as "shape" ("": whatever the file has of all of it); the rest stays as it stands.
    """

    at: str
    otherwise: float | None = None
    per: str = ""
    into: str | None = None

    def describe(self) -> list:
        return [self.at, self.otherwise, self.per, *([] if self.into is None else [self.into])]


@dataclass(frozen=True)
class Computed:
    """A number of a reader's own record that no file says and another figure on the page computes.

    number: of the record, "workload.computing". figure, output: what computes it. at: numbers of the record that are
    otherwise there while it does. That figure has a control of the same name for the same records.
    """

    number: str
    figure: str
    output: str
    at: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Take:
    """A kind of file that sets inputs.

    kind: as the readers call it. what: such a file in words, "a model's config.json". sets: input → the dotted path of
    its number among what was read, in the input's own unit. A choice is set to the record
    that has these numbers (of a list, as many as it has places for) or that name, or, if it may be a reader's own, to what stands at the path ("" for all that was
    read). More can be said of a number by a `Path`.
    refuses: path → a sentence; a file that has something there can't be held; or (number, ..., sentence), where anything but
    these numbers can't. lacks: path → a sentence; a file that has nothing there says too little. computes: what of a record follows from the rest. only: path → the text that must stand there.
    asks: inputs that are asked for if the file doesn't say them; left empty they stay. needs: inputs that must be said,
    for they could only be guessed. says: a sentence about what becomes of the file. tells: sentences with values to fill in
    of the file, or of what the figure then shows, each left out where one of them is missing.
    """

    kind: str
    what: str
    sets: Mapping[str, str | Path] = field(hash=False)
    refuses: Mapping[str, str | tuple[float | str, ...]] = field(default_factory=dict, hash=False)
    lacks: Mapping[str, str] = field(default_factory=dict, hash=False)
    only: Mapping[str, str] = field(default_factory=dict, hash=False)
    asks: Sequence[str] = ()
    needs: Sequence[str] = ()
    says: str = ""
    tells: Sequence[str] = ()
    computes: Computed | None = None

    def describe(self) -> dict:
        """What the page needs to know."""
        sets = {name: path if isinstance(path, str) else path.describe() for name, path in self.sets.items()}
        more = {"refuses": self.refuses, "lacks": self.lacks, "only": self.only, "asks": self.asks, "needs": self.needs, "says": self.says, "tells": [pieces(text) for text in self.tells], "computes": self.computes and vars(self.computes)}
        return {"kind": self.kind, "what": self.what, "sets": sets, **{name: value for name, value in more.items() if value}}


def check(figure: str, takes: Sequence[Take], controls: Mapping[str, Control]) -> None:
    """ValueError for inputs that the figure doesn't have, and for two ways of one kind."""
    kinds = [take.kind for take in takes]
    if twice := [kind for kind in kinds if kinds.count(kind) > 1]:
        raise ValueError(f"{figure}: two ways to take {twice[0]!r}.")
    for take in takes:
        for name in (*take.sets, *take.asks, *take.needs):
            if name not in controls:
                raise ValueError(f"{figure}: a file of the kind {take.kind!r} sets {name!r}, which is no input. Known: {', '.join(controls)}.")
            path = take.sets.get(name)
            if (path == "" or isinstance(path, Path) and path.into is not None) and not (isinstance(controls[name], Choice) and controls[name].own):
                raise ValueError(f"{figure}: {name!r} can't hold all that was read; only a Choice with own=True can.")
