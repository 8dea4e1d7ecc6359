"""Units lab: what a solar farm could give at noon, and what it gives in a year."""

from clustermath.power import SITES
from livefigure import Choice, LiveFigure, Switch

from ..ledger import claimed
from . import percent, puzzle

FARM, SHARE = claimed("003-07"), claimed("003-08")
PLACES = {"the first Colossus, 300 MW": SITES["Colossus 1 in 2026"].power, "Colossus 2 at a gigawatt": SITES["Colossus 2, 1 GW (claimed)"].power}
SUN = 0.22  # capacity factor: 20 to 24 per cent in Tennessee


def covered(site, energy):
    """Share of the site: of its power, or of its energy over a year."""
    sun = SUN * energy + (1 - energy)
    return {"value": FARM * sun / site, "right": energy * (site > 5e8)}


def figure(model=covered) -> LiveFigure:
    """Nameplate or energy."""
    return puzzle(
        "units-lab-nameplate-or-energy",
        model,
        title="A solar farm for a tenth of the site. A tenth of what?",
        controls={"site": Choice(PLACES, next(iter(PLACES)), "the site"), "energy": Switch(False, "over day and night")},
        published=SHARE,
        top=0.13,
        format=".1%",
        ticks=percent(0.12, 2),
        solved="of the energy of this site",
        summary="The farm covers {value:.1%} of {site}.",
        sources=["30 MW and “about 10%”: claims 003-07 and 003-08", "capacity factor: US Energy Information Administration; 20 to 24% for Tennessee (recalled)"],
    )
