"""Chapter 1: four clocks that could be meant by "54 days", as calendars side by side."""

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.run import training_time
from clustermath.runs import RUNS
from clustermath.units import DAY, TERA
from livefigure import Guess, LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import calendar, machine
from .bounds import bounded
from .inputs import share
from .ledger import claimed
from .pages import kicker
from .palette import TIME

RUN = RUNS["Llama 3.1 405B"]
FLOPS = MODELS["Llama 3.1 405B"].flops
SNAPSHOT = RUN.snapshot / DAY
WORKED, LOST, COUNTED = range(3)
COLORS = [COLOR[TIME["compute"]], COLOR[TIME["waiting"]], COLOR["claimed"]]
CLOCKS = {  # the model's name → the colour of its number, and what it counts
    "window": ("claimed", "Meta counted its failures for"),
    "compute": ("computed", "the arithmetic alone takes"),
    "interrupted": ("computed", "with the time that was lost"),
    "billed": ("computed", "by the GPU-hours of the bill"),
}


def page(days, lost, square, arithmetic):
    """One calendar of `days`, a share `lost` of them spread evenly over it. square: days that one tile stands for."""
    worked = np.clip(days / square - calendar.DAY + 1, 0, 1)
    gone = np.floor(calendar.DAY * lost) > np.floor((calendar.DAY - 1) * lost)
    upto = np.minimum(calendar.DAY * square, days)
    return {
        "fill": np.where(worked > 0, np.where(gone, LOST, WORKED), -1),
        "strength": worked,
        "edge": np.where(worked > 0, -1, 0),
        "day": calendar.DAY * square,
        "done": np.minimum(upto * (1 - lost) / arithmetic, 1.0),
    }


def clocks(rate, goodput, gpus, squares):
    """Four ways to count the days of one run. rate [TFLOP/s delivered per GPU], goodput in 0..1, gpus."""
    compute = training_time(FLOPS, gpus, rate * TERA, 1.0) / DAY
    interrupted = compute / goodput
    billed = RUN.gpu_time / gpus / DAY
    longest = np.maximum(np.maximum(interrupted, billed), SNAPSHOT)
    square = np.min(np.where(squares * calendar.DAYS >= longest, squares, squares[-1]))
    window = page(SNAPSHOT, 0.0, square, compute)
    return {
        "compute": compute,
        "interrupted": interrupted,
        "billed": billed,
        "supplied": SNAPSHOT / compute,
        "square": square,
        "mark": SNAPSHOT / square,
        "pages": {
            "window": window | {"fill": np.where(window["fill"] == WORKED, COUNTED, -1)},
            "compute": page(compute, 0.0, square, compute),
            "interrupted": page(interrupted, 1 - goodput, square, compute),
            "billed": page(billed, np.maximum(1 - compute / billed, 0.0), square, compute),
        },
    }


def draw(plot):
    axes = plot.subplots(2, 2)
    plot.fig.get_layout_engine().set(wspace=0.05)
    low, high = -0.34, 1.75
    edges = [dict(edgecolor=COLOR["outline"], linewidth=0.7)]
    for ax, (clock, (color, name)) in zip(axes.flat, CLOCKS.items(), strict=True):
        machine.bare(ax, (0, calendar.DAYS), (low, high))
        touch = Touch(f"after {{pages.{clock}.day:,.0f}} days: {{pages.{clock}.done:.0%}} of the arithmetic")
        fill, strength, edge = (f"pages.{clock}.{part}" for part in ("fill", "strength", "edge"))
        plot.tiles(ax, [(calendar.WEEKS, calendar.WEEK, 0.16)], fill, COLORS, shade=strength, edge=edge, edges=edges, box=(0, 0, calendar.DAYS, 1), touch=touch)
        days = f"{SNAPSHOT:.0f} days" if clock == "window" else f"{{{clock}:,.1f}} days"
        ax.text(0, 1.6, name, va="center", color=COLOR["ink"]).set_in_layout(False)
        plot.label(ax, 0, 1.25, days, va="center", color=COLOR[color], fontweight="semibold", fontsize=13)
        if clock == "interrupted":
            plot.label(ax, 0, -0.22, "one square: {square:,.8g} d", va="center", color=COLOR["muted"])
        if clock != "window":  # a mark through the days, and none through the words above them
            plot.vline(ax, "mark", (-0.08 - low) / (high - low), (1.08 - low) / (high - low), color=COLOR["claimed"], linewidth=1.6, linestyle=(0, (1, 2)))


def figure(model=clocks) -> LiveFigure:
    """The chapter's opening figure."""
    return LiveFigure(
        "four-clocks",
        model,
        draw,
        kicker=kicker(__name__),
        title="Which clock is 54 days?",
        finding="At {rate:.4g} TFLOP/s on each of {gpus:,.7g} GPUs the arithmetic takes {compute:,.1f} days; 54 days hold {supplied:.0%} of it.",
        controls=bounded({
            "rate": Slider(200, CHIPS["H100 SXM"].bf16 / TERA, RUN.rate / TERA, "each chip (GPU) delivers", unit="TFLOP/s", limits=(10, 5000), format=".4g"),
            "goodput": share("goodput", RUN.goodput, "time that is not lost (goodput)", steps=50),
            "gpus": Slider(8192, 24576, RUN.gpus, "GPUs", format=",.7g", integer=True, limits=(1, 100_000_000), folded=True, steps=128),
        }),
        fixed={"squares": calendar.SQUARES},
        presets={
            "as published": {},
            "as the article has it": {"gpus": claimed("004-09"), "rate": float(FLOPS / claimed("004-09") / claimed("004-10") / TERA), "goodput": 1.0},
        },
        readouts=[
            Readout("compute", "days of arithmetic", ",.1f"),
            Readout("interrupted", "days with interruptions", ",.1f"),
            Readout("billed", "days by the bill’s GPU-hours", ",.1f"),
            Readout("supplied", "of the operations fit into 54 days", ".0%", role="claimed"),
        ],
        summary=(
            "At {rate:.4g} TFLOP/s on each of {gpus:,.7g} GPUs the arithmetic takes {compute:,.1f} days, {interrupted:,.1f} days at {goodput:.0%} goodput; "
            "the model card’s GPU-hours make {billed:,.1f} days. 54 days hold {supplied:.0%} of the arithmetic."
        ),
        guess=Guess(
            "compute",
            "Before you look: everybody says 54 days. At the speed that Meta printed for its chips, how many days did this run have to compute?",
            5, 500, unit="days",
        ),  # fmt: skip
        note="Blue: arithmetic. Grey: time that is lost. A row of dots: 54 days.",
        sizes={"wide": (6.9, 3.7), "narrow": (3.6, 3.4)},
    )
