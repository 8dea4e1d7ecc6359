"""The scoreboard: every measured run against what the step model, its physics before the fit, and one constant MFU say."""

import numpy as np
from clustermath.fit import UNTUNED, Runs, predicted_apart, usable
from clustermath.layout import gpus_used
from clustermath.measured import NEWER, OWN, PUBLISHED, read_runs
from clustermath.software import CONSTANTS, MIXTURE
from clustermath.validation import mfu_of
from livefigure import Choice, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .pages import kicker

KNOWN, UNSEEN, OURS = (usable(read_runs(path)) for path in (PUBLISHED, NEWER, OWN))
SHOWN = Runs([*KNOWN.runs, *UNSEEN.runs, *OURS.runs])
LOW, HIGH = 0.05, 400.0  # s: the axis
HALF = 1.045  # of a square on it, as a factor
CHIP_NAMES = sorted({run.chip.name for run in SHOWN.runs})
SOURCE_NAMES = sorted(set(SHOWN.sources))


def _rows() -> dict:
    """What is fixed of each row: measured and predicted times [s], and what a reader may choose rows by."""
    return {
        "measured": SHOWN.measured,
        "fitted": SHOWN.predict(CONSTANTS),
        "apart": np.concatenate([predicted_apart(KNOWN), UNSEEN.predict(CONSTANTS), OURS.predict(CONSTANTS)]),
        "untuned": SHOWN.predict(UNTUNED),
        "constant": SHOWN.measured * mfu_of(SHOWN) / np.median(mfu_of(KNOWN)),
        "new": np.repeat([0.0, 1.0, 2.0], [len(KNOWN.runs), len(UNSEEN.runs), len(OURS.runs)]),
        "mixture": np.where(SHOWN.kinds == MIXTURE, 1.0, 0.0),
        "bits": np.asarray(SHOWN.batch.bits, float),
        "gpus": np.asarray(gpus_used(SHOWN.layout), float),
        "chip": np.array([float(CHIP_NAMES.index(run.chip.name)) for run in SHOWN.runs]),
        "source": np.array([float(SOURCE_NAMES.index(source)) for source in SHOWN.sources]),
    }


ROWS = _rows()
ANY = "all of them"
BY_CHIP = {ANY: -1.0, **{name: float(k) for k, name in enumerate(CHIP_NAMES)}}
BY_SOURCE = {ANY: -1.0, **{f"{name[:44]}… ({k + 1})" if len(name) > 46 else name: float(k) for k, name in enumerate(SOURCE_NAMES)}}
BY_BITS = {ANY: -1.0, "BF16": 16.0, "FP8": 8.0, "FP4": 4.0}
BY_KIND = {ANY: -1.0, "dense": 0.0, "mixtures of experts": 1.0}
BY_AGE = {"published, in the fit": 0.0, "newer, never fitted": 1.0, "our own, never fitted": 2.0, "all": -1.0}
METHODS = {
    name: {"fitted": 0.0, "apart": 0.0, "untuned": 0.0} | {key: 1.0 for key in keys}
    for name, keys in {
        "the step model": ["fitted"],
        "the step model without its source": ["apart"],
        "its physics before the fit": ["untuned"],
        "one constant MFU": [],
    }.items()
}


def scores(method, age, kind, bits, chip, source, least, most, rows):
    """Errors of the rows that a reader chose. Choices are numbers of ROWS, -1 for all; least, most: GPUs of a run."""
    predicted = rows["constant"]
    for name in ("untuned", "apart", "fitted"):
        predicted = np.where(method[name] > 0, rows[name], predicted)
    chosen = (rows["gpus"] >= least) & (rows["gpus"] <= most)
    for wanted, name in ((age, "new"), (kind, "mixture"), (bits, "bits"), (chip, "chip"), (source, "source")):
        chosen = chosen & ((wanted < 0) | (rows[name] == wanted))
    count = np.sum(np.where(chosen, 1.0, 0.0))
    error = predicted / rows["measured"] - 1
    size = np.abs(error)

    def mean(values):
        return 100 * np.sum(np.where(chosen, values, 0)) / np.where(count > 0, count, np.nan)

    x, y = (np.where(chosen, np.clip(times, LOW, HIGH), np.nan) for times in (rows["measured"], predicted))
    baseline = np.abs(rows["constant"] / rows["measured"] - 1)
    return {
        "square": {"x0": x / HALF, "x1": x * HALF, "y0": y / HALF**2, "y1": y * HALF**2, "kind": rows["new"]},
        "stem": {"x0": x / 1.012, "x1": x * 1.012, "y0": np.where(chosen, np.minimum(np.clip(error, -0.75, 0.75), 0), np.nan), "y1": np.where(chosen, np.maximum(np.clip(error, -0.75, 0.75), 0), np.nan), "kind": rows["new"]},
        "count": count,
        "mean_error": mean(size),
        "bias": mean(error),
        "worst": 100 * np.max(np.where(chosen, size, 0)),
        "close": mean(np.where(size <= 0.1, 1.0, 0.0)),
        "baseline": mean(baseline),
    }


def draw(plot):
    top, low = plot.subplots(2, 1, height_ratios=(2.2, 1), sharex=True)
    top.set(xscale="log", yscale="log", xlim=(LOW, HIGH), ylim=(LOW, HIGH), ylabel="computed, s")
    low.set(ylim=(-0.8, 0.8), xlabel="measured step, s", ylabel="error")
    low.set_yticks([-0.5, 0, 0.5], ["−50%", "0", "+50%"])
    for ax, axes in ((top, ("x", "y")), (low, ("x",))):
        for axis in axes:
            getattr(ax, f"set_{axis}ticks")([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        ax.minorticks_off()
    top.plot([LOW, HIGH], [LOW, HIGH], color=COLOR["measured"], linewidth=1)
    for factor in (0.8, 1.25):
        top.plot([LOW, HIGH], [LOW * factor, HIGH * factor], color=COLOR["outline"], linewidth=0.7, linestyle="--")
    low.axhline(0, color=COLOR["measured"], linewidth=1)
    colors = [COLOR["computed"], COLOR["teal"], COLOR["ochre"]]
    plot.rectangles(top, "square.x0", "square.x1", "square.y0", "square.y1", colors, kind="square.kind", alpha=0.75)
    plot.rectangles(low, "stem.x0", "stem.x1", "stem.y0", "stem.y1", colors, kind="stem.kind")
    for y, text, color in ((0.92, "published, in the fit", "computed"), (0.84, "newer, never fitted", "teal"), (0.76, "our own, never fitted" if plot.narrow else "our own on one H200, never fitted", "ochre")):
        top.text(0.03, y, text, transform=top.transAxes, va="center", color=COLOR[color], fontweight="semibold")
    top.text(0.97, 0.06, "a quarter more, a fifth less" if plot.narrow else "as measured; a quarter more, a fifth less", transform=top.transAxes, ha="right", va="center", color=COLOR["muted"])


def figure(model=scores) -> LiveFigure:
    """The scoreboard."""
    return LiveFigure(
        "how-wrong",
        model,
        draw,
        kicker=kicker(__name__),
        title="How far off is the step model, and where?",
        finding="{count:.0f} runs are predicted {mean_error:.1f}% off on average; one MFU for all would be {baseline:.1f}% off.",
        controls={
            "method": Choice(METHODS, "the step model", "predicted by"),
            "age": Choice(BY_AGE, "all", "runs"),
            "kind": Choice(BY_KIND, ANY, "kind of model"),
            "bits": Choice(BY_BITS, ANY, "precision"),
            "chip": Choice(BY_CHIP, ANY, "chip", folded=True),
            "source": Choice(BY_SOURCE, ANY, "source", folded=True),
            "least": Slider(1, 100_000, 1, "GPUs at least", log=True, integer=True, format=",.7g", limits=(1, 10_000_000), folded=True),
            "most": Slider(1, 100_000, 100_000, "GPUs at most", log=True, integer=True, format=",.7g", limits=(1, 10_000_000), folded=True),
        },
        fixed={"rows": ROWS},
        presets={
            "All": {},
            "Without its source": {"method": "the step model without its source", "age": "published, in the fit"},
            "Never fitted": {"age": "newer, never fitted"},
            "Our own": {"age": "our own, never fitted"},
            "Mixtures": {"kind": "mixtures of experts"},
            "FP4": {"bits": "FP4"},
            "More than 1,000 GPUs": {"least": 1001},
            "One constant MFU": {"method": "one constant MFU"},
        },
        readouts=[
            Readout("mean_error", "off on average", ".1f", "%"),
            Readout("baseline", "if every run had one MFU", ".1f", "%"),
            Readout("close", "of them within a tenth", ".0f", "%"),
            Readout("count", "measured runs", ".0f"),
            Readout("bias", "too slow on average (minus: too fast)", ".1f", "%"),
            Readout("worst", "off at worst", ".0f", "%"),
        ],
        summary=(
            "{count:.0f} measured runs, predicted by {method}: off by {mean_error:.1f}% on average, {bias:.1f}% with its sign, {worst:.0f}% at worst; {close:.0f}% of them within a tenth. "
            "One constant MFU for all would be off by {baseline:.1f}%."
        ),
        sources=["data/published_runs.csv, data/newer_runs.csv and data/own_runs.csv, each row with its source"],
        note="the published runs are those that the constants were fitted on",
        sizes={"wide": (6.9, 5.0), "narrow": (3.6, 5.0)},
    )
