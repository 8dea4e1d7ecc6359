"""Where an input has left what is possible or what anyone has published: a chart shows it, in one shape everywhere.

Up to there a point is full, beyond it is hollow; the region beyond is tinted, begins at a dashed line, and says why.
"""

import numpy as np
from livefigure.look import COLOR

LARGEST_JOB = 100_000  # GPUs: Meta, 2026 (arXiv 2602.00277), the largest job whose stops and goodput anyone has published
JOBS = (1, LARGEST_JOB)
HOLLOW = dict(facecolor=COLOR["card"], edgecolor=COLOR["claimed"], linewidth=1.4, linestyle=(0, (2, 1.5)))


def sides(at, possible) -> dict:
    """`at` under the name of the side on which it lies; the other does not exist."""
    return {"within": np.where(possible, at, np.nan), "beyond": np.where(possible, np.nan, at)}


def crowded(gpus):
    """Where `crowd` stands, as a share of the axes' width: nowhere, up to the largest job that was published."""
    return np.where(gpus > LARGEST_JOB, 0.02, -1)


def crowd(plot, ax, x: str = "crowd", height: float = 0.05) -> None:
    """Words for more GPUs than any published job had; x: an output, from `crowded`."""
    plot.label(ax, x, height, "larger than any job published", fraction="xy", va="center", color=COLOR["claimed"], fontweight="semibold")


def point(plot, ax, name: str, y, size: float = 9, **options) -> None:
    """A point at the x that `sides` has given under `name`."""
    plot.marker(ax, f"{name}.within", y, color=COLOR["computed"], markeredgecolor=COLOR["card"], markersize=size, **options)
    plot.marker(ax, f"{name}.beyond", y, color=COLOR["claimed"], markerfacecolor=COLOR["card"], markeredgewidth=2, markersize=size, **options)


def hollow(plot, ax, name: str) -> None:
    """The rectangles `name`.x0 to x1, y0 to y1 of the model, of what can't be."""
    edges = (f"{name}.{edge}" for edge in ("x0", "x1", "y0", "y1"))
    plot.rectangles(ax, *edges, colors=[COLOR["card"]], **HOLLOW)


def region(ax, at: float, words: str = "", height: float = 0.96, end: float = 0.985) -> None:
    """What lies to the right of `at` on an axis, with `words` that end at shares of the axes' `height` and width."""
    ax.axvspan(at, ax.get_xlim()[1], facecolor=COLOR["claimed"], alpha=0.07, linewidth=0, zorder=0)
    ax.axvline(at, color=COLOR["claimed"], linewidth=1.2, linestyle="--", zorder=1)
    if words:
        ax.text(end, height, words, transform=ax.transAxes, ha="right", va="top", color=COLOR["claimed"], fontweight="semibold")
