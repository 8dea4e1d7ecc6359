"""Two time series, each an array the model gives. What is sampled too seldom looks slow."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

WINDOW = 1.0  # s
POINTS = {"fine": np.arange(401.0), "seen": np.arange(201.0)}


def sampling(frequency, interval, points):
    """A sine of `frequency` [Hz], and what is seen of it every `interval` [s]."""
    time = points["fine"] * (WINDOW / 400)
    seen = points["seen"] * interval
    seen = np.where(seen <= WINDOW, seen, np.nan)
    return {
        "time": time,
        "swing": np.sin(2 * np.pi * frequency * time),
        "seen": {"time": seen, "swing": np.sin(2 * np.pi * frequency * seen)},
        "apparent": np.abs(frequency - np.round(frequency * interval) / interval),
        "needed": 1 / (2 * frequency),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, WINDOW), ylim=(-1.15, 1.6), xlabel="seconds", yticks=[])
    ax.grid(axis="y", visible=False)
    plot.curve(ax, "time", "swing", color=COLOR["grey"], linewidth=1.1, alpha=0.7)
    plot.curve(ax, "seen.time", "seen.swing", color=COLOR["computed"], linewidth=2.2)
    ax.text(0.01, 0.98, "the truth", transform=ax.transAxes, color=COLOR["grey"], va="top", fontweight="semibold")
    ax.text(0.99, 0.98, "what is seen", transform=ax.transAxes, color=COLOR["computed"], ha="right", va="top", fontweight="semibold")


def figure(model=sampling) -> LiveFigure:
    """A swing and its samples."""
    return LiveFigure(
        "gallery-series",
        model,
        draw,
        kicker="Time series · slider in thousandths",
        title="How often must one look?",
        controls={
            "frequency": Slider(1, 40, 9, "the truth swings at", unit="Hz", limits=(0.1, 100)),
            "interval": Slider(0.005, 0.2, 0.1, "one look every", unit="ms", scale=1e-3, steps=195),
        },
        readouts=[Readout("apparent", "Hz it seems to swing at", ".3g"), Readout("needed", "s between looks, at most", ".3g")],
        summary="A swing of {frequency:.3g} Hz, looked at every {interval:.3g} s, seems to be one of {apparent:.3g} Hz.",
        fixed={"points": POINTS},
        sizes=SMALL,
    )
