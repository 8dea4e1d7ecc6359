"""Wires: lines whose width, dash and colour follow the model; a bar and a point that are dragged."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider, Touch
from livefigure.look import COLOR

from . import SMALL

LINES = 4
LINE = np.arange(float(LINES))
ENDS = np.array([(0.0, 0.5, 1.0, 0.14 + 0.24 * k) for k in range(LINES)])


def grid(demand, share, line):
    """Power for four villages over four lines, the first of which is given a share of all, and the others the rest alike."""
    load = demand * np.where(line < 1, share, (1 - share) / (LINES - 1))
    return {
        "load": load,
        "width": load / 100,
        "look": np.where(load > 60, 1, 0),
        "worst": np.max(load),
        "most": 60.0,
        "first": demand * share,
        "number": line + 1,
    }


def draw(plot):
    lines, bars = plot.subplots(1, 2, width_ratios=[3, 2])
    lines.set(xlim=(-0.1, 1.1), ylim=(0, 1), xticks=[], yticks=[])
    lines.grid(visible=False)
    lines.spines[:].set_visible(False)
    looks = [dict(color=COLOR["computed"]), dict(color=COLOR["claimed"], linestyle="--")]
    plot.wires(lines, ENDS, "look", looks, width="width", widest=9)
    bars.set(xlim=(0.4, 1.8), ylim=(0, 100), ylabel="MW on the first line", xticks=[])
    bars.grid(axis="x", visible=False)
    plot.bar(bars, 1, "first", color=COLOR["computed"], touch=Touch("{first:.0f} MW; drag it", drag=("y", "share")))
    plot.hline(bars, "most", color=COLOR["claimed"], linewidth=1.2, linestyle="--")
    plot.marker(bars, 1.5, "worst", color=COLOR["measured"], touch=Touch("the fullest line: {worst:.0f} MW", sets={"share": 1 / LINES}, absent="no line at all"))


def figure(model=grid) -> LiveFigure:
    """Four lines."""
    return LiveFigure(
        "gallery-wires",
        model,
        draw,
        kicker="Wires · drag and click",
        title="Does any line carry too much?",
        controls={"demand": Slider(10, 160, 100, "demand", unit="MW"), "share": Slider(0, 1, 0.4, "on the first line", unit="%", scale=0.01)},
        readouts=[Readout("worst", "MW on the fullest line", ",.0f", limit=60, beyond="MW, and a line takes 60")],
        summary="Of {demand:.0f} megawatts the fullest of four lines carries {worst:.0f}; a line takes {most:.0f}.",
        fixed={"line": LINE},
        sizes=SMALL,
        note="Drag the bar; click the dot to share alike. Dashed: too much.",
    )
