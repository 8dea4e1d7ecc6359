"""Tiles in grids within grids, touch, and a goal: what one click does to a hall of machines."""

import numpy as np

from livefigure import Goal, LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import SMALL

SEATS = 160  # in 8 blocks of 5 x 4
SEAT = np.arange(float(SEATS))


def theatre(sold, price, chosen, seat):
    """Seats are sold from the front row of each block; the further back, the cheaper by a tenth a row."""
    row, block = seat % 20 // 5, seat // 20
    order = row * 40 + block * 5 + seat % 5
    paid = price * (1 - 0.1 * row)
    taken = order < sold
    return {
        "kind": np.where(taken, 0, np.where(paid <= 20, 1, -1)),
        "worth": paid / price,
        "edge": np.where(seat + 1 == chosen, 1, 0),
        "paid": paid,
        "number": seat + 1,
        "income": np.sum(np.where(taken, paid, 0.0)),
        "mine": price * (1 - 0.1 * np.floor((chosen - 1) % 20 / 5)),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[], xlabel="the stage is above each block")
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    edges = [dict(edgecolor=COLOR["outline"], linewidth=0.8), dict(edgecolor=COLOR["ink"], linewidth=2.4)]
    touch = Touch("seat {number:.0f}: {paid:.0f} $", sets={"chosen": "number"})
    grids = [(2, 4, 0.12) if plot.narrow else (4, 2, 0.12), (5, 4, 0.24)]
    plot.tiles(ax, grids, "kind", [COLOR["computed"], COLOR["ochre"]], shade="worth", edge="edge", edges=edges, box=(0.01, 0.01, 0.99, 0.99), touch=touch)


def figure(model=theatre) -> LiveFigure:
    """A theatre."""
    return LiveFigure(
        "gallery-tiles",
        model,
        draw,
        kicker="Tiles · touch",
        title="Which seat is mine?",
        finding="{sold:.0f} seats are sold, and mine costs {mine:.0f} dollars.",
        controls={
            "sold": Slider(0, SEATS, 70, "seats sold", integer=True, format=".0f"),
            "price": Slider(10, 60, 24, "front row", unit="$"),
            "chosen": Slider(1, SEATS, 33, "my seat", integer=True, format=".0f"),
        },
        readouts=[Readout("income", "dollars taken", ",.0f"), Readout("mine", "dollars for my seat", ".0f")],
        summary="{sold:.0f} seats are sold for {income:,.0f} dollars; seat {chosen:.0f} costs {mine:.0f}.",
        goals=[
            Goal(
                "Take 3,000 dollars, and let somebody still find a seat for 20.",
                lambda at: (at["income"] >= 3000) & (at["price"] * (1 - 0.1 * 3) <= 20) & (at["sold"] < SEATS),
                "The last row costs seven tenths of the first.",
                {"sold": 140, "price": 28},
            )
        ],
        fixed={"seat": SEAT},
        sizes=SMALL,
        note="Touch a seat. Ochre: to be had for 20 dollars.",
    )
