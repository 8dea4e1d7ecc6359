"""The graph of a trace, computed for many inputs at once: a quick stand-in for calling the model once for each.

Numbers are columns (rows, 1), arrays (rows, length). The rows in which a comparison, a rounding or a choice of the least
lies within `NEAR` of a tie are noted: there the last bit decides, and Python and a page may decide differently.
"""

import sys

import numpy as np
from livefigure.graph import Table, Tracer
from livefigure.operations import OPERATIONS
from livefigure.trace import reachable

NEAR = 1e-9
ROUNDINGS = {"floor", "ceil", "trunc", "rint", "floor_divide", "remainder", "sign"}
PICKS = {"argmin": np.argmin, "argmax": np.argmax}
SUMS = {"sum": np.sum, "min": np.min, "max": np.max, "any": np.any, "all": np.all}


class Rows:
    """arguments: the traced inputs by dotted name, each an array with one element for each row."""

    def __init__(self, trace, arguments: dict[str, np.ndarray]):
        sys.setrecursionlimit(20_000)  # a formula is as deep as it is long
        self.trace, self.arguments = trace, arguments
        self.count = len(next(iter(arguments.values())))
        self.near = np.zeros(self.count, bool)
        self.known: dict[int, np.ndarray] = {}
        self.exact: dict[int, bool] = {}

    def outputs(self) -> dict[str, np.ndarray]:
        with np.errstate(all="ignore"):
            found = {name: self.value(x) for name, x in self.trace.outputs.items()}
        return {name: np.broadcast_to(value, (self.count, np.shape(value)[1] if np.ndim(value) else 1)) for name, value in found.items()}

    def value(self, x):
        if not isinstance(x, Tracer):
            return np.array(x.values)[None, :] if isinstance(x, Table) else x
        if x.order not in self.known:
            if x.operation == "carry":
                self.loop(x)
            else:
                self.known[x.order] = self.compute(x)
        return self.known[x.order]

    def compute(self, node):
        first = node.operands[0]
        if node.operation == "input":
            given = self.arguments[first]
            return given[:, None] if given.ndim == 1 else given
        if node.operation == "table":
            return self.value(first)
        if node.operation == "last":
            return self.known[("after", first.order)] if self.value(first) is not None else None
        a = self.value(first)
        if node.operation in SUMS:
            return SUMS[node.operation](self.wide(a, first), axis=1, keepdims=True)
        if node.operation in PICKS:
            return self.pick(node.operation, self.wide(a, first))
        if node.operation == "least":
            return self.wide(a, first).reshape(self.count, node.length, -1).min(axis=2)
        if node.operation == "interp":
            return np.interp(a, *(np.array(table.values) for table in node.operands[1:]))
        if node.operation == "harmonic":
            return np.abs(np.fft.rfft(self.wide(a, first), axis=1))
        if node.operation == "take":
            place = np.broadcast_to(self.value(node.operands[1]), (self.count, node.length or 1)).astype(int)
            return np.take_along_axis(self.wide(a, first), place, axis=1)
        return self.apply(node, [a, *(self.value(x) for x in node.operands[1:])])

    def wide(self, a, x):
        return np.broadcast_to(a, (self.count, x.length))

    def apply(self, node, operands):
        if not all(map(self.is_exact, node.operands)):
            if OPERATIONS[node.operation].logical and not node.operation.startswith("logical"):
                a, b = operands
                self.note(np.abs(a - b) <= NEAR * np.maximum(np.abs(a), np.abs(b)))
            elif node.operation in ROUNDINGS:
                x = operands[0] / operands[1] if len(operands) == 2 else operands[0]
                x = x + 0.5 if node.operation == "rint" else x
                self.note(np.abs(x - np.rint(x)) <= NEAR * np.maximum(np.abs(x), 1))
        return getattr(np, node.operation)(*operands)

    def pick(self, name, a):
        if a.shape[1] > 1:
            best, second = np.partition(a if name == "argmin" else -a, 1, axis=1)[:, :2].T
            self.note((second - best <= NEAR * np.abs(best))[:, None])
        return PICKS[name](a, axis=1)[:, None]

    def note(self, near):
        self.near |= np.broadcast_to(near, (self.count, np.shape(near)[-1] if np.ndim(near) else 1)).any(axis=1)

    def is_exact(self, x) -> bool:
        """No rounding has touched this value: an input, a constant, or one of several such."""
        if not isinstance(x, Tracer) or x.operation in ("input", "table"):
            return True
        if x.order not in self.exact:
            choices = x.operands[1:] if x.operation == "where" else x.operands
            self.exact[x.order] = x.operation in ("where", "minimum", "maximum") and all(map(self.is_exact, choices))
        return self.exact[x.order]

    # Loops with memory ----------------------------------------------------------------------------------------------

    def loop(self, carry):
        """All that varies in the turns of the loop that `carry` belongs to, turn by turn; then kept as arrays."""
        scan = carry.graph.scan_of(carry)
        members = self.members(scan)
        read = [*(x for node in members for x in node.operands), *scan.following]
        outside = {x.order: x for x in read if isinstance(x, Tracer)}
        inside = {node.order for node in members} | {c.order for c in scan.carries}
        fixed = {order: self.value(x) for order, x in outside.items() if order not in inside}
        now = {c.order: self.value(c.operands[0]) * np.ones((self.count, 1)) for c in scan.carries}
        kept = self.read_outside(carry, inside)
        series = {order: np.empty((self.count, carry.length)) for order in kept}
        for turn in range(carry.length):
            column = {order: value[:, turn : turn + 1] if np.ndim(value) == 2 and value.shape[1] > 1 else value for order, value in fixed.items()}
            column |= now
            for node in members:
                operands = [column[x.order] if isinstance(x, Tracer) else self.value(x) for x in node.operands]
                column[node.order] = np.interp(operands[0], *(t[0] for t in operands[1:])) if node.operation == "interp" else self.apply(node, operands)
            for order in kept:
                series[order][:, turn : turn + 1] = column[order]
            now = {c.order: column[x.order] if isinstance(x, Tracer) and x.order in column else self.value(x) for c, x in zip(scan.carries, scan.following)}
        self.known |= series
        self.known |= {("after", order): value * np.ones((self.count, 1)) for order, value in now.items()}

    def read_outside(self, carry, inside: set[int]) -> list[int]:
        """What of a carry's loop is wanted as an array when it has ended; and its carries, which say that it has."""
        scan = carry.graph.scan_of(carry)
        others = [x for node in reachable(self.trace.outputs.values()) if node.order not in inside for x in node.operands]
        others += [x for other in carry.graph.scans if other is not scan for x in other.following]
        wanted = {x.order for x in [*scan.carries, *others, *self.trace.outputs.values()] if isinstance(x, Tracer)}
        return [order for order in inside if order in wanted]

    def members(self, scan) -> list:
        """What is computed anew in each turn: all on the way from a carry to what becomes a carry, in order."""
        ways, varies = {}, {c.order: True for c in scan.carries}

        def follow(x) -> bool:
            if not isinstance(x, Tracer):
                return False
            if x.order not in varies:
                varies[x.order] = x.length is not None and x.operation not in ("table", "least") and any([follow(y) for y in x.operands])
                if varies[x.order]:
                    ways[x.order] = x
            return varies[x.order]

        for x in scan.following:
            follow(x)
        return [ways[order] for order in sorted(ways)]
