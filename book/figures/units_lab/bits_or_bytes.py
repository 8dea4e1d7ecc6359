"""Units lab: eight bits to a byte."""

from livefigure import Choice, LiveFigure

from . import percent, puzzle
from .traps import sources, trap

NAME = "bits for bytes"
CARD = trap(NAME, "card")
UNITS = {"100 gigabytes a second": 8 * CARD, "100 gigabits a second": CARD}


def share(card):
    """Share of the card that is reached."""
    return {"value": trap(NAME, "bandwidth") / card, "right": 1.0 * (abs(card - CARD) < 1)}


def figure(model=share) -> LiveFigure:
    """Bits or bytes."""
    return puzzle(
        "units-lab-bits-or-bytes",
        model,
        title="12 GB/s from a card of “100GBps”. Where is the rest?",
        controls={"card": Choice(UNITS, next(iter(UNITS)), "the card")},
        published=trap(NAME, "printed"),
        top=1.25,
        format=".0%",
        wall=1.0,
        wall_name="the card",
        ticks=percent(1.0, 25),
        solved="cards are sold in bits",
        summary="Of {card} it is {value:.0%}.",
        sources=sources(NAME),
    )
