"""Chapter 1: a run's days, money and energy under a hypothetical speed-up."""

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.power import training_power
from clustermath.run import amdahl, cost, effective_bits, energy, gpu_time, implied_mfu, peak, speedup_ceiling, training_time
from clustermath.runs import RUNS
from clustermath.units import DAY, HOUR, UNITS
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR
from livefigure.numbers import format_number

from . import room, walls
from .bounds import bounded
from .inputs import PUE, choice, gpus, precision, share, slider
from .ledger import claimed
from .pages import kicker

RUN = RUNS["Llama 3.1 405B"]
H100 = CHIPS["H100 SXM"]
LLAMA = MODELS["Llama 3.1 405B"]
CLAIMED_DAYS = claimed("004-10") / DAY
TURN = 6  # times as fast: from here on the label stands left of its point, below the curve
NOWHERE = 1e-9  # times as fast: so far to the left that a label can't be seen
CLAIMED_SPEEDUPS = [claimed(number) for number in ("004-14", "004-15", "004-16", "004-11")]


def run(speedup, mfu, gpus, model, chip, precision, goodput, serial, price, pue):
    """A training run whose compute part gets `speedup` times faster. price [dollar per GPU-hour]; the rest as in clustermath."""
    before = training_time(model.flops, gpus, peak(chip, precision), mfu, goodput)
    delivered = amdahl(speedup, serial)
    time = before / delivered
    total = gpu_time(time, gpus)
    return {
        "days": time / DAY,
        "delivered": delivered,
        "needed": mfu * delivered,
        "gpu_hours": total / HOUR,
        "dollars": cost(total, price / HOUR),
        "mwh": energy(total, training_power(chip), pue) / UNITS["MWh"],
        "bits": effective_bits(chip, precision),
        "crowd": walls.crowded(gpus),
        "news": room.ends([(1 - serial) / np.maximum(CLAIMED_DAYS * DAY / before - serial, NOWHERE)], 1.05, 3.3, 11.6, NOWHERE),
        "ceiling": speedup_ceiling(mfu, goodput),
        "right": np.where(speedup < TURN, speedup, NOWHERE),
        "left": np.where(speedup < TURN, NOWHERE, speedup),
        "run": walls.sides(speedup, mfu * delivered <= 1),
        "slowest": 1.8 * before / DAY,  # with room for its label
        "fastest": before / amdahl(12, serial) / DAY,
        "claims": {f"x{x:.0f}": before / amdahl(x, serial) / DAY for x in CLAIMED_SPEEDUPS},
    }


TICKS = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
NEAR = (1, 400, {1: "1", 5: "5", 10: "10", 20: "20", CLAIMED_DAYS: f"{CLAIMED_DAYS:.0f}", 100: "100", 200: "200", 400: "400"})


def decades(low, high):
    """Limits with a tick at every power of ten."""
    return low, high, {tick: format_number(tick, ".3k") for tick in TICKS if low <= tick <= high}


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(1, 12), xlabel="claimed speed-up of the compute part", ylabel="days")
    ax.set_xticks([1, 2, 3, 4, 5, 7, 10], ["1×", "2×", "3×", "4×", "5×", "7×", "10×"])
    plot.limits(ax, "y", ["slowest", "fastest"], [NEAR, decades(0.01, 10), decades(10, 10_000), decades(100, 100_000), decades(0.001, 1000), decades(0.1, 1_000_000)])
    ax.minorticks_off()
    plot.hline(ax, CLAIMED_DAYS, color=COLOR["claimed"], linewidth=1.2, linestyle=(0, (1, 2)))
    news = f"the news: {CLAIMED_DAYS:.0f} days" if plot.narrow else f"the {CLAIMED_DAYS:.0f} days of the news"
    room.name(plot, ax, "news", CLAIMED_DAYS, news, dy=3, color=COLOR["claimed"], va="bottom")
    plot.region(ax, "ceiling", 12, color=COLOR["claimed"], alpha=0.07, linewidth=0)
    plot.vline(ax, "ceiling", 0.1, color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    stop = "software stops: {ceiling:.2f}×" if plot.narrow else "software alone stops here: {ceiling:.2f}×"
    plot.label(ax, "ceiling", 0.97, stop, dx=6, flip=0.5, fraction="y", va="top", color=COLOR["claimed"], fontweight="semibold")
    walls.crowd(plot, ax)
    plot.curve(ax, "speedup", "days", over=(1, 12), color=COLOR["computed"], linewidth=2.4)
    for x in CLAIMED_SPEEDUPS:
        plot.marker(ax, x, f"claims.x{x:.0f}", color=COLOR["computed"], markerfacecolor=COLOR["card"], markersize=5.5)
    walls.point(plot, ax, "run", "days", size=10, clip_on=False)
    plot.label(ax, "right", "days", "{days:,.3g} days", dx=9, dy=8, color=COLOR["computed"], fontweight="semibold")
    plot.label(ax, "left", "days", "{days:,.3g} days", dx=-7, dy=-6, ha="right", va="top", color=COLOR["computed"], fontweight="semibold")


def figure(model=run) -> LiveFigure:
    """The chapter's main figure."""
    return LiveFigure(
        "fifty-four-days",
        model,
        draw,
        kicker=kicker(__name__),
        title="How long does the run take if the stack gets faster?",
        finding="{days:,.3g} days on {gpus:,.7g} {chip}, at {needed:.0%} of their peak; software alone stops at {ceiling:.2f}×.",
        controls=bounded({
            "speedup": slider("speedup", 1.0, "speed-up", unit="×", log=True),
            "mfu": share("mfu", RUN.rate / H100.bf16, "MFU before the speed-up", steps=95),
            "gpus": gpus(RUN.gpus),
            "model": choice(MODELS, LLAMA.name, "model"),
            "chip": choice(CHIPS, H100.name, "chip", folded=True),
            "precision": precision(folded=True),
            "goodput": share("goodput", 1.0, "goodput", folded=True, steps=100),
            "serial": share("serial", 0.0, "share that does not speed up", folded=True, steps=100),
            "price": Slider(0.5, 10, 2.0, "rent of a GPU", unit="$/h", format=".3g", limits=(0, 1000), folded=True, steps=95),
            "pue": slider("pue", PUE, "PUE", show=(1, 1.6), folded=True, steps=60),
        }),
        presets={
            "Llama 3.1 405B as published": {},
            f"{CLAIMED_DAYS:.0f} days, as repeated": {
                "gpus": claimed("004-09"),
                "mfu": float(implied_mfu(LLAMA.flops, claimed("004-09"), H100.bf16, claimed("004-10"))),
            },
            **{f"{x:.0f}× faster": {"speedup": x} for x in CLAIMED_SPEEDUPS},
        },
        readouts=[
            Readout("days", "days", ",.3g"),
            Readout("needed", "of the peak needed", ".0%", limit=1, beyond="of the peak: more than there is"),
            Readout("ceiling", "most that software can gain", ".2f", "×", role="claimed"),
            Readout("gpu_hours", "GPU-hours", ".3k"),
            Readout("dollars", "dollars of rent", ".3k"),
            Readout("mwh", "MWh at the meter", ",.0f"),
        ],
        summary=(
            "{model} on {gpus:,.7g} {chip} at {mfu:.1%} MFU in {bits:.0f}-bit arithmetic, sped up {speedup:.3g} times: {days:,.1f} days, "
            "{gpu_hours:.3k} GPU-hours, {dollars:.3k} dollars. That needs {needed:.0%} of the chips’ peak; "
            "software alone can gain {ceiling:.2f} times at most."
        ),
    )
