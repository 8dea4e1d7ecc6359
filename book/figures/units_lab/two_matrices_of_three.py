"""Units lab: an expert with a gate has three matrices, and a window is no full attention."""

from clustermath.architecture import ARCHITECTURES
from clustermath.counters import bridge, bridge_gpt_oss
from clustermath.units import TERA
from livefigure import Choice, LiveFigure

from . import numbers, puzzle
from .traps import sources, trap

NAME = "two matrices of three"
MODEL, LENGTH = ARCHITECTURES["GPT-OSS 120B"], trap(NAME, "seq_len")
COUNTS = {"three matrices, windows as they are": float(bridge(MODEL, LENGTH)), "two matrices, no windows": float(bridge_gpt_oss(MODEL, LENGTH))}
PRINTED = COUNTS["two matrices, no windows"]


def rate(count):
    """TFLOP/s of a GPU by what is counted for a token."""
    return {"value": count * trap(NAME, "tokens_per_s") / TERA, "right": 1.0 * (abs(count - PRINTED) < 1)}


def figure(model=rate) -> LiveFigure:
    """Two matrices of three."""
    return puzzle(
        "units-lab-two-matrices-of-three",
        model,
        title="488 TFLOP/s are printed. What did the formula think an expert is?",
        controls={"count": Choice(COUNTS, next(iter(COUNTS)), "an expert, and attention")},
        published=trap(NAME, "printed") / TERA,
        top=700,
        format=",.0f",
        unit=" TFLOP/s",
        ticks=numbers(700, 100),
        solved="as it was printed",
        summary="With {count}: {value:,.0f} TFLOP/s.",
        sources=sources(NAME),
    )
