"""Which counter says what: FLOPs for one token of training, as seven programs count them."""

import numpy as np
from clustermath.architecture import ARCHITECTURES, model_flops
from clustermath.counters import COUNTERS, six_n
from clustermath.units import GIGA
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import brought
from .bounds import bounded
from .inputs import choice, some

MODELS = ("Llama 3.1 405B", "Llama 3 8B", "Mixtral 8x7B", "DeepSeek-V3", "Qwen3 235B A22B", "GPT-OSS 120B")
ROWS = {
    "6N": "6 for each parameter",
    "book": "this book: the causal half",
    "maxtext": "MaxText 0.2.5",
    "megatron": "Megatron-core 0.19.2",
    "bridge": "Megatron-Bridge from 0.5",
    "torchtitan": "torchtitan 0.3.0",
    "torch": "torch’s FlopCounterMode",
}
TICKS = {0: "0", 0.5: "0.5×", 1: "1×", 1.5: "1.5×", 2: "2×"}
ROOM = 1.18  # times the longest bar: so far its number reaches on a phone


def counted(model, seq_len):
    """GFLOP for a token by each counter, and how many times the book's that is."""
    counts = {name: count(model, seq_len) for name, count in COUNTERS.items() if name in ROWS}
    counts |= {"6N": six_n(model), "book": model_flops(model, seq_len, 1.0)}
    ratios = {name: counts[name] / counts["book"] for name in ROWS}
    most, least = ratios["6N"], ratios["6N"]
    for name in ROWS:
        most, least = np.maximum(most, ratios[name]), np.minimum(least, ratios[name])
    return {
        "count": {name: counts[name] / GIGA for name in ROWS},
        "ratio": ratios,
        "spread": most / least,
        "end": ROOM * most,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(ylim=(-0.6, len(ROWS) - 0.1), yticks=[], xlabel="FLOPs of a token, over this book’s")
    ax.grid(axis="y", visible=False)
    plot.limits(ax, "x", ["end"], [(0, 1.75, {k: v for k, v in TICKS.items() if k < 1.75}), (0, 2.6, TICKS)])
    for k, (name, words) in enumerate(ROWS.items()):
        at = len(ROWS) - 1 - k
        plot.bar(ax, at - 0.12, f"ratio.{name}", width=0.36, horizontal=True, color=COLOR["computed" if name == "book" else "outline"])
        ax.text(0, at + 0.12, words, va="bottom", color=COLOR["ink"], fontweight="semibold" if name == "book" else "normal")
        plot.label(ax, f"ratio.{name}", at - 0.12, f"{{count.{name}:,.4g}}", dx=5, va="center", color=COLOR["muted"])


def figure(model=counted) -> LiveFigure:
    """The same model and sequence, through seven counters."""
    return LiveFigure(
        "which-counter",
        model,
        draw,
        title="How many FLOPs does a token take, and who says so?",
        finding="The largest count of {model}’s FLOPs is {spread:.2f} times the smallest.",
        controls=bounded({
            "model": choice(some(ARCHITECTURES, MODELS), MODELS[0], "model", own=True),
            "seq_len": Slider(2048, 131_072, 8192, "tokens of a sequence", log=True, integer=True, format=",.0f", limits=(1, 1e7)),
        }),
        presets={
            "Llama 3.1 405B as pre-trained": {},
            "its longest sequences": {"seq_len": 131_072},
            "DeepSeek-V3, with tokens foreseen": {"model": "DeepSeek-V3", "seq_len": 4096},
            "GPT-OSS, with windows": {"model": "GPT-OSS 120B", "seq_len": 4096},
        },
        takes=[brought.config()],
        readouts=[
            Readout("count.book", "GFLOP a token, this book", ",.4g"),
            Readout("count.torchtitan", "with the whole matrix of scores", ",.4g"),
            Readout("spread", "between the largest and the smallest", ".2f", "×"),
        ],
        summary=(
            "{model} on sequences of {seq_len:,.0f} tokens: {count.book:,.4g} GFLOP a token as this book counts, {count.6N:,.4g} by six for each parameter, "
            "{count.megatron:,.4g} by Megatron, {count.torchtitan:,.4g} by torchtitan."
        ),
        sizes={"wide": (6.9, 3.3), "narrow": (3.6, 3.8)},
    )
