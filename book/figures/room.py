"""Where the name of a line has room: at its left end, or at its right one while a curve crosses it there."""

import numpy as np


def ends(crossings: list, left: float, needed: float, right: float, hidden: float) -> dict:
    """x of a name that starts at `left` and of one that ends at `right`, one of them `hidden`, out of the axes.

    crossings: where curves cross the line; needed: up to where the name at the left reaches.
    """
    taken = sum(np.where((at > 0.8 * left) & (at < needed), 1, 0) for at in crossings)
    return {"left": np.where(taken < 1, left, hidden), "right": np.where(taken < 1, hidden, right)}
