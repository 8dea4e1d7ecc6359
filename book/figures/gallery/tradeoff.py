"""A curve that neither axis is an input of; presets. Each step along it costs more than the one before."""

from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

DISTANCE = 500.0  # km
ROLLING, DRAG = 3.0, 3.0e-4  # l per 100 km, and the same per (km/h)²


def trip(speed):
    """Hours and litres for the distance at a steady `speed` [km/h]: rolling costs the same at any, drag its square."""
    return {"hours": DISTANCE / speed, "litres": DISTANCE / 100 * (ROLLING + DRAG * speed**2)}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(2, 9), ylim=(0, 90), xlabel="hours", ylabel="litres")
    plot.curve(ax, "hours", "litres", along="speed", color=COLOR["computed"], linewidth=2.4)
    plot.marker(ax, "hours", "litres", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)
    plot.label(ax, "hours", "litres", "{speed:.0f} km/h", dx=9, dy=7, flip=0.8, color=COLOR["computed"], fontweight="semibold")


def figure(model=trip) -> LiveFigure:
    """Time against fuel."""
    return LiveFigure(
        "gallery-tradeoff",
        model,
        draw,
        kicker="Curve along an input · presets",
        title="What does an hour cost in fuel?",
        controls={"speed": Slider(60, 200, 100, "speed", unit="km/h", limits=(1, 400))},
        presets={"country road": {"speed": 80}, "motorway": {"speed": 120}, "late": {"speed": 180}},
        readouts=[Readout("hours", "hours", ".1f"), Readout("litres", "litres", ".0f")],
        summary="At {speed:.3g} km/h 500 km take {hours:.1f} hours and {litres:.0f} litres.",
        sizes=SMALL,
        note="A round formula, not a car.",
    )
