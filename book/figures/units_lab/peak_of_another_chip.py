"""Units lab: the peak of another chip, and an MFU of 104 per cent."""

from clustermath import CHIPS
from livefigure import Choice, LiveFigure

from . import percent, puzzle
from .traps import sources, trap

NAME = "an A100's peak"
A100, H100 = CHIPS["A100 SXM"].bf16, CHIPS["H100 SXM"].bf16
RATE = trap(NAME, "printed") * A100  # what the GPU really did
PEAKS = {"312 TFLOP/s, an A100": A100, "989 TFLOP/s, an H100": H100, "1,979 TFLOP/s, an H100 in FP8": CHIPS["H100 SXM"].fp8}


def utilisation(peak):
    """MFU of a rate that was measured on an H100."""
    return {"value": RATE / peak, "right": 1.0 * (abs(peak - H100) < 1)}


def figure(model=utilisation) -> LiveFigure:
    """An MFU above one."""
    return puzzle(
        "units-lab-peak-of-another-chip",
        model,
        title="An H100 at 104% of its peak. Whose peak?",
        controls={"peak": Choice(PEAKS, next(iter(PEAKS)), "the peak it is a share of")},
        published=trap(NAME, "printed"),
        top=1.3,
        format=".0%",
        wall=1.0,
        wall_name="all there is",
        ticks=percent(1.25, 25),
        solved="the chip that ran",
        summary="Of {peak} the rate is {value:.0%}.",
        sources=sources(NAME),
    )
