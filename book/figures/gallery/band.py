"""A band around a curve; a logarithmic slider and a folded setting. Half the doubt costs four times the people."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL


def poll(people, share, errors):
    """The share that a poll of `people` finds where `share` is true, give or take so many standard errors."""
    margin = errors * np.sqrt(share * (1 - share) / people)
    few = np.where(people * np.minimum(share, 1 - share) < 10, 1.0, 0.0)  # so few that the rule no longer holds
    return {"margin": margin, "low": np.maximum(share - margin, 0), "high": np.minimum(share + margin, 1), "few": few}


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", xlim=(10, 1e6), ylim=(-0.2, 1), xlabel="people asked")
    ax.set_xticks([10, 100, 1000, 1e4, 1e5, 1e6], ["10", "100", "1,000", "10k", "100k", "1M"])
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    ax.minorticks_off()
    plot.band(ax, "people", "low", "high", color=COLOR["computed"], alpha=0.22)
    plot.hline(ax, "share", color=COLOR["computed"], linewidth=1.4)
    plot.vline(ax, "people", color=COLOR["measured"], linewidth=1, linestyle="--")
    plot.label(ax, "people", -0.15, "± {margin:.1%}", dx=7, flip=0.7, color=COLOR["computed"], fontweight="semibold")


def figure(model=poll) -> LiveFigure:
    """The margin of a poll."""
    return LiveFigure(
        "gallery-band",
        model,
        draw,
        kicker="Band, line across · logarithmic slider, folded setting",
        title="How many people make a sure poll?",
        controls={
            "people": Slider(10, 1e6, 1000, "people asked", format=",.7g", log=True, integer=True, steps=120),
            "share": Slider(0.05, 0.95, 0.5, "share that says yes", unit="%", scale=0.01, limits=(0, 1)),
            "errors": Slider(1, 3, 2, "standard errors either way", values=(1, 2, 3), folded=True),
        },
        readouts=[Readout("margin", "either way", ".2%")],
        summary="A poll of {people:,.7g} people finds {share:.0%}, {margin:.2%} either way.",
        sizes=SMALL,
        note="For more than ten of each opinion.",
        extrapolated="few",
    )
