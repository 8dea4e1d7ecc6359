"""Chapter 4: ranks mapped exactly to the hardware, and dealt to it at random."""

from types import SimpleNamespace

import numpy as np
from clustermath.volume import scattered_ranks
from livefigure import LiveFigure, Readout
from livefigure.look import COLOR

from .pages import kicker
from .palette import RANKS
from .step_traffic import KEYS
from .validated import BAND
from .workloads import PRESETS, beyond, bytes_of_step, domain, in_order, laid_out, takes, workload

GPUS = 576  # of the cluster that are drawn: one, eight or 72 domains
SIDE = 24  # GPUs on each side of their square
GAP = 0.5  # between domains, in sides of a GPU
GROUP = 8  # ranks of the group that is marked
END = 2.4  # of the computing time: the right end of the axis
NOWHERE = -100.0  # so far to the left that a label can't be seen


def square(gpu, domain):
    """Where GPUs are drawn: columns of 8 or of 24 from the left, with a gap around each domain; all within 0 and 1."""
    tall = np.where(domain > 8, SIDE, 8)
    wide = np.maximum(domain / SIDE, 1)
    column = np.floor(gpu / tall) % SIDE
    row = np.floor(gpu / (tall * SIDE)) * tall + gpu % tall
    width = SIDE + GAP * (np.ceil(SIDE / wide) - 1)
    height = SIDE + GAP * (SIDE / tall - 1)
    x, y = column + GAP * np.floor(column / wide), row + GAP * np.floor(row / tall)
    return {"x0": x / width, "x1": (x + 0.8) / width, "y0": y / height, "y1": (y + 0.8) / height}


def placed(workload, domain, grid, stretch=1.0):
    """How long each kind of communication takes, in units of the computing, with ranks in order and dealt at random.

    The computing itself takes `stretch` times as long as the step model says.
    """
    machine, layout = workload["machine"], laid_out(workload)
    span = np.where(domain > 0, domain, machine.nvlink_domain)
    computing = workload["computing"]
    found = {}
    for how, local in {"mapped": in_order(workload, span), "random": scattered_ranks(layout, SimpleNamespace(domain=span))}.items():
        sent = bytes_of_step(workload, local).items()
        times = {KEYS[name]: np.maximum(links["nvlink"] / machine.nvlink, links["nic"] / machine.nic) for name, links in sent}
        found[how] = {name: time / computing for name, time in times.items()}
    total = {how: sum(parts.values()) for how, parts in found.items()}
    return {
        **found,
        "end": {how: {name: np.minimum(part, END * 0.8) for name, part in parts.items()} for how, parts in found.items()},
        "text": {how: {name: np.where(part > 0, np.minimum(part, END * 0.8), NOWHERE) for name, part in parts.items()} for how, parts in found.items()},
        "silent": {name: np.where(found["mapped"][name] + found["random"][name] > 0, NOWHERE, 0) for name in found["mapped"]},
        "total": total,
        "times": total["random"] / total["mapped"],
        "seconds": {how: part * computing for how, part in total.items()},
        "computing": stretch * computing,
        "beyond": beyond(workload, span),
        **square(grid["gpu"], np.minimum(span, GPUS)),
        "in_order": np.where(grid["gpu"] < GROUP, 1, 0),
        "at_random": 1 * grid["marked"],
    }


def draw(plot):
    rows = [["mapped", "random"], ["bars", "bars"]] if plot.narrow else [["mapped", "bars"], ["random", "bars"]]
    ratios = {"height_ratios": (1, 2.4)} if plot.narrow else {"width_ratios": (1, 1.7)}
    axes = plot.fig.subplot_mosaic(rows, **ratios)
    for name, kind, title in (("mapped", "in_order", "mapped"), ("random", "at_random", "at random")):
        axes[name].set(xlim=(-0.01, 1.01), ylim=(-0.02, 1.02), xticks=[], yticks=[])
        axes[name].set_xlabel(f"{title}: 8 ranks of one group" if not plot.narrow else title)
        for spine in axes[name].spines.values():
            spine.set_visible(False)
        plot.rectangles(axes[name], "x0", "x1", "y0", "y1", colors=[COLOR["rule"], COLOR[RANKS[name]]], kind=kind)
    ax = axes["bars"]
    ax.set(xlim=(0, END), ylim=(-0.6, 4.7), yticks=[], xlabel="time on the links ÷ time computing")
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    ax.axvline(1, color=COLOR["claimed"], linewidth=1.2, linestyle="--")
    ax.text(1.04, 4.5, "as long as it computes", va="center", color=COLOR["claimed"])
    for row, (name, key) in enumerate(reversed(KEYS.items())):
        ax.text(0.02, row + 0.33, name, va="center", color=COLOR["ink"])
        plot.label(ax, f"silent.{key}", row - 0.02, "sends nothing here", dx=5, va="center", color=COLOR["muted"])
        for how, color, at in (("mapped", RANKS["mapped"], row + 0.06), ("random", RANKS["random"], row - 0.22)):
            plot.bar(ax, at, f"end.{how}.{key}", width=0.24, horizontal=True, color=COLOR[color])
            plot.label(ax, f"text.{how}.{key}", at, f"{{{how}.{key}:.0%}}", dx=5, va="center", fontsize=9.5, color=COLOR[color], fontweight="semibold")


def grid() -> dict:
    """Places of the GPUs that are drawn, and whether a shuffle deals them a rank of the marked group."""
    return {"gpu": np.arange(GPUS), "marked": np.where(np.random.default_rng(54).permutation(GPUS) < GROUP, 1, 0)}


def figure(model=placed) -> LiveFigure:
    """What the mapping is worth."""
    return LiveFigure(
        "placement",
        model,
        draw,
        kicker=kicker(__name__),
        title="What is it worth to know where every rank sits?",
        finding="Dealt at random, ranks keep the links busy {times:.1f} times as long as in their places.",
        controls={"workload": workload(), "domain": domain()},
        takes=takes(),
        presets=PRESETS,
        readouts=[
            Readout("seconds.mapped", "s on the links, mapped", ".2f"),
            Readout("seconds.random", "s on the links, at random", ".2f"),
            Readout("times", "times as much", ".1f"),
            Readout("computing", "of computing", ".2f", "s"),
        ],
        summary=(
            "{workload}, NVLink domain {domain}: in a step with {computing:.2f} seconds of computing the links are busy for {seconds.mapped:.2f} seconds if "
            "ranks are mapped to the hardware in order and for {seconds.random:.2f}, {times:.1f} times as long, if they are dealt at random."
        ),
        fixed={"grid": grid()},
        **BAND,
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 5.2)},
    )
