"""Where the names of lines have room: at the end that no curve crosses, and clear of each other."""

import numpy as np


def ends(crossings: list, left: float, needed: float, right: float, hidden: float) -> dict:
    """x of a name that starts at `left` and of one that ends at `right`, one of them `hidden`, out of the axes.

    crossings: where curves cross the line; needed: up to where the name at the left reaches.
    """
    taken = sum(np.where((at > 0.8 * left) & (at < needed), 1, 0) for at in crossings)
    return {"left": np.where(taken < 1, left, hidden), "right": np.where(taken < 1, hidden, right)}


def name(plot, ax, at: str, y, words: str, **style) -> None:
    """The name of a line at the height y, at the two places that `ends` has given under `at`."""
    for side in ("left", "right"):
        plot.label(ax, f"{at}.{side}", y, words, ha=side, **style)


def apart(one, other, least: float) -> tuple:
    """Two heights of names on a logarithmic axis, moved apart until one is `least` times the other."""
    middle, ratio = np.sqrt(one * other), one / other
    half = np.sqrt(np.maximum(np.maximum(ratio, 1 / ratio), least))
    above = ratio >= 1
    return np.where(above, middle * half, middle / half), np.where(above, middle / half, middle * half)
