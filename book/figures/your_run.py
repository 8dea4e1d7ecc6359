"""Your own run: every number of a model, a layout, a chip and a measured step, and the whole answer."""

from types import SimpleNamespace

import numpy as np
from clustermath.architecture import active_parameters, model_flops, parameters
from clustermath.counters import COUNTERS, six_n
from clustermath.layout import Layout, fits, gpus_used
from clustermath.memory import memory_parts
from clustermath.packing import packed
from clustermath.software import CONSTANTS
from clustermath.step import step_mfu, step_parts, throughput
from clustermath.units import GIGA, TERA
from livefigure import LiveFigure, Readout
from livefigure.look import COLOR

from . import own_model, walls
from .bounds import bounded
from .gpu_memory import memory_bar
from .layout_map import besides, grid
from .layouts import batch, of_first
from .measured_steps import grouped, mfu
from .own_run import PRINTERS, controls, onward, starts, takes
from .pages import places
from .palette import TIME
from .validated import OF_KIND, RUNS, beyond_measured, of_kind
from .workloads import machine_with

LONGEST = 1e29  # s: of a step
MOST_SEQUENCES = 1e9  # in a batch, however many GPUs share it
FAR = 2.0  # share: what is computed and measured further apart isn't one run
JUST_PAST, MOST_SAID = 1.1, 9.99  # shares: where a hollow end of a bar makes way for words, and what they say at most
OUTSIDE = -9.0  # of the axes, where a label is hidden
BESIDE = -68  # points: to where the names of the bars begin
BETTER = 1.1  # each change makes one thing better by a tenth
CHANGES = {"multiply": "matrix multiplies", "memory": "memory bandwidth", "nvlink": "NVLink", "nic": "network cards"}
PARTS = {"multiplies": "multiplies", "kernels": "other kernels", "communication": "communication", "bubble": "bubble", "waiting": "waiting", "launching": "launching"}
COUNTS = {"six": "6 a parameter", "causal": "half of the scores", "full": "all of the scores", "hardware": "and repeats: HFU"}
KINDS = np.array([1.0 if run.shape.experts else 0.0 for run in RUNS.runs])
ROWS = {"mfu": np.array([mfu(run) for run in RUNS.runs]), "mixture": KINDS}


def _tried() -> dict:
    """The layouts of one tick: the reader's own, the same with each of CHANGES, and those tried against it.

    One stage has no chunks to interleave, and whoever recomputes has no memory to spare for a larger microbatch.
    """
    others = grid(pp=(1, 2, 4, 8, 16, 32), tp=(1, 2, 4, 8), wide=range(4), interleave=(1, 4), microbatch=(1, 2), recompute=(0, 1))
    sensible = ((others["pp"] > 1) | (others["interleave"] < 2)) & ((others["recompute"] < 1) | (others["microbatch"] < 2))
    others = {name: axis[sensible] for name, axis in others.items()}
    first = 1 + len(CHANGES)
    found = {name: np.concatenate([np.ones(first), axis]) for name, axis in others.items()}
    size = found["pp"].size
    return found | {"own": np.where(np.arange(size) < first, 1.0, 0.0), "change": np.where(np.arange(size) < first, np.arange(size), 0.0)}


TRIED = _tried()
LAYOUTS = TRIED["own"].size - len(CHANGES)


def laid_out(given, shape, chip, software, schedule, wanted, gpus, tried) -> tuple[SimpleNamespace, SimpleNamespace]:
    """The given layout in the first rows, those tried in the others; and how each is packed onto the GPUs."""
    own, mixture = tried["own"] > 0, shape.experts > 0
    usual = besides(schedule, software)
    experts = np.where(mixture, np.minimum(np.select([tried["wide"] < 1, tried["wide"] < 2, tried["wide"] < 3], [8, 32, 64], 256), shape.experts), 1)
    cut = {
        "cp": np.where(own, given["cp"], np.where(mixture, 1, 2 ** tried["wide"])),
        "ep": np.where(own, np.where(mixture, given["ep"], 1), experts),
        "zero": np.where(own, given["sharing"], np.where(tried["pp"] > 1, np.minimum(2 * software.zero, 2), 3)),
        "interleave": np.where(own, np.where(given["pp"] > 1, given["interleave"], 1), tried["interleave"]),
        "recompute_scores": np.where(own, given["recompute_scores"], usual["recompute_scores"]),
        "sequence_parallel": np.where(own, given["sequence_parallel"], usual["sequence_parallel"]),
        "schedule": schedule,
        "stages": (), "gathered": np.where(own & (given["ulysses"] < 1), given["gathered"], 0),
        "expert_tp": given["expert_tp"],
        "replicas": np.where(own, given["replicas"], 1),
        **{name: np.where(own, given[name], tried[name]) for name in ("tp", "pp", "microbatch", "recompute")},
        **{name: np.where(own, given[name], 0) for name in ("recompute_simple", "recompute_up", "first_layers", "last_layers", "ulysses")},
    }
    room = packed(chip, Layout(**cut), wanted, gpus)
    return SimpleNamespace(**cut, dp=room["dp"]), SimpleNamespace(**room)  # no Layout: an odd cut has no whole number of ranks


def answer(chip, software, format, schedule, gpus, sequences, seq_len, measured, pace, samples, printed, printer, tp, pp, cp, ep, interleave, microbatch, sharing, recompute,
           recompute_scores, recompute_simple, recompute_up, expert_tp, sequence_parallel, replicas, first_layers, last_layers, ulysses, gathered, tried, rows, stretch=1.0, **numbers):  # fmt: skip
    """Parameters, FLOPs, memory, step time, where it goes and what is measured, for one run. All steps take `stretch` times as long.

    measured: time of the step as measured [s], 0 if it wasn't; pace: tokens that a GPU then gets through [token/s], or
    samples: sequences that all of them do [1/s], where no time is known. printed [FLOP/s]: rate of a GPU as the program `printer`, a place among PRINTERS, prints it. numbers: those of `own_model`. The rest as in clustermath.
    """
    shape = own_model.shape_of(numbers)
    given = {
        "tp": tp, "pp": pp, "cp": cp, "ep": ep, "interleave": interleave, "microbatch": microbatch, "sharing": sharing, "recompute": recompute,
        "recompute_scores": recompute_scores, "recompute_simple": recompute_simple, "recompute_up": recompute_up, "expert_tp": expert_tp,
        "sequence_parallel": sequence_parallel, "replicas": replicas, "first_layers": first_layers, "last_layers": last_layers, "ulysses": ulysses, "gathered": gathered,
    }  # fmt: skip
    wanted = batch(sequences, seq_len, format)
    layout, room = laid_out(given, shape, chip, software, schedule, wanted, gpus, tried)
    rounded = batch(np.minimum(room.sequences, MOST_SEQUENCES), seq_len, format)

    def tenth(place):
        return np.where(tried["change"] == place, BETTER, 1.0)

    better = machine_with(chip, matmul16=chip.matmul16 * tenth(1), matmul8=chip.matmul8 * tenth(1), matmul4=chip.matmul4 * tenth(1), hbm_bandwidth=chip.hbm_bandwidth * tenth(2), nvlink=chip.nvlink * tenth(3), nic=chip.nic * tenth(4))
    held = memory_parts(shape, chip, layout, rounded, software)
    parts = step_parts(shape, better, layout, rounded, software, CONSTANTS)
    times, memory = sum(parts.values()), sum(held.values())
    cuttable = (fits(shape, layout, rounded) > 0) & (room.enough > 0)
    possible = cuttable & (memory <= chip.hbm) & (tried["change"] < 1) & ((layout.cp < 2) | (software.context > 0) | (tried["own"] > 0))
    candidates = np.where(possible, times, np.inf)
    k = np.argmin(candidates)
    there = candidates[k] < np.inf
    best = {name: getattr(layout, name)[k] for name in ("tp", "pp", "cp", "ep", "dp", "interleave", "microbatch", "recompute")}

    time = stretch * times[0]
    share = np.where(pace > 0, pace * gpus / (sequences * seq_len), samples / sequences)  # of a step in a second
    measured = np.where(measured > 0, measured, np.where(share > 0, 1 / np.maximum(share, 1e-12), 0))
    some = np.where((time > 0) & (time < LONGEST), time, LONGEST)  # numbers that no run has may make no time
    clock = np.where(measured > 0, measured, some)
    every = Layout(dp=gpus)
    on_clock = {
        "causal": step_mfu(shape, chip, every, wanted, clock),
        "full": step_mfu(shape, chip, every, wanted, clock, 0.0),
        "hardware": step_mfu(shape, chip, every, wanted, clock, 1.0, recompute, recompute_scores * (1 - software.flash)),
    }
    causal = model_flops(shape, seq_len, 1.0)
    by = on_clock | {"six": on_clock["causal"] * six_n(shape) / causal}
    counts = {"six": six_n(shape), "causal": causal, "full": model_flops(shape, seq_len, 0.0), "hardware": causal * on_clock["hardware"] / on_clock["causal"]}
    as_measured = np.where(measured > 0, step_mfu(shape, chip, every, wanted, np.where(measured > 0, measured, 1)), np.nan)
    mixture = np.where(shape.experts > 0, 1, 0)
    alike = rows["mixture"] == mixture
    ahead = np.sum(np.where(alike & (rows["mfu"] < on_clock["causal"]), 1.0, 0.0)) / np.sum(np.where(alike, 1.0, 0.0))
    groups = {name: np.where(of_first(part) > 1e-6, of_first(part), 0) for name, part in grouped(parts).items()}  # s: a label has no room for powers of ten
    computed = step_mfu(shape, chip, every, wanted, some)
    as_here = printed * causal / np.select([printer == place for place, _ in PRINTERS.values()], [COUNTERS[counter](shape, seq_len) for _, counter in PRINTERS.values()])
    rate = causal * throughput(wanted, clock) / gpus
    peak = rate / on_clock["causal"]
    miss = time / np.where(measured > 0, measured, 1) - 1
    return {
        "params": sum(parameters(shape).values()),
        "active": sum(active_parameters(shape).values()),
        "part": {name: of_first(part) / GIGA for name, part in held.items()},
        "share": {name: of_first(part) / chip.hbm for name, part in held.items()},
        "of_hbm": memory[0] / chip.hbm,
        "dp": layout.dp[0],
        "idle": gpus - gpus_used(layout)[0],
        "seconds": groups,
        "of_step": {name: np.where(times[0] > 0, part / times[0], 0) for name, part in groups.items()},
        "gain": {name: np.where(times[0] > 0, np.round(100 * (1 - times[place] / times[0]), 4), 0) for place, name in enumerate(CHANGES, 1)},
        "time": time,
        "mfu": np.where(computed < FAR, computed, np.nan),
        "clock": clock,
        "tokens": throughput(wanted, clock) / gpus,
        "count": {name: count / GIGA for name, count in counts.items()},
        "by": by,
        "full": {name: np.minimum(value, 1) for name, value in by.items()},
        "past": {name: np.where(value > 1, JUST_PAST, 1) for name, value in by.items()},
        "said": {name: np.minimum(value, MOST_SAID) for name, value in by.items()},
        "beside": {name: np.where(value > 1, OUTSIDE, 1) for name, value in by.items()},
        "wall": {name: np.where(value > 1, JUST_PAST, OUTSIDE) for name, value in by.items()},
        "column": {name: np.where(value > 1, OUTSIDE, 2) for name, value in by.items()},
        "measured_mfu": np.where(as_measured < FAR, as_measured, np.nan),
        "at": np.where(measured > 0, as_measured, OUTSIDE),
        "rate": np.where(printed > 0, as_here, rate) / TERA,
        "log": {"rate": np.where(printed > 0, as_here / TERA, np.nan), "mfu": np.where(printed > 0, as_here / peak, np.nan)},
        "height": mixture,
        "miss": np.where((measured > 0) & (miss < FAR), miss, np.nan),
        "ahead": ahead,
        "best": {name: np.where(there, value, np.nan) for name, value in best.items()} | {"time": np.where(there, stretch * candidates[k], np.nan)},
        "slower": np.where(there, times[0] / candidates[k] - 1, np.nan),
        "feasible": np.sum(np.where(possible, 1.0, 0.0)),
        "found": np.where(there, 0, OUTSIDE),
        "nowhere": np.where(there, OUTSIDE, 0),
        "beyond": beyond_measured(chip, wanted.bits, gpus, times[0]),
        "range": of_kind(shape, software),
        "mixture": mixture,
        "odd": np.where(cuttable[0] > 0, OUTSIDE, 0.75),
    }


TITLE = dict(fontsize=10.5, fontweight="semibold")


def draw(plot):
    if plot.narrow:
        plot.fig.get_layout_engine().set(h_pad=0.07)  # six panels, each with a title of its own
        memory, left, right, counts, strip, best = plot.subplots(6, 1, height_ratios=(1.5, 1.55, 1.05, 1.05, 1.2, 0.55))
    else:
        rows = [["memory", "memory"], ["left", "right"], ["counts", "strip"], ["best", "best"]]
        memory, left, right, counts, strip, best = plot.fig.subplot_mosaic(rows, height_ratios=(1.1, 1.45, 1.05, 0.25)).values()
    thick = 0.6 if plot.narrow else 0.5
    draw_memory(plot, memory)
    for ax, names, end, title in (
        (left, PARTS, 1.25, "where the step’s time goes"),
        (right, CHANGES, 11, "saved if this were a tenth better, %"),
        (counts, COUNTS, 2, "MFU, and GFLOP a token, by who counts"),
    ):
        ax.set(xlim=(-0.6 * end if plot.narrow else 0, end), ylim=(len(names) - 0.45, -0.55))
        if plot.narrow:  # names within the axes, which begin where the others do
            ax.set_yticks([])
            ax.spines["left"].set_visible(False)
            for row, name in enumerate(names.values()):
                ax.text(-0.02 * end, row, name, ha="right", va="center", color=COLOR["ink"])
        else:
            ax.set_yticks(range(len(names)), names.values())
            ax.tick_params(axis="y", length=0)
        ax.set_title(title, loc="left", **TITLE)
        ax.grid(axis="y", visible=False)
    for ax in (left, counts):
        ax.set_xticks((0, 0.5, 1), ["0", "50%", "100%"])
    right.set_xticks((0, 5, 10))
    for ax in (left, right, counts) if plot.narrow else ():  # where each bar has its number beside it
        ax.tick_params(axis="x", length=0, labelbottom=False)
        ax.spines["bottom"].set_visible(False)
    for row, name in enumerate(PARTS):
        plot.bar(left, row, f"of_step.{name}", width=thick, horizontal=True, color=COLOR[TIME["compute" if name == "multiplies" else name]])
        plot.label(left, f"of_step.{name}", row, "{seconds." + name + ":.3g} s", dx=5, va="center", color=COLOR["muted"])
    for row, name in enumerate(CHANGES):
        plot.bar(right, row, f"gain.{name}", width=thick, horizontal=True, color=COLOR["computed"])
        plot.label(right, f"gain.{name}", row, "{gain." + name + ":.2g}", dx=5, va="center", color=COLOR["muted"])
    for row, name in enumerate(COUNTS):
        plot.bar(counts, row, f"full.{name}", width=thick, horizontal=True, color=COLOR["computed" if name == "causal" else "outline"])
        plot.bar(counts, row, f"past.{name}", base=1.0, width=thick, horizontal=True, **walls.HOLLOW)
        plot.label(counts, f"beside.{name}", row, "{by." + name + ":.1%}", dx=5, va="center", color=COLOR["muted"])
        plot.label(counts, f"column.{name}", row, "{count." + name + ":,.4g}", ha="right", va="center", color=COLOR["muted"])
        walls.say(plot, counts, "{said." + name + ":.0%}: can’t be", f"wall.{name}", row, dx=3, fontsize=9 if plot.narrow else None)
    walls.region(counts, 1)
    draw_strip(plot, strip)
    best.set(xlim=(0, 1), ylim=(-0.5, 1.6))
    best.axis("off")
    cut = "tp {best.tp:.0f} · pp {best.pp:.0f} · cp {best.cp:.0f} · ep {best.ep:.0f} · dp {best.dp:,.0f}"
    rest = "chunks {best.interleave:.0f} · microbatch {best.microbatch:.3g} · {best.recompute:.0%} recomputed"
    head = "fastest: {best.time:.3g} s, "
    for k, line in enumerate([head + cut, rest] if plot.narrow else [head + cut + " · " + rest]):
        plot.label(best, "found", 1.05 - k if plot.narrow else 0.5, line, dx=0 if plot.narrow else BESIDE, va="center", color=COLOR["muted" if k else "computed"], fontweight="normal" if k else "semibold")
    plot.label(best, "nowhere", 0.5, "None of the layouts tried fits.", va="center", color=COLOR["claimed"], fontweight="semibold")


def draw_memory(plot, ax):
    """What fills the fullest GPU, or why nothing can."""
    memory_bar(plot, ax)
    ax.set_xticks([0, 0.5, 1, 1.5], ["0", "50%", "100%", "150%"])
    ax.set_title("memory of the fullest GPU, of the chip’s", loc="left", **TITLE)
    ax.set_ylim(top=1.3)
    plot.label(ax, "odd", 0.95, "The model or the GPUs cannot be cut like this.", ha="center", va="center", color=COLOR["claimed"], fontweight="semibold")


def draw_strip(plot, ax):
    """Every measured run by its MFU, and this one among them."""
    ax.set(xlim=(0, 0.8), ylim=(-0.5, 1.85), yticks=[])
    for row, name in enumerate(("dense models", "mixtures of experts")):
        ax.text(0.8, row + 0.36, name, ha="right", va="bottom", color=COLOR["ink"])
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8], ["0", "20%", "40%", "60%", "80%"])
    ax.set_title("MFU among the measured runs", loc="left", **TITLE)
    ax.grid(axis="y", visible=False)
    ax.vlines(ROWS["mfu"], KINDS - 0.28, KINDS + 0.28, color=COLOR["outline"], linewidth=0.9)
    plot.marker(ax, "mfu", "height", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)
    plot.marker(ax, "at", "height", "D", color="none", markeredgecolor=COLOR["measured"], markeredgewidth=1.8, markersize=8)


def figure(model=answer) -> LiveFigure:
    """The whole answer about one run."""
    presets = starts()
    known = controls(next(iter(presets.values())))
    return LiveFigure(
        "your-run",
        model,
        draw,
        title="What does this book say about your run?",
        finding="{params:.4k} parameters, {time:.3g} s a step, {mfu:.1%} MFU; of {feasible:,.0f} layouts that fit, the fastest takes {best.time:.3g} s.",
        controls=bounded(known),
        fixed={"tried": TRIED, "rows": ROWS},
        presets=presets,
        takes=takes(known),
        onward=onward() if places() else [],
        readouts=[
            Readout("params", "parameters", ".4k"),
            Readout("active", "of them work on a token", ".4k"),
            Readout("of_hbm", "of the chip’s memory", ".0%", limit=1, beyond="of the chip’s memory: does not fit"),
            Readout("time", "one step, computed", ".3g", "s"),
            Readout("mfu", "MFU, computed", ".1%"),
            Readout("slower", "longer than the fastest tried", ".0%"),
            Readout("measured_mfu", "MFU, as measured", ".1%", role="measured"),
            Readout("miss", "computed against measured", ".0%"),
            Readout("rate", "TFLOP/s a GPU, by our count", ",.4g"),
            Readout("ahead", "of measured runs have a lower MFU", ".0%"),
        ],
        summary=(
            "{params:.4k} parameters, of which {active:.4k} work on a token, on {gpus:,.7g} {chip}: the fullest GPU needs {of_hbm:.0%} of its memory. A step takes {time:.3g} seconds as computed, {mfu:.1%} MFU; "
            "matrix multiplies take {of_step.multiplies:.0%}, communication {of_step.communication:.0%} and the bubble {of_step.bubble:.1%} of it. Counted with half of the scores a token takes {count.causal:,.4g} GFLOP, "
            "with all {count.full:,.4g}, by six for each parameter {count.six:,.4g}. As measured the MFU is {measured_mfu:.1%}, and {ahead:.0%} of the measured runs of its kind have a lower one. The fastest of the layouts tried takes {best.time:.3g} seconds."
        ),
        **OF_KIND,
        sizes={"wide": (6.9, 4.7), "narrow": (3.6, 7.7)},
    )
