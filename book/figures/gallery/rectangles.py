"""A schedule: rectangles whose number changes; whole numbers. The slowest machine sets the pace."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

MACHINES = {"wash": COLOR["computed"], "dry": COLOR["ochre"], "fold": COLOR["teal"]}
MOST = 12  # loads
GRID = {"machine": np.repeat(np.arange(3.0), MOST), "load": np.tile(np.arange(float(MOST)), 3)}
STEPS = [(0, 300), (0, 600), (0, 1200), (0, 2400)]  # minutes


def laundry(loads, wash, dry, fold, grid):
    """When each load is in each machine, in minutes: as soon as it is done in the one before and the next is free."""
    first, second = grid["machine"] == 0, grid["machine"] == 1
    slowest = np.maximum(np.maximum(wash, dry), fold)
    through = np.select([first, second], [0.0, wash], wash + dry)  # for the first load
    pace = np.select([first, second], [wash, np.maximum(wash, dry)], slowest)
    start = np.where(grid["load"] < loads, through + grid["load"] * pace, np.nan)
    total = wash + dry + fold + (loads - 1) * slowest
    return {
        "start": start,
        "end": start + np.select([first, second], [wash, dry], fold),
        "bottom": 2.2 - grid["machine"],
        "top": 2.8 - grid["machine"],
        "machine": grid["machine"],
        "total": total,
        "saved": 1 - total / (loads * (wash + dry + fold)),
        "busy": loads * slowest / total,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(ylim=(0, 3), xlabel="minutes")
    ax.set_yticks([2.5, 1.5, 0.5], MACHINES)
    ax.grid(axis="y", visible=False)
    plot.limits(ax, "x", ["total"], STEPS)
    plot.rectangles(ax, "start", "end", "bottom", "top", list(MACHINES.values()), kind="machine", edgecolor=COLOR["card"], linewidth=1.5)
    plot.vline(ax, "total", color=COLOR["measured"], linewidth=1, linestyle="--")


def figure(model=laundry) -> LiveFigure:
    """Laundry day."""
    return LiveFigure(
        "gallery-rectangles",
        model,
        draw,
        kicker="Schedule · whole numbers",
        title="When is the laundry done?",
        controls={
            "loads": Slider(1, MOST, 4, "loads", integer=True),
            "wash": Slider(5, 120, 30, "washing", unit="min", steps=115),
            "dry": Slider(5, 120, 50, "drying", unit="min", steps=115),
            "fold": Slider(5, 120, 20, "folding", unit="min", steps=115, folded=True),
        },
        readouts=[
            Readout("total", "minutes for all of it", ",.0f"),
            Readout("saved", "less than one load after another", ".0%"),
            Readout("busy", "of it the slowest machine is at work", ".0%"),
        ],
        summary="{loads:.0f} loads are done after {total:,.0f} minutes; the slowest machine is at work for {busy:.0%} of them.",
        fixed={"grid": GRID},
        sizes=SMALL,
    )
