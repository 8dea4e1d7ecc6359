"""Chapter 3: the best layout for every pair of tensor and pipeline parallelism, out of tens of thousands."""

import numpy as np
from clustermath.architecture import ARCHITECTURES
from clustermath.packing import packed
from clustermath.layout import Layout, fits, gpus_used
from clustermath.memory import memory
from clustermath.software import CONSTANTS
from clustermath.step import step_mfu, step_time
from clustermath.units import GIGA
from livefigure import Choice, Goal, LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import brought
from .bounds import bounded, published
from .layouts import RUNS, SHARING, START, TPS, as_chosen, batch, controls, presets
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


# The ways to lay out each pair of tp and pp. wide: ways to share the sequence, or in a mixture the experts; zero: whether ranks share
# gradients and states alone, as far as the software does, or the weights, too.
TRIED = {"wide": range(6), "interleave": (1, 2, 4, 8), "microbatch": (1, 2), "zero": (2, 3)}
GRID = grid(pp=PPS, tp=TPS, **TRIED)
ASIDE, OUTSIDE = len(TPS) - 0.25, -9  # beside the map, and outside of the axes, where a label is hidden
CELLS = len(PPS) * len(TPS)
WAYS = GRID["tp"].size // CELLS
EIGHTHS = 8  # and each of these with so many shares of its layers recomputed, or none: see `least_recomputed`
LAYOUTS = GRID["tp"].size * (EIGHTHS + 1)
ANY = -1.0  # what is left to the search
CELL = np.repeat(np.arange(CELLS), WAYS)  # of each way


def besides(schedule, software) -> dict:
    """What every layout of a search has besides its cut and what its ranks share, as fields of a Layout."""
    return {"schedule": schedule, "sequence_parallel": software.sequence_parallel, "recompute_scores": 1.0}


def least_recomputed(without, whole, room, steps):
    """The least share to recompute that fits in `room`, in so many `steps`, and how many shares fit; more than 1 where none does.

    without, whole: memory with nothing and all recomputed, between which it is a line. More recomputation is never faster,
    so that no other share has to be timed.
    """
    least = np.where(without <= room, 0, np.where(whole < without, np.ceil(steps * (without - room) / np.maximum(without - whole, 1)) / steps, 2))
    most = np.where(whole > without, np.minimum(np.floor(steps * (room - without) / np.maximum(whole - without, 1)) / steps, 1), 1)
    return least, np.maximum(steps * (most - least) + 1, 0)


def search(
    model, chip, gpus, tp, pp, sequences, seq_len, format, schedule, software, grid,
    cp=ANY, ep=ANY, interleave=ANY, microbatch=ANY, sharing=ANY, recompute=ANY, stretch=1.0,
):  # fmt: skip
    """Step time of every layout in `grid`; the best one, and the best with the reader's tp and pp. All take `stretch` times as long.

    cp to recompute: what the reader decides, or ANY.
    """
    mixture, between, software = model.experts > 0, of_kind(model, software), as_chosen(software)
    shared = np.where(grid["zero"] > 2, 3, np.minimum(2 * software.zero, 2))
    fixed = {
        "cp": np.where(mixture, 1, 2 ** grid["wide"]),
        "ep": np.where(mixture, np.minimum(8 * 2 ** grid["wide"], model.experts), 1),
        **besides(schedule, software),
        "zero": shared,
        **{name: grid[name] for name in ("tp", "pp", "interleave", "microbatch")},
    }
    wanted = batch(sequences, seq_len, format)
    room = packed(chip, Layout(**fixed), wanted, gpus)
    cut, given = Layout(**fixed, dp=room["dp"]), batch(room["sequences"], seq_len, format)
    without, whole = (memory(model, chip, Layout(**fixed, dp=room["dp"], recompute=share), given, software) for share in (0.0, 1.0))
    # a part of the layers is recomputed by software since 2022 (Korthikanti et al., arXiv 2205.05198, section 5), as is sequence parallelism
    least, fitting = least_recomputed(without, whole, chip.hbm, np.where(software.sequence_parallel > 0, EIGHTHS, 1))
    again = np.where(recompute < 0, np.minimum(least, 1), recompute)
    needed = without + again * (whole - without)
    layout = Layout(**fixed, dp=room["dp"], recompute=again)
    decided = ((cp, np.where(mixture, cp, cut.cp)), (ep, np.where(mixture, cut.ep, ep)), (interleave, grid["interleave"]), (microbatch, grid["microbatch"]), (sharing, grid["zero"]))
    possible = (fits(model, cut, given) > 0) & (room["enough"] > 0) & (needed <= chip.hbm) & ((cut.cp < 2) | (software.context > 0))
    possible = possible & ((grid["zero"] < 3) | (grid["pp"] < 2) | (software.zero > 0))
    for wish, value in decided:
        possible = possible & ((wish < 0) | (value == wish))
    time = np.where(possible, step_time(model, chip, layout, given, software, CONSTANTS), np.inf)
    cells = np.minimum.reduceat(time, range(0, time.size, WAYS))
    first = np.minimum.reduceat(np.where(time == np.take(cells, CELL), np.arange(time.size), time.size), range(0, time.size, WAYS)).astype(int)
    row, column = (np.interp(value, values, np.arange(len(values))) for value, values in ((pp, PPS), (tp, TPS)))
    own = np.where((grid["pp"] == pp) & (grid["tp"] == tp), time, np.inf)
    chosen = {"dp": room["dp"], "cp": cut.cp, "ep": cut.ep, "zero": shared, "recompute": again} | {name: grid[name] for name in ("interleave", "microbatch")}

    def described(k):
        found = {"time": time[k], "memory": needed[k] / GIGA, "used": gpus_used(cut)[k], "tp": grid["tp"][k], "pp": grid["pp"][k]}
        return found | {name: values[k] for name, values in chosen.items()}

    best, mine = described(np.argmin(time)), described(np.argmin(own))
    there = best["time"] < np.inf
    return {
        "cells": cells,
        "won": {name: chosen[name][first] for name in ("cp", "ep", "interleave", "zero")},
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
        "feasible": np.sum(np.where(possible, np.where(recompute < 0, fitting, 1), 0)),
        "beyond": beyond_measured(chip, given.bits, gpus, best["time"]),
        "range": between,
        "mixture": np.where(mixture, 1, 0),
        "dense": np.where(mixture, 0, 1),
    }


TOUCH = Touch("tp {tp:.0f} × pp {pp:.0f}: {cells:.3g} s, cp {won.cp:.0f}, ep {won.ep:.0f}, chunks {won.interleave:.0f}, ZeRO {won.zero:.0f}", sets={"tp": GRID["tp"][::WAYS], "pp": GRID["pp"][::WAYS]}, absent="does not fit")


def draw(plot):
    ax = plot.subplots()
    side = 0 if plot.narrow else 4.3
    ax.set(xlim=(-0.5, len(TPS) - 0.5 + side), ylim=(-0.5, len(PPS) - 0.5 + (3.7 if plot.narrow else 0)), ylabel="pipeline stages")
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
    recompute = "{best.recompute:.1%} recomputed · {best.memory:.0f} GB"
    chunks = "chunks {best.interleave:.0f} · microbatch {best.microbatch:.0f} · ZeRO {best.zero:.0f}"
    head = "fastest: tp {best.tp:.0f} × pp {best.pp:.0f}"
    if plot.narrow:
        plot.label(ax, "above", 16.4, f"{head} · {share}", va="center", color=COLOR["computed"], fontweight="semibold")
        for top, line in ((15.3, chunks), (14.2, recompute)):
            plot.label(ax, "above", top, line, va="center", color=COLOR["muted"])
        return
    yours = "yours: tp {tp:.0f} × pp {pp:.0f}"
    own = [yours, "{own.time:.3g} s", *(line.replace("best.", "own.") for line in (share, chunks, recompute))]
    for x, top, lines, color in (("aside", 13, [head, "{best.time:.3g} s", share, chunks, recompute], "computed"), ("own_aside", 6.6, own, "measured")):
        for k, line in enumerate(lines):
            weight = "semibold" if k < 2 else "normal"
            plot.label(ax, x, top - 0.95 * k, line, va="center", color=COLOR[color if k < 2 else "muted"], fontweight=weight)


CONTROLS = ("model", "chip", "gpus", "sequences", "tp", "pp", "seq_len", "format", "schedule", "software")


def wish(label, values, words="{:.0f}", enabled="") -> Choice:
    """What the reader may decide instead of the search."""
    return Choice({"any": ANY} | {words.format(value): float(value) for value in values}, "any", label, folded=True, enabled=enabled)


WISHES = {
    "cp": wish("context parallel", [2**wide for wide in TRIED["wide"]], enabled="dense"),
    "ep": wish("expert parallel", [8 * 2**wide for wide in TRIED["wide"]], enabled="mixture"),
    "interleave": wish("chunks on a stage", TRIED["interleave"]),
    "microbatch": wish("sequences in a microbatch", TRIED["microbatch"]),
    "sharing": Choice({"any": ANY} | {name: float(zero) for name, zero in SHARING.items() if zero in TRIED["zero"]}, "any", "ranks share", folded=True),
    "recompute": wish("recomputed", np.linspace(0, 1, EIGHTHS + 1), "{:.1%}"),
}


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
        controls=bounded(known | WISHES),
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
            Readout("feasible", f"of {LAYOUTS:,} layouts fit", ",.0f"),
        ],
        summary=(
            "{model} on {gpus:,.7g} {chip}: of the layouts tried, {feasible:,.0f} fit. The fastest has tensor parallel {best.tp:.0f}, {best.pp:.0f} pipeline "
            "stages of {best.interleave:.0f} chunks, context parallel {best.cp:.0f}, expert parallel {best.ep:.0f} and {best.dp:,.0f} data-parallel ranks, recomputes "
            "{best.recompute:.1%}, and takes {best.time:.3g} seconds a step, {mfu:.1%} MFU on all GPUs. With tensor parallel {tp:.0f} and {pp:.0f} stages the best takes {own.time:.3g} seconds."
        ),
        **OF_KIND,
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 4.5)},
    )
