"""Chapter 3: where the time of a training step goes, part by part."""

import numpy as np
from clustermath.packing import packed
from clustermath.layout import Layout, fits
from clustermath.matmul import dense_peak
from clustermath.software import CONSTANTS
from clustermath.step import step_mfu, step_parts, throughput
from clustermath.units import TERA
from livefigure import LiveFigure, Readout
from livefigure.look import COLOR

from . import brought
from .bounds import bounded
from .layouts import as_chosen, batch, controls, presets
from .pages import kicker
from .palette import TIME
from .validated import OF_KIND, beyond_measured, of_kind
from .walls import LARGEST_JOB, crowd, say

OUTSIDE = -1  # of the axes, where a label is hidden
# What a reader sees as one part: its name, what it is, and the parts of `clustermath.step.step_parts` in it.
GROUPS = {
    "multiplies": ("matrix multiplies", "compute", ("matrix multiplies", "head")),
    "scores": ("attention scores", "compute", ("attention scores",)),
    "memory_bound": ("norms, casts, routing", "kernels", ("elementwise", "casts", "permutation", "launching")),
    "optimizer": ("optimizer", "kernels", ("optimizer",)),
    "recomputation": ("recomputation", "again", ("recomputation",)),
    "tensor": ("tensor parallel", "communication", ("tensor parallel",)),
    "wide": ("context, expert parallel", "communication", ("context parallel", "expert parallel")),
    "data": ("data parallel", "communication", ("data parallel",)),
    "messages": ("between stages", "communication", ("pipeline parallel",)),
    "bubble": ("pipeline bubble", "bubble", ("bubble",)),
    "imbalance": ("uneven stages", "waiting", ("imbalance",)),
    "jitter": ("waiting for the slowest", "waiting", ("jitter",)),
}


def breakdown(model, chip, gpus, tp, pp, microbatch, interleave, schedule, cp, ep, sharing, recompute, sequences, seq_len, format, software, stretch=1.0):
    """Time of a step by part [s], for the layout that these degrees make on this many GPUs; all of it `stretch` times as long."""
    wanted, between, software = batch(sequences, seq_len, format), of_kind(model, software), as_chosen(software)
    degrees = {
        "tp": tp, "pp": pp, "cp": cp, "ep": np.where(model.experts > 0, ep, 1), "interleave": np.where(pp > 1, interleave, 1),
        "microbatch": microbatch, "schedule": schedule, "recompute": recompute, "recompute_scores": 1.0, "zero": sharing,
        "sequence_parallel": software.sequence_parallel,
    }  # fmt: skip
    room = packed(chip, Layout(**degrees), wanted, gpus)
    layout, given = Layout(**degrees, dp=room["dp"]), batch(room["sequences"], seq_len, format)
    parts = step_parts(model, chip, layout, given, software, CONSTANTS)
    groups = {name: sum(parts[part] for part in of) for name, (_, _, of) in GROUPS.items()}
    whole = sum(groups.values())
    time = stretch * whole
    mfu = step_mfu(model, chip, Layout(dp=gpus), wanted, time)
    return {
        "seconds": groups,
        "share": {name: part / whole for name, part in groups.items()},
        "some": {name: np.where(part > 0, part / whole, OUTSIDE) for name, part in groups.items()},
        "none": {name: np.where(part > 0, OUTSIDE, 0) for name, part in groups.items()},
        "time": time,
        "mfu": mfu,
        "rate": mfu * dense_peak(chip, given.bits) / TERA,
        "tokens": throughput(wanted, time),
        "dp": room["dp"],
        "beyond": beyond_measured(chip, given.bits, gpus, whole),
        "range": between,
        "crowd": np.where(gpus > LARGEST_JOB, 1.18, OUTSIDE),
        "mixture": np.where(model.experts > 0, 1, 0),
        "odd": np.where((fits(model, layout, given) > 0) & (room["enough"] > 0), OUTSIDE, 1.0),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1.2), ylim=(len(GROUPS) + 0.6, -0.6), xlabel="share of the step")
    ax.set_yticks(range(len(GROUPS)), [text for text, _, _ in GROUPS.values()])
    shares = (0, 0.5, 1) if plot.narrow else (0, 0.2, 0.4, 0.6, 0.8, 1)
    ax.set_xticks(shares, [f"{share:.0%}" for share in shares])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    for row, (name, (_, kind, _)) in enumerate(GROUPS.items()):
        plot.bar(ax, row, f"share.{name}", width=0.68, horizontal=True, color=COLOR[TIME[kind]])
        text = "{seconds." + name + ":.3g} s" + ("" if plot.narrow else " · {share." + name + ":.1%}")
        plot.label(ax, f"some.{name}", row, text, dx=5, va="center", color=COLOR["ink"])
        plot.label(ax, f"none.{name}", row, "none", dx=5, va="center", color=COLOR["muted"])
    for row, words in ((3, "larger than any"), (4, "job published")):  # beside short bars
        crowd(plot, ax, y=row, words=words, fraction="", ha="right")
    say(plot, ax, "The model or the GPUs cannot be cut like this.", "odd", len(GROUPS) + 0.1, ha="right")


MAIN = ("model", "gpus", "tp", "pp")
CONTROLS = (*MAIN, "interleave", "microbatch", "schedule", "chip", "cp", "ep", "sharing", "recompute", "sequences", "seq_len", "format", "software")


def figure(model=breakdown) -> LiveFigure:
    """The parts of a step."""
    return LiveFigure(
        "step-breakdown",
        model,
        draw,
        kicker=kicker(__name__),
        title="Where does the step go?",
        finding="Of {time:.3g} s a step, matrix multiplies take {share.multiplies:.0%} and the bubble {share.bubble:.1%}.",
        controls=bounded(controls(*CONTROLS, folded=CONTROLS[len(MAIN) :])),
        presets=presets(CONTROLS),
        takes=[brought.config(), brought.launch(CONTROLS)],
        readouts=[
            Readout("time", "one step", ".3g", "s"),
            Readout("rate", "on each GPU", ",.3g", "TFLOP/s"),
            Readout("mfu", "MFU on all GPUs", ".1%"),
            Readout("tokens", "tokens a second", ".3k"),
        ],
        summary=(
            "{model} on {gpus:,.7g} {chip}, tensor parallel {tp:.0f}, {pp:.0f} stages, {dp:,.0f} data-parallel ranks: a step takes {time:.3g} seconds, {mfu:.1%} MFU. "
            "Matrix multiplies take {share.multiplies:.0%} of it, the bubble {share.bubble:.1%}, tensor parallel {share.tensor:.1%}, data parallel {share.data:.1%}."
        ),
        **OF_KIND,
        sizes={"wide": (6.9, 3.6), "narrow": (3.6, 3.7)},
    )
