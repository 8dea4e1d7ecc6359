"""Units lab: work that is done twice, and counted twice."""

from clustermath import CHIPS
from clustermath.architecture import ARCHITECTURES, narayanan_flops
from livefigure import LiveFigure, Switch

from . import percent, puzzle
from .traps import sources, trap

NAME = "work done twice"
GPT = ARCHITECTURES["GPT 1008B"]
SHARE = trap(NAME, "rate") / CHIPS["A100 SXM"].bf16
AGAIN = float(narayanan_flops(GPT, 2048.0, 1.0) / narayanan_flops(GPT, 2048.0, 0.0))


def utilisation(again):
    """Share of the peak, with the repeated forward pass among the work or not."""
    return {"value": SHARE / (AGAIN * (1 - again) + again), "right": 1 - again}


def figure(model=utilisation) -> LiveFigure:
    """HFU or MFU."""
    return puzzle(
        "units-lab-work-done-twice",
        model,
        title="52% of the peak in 2021. How much of it went into the model?",
        controls={"again": Switch(True, "count what is computed again")},
        published=trap(NAME, "printed"),
        top=0.7,
        format=".0%",
        ticks=percent(0.7, 10),
        solved="the model’s share, MFU",
        summary="{value:.0%} of the peak.",
        sources=sources(NAME),
    )
