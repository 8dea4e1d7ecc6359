"""Units lab: a node of four GPUs, counted as one."""

from clustermath import CHIPS
from clustermath.architecture import ARCHITECTURES, model_flops
from livefigure import Choice, LiveFigure

from . import percent, puzzle
from .traps import sources, trap

NAME = "nodes for GPUs"
LLAMA, LENGTH = ARCHITECTURES["Llama 3.1 405B"], 8192.0
RATE = float(model_flops(LLAMA, LENGTH, causal=1.0)) * LENGTH * trap(NAME, "sequences") / trap(NAME, "step_time")
GPUS = trap(NAME, "gpus")
PEAK = CHIPS["GB200 NVL72"].fp4
COUNTS = {f"{GPUS / 4:.0f}, the nodes of the description": GPUS / 4, f"{GPUS:.0f}, four to a node": GPUS}


def utilisation(count):
    """MFU of the peak in NVFP4."""
    return {"value": RATE / (count * PEAK), "right": 1.0 * (abs(count - GPUS) < 0.5)}


PRINTED = float(utilisation(GPUS / 4)["value"])


def figure(model=utilisation) -> LiveFigure:
    """Nodes or GPUs."""
    return puzzle(
        "units-lab-nodes-or-gpus",
        model,
        title="A benchmark above the peak of its chips. How many chips were there?",
        controls={"count": Choice(COUNTS, next(iter(COUNTS)), "GPUs")},
        published=PRINTED,
        top=1.3,
        format=".0%",
        wall=1.0,
        wall_name="all there is",
        ticks=percent(1.25, 25),
        solved="a node has four",
        summary="With {count}: {value:.0%} of the peak.",
        sources=sources(NAME),
    )
