"""Units lab: a bus bandwidth above the link's, since the switch does the adding."""

from clustermath import CHIPS
from clustermath.units import GIGA
from livefigure import Choice, LiveFigure

from . import numbers, puzzle
from .traps import sources, trap

NAME = "added in the switch"
GPUS = 8
RING, SWITCH = 2 * (GPUS - 1) / GPUS, 1 + 1 / GPUS
FACTORS = {"2 (n − 1) / n, as a ring sends": RING, "1 + 1 / n, as a switch that adds": SWITCH}


def over_the_link(factor):
    """Bytes over a GPU's link in a second, by what each byte of the buffer costs."""
    return {"value": trap(NAME, "algorithm_bandwidth") * factor / GIGA, "right": 1.0 * (abs(factor - SWITCH) < 1e-9)}


def figure(model=over_the_link) -> LiveFigure:
    """Bus bandwidth."""
    return puzzle(
        "units-lab-faster-than-the-link",
        model,
        title="480 GB/s over a link of 450. How?",
        controls={"factor": Choice(FACTORS, next(iter(FACTORS)), "bytes sent for each byte added up")},
        published=trap(NAME, "printed") / GIGA,
        top=600,
        format=",.0f",
        unit=" GB/s",
        wall=CHIPS["H100 SXM"].nvlink / GIGA,
        wall_name="the link",
        ticks=numbers(600, 150),
        solved="fewer bytes than the test assumes",
        summary="With {factor} the link carries {value:,.0f} GB/s.",
        sources=sources(NAME),
    )
