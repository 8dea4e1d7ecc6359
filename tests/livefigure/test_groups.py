"""The least of each group in an array, as a heat map of best layouts needs it: in a browser against NumPy."""

import numpy as np
import pytest
from livefigure.trace import TraceError, trace

GRID = np.array([3.0, -1, 4, 1, -5, 9, 2, 6, -5, 3, 5, 8])


def cells(x, y, grid):
    """Minima of groups of three, the least of them, and its place."""
    heights = np.where(grid > x, grid * y, np.inf)
    least = np.minimum.reduceat(heights, range(0, heights.size, 3))
    return {**{f"cell{k}": least[k] for k in range(4)}, "all": np.min(least), "place": np.argmin(least), "whole": np.argmin(heights)}


def test_groups_in_the_page_and_in_numpy(in_javascript):
    columns = {"x": np.array([-10, -5, -2, 0, 3, 5, 8, 20.0]), "y": np.array([1, -1, 2, 0.5, -3, 1, 1, 1.0])}
    found = in_javascript(trace(cells, {"x": 0.0, "y": 1.0, "grid": GRID}), columns)
    with np.errstate(invalid="ignore"):
        expected = [cells(x, y, GRID) for x, y in zip(*columns.values())]
    for name, column in found.items():
        np.testing.assert_array_equal(column, [one[name] for one in expected])


@pytest.mark.parametrize("starts", [[0, 5], [1, 6], [0, 3, 6]])
def test_groups_of_unlike_size_are_refused(starts):
    with pytest.raises(TraceError, match="groups of unlike size"):
        trace(lambda x, grid: {"y": np.min(np.minimum.reduceat(grid * x, starts))}, {"x": 1.0, "grid": GRID})
