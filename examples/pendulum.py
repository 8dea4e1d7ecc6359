"""The live figure of all examples: a pendulum, and how far the textbook's formula for small swings is off."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider


def pendulum(length, gravity, swing):
    """Period [s] of a pendulum of `length` [m] that swings to `swing` [degrees] on either side.

    The exact one is 2 pi sqrt(length / gravity) over the arithmetic-geometric mean of 1 and cos(swing / 2) (Gauss).
    """
    small = 2 * np.pi * np.sqrt(length / gravity)
    a, g = 1.0, np.cos(np.radians(swing) / 2)
    for _ in range(5):  # each step doubles the digits that are right
        a, g = (a + g) / 2, np.sqrt(a * g)
    return {"small": small, "period": small / a, "late": 1 / a - 1}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 4), ylim=(0, 8), xlabel="length, m", ylabel="period, s")
    plot.curve(ax, "length", "small")
    plot.curve(ax, "length", "period")
    plot.marker(ax, "length", "period")


def figure() -> LiveFigure:
    return LiveFigure(
        "pendulum",
        pendulum,
        draw,
        title="How slowly does a pendulum swing?",
        summary="It takes {period:.2f} s, {late:.1%} longer than by the formula for small swings.",
        controls={
            "length": Slider(0.1, 4, 1, "length", unit="m"),
            "gravity": Slider(1.6, 25, 9.81, "gravity", unit="m/s²"),
            "swing": Slider(1, 170, 60, "swing to either side", unit="°"),
        },
        readouts=[Readout("period", "period", ".2f", unit="s"), Readout("late", "longer than for small swings", ".1%")],
    )
