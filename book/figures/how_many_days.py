"""The landing page: a calendar that empties as the stack gets faster, until it meets the chips' wall."""

from dataclasses import replace
from functools import wraps

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.run import training_time
from clustermath.runs import RUNS
from clustermath.units import DAY
from livefigure import Goal, LiveFigure, Readout, Touch
from livefigure.look import COLOR

from . import calendar, walls
from .bounds import bounded
from .inputs import gpus, slider
from .ledger import claimed

RUN = RUNS["Llama 3.1 405B"]
MFU = RUN.rate / CHIPS["H100 SXM"].bf16
FLOPS = MODELS["Llama 3.1 405B"].flops
CLAIMED = claimed("004-10") / DAY
FASTER = slider("speedup", 1.0, "faster software", unit="×", log=True)


def days(speedup, gpus):
    """Llama 3.1 405B's days on H100s at the published rate, `speedup` times faster."""
    days, needed = training_time(FLOPS, gpus, CHIPS["H100 SXM"].bf16, MFU) / speedup / DAY, MFU * speedup
    return {
        "days": days,
        "needed": needed,
        "least": days * needed,  # at the full peak
    }


def on_a_calendar(model):
    """`model` with what the calendar shows of it, and where its texts stand."""

    @wraps(model)
    def run(speedup, gpus):
        found = model(speedup, gpus)
        run_days, possible = found["days"], found["needed"] <= 1
        shown = calendar.fill(run_days, np.where(possible, 0, found["least"]), run_days * speedup)
        return found | {
            "calendar": {name: shown[name] for name in ("fill", "strength", "edge", "done", "day")},
            "ends_here": np.clip(run_days * speedup / shown["day"], FASTER.low, FASTER.high),
            "within": np.where(possible, run_days, NOWHERE),
            "beyond": np.where(possible, NOWHERE, run_days),
            "hint": np.where(possible, np.maximum(run_days, FIRST), NOWHERE),
            "crowd": np.where(gpus > walls.LARGEST_JOB, calendar.DAYS, NOWHERE),
            "more": np.maximum(run_days - calendar.DAYS, 0),
            "rest": np.where(run_days > calendar.DAYS, calendar.DAYS, NOWHERE),
            "text": np.where(possible, np.minimum(run_days, calendar.DAYS), NOWHERE),
            "excuse": np.where(possible, NOWHERE, np.minimum(run_days, calendar.DAYS)),
        }

    return run


NOWHERE = -1e9  # days: outside of the drawing
FIRST = 7  # days: further to the left a word above the run's end would be cut
HANDLE, LOW, HIGH = 9.75, 1.3, 8.3  # the run's end, above all else, so that a phone's first screen has it; the calendar from and to


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(-2.2, calendar.DAYS + 0.5), ylim=(-1.9, 12.3), yticks=[], xticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(visible=False)
    claim = dict(color=COLOR["claimed"], fontweight="semibold")
    touch = Touch("day {calendar.day:.0f}: {calendar.done:.0%} done", sets={"speedup": "ends_here"})
    calendar.draw(plot, ax, "calendar", (0, LOW, calendar.DAYS, HIGH), touch)
    plot.vline(ax, CLAIMED, 0.2, 0.76, color=COLOR["claimed"], linewidth=1.6, linestyle=(0, (1, 2)))
    plot.label(ax, CLAIMED, 0.4, f"the news: {CLAIMED:.0f}", dx=0, flip=0.75, va="center", **claim)
    plot.vline(ax, "least", 0.1, 0.78, color=COLOR["claimed"], linewidth=1.6, linestyle="--")
    plot.label(ax, "least", -1, "the chips’ wall: {least:,.3g}", dx=0, flip=0.35, va="center", **claim)
    drag = Touch("{speedup:.3g}× as fast", drag=("x", "speedup", "days"))
    plot.marker(ax, "within", HANDLE, color=COLOR["computed"], markersize=15, clip_on=False, touch=drag)
    plot.marker(ax, "beyond", HANDLE, color=COLOR["claimed"], markerfacecolor=COLOR["card"], markeredgewidth=2, markersize=14, clip_on=False, touch=drag)
    plot.label(ax, "hint", 11.75, "drag me", ha="center", va="center", color=COLOR["muted"], invites=True)
    plot.label(ax, "rest", 11.35, "and {more:,.0f} days more", dx=0, ha="right", va="center", color=COLOR["computed"])
    walls.crowd(plot, ax, y=11.35, fraction="", ha="right")
    beside = dict(dx=19, flip=0.6, va="center", fontweight="semibold", fontsize=13)
    plot.label(ax, "text", HANDLE, "{days:,.1f} days", color=COLOR["computed"], **beside)
    plot.label(ax, "excuse", HANDLE, "{days:,.1f}? Not on these chips", color=COLOR["claimed"], **beside)


GOAL = Goal(
    "Five days, as the news have it, and no chip asked for more than it can do.",
    lambda at: (at["days"] <= 5) & (at["needed"] <= 1),
    "Software stops at the chips’ wall. More chips move the wall.",
    {"speedup": 2, "gpus": 120_000},
)


def figure(model=days) -> LiveFigure:
    """The one live number of the first screen."""
    return LiveFigure(
        "how-many-days",
        on_a_calendar(model),
        draw,
        title="How many days does the run take?",
        finding="At {speedup:.3g}× the published speed the run takes {days:,.1f} days and needs {needed:.0%} of what its {gpus:,.7g} chips can do.",
        controls=bounded({"speedup": FASTER, "gpus": replace(gpus(RUN.gpus), label="chips (GPUs)")}),
        goals=[GOAL] if model is days else [],  # a reader's own model may not get there
        readouts=[Readout("days", "days", ",.1f"), Readout("needed", "of the chips’ full speed needed", ".0%", limit=1, beyond="of the chips’ full speed: more than there is")],
        summary="A stack {speedup:.3g} times as fast on {gpus:,.7g} H100s takes {days:,.1f} days and needs {needed:.0%} of the chips’ peak.",
        sizes={"wide": (6.9, 2.7), "narrow": (3.6, 2.5)},
        note="One square is one day. Drag the dot, or tap a day.",
    )
