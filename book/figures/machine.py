"""The machine, drawn the same wherever it stands: GPUs are tiles, eight in a server's frame, servers in rows.

Of a figure's model it takes arrays with one number for each GPU (or for each server, where a tile is one), counted
server by server, row by row from the top left.
"""

import numpy as np
from livefigure import Touch
from livefigure.look import COLOR
from livefigure.shapes import tiled
from matplotlib.patches import Rectangle

SERVER = (4, 2, 0.22)  # a server's GPUs, as `shapes.tiled` takes them
BETWEEN = 0.13  # servers: the share of a server's place that stays free
IDLE = dict(edgecolor=COLOR["outline"], linewidth=0.7)
ACTIVE = dict(edgecolor=COLOR["ink"], linewidth=2)


def bare(ax, xlim=(0, 1), ylim=(0, 1)) -> None:
    """Axes that hold a picture, not a chart."""
    ax.set(xlim=xlim, ylim=ylim, xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


def servers(plot, ax, grid: tuple[int, int], fill: str, colors: list[str], box=(0, 0, 1, 1), edge: str | None = None, edges=(IDLE, ACTIVE),
            shade: str | None = None, touch: Touch | None = None) -> None:  # fmt: skip
    """GPUs in servers: grid (columns, rows) of servers in `box`; the rest as in `Drawing.tiles`."""
    columns, rows = grid
    frame(ax, tiled([(columns, rows, BETWEEN)], box))
    plot.tiles(ax, [(columns, rows, BETWEEN), SERVER], fill, colors, shade=shade, edge=edge, edges=list(edges), box=box, touch=touch)


def frame(ax, boxes: np.ndarray, edge: str = "rule") -> None:
    """A thin frame around each of `boxes`: the sheet metal of a server or a rack, a little larger than what it holds.

    edge: "outline" where it holds nothing by which it is seen, as a switch does.
    """
    for left, low, right, high in boxes:
        ax.add_patch(Rectangle((left, low), right - left, high - low, facecolor=COLOR["soft"], edgecolor=COLOR[edge], linewidth=0.8))


def tile(ax, box, color: str, chosen: bool = False) -> None:
    """One GPU that stays as it is."""
    left, low, right, high = box
    ax.add_patch(Rectangle((left, low), right - left, high - low, facecolor=color, **(ACTIVE if chosen else IDLE)))


def centre(place, grids, box):
    """Where the middle of tile `place` lies, as `shapes.tiled` counts them: (x, y), by arithmetic that a page can do."""
    left, low, right, high = box
    x, y, wide, tall = (left + right) / 2, (low + high) / 2, right - left, high - low
    inside = [int(np.prod([columns * rows for columns, rows, _ in grids[k + 1 :]])) for k in range(len(grids))]
    for (columns, rows, gap), within in zip(grids, inside, strict=True):
        cell = np.floor(place / within) % (columns * rows)
        wide, tall = wide / columns, tall / rows
        x, y = x + (cell % columns + 0.5 - columns / 2) * wide, y - (np.floor(cell / columns) + 0.5 - rows / 2) * tall
        wide, tall = wide * (1 - gap), tall * (1 - gap)
    return x, y
