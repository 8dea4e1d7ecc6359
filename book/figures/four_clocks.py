"""Chapter 1: four clocks that could be meant by "54 days"."""

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.run import training_time
from clustermath.runs import RUNS
from clustermath.units import DAY, TERA
from livefigure import Guess, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .inputs import share
from .ledger import claimed
from .pages import kicker

RUN = RUNS["Llama 3.1 405B"]
FLOPS = MODELS["Llama 3.1 405B"].flops
SNAPSHOT = RUN.snapshot / DAY
STEPS = [  # limits of the axis and their ticks: the first that holds the longest bar and its label
    (0, 150, {0: "0", 20: "20", 40: "40", SNAPSHOT: f"{SNAPSHOT:.0f}", 80: "80", 100: "100", 120: "120"}),
    (0, 300, {0: "0", SNAPSHOT: f"{SNAPSHOT:.0f}", 100: "100", 200: "200"}),
    (0, 800, {0: "0", 200: "200", 400: "400", 600: "600"}),
    (0, 4000, {0: "0", 1000: "1,000", 2000: "2,000", 3000: "3,000"}),
    (0, 1e7, {0: "0", 4e6: "4 million", 8e6: "8 million"}),
]
BOTTOM, TOP = -0.55, 3.75  # of the axes, in rows
LABEL = 0.22  # of the axis's width is for the label at the end of the longest bar


def clocks(rate, goodput, gpus):
    """Four ways to count the days of one run. rate [TFLOP/s delivered per GPU], goodput in 0..1, gpus."""
    compute = training_time(FLOPS, gpus, rate * TERA, 1.0) / DAY
    interrupted = compute / goodput
    billed = RUN.gpu_time / gpus / DAY
    return {
        "compute": compute,
        "interrupted": interrupted,
        "billed": billed,
        "supplied": SNAPSHOT / compute,
        "room": np.maximum(np.maximum(compute, interrupted), billed) / (1 - LABEL),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(ylim=(BOTTOM, TOP), xlabel="days", yticks=[])
    plot.limits(ax, "x", ["room"], STEPS)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    rows = [
        (3, SNAPSHOT, "claimed", "The window in which Meta counted failures", f"{SNAPSHOT:.0f} days"),
        (2, "compute", "computed", "Arithmetic alone at {rate:.3g} TFLOP/s per GPU", "{compute:.1f} days"),
        (1, "interrupted", "computed", "The same with interruptions, {goodput:.0%} goodput", "{interrupted:.1f} days"),
        (0, "billed", "teal", "GPU-hours of the model card ÷ GPUs", "{billed:.1f} days"),
    ]
    for at, length, color, name, value in rows:
        plot.bar(ax, at - 0.12, length, width=0.42, horizontal=True, color=COLOR[color], alpha=0.9)
        plot.label(ax, 0, at + 0.17, name, va="bottom", color=COLOR["ink"])
        plot.label(ax, length, at - 0.12, value, dx=7, va="center", color=COLOR[color], fontweight="semibold")
        if at < 3:  # a mark across the bar, and none through the words above it
            low, high = ((at - 0.12 + side * 0.27 - BOTTOM) / (TOP - BOTTOM) for side in (-1, 1))
            plot.vline(ax, SNAPSHOT, low, high, color=COLOR["claimed"], linewidth=2, zorder=3)


def figure(model=clocks) -> LiveFigure:
    """The chapter's opening figure."""
    return LiveFigure(
        "four-clocks",
        model,
        draw,
        kicker=kicker(__name__),
        title="Which clock is 54 days?",
        finding="At {rate:.4g} TFLOP/s on each of {gpus:,.7g} GPUs the arithmetic takes {compute:.1f} days; 54 days hold {supplied:.0%} of it.",
        controls={
            "rate": Slider(200, CHIPS["H100 SXM"].bf16 / TERA, RUN.rate / TERA, "delivered per GPU", unit="TFLOP/s", limits=(10, 5000), format=".4g"),
            "goodput": share("goodput", RUN.goodput, "goodput", steps=50),
            "gpus": Slider(8192, 24576, RUN.gpus, "GPUs", format=",.7g", integer=True, limits=(1, 100_000_000), folded=True, steps=128),
        },
        presets={
            "as published": {},
            "as the article has it": {"gpus": claimed("004-09"), "rate": float(FLOPS / claimed("004-09") / claimed("004-10") / TERA), "goodput": 1.0},
        },
        readouts=[
            Readout("compute", "days of arithmetic", ".1f"),
            Readout("interrupted", "days with interruptions", ".1f"),
            Readout("billed", "days by GPU-hours", ".1f"),
            Readout("supplied", "of the FLOPs fit into 54 days", ".0%", role="claimed"),
        ],
        summary=(
            "At {rate:.4g} TFLOP/s on each of {gpus:,.7g} GPUs the arithmetic takes {compute:.1f} days, {interrupted:.1f} days at {goodput:.0%} goodput; "
            "the model card’s GPU-hours make {billed:.1f} days. 54 days hold {supplied:.0%} of the arithmetic."
        ),
        guess=Guess("compute", "Before you look: how many days do 3.8 × 10²⁵ FLOPs take 16,384 GPUs that deliver 400 TFLOP/s each?", 5, 500, unit="days"),
        sizes={"wide": (6.9, 3.1), "narrow": (3.6, 3.1)},
    )
