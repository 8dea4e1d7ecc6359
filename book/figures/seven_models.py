"""Chapter 7: the portfolio as a schedule, each model a rectangle as high as its share and as long as its run."""

import functools
from datetime import date

import numpy as np

from clustermath.portfolio import Job, active_share_within, energy_in_parallel, finish_in_parallel, mfu_at
from clustermath.power import SITES, gpu_power, training_power
from clustermath.run import cost, gpu_time, peak, training_flops
from clustermath.units import DAY, HOUR, UNITS
from livefigure import Guess, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import PUE, gpus, share, slider
from .ledger import claimed
from .pages import kicker
from .portfolio import (
    CLUSTER, FAMILIES, GB300, LLAMA, MEASURED_MFU, MEMBERS, SUBSET, TWO_MONTHS,
    active, announced_jobs, goodput_of, grok_flops, imagine, machine, tokens_per_param,
)  # fmt: skip
from .walls import LARGEST_JOB, crowd, unpublished

START = date(2026, 4, 8)  # the day of the announcement; when each run began is not known
GRID = {"job": np.arange(float(len(MEMBERS))), "family": np.array([float(list(FAMILIES).index(family)) for family in MEMBERS])}
FALLOFF = 0.1  # as Llama 3.1 405B had it, arXiv 2407.21783
GOODPUT = goodput_of(CLUSTER // 2)  # of the largest, which has about half of the cluster: what ends last
LINE = 0.085  # height of a line of text, as a share of the cluster on the axis
ENDS = (12, 45, 140, 450, 1500, 6000, 36_000, 120_000)  # days at which the axis may end
NOWHERE = -1e9  # days
TEXT = 0.4  # length of a text, as a share of the axis
PARTS = {"ten": 50, "six": 25, "one_half": 8, "one": 4, "imagine": 1}  # of a hundred; nobody has published shares


def seven(ten, six, one_half, one, active, gpus, imagine, imagine_params, imagine_tokens, tokens_per_param, mfu, falloff, chip, precision, goodput, idle, pue, price, grid):
    """Seven runs started together on their shares of the cluster.

    ten ... imagine: parts of the cluster for one model of each family; they are brought to a sum of 1.
    active, tokens_per_param: of the Grok models. idle: chip power of a GPU without work over its TDP. price [dollar per GPU-hour].
    """
    parts = dict(ten=ten, six=six, one_half=one_half, one=one, imagine=imagine)
    total = sum([parts[family] for family in MEMBERS])
    total = np.where(total > 0, total, 1)  # nothing is trained, and takes no time
    shares = {family: part / total for family, part in parts.items()}
    flops = grok_flops(active, tokens_per_param) | {"imagine": training_flops(imagine_params, imagine_tokens)}
    jobs = announced_jobs(flops, mfu, shares)
    days = [time / DAY for time in finish_in_parallel(jobs, gpus, peak(chip, precision), falloff, goodput).values()]
    last = functools.reduce(np.maximum, days)
    room = 1.6 * last
    bottoms = [sum([shares[family] for family in MEMBERS[:place]]) for place in range(len(MEMBERS))]
    joules = energy_in_parallel(jobs, gpus, peak(chip, precision), training_power(chip), gpu_power(chip, idle, network_share=0.0), pue, falloff, goodput)

    def column(values):
        """One value for each of the seven."""
        return np.select([grid["job"] == place for place in range(len(MEMBERS))], values)

    bottom, height = column(bottoms), column([shares[family] for family in MEMBERS])

    def of_largest(values):
        """The value of the largest Grok model in training."""
        families = [family for family, (_, _, params, _) in FAMILIES.items() if params]
        return np.select([parts[family] > 0 for family in families], [values[family] for family in families], np.nan)

    busy = sum([shares[family] * end for family, end in zip(MEMBERS, days)])
    return {
        "days": {family: days[MEMBERS.index(family)] for family in FAMILIES},
        "share": shares,
        "row": {"start": 0 * bottom, "end": column(days), "bottom": bottom, "top": bottom + height, "family": grid["family"], "beyond": np.where(height * gpus > LARGEST_JOB, 0, -1)},
        "warning": np.where(np.max(height) * gpus > LARGEST_JOB, 1.15, -1.0),
        "text": _text(shares, {family: days[MEMBERS.index(family)] for family in FAMILIES}, np.select([room <= end for end in ENDS], ENDS, ENDS[-1])),
        "claim": np.where(ten > 0, TWO_MONTHS, NOWHERE),  # to the left of the axes where the 10T is left out
        "last": last,
        "room": room,
        "idle_time": 1 - busy / last,
        "gwh": joules / UNITS["MWh"] / 1e3,
        "dollars": cost(gpu_time(last * DAY, gpus), price / HOUR),
        "largest": of_largest({family: days[MEMBERS.index(family)] for family in FAMILIES}),
        "tokens": of_largest({family: tokens_per_param * active * params / 1e12 for family, (_, _, params, _) in FAMILIES.items() if params}),
    }


def two_months_share(part: float) -> float:
    """The active share with which the 10T takes the claimed two months on `part` of the cluster, all else by default."""
    mfu = mfu_at(Job(name="10T", flops=0.0, mfu=MEASURED_MFU, reference_gpus=LLAMA.gpus), round(part * CLUSTER), FALLOFF)
    return float(active_share_within(TWO_MONTHS * DAY, FAMILIES["ten"][2], round(part * CLUSTER), GB300.bf16, mfu, GOODPUT))


def _text(shares, days, end):
    """Where each family's text stands: at the middle of its rectangles, or above the text below where these are thin.

    It starts where the rectangle ends, or behind the line of the claim if it would run across it. end: of the axis.
    """
    places, edge, below = {}, 0, -LINE
    for family, (_, count, _, _) in FAMILIES.items():
        wanted = np.maximum(edge + np.maximum(shares[family] * count, LINE) / 2, below + LINE)
        edge = edge + shares[family] * count
        below = np.where(shares[family] > 0, wanted, below)
        crosses = (shares["ten"] > 0) & (days[family] < TWO_MONTHS) & (days[family] + TEXT * end > TWO_MONTHS)
        x = np.where(crosses, TWO_MONTHS, days[family])
        # A model that is left out has its text to the left of the axes, where it does not show.
        # Less than a thousandth of a day would be a power of ten, whose raised digits are taller than a line.
        places[family] = {"x": np.where(shares[family] > 0, x, NOWHERE), "y": wanted, "days": np.maximum(days[family], 0.001)}
    return places


def calendar(end: float):
    """Limits of `end` days from START, with a tick at the first of some months or years, or every few days."""
    ticks = {0: f"{START.day} {START:%b}"}
    if end < 60:
        step = 3 if end < 20 else 10
        for day in range(step, int(0.96 * end), step):
            then = date.fromordinal(START.toordinal() + day)
            ticks[day] = f"{then.day} {then:%b}"
        return 0, end, ticks
    months = next(months for months, until in ((1, 150), (3, 500), (12, 2000), (60, 9000), (240, 40_000), (1200, 1e9)) if end < until)
    if months >= 12:
        ticks[0] = f"{START:%b %Y}"
    for k in range(1, 5000):
        year, month = divmod(START.year * 12 + START.month - 1 + k, 12)
        day = (date(year, month + 1, 1) - START).days
        aligned = (year * 12 + month) % months == 0 and k > (0.17 if months >= 12 else 0.1) * end / 30
        if day > 0.96 * end:
            break
        if aligned:
            ticks[day] = f"{date(year, month + 1, 1):%b}" if months == 1 else f"{year}" if months >= 12 else f"{date(year, month + 1, 1):%b %Y}"
    return 0, end, ticks


def draw(plot):
    ax = plot.subplots()
    ax.set(ylim=(0, 1.3), ylabel="share of the GPUs", xlabel="if all started at the announcement" if plot.narrow else "if all seven started on the day of the announcement")
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    ax.grid(axis="y", visible=False)
    plot.limits(ax, "x", ["room"], [calendar(end) for end in ENDS])
    plot.rectangles(
        ax, "row.start", "row.end", "row.bottom", "row.top", [color for *_, color in FAMILIES.values()],
        kind="row.family", alpha=0.75, edgecolor=COLOR["card"], linewidth=0.8,
    )  # fmt: skip
    unpublished(plot, ax, "row", "row.beyond")
    crowd(plot, ax, 0.985, "warning", "dashed: unpublished size" if plot.narrow else "dashed: larger than any job published", fraction="x", ha="right")
    plot.vline(ax, "claim", color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    plot.label(ax, "claim", 0.985, "10T, as claimed" if plot.narrow else "the 10T as claimed: about two months", dx=5, flip=0.6, fraction="y", va="top", color=COLOR["claimed"])
    for family, (name, count, _, color) in FAMILIES.items():
        many = f"{count} × {name}" if count > 1 else name
        each = " each" if count > 1 else ""
        text = f"{many}: {{text.{family}.days:,.3g}} d" if plot.narrow else f"{many}: {{share.{family}:.0%}}{each}, {{text.{family}.days:,.3g}} days"
        plot.label(ax, f"text.{family}.x", f"text.{family}.y", text, dx=5, va="center", color=color, fontweight="semibold")


def figure(model=seven) -> LiveFigure:
    """The chapter's main figure."""
    two_months = two_months_share(PARTS["ten"] / sum(PARTS[family] for family in MEMBERS))
    sparse = {"active": 0.05, "tokens_per_param": 60}
    three = {"ten": 0, "six": 60, "one_half": 0, "one": 20, "imagine": 0, "active": 0.05, "tokens_per_param": 60}

    def elsewhere(cluster, largest, **more):
        """Another cluster, with the goodput of the largest job on it."""
        return {"gpus": cluster, "goodput": goodput_of(largest * cluster), **more}

    parts = {family: Slider(0, 100, part, label, limits=(0, 1e6), steps=100, folded=family == "imagine") for (family, part), label in zip(
        PARTS.items(), ("parts for the 10T", "parts for the 6T", "parts for each 1.5T", "parts for each 1T", "parts for Imagine V2")
    )}  # fmt: skip
    shown = {name: control for name, control in parts.items() if name != "imagine"}
    return LiveFigure(
        "seven-models",
        model,
        draw,
        kicker=kicker(__name__),
        title="When is each of the seven done?",
        finding="The largest Grok takes {largest:,.3g} days; the last of the seven is done after {last:,.3g}.",
        controls=bounded({
            **shown,
            "active": active(1.0),
            "gpus": gpus(CLUSTER),
            "imagine": parts["imagine"],
            **imagine(),
            "tokens_per_param": tokens_per_param(folded=True),
            **machine(),
            "falloff": slider("falloff", FALLOFF, "MFU falls with size", folded=True, steps=60),
            "goodput": share("goodput", GOODPUT, "goodput", show=(0.1, 1), folded=True, steps=90),
            "idle": share("cap", 0.15, "idle chip, of its TDP", show=(0.1, 1), folded=True, steps=90),
            "pue": slider("pue", PUE, "PUE", show=(1, 1.6), folded=True, steps=60),
            "price": Slider(0.5, 10, 2.0, "rent of a GPU", unit="$/h", format=".3g", limits=(0, 1000), folded=True, steps=95),
        }),
        presets={
            "All dense": {},
            "The 10T in two months": {"active": two_months},
            "One in twenty active": sparse,
            f"The same on {SUBSET:,.0f}": sparse | elsewhere(SUBSET, 0.5),
            "Three builds, 200,000 GB200": three | elsewhere(claimed("000-02"), 0.6, chip="GB200 NVL72"),
            "Three builds, Colossus 1": three | elsewhere(SITES["Colossus 1 in 2026"].gpus, 0.6, chip="H100 SXM"),
        },
        readouts=[
            Readout("largest", "days for the largest Grok", ",.3g"),
            Readout("last", "days until the last is done", ",.3g"),
            Readout("tokens", "tokens for the largest Grok", ",.3g", "T"),
            Readout("idle_time", "of the GPU-time nothing to do", ".0%"),
            Readout("gwh", "GWh at the meter", ",.3g"),
            Readout("dollars", "dollars of rent", ".3k"),
        ],
        summary=(
            "On {gpus:,.7g} {chip}, with {active:.1%} of the parameters active and {tokens_per_param:.3g} tokens for each: the 10T is done after "
            "{largest:,.3g} days, the 6T after {days.six:,.3g}, each 1.5T after {days.one_half:,.3g}, each 1T after {days.one:,.3g}, Imagine V2 after "
            "{days.imagine:,.3g}. The last ends after {last:,.3g} days; {gwh:,.3g} GWh and {dollars:.3k} dollars."
        ),
        guess=Guess("last", "Before you look: all seven start together on 555,000 GB300s, dense, with 20 tokens per parameter. After how many days is the last one done?", 10, 10_000, unit="days"),
        fixed={"grid": GRID},
        sizes={"wide": (6.9, 3.3), "narrow": (3.6, 3.3)},
        sources=["Parameters of the models: as announced. Shares, tokens, active parameters, Imagine V2’s size: assumed, for the reader to set."],
    )
