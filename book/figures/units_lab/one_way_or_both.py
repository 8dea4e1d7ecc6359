"""Units lab: a link's two directions, added up on the product page."""

from livefigure import Choice, LiveFigure

from . import percent, puzzle
from .traps import sources, trap

NAME = "both directions"
BOTH = trap(NAME, "advertised")
WAYS = {"600 GB/s, both directions": BOTH, "300 GB/s, one direction": BOTH / 2}


def share(link):
    """Share of the link that nccl-tests reaches."""
    return {"value": trap(NAME, "bandwidth") / link, "right": 1.0 * (abs(link - BOTH / 2) < 1)}


def figure(model=share) -> LiveFigure:
    """One direction or both."""
    return puzzle(
        "units-lab-one-way-or-both",
        model,
        title="NVLink at 40% of what was sold. Is it broken?",
        controls={"link": Choice(WAYS, next(iter(WAYS)), "the link")},
        published=trap(NAME, "printed"),
        top=1.25,
        format=".0%",
        wall=1.0,
        wall_name="the link",
        ticks=percent(1.0, 25),
        solved="the test counts one direction",
        summary="Of {link} the test reaches {value:.0%}.",
        sources=sources(NAME),
    )
