"""Chapter 6: where a job's time goes, over the time it computes between two checkpoints."""

import numpy as np
from clustermath.failures import (
    CHECKPOINTS,
    FAILURE_RATES,
    best_goodput,
    best_interval,
    daly_interval,
    mean_time_between_failures,
    time_shares,
    young_interval,
)
from clustermath.runs import RUNS
from clustermath.units import HOUR, MINUTE
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import choice, gpus as count, slider
from .pages import kicker
from .palette import TIME
from .walls import LARGEST_JOB, crowd, point, sides

RUN = RUNS["Llama 3.1 405B"]
NOTHING = 1e-6  # of the best: a smaller difference from it is rounding
LITTLE, LOWER, HIGHER = 0.15, 0.06, 0.3  # share of the time: where the useful one is little, names stand above its point
SHORTEST, LONGEST = 1.0, 6 * HOUR  # s between checkpoints, as drawn
NEAR_THE_END = {"wide": 3 * HOUR, "narrow": HOUR}  # s
PARTS = {"useful": ("useful", TIME["compute"]), "checkpoints": ("checkpoints", TIME["communication"]), "again": ("done again", TIME["again"]), "restarts": ("restarts", TIME["waiting"])}


def trade(interval, gpus, stall, restart, lag, failures):
    """Shares of the time at `interval`, and what is lost against the best one. All as in clustermath."""
    mtbf = mean_time_between_failures(np.rint(gpus), failures.rate)
    shares = time_shares(mtbf, interval, stall, restart, lag)
    most = best_goodput(mtbf, stall, restart, lag)
    less, young = most - shares["useful"], young_interval(mtbf, stall)
    lost = np.where(less > NOTHING * most, less, 0)
    return {
        "shares": shares,
        "job": sides(interval, gpus <= LARGEST_JOB),
        "crowd": np.where(gpus <= LARGEST_JOB, -1.0, 0.985),
        "minutes": mtbf / MINUTE,
        "young": young,
        "daly": daly_interval(mtbf, stall),
        "named": {layout: np.where(young < end, young, 0.1) for layout, end in NEAR_THE_END.items()},  # outside of the axes, where the name has no room
        "best": most,
        "choose": best_interval(mtbf, stall, lag),
        "lost": lost,
        "names": np.where(shares["useful"] < LITTLE, HIGHER, LOWER),
        "idle_gpus": lost * gpus,
        "lost_each": shares["again"] * mtbf / MINUTE,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", xlim=(SHORTEST, LONGEST), ylim=(0, 1.32 if plot.narrow else 1.2), ylabel="share of the time", xlabel="computing between two checkpoints")
    ax.set_xticks([1, 10, 60, 600, HOUR, 6 * HOUR], ["1 s", "10 s", "1 min", "10 min", "1 h", "6 h"])
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    ax.minorticks_off()
    ax.grid(axis="x", visible=False)
    ax.spines["left"].set_bounds(0, 1)
    colors = {f"shares.{name}": COLOR[color] for name, (_, color) in PARTS.items()}
    plot.stack(ax, "interval", colors, over=(SHORTEST, LONGEST), points=101, alpha=0.85)
    for k, (name, (text, color)) in enumerate(PARTS.items()):
        column, row = divmod(k, 2) if plot.narrow else (k, 0)
        x, y = 0.012 + column * (0.5 if plot.narrow else 0.26), (0.965 - 0.08 * row) if plot.narrow else 0.965
        plot.label(ax, x, y, f"{text} {{shares.{name}:.1%}}", fraction="xy", va="center", color=COLOR[color], fontweight="semibold")
    for name, text, side in (("daly", "Daly", "right"), ("young", "Young", "left")):
        plot.vline(ax, name, ymax=0.8, color=COLOR["card"], linewidth=1.4, linestyle="-" if name == "daly" else "--")
        plot.label(ax, ("named.narrow" if plot.narrow else "named.wide") if name == "young" else name, "names", text, dx=-4 if side == "right" else 4, ha=side, va="center", color=COLOR["card"], fontweight="semibold")
    point(plot, ax, "job", "shares.useful", 11, clip_on=False)
    crowd(plot, ax, y=1.05, fraction="x", ha="right")


def figure(model=trade) -> LiveFigure:
    """The trade of the checkpoint interval."""
    slow, fast, background = (CHECKPOINTS[name] for name in ("to storage, 5 minutes", "to storage at 2 TB/s", "in the background"))
    big = {"gpus": 220_000}
    return LiveFigure(
        "checkpoint-interval",
        model,
        draw,
        kicker=kicker(__name__),
        title="How often should a job save its work?",
        finding="Saved every {interval:,.0f} s, {shares.useful:.0%} of the time is useful; at the best interval it is {best:.0%}.",
        controls=bounded({
            "interval": slider("interval", HOUR, "interval", show=(SHORTEST, LONGEST), unit="s", log=True, format=",.4g"),
            "stall": slider("stall", slow.stall, "a checkpoint stops the job for", show=(0.1, 600), unit="s", log=True, format=",.3g"),
            "gpus": count(RUN.gpus),
            "restart": Slider(0, 1800, 600.0, "restart", unit="min", scale=MINUTE, format=".3g", limits=(0, 1e7), steps=120),
            "lag": slider("lag", 0.0, "written in the background for", unit="s", format=",.3g", folded=True, steps=120),
            "failures": choice(FAILURE_RATES, "Llama 3 (H100)", "failures as in", folded=True),
        }),
        presets={
            "16,384, hourly": {},
            "… at the best interval": {"interval": best(RUN.gpus, slow)},
            "… and at 2 TB/s": {"stall": fast.stall, "interval": best(RUN.gpus, fast)},
            "220,000, hourly": big,
            "220,000 at 2 TB/s": big | {"stall": fast.stall, "interval": best(big["gpus"], fast)},
            "220,000 in the background": big | {"stall": background.stall, "lag": background.lag, "interval": best(big["gpus"], background)},
        },
        readouts=[
            Readout("shares.useful", "of the time is useful", ".1%"),
            Readout("best", "at the best interval", ".1%"),
            Readout("daly", "Daly’s interval", ",.4g", "s"),
            Readout("young", "Young’s interval", ",.4g", "s"),
            Readout("minutes", "minutes between stops", ",.3g"),
            Readout("lost_each", "minutes of work lost at each stop", ",.2f"),
            Readout("idle_gpus", "GPUs’ worth lost to the choice", ",.0f"),
        ],
        summary=(
            "{gpus:,.7g} GPUs that stop every {minutes:,.3g} minutes and save their work every {interval:,.4g} seconds: {shares.useful:.1%} of the time is useful, {shares.checkpoints:.1%} goes into checkpoints, "
            "{shares.again:.1%} into work done again, {shares.restarts:.1%} into restarts. The best interval, {choose:,.4g} seconds, would make {best:.1%} useful."
        ),
        note="Daly’s complete model; failures independent and at random",
        sizes={"wide": (6.9, 3.6), "narrow": (3.6, 3.6)},
    )


def best(gpus, checkpoints) -> float:
    """The best interval, in whole seconds, at the failure rate of Llama 3."""
    mtbf = mean_time_between_failures(gpus, FAILURE_RATES["Llama 3 (H100)"].rate)
    return float(np.ceil(best_interval(mtbf, checkpoints.stall, checkpoints.lag)))
