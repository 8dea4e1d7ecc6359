"""Chapter 2: what is gained by launching kernels for nothing, against how long the kernels run."""

import numpy as np
from clustermath.architecture import ARCHITECTURES
from clustermath.layer import elementwise
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES, matmul_time
from clustermath.measured_gpu import kernels
from clustermath.software import CONSTANTS
from livefigure import LiveFigure, Readout, Slider, Switch
from livefigure.look import COLOR

from . import walls
from .bounds import bounded, over, published
from .ledger import claimed
from .pages import kicker

CLAIMED = claimed("004-02")
SHAPE, H100 = ARCHITECTURES["Llama 3.1 405B"], MACHINES["H100 SXM"]
TP = 8  # ways that Meta split each layer


def multiply_time(tokens: float) -> float:
    """Time of the larger multiply of a Llama 3.1 405B feed-forward on one of 8 H100s [s]: gate and up for `tokens`."""
    width = 2 * SHAPE.ffn / TP
    traffic = 2 * (tokens * SHAPE.hidden + SHAPE.hidden * width + tokens * width)
    return float(matmul_time(2 * tokens * SHAPE.hidden * width, traffic, H100.matmul16, H100.hbm_bandwidth))


MULTIPLY = multiply_time(8192)
# Norms and residuals of a layer are some five kernels; one of them on one of 8 H100s.
SIMPLE = float(elementwise(SHAPE, H100, Layout(tp=TP), batch_of(8192.0, 1.0), CONSTANTS)) / 5
LAUNCH = 5e-6  # seconds: "about 4 to 6 microseconds" (pegainfer, part 3)
SHORTEST = published()["kernel"].low  # s: of the kernels that were measured
LEFT = 3e-7  # s: where the picture begins
SMALL = multiply_time(1) / 64  # the same multiply for one token, in a model whose matrices are 64 times smaller


def gain(kernel, launch, ahead):
    """Time with launching over time without. kernel, launch [s]; ahead: 1 if the host may run ahead of the GPU."""
    waiting = launch + kernel
    hidden = np.maximum(launch, kernel)
    return {
        "gain": np.where(ahead > 0, hidden, waiting) / kernel,
        "now": walls.sides(kernel, kernel >= SHORTEST),
        "waiting": waiting / kernel,
        "hidden": hidden / kernel,
        "idle": 1 - kernel / np.where(ahead > 0, hidden, waiting),
        "tenfold": 1e6 * launch / np.where(ahead > 0, CLAIMED, CLAIMED - 1),
    }


def draw(plot):
    ax = plot.subplots()
    ax.set(xscale="log", yscale="log", xlim=(LEFT, 2e-2), ylim=(0.24 if plot.narrow else 0.32, 90), xlabel="time that one kernel runs", ylabel="most a free launch gains")
    ax.set_xticks([1e-6, 1e-5, 1e-4, 1e-3, 1e-2], ["1 µs", "10 µs", "0.1 ms", "1 ms", "10 ms"])
    ax.set_yticks([1, 2, 5, 10, 20], ["1×", "2×", "5×", "10×", "20×"])
    ax.minorticks_off()
    ax.axhline(CLAIMED, color=COLOR["claimed"], linewidth=1.2, linestyle=(0, (1, 2)))
    ax.text(1.8e-2, CLAIMED * 1.06, "the claim", color=COLOR["claimed"], ha="right", va="bottom")
    ax.text(1.8e-2, 48, "line: the host runs ahead\ndashed: it waits for each", color=COLOR["muted"], ha="right", va="top", linespacing=1.4)
    kernels = [(SIMPLE, "a norm"), (MULTIPLY, "a multiply")]
    for at, name in kernels:
        ax.plot([at, at], [0.85, 6], color=COLOR["measured"], linewidth=1, linestyle=(0, (1, 2)))
        whole = f"{name}\nof Llama 405B" if plot.narrow else f"{name} of Llama 405B"
        ax.text(at, 0.82, whole, ha="center", va="top", color=COLOR["measured"])  # below all curves
    plot.curve(ax, "kernel", "waiting", over=(LEFT, 2e-2), color=COLOR["computed"], linewidth=1.4, linestyle="--")
    plot.curve(ax, "kernel", "hidden", over=(LEFT, 2e-2), color=COLOR["computed"], linewidth=2.4)
    ax.axvspan(LEFT, SHORTEST, facecolor=COLOR["claimed"], alpha=0.07, linewidth=0, zorder=0)
    ax.axvline(SHORTEST, color=COLOR["claimed"], linewidth=1.2, linestyle="--", zorder=1)
    ax.text(SHORTEST * 1.15, 0.26 if plot.narrow else 0.35, "left of here: shorter than any measured" if not plot.narrow else "left: shorter than any measured", color=COLOR["claimed"], fontweight="semibold")
    walls.point(plot, ax, "now", "gain", 10)
    plot.label(ax, "kernel", "gain", "{gain:.3g}×", dx=9, dy=9, flip=0.85, color=COLOR["computed"], fontweight="semibold")


def figure(model=gain) -> LiveFigure:
    """From NumPy to GPUs."""
    return LiveFigure(
        "dispatch-gain",
        model,
        draw,
        kicker=kicker(__name__),
        title="What is gained if launching costs nothing?",
        finding="A free launch makes it {gain:,.4g}× as fast; 10× needs kernels shorter than {tenfold:.3g} µs.",
        controls=bounded({
            "kernel": Slider(5e-7, 1e-2, MULTIPLY, "one kernel runs", unit="µs", scale=1e-6, log=True, format=",.3g", limits=(1e-9, 100)),
            "launch": Slider(1e-7, 1e-3, LAUNCH, "launching it takes the host", unit="µs", scale=1e-6, log=True, format=",.3g", limits=(1e-9, 1)),
            "ahead": Switch(True, "the host runs ahead"),
        }, launch=over((kernel.burst for kernel in kernels("kernel")), "what was measured on an H200")),
        presets={
            "a multiply of Llama 405B": {},
            "one of its norms": {"kernel": SIMPLE},
            "the norm, waiting for each": {"kernel": SIMPLE, "ahead": 0},
            "one token of a small model": {"kernel": SMALL},
        },
        readouts=[
            Readout("gain", "gained by a free launch", ",.4g", "×"),
            Readout("idle", "of the time the GPU waits for the host", ".2%"),
            Readout("tenfold", "µs: longest kernel with a tenfold gain", ".3g", role="claimed"),
        ],
        summary=(
            "With launches of {launch:.3g} seconds and kernels of {kernel:.3g} seconds, launching for nothing gains {gain:,.4g} times. "
            "Ten times need kernels shorter than {tenfold:.3g} microseconds."
        ),
        note="Kernel times by the step model.",
    )
