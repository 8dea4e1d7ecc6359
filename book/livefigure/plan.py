"""What of a model's function is computed when: numbers first, then loops, then what is made of whole arrays, in further loops.

All that does not depend on the place in an array is computed once, before the loop. Arrays of
the same length share a loop unless one of them needs a number that the loop makes (a sum, a best place). `stage` counts
how many loops must have ended before a value can be computed: each stage is a few constants followed by its loops.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from .graph import Scan, Tracer
from .operations import REDUCTIONS
from .refusal import TraceError
from .trace import reachable

MADE_BY_LOOPS = {"table", "last", *REDUCTIONS}
Loop = tuple[int, int]  # stage, length


def tracers(operands) -> list[Tracer]:
    return [x for x in operands if isinstance(x, Tracer)]


def scan_of(carry: Tracer) -> Scan:
    return carry.graph.scan_of(carry)


def is_there(x: Tracer) -> bool:
    """Whether x is an array that no loop has to make."""
    return x.operation == "table" or x.operation == "input" and x.length is not None


class Plan:
    """The values of one function, each with its stage and its loop. stores: (value, target) pairs."""

    def __init__(self, stores: Sequence[tuple]):
        self.nodes = reachable(value for value, _ in stores)
        self.users: dict[int, list[Tracer]] = defaultdict(list)
        for node in self.nodes:
            after = [scan_of(node).after(node)] if node.operation == "carry" else []
            for x in tracers([*node.operands, *after]):
                self.users[x.order].append(node)
        self.targets: dict[int, list[str]] = defaultdict(list)
        for value, target in stores:
            if isinstance(value, Tracer):
                self.targets[value.order].append(target)
        self.stage = self._stages()
        self.loops: dict[Loop, list[Tracer]] = defaultdict(list)
        for node in self.nodes:
            if node.length is not None and node.operation not in MADE_BY_LOOPS:
                self.loops[self.loop_of(node)].append(node)
        self.around = self._around()

    def loop_of(self, node: Tracer) -> Loop:
        return self.stage[node.order], node.length

    def _stages(self) -> dict[int, int]:
        """For each value the number of loops that must have ended before it can be computed."""
        stage: dict[int, int] = {}
        scans = [node for node in self.nodes if node.operation == "carry"]
        floor = dict.fromkeys((carry.order for carry in scans), 0)
        for _ in range(len(scans) + 2):
            for node in self.nodes:
                stage[node.order] = max(floor.get(node.order, 0), *(self._ready(x, node, stage) for x in tracers(node.operands)), 0)
            wanted = {c.order: max((stage[x.order] for x in tracers(scan_of(c).following)), default=0) for c in scans}
            if wanted == floor:
                return min(stage, self._late(stage), key=self._between)
            floor = wanted
        raise TraceError("a scan needs a number that is made of its own results: that would never end.")

    def _late(self, stage: dict[int, int]) -> dict[int, int]:
        """The same with what loops compute in the last loop of its length that is early enough: fewer loops, fewer arrays between them."""
        stage = dict(stage)
        last = {length: max(stage[node.order] for node in self.nodes if node.length == length) for length in {node.length for node in self.nodes}}
        for node in reversed(self.nodes):
            if node.length is not None and node.operation != "carry" and self.users[node.order]:
                needed = min(stage[user.order] - self._waits(node, user) for user in self.users[node.order])
                stage[node.order] = max(stage[node.order], min(needed, last[node.length]))
        return stage

    def _between(self, stage: dict[int, int]) -> int:
        """How many values a later loop reads."""
        return sum(any(stage[user.order] > stage[node.order] and user.operation not in ("last", *REDUCTIONS) for user in self.users[node.order]) for node in self.nodes if node.length is not None)

    def _ready(self, x: Tracer, node: Tracer, stage: dict[int, int]) -> int:
        """The stage from which `node` may use x."""
        return stage[x.order] + self._waits(x, node)

    def _waits(self, x: Tracer, node: Tracer) -> bool:
        """Whether `node` has to wait until the loop of x has ended: what is made of a whole array has."""
        whole = node.operation in ("take", "spread", "harmonic") and x is node.operands[0]  # of which any element may be wanted
        waits = x.length is not None and (whole or x.length != node.length)
        return waits and (node.operation in REDUCTIONS or not is_there(x))

    def _around(self) -> dict[Loop, Loop]:
        """loop → the shorter one that can be written around it: each of whose turns serves some neighbouring turns of that loop alone."""
        found = {}
        for loop, members in self.loops.items():
            users = [user for node in members for user in self.users[node.order]]
            served = [user for user in users if self.loop_of(user) != loop]
            inner = set(map(self.loop_of, served))
            if len(inner) == 1 and not any(self.targets[node.order] for node in members) and all(_is_held(user, loop[1]) for user in served):
                found[inner.pop()] = loop
        return found


def _is_held(x: Tracer, length: int) -> bool:
    """Whether x is an array of `length` values, each held for some places."""
    if x.operation != "spread" or x.operands[1].operation != "table" or x.length % length:  # a shorter one reads every so many
        return False
    return x.operands[1].operands[0].values == tuple(float(i * length // x.length) for i in range(x.length))
