"""Areas on top of each other; powers of two and a choice that sets three numbers at once. Only what is sharded shrinks."""

from dataclasses import dataclass

from clustermath import CHIPS
from livefigure import Choice, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from ..inputs import choice
from . import SMALL

PARAMS = 7e9
GB = 1e9
WEIGHTS, GRADIENTS, OPTIMIZER = 2, 2, 12  # B per parameter, mixed precision with Adam


@dataclass(frozen=True)
class Sharded:
    """Which parts every GPU keeps only a share of: 1 or 0 each."""

    weights: float
    gradients: float
    optimizer: float


STAGES = {
    "nothing": Sharded(0, 0, 0),
    "optimizer (ZeRO-1)": Sharded(0, 0, 1),
    "and gradients (ZeRO-2)": Sharded(0, 1, 1),
    "and weights (ZeRO-3, FSDP)": Sharded(1, 1, 1),
}


def memory(gpus, sharded, chip):
    """GB on each of `gpus` for the state of a model, by part."""

    def part(size, shared):
        return size * PARAMS / GB * (1 - shared + shared / gpus)

    parts = {
        "weights": part(WEIGHTS, sharded.weights),
        "gradients": part(GRADIENTS, sharded.gradients),
        "optimizer": part(OPTIMIZER, sharded.optimizer),
    }
    total = sum(parts.values())
    return {**parts, "total": total, "memory": chip.hbm / GB, "end": 1.3 * chip.hbm / GB, "share": total * GB / chip.hbm}


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", xlim=(1, 1024), xlabel="GPUs", ylabel="GB on each")
    ax.set_xticks([1, 4, 16, 64, 256, 1024], ["1", "4", "16", "64", "256", "1,024"])
    ax.minorticks_off()
    plot.limits(ax, "y", ["end"], [(0, 140), (0, 240), (0, 480)])
    parts = {"weights": COLOR["computed"], "gradients": COLOR["teal"], "optimizer": COLOR["ochre"]}
    plot.stack(ax, "gpus", parts, alpha=0.85)
    plot.hline(ax, "memory", color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    plot.label(ax, 0.985, "memory", "{chip}", fraction="x", dy=3, ha="right", va="bottom", color=COLOR["claimed"], fontweight="semibold")
    plot.vline(ax, "gpus", color=COLOR["measured"], linewidth=1.2)
    for at, (name, color) in zip((0.53, 0.76, 0.985), parts.items()):
        ax.text(at, 0.985, name, transform=ax.transAxes, color=color, ha="right", va="top", fontweight="semibold")


def figure(model=memory) -> LiveFigure:
    """What sharding leaves on a GPU."""
    return LiveFigure(
        "gallery-stack",
        model,
        draw,
        kicker="Stack · powers of two, choice of a record",
        title="What does sharding leave on each GPU?",
        controls={
            "gpus": Slider(1, 1024, 8, "GPUs", format=",.4g", log=True, values=tuple(2.0**k for k in range(11))),
            "sharded": Choice(STAGES, "optimizer (ZeRO-1)", "sharded", own=True),
            "chip": choice(CHIPS, "H100 SXM", "GPU"),
        },
        readouts=[
            Readout("total", "on each GPU", ".3g", unit="GB"),
            Readout("share", "of its memory", ".0%", limit=1, beyond="of its memory: too much"),
        ],
        summary="The state of seven billion parameters takes {total:.3g} GB on each of {gpus:,.4g} GPUs, {share:.0%} of a {chip}; sharded: {sharded}.",
        sources=["2 + 2 + 12 bytes for each parameter: Rajbhandari et al., ZeRO, arXiv 1910.02054, section 3.1"],
        sizes=SMALL,
    )
