"""Stacked bars and an axis that follows them; a control that bounds another. All experts are stored, few are used."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

STEPS = [(0, 20), (0, 50), (0, 150), (0, 500), (0, 1500), (0, 11000)]  # billions


def mixture(experts, active, each, shared):
    """Billions of parameters of a mixture of experts: those stored, and those that one token meets."""
    met = np.minimum(active, experts) * each
    total = shared + experts * each
    return {"shared_part": shared, "met": met, "idle": experts * each - met, "total": total, "used": (shared + met) / total}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(-0.6, 2.9 if plot.narrow else 2.6), ylabel="billion parameters")
    ax.set_xticks([0, 1], ["stored", "one token\nmeets"] if plot.narrow else ["stored", "one token meets"])
    ax.grid(axis="x", visible=False)
    plot.limits(ax, "y", ["total"], STEPS)
    parts = {"shared_part": COLOR["computed"], "met": COLOR["teal"], "idle": COLOR["outline"]}
    for place, names in ((0, ["shared_part", "met", "idle"]), (1, ["shared_part", "met"])):
        for k, name in enumerate(names):
            plot.bar(ax, place, tuple(names[: k + 1]), base=tuple(names[:k]) or 0.0, color=parts[name])
    texts = ("idle experts", "experts in use", "for every token")
    for at, text, color in zip((0.95, 0.8, 0.65), texts, reversed(parts.values())):
        ax.text(0.99, at, text, transform=ax.transAxes, color=color, ha="right", va="top", fontweight="semibold")


def figure(model=mixture) -> LiveFigure:
    """A mixture of experts."""
    return LiveFigure(
        "gallery-stacked",
        model,
        draw,
        kicker="Stacked bars · a control that bounds another",
        title="How much of a mixture of experts is at work?",
        controls={
            "experts": Slider(4, 1024, 64, "experts", format=",.4g", log=True, values=tuple(2.0**k for k in range(2, 11))),
            "active": Slider(1, 16, 4, "of them active", format=".3g", integer=True, at_most="experts"),
            "each": Slider(0.1, 10, 2, "size of an expert", unit="billion", log=True, folded=True),
            "shared": Slider(1, 100, 10, "what every token meets", unit="billion", log=True, folded=True),
        },
        readouts=[Readout("total", "billion parameters stored", ",.3g"), Readout("used", "of them meet a token", ".0%")],
        summary="{total:,.3g} billion parameters are stored, {used:.0%} of them meet a token.",
        sizes=SMALL,
    )
