"""Where shapes lie: areas between lines, boxes, tiles in grids; and how strong a colour or a line is in steps that a page repeats.

The page has the same few functions (runtime/geometry.js); a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.path import Path

SHADES = 5  # how many strengths a tile's colour has
WIDTHS = 6  # how many widths a wire has
ABSENT = 0.001  # strength of what is not there: of none at all matplotlib would make a cell without a colour that could come back
NUDGE = 1e-6  # of a step: what lies on the edge of two belongs to the upper one, whatever the last digit
BOX = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]


def areas(xs, lows, highs) -> Path:
    """The area between two lines; where either does not exist it is interrupted."""
    corners, codes = [], []
    exists = np.isfinite(xs) & np.isfinite(lows) & np.isfinite(highs)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], exists, [False]]).astype(int)))
    for start, end in edges.reshape(-1, 2):
        there, back = [np.column_stack([xs[start:end], side[start:end]]) for side in (highs, lows)]
        corners += [*there, *back[::-1], there[0]]
        codes += [Path.MOVETO, *[Path.LINETO] * (2 * len(there) - 1), Path.CLOSEPOLY]
    return Path(corners or [(np.nan, np.nan)], codes or None)


def boxes(corners) -> Path:
    """Rectangles as one path. corners: (n, 4) of left, low, right, high."""
    vertices = [v for left, low, right, high in corners for v in ((left, low), (right, low), (right, high), (left, high), (left, low))]
    return Path(vertices or [(np.nan, np.nan)], BOX * len(corners) or None)


def lines(ends) -> Path:
    """Straight lines as one path. ends: (n, 4) of x0, y0, x1, y1."""
    vertices = [v for x0, y0, x1, y1 in ends for v in ((x0, y0), (x1, y1))]
    return Path(vertices or [(np.nan, np.nan)], [Path.MOVETO, Path.LINETO] * len(ends) or None)


def tiled(grids: Sequence[tuple[int, int, float]], box: tuple[float, float, float, float]) -> np.ndarray:
    """The tiles of grids within grids as (n, 4) of left, low, right, high, in the units of `box`, which is one such row.

    grids: (columns, rows, gap) from the outermost to the innermost; gap is the share of a cell's width and height that
    stays free. Tiles are counted row by row from the top left, all those of one outer cell before those of the next.
    """
    found = np.array([box], float)
    for columns, rows, gap in grids:
        row, column = np.divmod(np.arange(columns * rows), columns)
        left, low, right, high = (edge[:, None] for edge in found.T)
        wide, tall = (right - left) / columns, (high - low) / rows
        x, y = left + (column + gap / 2) * wide, high - (row + 1 - gap / 2) * tall
        found = np.stack([x, y, x + (1 - gap) * wide, y + (1 - gap) * tall], axis=-1).reshape(-1, 4)
    return found


def level(share, levels: int) -> np.ndarray:
    """The step of 0 … levels − 1 in which a share of 0 … 1 lies; −1 for what is not finite."""
    with np.errstate(all="ignore"):
        found = np.clip(np.floor(np.asarray(share, float) * levels + NUDGE), 0, levels - 1)
    return np.where(np.isfinite(share), found, -1)


def shade(z, low, high, log: bool):
    """How strong the colour of a cell is, from 0.06 to 1 in steps that SVG can carry; ABSENT for what is not finite."""
    with np.errstate(all="ignore"):
        share = np.log(z / low) / np.log(high / low) if log else (z - low) / (high - low)
    return np.where(np.isfinite(share), np.round(0.06 + 0.94 * np.clip(share, 0, 1), 3), ABSENT)
