"""Chapter 2: one GPU, opened: a training step as a hundred squares of time, what software can win of them, and what was reached."""

import numpy as np
from livefigure import Guess, LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR
from livefigure.shapes import tiled

from . import machine, walls
from .ledger import claimed
from .measured_gain import FOUND, META
from .measured_steps import step
from .pages import kicker
from .palette import TIME

STEP = step("llama3-2")
SQUARES = np.arange(100.0)
CLAIM = claimed("004-02")
# What the step's time goes into, in the order of the squares: its colour, how a reader without the field's words calls it, and the word.
PARTS = {
    "peak": ("compute", "arithmetic, full speed", ""),
    "slower": ("compute", "arithmetic, slower", ""),
    "kernels": ("kernels", "small programs", " (kernels)"),
    "communication": ("communication", "sending", " (communication)"),
    "bubble": ("bubble", "pipeline idle", " (bubble)"),
    "waiting": ("waiting", "waiting for the slowest", ""),
}
SHARES = {
    "peak": STEP.mfu,
    "slower": STEP.multiplies - STEP.mfu,
    "kernels": STEP.kernels,
    "communication": STEP.communication,
    "bubble": STEP.bubble,
    "waiting": STEP.waiting + STEP.launching,
}
PALE = 0.45  # of the arithmetic that is slower than it could be
NEEDED, ASKED = 1, 2  # edges
GRID = [(10, 10, 0.14)]
# The measured runs of the same model: chip, bits and rate against Meta's, one GPU against one GPU.
REACHED = {name: (chip, bits, rate / FOUND[META][3]) for name, (chip, bits, _, rate) in FOUND.items()}
CHIPS = sorted({chip for chip, *_ in REACHED.values()}, key=lambda chip: max(times for of, _, times in REACHED.values() if of == chip))
MOST = max(times for *_, times in REACHED.values())
FORMATS = {16: ("o", "16 bits"), 8: ("s", "8 bits"), 4: ("D", "4 bits")}


def opened(speedup, square):
    """What is left of the step when software makes it `speedup` times as fast. square: 0 … 99.

    What isn't arithmetic at the chip's full speed shrinks alike, all of it; that arithmetic stays.
    """
    left = 1 / speedup
    peak = SHARES["peak"]
    possible = left >= peak
    shrunk = np.clip((left - peak) / (1 - peak), 0, 1)
    share = {name: whole * (1 if name == "peak" else shrunk) for name, whole in SHARES.items()}
    middle, edge, kind = (square + 0.5) / SQUARES.size, 0.0, -1
    for k, part in enumerate(share.values()):
        kind = np.where((middle >= edge) & (middle < edge + part), k, kind)
        edge = edge + part
    slower = list(PARTS).index("slower")
    return {
        "tile": {
            "fill": np.where(possible & (kind != slower), kind, -1),
            "slower": np.where(possible & (kind == slower), 0, -1),
            "edge": np.select([possible & (kind >= 0), possible, middle < left, middle < peak], [-1, 0, ASKED, NEEDED], 0),
            "left": square + 1,
            "faster": np.clip(SQUARES.size / (square + 1), 1, LIMIT),
        },
        "share": share,
        "now": walls.sides(speedup, possible),
        "excuse": np.where(possible, -1.0, 0.03),
        "left": left,
        "needed": peak * speedup,
        "stop": 1 / peak,
        "peak": peak,
        "most": MOST + 0 * left,
    }


LIMIT = 12.0
OPENED = 4  # the lower left one of a server


def draw(plot):
    if plot.narrow:
        opened, ladder = plot.subplots(2, 1, height_ratios=[3.1, 2])
    else:
        opened, ladder = plot.subplots(1, 2, width_ratios=[1.35, 1])
    machine.bare(opened, (0, 1), (0, 1))
    server, box = (0, 0.86, 0.2, 1), (0, 0, 0.41 if plot.narrow else 0.47, 0.78)
    gpus = tiled([machine.SERVER], server)
    machine.frame(opened, [server])
    for k, (left, low, right, high) in enumerate(gpus):
        machine.tile(opened, (left, low, right, high), COLOR[TIME["compute"]], chosen=k == OPENED)
    left, low, right, _ = gpus[OPENED]
    opened.plot([left, box[0]], [low, box[3]], color=COLOR["ink"], linewidth=0.8)
    opened.plot([right, box[2]], [low, box[3]], color=COLOR["ink"], linewidth=0.8)
    opened.text(0.23, 0.93, "one chip (GPU) of a server, opened", va="center", color=COLOR["ink"])
    edges = [machine.IDLE, dict(edgecolor=COLOR["claimed"], linewidth=1.1, linestyle=(0, (2, 1.5))), dict(edgecolor=COLOR["claimed"], linewidth=2.2)]
    colors = [COLOR[TIME[thing]] for thing, *_ in PARTS.values()]
    touch = Touch("{tile.left:.0f} squares left: {tile.faster:.3g} times as fast", sets={"speedup": "tile.faster"})
    plot.tiles(opened, GRID, "tile.fill", colors, edge="tile.edge", edges=edges, box=box, touch=touch)
    plot.tiles(opened, GRID, "tile.slower", [COLOR[TIME["compute"]]], box=box, alpha=PALE)
    for k, (name, (thing, text, word)) in enumerate(PARTS.items()):
        text += "" if plot.narrow else word
        plot.label(opened, box[2] + 0.03, 0.72 - 0.115 * k, f"{text} {{share.{name}:.0%}}", va="center", color=COLOR[TIME[thing]], fontweight="semibold")
    plot.label(opened, box[2] + 0.03, "excuse", "Not on this chip", va="center", color=COLOR["claimed"], fontweight="semibold")
    ladder.set(xscale="log", xlim=(0.8, 14), ylim=(len(CHIPS) - 0.4, -1.75), xlabel="times as fast as one of Meta’s H100s of 2024")
    ladder.set_xticks([1, 2, 3, 5, 10], ["1", "2", "3", "5", "10"])
    ladder.minorticks_off()
    ladder.set_yticks(range(len(CHIPS)), CHIPS)
    ladder.tick_params(axis="y", length=0)
    ladder.grid(axis="y", visible=False)
    for at, text, row in ((1 / SHARES["peak"], f"software alone: {1 / SHARES['peak']:.2f}", -1.3), (CLAIM, "the claim", -0.7)):
        ladder.axvline(at, 0, 0.79 if row == -0.7 else 0.88, color=COLOR["claimed"], linewidth=1.4, linestyle="--" if row == -1.3 else (0, (1, 2)), zorder=1)
        ladder.text(at, row, text, ha="center", va="center", color=COLOR["claimed"], fontweight="semibold")
    for name, (chip, bits, times) in REACHED.items():
        say = name.replace("{", "").replace("}", "")
        plot.marker(ladder, times, CHIPS.index(chip), FORMATS[bits][0], color=COLOR["measured"], markeredgecolor=COLOR["card"], markersize=7.5, touch=Touch(f"{say}: {times:.1f}"))
    handles = [ladder.plot([], [], marker, color=COLOR["measured"], linestyle="none", markersize=6, label=text)[0] for marker, text in FORMATS.values()]
    ladder.legend(handles=handles, loc="upper right", bbox_to_anchor=(0.86, 0.8), frameon=False, handletextpad=0, labelspacing=0.2, borderaxespad=0)
    plot.vline(ladder, "now.within", ymax=0.79, color=COLOR["computed"], linewidth=2)
    plot.vline(ladder, "now.beyond", ymax=0.79, color=COLOR["claimed"], linewidth=2)


def figure(model=opened) -> LiveFigure:
    """The chapter's opening figure."""
    return LiveFigure(
        "one-step",
        model,
        draw,
        kicker=kicker(__name__),
        title="One chip, one step of training: what can software win?",
        finding="Made {speedup:.3g}× as fast, the step needs {needed:.0%} of what the chip can do; software alone stops at {stop:.2f}×.",
        controls={"speedup": Slider(1, LIMIT, 1, "faster software", unit="×", log=True, limits=(1, 100))},
        presets={
            "as published": {},
            "twice": {"speedup": 2},
            "three times": {"speedup": claimed("004-14")},
            "ten times": {"speedup": CLAIM},
        },
        readouts=[
            Readout("needed", "of the chip’s full speed needed", ".0%", limit=1, beyond="of the chip’s full speed: more than there is"),
            Readout("stop", "the most that software can win", ".2f", "×", role="claimed"),
            Readout("most", "the most that was measured, with newer chips", ".1f", "×", role="measured"),
        ],
        summary=(
            "Of a training step of Llama 3.1 405B on 16,384 H100s, arithmetic at full speed is {peak:.0%}. Made {speedup:.3g} times as fast by software, it needs {needed:.0%} of "
            "the chip’s full speed; {stop:.2f} times is the most. {most:.1f} times have been measured, with newer chips and fewer bits."
        ),
        guess=Guess("stop", "Before you look: if nothing at all were wasted, how many times faster would the same chip train?", 1, 20, unit="×"),
        fixed={"square": SQUARES},
        note=f"A step is one round of training, {STEP.time:.1f} s here. A square is a hundredth of it.",
        sources=["data/published_runs.csv, row llama3-2: arXiv 2407.21783, table 4; shares by the step model", "data/published_runs.csv, data/mlperf_405b.csv: the measured runs, as 6 FLOPs a parameter and token"],
        sizes={"wide": (6.9, 3.5), "narrow": (3.6, 5.0)},
    )
