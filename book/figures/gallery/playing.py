"""A slider that plays: the hours of a day run, and a shadow with them."""

import numpy as np

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

HEIGHT = 1.75  # m


def shadow(hour, latitude):
    """How high the sun stands [degrees] on a day as long as its night, and how long a person's shadow is [m]."""
    angle, north = 2 * np.pi * (hour - 12) / 24, np.radians(latitude)
    sun = np.arcsin(np.cos(north) * np.cos(angle))
    length = HEIGHT / np.tan(sun)
    return {"sun": np.degrees(sun), "length": length, "west": np.where(hour < 12, -length, 0), "east": np.where(hour < 12, 0, length)}


def draw(plot):
    sky, ground = plot.subplots(2, 1, height_ratios=[3, 1])
    sky.set(xlim=(6, 18), ylim=(0, 95), ylabel="degrees")
    sky.set_xticks([6, 9, 12, 15, 18], ["6", "9", "noon", "15", "18 h"])
    plot.curve(sky, "hour", "sun", over=(6, 18), color=COLOR["outline"], linewidth=1.2)
    plot.marker(sky, "hour", "sun", color=COLOR["ochre"], markeredgecolor=COLOR["card"], markersize=16)
    ground.set(xlim=(-14, 14), ylim=(-1, 1), yticks=[], xlabel="metres of shadow, to the west and to the east")
    ground.set_xticks([-10, -5, 0, 5, 10], ["10", "5", "", "5", "10"])
    ground.spines["left"].set_visible(False)
    plot.bar(ground, 0, "east", base="west", width=0.8, horizontal=True, color=COLOR["grey"])
    plot.vline(ground, 0, color=COLOR["ink"], linewidth=3)


def figure(model=shadow) -> LiveFigure:
    """A shadow."""
    return LiveFigure(
        "gallery-playing",
        model,
        draw,
        kicker="A slider that plays",
        title="How long is my shadow?",
        finding="At {hour:.3g} hours it is {length:.1f} metres long.",
        controls={
            "hour": Slider(7, 17, 9, "time of day", unit="h", plays=8, loops=True),
            "latitude": Slider(0, 60, 48, "degrees north", format=".0f"),
        },
        readouts=[Readout("length", "metres of shadow", ".1f"), Readout("sun", "degrees above the horizon", ".0f")],
        summary="At {hour:.3g} hours, {latitude:.0f} degrees north, the sun stands {sun:.0f} degrees high and a person’s shadow is {length:.1f} metres long.",
        sizes=SMALL,
        note="On a day as long as its night, for somebody of 1.75 m.",
    )
