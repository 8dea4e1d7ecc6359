"""Chapter 7: what twenty times the parameters cost, dense and as a mixture of experts."""

import numpy as np

from clustermath import CHIPS, MODELS
from clustermath.failures import checkpoint_size
from clustermath.layout import batch_of
from clustermath.portfolio import flops_by_size
from clustermath.run import peak, training_flops, training_time
from clustermath.units import DAY, TERA
from livefigure import LiveFigure, Readout, Slider
from livefigure.look import COLOR

from . import room, walls
from .bounds import bounded, published
from .inputs import choice, gpus, precision, share
from .ledger import claimed
from .pages import kicker
from .portfolio import CHINCHILLA, CLUSTER, GB300, MEASURED_MFU, active

SMALL = MODELS["Grok 0.5T (dense)"].params
TWENTY = claimed("001-11")
CLEAR = 8  # times the mixture: then there is room for a label between the lines
APART = 3  # times: two names this far apart are clear of each other
MOST = 40  # times the parameters, where the lines end
LARGEST = published()["times"].high  # times the small one: the largest that exists or is announced
BATCH = batch_of(4096, 1, 16)
STATE_BYTES = BATCH.weight_bytes + BATCH.gradient_bytes + BATCH.optimizer_bytes  # for each parameter in training, as in chapter 3


def larger(times, active, growth, gpus, mfu, chip, precision):
    """Training cost of a model with `times` the parameters, over that of the dense small one.

    growth: exponent with which a mixture's tokens follow its active parameters; 1 is in proportion, 0 leaves them the same.
    """
    params = SMALL * times
    small = flops_by_size(SMALL, 1)
    tokens = CHINCHILLA * SMALL * (times * active) ** growth
    ratio = {
        "dense": flops_by_size(params, 1) / small,
        "same": training_flops(params, CHINCHILLA * SMALL) / small,
        "mixture": training_flops(params * active, tokens) / small,
    }
    days = training_time(small, gpus, peak(chip, precision), mfu) / DAY
    state = checkpoint_size(params, STATE_BYTES)
    above = ratio["mixture"] / ratio["same"]
    free, squeezed = (above < 1 / CLEAR) | (above > 1), (above > 1) & (above < CLEAR / 2)
    named = room.apart(MOST, MOST * active * (MOST * active) ** growth, APART)
    return {
        **ratio,
        # Where the labels of "same" and "mixture" stand: under their lines, or above where the other's is near; 0.1 is out of sight.
        "label": {"under": np.where(free, times, 0.1), "above": np.where(free, 0.1, times)},
        "mixed": {"under": np.where(squeezed, 0.1, times), "above": np.where(squeezed, times, 0.1)},
        "size": walls.sides(times, times <= LARGEST),
        "end": {"dense": MOST**2, "same": named[0], "mixture": named[1]},
        "days": {"small": days, "dense": days * ratio["dense"], "mixture": days * ratio["mixture"]},
        "total": params / 1e12,
        "active_params": params * active / 1e9,
        "tokens": tokens / 1e12,
        "state": state / TERA,
        "holders": state / chip.hbm,
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(1, 230 if plot.narrow else 150), ylim=(0.0008, 9000), xlabel="parameters, all of them", ylabel="training cost of the 0.5T")
    sizes = [size for size in (0.5, 1, 1.5, 3, 6, 10, 20) if not plot.narrow or size in (0.5, 1, 3, 10)]
    ax.set_xticks([size * 1e12 / SMALL for size in sizes], [f"{size:g}T" for size in sizes])
    ax.set_yticks([0.001, 0.01, 0.1, 1, 10, 100, 1000], ["0.001×", "0.01×", "0.1×", "1×", "10×", "100×", "1000×"])
    ax.minorticks_off()
    ax.axhline(1, color=COLOR["outline"], linewidth=0.8)
    walls.region(ax, LARGEST, "none announced" if plot.narrow else "larger than any announced", height=0.1)
    plot.vline(ax, "times", color=COLOR["outline"], linewidth=0.8, linestyle=(0, (1, 2)))
    above, under = {"dx": -5, "dy": 6, "ha": "right", "va": "bottom"}, {"dx": 6, "dy": -6, "ha": "left", "va": "top"}
    lines = (
        ("dense", "dense", "computed", "-", 11, {"times": above}),
        ("same", "same tokens" if plot.narrow else "dense, same tokens", "teal", "--", 0, {"label.above": above, "label.under": under}),
        ("mixture", "mixture", "purple", "-", 0, {"mixed.above": above, "mixed.under": under}),
    )
    for output, name, color, dashes, lift, places in lines:
        plot.curve(ax, "times", output, over=(1, MOST), points=60, color=COLOR[color], linewidth=2.4, linestyle=dashes)
        plot.label(ax, MOST, f"end.{output}", name, dx=8, dy=lift, va="center", color=COLOR[color])
        walls.point(plot, ax, "size", output, color=color, beyond=color)
        for x, place in places.items():
            plot.label(ax, x, output, f"{{{output}:,.3g}}×", color=COLOR[color], fontweight="semibold", **place)


def figure(model=larger) -> LiveFigure:
    """From 0.5T to 10T."""
    return LiveFigure(
        "twenty-times",
        model,
        draw,
        kicker=kicker(__name__),
        title="What do twenty times the parameters cost?",
        finding="{times:.3g}× the parameters cost {dense:,.3g}× as much to train, or {mixture:,.3g}× as much with {active:.1%} of them active.",
        controls=bounded({
            "times": Slider(1, MOST, TWENTY, "times the parameters", unit="×", log=True, limits=(1, 1000)),
            "active": active(1 / TWENTY),
            "growth": Slider(0, 1, 1, "a mixture’s tokens follow its active parameters", format=".2f", steps=100),
            "gpus": gpus(CLUSTER, folded=True),
            "mfu": share("mfu", MEASURED_MFU, "MFU", folded=True, steps=95),
            "chip": choice(CHIPS, GB300.name, "chip", folded=True),
            "precision": precision(folded=True),
        }),
        presets={
            "10T, one in twenty active": {},
            "10T, one in four active": {"active": 0.25},
            "6T, one in twenty active": {"times": 12},
            "1T, one in twenty active": {"times": 2},
        },
        readouts=[
            Readout("dense", "the cost, dense", ",.3g", "×"),
            Readout("mixture", "the cost, as a mixture", ",.3g", "×"),
            Readout("days.dense", "days, dense", ",.3g"),
            Readout("days.mixture", "days, as a mixture", ",.3g"),
            Readout("days.small", "days for the 0.5T, dense", ",.3g"),
            Readout("state", "TB of training state", ",.3g"),
        ],
        summary=(
            "{total:.3g}T parameters, {times:.3g} times the 0.5T: dense and with tokens in proportion they cost {dense:,.3g} times as much to train, with the same tokens "
            "{same:,.3g} times; with {active:.1%} active and {tokens:,.3g} trillion tokens {mixture:,.3g} times. Training state: {state:,.3g} TB, the memory of "
            "{holders:,.0f} {chip}."
        ),
    )
