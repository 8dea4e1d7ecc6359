"""Horizontal stacked bars; a switch that another control needs. Memory is bought with a third more arithmetic."""

from livefigure import LiveFigure, Readout, Slider, Switch
from livefigure.look import COLOR

from . import SMALL

FORWARD, BACKWARD = 1 / 3, 2 / 3  # of a step without recomputation
INPUT = 2 / 34  # of a layer's activations: what recomputing it starts from


def recomputation(recompute, layers):
    """Time and memory of a step, over those of one that keeps every activation; `layers` are recomputed if at all."""
    again = recompute * layers
    return {"again": again * FORWARD, "time": 1 + again * FORWARD, "kept": 1 - again * (1 - INPUT)}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1.4), ylim=(-0.5, 1.8))
    ax.set_yticks([1, 0], ["time", "memory"])
    ax.set_xticks([0, 0.5, 1, 4 / 3], ["0", "50%", "100%", "133%"])
    ax.grid(axis="y", visible=False)
    parts = ((FORWARD, COLOR["computed"]), ("again", COLOR["claimed"]), (BACKWARD, COLOR["teal"]))
    for k, (part, color) in enumerate(parts):
        base = tuple(name for name, _ in parts[:k]) or 0.0
        plot.bar(ax, 1, (base, part) if k else part, base=base, horizontal=True, color=color)
    plot.bar(ax, 0, "kept", horizontal=True, color=COLOR["ochre"])
    ax.text(0.02, 1, "forward", color=COLOR["card"], va="center", fontweight="semibold")
    plot.label(ax, "time", 1, "backward", dx=-7, ha="right", va="center", color=COLOR["card"], fontweight="semibold")
    plot.label(ax, (FORWARD, "again"), 1.4, "forward again", ha="right", va="bottom", color=COLOR["claimed"])


def figure(model=recomputation) -> LiveFigure:
    """Recomputing activations."""
    return LiveFigure(
        "gallery-horizontal",
        model,
        draw,
        kicker="Horizontal bars · switch, a control that needs it",
        title="What does forgetting cost?",
        controls={
            "recompute": Switch(True, "recompute activations"),
            "layers": Slider(0, 1, 0.5, "in this share of the layers", unit="%", scale=0.01, steps=100, enabled="recompute"),
        },
        readouts=[Readout("time", "of the time", ".0%"), Readout("kept", "of the memory for activations", ".0%")],
        summary="The step takes {time:.0%} of the time and {kept:.0%} of the memory for activations.",
        sources=["A layer keeps 34 bytes for each token and unit of width, its input is 2 of them: Korthikanti et al., arXiv 2205.05198, section 4.1"],
        sizes={"wide": (6.9, 1.6), "narrow": (3.6, 1.8)},
    )
