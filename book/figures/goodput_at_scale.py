"""Chapter 6: how often a job stops, and how much of its time survives, against the number of its GPUs."""

import numpy as np
from clustermath.failures import (
    CHECKPOINTS,
    FAILURE_RATES,
    best_interval,
    first_order_goodput,
    goodput,
    mean_time_between_failures,
    restart_with_spares,
)
from clustermath.runs import RUNS
from clustermath.units import DAY, HOUR, MINUTE
from livefigure import Goal, Guess, LiveFigure, Readout, Slider, Switch
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import choice, gpus as count, slider
from .pages import kicker
from .walls import LARGEST_JOB, point, region, sides

RUN = RUNS["Llama 3.1 405B"]
SHORT = 1 / 3  # of the time between failures: the first order is shown while interval and restart together are shorter
LEAST, MOST = 1000, 4_000_000  # GPUs that are drawn
PARTS = ((LEAST, 50_000, 12), (50_000, MOST, 53))  # of the curves, and points in each: spares run out in the second
RIGHT = 350_000  # GPUs up to which a label has room on the right of its point
# Published: GPUs and hours between interruptions, measured; projected; and shares of the time that made progress.
MEASURED = {"Llama 3": (RUN.gpus, RUN.snapshot / RUN.interruptions / HOUR), "RSC-1": (1024, 7.9), "Meta, 2026": (LARGEST_JOB, 18 / 60)}
PROJECTED = ((16_384, 1.8), (131_072, 0.23))
AT_LEAST = ((RUN.gpus, RUN.goodput), (10_000, 0.9), (2048, 0.9), (4096, 0.9))
SYNCHRONOUS, TOLERANT = (LARGEST_JOB, 0.44), (LARGEST_JOB, 0.80)


LONGER = 2  # times: restarts take 5 to 20 minutes (arXiv 2410.21680), around the ten of the figure
RATES = sorted(known.rate for known in FAILURE_RATES.values())  # a published cluster may be as good or as bad


def at_scale(gpus, failures, checkpoints, swap_time, own, interval, spare_nodes, repair_time):
    """Interruptions and goodput, and its range: with the highest and lowest published rate, and restarts of twice and half the time.

    own: 1 for the reader's `interval` instead of the best; the rest as in clustermath.
    """
    mtbf = mean_time_between_failures(np.rint(gpus), failures.rate)
    restart = restart_with_spares(mtbf, swap_time, repair_time, spare_nodes)
    stall, lag = checkpoints.stall, checkpoints.lag

    def chosen(mtbf):
        return np.where(own > 0, np.maximum(interval, lag), best_interval(mtbf, stall, lag))

    def survives(rate, longer):
        there = mean_time_between_failures(np.rint(gpus), rate)
        return goodput(there, chosen(there), stall, restart_with_spares(there, longer * swap_time, repair_time, spare_nodes), lag)

    between = chosen(mtbf)
    estimate = first_order_goodput(mtbf, between, stall, restart + lag)
    return {
        "hours": mtbf / HOUR,
        "minutes": mtbf / MINUTE,
        "per_day": DAY / mtbf,
        "job": sides(gpus, gpus <= LARGEST_JOB),
        "goodput": goodput(mtbf, between, stall, restart, lag),
        "low": {"goodput": survives(RATES[-1], LONGER)},
        "high": {"goodput": survives(RATES[0], 1 / LONGER)},
        "estimate": np.where(between + restart + lag < SHORT * mtbf, estimate, np.nan),
        "seconds": between,
        "restart_minutes": restart / MINUTE,
        "in_repair": repair_time / mtbf,
        "label": {"right": np.where(gpus <= RIGHT, gpus, 1), "left": np.where(gpus <= RIGHT, 1, gpus)},  # 1 is out of sight
    }


def draw(plot):
    top, low = plot.subplots(2, 1, height_ratios=(1, 1.25), sharex=True)
    top.set(xscale="log", yscale="log", xlim=(LEAST, MOST), ylim=(1 / 120, 200))
    top.set_title("between stops", loc="left", fontsize=10.5)
    top.set_yticks([1 / 60, 1 / 6, 1, 10], ["1 min", "10 min", "1 h", "10 h"])
    low.set(ylim=(-0.02, 1.03), ylabel="goodput", xlabel="GPUs in one job")
    low.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    low.set_xticks([1000, 16_384, 100_000, 220_000, 1e6], ["1k", "16k", "100k", "220k" if not plot.narrow else "", "1M"])
    for ax in (top, low):
        ax.minorticks_off()
        plot.vline(ax, "gpus", color=COLOR["measured"], linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    region(top, LARGEST_JOB, "unpublished" if plot.narrow else "larger than any published job")
    region(low, LARGEST_JOB)
    ink = dict(color=COLOR["measured"], linestyle="none", zorder=4)
    top.plot(*zip(*MEASURED.values()), marker="o", markersize=5, clip_on=False, **ink)
    top.plot(*zip(*PROJECTED), marker="o", markersize=5, markerfacecolor=COLOR["card"], **ink)
    low.plot(*zip(*AT_LEAST), marker="^", markersize=5.5, **ink)
    low.plot(*zip(SYNCHRONOUS, TOLERANT), marker="o", markersize=5, **ink)
    ground = dict(facecolor=COLOR["card"], edgecolor="none", pad=0.5)  # hides the dotted line, where it meets a name, but not the curves
    names = dict(color=COLOR["measured"], textcoords="offset points", annotation_clip=False, bbox=ground, zorder=1.5)
    top.annotate("Llama 3", MEASURED["Llama 3"], xytext=(-6, -17), ha="right", **names)
    top.annotate("RSC-1", MEASURED["RSC-1"], xytext=(7, -9), **names)
    top.annotate("Meta, 2026", MEASURED["Meta, 2026"], xytext=(-5, -13), ha="right", **names)
    low.annotate("at least", (2048, 0.9), xytext=(0, -15), **names)
    low.annotate("Meta, 2026", SYNCHRONOUS, xytext=(-7, -14), ha="right", **names)
    low.annotate("by replica", TOLERANT, xytext=(13, -1), **names)
    plot.curve(top, "gpus", "hours", over=(LEAST, MOST), points=2, color=COLOR["computed"], linewidth=2.4)
    point(plot, top, "job", "hours")
    beside = dict(color=COLOR["computed"], fontweight="semibold")
    plot.label(top, "label.right", "hours", "{minutes:,.3g} min", dx=8, dy=7, **beside)
    plot.label(top, "label.left", "hours", "{minutes:,.3g} min", dx=-7, dy=-5, ha="right", va="top", **beside)
    for *over, points in PARTS:
        plot.curve(low, "gpus", "estimate", over=tuple(over), points=points, color=COLOR["teal"], linewidth=1.4, linestyle="--")
        plot.curve(low, "gpus", "goodput", over=tuple(over), points=points, color=COLOR["computed"], linewidth=2.4)
    point(plot, low, "job", "goodput")
    plot.label(low, "gpus", "goodput", "{goodput:.0%}", dx=8, dy=5, flip=0.9, **beside)


RSC1 = {"failures": "Meta RSC-1 (A100)", "gpus": 16_000, "checkpoints": "in other machines’ memory", "swap_time": 5 * MINUTE, "own": 1}
META = {"failures": "Meta, 2026", "gpus": 100_000, "checkpoints": "in other machines’ memory"}


def figure(model=at_scale) -> LiveFigure:
    """The chapter's opening figure."""
    return LiveFigure(
        "goodput-at-scale",
        model,
        draw,
        kicker=kicker(__name__),
        title="How often does a job stop, and how much of its time survives?",
        finding="A stop every {minutes:,.3g} minutes leaves {goodput:.0%} of the time for progress.",
        controls=bounded({
            "gpus": count(220_000, show=(2048, 1_000_000)),
            "checkpoints": choice(CHECKPOINTS, "ten trillion, to storage at 2 TB/s", "checkpoints"),
            "swap_time": Slider(0, 1800, 600.0, "restart", unit="min", scale=MINUTE, format=".3g", limits=(0, DAY), steps=120),
            "spare_nodes": slider("spare_nodes", 600, "spare servers", show=(0, 1000), format=",.4g", steps=200),
            "failures": choice(FAILURE_RATES, "Llama 3 (H100)", "failures as in", folded=True),
            "own": Switch(False, "choose the interval between checkpoints", folded=True),
            "interval": Slider(10, 7200, HOUR, "interval", unit="min", scale=MINUTE, log=True, limits=(0.1, 1e9), enabled="own", folded=True),
            "repair_time": Slider(1 * HOUR, 14 * DAY, DAY, "until a server is repaired", unit="h", scale=HOUR, format=",.3g", log=True, limits=(0, 90 * DAY), folded=True),
        }),
        presets={
            "Llama 3, 16,384": {"gpus": RUN.gpus, "checkpoints": "to storage at 2 TB/s"},
            "220,000": {},
            "555,000": {"gpus": 555_000},
            "1,000,000": {"gpus": 1_000_000},
            "RSC-1 as one job, hourly": RSC1 | {"interval": HOUR},
            "… every 5 minutes": RSC1 | {"interval": 5 * MINUTE},
            "Meta, 2026": META,
            "… replica by replica": META | {"swap_time": 3 * MINUTE},
        },
        goals=[
            Goal(
                "Keep 555,000 GPUs above 90%.",
                lambda at: (at["gpus"] >= 555_000) & (at["goodput"] > 0.9),
                "They stop every few minutes, whatever you do. What can be short is the time to save, the time until it runs again, and the wait for a spare.",
                {"gpus": 555_000, "checkpoints": "in other machines’ memory", "swap_time": 15},
            )
        ],
        readouts=[
            Readout("minutes", "minutes between stops", ",.3g"),
            Readout("per_day", "stops a day", ",.3g"),
            Readout("goodput", "of the time makes progress", ".0%"),
            Readout("seconds", "between checkpoints", ",.3g", "s"),
            Readout("restart_minutes", "minutes until it runs again", ",.1f"),
            Readout("in_repair", "servers in repair on average", ",.3g"),
        ],
        summary=(
            "{gpus:,.7g} GPUs that fail as in {failures} stop every {minutes:,.3g} minutes, {per_day:,.3g} times a day. With checkpoints {checkpoints}, every {seconds:,.3g} seconds, "
            "and {restart_minutes:,.1f} minutes to restart, {goodput:.0%} of the time makes progress ({low.goodput:.0%} to {high.goodput:.0%} at the published rates of failures, with restarts of twice and half the time). {in_repair:,.3g} servers are in repair on average."
        ),
        guess=Guess("minutes", f"Before you look: 16,384 GPUs of Llama 3 stopped every {RUN.snapshot / RUN.interruptions / MINUTE:.0f} minutes. How often do 220,000 of the same kind?", 1, 3000, unit="minutes"),
        sources=[
            "measured: Llama 3 (arXiv 2407.21783), RSC-1 (arXiv 2410.21680, quoted), Meta on about 100,000 GPUs (arXiv 2602.00277; 18 minutes quoted)",
            "open circles: projections for A100 clusters (arXiv 2410.21680); triangles: “over 90%” (2407.21783, 2410.21680, and 2402.15627 on more than 10,000 GPUs)",
        ],
        note="failures at random; range: published failure rates, restarts of half and twice the time",
        sizes={"wide": (6.9, 4.0), "narrow": (3.6, 4.1)},
    )
