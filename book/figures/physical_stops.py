"""Chapter 2: how far each resource lets Llama 3.1 405B's step shrink, and where the claims land among these stops."""

import numpy as np
from clustermath.architecture import ARCHITECTURES
from clustermath.roofline import compute_bound_time, link_bound_times, memory_bound_time, pipeline_bound_time
from clustermath.layout import Layout, batch_of
from clustermath.software import Constants, stack_named
from livefigure import Goal, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import choice, precision, share
from .ledger import claimed
from .measured_steps import runs, tokens_per_second
from .pages import kicker
from .peak_to_delivered import MACHINE_TABLE

SHAPE = ARCHITECTURES["Llama 3.1 405B"]
BASELINE = runs()["llama3-2"]
H100 = MACHINE_TABLE[BASELINE.chip.name]
LEAST = Constants(elementwise=1.0)
STACK = stack_named(BASELINE.stack)
CLAIMS = [claimed(number) for number in ("004-14", "004-15", "004-16", "004-02")]
MOST = 120  # times as fast: how far the picture goes
# What has been published for the same model, per GPU, against the baseline.
PUBLISHED = {
    "H100": "dgxc-405b-bf16-1152",
    "H100, FP8": "dgxc-405b-fp8-1152",
    "GB300, FP8": "mbridge26.02.01-gb300-Llama-3.1-405B-fp8-256",
    "GB300, NVFP4": "mbridge26.02.01-gb300-Llama-3.1-405B-nvfp4-256",
}


def published(number: str) -> float:
    """How many times as many tokens per GPU and second this run trained on as Meta's."""
    return tokens_per_second(runs()[number]) / tokens_per_second(BASELINE)


def stops(machine, precision, interleave, goodput):
    """How many times as fast as published the run can get before each resource is busy all the time.

    goodput: of the published run; the perfect one never stops.
    """
    bits = np.maximum(precision, np.where(machine.peak4 > machine.peak8, 4, 8))
    layout = Layout(tp=8.0, pp=16.0, dp=BASELINE.layout.dp, interleave=interleave)
    batch = batch_of(BASELINE.batch.seq_len, BASELINE.batch.sequences, bits)
    before = BASELINE.measured / goodput
    links = link_bound_times(SHAPE, machine, layout, batch, STACK)
    found = {
        "pipeline": before / pipeline_bound_time(SHAPE, machine, layout, batch),
        "memory": before / memory_bound_time(SHAPE, machine, layout, batch, STACK, LEAST),
        "nvlink": before / links["nvlink"],
        "network": before / links["nic"],
    }
    return {
        "software": before / compute_bound_time(SHAPE, H100, BASELINE.layout, BASELINE.batch),
        "chip": before / compute_bound_time(SHAPE, machine, BASELINE.layout, BASELINE.batch),
        "arithmetic": before / compute_bound_time(SHAPE, machine, layout, batch),
        **found,
        "limit": np.minimum(np.minimum(found["pipeline"], found["memory"]), np.minimum(found["nvlink"], found["network"])),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", xlim=(1, MOST), ylim=(5.6, -0.95), xlabel="times as fast as published")
    ticks = [1, 2, *(x for x in CLAIMS if not (plot.narrow and x == 4)), 20, 50]
    ax.set_xticks(ticks, [f"{x:.0f}×" for x in ticks])
    for x, word in zip(ticks, ax.get_xticklabels()):
        if x in CLAIMS:
            word.set(color=COLOR["claimed"], fontweight="semibold")
    ax.minorticks_off()
    ax.set_yticks(range(6), ["arithmetic", "and bubble", "HBM", "NVLink", "network", "published"])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    for x in CLAIMS:
        for row in range(5):  # between the bars, where no text stands
            ax.plot([x, x], [row + 0.32, row + 0.68], color=COLOR["claimed"], linewidth=1.2)
    for base, end, color in ((1, "software", "computed"), ("software", "chip", "ochre"), ("chip", "arithmetic", "teal")):
        plot.bar(ax, 0, end, base=base, width=0.56, horizontal=True, color=COLOR[color])
    for row, name in enumerate(("pipeline", "memory", "nvlink", "network"), 1):
        plot.bar(ax, row, name, base=1, width=0.56, horizontal=True, color=COLOR["computed"], alpha=0.45)
    for row, name in enumerate(("arithmetic", "pipeline", "memory", "nvlink", "network")):
        plot.label(ax, name, row, f"{{{name}:.3g}}×", dx=5, flip=0.85, va="center", color=COLOR["ink"])
    sides = {"H100": (0.82, "left"), "H100, FP8": (1.06, "left"), "GB300, FP8": (1, "right"), "GB300, NVFP4": (1, "left")}
    for name, number in PUBLISHED.items():
        x = published(number)
        above = "H100" in name
        ax.plot([x], [5], "o", color=COLOR["measured"], markersize=6)
        aside, side = sides[name]
        ax.text(aside * x, 4.8 if above else 5.2, name, ha=side, va="bottom" if above else "top", color=COLOR["measured"])
    plot.bar(ax, 1.775, MOST, base="limit", width=5.45, horizontal=True, color=COLOR["claimed"], alpha=0.07)  # down to what was published on other chips
    plot.vline(ax, "limit", 0.18, color=COLOR["claimed"], linewidth=1.4, linestyle="--")
    plot.label(ax, "limit", -0.65, "stop: {limit:.2f}×", dx=6, flip=0.7, va="center", color=COLOR["claimed"], fontweight="semibold")


def figure(model=stops) -> LiveFigure:
    """The chapter's last figure."""
    return LiveFigure(
        "physical-stops",
        model,
        draw,
        kicker=kicker(__name__),
        title="Where does each way to get faster stop?",
        finding="Software alone stops at {software:.2f} times; with this chip and format, {limit:.3g}.",
        controls=bounded({
            "machine": choice(MACHINE_TABLE, BASELINE.chip.name, "chip"),
            "precision": precision(),
            "goodput": share("goodput", 1.0, "goodput of the published run", folded=True, steps=50),
            "interleave": Slider(1, 8, BASELINE.layout.interleave, "model chunks on each stage", values=(1, 2, 4, 8), folded=True),
        }),
        presets={
            "software alone": {},
            "and FP8": {"precision": "FP8"},
            "and GB300s": {"machine": "GB300 NVL72"},
            "GB300s in FP8": {"machine": "GB300 NVL72", "precision": "FP8"},
            "GB300s in NVFP4": {"machine": "GB300 NVL72", "precision": "FP4"},
        },
        goals=[
            Goal(
                f"Make room for {CLAIMS[-1]:.0f} times: chips and a number format for which no resource stops the step earlier.",
                lambda at: (at["limit"] >= CLAIMS[-1]) & (at["arithmetic"] >= CLAIMS[-1]),
                "Software alone stops where the blue part of the first bar ends. A newer chip is faster in every resource, and half the bits double the arithmetic.",
                {"machine": "GB300 NVL72", "precision": "FP8"},
            )
        ],
        readouts=[
            Readout("software", "from software alone", ".2f", "×"),
            Readout("arithmetic", "with this chip and precision", ".3g", "×"),
            Readout("limit", "where the first resource stops it", ".3g", "×", role="claimed"),
        ],
        summary=(
            "Against Llama 3.1 405B as published on 16,384 H100s: software alone stops at {software:.2f} times; on {machine} at this precision "
            "arithmetic stops at {arithmetic:.3g} times, the pipeline at {pipeline:.3g}, memory at {memory:.3g}, NVLink at {nvlink:.3g} and the "
            "network at {network:.3g}. The first of them is the limit: {limit:.3g} times."
        ),
        note="Upright dashes: the claims. Least times by the step model, same GPUs and layout; published runs are smaller.",
        sizes={"wide": (6.9, 3.5), "narrow": (3.6, 3.7)},
    )
