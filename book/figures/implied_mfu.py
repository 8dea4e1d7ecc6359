"""Chapter 1: the share of the chips' peak that a claimed number of days implies."""

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.run import implied_mfu, peak
from clustermath.runs import RUNS
from clustermath.units import DAY, TERA
from livefigure import Goal, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import room, walls
from .bounds import bounded
from .inputs import choice, gpus, precision, share
from .ledger import claimed
from .pages import kicker

RUN = RUNS["Llama 3.1 405B"]
H100 = CHIPS["H100 SXM"]
CLAIMED = claimed("004-10") / DAY
TENFOLD = CLAIMED / claimed("004-11")
RUN_FLOPS = MODELS["Llama 3.1 405B"].flops
PUBLISHED_MFU = RUN.rate_long / H100.bf16  # the least: on 16,384 GPUs
BILLED = RUN.gpu_time / RUN.gpus / DAY
LEAST, MOST = 0.03, 12  # of the peak: what the picture shows; a point beyond stands at its edge, whole
TURN = 60  # days: from here on the label stands left of its point, below the curve
LOW, TOP = 0.05, 7  # of the peak: up to here it stands above its point, from here on below, where there is room
NAMED, NEEDED = 4.2, 16  # days: where the names of lines start, and where they have ended
NOWHERE = 1e-9  # days: so far to the left that a label can't be seen


def implied(days, gpus, model, chip, precision, goodput):
    """The MFU and the rate per GPU that a run of `days` must have had; the rest as in clustermath."""
    mfu = implied_mfu(model.flops, gpus, peak(chip, precision), days * DAY, goodput)
    return {
        "mfu": mfu,
        "rate": mfu * peak(chip, precision) / TERA,
        "seen": np.clip(mfu, LEAST, 0.8 * MOST),
        "right": np.where(((days < TURN) | (mfu < LOW)) & (mfu < TOP), days, NOWHERE),
        "left": np.where((days < TURN) | (mfu < LOW) | (mfu >= TOP), NOWHERE, days),
        "below": np.where(mfu < TOP, NOWHERE, days),
        "peak": room.ends([days * mfu], NAMED, NEEDED, 125, NOWHERE),
        "meta": room.ends([days * mfu / PUBLISHED_MFU], NAMED, NEEDED, 125, NOWHERE),
        "crowd": walls.crowded(gpus),
        "run": walls.sides(days, mfu <= 1),
    }


def explained(at):
    """Whether the claimed days on H100s need no more than Meta has published."""
    as_claimed = (at["days"] <= CLAIMED * (1 + 1e-9)) & (at["model"].flops >= RUN_FLOPS) & (at["chip"].bf16 <= H100.bf16) & (at["precision"] > 8)
    return as_claimed & (at["mfu"] >= RUN.rate_long / H100.bf16) & (at["mfu"] <= RUN.rate_short / H100.bf16)


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(4, 130), ylim=(LEAST, MOST), xlabel="days the run is said to have taken", ylabel="share of the peak needed")
    ax.set_xticks([5, 10, 20, CLAIMED, 78, 120], ["5", "10", "20", f"{CLAIMED:.0f}", "78", "120"])
    ax.set_yticks([0.05, 0.1, 0.2, 0.4, 1, 2, 5], ["5%", "10%", "20%", "40%", "100%", "200%", "500%"])
    ax.minorticks_off()
    ax.axhspan(1, MOST, color=COLOR["claimed"], alpha=0.07, linewidth=0)
    ax.axhline(1, color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    ax.axhspan(PUBLISHED_MFU, RUN.rate_short / H100.bf16, color=COLOR["measured"], alpha=0.14, linewidth=0)
    meta = "Meta’s H100s" if plot.narrow else "published by Meta for H100s"
    room.name(plot, ax, "peak", 1, "the chips’ peak", dy=3, va="bottom", color=COLOR["claimed"], fontweight="semibold")
    room.name(plot, ax, "meta", PUBLISHED_MFU, meta, dy=-3, va="top", color=COLOR["measured"])
    walls.crowd(plot, ax)
    plot.curve(ax, "days", "mfu", over=(4, 130), color=COLOR["computed"], linewidth=2.4)
    walls.point(plot, ax, "run", "seen", size=10, clip_on=False)
    plot.label(ax, "right", "seen", "{mfu:.0%}", dx=9, dy=8, flip=0.85, color=COLOR["computed"], fontweight="semibold")
    plot.label(ax, "left", "seen", "{mfu:.0%}", dx=-8, dy=-6, ha="right", va="top", color=COLOR["computed"], fontweight="semibold")
    plot.label(ax, "below", "seen", "{mfu:,.0%}", dx=9, dy=-6, flip=0.7, va="top", color=COLOR["computed"], fontweight="semibold")


def figure(model=implied) -> LiveFigure:
    """What a claimed duration asks of the chips."""
    return LiveFigure(
        "implied-mfu",
        model,
        draw,
        kicker=kicker(__name__),
        title="What would the chips have to deliver?",
        finding="{days:.3g} days on {gpus:,.7g} GPUs ask for {rate:,.0f} TFLOP/s from each, {mfu:.0%} of the peak.",
        controls=bounded({
            "days": Slider(4, 130, CLAIMED, "days claimed", log=True, limits=(0.001, 100_000)),
            "gpus": gpus(claimed("004-09"), show=(2048, 131_072)),
            "model": choice(MODELS, "Llama 3.1 405B", "model", folded=True),
            "chip": choice(CHIPS, H100.name, "chip", folded=True),
            "precision": precision(folded=True),
            "goodput": share("goodput", 1.0, "goodput", folded=True, steps=100),
        }),
        presets={
            f"{CLAIMED:.0f} days on 16,000": {},
            f"{BILLED:.0f} days on 16,384": {"days": BILLED, "gpus": RUN.gpus},
            f"a tenfold faster {TENFOLD:.1f} days": {"days": TENFOLD},
        },
        goals=[
            Goal(
                f"{CLAIMED:.0f} days for Llama 3.1 405B, at an MFU that Meta has published for its H100s: how many of them did it take?",
                explained,
                "Days and GPUs multiply. The grey band is what Meta has published; the claimed number of GPUs lies above it.",
                {"gpus": 20_000},
            )
        ],
        readouts=[
            Readout("mfu", "of the peak, the implied MFU", ".0%", limit=1, beyond="of the peak: more than there is"),
            Readout("rate", "from every GPU", ",.0f", "TFLOP/s"),
        ],
        summary="{model} in {days:.3g} days on {gpus:,.7g} {chip} implies {rate:,.0f} TFLOP/s from every GPU, an MFU of {mfu:.0%}.",
    )
