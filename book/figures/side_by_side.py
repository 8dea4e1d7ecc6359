"""Chapter 7: the six language models side by side and one after the other, on the same GPUs."""

import functools

import numpy as np

from clustermath.portfolio import finish_in_parallel, finish_in_sequence, shares_for_equal_finish, time_alone
from clustermath.run import peak
from clustermath.units import DAY
from livefigure import Choice, LiveFigure, Readout
from livefigure.look import COLOR

from . import walls
from .bounds import bounded
from .inputs import gpus, share, slider
from .pages import kicker
from .portfolio import CLUSTER, FAMILIES, MEMBERS, active, announced_jobs, grok_flops, machine, tokens_per_param
from .seven_models import FALLOFF, GOODPUT

SHARES = {"so that all end together": 0, "equal": 1}
ORDERS = {"smallest first": 0, "largest first": 1}
SIX = [family for family in MEMBERS if family != "imagine"]  # the size of Imagine V2 is not known
GRID = {"job": np.arange(float(len(SIX))), "family": np.array([float(list(FAMILIES).index(family)) for family in SIX])}
GAP = 0.55  # between the two schedules, in heights of one
THINNEST = 0.18  # of the GPUs, with a name in it
SHORTEST = 0.12  # rectangle with a name in it, as a share of the time that is drawn
MOST = 0.2  # falloff; twice what Llama 3 lost
STEPS = [(0, end) for end in (0.06, 0.12, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 25, 40, 60, 100, 150, 250, 400, 700, 1000, 2000, 5000, 20_000, 100_000)]


def both(falloff, order, shares, active, gpus, tokens_per_param, mfu, chip, precision, goodput, grid):
    """When the six language models end, in days. order, shares: as numbered in ORDERS and SHARES."""
    flops = grok_flops(active, tokens_per_param)
    whole = announced_jobs(flops, mfu, dict.fromkeys(SIX, 1.0))
    together = shares_for_equal_finish(whole, falloff)
    dealt = {family: np.where(shares == 0, together[whole[SIX.index(family)].name], 1 / len(SIX)) for family in SIX}
    conditions = gpus, peak(chip, precision), falloff, goodput
    alone = {job.name: time_alone(job, *conditions) for job in whole}
    beside = finish_in_parallel(announced_jobs(flops, mfu, dealt), *conditions)
    rising, falling = finish_in_sequence(whole[::-1], *conditions), finish_in_sequence(whole, *conditions)
    ends = {
        "parallel": [beside[job.name] / DAY for job in whole],
        "sequence": [np.where(order == 0, rising[job.name], falling[job.name]) / DAY for job in whole],
    }
    starts = [end - alone[job.name] / DAY for end, job in zip(ends["sequence"], whole)]
    bottoms = [1 + GAP + sum([dealt[family] for family in SIX[:place]]) for place in range(len(SIX))]
    average = {way: sum(times) / len(SIX) for way, times in ends.items()}
    last = {way: functools.reduce(np.maximum, times) for way, times in ends.items()}
    room = np.maximum(last["parallel"], last["sequence"])

    def column(values):
        """One value for each of the six."""
        return np.select([grid["job"] == place for place in range(len(SIX))], values)

    return {
        "last": last,
        "average": average,
        "last_ratio": last["parallel"] / last["sequence"],
        "average_ratio": average["parallel"] / average["sequence"],
        "room": room,
        "beside": {
            "start": 0 * grid["job"],
            "end": column(ends["parallel"]),
            "bottom": column(bottoms),
            "top": column([bottom + dealt[family] for bottom, family in zip(bottoms, SIX)]),
        },
        "after": {
            "start": column(starts),
            "end": column(ends["sequence"]),
            "bottom": 0 * grid["job"],
            "top": 0 * grid["job"] + 1,
        },
        "whole": {"start": 0 * grid["job"], "end": last["sequence"] + 0 * grid["job"], "bottom": 0 * grid["job"], "top": 0 * grid["job"] + 1},
        "beyond": {"beside": np.where(gpus * column([dealt[family] for family in SIX]) > walls.LARGEST_JOB, 0, -1), "whole": np.where((gpus > walls.LARGEST_JOB) & (grid["job"] < 1), 0, -1)},
        "wall": np.where(gpus > walls.LARGEST_JOB, 0.985, -1.0),
        "family": grid["family"],
        "name": {
            family: {
                # -1, to the left of the axes, where the rectangle is too short for a name
                "x": np.where(alone[whole[SIX.index(family)].name] / DAY > SHORTEST * room, starts[SIX.index(family)], -1),
                "y": np.where(dealt[family] > THINNEST, bottoms[SIX.index(family)] + dealt[family] / 2, -1),
            }
            for family in ("ten", "six")
        },
    }


def draw_schedules(plot, ax):
    ax.set(ylim=(0, 2 * (1 + GAP)), yticks=[], xlabel="days")
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    plot.limits(ax, "x", ["room"], STEPS)
    colors = [color for *_, color in FAMILIES.values()]
    for name, way, label, base in (("beside", "parallel", "Side by side", 1 + GAP), ("after", "sequence", "In turn" if plot.narrow else "One after the other", 0)):
        plot.rectangles(
            ax, f"{name}.start", f"{name}.end", f"{name}.bottom", f"{name}.top", colors, kind="family", alpha=0.75, edgecolor=COLOR["card"], linewidth=0.6
        )
        text = f"{label}: average {{average.{way}:,.3g}}, last {{last.{way}:,.3g}} days"
        plot.label(ax, 0, base + 1.06, text, va="bottom", fontweight="semibold")
        plot.marker(ax, f"average.{way}", base + 0.5, marker="D", color=COLOR["ink"], markeredgecolor=COLOR["card"], markersize=8)
    for name in ("beside", "whole"):
        walls.unpublished(plot, ax, name, f"beyond.{name}", pale=0)
    walls.crowd(plot, ax, "wall", 0.985, "dashed: unpublished size" if plot.narrow else "dashed: larger than any job published", ha="right", va="top")
    for family in ("ten", "six"):
        inside = dict(dx=4, fontsize=9 if plot.narrow else None, va="center", color=COLOR["card"], fontweight="semibold")
        plot.label(ax, 0, f"name.{family}.y", FAMILIES[family][0], **inside)
        plot.label(ax, f"name.{family}.x", 0.12, FAMILIES[family][0], **inside)


def draw_ratios(plot, ax):
    ax.set(xlim=(0, MOST), ylim=(0.4, 40), yscale="log", xlabel="how fast MFU falls with size", ylabel="side by side ÷ in turn")
    ax.set_xticks([0, 0.05, 0.1, 0.15, 0.2], ["0", "0.05", "0.1", "0.15", "0.2"])
    ax.set_yticks([0.5, 1, 2, 5, 10], ["0.5×", "1×", "2×", "5×", "10×"])
    ax.minorticks_off()
    ax.axhline(1, color=COLOR["outline"], linewidth=1)
    for row, (output, name, dashes) in enumerate((("average_ratio", "average", "--"), ("last_ratio", "last", "-"))):
        plot.curve(ax, "falloff", output, over=(0, MOST), points=40, color=COLOR["computed"], linewidth=2.2, linestyle=dashes)
        plot.marker(ax, "falloff", output, color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=9)
        height = 0.94 - (0.14 if plot.narrow else 0.09) * row  # above all curves
        ax.plot([0.04, 0.18], [height] * 2, transform=ax.transAxes, color=COLOR["computed"], linewidth=2.2, linestyle=dashes)
        plot.label(ax, 0.22, height, f"{name} {{{output}:.2f}}×", fraction="xy", va="center", color=COLOR["computed"], fontweight="semibold")


def draw(plot):
    if plot.narrow:
        schedules, ratios = plot.subplots(2, 1, height_ratios=(1.25, 1))
    else:
        schedules, ratios = plot.subplots(1, 2, width_ratios=(1.75, 1))
    draw_schedules(plot, schedules)
    draw_ratios(plot, ratios)


def figure(model=both) -> LiveFigure:
    """In parallel against in sequence."""
    return LiveFigure(
        "side-by-side",
        model,
        draw,
        kicker=kicker(__name__),
        title="Side by side, or one after the other?",
        finding="Side by side the last is done after {last.parallel:,.3g} days, one after the other after {last.sequence:,.3g}.",
        controls=bounded({
            "falloff": slider("falloff", FALLOFF, "how fast MFU falls with size", show=(0, MOST), steps=40),
            "order": Choice(ORDERS, "smallest first", "order, one after the other"),
            "shares": Choice(SHARES, "so that all end together", "shares, side by side"),
            "active": active(0.25),
            "gpus": gpus(CLUSTER, folded=True),
            "tokens_per_param": tokens_per_param(folded=True),
            **machine(),
            "goodput": share("goodput", GOODPUT, "goodput", show=(0.1, 1), folded=True, steps=90),
        }),
        presets={
            "As Llama 3 lost efficiency": {},
            "Nothing lost": {"falloff": 0},
            "Largest first": {"order": "largest first"},
            "Equal shares": {"shares": "equal"},
        },
        readouts=[
            Readout("average.parallel", "days on average, side by side", ",.3g"),
            Readout("average.sequence", "days on average, in turn", ",.3g"),
            Readout("last.parallel", "days to the last, side by side", ",.3g"),
            Readout("last.sequence", "days to the last, in turn", ",.3g"),
        ],
        summary=(
            "Side by side, with shares {shares}, the six end after {average.parallel:,.3g} days on average and {last.parallel:,.3g} at the latest; "
            "one after the other, {order}, after {average.sequence:,.3g} and {last.sequence:,.3g}. MFU falls as the GPUs to the power {falloff:.2f}."
        ),
        fixed={"grid": GRID},
        sizes={"wide": (6.9, 3.5), "narrow": (3.6, 5.0)},
    )
