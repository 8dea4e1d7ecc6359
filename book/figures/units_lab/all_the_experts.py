"""Units lab: all parameters, or those that work on a token."""

from clustermath import CHIPS
from clustermath.architecture import ARCHITECTURES, active_parameters, parameters
from clustermath.run import implied_mfu, training_flops
from livefigure import Choice, LiveFigure

from . import percent, puzzle
from .traps import sources, trap

NAME = "all the experts"
DEEPSEEK = ARCHITECTURES["DeepSeek-V3"]
ALL, ACTIVE = (float(sum(count(DEEPSEEK).values())) for count in (parameters, active_parameters))
COUNTS = {f"{ALL / 1e9:.0f} B, all of them": ALL, f"{ACTIVE / 1e9:.0f} B, those that work on a token": ACTIVE}
PEAK = CHIPS["H800 SXM"].fp8


def utilisation(count):
    """MFU of DeepSeek-V3's run, of the peak in FP8: one GPU for all the GPU-hours."""
    flops = training_flops(count, trap(NAME, "tokens"))
    return {"value": implied_mfu(flops, 1.0, PEAK, trap(NAME, "gpu_hours")), "right": 1.0 * (abs(count - ACTIVE) < 1)}


PRINTED = float(utilisation(ALL)["value"])  # what a counter with this bug prints


def figure(model=utilisation) -> LiveFigure:
    """Total or active."""
    return puzzle(
        "units-lab-all-the-experts",
        model,
        title="DeepSeek-V3 at three times the peak of its chips. What was counted?",
        controls={"count": Choice(COUNTS, next(iter(COUNTS)), "parameters")},
        published=PRINTED,
        top=4.0,
        format=".0%",
        wall=1.0,
        wall_name="all there is",
        ticks=percent(3.5, 50),
        solved="experts that sleep do no work",
        summary="With {count}: {value:.0%} of the peak.",
        sources=["https://github.com/PrimeIntellect-ai/prime-rl/issues/778", *sources(NAME)],
    )
