"""Chapter 4: bus bandwidth over message size, beside what was measured on eight H200s."""

import numpy as np
from clustermath import CHIPS
from clustermath.collectives import bus_bandwidth_factor
from clustermath.measured_collectives import MEASURED
from clustermath.units import GIGA
from livefigure import LiveFigure, Readout
from livefigure.look import COLOR

from . import brought
from .all_reduce import MILLI, ROW, ROWS, STYLES, all_reduce, as_measured, controls
from .bounds import bounded
from .pages import kicker

SIZES = {65536: "64 KiB", 2**20: "1 MiB", 2**24: "16 MiB", 2**28: "256 MiB", 2**32: "4 GiB", 2**36: "64 GiB"}
MEASURED_START = 28e-6  # s: any small message took 40 us in that measurement, driven from Python, 14 hops among them
ENDLESS = 1e18  # B
LEAST = 4  # GB/s: where the picture begins; a slower point stands on its edge
DOT = 1.11, 1.13  # half a measured row’s dot, as factors along both axes


def over_size(size, ranks, chip, launch, measured, row):
    """Bus bandwidth [GB/s] by algorithm, by the fit to a measured table and row by row of it, and the share of a ring's time that an endless message would not take."""
    times, gpus = all_reduce(size, ranks, chip, launch)
    endless, _ = all_reduce(ENDLESS, ranks, chip, launch)
    rates = {name: size / time * bus_bandwidth_factor(gpus) / GIGA for name, time in times.items()}
    time, among = as_measured(size, gpus, measured)
    factor = bus_bandwidth_factor(among) / GIGA
    rates["measured"] = size / time * factor
    x, seconds = (np.select([row == place for place in range(ROWS - 1)], [measured[column][place] for place in ROW[:-1]], measured[column][ROW[-1]]) for column in ("sizes", "times"))
    y = x / np.where(seconds > 0, seconds, np.nan) * factor  # a row that isn't there has no place
    points = {"x0": x / DOT[0], "x1": x * DOT[0], "y0": y / DOT[1], "y1": y * DOT[1]}
    seen = np.maximum(rates["ring"], LEAST)
    return {"rate": rates, "seen": seen, "point": points, "ms": times["ring"] / MILLI, "waiting": 1 - endless["ring"] * size / ENDLESS / times["ring"], "link": chip.nvlink / GIGA}


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(65536, 2**36), ylim=(LEAST, 8e4), xlabel="bytes on each GPU", ylabel="bus bandwidth, GB/s")
    ticks = list(SIZES)[:: 2 if plot.narrow else 1]
    ax.set_xticks(ticks, [SIZES[tick] for tick in ticks])
    ax.set_yticks([5, 10, 20, 50, 100, 200, 500, 1000, 2000], ["5", "10", "20", "50", "100", "200", "500", "1,000", "2,000"])
    ax.minorticks_off()
    plot.hline(ax, "link", color=COLOR["claimed"], linewidth=1.2, linestyle="--")
    plot.label(ax, 0.015, "link", "NVLink’s line rate: {link:,.0f}", dy=3, fraction="x", va="bottom", color=COLOR["claimed"])
    key, top, row = 0.14, 0.955, 0.066  # of the list of names, above all curves
    for at, (name, (text, color, line)) in enumerate(STYLES.items()):
        plot.curve(ax, "size", f"rate.{name}", over=(65536, 2**36), color=COLOR[color], linewidth=2.2, linestyle=line)
        height = top - row * (at + 1)
        ax.plot([key - 0.09, key - 0.02], [height] * 2, transform=ax.transAxes, color=COLOR[color], linewidth=2.2, linestyle=line)
        plot.label(ax, key, height, f"{text} {{rate.{name}:,.3g}}", fraction="xy", va="center", color=COLOR[color], fontweight="semibold")
    plot.curve(ax, "size", "rate.measured", over=(65536, 2**36), color=COLOR["measured"], linewidth=1.6)
    plot.rectangles(ax, "point.x0", "point.x1", "point.y0", "point.y1", [COLOR["measured"]])
    plot.marker(ax, "size", "seen", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=9, clip_on=False)
    for name, run in MEASURED.items():
        filled = COLOR["measured"] if name.startswith("in the switch") else COLOR["card"]
        shape = "o" if name.startswith("in the switch") else "s"
        ax.plot(run.size, run.bus_bandwidth / GIGA, shape, color=COLOR["measured"], markerfacecolor=filled, markersize=6, zorder=4)
    ax.plot([key - 0.055], [top], "o", transform=ax.transAxes, color=COLOR["measured"], markersize=6)
    measured = "measured, 8 × H200" if plot.narrow else "measured on 8 × H200 (square: switch off)"
    ax.text(key, top, measured, transform=ax.transAxes, va="center", color=COLOR["measured"])


def figure(model=over_size) -> LiveFigure:
    """The α–β model against a measurement."""
    return LiveFigure(
        "bus-bandwidth",
        model,
        draw,
        kicker=kicker(__name__),
        title="How large must a message be to fill the link?",
        finding="At this size a ring moves {rate.ring:,.0f} GB/s of the {link:,.0f} that the link carries.",
        controls=bounded(controls(ranks=8, size=2.0**30, chip="H200 SXM", launch=MEASURED_START)),
        takes=[brought.nccl(controls())],
        fixed={"row": np.arange(float(ROWS))},
        presets={
            "8 × H200 as measured": {},
            "8 × H200, 16 GiB": {"size": 2.0**34},
            "one rack of 72 GB300s": {"ranks": 72, "chip": "GB300 NVL72", "launch": CHIPS["GB300 NVL72"].launch},
            "16,384 H100s": {"ranks": 16384, "chip": "H100 SXM", "launch": CHIPS["H100 SXM"].launch},
        },
        readouts=[
            Readout("rate.ring", "GB/s in a ring", ",.1f"),
            Readout("rate.in_network", "GB/s in the switches", ",.1f"),
            Readout("ms", "ms in a ring", ",.3g"),
            Readout("waiting", "of them waiting, not sending", ".0%"),
        ],
        summary=(
            "An all-reduce among {ranks:,.7g} GPUs of the kind {chip}: bus bandwidth {rate.ring:,.0f} GB/s in a ring, {rate.tree:,.0f} over a tree, "
            "{rate.hierarchical:,.0f} on two levels, {rate.in_network:,.0f} in the switches, of {link:,.0f} that NVLink carries."
        ),
        note="Fitted to other machines’ collectives; of these points only 16 GiB in the switch",
        sizes={"wide": (6.9, 4.0), "narrow": (3.6, 3.9)},
        sources=["measured points: stas00/ml-engineering, network benchmarks, August 2026", "NVLink’s starts, hops and shares: NVIDIA’s tables of NCCL, aiconfigurator-core 0.12.0"],
    )
