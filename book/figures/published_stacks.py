"""Chapter 2: published efficiencies of JAX and other stacks, and how low a baseline a claimed speed-up needs."""

import re

import numpy as np
from livefigure import LiveFigure, Readout, Switch
from livefigure.look import COLOR

from .bounds import bounded
from .inputs import slider
from .ledger import claimed
from .measured_steps import mfu, runs
from .pages import kicker

CLAIMED = claimed("004-02")
# What is compared: the framework where it is JAX, who on what, and which measured runs.
ROWS = [
    ("JAX", "MaxText, Llama 2 70B, H100, BF16", r"dgxc-maxtext70b-bf16-"),
    ("", "NeMo, GPT-3 175B, H100, BF16", r"dgxc-gpt3-bf16-"),
    ("", "NeMo, Llama 3.1 405B, H100, BF16", r"dgxc-405b-bf16-"),
    ("", "Meta, Llama 3.1 405B, H100, BF16", r"llama3-"),
    ("JAX", "Pax, GPT-3 175B, H100, FP8", r"dgxc-pax-gpt3-fp8-"),
    ("", "NeMo, GPT-3 175B, H100, FP8", r"dgxc-gpt3-fp8-"),
    ("JAX", "MaxText, Llama 2 70B, H100, FP8", r"dgxc-maxtext70b-fp8-"),
    ("", "NeMo, Grok-1 mixture, H100, FP8", r"dgxc-grok1-fp8-"),
    ("", "Megatron, DeepSeek-V3 mixture, GB300, FP8", r"mbridge.*-gb300-DeepSeek-V3-mxfp8-"),
    ("", "Megatron, Qwen3 30B mixture, H100, FP8", r"mbridge.*-h100-Qwen3-30B-"),
]


def series(ids: str, causal: float) -> tuple[float, float]:
    """The lowest and the highest MFU of the measured runs whose ids begin so."""
    values = [mfu(run, causal) for number, run in runs().items() if re.match(ids, number)]
    return min(values), max(values)


JAX = np.array([framework == "JAX" for framework, *_ in ROWS], float)
GRID = {
    name: np.array([series(ids, causal)[end] for *_, ids in ROWS])
    for causal, convention in ((1.0, "causal"), (0.0, "full"))
    for end, name in enumerate((f"low_{convention}", f"high_{convention}"))
} | {"jax": JAX}
FAR_LEFT = 0.18  # MFU: up to here the names on a phone find room to the right of the threshold


def baselines(speedup, full, published):
    """Which published runs could be so many times faster at all. full: 1 counts the full matrix of attention scores."""
    low = np.where(full > 0, published["low_full"], published["low_causal"])
    high = np.where(full > 0, published["high_full"], published["high_causal"])
    threshold = 1 / speedup
    return {
        "threshold": threshold,
        "names": np.where(threshold < FAR_LEFT, threshold, 0),
        "possible": np.sum(1 * (low < threshold)),
        "jax": np.sum(published["jax"] * (low < threshold)),
        "best_jax": 1 / np.max(published["jax"] * high),
        "worst_jax": 1 / np.min(np.where(published["jax"] > 0, low, 1)),
        "low": {f"r{k}": low[k] for k in range(len(ROWS))},
        "high": {f"r{k}": high[k] for k in range(len(ROWS))},
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1), ylim=(len(ROWS) - 0.5, -1.1), xlabel="MFU: share of the peak of the precision used")
    ax.set_xticks([0, 0.1, 0.2, 0.4, 0.6, 0.8, 1], ["0", "" if plot.narrow else "10%", "20%", "40%", "60%", "80%", "100%"])
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
    plot.region(ax, "threshold", 1, color=COLOR["claimed"], alpha=0.07, linewidth=0)
    plot.vline(ax, "threshold", color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    stop = "beyond: {speedup:.3g}× impossible" if plot.narrow else "right of here {speedup:.3g}× is impossible"
    plot.label(ax, "threshold", -0.8, stop, dx=6, flip=0.45, va="center", color=COLOR["claimed"], fontweight="semibold")
    for row, (framework, name, _) in enumerate(ROWS):
        color = COLOR["measured"] if framework else COLOR["grey"]
        plot.bar(ax, row, f"high.r{row}", base=f"low.r{row}", width=0.16, horizontal=True, color=color, alpha=0.6)
        for end in ("low", "high"):
            plot.marker(ax, f"{end}.r{row}", row, color=color, markerfacecolor=color if framework else COLOR["card"], markersize=6)
        text = f"{framework}: {name}" if framework else name
        style = dict(color=color, fontweight="semibold" if framework else "regular")
        if plot.narrow:
            plot.label(ax, "names", row - 0.2, text, dx=4, va="bottom", **style)
        else:
            plot.label(ax, f"high.r{row}", row, text, dx=8, va="center", **style)


def figure(model=baselines) -> LiveFigure:
    """The published runs side by side."""
    return LiveFigure(
        "published-stacks",
        model,
        draw,
        kicker=kicker(__name__),
        title="Which baseline leaves room for the claim?",
        finding="{speedup:.3g}× needs a baseline below {threshold:.0%} MFU. Published series that low: {possible:.0f}, of them in JAX: {jax:.0f}.",
        controls=bounded({
            "speedup": slider("speedup", CLAIMED, "claimed speed-up", unit="×", log=True),
            "full": Switch(False, "count the full attention matrix"),
        }),
        presets={f"{x:.0f}×": {"speedup": x} for x in (2.0, 3.0, 5.0, CLAIMED)},
        readouts=[
            Readout("threshold", "MFU that the baseline must stay below", ".0%", role="claimed"),
            Readout("jax", f"of {int(JAX.sum())} JAX series leave room for it", ".0f", role="measured"),
            Readout("best_jax", "at most from the best JAX series", ".2f", "×"),
            Readout("worst_jax", "at most from the lowest", ".2f", "×"),
        ],
        summary=(
            "To be sped up {speedup:.3g} times at equal chips and precision, a baseline must run below {threshold:.0%} MFU. "
            "{possible:.0f} of the published series do, {jax:.0f} of those in JAX; from the best of these software can gain {best_jax:.2f} times at most."
        ),
        fixed={"published": GRID},
        note="Measured step times, one convention for all.",
        sources=["step times: the book’s measured runs, each with its source, data/published_runs.csv", "Pax: NVIDIA’s dgxc-benchmarking, paxml/README_175b.md, in data/pax_runs.csv"],
        sizes={"wide": (6.9, 3.9), "narrow": (3.6, 5.0)},
    )
