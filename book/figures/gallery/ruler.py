"""A label that turns at the edge; number boxes with units. A factor of a thousand is a short step on this ruler."""

from clustermath import CHIPS
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

RATED = [chip.tdp for chip in CHIPS.values()]
TICKS = {1e3: "1 kW", 1e6: "1 MW", 1e9: "1 GW", 1e12: "1 TW"}


def load(chips, watts):
    """Power of so many chips [W]."""
    return {"power": chips * watts, "megawatts": chips * watts / 1e6, "gigawatts": chips * watts / 1e9}


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", xlim=(100, 1e13), ylim=(0, 1), yticks=[])
    ax.set_xticks(list(TICKS), TICKS.values())
    ax.minorticks_off()
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)
    plot.marker(ax, "power", 0.4, color=COLOR["computed"], markersize=13)
    plot.label(ax, "power", 0.4, "{megawatts:,.3g} MW", dx=12, flip=0.6, va="center", color=COLOR["computed"], fontweight="semibold", fontsize=13)


def figure(model=load) -> LiveFigure:
    """Watts, kilowatts, megawatts."""
    return LiveFigure(
        "gallery-ruler",
        model,
        draw,
        kicker="Label · number boxes with units",
        title="How much power is that?",
        controls={
            "chips": Slider(10, 10e6, 220e3, "chips", format=",.8g", log=True, integer=True, limits=(1, 1e12), steps=120),
            "watts": Slider(10, 10e3, 1400, "each", unit="W", format=",.4g", log=True, limits=(1e-3, 1e6), published=(min(RATED), max(RATED)), possible=(0, None, "no chip gives power back")),
        },
        readouts=[Readout("gigawatts", "gigawatts", ",.3g")],
        summary="{chips:,.8g} chips of {watts:,.4g} watts draw {gigawatts:,.3g} gigawatts.",
        sizes={"wide": (6.9, 1.1), "narrow": (3.6, 1.1)},
    )
