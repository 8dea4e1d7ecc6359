"""Lines across and a region; a guess before the figure is shown. The last tenth of use costs the most."""

from livefigure import Guess, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import SMALL


def queue(busy, patience):
    """How long one waits on average, in service times, where people come at random to a till that is `busy` so often."""
    return {"wait": busy / (1 - busy), "most": patience / (1 + patience), "all": 1.0}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 25), xlabel="share of the time that the till is busy", ylabel="service times")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    plot.region(ax, "most", "all", color=COLOR["claimed"], alpha=0.1, linewidth=0)
    plot.hline(ax, "patience", color=COLOR["claimed"], linewidth=1.2, linestyle="--")
    plot.label(ax, 0.02, "patience", "patience", dy=4, color=COLOR["claimed"], fontweight="semibold")
    plot.curve(ax, "busy", "wait", over=(0, 0.999), color=COLOR["computed"], linewidth=2.4)
    plot.vline(ax, "busy", color=COLOR["measured"], linewidth=1.2)
    plot.marker(ax, "busy", "wait", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)


def figure(model=queue) -> LiveFigure:
    """A queue."""
    return LiveFigure(
        "gallery-lines",
        model,
        draw,
        kicker="Lines and region · guess first",
        title="How full may a till be?",
        controls={
            "busy": Slider(0, 0.99, 0.9, "the till is busy", unit="%", scale=0.01, limits=(0, 0.999), steps=99),
            "patience": Slider(1, 20, 4, "patience, in service times", limits=(0, 1000)),
        },
        readouts=[Readout("wait", "service times to wait", ".3g"), Readout("most", "busy, and patience is used up", ".0%", role="claimed")],
        summary="At a till that is busy {busy:.0%} of the time one waits {wait:.3g} service times.",
        guess=Guess("wait", "People come at random to a till that is busy nine tenths of the time. For how many times one’s own service does one wait?", 0.2, 200),
        note="Waiting in the simplest queue there is (M/M/1).",
        sizes=SMALL,
    )
