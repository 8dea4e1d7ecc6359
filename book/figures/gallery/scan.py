"""A recurrence, month by month, and an axis that follows it; number boxes that take "220k". Interest comes first."""

import numpy as np

from clustermath.scan import scan
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL

MONTHS = np.arange(1.0, 481)
STEPS = [
    (0, 100e3, {0: "0", 50e3: "50k", 100e3: "100k"}),
    (0, 300e3, {0: "0", 150e3: "150k", 300e3: "300k"}),
    (0, 1e6, {0: "0", 500e3: "500k", 1e6: "1M"}),
    (0, 10e6, {0: "0", 5e6: "5M", 10e6: "10M"}),
]


def loan(principal, rate, payment, months):
    """What is owed after each month, at a yearly `rate`."""

    def month(owed, _):
        interest = owed * rate / 12
        owed = owed + interest - np.minimum(payment, owed + interest)
        return owed, {"owed": owed, "interest": interest}

    _, course = scan(month, principal, months)
    return {
        "year": months / 12,
        "owed": course["owed"],
        "most": np.maximum(principal, np.max(course["owed"])),
        "years": (np.sum(np.where(course["owed"] > 0, 1.0, 0.0)) + 1) / 12,
        "interest": np.sum(course["interest"]),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 40), xlabel="years", ylabel="owed, dollars")
    plot.limits(ax, "y", ["most"], STEPS)
    plot.curve(ax, "year", "owed", color=COLOR["computed"], linewidth=2.4)
    plot.vline(ax, "years", color=COLOR["measured"], linewidth=1, linestyle="--")


def figure(model=loan) -> LiveFigure:
    """A loan paid off in equal instalments."""
    return LiveFigure(
        "gallery-scan",
        model,
        draw,
        kicker="Recurrence, axis that follows · number boxes",
        title="When is the loan paid off?",
        controls={
            "principal": Slider(20e3, 2e6, 220e3, "loan", unit="dollars", format=",.7g", log=True, limits=(1e3, 1e8)),
            "rate": Slider(0, 0.12, 0.05, "interest a year", unit="%", scale=0.01, limits=(0, 0.5)),
            "payment": Slider(200, 20e3, 1200, "payment a month", unit="dollars", format=",.7g", log=True, limits=(1, 1e6)),
        },
        readouts=[
            Readout("years", "years until it is paid", ".1f", limit=40, beyond="years, and it is not paid"),
            Readout("interest", "dollars of interest by then", ",.0f"),
        ],
        summary="A loan of {principal:,.7g} dollars at {rate:.2%} is paid off in {years:.1f} years, with {interest:,.0f} dollars of interest.",
        fixed={"months": MONTHS},
        sizes=SMALL,
    )
