"""Chapter 3: what one GPU has to hold, and how each kind of splitting makes it less."""

import numpy as np
from clustermath.architecture import parameters
from clustermath.packing import packed
from clustermath.layout import Layout, fits
from clustermath.memory import memory_parts
from clustermath.units import GIGA
from livefigure import Guess, LiveFigure, Readout
from livefigure.look import COLOR

from . import brought, walls
from .bounds import bounded
from .layouts import as_chosen, batch, controls, presets
from .pages import kicker
from .palette import MEMORY

OUTSIDE = -1  # of the axes, where a label is hidden
LEAST = 4.0  # GB: where the bars begin
NOWHERE = 1e-30  # GB: so far to the left that a label is hidden
GAP = "\u00a0\u00a0"  # two spaces that SVG doesn't join
RUNGS = {  # what each kind of splitting sets, in the order in which it is added
    "alone": "nothing split",
    "tensor": "tensor parallel {tp:.0f}",
    "pipeline": "pipeline stages {pp:.0f}",
    "wide": "context {cp:.0f}, experts {ways:.0f}",
    "shared": "shared among {ranks:,.0f} ranks",
    "final": "some recomputed",
}
SHORT = {"tensor": "tensor {tp:.0f}", "pipeline": "stages {pp:.0f}", "shared": "shared by {ranks:,.0f}"}  # where there is little room
WITHOUT = {"wide": "no such cut", "final": "nothing recomputed"}  # what the step is called when it does nothing


def hold(model, chip, gpus, tp, pp, sharing, cp, ep, interleave, microbatch, recompute, again, ends, schedule, sequences, seq_len, format, software):
    """Memory of the fullest GPU [GB] by part, and its total as the kinds of splitting are added one by one.

    ends: layers on the first and on the last stage each, 0 if all are as alike as can be.
    """
    ep, software = np.where(model.experts > 0, ep, 1), as_chosen(software)
    common = {"sequence_parallel": software.sequence_parallel, "recompute_scores": 1.0, "microbatch": microbatch, "schedule": schedule}
    lighter = np.where(pp > 2, ends, 0)
    split = {"tp": tp, "pp": pp, "interleave": np.where(pp > 1, interleave, 1), "cp": cp, "ep": ep, "first_layers": lighter, "last_layers": lighter}
    repeated = {"recompute": recompute, "recompute_simple": again["simple"], "recompute_up": again["up"]}
    room = packed(chip, Layout(**split, **common), batch(sequences, seq_len, format), gpus)
    given = batch(room["sequences"], seq_len, format)
    added = {"tensor": ["tp"], "pipeline": ["pp", "interleave", "first_layers", "last_layers"], "wide": ["cp", "ep"]}
    whole = Layout(**split, **common, dp=room["dp"], zero=sharing)
    nothing = dict.fromkeys(repeated, 0)
    totals, chosen = {}, {}
    for rung in RUNGS:
        chosen |= {name: split[name] for name in added.get(rung, ())}
        zero = sharing if rung in ("shared", "final") else 0
        layout = Layout(**common, **chosen, dp=room["dp"], zero=zero, **(repeated if rung == "final" else nothing))
        parts = memory_parts(model, chip, layout, given, software)
        totals[rung] = sum(parts.values()) / GIGA
    spared = recompute + again["simple"]
    last, full = len(RUNGS) - 1 + np.zeros(1), totals["final"] * GIGA > chip.hbm
    beside = {rung: np.maximum(total, chip.hbm / GIGA) for rung, total in totals.items()}  # where its label starts: clear of the chip's line
    state = given.weight_bytes + given.gradient_bytes + given.optimizer_bytes
    return {
        "part": {name: part / GIGA for name, part in parts.items()},
        "share": {name: part / chip.hbm for name, part in parts.items()},
        "total": totals,
        "held": np.where(full, LEAST, totals["final"]),
        "bursts": {"x0": LEAST + 0 * last, "x1": np.where(full, totals["final"], np.nan) + 0 * last, "y0": last - 0.33, "y1": last + 0.33},
        "hbm": chip.hbm / GIGA,
        "of_hbm": totals["final"] * GIGA / chip.hbm,
        "state_gpus": np.ceil(sum(parameters(model).values()) * state / chip.hbm),  # one that is missing a byte does not hold it
        "dp": room["dp"],
        "ranks": room["dp"] * cp,
        "mixture": np.where(model.experts > 0, 1, 0),
        "ways": ep,
        "at": {
            **beside,
            "wide": np.where(cp * ep > 1, beside["wide"], NOWHERE),
            "final": np.where(spared > 0, beside["final"], NOWHERE),
        },
        "idle": {
            "wide": np.where(cp * ep > 1, NOWHERE, beside["wide"]),
            "final": np.where(spared > 0, NOWHERE, beside["final"]),
        },
        "odd": np.where((fits(model, whole, given) > 0) & (room["enough"] > 0), OUTSIDE, 0.5),
    }


def draw(plot):
    ladder, bar = plot.subplots(2, 1, height_ratios=[2, 1.3 if plot.narrow else 1])
    low = LEAST
    ladder.set(xscale="log", xlim=(low, 2e7), ylim=(len(RUNGS) + 0.4, -1.3), yticks=[])
    ladder.set_xticks([10, 100, 1e3, 1e4, 1e5, 1e6], ["10 GB", "100 GB", "1 TB", "10 TB", "100 TB", "1 PB"])
    ladder.minorticks_off()
    ladder.spines["left"].set_visible(False)
    ladder.grid(axis="y", visible=False)
    for row, (rung, text) in enumerate(RUNGS.items()):
        last = rung == "final"
        plot.bar(ladder, row, "held" if last else f"total.{rung}", base=low, width=0.66, horizontal=True, color=COLOR["computed"], alpha=0.95 if last else 0.4)
        text = SHORT.get(rung, text) if plot.narrow else text
        words = {f"at.{rung}": text} | ({f"idle.{rung}": WITHOUT[rung]} if rung in WITHOUT else {})
        for place, said in words.items():
            plus = "" if plot.narrow or row == 0 or place.startswith("idle") else "+ "
            style = dict(dx=6 if plot.narrow else 12, va="center", flip=0.5 if plot.narrow else None, fontweight="semibold" if last else "normal")
            plot.label(ladder, place, row, "{total." + rung + ":,.3g} GB" + GAP + plus + said, **style)
    walls.hollow(plot, ladder, "bursts")
    plot.vline(ladder, "hbm", ymin=0.12, color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    plot.label(ladder, "hbm", -0.87, "the chip has {hbm:,.0f} GB", dx=5, va="center", color=COLOR["claimed"], fontweight="semibold")
    plot.label(ladder, "odd", len(RUNGS), "The model or the GPUs cannot be cut like this.", fraction="x", ha="center", va="center", color=COLOR["claimed"], fontweight="semibold")

    memory_bar(plot, bar)
    bar.set_xticks([0, 0.5, 1, 1.5], ["0", "50%", "100% of the memory", "150%"])


def memory_bar(plot, ax):
    """What fills the fullest GPU, part by part, up to one and a half times the chip's memory."""
    columns = 2 if plot.narrow else 3
    ax.set(xlim=(0, 1.5), ylim=(-0.4 - 0.65 * len(MEMORY) / columns, 0.6), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    ax.plot([1, 1], [-0.4, 0.6], color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    ax.axvspan(1, 1.5, color=COLOR["claimed"], alpha=0.07, linewidth=0)
    names = [f"share.{name}" for name in MEMORY]
    for k, (name, color) in enumerate(MEMORY.items()):
        plot.bar(ax, 0.1, tuple(names[: k + 1]), base=tuple(names[:k]) or 0.0, width=0.8, horizontal=True, color=COLOR[color])
        row, column = divmod(k, columns)
        text = COLOR["muted" if color == "outline" else color]
        plot.label(ax, 0.01 + column / columns, -0.65 * (row + 1), name + " {part." + name + ":,.3g} GB", fraction="x", va="center", color=text, fontweight="semibold")


MAIN = ("model", "tp", "pp", "sharing")
CONTROLS = (*MAIN, "gpus", "chip", "cp", "ep", "interleave", "microbatch", "recompute", "again", "ends", "schedule", "sequences", "seq_len", "format", "software")


def figure(model=hold) -> LiveFigure:
    """Memory of one GPU."""
    return LiveFigure(
        "gpu-memory",
        model,
        draw,
        kicker=kicker(__name__),
        title="What must one GPU hold?",
        finding="The fullest GPU holds {total.final:,.3g} GB, {of_hbm:.0%} of its memory.",
        controls=bounded(controls(*CONTROLS, folded=CONTROLS[len(MAIN) :])),
        presets=presets(CONTROLS),
        takes=[brought.config(), brought.launch(CONTROLS)],
        readouts=[
            Readout("state_gpus", "GPUs’ memory for the training state", ",.0f"),
            Readout("total.final", "GB on one GPU", ",.3g"),
            Readout("of_hbm", "of the chip’s memory", ".0%", limit=1, beyond="of the chip’s memory: does not fit"),
            Readout("dp", "data-parallel ranks", ",.0f"),
        ],
        summary=(
            "{model} on {gpus:,.7g} {chip}, tensor parallel {tp:.0f}, {pp:.0f} pipeline stages, {dp:,.0f} data-parallel ranks: one GPU holds {total.final:,.3g} GB, "
            "{of_hbm:.0%} of its memory, of which weights {part.weights:.3g}, gradients {part.gradients:.3g}, optimizer {part.optimizer:.3g}, "
            "activations {part.activations:.3g} GB. Unsplit it would be {total.alone:,.3g} GB."
        ),
        guess=Guess(
            "state_gpus",
            "Before you look: how many H100s does it take just to hold Llama 3.1 405B while it is trained, that is its weights, gradients and optimizer states?",
            5,
            1000,
            unit="GPUs",
            format=".0f",
        ),
        sizes={"wide": (6.9, 4.0), "narrow": (3.6, 4.8)},
    )
