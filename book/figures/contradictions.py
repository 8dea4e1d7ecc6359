"""The ledger: four quantities for which the five texts, and what is published elsewhere, give different numbers."""

import numpy as np
from clustermath import CHIPS, MODELS
from clustermath.run import training_time
from clustermath.runs import RUNS
from clustermath.tables import read
from clustermath.units import DAY, GIGA, KILO, TERA
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import walls
from .bounds import bounded, over, published
from .ledger import claimed
from .pages import kicker

RUN = RUNS["Llama 3.1 405B"]
FLOPS = MODELS["Llama 3.1 405B"].flops
SEEN = read("sites.csv")["Colossus 2, January 2026 (seen)"]["power"].number
OLD = read("sites.csv")["Colossus 1 in 2026"]["gpus"].number
GB200, H100 = CHIPS["GB200 NVL72"], CHIPS["H100 SXM"]
SITES = published()["each"]  # kW
NOWHERE = -1.0  # to the left of the axes
ROOM = 1.3  # of the longest bar's length, so that its label fits in
BILLED = RUN.gpu_time / RUN.gpus / DAY
CLAIMS = {
    "gb200": claimed("000-02") * GB200.bf16 / H100.bf16,
    "mixed": claimed("002-03"),
    "stack": claimed("004-01"),
    "site": claimed("004-22", "value_to"),
    "days": claimed("004-10") / DAY,
    "power": claimed("004-21") / GIGA,
}


def numbers(rate, each):
    """The computed ones among them. rate: TFLOP/s that each GPU of Llama's run delivers; each: kW of a GPU with its share of the site."""
    days, fed, drawn = training_time(FLOPS, RUN.gpus, rate * TERA, 1.0) / DAY, SEEN / (each * KILO), CLAIMS["site"] * each * KILO / GIGA
    published_rate = rate <= RUN.rate_short / TERA
    reported = (each >= SITES.low * (1 - 1e-9)) & (each <= SITES.high * (1 + 1e-9))
    return {
        "compute": days,
        "fed": fed,
        "drawn": drawn,
        "stack_drawn": CLAIMS["stack"] * each * KILO / GIGA,
        "bar": {"compute": walls.sides(days, published_rate), "fed": walls.sides(fed, reported), "drawn": walls.sides(drawn, reported)},
        "said": {key: {"within": np.where(known, 0, NOWHERE), "beyond": np.where(known, NOWHERE, 0)} for key, known in (("rate", published_rate), ("each", reported))},
    }


GROUPS = [  # title, the longest that must fit, and the bars: length, what it is, its label, its colour; of what is computed also the input, and what it is beyond that one's wall
    (
        "Colossus 1, its GPUs counted as H100s",
        CLAIMS["gb200"],
        [
            (CLAIMS["gb200"], "BASENOR: 200,000 GB200s", f"{CLAIMS['gb200']:,.0f}", "claimed"),
            (CLAIMS["mixed"], "Digital Trends: 200,000, of them 50,000 H200s", f"{CLAIMS['mixed']:,.0f}", "claimed"),
            (OLD, "announced in 2026, mixed, each as one", f"{OLD:,.0f}", "teal"),
        ],
    ),
    (
        "GPUs of Colossus 2",
        CLAIMS["site"],
        [
            (CLAIMS["site"], "FrontierNews.ai: the site", f"{CLAIMS['site']:,.0f}", "claimed"),
            (CLAIMS["stack"], "FrontierNews.ai: the stack is written for", f"{CLAIMS['stack']:,.0f}", "claimed"),
            ("fed", "what 350 MW of cooling feed at {each:.3g} kW each", "{fed:,.3g}", "computed", "each", "350 MW of cooling at {each:.3g} kW each: unreported"),
        ],
    ),
    (
        "Days of Llama 3.1 405B",
        110,
        [
            (CLAIMS["days"], "FrontierNews.ai", f"{CLAIMS['days']:.0f}", "claimed"),
            ("compute", "the arithmetic at {rate:.3g} TFLOP/s a GPU", "{compute:.1f}", "computed", "rate", f"at {{rate:.3g}} TFLOP/s a GPU; Meta published {RUN.rate_short / TERA:.0f}"),
            (BILLED, "GPU-hours of the model card", f"{BILLED:.1f}", "teal"),
        ],
    ),
    (
        "Gigawatts of Colossus 2 in January 2026",
        1.3,
        [
            (CLAIMS["power"], "WebProNews, FrontierNews.ai", f"{CLAIMS['power']:.0f}", "claimed"),
            ("drawn", "what 555,000 GPUs draw at {each:.3g} kW each", "{drawn:.2f}", "computed", "each", "555,000 GPUs at {each:.3g} kW each: unreported"),
            (SEEN / GIGA, "cooling seen from above", f"{SEEN / GIGA:.2f}", "teal"),
        ],
    ),
]


def draw(plot):
    for ax, (title, longest, bars) in zip(plot.subplots(len(GROUPS), 1), GROUPS):
        ax.set(xlim=(0, longest * ROOM), ylim=(-0.75, len(bars) - 0.35), yticks=[], xticks=[])
        ax.set_title(title, loc="left", fontweight="semibold", fontsize=12, pad=2)
        ax.grid(visible=False)
        for side in ("bottom", "left"):
            ax.spines[side].set_visible(False)
        for row, (length, name, label, color, *wall) in enumerate(reversed(bars)):
            if wall:
                walls.bar(plot, ax, row - 0.2, f"bar.{length}", COLOR[color], width=0.34, alpha=0.9)
                walls.say(plot, ax, wall[1], f"said.{wall[0]}.beyond", row + 0.22)
            else:
                plot.bar(ax, row - 0.2, length, width=0.34, horizontal=True, color=COLOR[color], alpha=0.9)
            plot.label(ax, f"said.{wall[0]}.within" if wall else 0, row + 0.22, name, va="center", color=COLOR["ink"])
            plot.label(ax, length, row - 0.2, label, dx=6, va="center", color=COLOR[color], fontweight="semibold")


def figure(model=numbers) -> LiveFigure:
    """Four quarrels in one picture."""
    return LiveFigure(
        "contradictions",
        model,
        draw,
        kicker=kicker(__name__),
        title="Where the texts disagree",
        finding="The article says 54 days; at {rate:.4g} TFLOP/s the arithmetic takes {compute:.1f}.",
        controls=bounded({
            "rate": Slider(300, 989, RUN.rate / TERA, "delivered per GPU of Llama’s run", unit="TFLOP/s", limits=(250, 989), format=".4g"),
            "each": Slider(1.2, 2.4, 1.8, "for each GPU at the meter", unit="kW", limits=(0.9, 2.4), format=".3g"),
        }, rate=over([rate / TERA for rate in (RUN.rate, RUN.rate_short, RUN.rate_long)], "what Meta has published of this run")),
        presets={"as published": {}, "GB300s at full power": {"each": 2.0}, "54 days": {"rate": float(FLOPS / RUN.gpus / claimed("004-10") / TERA)}},
        readouts=[
            Readout("compute", "days of arithmetic", ".1f"),
            Readout("fed", "GPUs fed in January", ",.3g"),
            Readout("drawn", "GW for all of the site’s GPUs", ".2f"),
        ],
        summary=(
            "At {rate:.4g} TFLOP/s Llama’s arithmetic takes {compute:.1f} days, against 54 claimed and 78 billed. At {each:.3g} kW for each GPU the cooling seen in January feeds {fed:,.3g} GPUs, "
            "and the 555,000 that were claimed draw {drawn:.2f} GW."
        ),
        sizes={"wide": (6.9, 6.4), "narrow": (3.6, 6.8)},
    )
