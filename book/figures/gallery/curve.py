"""A curve, a marker on it and its label; a linear slider. The last miles per hour save the least."""

from livefigure import Guess, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

DISTANCE = 100.0  # km


def journey(speed):
    """Minutes for the distance at `speed` [km/h], and what ten more would save."""
    minutes = 60 * DISTANCE / speed
    return {"minutes": minutes, "saved": minutes - 60 * DISTANCE / (speed + 10)}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(20, 180), ylim=(0, 360), xlabel="km/h", ylabel="minutes")
    ax.set_yticks([0, 60, 120, 180, 240, 300])
    plot.curve(ax, "speed", "minutes", color=COLOR["computed"], linewidth=2.4)
    plot.marker(ax, "speed", "minutes", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)
    plot.label(ax, "speed", "minutes", "{minutes:.0f} minutes", dx=8, dy=8, flip=0.8, color=COLOR["computed"], fontweight="semibold")


def figure(model=journey) -> LiveFigure:
    """A hundred kilometres."""
    return LiveFigure(
        "gallery-curve",
        model,
        draw,
        kicker="Curve, marker, label · linear slider · guess first",
        title="What does driving ten km/h faster save?",
        controls={"speed": Slider(20, 180, 60, "speed", unit="km/h")},
        readouts=[Readout("minutes", "minutes for 100 km", ".0f"), Readout("saved", "minutes saved", ".1f")],
        summary="At {speed:.3g} km/h a hundred kilometres take {minutes:.0f} minutes; ten km/h more save {saved:.1f}.",
        guess=Guess("saved", "A hundred kilometres at 60 km/h take 100 minutes. How many minutes do ten km/h more save?", 1, 60, unit="minutes", format=".2g", log=False),
        sizes=SMALL,
    )
