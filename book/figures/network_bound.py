"""Chapter 4: the step's time over the speed of the NIC, and where it turns bandwidth-bound."""

import numpy as np
from clustermath.assumptions import ASSUMED
from clustermath.step import step_mfu
from clustermath.units import UNITS
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import room, walls
from .bounds import bounded, published
from .ledger import claimed
from .pages import kicker
from .validated import BAND
from .walls import sides
from .workloads import (
    DEEPSEEK,
    INFINITE,
    LLAMA,
    LLAMA_GB300,
    TEN_TRILLION,
    WORKLOADS,
    beyond,
    bytes_of_step,
    domain,
    in_order,
    laid_out,
    machine_with,
    part,
    takes,
    time_of_step,
    workload,
)

GBPS = UNITS["Gb/s"]
CLAIMED = claimed("004-06")
END = 3700 * GBPS  # of the axis: a little beyond the slider's
FASTEST = published()["nic"].high  # that anyone builds or has announced


def step_over_nic(nic, workload, domain, stretch=1.0):
    """The step [s] with a NIC of `nic` [B/s], with an infinitely fast one, and the least that the NIC itself needs.

    Computing and waiting for messages take `stretch` times as long, the NIC itself does not.
    """
    machine = workload["machine"]
    span = np.where(domain > 0, domain, machine.nvlink_domain)
    achieved = nic * ASSUMED.nic_in_a_step
    computed = time_of_step(workload, machine_with(machine, nic=achieved, nvlink_domain=span))
    without_waiting = time_of_step(workload, machine_with(machine, nic=INFINITE, nvlink_domain=span))
    step, alone = stretch * computed, stretch * without_waiting
    sent = sum(links["nic"] for links in bytes_of_step(workload, in_order(workload, span)).values())
    mfu = step_mfu(workload["shape"], machine, laid_out(workload), part(workload, "batch"), step)
    knee_at = np.clip(sent / without_waiting / ASSUMED.nic_in_a_step, 21 * GBPS, 3100 * GBPS)
    return {
        "step": step,
        "alone": alone,
        "relative": computed / without_waiting,
        "busy": sent / achieved / alone,
        "waits": 1 - without_waiting / computed,
        "knee": sent / alone / ASSUMED.nic_in_a_step / GBPS,
        "knee_at": knee_at,
        "name": room.ends([knee_at], 21 * GBPS, 80 * GBPS, 0.97 * FASTEST, GBPS),
        "mfu": mfu,
        "card": sides(nic, nic <= FASTEST * (1 + 1e-9)),
        "beyond": beyond(workload, span, nic),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(20 * GBPS, END), ylim=(0.3, 20), xlabel="NIC of each GPU, Gb/s")
    ax.set_ylabel("step, in steps of an infinitely fast fabric" if not plot.narrow else "step ÷ step without waiting")
    ticks = (25, 50, 100, 200, 400, 800, 1600, 3200)[:: 2 if plot.narrow else 1]
    ax.set_xticks([tick * GBPS for tick in ticks], [f"{tick:,}" for tick in ticks])
    ax.set_yticks([0.5, 1, 1.5, 2, 3, 5, 10], ["½", "1", "1.5", "2", "3", "5", "10"])
    ax.minorticks_off()
    plot.region(ax, 20 * GBPS, "knee_at", color=COLOR["claimed"], alpha=0.07, linewidth=0)
    plot.vline(ax, "knee_at", color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    bound = "bound below {knee:,.0f}" if plot.narrow else "bandwidth-bound below {knee:,.0f} Gb/s"
    plot.label(ax, "knee_at", 0.96, bound, dx=6, flip=0.3 if plot.narrow else 0.5, fraction="y", va="top", color=COLOR["claimed"], fontweight="semibold")
    ax.axhline(1, color=COLOR["measured"], linewidth=1.1, linestyle=(0, (1, 2)))
    room.name(plot, ax, "name", 1, "no waiting", dy=-3, va="top", color=COLOR["measured"])
    plot.curve(ax, "nic", "busy", over=(20 * GBPS, END), color=COLOR["claimed"], linewidth=1.4)
    alone = "thin line:\nthe NIC alone" if plot.narrow else "thin line: the NIC alone"
    ax.text(0.81 if plot.narrow else 0.83, 0.87, alone, transform=ax.transAxes, color=COLOR["claimed"], ha="right", va="top")
    plot.curve(ax, "nic", "relative", over=(20 * GBPS, END), color=COLOR["computed"], linewidth=2.4)
    walls.region(ax, FASTEST, "none\nbuilt" if plot.narrow else "none is built", 0.62)
    walls.point(plot, ax, "card", "relative", 10)
    plot.label(ax, "nic", "relative", "{waits:.0%}" if plot.narrow else "{waits:.1%} waiting", dx=7, dy=9, flip=0.8, color=COLOR["computed"], fontweight="semibold")


def figure(model=step_over_nic) -> LiveFigure:
    """Does a faster NIC train faster?"""
    built = {name: {"workload": name, "nic": WORKLOADS[name]["machine"].nic / ASSUMED.nic_in_a_step} for name in WORKLOADS}
    return LiveFigure(
        "network-bound",
        model,
        draw,
        kicker=kicker(__name__),
        title="Which NIC does the step need?",
        finding="The fabric takes {waits:.1%} of the step; below {knee:,.0f} Gb/s for each GPU it would set the step’s length.",
        controls=bounded({
            "nic": Slider(100 * GBPS, 3200 * GBPS, CLAIMED, "NIC", unit="Gb/s", scale=GBPS, log=True, format=",.4g", limits=(GBPS, 1e5 * GBPS)),
            "workload": workload(TEN_TRILLION),
            "domain": domain(),
        }),
        takes=takes(),
        presets={
            "10T mixture, 800G NICs": {},
            "10T mixture, 100G NICs": {"nic": 100 * GBPS},
            "10T mixture, domain of 8": {"domain": "8"},
            "405B as published": built[LLAMA],
            "DeepSeek-V3 as published": built[DEEPSEEK],
            "405B on 256 GB300s": built[LLAMA_GB300],
        },
        readouts=[
            Readout("step", "a step", ",.2f", "s"),
            Readout("waits", "of it waiting for the fabric", ".1%"),
            Readout("knee", "slower is bandwidth-bound", ",.0f", "Gb/s", role="claimed"),
            Readout("mfu", "MFU of the GPUs at work", ".1%"),
        ],
        summary=(
            "{workload}, NVLink domain {domain}: a step takes {step:,.2f} seconds, of which {waits:.1%} is waiting for the fabric, at {mfu:.1%} MFU. "
            "Below {knee:,.0f} gigabits a second for each GPU the step would be bound by bandwidth."
        ),
        **BAND,
    )
