"""Chapter 6: three hours of one job at four sizes, failure by failure, with the same luck."""

import numpy as np
from clustermath.failures import CHECKPOINTS, FAILURE_RATES, best_goodput, best_interval, mean_time_between_failures
from clustermath.scan import scan
from clustermath.units import HOUR, MINUTE
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import choice
from .pages import kicker
from .palette import TIME
from .walls import LARGEST_JOB

SIZES = {"published": 16_384, "planned": 220_000, "installed": 555_000, "million": 1_000_000}  # GPUs
WINDOW = 3 * HOUR
DRAWS = 180  # failures: more than the window holds for a million of the least reliable GPUs
GOLDEN = (np.sqrt(5) - 1) / 2
CHANCES = np.random.default_rng(6).permutation((np.arange(DRAWS) + 0.5) / DRAWS)
HALF = 0.17  # of a strip's height


def three_hours(luck, checkpoints, restart, failures, chances):
    """What each size does when. luck: which draw of chance; chances: numbers in 0..1; the rest as in clustermath."""
    turned = chances + luck * GOLDEN
    gaps = -np.log(np.maximum(1 - (turned - np.floor(turned)), 1e-9))  # between failures, as multiples of their mean
    _, ends = scan(lambda clock, gap: (clock + gap, clock + gap), 0.0, gaps)
    return {name: strip(ends - gaps, ends, row, gpus, checkpoints, restart, failures) for row, (name, gpus) in enumerate(SIZES.items())}


def strip(starts, ends, row, gpus, checkpoints, restart, failures):
    """One size's window. starts, ends: of the times between failures, as multiples of their mean."""
    mtbf = mean_time_between_failures(gpus, failures.rate)
    interval = best_interval(mtbf, checkpoints.stall, checkpoints.lag)
    segment = interval + checkpoints.stall
    failed, fails = starts * mtbf, ends * mtbf
    running = np.minimum(failed + np.where(starts > 0, restart, 0), fails)
    saved = running + np.floor(np.maximum(fails - running - checkpoints.lag, 0) / segment) * segment
    saved = np.where(fails < WINDOW, saved, WINDOW)  # what runs when the window closes is not lost
    shown = {name: np.minimum(time, WINDOW) / HOUR for name, time in (("running", running), ("saved", saved), ("fails", fails))}
    middle = np.where(failed < WINDOW, len(SIZES) - 1.0 - row, np.nan)
    return shown | {
        "low": middle - HALF,
        "high": middle + HALF,
        "stops": np.sum(np.where(fails < WINDOW, 1.0, 0.0)),
        "useful": np.sum(shown["saved"] - shown["running"]) * HOUR / WINDOW * interval / segment,
        "expected": best_goodput(mtbf, checkpoints.stall, restart, checkpoints.lag),
    }


def draw(plot):
    ax = plot.subplots()
    last = len(SIZES) - 1
    ax.set(xlim=(0, WINDOW / HOUR), ylim=(-0.3, last + 0.95), yticks=[], xlabel="hours")
    ax.set_xticks([0, 1, 2, 3])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    for row, (name, gpus) in enumerate(SIZES.items()):
        at = last - row
        ax.barh(at, WINDOW / HOUR, 2 * HALF, color=COLOR[TIME["waiting"]], alpha=0.3)
        plot.rectangles(ax, f"{name}.running", f"{name}.saved", f"{name}.low", f"{name}.high", colors=[COLOR[TIME["compute"]]])
        plot.rectangles(ax, f"{name}.saved", f"{name}.fails", f"{name}.low", f"{name}.high", colors=[COLOR[TIME["again"]]])
        unseen = "" if gpus <= LARGEST_JOB else ", unpublished" if plot.narrow else ", more than in any published job"
        ax.text(0, at + HALF + 0.06, f"{gpus:,.0f} GPUs{unseen}", va="bottom", color=COLOR["ink"])
        stops = f"stopped {{{name}.stops:.0f}}×, {{{name}.useful:.0%}} useful"
        plot.label(ax, 1, at + HALF + 0.06, stops, fraction="x", ha="right", va="bottom", color=COLOR["computed"], fontweight="semibold")
    keys = (("kept", TIME["compute"]), ("lost, done again", TIME["again"]), ("restarting", TIME["waiting"]))
    for (text, color), x in zip(keys, (0, 0.16, 0.58) if plot.narrow else (0, 0.1, 0.34)):
        ax.text(x, 1, text, transform=ax.transAxes, va="top", color=COLOR[color], fontweight="semibold")


def figure(model=three_hours) -> LiveFigure:
    """Three hours."""
    return LiveFigure(
        "three-hours",
        model,
        draw,
        kicker=kicker(__name__),
        title="What do three hours look like?",
        finding=f"On {SIZES['published']:,.0f} GPUs {{published.useful:.0%}} of three hours is useful, on {SIZES['million']:,.0f} {{million.useful:.0%}}.",
        controls=bounded({
            "restart": Slider(0, 1800, 600.0, "restart", unit="min", scale=MINUTE, format=".3g", limits=(0, 1e7), steps=120),
            "checkpoints": choice(CHECKPOINTS, "to storage at 2 TB/s", "checkpoints"),
            "luck": Slider(1, 60, 1.0, "other three hours", integer=True, limits=(0, 10_000), format=".5g"),
            "failures": choice(FAILURE_RATES, "Llama 3 (H100)", "failures as in", folded=True),
        }),
        presets={
            "restart in 10 minutes": {},
            "… in 3 minutes": {"restart": 3 * MINUTE},
            "… in half a minute": {"restart": 30.0, "checkpoints": "in other machines’ memory"},
            "5-minute checkpoints": {"checkpoints": "to storage, 5 minutes"},
            "A100s of RSC-1": {"failures": "Meta RSC-1 (A100)"},
        },
        readouts=[
            *(Readout(f"{name}.expected", f"useful in the long run, {gpus:,.0f}", ".0%") for name, gpus in SIZES.items()),
        ],
        summary=(
            "Three hours with restarts of {restart:,.3g} seconds: "
            + "; ".join(f"{gpus:,.0f} GPUs stop {{{name}.stops:.0f}} times and {{{name}.useful:.0%}} of the time is useful, {{{name}.expected:.0%}} in the long run" for name, gpus in SIZES.items())
            + "."
        ),
        fixed={"chances": CHANCES},
        note="the same luck for all four sizes",
        sizes={"wide": (6.9, 3.7), "narrow": (3.6, 3.8)},
    )
