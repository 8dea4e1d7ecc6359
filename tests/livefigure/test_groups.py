"""The least of each group in an array, as a heat map of best layouts needs it: in a browser against NumPy."""

import numpy as np
import pytest
from clustermath.scan import scan
from livefigure.trace import TraceError, trace

GRID = np.array([3.0, -1, 4, 1, -5, 9, 2, 6, -5, 3, 5, 8])


def cells(x, y, grid):
    """Minima of groups of three, the least of them, and its place."""
    heights = np.where(grid > x, grid * y, np.inf)
    least = np.minimum.reduceat(heights, range(0, heights.size, 3))
    return {**{f"cell{k}": least[k] for k in range(4)}, "all": np.min(least), "place": np.argmin(least), "whole": np.argmin(heights)}


def test_groups_in_the_page_and_in_numpy(in_javascript):
    columns = {"x": np.array([-10, -5, -2, 0, 3, 5, 8, 20.0]), "y": np.array([1, -1, 2, 0.5, -3, 1, 1, 1.0])}
    found = in_javascript(trace(cells, {"x": 0.0, "y": 1.0}, {"grid": GRID}), columns)
    with np.errstate(invalid="ignore"):
        expected = [cells(x, y, GRID) for x, y in zip(*columns.values())]
    for name, column in found.items():
        np.testing.assert_array_equal(column, [one[name] for one in expected])


@pytest.mark.parametrize("starts", [[0, 5], [1, 6], [0, 3, 6]])
def test_groups_of_unlike_size_are_refused(starts):
    with pytest.raises(TraceError, match="groups of unlike size"):
        trace(lambda x, grid: {"y": np.min(np.minimum.reduceat(grid * x, starts))}, {"x": 1.0}, {"grid": GRID})


@pytest.mark.parametrize("which", [np.argmin, np.argmax, np.min, np.max])
def test_the_best_of_an_array_that_holds_what_does_not_exist(which, in_javascript):
    """NaN is the least and the most: NumPy gives the place of the first one."""

    def model(x, grid):
        return {"best": which(np.sqrt(grid - x) * (grid - 4))}

    xs = np.array([-9.0, -5, -2, 0, 1, 3.5, 8, 9, np.inf])
    found = in_javascript(trace(model, {"x": 0.0}, {"grid": GRID}), {"x": xs})
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(found["best"], [float(model(x, GRID)["best"]) for x in xs])


def test_what_is_fixed_is_a_constant(in_javascript):
    """Numbers, records of them, and what is made of whole arrays, which no page needs to compute."""

    def model(x, g, place, grid):
        return {"y": x * g + place["level"] * np.sum(place["heights"]) + sum(x for _ in range(g)), "whole": np.max(grid) - np.mean(grid) + np.argmin(grid)}

    fixed = {"g": 3, "place": {"level": 0.5, "heights": np.array([1.0, 2])}, "grid": GRID}
    found = in_javascript(trace(model, {"x": 1.0}, fixed), {"x": np.array([1.0, 2])})
    assert found["y"].tolist() == [7.5, 13.5] and found["whole"][0] == 9 - GRID.mean() + 4


WHOLE = {
    "an index that is a sum": lambda x, g: (2 * g)[np.argmin(np.abs(g - x)) + 1] + g[np.argmax(g - x) - 1] * 3,
    "a table with what does not exist": lambda x, g: np.max(np.where(g > x, np.where(g > 2, g, np.nan), -1.0)),
    "any and all of numbers": lambda x, g: 2 * np.any((g - 1) * x) + np.all((g - 1) * x),
    "one of two that is no array": lambda x, g: np.sum(np.where(True, x, g)) + np.sum(np.where(np.array(False), g, x)),
    "a carry from an earlier loop": lambda x, g: scan(lambda last, e: (e, last), np.sum(g * x), g * x)[0],
    "each element the last sum": lambda x, g: np.sum(scan(lambda last, e: (e + last, last), np.max(g * x), g)[1]),
    "a series that does not change": lambda x, g: np.sum(scan(lambda last, e: (last + e, x), 0.0, g)[1]),
    "signed zeros": lambda x, g: 1 / (x * 0.0) + np.minimum(1 / (x * -0.0), 1.0) + 0 * np.sum(g),
}


@pytest.mark.parametrize("form", WHOLE)
def test_whole_arrays_in_the_page_and_in_numpy(form, in_javascript):
    xs, grid = np.array([-3.0, 0, 0.5, 2, 4]), np.arange(6.0)
    found = in_javascript(trace(lambda x, grid: {"y": WHOLE[form](x, grid)}, {"x": 1.0}, {"grid": grid}), {"x": xs})
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found["y"], [float(WHOLE[form](x, grid)) for x in xs], rtol=1e-12)


def test_a_scan_starts_from_numbers():
    with pytest.raises(TraceError, match="starts a scan from an array"):
        trace(lambda x, grid: {"y": scan(lambda last, e: (last, e), grid * x, grid)[1]}, {"x": 1.0}, {"grid": GRID})


def test_interp_where_two_knots_are_equal(in_javascript):
    xs = np.array([-1, 0, 0.5, 1, 1.5, 2, 3, np.nan, np.inf])
    knots, heights = [0.0, 1, 1, 2], [0.0, 0, 10, 12]
    found = in_javascript(trace(lambda x: {"y": np.interp(x, knots, heights)}, {"x": 0.0}), {"x": xs})
    np.testing.assert_array_equal(found["y"], np.interp(xs, knots, heights))


# Loops whose start and steps are known, and whose step knows a traced value from elsewhere: x.
CLOSURES = {
    "in the state": lambda x: scan(lambda total, k: (total + k * x, total), 0.0, np.arange(1, 6))[0],
    "in the series": lambda x: np.sum(scan(lambda total, k: (total + k, total * x), 0.0, np.arange(1, 6))[1], axis=0),
    "from the second turn on": lambda x: scan(lambda s, k: ((s[1], s[1] * x + k), s[0]), (1.0, 2.0), np.arange(5))[0][1],
    "by name": lambda x: scan(lambda s, k: ({"a": s["a"] + k["t"] / (k["u"] + x**2)}, k["t"]), {"a": 0}, {"t": np.arange(4.0), "u": np.ones(4)})[0]["a"],
    "in a loop of a loop": lambda x: scan(lambda s, k: (s + scan(lambda t, j: (t + j * x, t), 0.0, np.arange(1, 4))[0] / k, s), 0.0, np.arange(1, 5))[0],
    "nowhere": lambda x: x + scan(lambda s, k: (s + k, s), 0.0, np.arange(4))[0],
}


@pytest.mark.parametrize("where", CLOSURES)
def test_a_step_may_know_a_traced_value_from_elsewhere(where, in_javascript):
    column = np.linspace(-2, 3, 9)
    found = in_javascript(trace(lambda x: {"y": CLOSURES[where](x)}, {"x": 1.0}), {"x": column})
    np.testing.assert_allclose(found["y"], [CLOSURES[where](x) for x in column], rtol=1e-12)
    np.testing.assert_allclose(CLOSURES[where](column), [CLOSURES[where](x) for x in column], rtol=1e-12)


def test_what_is_wrong_with_a_loop_is_said_of_the_line_that_calls_it():
    def model(x):
        return {"y": scan(lambda s, k: (s + k, s), np.zeros(3), x * np.arange(3))[0]}

    with pytest.raises(TraceError, match=r"^model\(\) in test_groups.py, line \d+ starts a scan from an array"):
        trace(model, {"x": 1.0})
