"""Operations that change nothing, left out of the graph, and others written the cheap way: a page computes them on every tick."""

from .kinds import is_logical, kind_of
from .operations import NEUTRAL
from .refusal import TraceError, place


def simplified(graph, name: str, operands: list, whole: bool):
    """The operation `name` on operands (Tracers, floats, truth values) as a node of `graph`, or the operand that it leaves as it is.

    Left out are x - 0, x · 1, x ÷ 1, x ** 1, x and True (not x + 0, which makes 0 of -0). whole: as in `Tracer`.
    Raises TraceError for arrays of several lengths.
    """
    lengths = {getattr(x, "length", None) for x in operands} - {None}
    if len(lengths) > 1:
        raise TraceError(f"{place()} combines arrays of {' and '.join(map(str, sorted(lengths)))} elements.")
    (length,) = lengths or {None}
    if len(operands) == 2:
        a, b = operands
        if name == "multiply" and is_logical(a) and is_logical(b):
            name = "logical_and"
        for known, other in ((a, b), (b, a)):
            if isinstance(known, bool) and known == NEUTRAL.get(name) and getattr(other, "logical", False):
                return other
        if kind_of(a) == whole and (_is(b, 0) and str(b) == "0.0" and name == "subtract" or _is(b, 1) and name in ("multiply", "divide", "power")):
            return a
        if kind_of(b) == whole and name == "multiply" and _is(a, 1):
            return b
        if name == "power" and _is(b, 2):
            return graph.node("multiply", a, a, length=length, whole=whole)
        if name == "power" and _is(b, 0.5):
            return graph.node("sqrt", a, length=length)
    return graph.node(name, *operands, length=length, whole=whole)


def _is(x, constant: float) -> bool:
    return isinstance(x, float) and x == constant
