"""The best cell of a grid, found anew at every change, on a map of all. One passenger more can change everything."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

SMALL_SEATS, LARGE_SEATS = 20, 50
SMALLS, LARGES = 16, 7  # how many of each are tried, from none
GRID = {"small": np.tile(np.arange(float(SMALLS)), LARGES), "large": np.repeat(np.arange(float(LARGES)), SMALLS)}


def fleet(people, small_price, large_price, grid):
    """The cheapest mix of small and large buses with a seat for all; what has too few seats costs infinitely much."""
    seats = SMALL_SEATS * grid["small"] + LARGE_SEATS * grid["large"]
    price = np.where(seats >= people, small_price * grid["small"] + large_price * grid["large"], np.inf)
    best = np.argmin(price)
    cheapest = price[best]
    return {
        "price": price,
        "cheapest": cheapest,
        "twice": 2 * cheapest,
        "small": grid["small"][best],
        "large": grid["large"][best],
        "empty": seats[best] - people,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(-0.5, SMALLS - 0.5), ylim=(-0.5, LARGES - 0.5), xlabel="small buses", ylabel="large buses")
    ax.set_xticks(range(0, SMALLS, 5))
    ax.grid(visible=False)
    plot.heatmap(ax, "price", SMALLS, "twice", "cheapest", COLOR["computed"])
    plot.marker(ax, "small", "large", marker="D", color=COLOR["claimed"], markeredgecolor=COLOR["card"], markersize=10)


def figure(model=fleet) -> LiveFigure:
    """Buses for an outing."""
    return LiveFigure(
        "gallery-best",
        model,
        draw,
        kicker="Best of a grid · number box",
        title="Which buses are cheapest?",
        controls={
            "people": Slider(1, 300, 168, "people", integer=True),
            "small_price": Slider(100, 1000, 260, "a small bus", unit="dollars", format=".4g", steps=90),
            "large_price": Slider(100, 1000, 560, "a large bus", unit="dollars", format=".4g", steps=90),
        },
        readouts=[
            Readout("cheapest", "dollars", ",.0f"),
            Readout("small", "small buses, of 20 seats", ".0f"),
            Readout("large", "large buses, of 50", ".0f"),
            Readout("empty", "empty seats", ".0f"),
        ],
        summary="{people:.0f} people go cheapest in {small:.0f} small and {large:.0f} large buses, for {cheapest:,.0f} dollars.",
        fixed={"grid": GRID},
        sizes=SMALL,
        note="The stronger the colour, the cheaper; blank: too few seats.",
    )
