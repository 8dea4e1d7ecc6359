"""Chapter 2: what a NumPy call costs against the work in it, as measured by `make measure`."""

import json

from clustermath.tables import DATA
from livefigure import Choice, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .bounds import bounded
from .pages import kicker

with open(DATA / "dispatch.json", encoding="utf-8") as text:
    PUBLISHED = json.load(text)  # {"date", "machine", "runs": {operation: [{"size", "flops", "seconds"}]}}
NAMES = {"matmul": "multiply matrices", "add": "add arrays"}
POINTS = [f"p{k}" for k in range(len(PUBLISHED["runs"]["add"]))]


def straight(points: list[dict]) -> dict:
    """Two numbers that describe a measured operation, and its points.

    overhead [s]: what the emptiest call takes; rate [FLOP/s]: the best that any size reaches.
    """
    return {
        "overhead": min(point["seconds"] for point in points),
        "rate": max(point["flops"] / point["seconds"] for point in points),
        "work": {name: float(point["flops"]) for name, point in zip(POINTS, points, strict=True)},
        "seconds": {name: point["seconds"] for name, point in zip(POINTS, points, strict=True)},
    }


def call(operation, work, removed):
    """A call with `work` [FLOP] in it, when the share `removed` of its overhead is taken away."""
    pure = work / operation["rate"]
    overhead = operation["overhead"]
    return {
        "as_it_is": overhead + pure,
        "leaner": overhead * (1 - removed) + pure,
        "microseconds": 1e6 * (overhead + pure),
        "share": overhead / (overhead + pure),
        "gain": (overhead + pure) / (overhead * (1 - removed) + pure),
        "tenfold": 1e6 * overhead / 9,
        "overhead": 1e6 * overhead,
        "measured": {name: operation["seconds"][name] for name in POINTS},
        "sizes": {name: operation["work"][name] for name in POINTS},
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(0.6, 6e9), ylim=(5e-8, 5e3), xlabel="floating-point operations in one call", ylabel="time of the call")
    ax.set_xticks([1, 1e3, 1e6, 1e9], ["1", "thousand", "million", "billion"])
    ax.set_yticks([1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1], ["0.1 µs", "1 µs", "10 µs", "0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s"])
    ax.minorticks_off()
    plot.curve(ax, "work", "as_it_is", over=(0.6, 6e9), color=COLOR["computed"], linewidth=2.2)
    plot.curve(ax, "work", "leaner", over=(0.6, 6e9), color=COLOR["computed"], linewidth=1.4, linestyle="--")
    for name in POINTS:
        plot.marker(ax, f"sizes.{name}", f"measured.{name}", color=COLOR["measured"], markerfacecolor=COLOR["card"], markersize=5)
    plot.marker(ax, "work", "as_it_is", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)
    plot.label(ax, "work", "as_it_is", "≤ {gain:,.3g}×" if plot.narrow else "{gain:,.3g}× at most", dx=9, dy=11, flip=0.2, color=COLOR["computed"], fontweight="semibold")
    key = ["dots: measured", "line: overhead + work ÷ rate", "dashed: with the overhead taken away"]
    ax.text(0.03, 0.96, "\n".join(key), transform=ax.transAxes, va="top", color=COLOR["muted"], linespacing=1.4)


def figure(model=call, runs=None) -> LiveFigure:
    """The dispatch-overhead lab: the committed run, or `runs` from `measure()` on a reader's own machine."""
    measured = {NAMES[name]: straight(points) for name, points in (runs or PUBLISHED["runs"]).items()}
    return LiveFigure(
        "dispatch-measured",
        model,
        draw,
        kicker=kicker(__name__),
        title="How much of a call is the language?",
        finding="{share:.1%} of this call is overhead; with {removed:.0%} of that gone it is {gain:,.3g} times as fast.",
        controls=bounded({
            "operation": Choice(measured, NAMES["matmul"], "operation"),
            "work": Slider(1, 4e9, 1e4, "operations in the call", log=True, format=".3k"),
            "removed": Slider(0, 1, 1.0, "overhead taken away", unit="%", scale=0.01, format=".0f"),
        }),
        presets={
            "one multiplication": {"work": 2.0},
            "matrices of 16 × 16": {"work": 2.0 * 16**3},
            "matrices of 1,024 × 1,024": {"work": 2.0 * 1024**3},
        },
        readouts=[
            Readout("microseconds", "µs the call takes", ",.3g"),
            Readout("share", "of it overhead", ".1%"),
            Readout("gain", "what a leaner caller gains", ",.3g", "×"),
            Readout("tenfold", "µs: longest work with a tenfold gain", ".2g", role="claimed"),
        ],
        summary=(
            "To {operation} with {work:.3k} operations takes {microseconds:,.3g} microseconds, {share:.1%} of it overhead. "
            "With {removed:.0%} of the overhead taken away the call is {gain:,.3g} times as fast."
        ),
        note="Measured with NumPy, on one thread." if runs is None else "Measured on this machine.",
        sources=[f"Measured on {PUBLISHED['date']}: {PUBLISHED['machine']['cpu']}, one thread, NumPy {PUBLISHED['machine']['numpy']}"],
    )
