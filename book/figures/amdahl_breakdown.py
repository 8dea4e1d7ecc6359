"""Chapter 2: Amdahl's law on the parts of a measured step instead of one abstract serial share."""

import numpy as np
from livefigure import Choice, LiveFigure, Readout
from livefigure.look import COLOR

from . import walls
from .inputs import slider
from .ledger import claimed
from .measured_steps import GROUPS, step
from .pages import kicker
from .palette import TIME

STEPS = {
    "Llama 3.1 405B, 16,384 H100s": step("llama3-2"),
    "Llama 3.1 405B, 1,152 H100s, NeMo": step("dgxc-405b-bf16-1152"),
    "Llama 2 70B, 2,048 H100s, JAX": step("dgxc-maxtext70b-bf16-2048"),
    "Llama 3.1 405B, 256 GB300s, FP8": step("mbridge26.02.01-gb300-Llama-3.1-405B-fp8-256"),
    "Llama 3.1 405B, 256 GB300s, NVFP4": step("mbridge26.02.01-gb300-Llama-3.1-405B-nvfp4-256"),
    "Grok-1, 2,048 H100s, FP8": step("dgxc-grok1-fp8-2048"),
    "DeepSeek-V3, 2,048 H800s, FP8": step("dsv3-prod"),
    "Qwen3 235B, 256 B200s, MXFP8": step("mbridge26.02-b200-Qwen3-235B-A22B-mxfp8-256"),
}
COLORS = {group: TIME["compute" if group == "multiplies" else group] for group in GROUPS}
CLAIMS = [claimed(number) for number in ("004-14", "004-15", "004-16", "004-02")]
GONE = 10_000.0  # as good as infinitely fast


def faster(run, multiplies, kernels, communication, bubble, waiting, launching, once=0.0):
    """The step when each of its parts gets so many times faster: shares of the published step’s time. once: [0], for what is drawn."""
    speedups = dict(
        multiplies=multiplies, kernels=kernels, communication=communication, bubble=bubble, waiting=waiting, launching=launching
    )
    before = {group: getattr(run, group) for group in GROUPS}
    after = {group: before[group] / speedups[group] for group in GROUPS}
    time = sum(after.values())
    possible = run.mfu <= time * (1 + 1e-9)
    return {
        "before": before,
        "after": {group: np.where(possible, part, 0.0) for group, part in after.items()},
        "hollow": {"x0": 0 * once, "x1": np.where(possible, np.nan, time) + once, "y0": once - 0.25, "y1": once + 0.25},
        "excuse": np.where(possible, -1.0, run.mfu),
        "praise": np.where(possible, time, -1.0),
        "time": time,
        "seconds": time * run.time,
        "speedup": 1 / time,
        "peak": run.mfu,
        "needed": run.mfu / time,
        "stop": 1 / run.mfu,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(0, 1.22 if plot.narrow else 1.13), ylim=(-0.62, 2.05), xlabel="share of the published step’s time")
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0%", "20%", "40%", "60%", "80%", "100%"])
    ax.set_yticks([1, 0], ["published", "faster"])
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    for x in CLAIMS:
        ax.axvline(1 / x, 0, 0.86, color=COLOR["claimed"], linewidth=1, linestyle=(0, (1, 2)))
        side = ("right" if x >= 5 else "left") if plot.narrow else "center"  # 4 and 5 stand close together
        ax.text(1 / x, 1.93, f"{x:.0f}×", color=COLOR["claimed"], ha=side, va="center")
    for row, state in ((1, "before"), (0, "after")):
        base = ()
        for group, color in COLORS.items():
            top = (*base, f"{state}.{group}")
            plot.bar(ax, row, top, base=base or 0.0, width=0.5, horizontal=True, color=COLOR[color])
            base = top
    plot.vline(ax, "peak", color=COLOR["claimed"], linewidth=1.4, linestyle="--", ymax=0.86)
    plot.label(ax, "peak", -0.5, "the chips’ peak: {stop:.2f}×", dx=6, va="center", flip=0.55, color=COLOR["claimed"], fontweight="semibold")
    walls.hollow(plot, ax, "hollow")
    bold = dict(dx=6, va="center", fontweight="semibold")
    plot.label(ax, "praise", 0, "{speedup:.2f}×", color=COLOR["computed"], **bold)
    plot.label(ax, "excuse", 0, "{speedup:.3g}×? Not on these chips", color=COLOR["claimed"], **bold)
    names = {"multiplies": "multiplies", "kernels": "other kernels", "communication": "communication", "bubble": "bubble", "waiting": "waiting", "launching": "launching"}
    handles = [ax.bar(-1, 1, color=COLOR[color]) for color in COLORS.values()]
    ax.legend(handles, names.values(), ncols=2 if plot.narrow else 6, loc="upper center", bbox_to_anchor=(0.5, -0.24), frameon=False,
              handlelength=0.9, handleheight=0.9, columnspacing=1.0, handletextpad=0.4)  # fmt: skip


def speedup(label: str, value: float = 10.0, folded: bool = False):
    return slider("speedup", value, label, show=(1, 100), unit="×", log=True, folded=folded)


def figure(model=faster) -> LiveFigure:
    """Amdahl's law, measured."""
    alone = {group: 1.0 for group in GROUPS}
    around = {group: GONE for group in GROUPS if group != "multiplies"}
    return LiveFigure(
        "amdahl-breakdown",
        model,
        draw,
        kicker=kicker(__name__),
        title="How much faster does the step get if its parts do?",
        finding="With these gains the step is {speedup:.2f} times as fast, and needs {needed:.0%} of the peak.",
        controls={
            "run": Choice(STEPS, "Llama 3.1 405B, 16,384 H100s", "measured run", own=True),
            "launching": speedup("launching of kernels"),
            "communication": speedup("communication"),
            "bubble": speedup("bubble and imbalance"),
            "kernels": speedup("other kernels", folded=True),
            "waiting": speedup("waiting for the slowest", folded=True),
            "multiplies": speedup("matrix multiplies", 1.0, folded=True),
        },
        presets={
            "as published": alone,
            "launching for nothing": alone | {"launching": GONE},
            "all but the multiplies, 10×": {},
            "all but the multiplies for nothing": around,
            "everything 10×": {"multiplies": 10.0},
            "Grok-1, launching for nothing": alone | {"run": "Grok-1, 2,048 H100s, FP8", "launching": GONE},
        },
        readouts=[
            Readout("speedup", "as fast", ".2f", "×"),
            Readout("seconds", "seconds a step", ".3g"),
            Readout("needed", "of the peak needed", ".0%", limit=1, beyond="of the peak: more than there is"),
            Readout("stop", "at the chips’ peak", ".2f", "×", role="claimed"),
        ],
        summary=(
            "{run}: multiplies take {before.multiplies:.0%} of the published step, communication {before.communication:.0%}, "
            "the bubble {before.bubble:.0%}, launching {before.launching:.0%}. With these gains the whole is {speedup:.2f} times as fast, "
            "at {needed:.0%} of the peak; the peak itself stands at {stop:.2f} times."
        ),
        note="Total time as published, or from a published rate; shares by the step model.",
        sources=["Measured runs: data/published_runs.csv", "Shares: step model, fitted to them"],
        fixed={"once": np.zeros(1)},
        sizes={"wide": (6.9, 3.0), "narrow": (3.6, 3.3)},
    )
