"""Chapter 4: how long GPUs take to add up what each of them holds, over their number, by algorithm."""

import numpy as np
from clustermath import CHIPS
from clustermath.collectives import (
    bus_bandwidth_factor,
    flat_all_reduce,
    flat_tree_all_reduce,
    hierarchical_all_reduce,
    network_of,
    switched_all_reduce,
)
from clustermath.units import GIGA
from livefigure import Choice, Guess, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import brought
from .bounds import bounded
from .inputs import choice, some
from .pages import kicker
from .palette import METHODS

CHIPS_WITH_SWITCH = some(CHIPS, (name for name, chip in CHIPS.items() if chip.nvlink_generation >= 4))  # the first whose switches add up
STYLES = {  # algorithm → what the figures call it, its colour and its line
    "ring": ("ring", METHODS["ring"], "-"),
    "tree": ("tree", METHODS["tree"], "--"),
    "hierarchical": ("two levels", METHODS["hierarchical"], "-."),
    "in_network": ("in the switches", METHODS["in_network"], ":"),
}
MILLI = 1e-3
ROWS = 10  # of a measured table that are held
ROW = [str(row) for row in range(ROWS)]
NOTHING = {"ranks": 0, "start": 0, "rate": 0, "sizes": dict.fromkeys(ROW, 0), "times": dict.fromkeys(ROW, 0)}  # as a Collective of the readers, with 0 for what there isn't
TICKS = {0.01: "10 µs", 0.1: "0.1 ms", 1: "1 ms", 10: "10 ms", 100: "0.1 s", 1000: "1 s", 1e4: "10 s", 1e5: "100 s", 1e6: "1,000 s", 1e7: "10,000 s"}
STEPS = [(low, high, {tick: text for tick, text in TICKS.items() if low <= tick <= high}) for low, high in ((0.003, 1e4), (0.3, 1e6), (30, 1e8))]


def all_reduce(size, ranks, chip, launch):
    """Times of an all-reduce [s] by algorithm. size [B] that each rank holds; a group larger than a domain fills domains."""
    domain = chip.nvlink_domain
    ranks = np.where(ranks > domain, domain * np.rint(ranks / domain), np.rint(ranks))
    local = np.minimum(ranks, domain)
    network = network_of(chip, launch=launch)
    times = {
        "ring": flat_all_reduce(size, ranks, local, network),
        "tree": flat_tree_all_reduce(size, ranks, local, network),
        "hierarchical": hierarchical_all_reduce(size, ranks, local, network),
        "in_network": switched_all_reduce(size, ranks, local, network),
    }
    return times, ranks


def as_measured(size, ranks, measured) -> tuple:
    """Time of an all-reduce of `size` by the fit to a measured table [s], and how many ranks that had: `ranks` where it doesn't say."""
    time = np.where(measured["rate"] > 0, measured["start"] + size / np.maximum(measured["rate"], 1), np.nan)
    return time, np.where(measured["ranks"] > 0, measured["ranks"], ranks)


def over_ranks(ranks, size, chip, launch, measured):
    """Milliseconds by algorithm, of the fastest that needs no help from the fabric's switches, and as measured, among as many as were."""
    times, gpus = all_reduce(size, ranks, chip, launch)
    best = np.minimum(np.minimum(times["ring"], times["tree"]), times["hierarchical"])
    measured, among = as_measured(size, ranks, measured)
    return {
        "ms": {name: time / MILLI for name, time in times.items()},
        "best": best / MILLI,
        "crowd": 100 * np.maximum(times["hierarchical"], times["tree"]) / MILLI,
        "clocked": measured / MILLI,
        "among": among,
        "bandwidth": size / best * bus_bandwidth_factor(gpus) / GIGA,
        "used": gpus,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(2, 4e5), xlabel="GPUs that add up")
    ticks = {2: "2", 8: "8", 72: "72", 1024: "1k", 16384: "16k", 220_000: "220k"}
    ax.set_xticks(list(ticks), list(ticks.values()))
    plot.limits(ax, "y", ["crowd"], STEPS)  # so that the names stay clear of the curves
    ax.minorticks_off()
    for at, (name, (text, color, line)) in enumerate(STYLES.items()):
        plot.curve(ax, "ranks", f"ms.{name}", over=(2, 4e5), color=COLOR[color], linewidth=2.2, linestyle=line)
        ax.plot([0.03, 0.1], [0.94 - 0.075 * at] * 2, transform=ax.transAxes, color=COLOR[color], linewidth=2.2, linestyle=line)
        label = f"{text} {{ms.{name}:,.3g}} ms"
        plot.label(ax, 0.12, 0.94 - 0.075 * at, label, fraction="xy", va="center", color=COLOR[color], fontweight="semibold")
    plot.vline(ax, "ranks", 0.1, 0.64, color=COLOR["measured"], linewidth=1, linestyle=(0, (1, 2)))
    plot.marker(ax, "among", "clocked", "D", color="none", markeredgecolor=COLOR["measured"], markeredgewidth=1.8, markersize=8)
    plot.marker(ax, "ranks", "best", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10, clip_on=False)
    ax.plot([2, 8], [0.045] * 2, transform=ax.get_xaxis_transform(), color=COLOR["measured"], linewidth=3, solid_capstyle="butt")
    ax.plot([72], [0.045], "o", transform=ax.get_xaxis_transform(), color=COLOR["measured"], markersize=5)
    ax.text(110, 0.045, "fitted; beyond extrapolated", transform=ax.get_xaxis_transform(), va="center", color=COLOR["measured"])


def controls(**values) -> dict:
    """What both figures of all-reduces can be asked, with other values at first."""
    at_first = {"ranks": 16384, "size": GIGA, "chip": "H100 SXM", "launch": CHIPS["H100 SXM"].launch} | values
    return {
        "ranks": Slider(2, 220_000, at_first["ranks"], "GPUs", log=True, integer=True, format=",.7g"),
        "size": Slider(65536, 64 * GIGA, at_first["size"], "bytes on each GPU", unit="MB", scale=1e6, log=True, format=",.4g", limits=(1, 1e15)),
        "chip": choice(CHIPS_WITH_SWITCH, at_first["chip"], "chip"),
        "launch": Slider(1e-6, 1e-4, at_first["launch"], "time to start", unit="µs", scale=1e-6, log=True, format=".3g", limits=(0, 1), folded=True),
        "measured": Choice({"nothing": NOTHING}, "nothing", "measured table", folded=True, own=True),
    }


def figure(model=over_ranks) -> LiveFigure:
    """The chapter's opening figure."""
    return LiveFigure(
        "all-reduce",
        model,
        draw,
        kicker=kicker(__name__),
        title="How long do GPUs take to add up a gigabyte each?",
        finding="The best of ring, tree and two levels takes {best:,.3g} ms; switches that add take {ms.in_network:,.3g} ms.",
        controls=bounded(controls()),
        presets={
            "one server of 8": {"ranks": 8},
            "one rack of 72": {"ranks": 72, "chip": "GB300 NVL72"},
            "16,384 H100s": {},
            "220,000 GB300s": {"ranks": 220_000, "chip": "GB300 NVL72"},
            "a small message": {"size": 1e6},
        },
        takes=[brought.nccl(controls())],
        readouts=[
            Readout("best", "ms, the best of ring, tree and two levels", ",.3g"),
            Readout("ms.ring", "ms in one ring", ",.3g"),
            Readout("ms.in_network", "ms if switches add", ",.3g"),
            Readout("bandwidth", "GB/s of bus bandwidth", ",.0f"),
        ],
        summary=(
            "{used:,.0f} GPUs of the kind {chip} add up a buffer each in {best:,.3g} milliseconds: {ms.ring:,.3g} in one ring, "
            "{ms.tree:,.3g} over a tree, {ms.hierarchical:,.3g} on two levels, {ms.in_network:,.3g} if the switches add."
        ),
        guess=Guess("best", "Before you look: 16,384 H100s hold a gigabyte of numbers each. How long until all of them have the sum?", 1, 1e6, unit="ms"),
        note="Fitted to groups of 2 to 8 on seven chips and 72 GB200s; extrapolated beyond",
        sources=[
            "NVLink’s starts, hops and shares: NVIDIA’s tables of NCCL, aiconfigurator-core 0.12.0, fitted in data/links.csv",
            "the NIC’s hop: NCCL, src/graph/tuning.cc, ring and tree, protocol Simple; its share: 42 to 48 of 50 GB/s",
        ],
    )
