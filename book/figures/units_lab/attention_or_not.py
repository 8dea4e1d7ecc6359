"""Units lab: six FLOPs for a parameter and token, or attention's scores as well."""

from clustermath.architecture import ARCHITECTURES, model_flops
from clustermath.counters import six_n
from clustermath.units import TERA
from livefigure import Choice, LiveFigure

from . import numbers, puzzle
from .traps import sources, trap

NAME = "attention counted"
LLAMA = ARCHITECTURES["Llama 2 13B"]
RATE, LENGTH = trap(NAME, "tokens_per_s"), trap(NAME, "seq_len")
COUNTS = {
    "6 for each parameter": float(six_n(LLAMA)),
    "and the scores before a token": float(model_flops(LLAMA, LENGTH, causal=1.0)),
    "and all scores": float(model_flops(LLAMA, LENGTH, causal=0.0)),
}
FULL = COUNTS["and all scores"]


def rate(count):
    """TFLOP/s of a GPU by what is counted for a token."""
    return {"value": count * RATE / TERA, "right": 1.0 * (abs(count - FULL) < 1)}


def figure(model=rate) -> LiveFigure:
    """6ND or with attention."""
    return puzzle(
        "units-lab-attention-or-not",
        model,
        title="169 TFLOP/s by hand, 180 in the log. What does the log count?",
        controls={"count": Choice(COUNTS, next(iter(COUNTS)), "FLOPs of a token")},
        published=trap(NAME, "printed") / TERA,
        top=240,
        format=",.0f",
        unit=" TFLOP/s",
        ticks=numbers(240, 60),
        solved="the whole matrix of scores",
        summary="Counting {count}: {value:,.0f} TFLOP/s.",
        sources=sources(NAME),
    )
