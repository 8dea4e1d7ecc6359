"""Chapter 6: what interrupted Llama 3, and what remains if one cause becomes rarer."""

import numpy as np
from clustermath.failures import CAUSES, FAILURE_RATES, mean_time_between_failures
from clustermath.runs import RUNS
from clustermath.units import DAY, MINUTE
from livefigure import Choice, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import walls
from .bounds import bounded
from .inputs import gpus as count
from .pages import kicker

RUN = RUNS["Llama 3.1 405B"]
TOTAL = sum(cause.count for cause in CAUSES.values())
NAMED = [name for name, cause in CAUSES.items() if cause.count > 10]  # bars of their own; all others share one
FEWEST = min(known.rate for known in FAILURE_RATES.values()) * RUN.gpus * RUN.snapshot  # at the lowest rate that any cluster has published
REST = "{} other causes"
GPU = ("Faulty GPU", "GPU memory (HBM3)", "GPU SRAM", "GPU system processor")


def rows() -> dict[str, tuple[float, float]]:
    """Each bar's count and printed share."""
    others = [cause for name, cause in CAUSES.items() if name not in NAMED]
    rest = {REST.format(len(others)): (sum(cause.count for cause in others), sum(cause.printed for cause in others))}
    return {name: (CAUSES[name].count, CAUSES[name].printed) for name in NAMED} | rest


ROWS = rows()
KEYS = {name: f"row{k}" for k, name in enumerate(ROWS)}


def chosen(*names: str) -> dict[str, float]:
    """1 for the bars that become rarer, 0 for the others."""
    return {key: float(name in names) for name, key in KEYS.items()}


PARTS = {"the GPU and its memory": chosen(*GPU), **{name: chosen(name) for name in ROWS}, "everything": chosen(*ROWS)}


def causes(part, rarer, gpus, row):
    """Interruptions by cause if those in `part` come `rarer` times as seldom, and what a job on `gpus` sees of it."""
    left = {key: ROWS[name][0] / (1 + part[key] * (rarer - 1)) for name, key in KEYS.items()}
    total = sum(left.values())
    mtbf = mean_time_between_failures(np.rint(gpus), total / (RUN.gpus * RUN.snapshot))
    seen = total >= FEWEST
    return {
        "share": {key: count / TOTAL for key, count in left.items()},
        "hollow": walls.hollows([count / TOTAL for count in left.values()], seen, row, len(ROWS) - 1.14 - row, 0.4),
        "wall": np.where(seen, -1.0, 0.985),
        "count": left,
        "total": total,
        "minutes": mtbf / MINUTE,
        "per_day": DAY / mtbf,
        "gain": TOTAL / total,
        "printed": sum(printed for _, printed in ROWS.values()),
    }


def draw(plot):
    ax = plot.subplots()
    last = len(ROWS) - 1
    ax.set(xlim=(0, 0.42), ylim=(-0.55, last + 0.75), yticks=[], xlabel=f"share of Llama 3’s {TOTAL:.0f} unexpected interruptions")
    ax.set_xticks([0, 0.1, 0.2, 0.3, 0.4], ["0", "10%", "20%", "30%", "40%"])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    for k, (name, (number, printed)) in enumerate(ROWS.items()):
        at, key = last - k, KEYS[name]
        ax.barh(at - 0.14, number / TOTAL, 0.4, facecolor="none", edgecolor=COLOR["outline"], linewidth=0.8)
        plot.bar(ax, at - 0.14, f"share.{key}", width=0.4, horizontal=True, color=COLOR["computed"])
        ax.plot([printed] * 2, [at - 0.4, at + 0.12], color=COLOR["claimed"], linewidth=2)
        ax.text(0, at + 0.12, name, va="bottom", color=COLOR["ink"])
        plot.label(ax, max(number / TOTAL, printed), at - 0.14, f"{{count.{key}:,.0f}}", dx=6, va="center", color=COLOR["computed"], fontweight="semibold")
    walls.hollow(plot, ax, "hollow")
    for row, words in ((3, "fewer than any cluster"), (2.55, "has published")):
        walls.say(plot, ax, words, "wall", row, fraction="x", ha="right")
    ax.text(CAUSES["Faulty GPU"].printed, last + 0.2, f"{CAUSES['Faulty GPU'].printed:.1%} printed", ha="center", va="bottom", color=COLOR["claimed"], fontweight="semibold")


def figure(model=causes) -> LiveFigure:
    """Causes of interruptions."""
    return LiveFigure(
        "causes",
        model,
        draw,
        kicker=kicker(__name__),
        title="What stops a job, and what if it stopped it less?",
        finding="{total:.0f} interruptions in 54 days; {gpus:,.7g} GPUs would stop every {minutes:,.3g} minutes.",
        controls=bounded({
            "part": Choice(PARTS, next(iter(PARTS)), "make rarer"),
            "rarer": Slider(1, 100, 1.0, "by a factor of", unit="×", log=True, limits=(1, 1e5)),
            "gpus": count(220_000),
        }),
        presets={
            "as Meta counted": {},
            "faulty GPUs halved": {"part": "Faulty GPU", "rarer": 2.0},
            "no software bugs": {"part": "Software bug", "rarer": 1e5},
            "perfect GPUs": {"rarer": 1e5},
            "all of it tenfold": {"part": "everything", "rarer": 10.0},
        },
        readouts=[
            Readout("total", f"left of {TOTAL:.0f} in {RUN.snapshot / DAY:.0f} days", ".0f"),
            Readout("gain", "as long between stops", ",.3g", "×", limit=TOTAL / FEWEST, beyond="as long between stops: unpublished"),
            Readout("minutes", "minutes between stops", ",.3g"),
            Readout("per_day", "stops a day", ",.3g"),
            Readout("printed", "sum of the printed shares", ".1%", role="claimed"),
        ],
        summary=(
            "If {part} interrupts {rarer:,.3g} times as seldom, {total:.0f} of the 419 interruptions are left. {gpus:,.7g} GPUs then stop every {minutes:,.3g} minutes, "
            "{per_day:,.3g} times a day. The shares printed in the paper add up to {printed:.1%}."
        ),
        fixed={"row": np.arange(float(len(ROWS)))},
        sources=["counts and printed shares: arXiv 2407.21783, table 5"],
        sizes={"wide": (6.9, 4.1), "narrow": (3.6, 4.1)},
    )
