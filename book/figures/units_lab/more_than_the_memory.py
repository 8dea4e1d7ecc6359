"""Units lab: powers of ten and powers of two."""

from clustermath.units import GIGA, UNITS
from livefigure import Choice, LiveFigure

from . import numbers, puzzle
from .traps import sources, trap

NAME = "more than the memory"
SIZES = {"GB, of 10⁹ bytes": GIGA, "GiB, of 2³⁰ bytes": UNITS["GiB"]}
SOLD = 80  # whatever the unit is called


def used(unit):
    """Memory in use, in the unit."""
    return {"value": trap(NAME, "printed") / unit, "right": 1.0 * (unit > GIGA)}


def figure(model=used) -> LiveFigure:
    """GB or GiB."""
    return puzzle(
        "units-lab-more-than-the-memory",
        model,
        title="83 GB in use on a GPU of 80. In what unit are the 80?",
        controls={"unit": Choice(SIZES, next(iter(SIZES)), "the unit of both")},
        published=trap(NAME, "printed") / GIGA,
        top=100,
        format=",.0f",
        wall=SOLD,
        wall_name="the memory",
        ticks=numbers(100, 20),
        solved="memory is made in powers of two",
        summary="In {unit} it is {value:,.1f}.",
        sources=sources(NAME),
    )
