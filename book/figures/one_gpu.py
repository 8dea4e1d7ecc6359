"""Chapter 2: one layer of Llama 3.1 405B on one GPU, written in four stacks: the same work, timed side by side."""

import json

import numpy as np
from clustermath import CHIPS
from clustermath.tables import DATA
from clustermath.units import TERA
from livefigure import Choice, LiveFigure, Readout, Slider
from livefigure.look import COLOR

from .ledger import claimed
from .pages import kicker

CLAIMED = claimed("004-02")
with open(DATA / "four_stacks.json", encoding="utf-8") as text:
    RUNS = json.load(text)  # [{"date", "machine", "runs": [{"stack", "tokens", "rate" [FLOP/s], ...}]}], one for each machine
LATEST = RUNS[-1]
PEAK = CHIPS["H100 SXM"].bf16
PER_CYCLE = 132 * 4 * 1024  # FLOP in BF16: processors, tensor cores in each, operations of one in a cycle (glennklockwood.com)
# What the file calls a stack → its name, and how it is drawn: colour for the stack, line for the way it is run.
STACKS = {
    "by hand": ("by hand in C++", dict(color=COLOR["measured"], marker="s")),
    "jax": ("JAX", dict(color=COLOR["ochre"], marker="o")),
    "compiled": ("PyTorch, compiled", dict(color=COLOR["purple"], marker="^")),
    "recorded": ("PyTorch, recorded", dict(color=COLOR["purple"], marker="v", linestyle=":")),
    "eager": ("PyTorch, eager", dict(color=COLOR["purple"], marker="D", linestyle="--")),
}
NAMES = {name: float(number) for number, (name, _) in enumerate(STACKS.values())}
NAMED = {"wide": 1024, "narrow": 512}  # tokens: above the curve from here on stands its name
TOP = 1200  # TFLOP/s: how far the picture goes
TOKENS = sorted({point["tokens"] for point in LATEST["runs"]})


def series(stack: str, field: str, run: dict = LATEST) -> np.ndarray:
    """One measured quantity of a stack at each number of tokens."""
    found = {point["tokens"]: point[field] for point in run["runs"] if point["stack"] == stack}
    return np.array([found[tokens] for tokens in TOKENS], float)


MEASURED = {"tokens": np.array(TOKENS, float)} | {field: {f"s{k}": series(stack, field) for k, stack in enumerate(STACKS)} for field in ("rate", "clock_mhz")}


def compare(new, old, tokens, measured):
    """The stack numbered `new` against `old` on a sequence of so many tokens. measured: arrays over the lengths."""

    def of(stack, field):
        return sum(np.where(stack == k, measured[field][f"s{k}"], 0.0) for k in range(len(STACKS)))

    def here(series):
        return np.sum(np.where(measured["tokens"] == tokens, series, 0.0))

    rate, base = here(of(new, "rate")), here(of(old, "rate"))
    held = PER_CYCLE * 1e6 * of(new, "clock_mhz")
    return {
        "rate": rate / TERA,
        "base": base / TERA,
        "gain": rate / base,
        "needed": CLAIMED * base / TERA,
        "asked": np.minimum(CLAIMED * base / TERA, 0.93 * TOP),
        "above": np.where(CLAIMED * base / TERA > TOP, 0.965 * TOP, np.nan),
        "peaks": CLAIMED * base / PEAK,
        "lengths": measured["tokens"],
        "held": held / TERA,
        "name": {layout: np.max(np.where(measured["tokens"] >= start, held, 0.0)) / TERA for layout, start in NAMED.items()},
        "of_held": rate / here(held),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", xlim=(110, 9500), ylim=(0, TOP), xlabel="tokens in the sequence", ylabel="TFLOP/s")
    ax.set_xticks(TOKENS, [f"{tokens:,}" for tokens in TOKENS])
    ax.set_yticks([0, 200, 400, 600, 800, 1000], ["0", "200", "400", "600", "800", "1,000"])
    ax.minorticks_off()
    ax.axhline(PEAK / TERA, color=COLOR["muted"], linewidth=1.1, linestyle=(0, (1, 2)))
    ax.text(9000, PEAK / TERA + 8, "peak as sold", ha="right", va="bottom", color=COLOR["muted"])
    plot.curve(ax, "lengths", "held", color=COLOR["muted"], linewidth=1.2)
    plot.label(ax, 9000, "name.narrow" if plot.narrow else "name.wide", "peak at the clock it held", dy=3, ha="right", va="bottom", color=COLOR["muted"])
    for stack, (name, line) in STACKS.items():
        rate, low, high = (series(stack, field) / TERA for field in ("rate", "low", "high"))
        ax.errorbar(TOKENS, rate, [rate - low, high - rate], label=name, markersize=4.5, linewidth=1.4, elinewidth=1, capsize=2, **line)
    ax.legend(loc="lower right", bbox_to_anchor=(0.95, 0), frameon=False, handlelength=2.4, labelspacing=0.3, borderaxespad=0)
    plot.vline(ax, "tokens", color=COLOR["rule"], linewidth=6, zorder=0)
    plot.marker(ax, "tokens", "base", marker="o", markersize=11, markerfacecolor="none", color=COLOR["claimed"], markeredgewidth=1.6)
    plot.marker(ax, "tokens", "rate", marker="o", markersize=11, markerfacecolor="none", color=COLOR["computed"], markeredgewidth=1.6)
    plot.hline(ax, "needed", color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    plot.label(ax, 270, "asked", "10× the other: {needed:,.0f}" if plot.narrow else "ten times the other: {needed:,.0f}", dx=8, dy=2, va="bottom", color=COLOR["claimed"], fontweight="semibold")
    plot.marker(ax, 270, "above", marker="^", markersize=6, markerfacecolor="none", color=COLOR["claimed"], markeredgewidth=1.4)


def figure(model=compare) -> LiveFigure:
    """The measured stacks side by side."""
    return LiveFigure(
        "one-gpu",
        model,
        draw,
        kicker=kicker(__name__),
        title="One GPU, four stacks: what does C win over JAX?",
        finding="On {tokens:,.0f} tokens, {new} is {gain:.2f} times as fast as {old}.",
        controls={
            "new": Choice(NAMES, STACKS["by hand"][0], "this stack"),
            "old": Choice(NAMES, STACKS["jax"][0], "against this one"),
            "tokens": Slider(TOKENS[0], TOKENS[-1], TOKENS[-1], "tokens in the sequence", log=True, format=",.0f", values=tuple(map(float, TOKENS))),
        },
        presets={
            "C against JAX, as Llama was trained": {},
            "C against PyTorch as typed": {"old": STACKS["eager"][0]},
            "the same, on 128 tokens": {"old": STACKS["eager"][0], "tokens": float(TOKENS[0])},
            "no new language, only recorded": {"new": STACKS["recorded"][0], "old": STACKS["eager"][0], "tokens": float(TOKENS[0])},
        },
        readouts=[
            Readout("gain", "times as fast", ".2f", "×"),
            Readout("rate", "this stack", ",.0f", "TFLOP/s", role="measured"),
            Readout("of_held", "of the peak at the clock that the chip held", ".0%"),
            Readout("needed", "TFLOP/s would be ten times the other", ",.0f", role="claimed"),
        ],
        summary=(
            "On a sequence of {tokens:,.0f} tokens, {new} reaches {rate:,.0f} trillion operations a second and {old} {base:,.0f}: {gain:.2f} times. "
            "Ten times the latter would be {needed:,.0f}, or {peaks:.2g} times the peak of the chip."
        ),
        fixed={"measured": MEASURED},
        note="Ringed: the two compared. Bars: nine of ten times.",
        sources=[f"data/four_stacks.json: tools/four_stacks on one {LATEST['machine']['gpu']}, {LATEST['date']}", "operations in a cycle: glennklockwood.com"],
        sizes={"wide": (6.9, 4.0), "narrow": (3.6, 4.2)},
    )
