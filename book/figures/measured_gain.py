"""Chapter 2: how many times faster a GPU trains Llama 3.1 405B in 2026 than in 2024, as measured, taken apart."""

import re
from dataclasses import dataclass

import numpy as np
from clustermath.layout import gpus_used
from clustermath.records import Record, quantity
from clustermath.run import training_flops
from clustermath.tables import Table, read
from clustermath.units import TERA
from livefigure import Guess, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import walls
from .bounds import bounded
from .inputs import choice
from .ledger import claimed
from .measured_steps import runs
from .pages import kicker
from .palette import GAIN

PARAMS, SEQ_LEN = 405e9, 8192.0  # as benchmarks count: 6 FLOPs for each of 405 thousand million parameters and each token
CLAIM = claimed("004-02")
BITS = {16: "BF16", 8: "FP8", 4: "FP4"}
PUBLISHED = {  # id in data/published_runs.csv → what the figure calls it
    "llama3-1": "Meta 2024: 8192 H100s in BF16",
    "llama3-2": "Meta 2024: 16384 H100s in BF16",
    "dgxc-405b-bf16-1152": "NeMo 2024: 1152 H100s in BF16",
    "dgxc-405b-bf16-2304": "NeMo 2024: 2304 H100s in BF16",
    "dgxc-405b-fp8-1152": "NeMo 2024: 1152 H100s in FP8",
    "dgxc-405b-gb200-128": "NeMo 2024: 128 GB200s in BF16",
    "mbridge-h100-Llama-3.1-405B-fp8-cs-1024": "Bridge 2025: 1024 H100s in FP8",
    "mbridge-gb200-Llama-3.1-405B-fp8-cs-256": "Bridge 2025: 256 GB200s in FP8",
    "mbridge-gb300-Llama-3.1-405B-fp8-cs-256": "Bridge 2025: 256 GB300s in FP8",
    "mbridge26.02-h100-Llama-3.1-405B-fp8-1024": "Bridge 2026: 1024 H100s in FP8",
    "mbridge26.02.01-gb200-Llama-3.1-405B-fp8-256": "Bridge 2026: 256 GB200s in FP8",
    "mbridge26.02.01-gb300-Llama-3.1-405B-fp8-256": "Bridge 2026: 256 GB300s in FP8",
    "mbridge26.02.01-gb200-Llama-3.1-405B-nvfp4-256": "Bridge 2026: 256 GB200s in FP4",
    "mbridge26.02.01-gb300-Llama-3.1-405B-nvfp4-256": "Bridge 2026: 256 GB300s in FP4",
}
AS_PUBLISHED = {"llama3-1": 430 * TERA, "llama3-2": 400 * TERA}  # FLOP/s per GPU: arXiv 2407.21783, table 4, which prints no step


@dataclass(frozen=True, kw_only=True)
class Rate(Record):
    """One measured run. rate: model FLOPs of each GPU, 6ND; chip, format: what its chip and its number format are worth."""

    name: str
    gpus: float = quantity("gpu", between=(1, 1e8))
    rate: float = quantity("FLOP/s/gpu", between=(1e12, 1e17))
    chip: float = quantity("1", between=(0.1, 100))
    format: float = quantity("1", between=(0.1, 100))


def rate_of(gpus: float, sequences: float, step: float) -> float:
    """Model FLOPs of each GPU in a second [FLOP/s per GPU], from a step of `sequences` that takes `step` [s]."""
    return float(training_flops(PARAMS, sequences * SEQ_LEN) / (gpus * step))


def _measured():
    """Name → (chip, bits, GPUs, rate) of every run, and the sources by name."""
    found, sources = {}, {}
    for number, name in PUBLISHED.items():
        run = runs()[number]
        gpus = float(gpus_used(run.layout))
        rate = AS_PUBLISHED.get(number) or rate_of(gpus, run.batch.sequences, run.measured)
        found[name] = (re.search(r"(\w+)s in", name)[1], int(run.batch.bits), gpus, rate)
    for name, fields in read("mlperf_405b.csv").items():
        gpus = fields["gpus"].number
        rate = fields["rate"].number if "rate" in fields else rate_of(gpus, fields["sequences"].number, fields["step"].number)
        found[name] = (re.search(r"(\w+)s in", name)[1], int(fields["bits"].number), gpus, rate)
        sources[name] = {field: datum for field, datum in fields.items() if field in ("gpus", "rate")}
    return found, sources


def _taken_apart(found):
    """What each chip, each format and twice the GPUs are worth [1]: least squares on the logarithms of all rates."""
    chips = sorted({chip for chip, *_ in found.values()} - {"H100"})
    formats = [8, 4]
    rows = [[1.0] + [chip == c for c in chips] + [bits == b for b in formats] + [np.log2(gpus)] for chip, bits, gpus, _ in found.values()]
    logs = np.log([rate for *_, rate in found.values()])
    (_, *worth), *_ = np.linalg.lstsq(np.array(rows, float), logs, rcond=None)
    worth = np.exp(worth)
    return {"H100": 1.0, **dict(zip(chips, worth))}, {16: 1.0, **dict(zip(formats, worth[len(chips) :]))}, float(worth[-1])


FOUND, SOURCES = _measured()
CHIP_WORTH, FORMAT_WORTH, DOUBLED = _taken_apart(FOUND)
RATES: Table = Table(
    "run",
    {
        name: Rate(name=name, gpus=gpus, rate=rate, chip=float(CHIP_WORTH[chip]), format=float(FORMAT_WORTH[bits]))
        for name, (chip, bits, gpus, rate) in FOUND.items()
    },
    {name: SOURCES.get(name, {}) for name in FOUND},
)
META, BEST = "Meta 2024: 16384 H100s in BF16", max(RATES, key=lambda name: RATES[name].rate)
MOST_GPUS = max(gpus for _, _, gpus, _ in FOUND.values())
LARGE, LARGEST = "MLPerf 6.0: 4096 GB300s in FP4", "MLPerf 6.0: 8192 GB200s in FP4"
OUTSIDE = -1.0  # of the axes, where a label is hidden
PARTS = {"chip": "other chips", "format": "format", "size": "size of cluster", "software": "software"}


def gain(start, end, gpus, doubled):
    """How many times as fast a GPU of the run `end` is as one of `start`, on `gpus` of them, and what made it so.

    doubled: what twice the GPUs leave of a GPU's rate. Software is what chips, format and size don't account for.
    """
    rate = end.rate * doubled ** np.log2(gpus / end.gpus)
    total = rate / start.rate
    part = {"chip": end.chip / start.chip, "format": end.format / start.format, "size": doubled ** np.log2(gpus / start.gpus)}
    part["software"] = total / (part["chip"] * part["format"] * part["size"])
    after, upto = 1.0 + 0 * total, {}
    for name in PARTS:
        upto[f"{name}_from"], after = after, after * part[name]
        upto[name] = after
    many, same = gpus > MOST_GPUS, gpus == end.gpus
    said = {"crowd": np.where(many, 0.02, OUTSIDE), "scaled": np.where(many | same, OUTSIDE, 0.02), "measured_on": end.gpus}
    return said | {"end": walls.sides(total, gpus <= MOST_GPUS), "total": total, "rate": rate / TERA, "part": part, "upto": upto, "before": start.rate / TERA}


def draw(plot):
    plot.fig.get_layout_engine().set(w_pad=0.06)  # the page sets the longest name a little wider
    ax = plot.subplots()
    names = ["against", *PARTS.values(), "the run"]
    ax.set(xscale="log", xlim=(0.5, 16), ylim=(6.2, -0.7), xlabel="times as much from each GPU")
    ax.set_xticks([0.5, 1, 2, 3, 5, 10], ["½", "1", "2", "3", "5", "10"])
    ax.minorticks_off()
    ax.set_yticks(range(6), names)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", visible=False)
    ax.axvline(CLAIM, color=COLOR["claimed"], linewidth=1.2, linestyle=(0, (1, 2)))
    ax.text(CLAIM, -0.62, "the claim", color=COLOR["claimed"], ha="center", va="bottom", fontweight="semibold")
    plot.marker(ax, 1.0, 0, color=COLOR["measured"], markeredgecolor=COLOR["card"], markersize=9)
    plot.label(ax, 1.0, 0, "{before:,.0f} TFLOP/s", dx=8, va="center", color=COLOR["measured"])
    for row, (name, color) in enumerate(GAIN.items(), 1):
        plot.bar(ax, row, f"upto.{name}", base=f"upto.{name}_from", width=0.56, horizontal=True, color=COLOR[color])
        plot.label(ax, 0.02, row, "× {part.%s:.2f}" % name, fraction="x", va="center", color=COLOR[color], fontweight="semibold")
    walls.point(plot, ax, "end", 5, color="measured")
    walls.crowd(plot, ax, y=5.75, words="more than were measured", fraction="x")
    plot.label(ax, "scaled", 5.75, "measured on {measured_on:,.0f}, scaled to {gpus:,.7g} GPUs", fraction="x", va="center", color=COLOR["muted"])
    plot.label(ax, "total", 5, "{rate:,.0f} TFLOP/s", dx=8, flip=0.5, va="center", color=COLOR["measured"])


def figure(model=gain) -> LiveFigure:
    """Two measured runs, and what lies between them."""
    return LiveFigure(
        "measured-gain",
        model,
        draw,
        kicker=kicker(__name__),
        title="What has been measured: how much faster, and by what?",
        finding="{total:.1f} times from each GPU: chips {part.chip:.1f}, format {part.format:.1f}, size {part.size:.2f}, software {part.software:.2f}.",
        controls=bounded({
            "end": choice(RATES, BEST, "run"),
            "gpus": Slider(128, 65_536, RATES[BEST].gpus, "on so many GPUs", log=True, integer=True, limits=(1, 10_000_000), format=",.7g"),
            "start": choice(RATES, META, "against", folded=True),
        }),
        fixed={"doubled": DOUBLED},
        presets={
            "the most that was measured": {},
            "on 4,096 GB300s": {"end": LARGE, "gpus": RATES[LARGE].gpus},
            "on 8,192 GB200s": {"end": LARGEST, "gpus": RATES[LARGEST].gpus},
            "the same H100s, by software": {"end": "NeMo 2024: 1152 H100s in BF16", "gpus": RATES["NeMo 2024: 1152 H100s in BF16"].gpus},
            "as large as Meta’s": {"gpus": RATES[META].gpus},
        },
        readouts=[
            Readout("total", "as much from each GPU", ".1f", "×", role="measured"),
            Readout("rate", "TFLOP/s from each GPU", ",.0f", role="measured"),
            Readout("part.software", "of it software", ".2f", "×"),
            Readout("part.size", "of it the size of the cluster", ".2f", "×"),
        ],
        summary=(
            "{end}, on {gpus:,.7g} GPUs: each trains {total:.1f} times as fast as in {start}. Other chips make {part.chip:.2f}, the number format {part.format:.2f}, "
            "the size of the cluster {part.size:.2f}, software {part.software:.2f}."
        ),
        guess=Guess("total", "Before you look: how many times as fast as Meta’s H100s of 2024 was the fastest GPU measured on the same model by 2026?", 1, 100, unit="×"),
        note=f"Chips, formats and size by least squares over {len(RATES)} measured runs of one model; software is what is left",
        sources=["data/published_runs.csv, data/mlperf_405b.csv: MLPerf Training v5.1 and v6.0; all as 6 FLOPs a parameter and token"],
        sizes={"wide": (6.9, 3.2), "narrow": (3.6, 3.4)},
    )
