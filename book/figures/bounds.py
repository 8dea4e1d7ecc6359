"""How far an input can go: what can be at all, and what anyone has published. *What would it take?* answers with it.

A control is known by its key, which means one thing in all figures; where it means another, the figure says so. Ranges of
what was published are computed from the tables (published_ranges.py), and their words say of whom they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from clustermath.tables import DATA, rows
from livefigure import Bound, Slider
from livefigure.controls import Control

JOB = "any job whose goodput is published"
RANGES = DATA / "published_ranges.csv"
COLUMNS = ("key", "end", "low", "high", "words")

# What can't be, by key: the least and the most, where there is such an end, and why there is nothing beyond.
POSSIBLE = {
    "mfu": (None, 1, "no chip gives more than its peak"),
    "goodput": (None, 1, "no run gets on for more than all of its time"),
    "serial": (0, 1, "no less than none and no more than all of the time can stay as it is"),
    "active": (None, 1, "no more than all parameters can work on a token"),
    "part": (None, 1, "there are no more GPUs than all of them"),
    "cap": (None, 1, "no chip draws more than its TDP for long"),
    "idle": (None, 1, "no chip draws more than its TDP for long"),
    "exposed_share": (0, 1, "a chip draws something between nothing and its TDP"),
    "floor_share": (0, 1, "a chip draws something between nothing and its TDP"),
    "drawn": (None, 1, "servers are rated for the most that they draw"),
    "network_share": (0, None, "network and storage give no power back"),
    "pue": (1, None, "a site draws no less than its servers do"),
    "efficiency": (None, 1, "no turbine gives more energy than its fuel has"),
    "availability": (None, 1, "no set is up for more than all of the time"),
    "evaporative": (0, 1, "evaporation cools no further than to the wet bulb"),
    "spares": (0, None, "there can’t be fewer spares than none"),
    "spinning": (0, None, "there can’t be fewer spares than none"),
    "spare_nodes": (0, None, "there can’t be fewer spares than none"),
    "packs": (0, None, "there can’t be fewer batteries than none"),
    "response": (0, None, "no battery answers before it is asked"),
    "waiting": (None, 1, "no step waits for longer than it takes"),
    "shed_share": (0, 1, "no more than all of the load can be shed"),
    "restart": (0, None, "no job is back before it stopped"),
    "restart_time": (0, None, "no job is back before it stopped"),
    "outage_time": (0, None, "no job is back before it stopped"),
    "swap_time": (0, None, "no job is back before it stopped"),
    "repair_time": (0, None, "no server is repaired before it failed"),
    "removed": (0, 1, "no more overhead can be taken away than there is"),
    "recompute": (0, 1, "no more than all of it can be computed again"),
    "oversubscription": (1, None, "below 1 the fabric would carry more than its GPUs can send"),
    "growth": (0, 1, "tokens follow the parameters between not at all and fully"),
}


def over(numbers: Iterable[float], words: str) -> Bound:
    """From the least to the most of what was published."""
    found = [float(number) for number in numbers]
    return Bound(min(found), max(found), words)


def up_to(numbers: Iterable[float], words: str) -> Bound:
    """As far as anyone has gone; there is no least."""
    return over(numbers, words)._replace(low=None)


@cache
def _ranges(end: str) -> dict[str, Bound]:
    """Ranges of one kind, as the table has them."""
    lines = (row for _, row in rows(RANGES, needed=COLUMNS, known=COLUMNS) if row["end"] == end)
    return {row["key"]: Bound(*(float(row[name]) if row[name] else None for name in ("low", "high")), row["words"]) for row in lines}


def published() -> dict[str, Bound]:
    """What anyone has published, by key."""
    return _ranges("published")


def possible() -> dict[str, Bound]:
    """What can be, by key."""
    return {key: Bound(*bound) for key, bound in POSSIBLE.items()} | _ranges("possible")


def bounded(controls: Mapping[str, Control], **own: Bound | None) -> dict[str, Control]:
    """`controls`, of which each slider knows how far it can go. own: what was published, where a key means something else; None if nothing was."""
    known, wall = published() | own, possible()
    return {
        key: replace(control, published=known.get(key), possible=wall.get(key)) if isinstance(control, Slider) and not control.values else control
        for key, control in controls.items()
    }
