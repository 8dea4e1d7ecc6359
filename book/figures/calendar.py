"""A calendar of days that fills as a run works: one tile a day, one column a week. Where the wall is, the days are hollow."""

import numpy as np
from livefigure import Touch
from livefigure.look import COLOR

WEEKS, WEEK = 13, 7
DAYS = WEEKS * WEEK
PLACES = np.arange(DAYS)
DAY = PLACES % WEEKS * WEEK + PLACES // WEEKS + 1.0  # of each tile, which are counted row by row: a week goes down its column
SQUARES = np.array([m * 10.0**k for k in range(8) for m in (1, 2, 5)])  # days that one square may stand for
SAVED, NEEDED, CLAIMED = range(3)  # edges


def fill(days, least, before):
    """What the tiles show of a run of `days`, which takes at the `least` so many on these chips, and took so many `before`."""
    possible = days >= least
    worked = np.clip(days - DAY + 1, 0, 1)
    return {
        "fill": np.where(possible & (worked > 0), 0, -1),
        "strength": worked,
        "edge": np.select([possible & (DAY < before + 1), possible, DAY < days + 1, DAY < least + 1], [SAVED, -1, CLAIMED, NEEDED], -1),
        "done": np.minimum(DAY / days, 1.0),
        "day": DAY,
        "kept": np.where(possible, 1, 0),
    }


def draw(plot, ax, prefix: str, box, touch: Touch | None = None) -> None:
    """The calendar's tiles in `box`, of the model's outputs that `fill` has given under `prefix`."""
    edges = [
        dict(edgecolor=COLOR["outline"], linewidth=0.7),
        dict(edgecolor=COLOR["claimed"], linewidth=1.1, linestyle=(0, (2, 1.5))),
        dict(edgecolor=COLOR["claimed"], linewidth=2.2),
    ]
    plot.tiles(ax, [(WEEKS, WEEK, 0.16)], f"{prefix}.fill", [COLOR["computed"]], shade=f"{prefix}.strength", edge=f"{prefix}.edge", edges=edges, box=box, touch=touch)
