"""The axes of a grid behind an array: what depends on few of them is computed for few, and looked up for all.

A model that tries every combination of some values (`np.meshgrid`, ravelled) works on arrays of one length. Their tables
tell of which axes that length is made: each holds its values for a while, over and over. A value made of tables along some
of the axes needs a loop over these alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from .graph import Tracer
from .operations import REDUCTIONS

FEW = 64  # elements: shorter arrays aren't worth loops of their own
LOOK_UP = 2  # operations that take as long as to look a result up
WORTH = 0.5  # operations for each element that a look-up has to save, or the text of it is not worth its bytes
COSTS = {"divide": 2, "sqrt": 3, "power": 12, "cbrt": 8, "exp": 8, "log": 8, "log2": 8, "log10": 8, "floor_divide": 8, "remainder": 8, "interp": 8}


def held_and_period(values: Sequence[float]) -> tuple[int, int, list[float]]:
    """How often each value of a table is repeated, how many come before all begin again, and these."""
    held = next((i for i, value in enumerate(values) if value != values[0]), len(values))
    once = values[::held]
    if len(values) % held or any(value != once[i // held] for i, value in enumerate(values)):
        return 1, len(values), list(values)
    period = next(p for p in range(1, len(once) + 1) if len(once) % p == 0 and all(value == once[i % p] for i, value in enumerate(once)))
    return held, period, list(once[:period])


class Axes:
    """The axes of all arrays of `length` among `nodes`, and along which of them each value runs.

    sizes: of the axes, the slowest first. along: for each value the places of its axes in `sizes`.
    """

    def __init__(self, nodes: Sequence[Tracer], length: int, whole: set[int]):
        """whole: values of which all elements are wanted in order, by `Tracer.order`."""
        self.length, self.sizes = length, (length,)
        self.nodes = [node for node in nodes if node.length == length]
        patterns = {node.order: held_and_period(node.operands[0].values) for node in self.nodes if node.operation == "table"}
        steps = sorted({1, length} | {step for held, period, _ in patterns.values() for step in (held, held * period)})
        if length >= FEW and not any(after % step for step, after in zip(steps, steps[1:])):
            self.sizes = tuple(after // step for step, after in zip(steps, steps[1:]))[::-1]
        self.all = frozenset(range(len(self.sizes)))
        steps = list(self.steps(self.all).values())[::-1]
        self.along: dict[int, frozenset[int]] = {}
        for node in self.nodes:
            if len(self.all) == 1:
                self.along[node.order] = self.all
            elif node.operation == "table":
                held, period, _ = patterns[node.order]
                self.along[node.order] = frozenset(k for k, step in enumerate(steps) if held <= step < held * period)
            elif node.order in whole or node.operation in ("carry", "least"):
                self.along[node.order] = self.all
            else:
                self.along[node.order] = frozenset().union(*(self.along.get(x.order, ()) for x in node.operands if isinstance(x, Tracer) and x.length == length))
        if len(self.all) > 1:
            self._gather(nodes)
            self._join()

    def count(self, axes: frozenset[int]) -> int:
        return prod(self.sizes[k] for k in axes)

    def _gather(self, nodes: Sequence[Tracer]) -> None:
        """What saves little by a loop of its own is computed where it is used."""
        users: dict[int, list[frozenset[int]]] = {}
        work: dict[int, float] = {}
        for node in self.nodes:
            inside = [x for x in node.operands if isinstance(x, Tracer) and x.length == self.length and self.along[x.order] == self.along[node.order]]
            work[node.order] = 0 if node.operation == "table" else COSTS.get(node.operation, 1) + sum(work[x.order] for x in inside)
        for node in reversed(self.nodes):
            mine = self.along[node.order]
            wanted = users.get(node.order)
            if wanted and node.operation != "table":
                together = frozenset.intersection(*wanted)
                saved = work[node.order] * (self.count(together) - self.count(mine)) - LOOK_UP * self.count(together)
                if saved < WORTH * self.length:
                    mine = self.along[node.order] = together
            for x in node.operands:
                if isinstance(x, Tracer) and x.length == self.length:
                    users.setdefault(x.order, []).append(mine)

    def _join(self) -> None:
        """Axes that are never taken apart are one."""
        used = [self.along[node.order] for node in self.nodes]
        groups = [[0]]
        for k in range(1, len(self.sizes)):
            if all((k in axes) == (k - 1 in axes) for axes in used):
                groups[-1].append(k)
            else:
                groups.append([k])
        place = {k: new for new, group in enumerate(groups) for k in group}
        self.along = {order: frozenset(place[k] for k in axes) for order, axes in self.along.items()}
        self.sizes = tuple(prod(self.sizes[k] for k in group) for group in groups)
        self.all = frozenset(range(len(self.sizes)))

    # Where an element lies ------------------------------------------------------------------------------------------

    def steps(self, axes: frozenset[int]) -> dict[int, int]:
        """For each of the axes how many elements of an array along `axes` lie between two of its values."""
        found, step = {}, 1
        for k in sorted(axes, reverse=True):
            found[k], step = step, step * self.sizes[k]
        return found

    def place(self, axes: frozenset[int], names: Sequence[str]) -> str:
        """The place in an array along `axes`, of the places along each axis by name."""
        text = ""
        for k in sorted(axes):
            inner = f"({text})" if "+" in text else text
            text = f"{inner}*{self.sizes[k]}+{names[k]}" if text else names[k]
        return text or "0"

    def place_of(self, axes: frozenset[int], at: str) -> str:
        """The place in an array along `axes` of what is element `at` of the whole."""
        at = at if at.isalnum() else f"({at})"
        steps = self.steps(self.all)
        names = [f"({at}/{steps[k]}|0)" if steps[k] > 1 else at for k in range(len(self.sizes))]
        return self.place(axes, [name if k == 0 else f"{name}%{self.sizes[k]}" for k, name in enumerate(names)])

    def values(self, table: Tracer) -> list[float]:
        """A table's elements along its axes alone."""
        values, steps = table.operands[0].values, self.steps(self.all)
        places = [0]
        for k in sorted(self.along[table.order]):
            places = [place + i * steps[k] for place in places for i in range(self.sizes[k])]
        return [values[place] for place in places]


def wanted_whole(nodes: Sequence[Tracer], stored: Iterable) -> set[int]:
    """The arrays of which all elements are wanted in order: what is stored, summed, compared, grouped or handed on in a scan."""
    wanted = [*stored, *(x for node in nodes if node.operation in ("least", *REDUCTIONS) for x in node.operands)]
    wanted += [x for node in nodes if node.operation == "carry" for x in node.graph.scan_of(node).following]
    return {x.order for x in wanted if isinstance(x, Tracer)}
