"""Chapter 7: which share of ten trillion parameters may be active if training takes two months."""

import numpy as np
from clustermath.parameters import PARAMETERS
from clustermath.portfolio import Job, active_share_within, flops_by_size, mfu_at, time_alone
from clustermath.power import gpu_power, site_power
from clustermath.run import peak
from clustermath.units import DAY, GIGA
from livefigure import Goal, LiveFigure, Readout
from livefigure.look import COLOR

from . import room
from .bounds import bounded
from .inputs import PUE, choice, gpus, precision, share, slider
from .pages import kicker
from .portfolio import CHIPS, CHINCHILLA, CLUSTER, FAMILIES, GB300, LLAMA, MODELS, SUBSET, TWO_MONTHS, active, tokens_per_param

PARAMS = FAMILIES["ten"][2]
MIXTURE = MODELS["Grok 10T (mixture)"]
TOP = 3000  # days that are drawn
LEFT, LEFT_NEEDS = 0.0215, 0.09  # active shares at which the name of the claim starts and is clear of the lines
MFU = 0.4  # a round number near Llama 3.1 405B's, which was reached on a fortieth of the GPUs
APART = 1.6  # times: two names this far apart on the axis of days are clear of each other
REFERENCES = {f"{count / 1e3:.0f}k {name}": (count, bits) for count in (SUBSET, CLUSTER) for name, bits in (("BF16", 16), ("FP8", 8))}


def ten(active, gpus, part, tokens_per_param, mfu, falloff, goodput, chip, precision):
    """Days of the 10T with `active` of its parameters at work on each token, on `part` of the GPUs. mfu: on LLAMA.gpus."""
    job = Job(name="10T", flops=flops_by_size(PARAMS, active, tokens_per_param), mfu=mfu, reference_gpus=LLAMA.gpus)
    rate, used = peak(chip, precision), np.maximum(np.floor(part * gpus), 1)
    days = time_alone(job, used, rate, falloff, goodput) / DAY
    reached = np.maximum(mfu_at(job, used, falloff), PARAMETERS["mfu"].low)
    reference = {
        f"r{place}": time_alone(job, count, peak(GB300, bits), falloff, goodput) / DAY for place, (count, bits) in enumerate(REFERENCES.values())
    }
    dense = {name: days / active**2 for name, days in reference.items()}
    names = dense | dict(zip(("r1", "r2"), room.apart(dense["r1"], dense["r2"], APART)))
    possible = active_share_within(TWO_MONTHS * DAY, PARAMS, used, rate, reached, goodput, tokens_per_param)
    crossings = [possible, *(np.sqrt(TWO_MONTHS / whole) for whole in dense.values())]
    return {
        "days": days,
        "beside": np.minimum(days, 0.4 * TOP),
        "slow": days / TWO_MONTHS,
        "possible": possible,
        "active_params": active * PARAMS,
        "tokens": tokens_per_param * active * PARAMS / 1e12,
        "reached": reached,
        "reference": reference,
        "dense": {name: np.where(days < 0.7 * TOP, days, 10 * TOP) for name, days in names.items()},  # or no room for the name
        "claim": room.ends(crossings, LEFT, LEFT_NEEDS, 1, 1e-3),
    }


def within_a_gigawatt(at):
    """Whether a dense 10T with its compute-optimal tokens takes at most two months on a site of one gigawatt."""
    whole = (at["active"] >= 1) & (at["tokens_per_param"] >= CHINCHILLA) & (at["mfu"] <= MFU) & (at["days"] <= TWO_MONTHS)
    return whole & (site_power(at["gpus"], gpu_power(at["chip"]), PUE) <= GIGA)


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(0.02, 3.4 if plot.narrow else 2.1), ylim=(1, TOP), xlabel="share of the 10T parameters that work on each token", ylabel="days of training")
    if plot.narrow:
        ax.set_xlabel("active share of the parameters")
    ax.set_xticks([0.02, 0.05, 0.1, 0.2, 0.5, 1], ["2%", "5%", "10%", "20%", "50%", "dense"])
    ax.set_yticks([1, 3, 10, 30, TWO_MONTHS, 100, 300, 1000], ["1", "3", "10", "30", f"{TWO_MONTHS:.0f}", "", "300", "1000"])
    ax.minorticks_off()
    ax.plot([0.02, 1], [TWO_MONTHS] * 2, color=COLOR["claimed"], linewidth=1.3, linestyle="--")
    claim = "two months" if plot.narrow else "claimed: about two months"
    for side, ha, dx in (("left", "left", 0), ("right", "right", -4)):
        plot.label(ax, f"claim.{side}", TWO_MONTHS, claim, dx=dx, dy=3, ha=ha, va="bottom", color=COLOR["claimed"], fontweight="semibold")
    plot.region(ax, "possible", 1, color=COLOR["claimed"], alpha=0.07, linewidth=0)
    for place, name in enumerate(REFERENCES):
        plot.curve(ax, "active", f"reference.r{place}", over=(0.02, 1), points=60, color=COLOR["outline"], linewidth=0.7)
        plot.label(ax, 1, f"dense.r{place}", name, dx=8, va="center", color=COLOR["grey"])
    plot.curve(ax, "active", "days", over=(0.02, 1), color=COLOR["computed"], linewidth=2.4)
    plot.marker(ax, "possible", TWO_MONTHS, color=COLOR["claimed"], markerfacecolor=COLOR["card"], markersize=8)
    plot.label(ax, "possible", 0.04, "{possible:.0%}", dx=5, flip=0.64 if plot.narrow else 0.72, fraction="y", color=COLOR["claimed"], fontweight="semibold")
    plot.marker(ax, "active", "days", color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=10)
    plot.label(ax, "active", "beside", "{days:,.3g} d" if plot.narrow else "{days:,.3g} days", dx=8, dy=12, flip=0.12, color=COLOR["computed"], fontweight="semibold")


def figure(model=ten) -> LiveFigure:
    """Ten trillion parameters in two months."""
    mixture = {"active": MIXTURE.active_params / MIXTURE.params, "tokens_per_param": MIXTURE.tokens / MIXTURE.active_params}
    return LiveFigure(
        "two-months",
        model,
        draw,
        kicker=kicker(__name__),
        title="How much of a 10T can be trained in two months?",
        finding="It takes {days:,.3g} days; two months allow an active share of {possible:.0%}.",
        controls=bounded({
            "active": active(1.0),
            "gpus": gpus(CLUSTER),
            "part": share("active_share", 1.0, "share of them for the 10T", steps=99),
            "tokens_per_param": tokens_per_param(),
            "mfu": share("mfu", MFU, f"MFU on {LLAMA.gpus:,.0f} GPUs", folded=True, steps=95),
            "falloff": slider("falloff", 0, "MFU falls with size", folded=True, steps=60),
            "goodput": share("goodput", 1.0, "goodput", folded=True, steps=100),
            "chip": choice(CHIPS, GB300.name, "chip", folded=True),
            "precision": precision(folded=True),
        }),
        presets={
            f"Dense on {CLUSTER:,.0f}": {},
            f"Dense on {SUBSET:,.0f}": {"gpus": SUBSET},
            f"Dense on {CLUSTER:,.0f}, FP8": {"precision": "FP8"},
            f"One in twenty on {SUBSET:,.0f}": {**mixture, "gpus": SUBSET},
            "As DeepSeek-V3": deepseek(),
        },
        goals=[
            Goal(
                f"All of a 10T in two months on one gigawatt: dense, {CHINCHILLA:.0f} tokens for each parameter, at no more than {MFU:.0%} MFU.",
                within_a_gigawatt,
                f"A GB300 with its share of the server, and of cooling at a PUE of {PUE}, takes {site_power(1, gpu_power(GB300), PUE) / 1e3:.1f} kW at the meter. Its formats differ by factors.",
                {"gpus": 430_000, "precision": "FP4"},
            )
        ],
        readouts=[
            Readout("days", "days", ",.3g"),
            Readout("slow", "the two months claimed", ",.3g", "×", limit=1, beyond="the two months claimed: too slow"),
            Readout("possible", "may be active for two months", ".0%", role="claimed"),
            Readout("active_params", "parameters active", ".3k"),
            Readout("tokens", "tokens", ",.3g", "T"),
        ],
        summary=(
            "With {active:.1%} of 10T parameters active and {tokens:,.3g} trillion tokens on {part:.0%} of {gpus:,.7g} {chip} in {precision}, at {reached:.0%} MFU: "
            "{days:,.3g} days, {slow:,.2g} times two months. Two months allow an active share of {possible:.0%}."
        ),
        sources=[f"Tokens for each active parameter: {CHINCHILLA} is compute-optimal for dense models (arXiv 2203.15556); the 10T’s own number is not known."],
    )


def deepseek() -> dict:
    """The active share and the tokens for each active parameter of DeepSeek-V3."""
    model = MODELS["DeepSeek-V3"]
    return {"active": model.active_params / model.params, "tokens_per_param": model.tokens / model.active_params}
