"""The landing page: one number that moves."""

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.run import training_time
from clustermath.runs import RUNS
from clustermath.units import DAY
from livefigure import LiveFigure, Readout
from livefigure.look import COLOR

from .inputs import gpus, slider
from .ledger import claimed

RUN = RUNS["Llama 3.1 405B"]
MFU = RUN.rate / CHIPS["H100 SXM"].bf16
FLOPS = MODELS["Llama 3.1 405B"].flops
CLAIMED = claimed("004-10") / DAY


def days(speedup, gpus):
    """Llama 3.1 405B's days on H100s at the published rate, `speedup` times faster."""
    days, needed = training_time(FLOPS, gpus, CHIPS["H100 SXM"].bf16, MFU) / speedup / DAY, MFU * speedup
    return {
        "days": days,
        "needed": needed,
        "least": days * needed,  # at the full peak
        "within": np.where(needed <= 1, days, NOWHERE),
        "beyond": np.where(needed <= 1, NOWHERE, days),
    }


NOWHERE = 1e-30  # days: so far to the left that nothing is seen of it


STEPS = [  # limits of the axis and their ticks: the first that holds the number of days
    (low, high, {tick: f"{tick:,.7g}" for tick in (*ticks, CLAIMED)})
    for low, high, ticks in (
        (1, 1000, (1, 5, 10, 20, 100, 200, 1000)),
        (0.05, 1000, (0.1, 1, 10, 200, 1000)),
        (1, 10_000, (1, 10, 200, 1000, 10_000)),
        (1e-4, 1e7, (0.001, 1, 1000, 1e6)),
    )
]


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", ylim=(0, 1), yticks=[], xlabel="days")
    plot.limits(ax, "x", ["days"], STEPS)
    ax.minorticks_off()
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    claim = dict(color=COLOR["claimed"], fontweight="semibold")
    # Three rows, so that no line runs through a text: the news, the wall, the run.
    plot.vline(ax, CLAIMED, 0.72, color=COLOR["claimed"], linewidth=1.4, linestyle=(0, (1, 2)))
    plot.label(ax, CLAIMED, 0.98, f"the news: {CLAIMED:.0f}", dx=4, va="top", **claim)
    plot.region(ax, NOWHERE, "least", color=COLOR["claimed"], alpha=0.1, linewidth=0)
    plot.vline(ax, "least", 0.0, 0.68, color=COLOR["claimed"], linewidth=1.4, linestyle="--")
    plot.label(ax, "least", 0.56, "the chips’ wall: {least:,.3g}", dx=4, flip=0.5, va="center", **claim)
    plot.marker(ax, "within", 0.2, color=COLOR["computed"], markersize=14)
    plot.marker(ax, "beyond", 0.2, color=COLOR["claimed"], markerfacecolor=COLOR["card"], markeredgewidth=2, markersize=13)
    beside = dict(dx=13, flip=0.7, va="center", fontweight="semibold", fontsize=13)
    plot.label(ax, "within", 0.2, "{days:,.1f} days", color=COLOR["computed"], **beside)
    plot.label(ax, "beyond", 0.2, "{days:,.1f}? Not here", color=COLOR["claimed"], **beside)


def figure(model=days) -> LiveFigure:
    """The one live number of the first screen."""
    return LiveFigure(
        "how-many-days",
        model,
        draw,
        title="How many days does Llama 3.1 405B take?",
        controls={"speedup": slider("speedup", 1.0, "faster stack", unit="×", log=True), "gpus": gpus(RUN.gpus)},
        readouts=[Readout("days", "days", ",.1f"), Readout("needed", "of the chips’ peak needed", ".0%", limit=1, beyond="of the chips’ peak: more than there is")],
        summary="A stack {speedup:.3g} times as fast on {gpus:,.7g} H100s takes {days:,.1f} days and needs {needed:.0%} of the chips’ peak.",
        sizes={"wide": (6.9, 1.5), "narrow": (3.6, 1.5)},
    )
