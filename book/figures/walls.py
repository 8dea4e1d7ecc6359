"""Where an input has left what is possible or what anyone has published: a chart shows it, in one shape everywhere.

Up to there a point is full, beyond it is hollow; the region beyond is tinted, begins at a dashed line, and says why.
"""

import numpy as np
from livefigure.look import COLOR
from matplotlib.colors import to_rgba

LARGEST_JOB = 100_000  # GPUs: Meta, 2026 (arXiv 2602.00277), the largest job whose stops and goodput anyone has published
JOBS = (1, LARGEST_JOB)
DASHED = dict(edgecolor=COLOR["claimed"], linewidth=1.4, linestyle=(0, (2, 1.5)))
HOLLOW = DASHED | dict(facecolor=COLOR["card"])


def sides(at, possible) -> dict:
    """`at` under the name of the side on which it lies; the other does not exist."""
    return {"within": np.where(possible, at, np.nan), "beyond": np.where(possible, np.nan, at)}


def crowded(gpus):
    """Where `crowd` stands, as a share of the axes' width: nowhere, up to the largest job that was published."""
    return np.where(gpus > LARGEST_JOB, 0.02, -1)


def say(plot, ax, words: str, x, y, **style) -> None:
    """Words at a place that the model gives, as `Drawing.label` takes it: outside of the axes while there is nothing to say."""
    plot.label(ax, x, y, words, **{"va": "center", "color": COLOR["claimed"], "fontweight": "semibold"} | style)


def crowd(plot, ax, x="crowd", y=0.05, words: str = "larger than any job published", fraction: str = "xy", **style) -> None:
    """Words for more GPUs than any published job had, at shares of the axes from `crowded`, or elsewhere."""
    say(plot, ax, words, x, y, fraction=fraction, **style)


def point(plot, ax, name: str, y, size: float = 9, color: str = "computed", beyond: str = "claimed", **options) -> None:
    """A point at the x that `sides` has given under `name`, in one colour within and in one beyond."""
    plot.marker(ax, f"{name}.within", y, color=COLOR[color], markeredgecolor=COLOR["card"], markersize=size, **options)
    plot.marker(ax, f"{name}.beyond", y, color=COLOR[beyond], markerfacecolor=COLOR["card"], markeredgewidth=2, markersize=size, **options)


def bar(plot, ax, at: float, name: str, color: str, **options) -> None:
    """A horizontal bar as long as `sides` has given under `name`."""
    plot.bar(ax, at, f"{name}.within", horizontal=True, color=color, **options)
    plot.bar(ax, at, f"{name}.beyond", horizontal=True, **HOLLOW, **{name: value for name, value in options.items() if name != "alpha"})


def hollows(lengths, possible, row, at, width: float) -> dict:
    """What `hollow` draws over bars from 0 to their `lengths`, if these are not possible. row: their numbers from 0; at: where each lies."""
    there = np.select([row == k for k in range(len(lengths))], lengths)
    return {"x0": 0 * row, "x1": np.where(possible, np.nan, there), "y0": at - width / 2, "y1": at + width / 2}


def hollow(plot, ax, name: str) -> None:
    """The rectangles `name`.x0 to x1, y0 to y1 of the model, of what can't be."""
    edges = (f"{name}.{edge}" for edge in ("x0", "x1", "y0", "y1"))
    plot.rectangles(ax, *edges, colors=[COLOR["card"]], **DASHED)


def unpublished(plot, ax, name: str, kind: str, pale: float = 0.3) -> None:
    """Over the rectangles `name`.start to end, bottom to top of the model: dashed, and paler by a share, where the array `kind` is 0."""
    edges = (f"{name}.{edge}" for edge in ("start", "end", "bottom", "top"))
    plot.rectangles(ax, *edges, colors=[to_rgba(COLOR["card"], pale)], kind=kind, **DASHED)


def region(ax, at: float, words: str = "", height: float = 0.96, end: float = 0.985) -> None:
    """What lies to the right of `at` on an axis, with `words` that end at shares of the axes' `height` and width."""
    ax.axvspan(at, ax.get_xlim()[1], facecolor=COLOR["claimed"], alpha=0.07, linewidth=0, zorder=0)
    ax.axvline(at, color=COLOR["claimed"], linewidth=1.2, linestyle="--", zorder=1)
    if words:
        ax.text(end, height, words, transform=ax.transAxes, ha="right", va="top", color=COLOR["claimed"], fontweight="semibold")
