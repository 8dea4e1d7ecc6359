"""Grouped bars and an axis that follows them; a share in per cent. What stands idle is better rented."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

HOURS = 365.25 * 24
NEVER = 99.0  # years
STEPS = [
    (0, 60e3, {0: "0", 20e3: "20k", 40e3: "40k"}),
    (0, 100e3, {0: "0", 40e3: "40k", 80e3: "80k"}),
    (0, 300e3, {0: "0", 125e3: "125k", 250e3: "250k"}),
]


def own(rent, use, price, running):
    """Dollars for a GPU after each of five years, rented for the hours it is used or bought and run all the time."""
    yearly = {"rented": rent * use * HOURS, "bought": running * HOURS}
    saved = np.maximum(yearly["rented"] - yearly["bought"], price / NEVER)
    rented = {f"year {k}": yearly["rented"] * k for k in range(1, 6)}
    bought = {f"year {k}": price + yearly["bought"] * k for k in range(1, 6)}
    return {"rented": rented, "bought": bought, "even": price / saved}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0.4, 5.6), xlabel="years", ylabel="dollars")
    ax.grid(axis="x", visible=False)
    plot.limits(ax, "y", ["rented.year 5", "bought.year 5"], STEPS)
    for k in range(1, 6):
        plot.bar(ax, k - 0.19, f"rented.year {k}", width=0.34, color=COLOR["computed"])
        plot.bar(ax, k + 0.19, f"bought.year {k}", width=0.34, color=COLOR["ochre"])
    for at, name, color in ((0.98, "rented", COLOR["computed"]), (0.86, "bought", COLOR["ochre"])):
        ax.text(0.015, at, name, transform=ax.transAxes, color=color, va="top", fontweight="semibold")


def figure(model=own) -> LiveFigure:
    """Rent against purchase."""
    return LiveFigure(
        "gallery-grouped",
        model,
        draw,
        kicker="Grouped bars · slider in per cent",
        title="Rent a GPU or buy it?",
        controls={
            "use": Slider(0, 1, 0.7, "share of the time it is used", unit="%", scale=0.01, steps=100),
            "rent": Slider(0.5, 5, 2, "rent", unit="dollars an hour", limits=(0, 100)),
            "price": Slider(5e3, 60e3, 30e3, "price with its share of the server", unit="dollars", format=",.6g", folded=True),
            "running": Slider(0, 1, 0.1, "power and care", unit="dollars an hour", folded=True),
        },
        readouts=[Readout("even", "years until buying is cheaper", ".1f", limit=NEVER - 1, beyond="years and more: renting stays cheaper")],
        summary="Used {use:.0%} of the time at {rent:.3g} dollars an hour, a bought GPU is cheaper after {even:.1f} years.",
        sizes=SMALL,
        note="Round numbers to play with, not prices.",
    )
