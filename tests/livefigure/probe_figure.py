"""A small live figure with every option within reach, for the tests of what LiveFigure and Drawing accept and do."""

from dataclasses import dataclass
from html.parser import HTMLParser

from livefigure import Choice, LiveFigure, Readout, Slider


@dataclass(frozen=True)
class Chip:
    peak: float
    watts: float


CHIPS = {"A100": Chip(312e12, 400), "H100": Chip(989e12, 700)}


def days(gpus, mfu, chip):
    time = 3.8e25 / (gpus * chip.peak * mfu) / 86400
    return {"days": time, "energy": {"mwh": time * gpus * chip.watts * 24 / 1e6}}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1e5), ylim=(0, 1e4))
    plot.curve(ax, "gpus", "days")
    plot.marker(ax, "gpus", "days")
    plot.label(ax, "gpus", "days", "{days:.1f} days on {chip}")


CONTROLS = {
    "gpus": Slider(1e3, 1e5, 16384, "GPUs", log=True, integer=True),
    "mfu": Slider(0.1, 0.9, 0.4, "MFU", unit="%", scale=0.01),
    "chip": Choice(CHIPS, "H100", "chip"),
}


def make(**changes) -> LiveFigure:
    return LiveFigure(
        **{
            "name": "probe",
            "model": days,
            "draw": draw,
            "title": "How many <days>?",
            "controls": CONTROLS,
            "readouts": [Readout("days", "days", ".1f"), Readout("energy.mwh", "MWh", ",.0f")],
            "presets": {"as published": {}, "older & slower": {"chip": "A100", "mfu": 0.3}},
            "summary": "{gpus:,.7g} {chip} take {days:.1f} days.",
        }
        | changes
    )


FIGURE = make()
DAYS = 3.8e25 / (16384 * 989e12 * 0.4) / 86400


class Elements(HTMLParser):
    """Every element of a piece of HTML as (tag, attributes), in order."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def named(self, tag):
        return [attributes for found, attributes in self.found if found == tag]
