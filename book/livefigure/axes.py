"""Models of a grid: what depends on few of its axes is computed along these alone, and read from there.

A grid of layouts is arrays of one length, made by meshgrid: each runs along one axis and repeats along the others. So a
value that is made of two of them has few different values, and a loop over the whole grid would compute each many times
over. `along_axes` writes the graph anew: such a value gets an array of its own, as long as it has different values, and
a `spread` reads from that array where the whole grid is wanted. Each element is the same arithmetic as before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from math import prod

import numpy as np

from .graph import Scan, Table, Tracer
from .trace import Trace, reachable

WORTH = 0.3  # of all operations in loops over the grid: what saves less gets no loop of its own, which costs more to go through
LEAST = 2000  # operations that a grid has to save: some microseconds of a tick
Axes = tuple[int, ...]  # some axes of a grid by number, the slowest first


def along_axes(trace: Trace) -> Trace:
    """The same model, with each value computed along the axes that it depends on."""
    nodes = reachable(trace.outputs.values())
    one_by_one = {node.length for node in nodes if node.operation == "carry"}  # a loop with memory goes through all its places
    for length in sorted({node.length for node in nodes if node.operation == "table"} - one_by_one):
        trace = Grid(trace, length).outputs() or trace
    return trace


class Grid:
    """A model's values of one `length`, as a grid of as many axes as its tables show."""

    def __init__(self, trace: Trace, length: int):
        self.trace, self.length = trace, length
        self.nodes = reachable(trace.outputs.values())
        patterns = {node.order: pattern(node.operands[0].values) for node in self.nodes if node.operation == "table" and node.length == length}
        ends = sorted({1, length, *(end for ends in patterns.values() for end in ends)})
        self.is_one = len(ends) > 2 and all(b % a == 0 for a, b in zip(ends, ends[1:]))
        self.counts = tuple(b // a for a, b in zip(ends, ends[1:]))[::-1]
        if self.is_one:
            self.whole: Axes = tuple(range(len(self.counts)))
            self.axes = self._merged(self._axes({order: tuple(k for k in self.whole if lo <= ends[-2 - k] < hi) for order, (lo, hi) in patterns.items()}))

    def size(self, axes: Axes) -> int:
        return prod(self.counts[k] for k in axes)

    def _axes(self, tables: dict[int, Axes]) -> dict[int, Axes]:
        """order → the axes that a value depends on, of each that is as long as the grid."""
        found: dict[int, Axes] = {}
        for node in self.nodes:
            if node.length == self.length:
                used = [found[x.order] for x in node.operands if isinstance(x, Tracer) and x.order in found]
                elementwise = node.operation not in ("input", "take", "least", "harmonic", "spread")
                found[node.order] = tables.get(node.order) or tuple(sorted({k for axes in used for k in axes})) if elementwise else self.whole
        return {order: axes or self.whole[-1:] for order, axes in found.items()}

    def _merged(self, axes: dict[int, Axes]) -> dict[int, Axes]:
        """The same with fewer sets of axes: one that saves little is computed along with a larger one."""
        tables = {node.order for node in self.nodes if node.operation == "table"}
        work = Counter(found for order, found in axes.items() if order not in tables)
        work[self.whole] += 0
        into = {found: found for found in axes.values()}
        total = sum(count * self.size(found) for found, count in work.items())
        while True:
            larger = {s: min((t for t in work if set(s) < set(t)), key=self.size) for s in work if s != self.whole}
            dearer = {s: work[s] * (self.size(t) - self.size(s)) for s, t in larger.items()}
            least = min(dearer, key=dearer.get, default=None)
            if least is None or dearer[least] > WORTH * total:
                return {order: found if order in tables else into[found] for order, found in axes.items()}
            work[larger[least]] += work.pop(least)
            into = {s: larger[least] if t == least else t for s, t in into.items()}

    def outputs(self) -> Trace | None:
        """The model in its new form, None where there is nothing to gain."""
        if not self.is_one or sum(self.length - self.size(self.axes[node.order]) for node in self.nodes if node.order in self.axes and node.operation != "table") < LEAST:
            return None
        self.new: dict[int, Tracer] = {}
        again: dict[int, int] = {}  # the number of a loop with memory, and of the one in its place
        for node in self.nodes:
            axes, scans = self.axes.get(node.order), node.graph.scans
            if axes is None or node.operation != "table":
                operands = [self._read(x, axes or self.whole) for x in node.operands]
                length = node.length if axes is None else self.size(axes)
                if node.operation == "carry":
                    if operands[1] not in again:
                        again[operands[1]] = len(scans)
                        scans.append(Scan([], []))
                    operands[1] = again[operands[1]]
                self.new[node.order] = node.graph.node(node.operation, *operands, length=length, whole=node.whole)
        for old, new in again.items():
            turns = zip(scans[old].carries, scans[old].following)
            read = [(self.new[carry.order], self._read(after, self.whole)) for carry, after in turns if carry.order in self.new]
            scans[new].carries, scans[new].following = map(list, zip(*read))
        return replace(self.trace, outputs={name: self._read(x, self.whole) for name, x in self.trace.outputs.items()})

    def _read(self, x, axes: Axes):
        """x as it is read in a loop along `axes`."""
        if not isinstance(x, Tracer) or x.order not in self.axes:
            return self.new[x.order] if isinstance(x, Tracer) else x
        own, length = self.axes[x.order], self.size(axes)
        if x.operation == "table":
            rows = np.reshape(x.operands[0].values, self.counts)
            index = tuple(slice(None) if k in axes else 0 for k in self.whole)
            return x.graph.node("table", Table(tuple(rows[index].ravel().tolist())), length=length, whole=x.whole)
        if own == axes:
            return self.new[x.order]
        return x.graph.node("spread", self.new[x.order], self._place(x.graph, own, axes), length=length, whole=x.whole)

    def _place(self, graph, inner: Axes, outer: Axes) -> Tracer:
        """For each place of a loop along `outer` the place in an array along `inner`: a sum of terms, one for each run of axes."""
        place, run = None, []
        for k in outer:
            run = [*run, k] if k in inner else []
            if run and (k == outer[-1] or outer[outer.index(k) + 1] not in inner):
                steps = np.arange(self.size(run)) * self.size([j for j in inner if j > k])
                held, times = self.size([j for j in outer if j > k]), self.size([j for j in outer if j < run[0]])
                term = graph.node("table", Table(tuple(np.tile(np.repeat(steps, held), times).astype(float).tolist())), length=self.size(outer), whole=True)
                place = term if place is None else graph.node("add", place, term, length=self.size(outer), whole=True)
        return place


@cache
def pattern(values: tuple[float, ...]) -> tuple[int, int]:
    """(held, after): how many places a value is held for, and after how many the row begins anew. A constant: (1, 1)."""
    row = np.array(values, float).view(np.int64)  # by their bits, in which what is no number is itself
    changes = np.flatnonzero(row[1:] != row[:-1]) + 1
    if not changes.size:
        return 1, 1
    divisors = [d for d in range(1, row.size + 1) if row.size % d == 0]
    held = max(d for d in divisors if not (changes % d).any())
    after = next(d for d in divisors if (row.reshape(-1, d) == row[:d]).all())
    return held, after
