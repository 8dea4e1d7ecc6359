"""A live figure with every kind of binding on every kind of axis: what the book's figures may need one day."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from livefigure import Choice, LiveFigure, Readout, Slider


@dataclass(frozen=True)
class Place:
    name: str
    level: float
    inner: dict


PLACES = {"low": Place("low", -2.0, {"tilt": 0.5}), "high": Place("high", 3.0, {"tilt": 0.0}), 'a "quoted" <one>': Place("", 0.0, {"tilt": -1.0})}


def model(x, n, share, place):
    wave = np.sin(x * n) * share + place.level
    return {
        "wave": wave,
        "root": np.sqrt(x - 1),  # does not exist to the left of 1
        "power": 10 ** (3 * x - 3),
        "pole": 1 / (x - 2),  # infinite at 2
        "ends": {"low": np.minimum(wave, 0), "high": np.maximum(wave, place.inner["tilt"])},
        "steps": np.floor(x * n) + np.round(share * 10) + n % 3,
        "far": 1e9 * (x - 2.3),
        "broken": np.sqrt(np.sin(9 * x)) / 10,
    }


def draw(plot):
    upper, lower, following = plot.subplots(3, 1, height_ratios=[3, 3, 1])
    upper.set(xlim=(-1, 4), ylim=(-5, 5))
    plot.curve(upper, "x", "wave", over=(-1, 4), points=301)
    plot.curve(upper, "x", "root", over=(-1, 4), color="C2", linewidth=1)
    plot.curve(upper, "x", "pole", over=(-1, 4), points=100, color="C3")
    plot.band(upper, "x", "wave", "root", over=(-1, 4), points=90, alpha=0.2)  # which is not there to the left of 1
    plot.curve(upper, "share", "wave", along="n", over=(1, 9), color="C4")
    plot.marker(upper, "x", "wave")
    plot.marker(upper, "pole", 1, marker="s")
    plot.marker(upper, "root", "far", marker="D")
    plot.region(upper, "ends.low", "ends.high", alpha=0.2)
    plot.vline(upper, "x")
    plot.hline(upper, "wave", linestyle="--")
    plot.label(upper, "x", "wave", "{wave:.2f} at {x:.2f} {place}", dx=5, dy=4, flip=0.6)
    plot.label(upper, "root", 0.9, "{root:.3g}", fraction="y", va="top", ha="center")
    lower.set(xscale="log", yscale="log", xlim=(0.1, 10), ylim=(1e-3, 1e3))
    plot.curve(lower, "x", "power", over=(0.1, 4))
    plot.band(lower, "x", "broken", "power", over=(0.1, 4), alpha=0.2)  # in pieces
    plot.marker(lower, "share", "power", clip_on=False)
    plot.bar(lower, 2, "power", base=1e-2, width=1)
    plot.bar(lower, 0.5, "share", base=0.2, width=0.3, horizontal=True)
    plot.bar(upper, 3.5, "wave", base="ends.low", width=0.5, color="C5")
    plot.bar(upper, -4, "far", width=0.5, horizontal=True)
    plot.hline(lower, "power")
    plot.vline(lower, "wave")  # not there for negative values
    plot.label(lower, 0.5, 0.5, "{steps:,.0f} steps, {share:.1%}", fraction="xy", va="center")
    following.set(xlim=(0, 1))
    plot.limits(following, "y", ["pole"], [(-1, 1), (-4, 4), (-10, 10)])  # and where it lies beyond them all, too
    plot.marker(following, "share", "wave")


@cache
def figure() -> LiveFigure:
    """The same one for all tests."""
    return LiveFigure(
        "toy",
        model,
        draw,
        title="Does everything move?",
        controls={
            "x": Slider(-1, 4, 2.3, "x"),
            "n": Slider(1, 9, 3, "n", integer=True),
            "share": Slider(0.1, 0.9, 0.4, "share", unit="%", scale=0.01, limits=(0, 1)),
            "place": Choice(PLACES, "low", "place"),
        },
        readouts=[Readout("wave", "wave", ".3f"), Readout("root", "root", ".3g"), Readout("pole", "pole", ".3k", limit=5, beyond="too much"), Readout("wave", "wave, once more", ".0f"), Readout("share", "share", ".0%"), Readout("steps", "steps", ".1f")],
        presets={"flat": {"share": 0.0, "place": "high"}, "beyond": {"x": 2.01, "share": 0.3}},
        summary="The wave stands at {wave:.3f}, the pole at {pole:.2f} in {place}.",
        sizes={"wide": (6.9, 4.5), "narrow": (3.6, 4.0)},
    )

