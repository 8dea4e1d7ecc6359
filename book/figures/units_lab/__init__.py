"""The units lab: numbers as they were published, each with one unit taken for another. The reader finds which.

One module a puzzle: its model says what number follows from each choice, and whether the choice is the right one.
"""

from functools import wraps

import numpy as np
from livefigure import LiveFigure, Readout
from livefigure.look import COLOR
from livefigure.numbers import format_number


SIZES = {"wide": (6.9, 1.5), "narrow": (3.6, 1.7)}


def puzzle(name, model, *, title, controls, published, top, format, unit="", wall=None, wall_name="", ticks=None, solved, summary, sources) -> LiveFigure:
    """A puzzle as a figure: one bar, the number as it was published, and the wall that nothing can pass.

    model: returns {"value", "right"}: what a choice makes of the published measurement, and 1 where the choice is right.
    published: the number in print; top: the end of the axis; wall: what can't be exceeded, if anything, and its name.
    solved: the words that appear beside the bar once the choice is right.
    """

    @wraps(model)
    def run(**inputs):
        found = model(**inputs)  # the words stand left of the axes, where a label is hidden, until they are true
        return found | {"published": published, "found": np.where(found["right"] > 0, top, -top)}

    def draw(plot):
        ax = plot.subplots()
        ax.set(xlim=(0, top), ylim=(-0.5, 2.1), yticks=[])
        ax.set_xticks(list(ticks), list(ticks.values()))
        ax.grid(axis="y", visible=False)
        if wall is not None:
            left = wall < 0.6 * top
            ax.axvspan(wall, top, ymax=0.72, color=COLOR["claimed"], alpha=0.08, linewidth=0)
            ax.axvline(wall, ymax=0.72, color=COLOR["claimed"], linewidth=1.2, linestyle="--")
            ax.annotate(wall_name, (wall, 1.3), (5 if left else -5, 0), textcoords="offset points", ha="left" if left else "right", va="top", color=COLOR["claimed"])
        ax.axvline(published, 0.36, 0.56, color=COLOR["claimed"], linewidth=1.3, linestyle=(0, (1, 2)))
        plot.bar(ax, 0, "value", horizontal=True, width=0.62, color=COLOR["computed"])
        plot.label(ax, "value", 0, f"{{value:{format}}}", dx=6, va="center", color=COLOR["computed"], fontweight="semibold")
        plot.label(ax, "found", 2.1, f"✓ {solved}", ha="right", va="top", color=COLOR["teal"], fontweight="semibold")

    return LiveFigure(
        name,
        run,
        draw,
        kicker="Units lab",
        title=title,
        controls=controls,
        readouts=[
            Readout("value", "by your choice", format, unit.strip()),
            Readout("published", "in print", format, unit.strip(), role="claimed"),
        ],
        summary=summary,
        sources=list(sources),
        sizes=SIZES,
    )


def percent(top: float, step: int) -> dict[float, str]:
    """Ticks of an axis in per cent, up to `top` (1 is 100 %)."""
    return {x / 100: f"{x}%" for x in range(0, round(top * 100) + 1, step)}


def numbers(top: float, step: float, format: str = ",.0f") -> dict[float, str]:
    """Ticks of an axis in plain numbers."""
    return {float(x): format_number(float(x), format) for x in np.arange(0, top + step / 2, step)}
