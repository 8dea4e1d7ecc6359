"""Chapter 3: the best layout for every pair of tensor and pipeline parallelism, out of thousands."""

import numpy as np
from clustermath.architecture import ARCHITECTURES
from clustermath.packing import packed
from clustermath.layout import Layout, fits, gpus_used
from clustermath.memory import memory
from clustermath.software import CONSTANTS
from clustermath.step import step_mfu, step_time
from clustermath.units import GIGA
from livefigure import Goal, LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import brought
from .bounds import bounded, published
from .layouts import RUNS, START, TPS, as_chosen, batch, controls, presets
from .pages import kicker
from .validated import OF_KIND, beyond_measured, of_kind

PPS = (1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 48, 64)
LLAMA, START_GPUS = ARCHITECTURES["Llama 3.1 405B"], RUNS[START]["gpus"]
NEVER = 1e30  # s: the step of a model that fits nowhere
PUBLISHED_TP = int(published()["tp"].high)
EDGE = 3  # a layout that takes as many times as long as the best has the palest colour


def grid(**axes) -> dict:
    """Every combination of the values of `axes` as arrays of one length, the last axis running fastest."""
    return dict(zip(axes, (axis.ravel() for axis in np.meshgrid(*axes.values(), indexing="ij"))))


# The ways to lay out each pair of tp and pp. wide: 4 ways to share the sequence, or in a mixture the experts.
GRID = grid(pp=PPS, tp=TPS, wide=range(4), interleave=(1, 2, 4, 8), microbatch=(1, 2), recompute=(0, 1))
ASIDE, OUTSIDE = len(TPS) - 0.25, -9  # beside the map, and outside of the axes, where a label is hidden
CELLS = len(PPS) * len(TPS)
WAYS = GRID["tp"].size // CELLS


def besides(pp, schedule, software) -> dict:
    """What a layout of the search has besides its cut, as fields of a Layout: beside a pipeline no weights are shared."""
    return {
        "zero": np.where(pp > 1, np.minimum(2 * software.zero, 2), 3),
        "schedule": schedule,
        "sequence_parallel": software.sequence_parallel,
        "recompute_scores": 1.0,
    }


def search(model, chip, gpus, tp, pp, sequences, seq_len, format, schedule, software, grid, stretch=1.0):
    """Step time of every layout in `grid`; the best one, and the best with the reader's tp and pp. All take `stretch` times as long."""
    mixture, between, software = model.experts > 0, of_kind(model, software), as_chosen(software)
    fixed = {
        "cp": np.where(mixture, 1, 2 ** grid["wide"]),
        "ep": np.where(mixture, np.minimum(np.select([grid["wide"] < 1, grid["wide"] < 2, grid["wide"] < 3], [8, 32, 64], 256), model.experts), 1),
        **besides(grid["pp"], schedule, software),
        **{name: grid[name] for name in ("tp", "pp", "interleave", "microbatch", "recompute")},
    }
    wanted = batch(sequences, seq_len, format)
    room = packed(chip, Layout(**fixed), wanted, gpus)
    layout, given = Layout(**fixed, dp=room["dp"]), batch(room["sequences"], seq_len, format)
    needed = memory(model, chip, layout, given, software)
    possible = (fits(model, layout, given) > 0) & (room["enough"] > 0) & (needed <= chip.hbm)
    possible = possible & ((layout.cp < 2) | (software.context > 0))
    time = np.where(possible, step_time(model, chip, layout, given, software, CONSTANTS), np.inf)
    cells = np.minimum.reduceat(time, range(0, time.size, WAYS))
    row, column = (np.interp(value, values, np.arange(len(values))) for value, values in ((pp, PPS), (tp, TPS)))
    own = np.where((grid["pp"] == pp) & (grid["tp"] == tp), time, np.inf)

    def described(k):
        found = {"time": time[k], "memory": needed[k] / GIGA, "used": gpus_used(layout)[k], "dp": room["dp"][k], "cp": layout.cp[k], "ep": layout.ep[k]}
        return found | {name: grid[name][k] for name in ("tp", "pp", "interleave", "microbatch", "recompute")}

    best, mine = described(np.argmin(time)), described(np.argmin(own))
    there = best["time"] < np.inf
    return {
        "cells": cells,
        "best": best | {"time": stretch * best["time"]},
        "mfu": step_mfu(model, chip, Layout(dp=gpus), wanted, np.minimum(stretch * best["time"], NEVER)),
        "own": mine | {"time": stretch * mine["time"]},
        "edge": EDGE * best["time"],
        "row": row,
        "column": column,
        "best_row": np.where(there, np.interp(best["pp"], PPS, np.arange(len(PPS))), np.nan),
        "best_column": np.where(there, np.interp(best["tp"], TPS, np.arange(len(TPS))), np.nan),
        "aside": np.where(there, ASIDE, OUTSIDE),
        "above": np.where(there, -0.5, OUTSIDE),
        "own_aside": np.where(mine["time"] < np.inf, ASIDE, OUTSIDE),
        "nowhere": np.where(there, OUTSIDE, (len(TPS) - 1) / 2),
        "slower": mine["time"] / best["time"] - 1,
        "feasible": np.sum(np.where(possible, 1.0, 0.0)),
        "beyond": beyond_measured(chip, given.bits, gpus, best["time"]),
        "range": between,
        "mixture": np.where(mixture, 1, 0),
    }


TOUCH = Touch("tp {tp:.0f} × pp {pp:.0f}: {cells:.3g} s", sets={"tp": GRID["tp"][::WAYS], "pp": GRID["pp"][::WAYS]}, absent="does not fit")


def draw(plot):
    ax = plot.subplots()
    side = 0 if plot.narrow else 4.3
    ax.set(xlim=(-0.5, len(TPS) - 0.5 + side), ylim=(-0.5, len(PPS) - 0.5 + (2.6 if plot.narrow else 0)), ylabel="pipeline stages")
    key = "star: fastest; ring: yours; stronger: faster;\nempty: does not fit" if plot.narrow else "star: fastest; ring: yours; the stronger the colour, the faster; empty: does not fit"
    ax.set_xlabel(f"tensor parallel (beyond {PUBLISHED_TP}: none published)\n{key}", loc="left" if side else "center")
    ax.axvline(np.searchsorted(TPS, PUBLISHED_TP) + 0.5, 0, len(PPS) / (ax.get_ylim()[1] + 0.5), color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    ax.set_xticks(range(len(TPS)), TPS)
    ax.set_yticks(range(len(PPS)), PPS)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    plot.heatmap(ax, "cells", len(TPS), "edge", "best.time", color=COLOR["computed"], log=True, touch=TOUCH)
    plot.marker(ax, "column", "row", "o", color="none", markeredgecolor=COLOR["measured"], markeredgewidth=2, markersize=15)
    plot.marker(ax, "best_column", "best_row", "*", color=COLOR["card"], markersize=11)
    plot.label(ax, "nowhere", 6.5, "Nothing fits.", ha="center", color=COLOR["claimed"], fontweight="semibold")
    share = "cp {best.cp:.0f} · ep {best.ep:.0f} · dp {best.dp:,.0f}"
    recompute = "{best.recompute:.0%} recomputed · {best.memory:.0f} GB"
    chunks = "chunks {best.interleave:.0f} · microbatch {best.microbatch:.0f}"
    head = "fastest: tp {best.tp:.0f} × pp {best.pp:.0f}"
    if plot.narrow:
        plot.label(ax, "above", 15.3, f"{head} · {share}", va="center", color=COLOR["computed"], fontweight="semibold")
        plot.label(ax, "above", 14.2, f"{chunks} · {recompute}", va="center", color=COLOR["muted"])
        return
    yours = "yours: tp {tp:.0f} × pp {pp:.0f}"
    own = [yours, "{own.time:.3g} s", *(line.replace("best.", "own.") for line in (share, chunks, recompute))]
    for x, top, lines, color in (("aside", 13, [head, "{best.time:.3g} s", share, chunks, recompute], "computed"), ("own_aside", 6.6, own, "measured")):
        for k, line in enumerate(lines):
            weight = "semibold" if k < 2 else "normal"
            plot.label(ax, x, top - 0.95 * k, line, va="center", color=COLOR[color if k < 2 else "muted"], fontweight=weight)


CONTROLS = ("model", "chip", "gpus", "sequences", "tp", "pp", "seq_len", "format", "schedule", "software")


def figure(model=search) -> LiveFigure:
    """The map of layouts."""
    known = controls(*CONTROLS, folded=("sequences", "seq_len", "format", "schedule", "software", "chip"))
    known["pp"] = Slider(PPS[0], PPS[-1], known["pp"].value, "pipeline stages", values=PPS, format=".0f")
    return LiveFigure(
        "layout-map",
        model,
        draw,
        kicker=kicker(__name__),
        title="Which layout trains it fastest?",
        finding="{feasible:,.0f} layouts fit, and the fastest takes {best.time:.3g} s a step; your pair takes {slower:.1%} longer and holds {own.memory:.0f} GB.",
        controls=bounded(known),
        fixed={"grid": GRID},
        goals=[
            Goal(
                f"Llama 3.1 405B on {START_GPUS:,.0f} GPUs: a pair that holds less than 30 GB on each of them, and takes at most a tenth longer than the fastest.",
                lambda at: (at["model"].hidden == LLAMA.hidden) & (at["model"].layers == LLAMA.layers) & (at["gpus"] <= START_GPUS) & (at["own.memory"] < 30) & (at["slower"] <= 0.1),
                "Tensor parallelism cuts each layer and sends after each one. A pipeline cuts between layers, and waits.",
                {"pp": 32},
            )
        ],
        presets=presets(CONTROLS),
        takes=[brought.config(), brought.launch(known)],
        readouts=[
            Readout("best.time", "the fastest step", ".3g", "s"),
            Readout("mfu", "MFU on all GPUs", ".1%"),
            Readout("best.used", "GPUs at work", ",.0f"),
            Readout("slower", "longer with your pair", ".1%"),
            Readout("feasible", f"of {GRID['tp'].size:,} layouts fit", ",.0f"),
        ],
        summary=(
            "{model} on {gpus:,.7g} {chip}: of the layouts tried, {feasible:,.0f} fit. The fastest has tensor parallel {best.tp:.0f}, {best.pp:.0f} pipeline "
            "stages and {best.dp:,.0f} data-parallel ranks, and takes {best.time:.3g} seconds a step, {mfu:.1%} MFU on all GPUs. With tensor parallel "
            "{tp:.0f} and {pp:.0f} stages the best takes {own.time:.3g} seconds."
        ),
        **OF_KIND,
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.5)},
    )
