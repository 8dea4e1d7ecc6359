"""Chapter 3: what one GPU of a small cluster holds of the model and of the batch, and with whom it shares them."""

import numpy as np
from clustermath.architecture import ARCHITECTURES, parameters
from clustermath.hardware import CHIPS
from clustermath.units import GIGA
from livefigure import LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import brought, machine
from .pages import kicker
from .palette import PARTNERS

SHAPE = ARCHITECTURES["Llama 3.1 405B"]
CHIP = CHIPS["H100 SXM"]
WEIGHT = 2.0  # bytes of a weight in 16 bits
GPUS, SIDE = 64, 8  # eight servers of eight; the blocks of the model and of the batch are drawn as 8 x 8 cells
RANK = np.arange(float(GPUS))
ROW, COLUMN = np.arange(SIDE * SIDE) // SIDE + 0.0, np.arange(SIDE * SIDE) % SIDE + 0.0
FULL = dict(edgecolor=COLOR["claimed"], linewidth=1.2, linestyle=(0, (2, 1.5)))  # of a GPU that can't hold its piece
MINE, TENSOR, PIPELINE, CONTEXT, DATA = range(5)  # places in PARTNERS


def within(cell, part, parts):
    """Whether one of SIDE cells along an edge lies in `part` of `parts` pieces, or holds it where these are finer."""
    return (cell + 1 > part * SIDE / parts + 1e-9) & (cell < (part + 1) * SIDE / parts - 1e-9)


def partners(chosen, other):
    """Of each GPU what it is to the chosen one: all of its degrees are equal, or all but one."""
    differ = {name: np.where(other[name] == chosen[name], 0, 1) for name in ("tp", "cp", "dp", "pp")}
    apart = sum(differ.values())
    kinds = [apart == 0, *((apart == 1) & (differ[name] > 0) for name in ("tp", "pp", "cp", "dp"))]
    return np.select(kinds, [MINE, TENSOR, PIPELINE, CONTEXT, DATA], -1)


def places(rank, tp, cp, dp):
    """Where a rank stands in each of its groups. Ranks are numbered tp, cp, dp, pp from the inside out (clustermath.layout)."""
    return {"tp": rank % tp, "cp": rank // tp % cp, "dp": rank // (tp * cp) % dp, "pp": rank // (tp * cp * dp)}


def cut(tp, pp, cp, gpu, walk, rank, row, column):
    """Who holds what. gpu: counted from 1. walk: how many stages a microbatch has passed, forward and back."""
    most_pp = np.floor(GPUS / tp)
    most_cp = np.floor(GPUS / (tp * np.minimum(pp, most_pp)))
    dp = np.maximum(np.floor(GPUS / (tp * pp * cp)), 1)
    own, all_of_them = places(gpu - 1, tp, cp, dp), places(rank, tp, cp, dp)
    own_layers, own_slice = within(row, own["pp"], pp), within(column, own["tp"], tp)
    own_rows, own_columns = within(row, own["dp"], dp), within(column, own["cp"], cp)
    at = np.where(walk <= pp, walk - 1, 2 * pp - walk)  # the stage that works
    held = {"pp": np.floor(row * pp / SIDE), "tp": np.floor(column * tp / SIDE)}
    working = (walk > 0) & (all_of_them["pp"] == at) & (all_of_them["dp"] == own["dp"])
    weights = sum(parameters(SHAPE).values()) * WEIGHT / (tp * pp)
    return {
        "model": {
            "fill": np.select([own_layers & own_slice, own_layers, own_slice], [MINE, TENSOR, PIPELINE], -1),
            "edge": np.where((walk > 0) & within(row, at, pp), 1, 0),
            "holder": held["pp"] * (tp * cp * dp) + held["tp"] + 1,
            "stage": held["pp"] + 1,
            "slice": held["tp"] + 1,
        },
        "batch": {"fill": np.select([own_rows & own_columns, own_rows, own_columns], [MINE, CONTEXT, DATA], -1), "edge": 0 * row},
        "gpu": {
            "fill": partners(own, all_of_them),
            "edge": np.where(working, 1, np.where(weights > CHIP.hbm, 2, 0)),
            "number": rank + 1,
            "stage": all_of_them["pp"] + 1,
            "slice": all_of_them["tp"] + 1,
            "replica": all_of_them["dp"] + 1,
        },
        "dp": dp,
        "bursts": np.where(weights > CHIP.hbm, 0.99, -1),
        "weights": weights / GIGA,
        "pieces": tp * pp,
        "others": {"tp": tp - 1, "pp": pp - 1, "cp": cp - 1, "dp": dp - 1},
        "most_cp": most_cp,
        "steps": 2 * pp,
    }


def draw(plot):
    colors = [COLOR[name] for name in PARTNERS.values()]
    if plot.narrow:
        grid = plot.fig.add_gridspec(2, 2, height_ratios=[5, 7])
        model, batch, hall = (plot.fig.add_subplot(place) for place in (grid[0, 0], grid[0, 1], grid[1, :]))
    else:
        model, batch, hall = plot.subplots(1, 3, width_ratios=[1, 1, 2.1])
    for ax in (model, batch, hall):
        machine.bare(ax)
    block = (0.02, 0.02, 0.98, 0.86)
    of_model = Touch("stage {model.stage:.0f}, slice {model.slice:.0f}", sets={"gpu": "model.holder"})
    of_gpu = Touch("GPU {gpu.number:.0f}: stage {gpu.stage:.0f}, slice {gpu.slice:.0f}, replica {gpu.replica:.0f}", sets={"gpu": "gpu.number"})
    for ax, name, title, touch in ((model, "model", "the model", of_model), (batch, "batch", "the batch", None)):
        plot.tiles(ax, [(SIDE, SIDE, 0.12)], f"{name}.fill", colors, edge=f"{name}.edge", edges=[machine.IDLE, machine.ACTIVE], box=block, touch=touch)
        ax.text(0.02, 0.93, title, va="center", fontweight="semibold")
    model.set(ylabel="layers", xlabel="width")
    batch.set(ylabel="sequences", xlabel="tokens")
    machine.servers(plot, hall, (4, 2), "gpu.fill", colors, (0, 0.2, 1, 0.86), edge="gpu.edge", edges=(machine.IDLE, machine.ACTIVE, FULL), touch=of_gpu)
    hall.text(0.01, 0.93, "64 GPUs in 8 servers", va="center", fontweight="semibold")
    plot.label(hall, "bursts", 0.93, "more than one holds", ha="right", va="center", color=COLOR["claimed"], fontweight="semibold")
    words = {"tp": "same layers, other slice: {others.tp:.0f}", "pp": "other stages: {others.pp:.0f}", "cp": "other tokens: {others.cp:.0f}", "dp": "copies: {others.dp:.0f}"}
    for k, (name, text) in enumerate(words.items()):
        x, y = (0.01 if k % 2 == 0 else 0.56), 0.13 - 0.09 * (k // 2)
        plot.label(hall, x, y, text, va="center", color=COLOR[PARTNERS[name]], fontweight="semibold")


def figure(model=cut) -> LiveFigure:
    """The cut."""
    powers = dict(values=(1, 2, 4, 8), format=".0f")
    return LiveFigure(
        "model-cut",
        model,
        draw,
        kicker=kicker(__name__),
        title="What does one GPU hold, and with whom does it share?",
        finding="Cut into {pieces:.0f} pieces, the model leaves {weights:,.3g} GB of weights on each GPU, and {dp:.0f} copies of it share the batch.",
        takes=[brought.launch(("tp", "pp", "cp"))],
        controls={
            "tp": Slider(1, 8, 4, "tensor parallel", **powers),
            "pp": Slider(1, 8, 4, "pipeline stages", **powers),
            "cp": Slider(1, 8, 1, "context parallel", **powers, at_most="most_cp"),
            "walk": Slider(0, 16, 0, "stages passed", integer=True, format=".0f", at_most="steps", plays=12, loops=True),
            "gpu": Slider(1, GPUS, 22, "GPU", integer=True, format=".0f", folded=True),
        },
        presets={
            "one copy on each GPU": {"tp": 1, "pp": 1},
            "tensor parallel in each server": {"tp": 8, "pp": 1},
            "a pipeline, too": {"tp": 8, "pp": 4},
            "long sequences cut": {"tp": 4, "pp": 2, "cp": 4},
        },
        readouts=[
            Readout("weights", "GB of weights on each GPU", ",.3g", limit=CHIP.hbm / GIGA, beyond="GB of weights: more than an H100 holds"),
            Readout("pieces", "pieces of the model", ",.0f"),
            Readout("dp", "copies, each with its share of the batch", ",.0f"),
        ],
        summary=(
            "64 GPUs, tensor parallel {tp:.0f}, {pp:.0f} stages, context parallel {cp:.0f}: the model is cut into {pieces:.0f} pieces, there are {dp:.0f} copies of it, and each "
            "GPU holds {weights:,.3g} GB of the weights of Llama 3.1 405B."
        ),
        fixed={"rank": RANK, "row": ROW, "column": COLUMN},
        note="Blue: this GPU, and what it holds. Touch another, or a piece.",
        sizes={"wide": (6.9, 2.9), "narrow": (3.6, 4.3)},
    )
