"""A heat map; a slider by factors. What almost never happens to one machine happens to many every day."""

import numpy as np

from clustermath.units import DAY, HOUR
from livefigure import LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import SMALL

YEAR = 365.25 * DAY
MACHINES = {"1": 1, "10": 10, "100": 100, "1,000": 1e3, "10k": 1e4, "100k": 1e5}
TIMES = {"1 h": HOUR, "6 h": 6 * HOUR, "1 d": DAY, "1 wk": 7 * DAY, "1 mo": YEAR / 12, "3 mo": YEAR / 4, "1 yr": YEAR}
GRID = {"machines": np.repeat(list(map(float, MACHINES.values())), len(TIMES)), "time": np.tile(list(TIMES.values()), len(MACHINES))}


def survival(mtbf, grid):
    """The chance that none of so many machines fails in so long, where one fails every `mtbf` years on average."""
    return {"chance": np.exp(-grid["machines"] * grid["time"] / (mtbf * YEAR)), "even": np.log(2) * mtbf * YEAR / DAY}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(-0.5, len(TIMES) - 0.5), ylim=(-0.5, len(MACHINES) - 0.5), ylabel="machines")
    ax.set_xticks(range(len(TIMES)), TIMES)
    ax.set_yticks(range(len(MACHINES)), MACHINES)
    ax.grid(visible=False)
    plot.heatmap(ax, "chance", len(TIMES), 0, 1, COLOR["computed"], touch=Touch("nothing fails: {chance:.2g}"))


def figure(model=survival) -> LiveFigure:
    """Many machines, long times."""
    return LiveFigure(
        "gallery-heatmap",
        model,
        draw,
        kicker="Heat map · logarithmic slider",
        title="How likely does nothing fail?",
        controls={"mtbf": Slider(0.1, 100, 5, "years between failures of one machine", log=True, limits=(1e-3, 1e6))},
        readouts=[Readout("even", "machines for an even chance of a day without failure", ",.3g")],
        summary="Where a machine fails every {mtbf:.3g} years, {even:,.3g} of them have an even chance of a day without failure.",
        fixed={"grid": GRID},
        sizes={"wide": (6.9, 2.5), "narrow": (3.6, 2.3)},
        note="Full colour: nothing fails. Touch a cell for its chance. Failures come independently.",
    )
