"""Chapter 2: where the FLOPs go between the datasheet's peak and the model, for Llama 3.1 405B's layout at any size."""

import numpy as np
from clustermath import CHIPS
from clustermath.architecture import ARCHITECTURES
from clustermath.roofline import compute_bound_time
from clustermath.layout import Layout, batch_of, gpus_used
from clustermath.matmul import dense_peak
from clustermath.run import speedup_ceiling
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_parts
from clustermath.units import TERA
from livefigure import Bound, LiveFigure, Readout, Slider, Switch
from livefigure.look import COLOR

from .bounds import JOB, bounded
from .inputs import choice, precision, some
from .measured_steps import grouped, runs
from .pages import kicker
from .palette import TIME
from .validated import BAND, MEASURED, beyond_measured
from .walls import LARGEST_JOB, crowd

SHAPE = ARCHITECTURES["Llama 3.1 405B"]
META = runs()["llama3-2"]
FLASH = stack_named("meta-llama3-2024")
MACHINE_TABLE = some(MEASURED, (name for name, chip in CHIPS.items() if chip.fp8 > 0 and chip.nvlink_generation > 0))
LOSSES = ("multiplies", "kernels", "communication", "bubble", "waiting")
COLORS = TIME | {"multiplies": "outline"}  # what the multiplies themselves leave of the peak


class Overlapping:
    """Meta's software, with tensor-parallel communication overlapped (1) or not (0)."""

    def __init__(self, overlap):
        vars(self).update(vars(FLASH) | {"tp_overlap": overlap})


def losses(copies, microbatches, interleave, overlap, machine, precision, stretch=1.0):
    """Shares of the peak that are left after each loss. copies: pipelines of 128 GPUs that share the batch.

    The whole step takes `stretch` times as long.
    """
    bits = np.maximum(precision, np.where(machine.peak4 > machine.peak8, 4, 8))
    layout = Layout(tp=8.0, pp=16.0, dp=copies, interleave=interleave)
    batch = batch_of(META.batch.seq_len, microbatches * copies, bits)
    parts = grouped(step_parts(SHAPE, machine, layout, batch, Overlapping(overlap), CONSTANTS))
    ideal = compute_bound_time(SHAPE, machine, layout, batch)
    time, left = ideal, {}
    for loss in LOSSES:
        time = time + parts[loss] - (ideal if loss == "multiplies" else 0)
        left[loss] = ideal / time
    mfu = left["waiting"] / stretch
    peak = dense_peak(machine, bits) / TERA
    return {
        "left": left,
        "mfu": mfu,
        "rate": mfu * peak,
        "peak": peak,
        "ceiling": speedup_ceiling(mfu),
        "gpus": gpus_used(layout),
        "tokens": batch.sequences * batch.seq_len / 1e6,
        "step": stretch * time,
        "beyond": beyond_measured(machine, bits, gpus_used(layout)),
        "crowd": np.where(gpus_used(layout) > LARGEST_JOB, 0.99, -1),
    }


def draw(plot):
    plot.fig.get_layout_engine().set(w_pad=0.06)  # the page sets the longest name a little wider
    ax = plot.subplots()
    names = ["peak", "in multiplies", "other kernels", "communication", "bubble", "waiting", "delivered"]
    ax.set(xlim=(0, 1.0), ylim=(6.6, -0.6), xlabel="share of the datasheet’s peak")
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0%", "20%", "40%", "60%", "80%", "100%"])
    ax.set_yticks(range(7), names)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.barh(0, 1, 0.6, color=COLOR["outline"], alpha=0.35)
    plot.label(ax, 0, 0, "{peak:,.0f} TFLOP/s", dx=7, va="center", color=COLOR["ink"])
    before = 1.0
    for row, loss in enumerate(LOSSES, 1):
        plot.bar(ax, row, before, base=f"left.{loss}", width=0.6, horizontal=True, color=COLOR[COLORS[loss]])
        plot.label(ax, f"left.{loss}", row, "{left.%s:.0%%}" % loss, dx=5, flip=0.16, va="center", color=COLOR["ink"])
        before = f"left.{loss}"
    for row, words in ((4, "larger than any"), (5, "job published")):
        crowd(plot, ax, y=row, words=words, fraction="", ha="right")
    plot.bar(ax, 6, "mfu", width=0.6, horizontal=True, color=COLOR["computed"])
    plot.bar(ax, 6, "high.mfu", base="low.mfu", width=0.1, horizontal=True, color=COLOR["ink"])
    plot.label(ax, "high.mfu", 6, "{rate:,.0f} TFLOP/s", dx=7, va="center", color=COLOR["computed"], fontweight="semibold")


def figure(model=losses) -> LiveFigure:
    """The waterfall."""
    return LiveFigure(
        "peak-to-delivered",
        model,
        draw,
        kicker=kicker(__name__),
        title="Where do the FLOPs go?",
        finding="Of the {peak:,.0f} TFLOP/s that a chip is sold with, {rate:,.0f} reach the model: {mfu:.0%}.",
        controls=bounded({
            "copies": Slider(8, 2048, META.layout.dp, "groups of 128 GPUs, a model each", log=True, integer=True, limits=(1, 100_000), format=",.7g"),
            "microbatches": Slider(16, 256, 16, "portions of its batch in each group", values=(16, 32, 64, 128, 256), folded=True),
            "overlap": Switch(False, "send while computing"),
            "interleave": Slider(1, 8, META.layout.interleave, "pieces of the model on each stage", values=(1, 2, 4, 8), folded=True),
            "machine": choice(MACHINE_TABLE, META.chip.name, "chip", folded=True),
            "precision": precision(folded=True),
        }, copies=Bound(1, LARGEST_JOB / (META.layout.tp * META.layout.pp), JOB)),
        presets={
            "16,384 H100s, as published": {},
            "8,192 H100s, as published": {"copies": 64, "microbatches": 32},
            "219,904 GB300s, FP8": {"copies": 1718, "machine": "GB300 NVL72", "precision": "FP8"},
        },
        readouts=[
            Readout("rate", "from each GPU", ",.0f", "TFLOP/s"),
            Readout("mfu", "of the peak: MFU", ".1%"),
            Readout("ceiling", "most that software can gain", ".2f", "×", role="claimed"),
            Readout("gpus", "GPUs", ",.0f"),
            Readout("tokens", "million tokens a step", ",.0f"),
        ],
        summary=(
            "Llama 3.1 405B on {gpus:,.0f} {machine}: of {peak:,.0f} TFLOP/s, {left.multiplies:.0%} are left after the matrix multiplies, "
            "{left.kernels:.0%} after the other kernels, {left.communication:.0%} after communication, {left.bubble:.0%} after the bubble "
            "and {mfu:.1%} in the model, {rate:,.0f} TFLOP/s. Software alone can gain {ceiling:.2f} times at most."
        ),
        **BAND,
        sizes={"wide": (6.9, 3.3), "narrow": (3.6, 3.3)},
    )
