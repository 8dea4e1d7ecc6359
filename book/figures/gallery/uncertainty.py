"""A band around what depends on a factor that nobody knows well. Only braking depends on the grip, not the time to react."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider, Uncertainty
from livefigure.look import COLOR

from . import SMALL

GOOD = 8.0  # m/s² of braking: a good tyre on a dry road
TRIED = 130  # km/h: nobody has tried it faster


def stop(speed, reaction, grip=1.0):
    """Metres until a car stands from `speed` [km/h], on a road with `grip` times the grip of a good one."""
    v = speed / 3.6
    reacting, braking = v * reaction, v**2 / (2 * GOOD * grip)
    return {"reacting": reacting, "braking": braking, "distance": reacting + braking, "untried": np.where(speed > TRIED, 1, 0)}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 160), ylim=(0, 250), xlabel="km/h", ylabel="metres")
    plot.curve(ax, "speed", "distance", over=(1, 160), color=COLOR["computed"], linewidth=2.4)
    plot.curve(ax, "speed", "reacting", over=(1, 160), color=COLOR["grey"], linewidth=1.4)
    plot.marker(ax, "speed", "distance", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)
    plot.label(ax, "speed", "distance", "{distance:.0f} m", dx=10, dy=10, flip=0.15, color=COLOR["computed"], fontweight="semibold")


def figure(model=stop) -> LiveFigure:
    """The way to a stop."""
    return LiveFigure(
        "gallery-uncertainty",
        model,
        draw,
        kicker="Uncertainty",
        title="How far until the car stands?",
        controls={
            "speed": Slider(10, 160, 100, "speed", unit="km/h", limits=(0, 500)),
            "reaction": Slider(0.5, 2, 1, "time to react", unit="s", limits=(0, 10)),
        },
        readouts=[
            Readout("distance", "metres in all", ".0f"),
            Readout("braking", "of them braking", ".0f"),
            Readout("reacting", "of them not yet", ".0f"),
        ],
        summary="From {speed:.3g} km/h the car stands after {distance:.0f} metres, {reacting:.0f} of them before it brakes.",
        uncertainty=Uncertainty("grip", 0.75, 1.1),
        note="ranges hold most tyres on dry roads, by a rule of thumb",
        extrapolated="untried",
        sizes=SMALL,
    )
