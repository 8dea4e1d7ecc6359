"""Models on grids, whose tables hold their values for a while, over and over: the page reads them as NumPy does."""

import numpy as np
import pytest
from livefigure.javascript import to_javascript
from livefigure.trace import trace

SIZES = (3, 4, 2, 5)
AXES = [np.array([1.0, 2, 5]), np.array([0.5, 3, 4, 7]), np.array([0.0, 1]), np.array([2.0, 9, 11, 12, 30])]
GRID = dict(zip("pqrs", (axis.ravel() for axis in np.meshgrid(*AXES, indexing="ij"))))
COUNT = int(np.prod(SIZES))


def model(x, y, grid):
    """Made of parts along one axis, along two that aren't neighbours, along all; read whole, by place and in groups."""
    one = np.sqrt(grid["q"] * x) / (1 + np.exp(-grid["q"])) + np.log(grid["q"] + x)
    two = np.where(grid["r"] > 0, x, y) ** grid["p"] / np.sqrt(1 + grid["p"] * y) + np.log(grid["p"] + grid["r"] * y + 1)
    apart = np.exp(-grid["s"] / 30) * np.sqrt(grid["p"] + y) / np.log(grid["s"] + grid["p"] + x)
    whole = one * two + apart * grid["s"] + grid["r"]
    best = np.argmin(whole)
    return {
        "sum": np.sum(whole), "least": whole[best], "one": one[best], "two": two[best], "apart": apart[best], "p": grid["p"][best],
        "largest": np.max(two), "first": one[7], "last": apart[-1], "groups": np.minimum.reduceat(whole, range(0, COUNT, 10)), "array": two + 0 * whole,
        "reduced": two, "count": np.sum(np.where((one > two) & (grid["s"] > 5), 1.0, 0.0)),
    }  # fmt: skip


@pytest.mark.parametrize("x, y", [(1.5, 2.5), (0.3, 8.0), (40.0, 0.1)])
def test_the_page_computes_what_numpy_does(x, y, in_page):
    found = in_page(trace(model, {"x": 1.0, "y": 1.0}, {"grid": GRID}), {"x": x, "y": y})
    expected = model(x, y, GRID)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


def test_a_loop_with_memory_goes_on_in_order(in_page):
    """A scan over a grid reads what depends on few axes, and takes its turns one after the other."""
    from clustermath.scan import scan

    def walk(x, grid):
        slope = np.sqrt(grid["p"] + x) * np.exp(-grid["r"]) / np.log(grid["p"] + 2)
        last, path = scan(lambda state, turn: (0.9 * state + turn, state * turn), x, slope + grid["s"])
        return {"last": last, "path": path, "top": np.max(path)}

    found = in_page(trace(walk, {"x": 1.0}, {"grid": GRID}), {"x": 0.7})
    for name, value in walk(0.7, GRID).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


def test_a_grid_beside_a_loop_with_memory_is_taken_apart(in_page):
    """The loop starts from what the grid gave and the grid reads what it ended with, in a model that alone would be taken apart."""
    from clustermath.scan import scan

    def both(x, y, grid, turns):
        start = model(x, y, grid)["least"]
        (state, total, _), path = scan(lambda state, turn: ((0.5 * state[0] + turn, state[1] + state[0], state[2]), state[0]), (start, 0.0, y), turns)
        return {"total": total, "path": path, **model(state, y, grid)}

    fixed = {"grid": GRID, "turns": np.arange(1.0, 8)}
    traced = trace(both, {"x": 1.0, "y": 1.0}, fixed)
    found, expected = in_page(traced, {"x": 1.5, "y": 2.5}), both(1.5, 2.5, **fixed)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)
    whole = [loop for loop in to_javascript(traced).split("for(let ") if f"<{COUNT};" in loop]
    assert whole and not any("exp(" in loop for loop in whole)


@pytest.mark.parametrize("sizes", [(6, 7), (9, 10), (3, 3)])
def test_a_short_grid_is_one_loop_over_all_its_elements(sizes, in_page):
    """A table that holds its values for a while is read at every element, also where no loop is taken apart."""
    held, over = np.repeat(np.arange(1.0, sizes[0] + 1) ** 2, sizes[1]), np.tile(np.arange(1.0, sizes[1] + 1) ** 3, sizes[0])

    def short(x, grid):
        return {"array": grid["held"] * x + grid["over"], "sum": np.sum(np.exp(-grid["held"] / x)), "at": (grid["held"] + x)[sizes[1]]}

    found = in_page(trace(short, {"x": 1.0}, {"grid": {"held": held, "over": over}}), {"x": 2.5})
    for name, value in short(2.5, {"held": held, "over": over}).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


def test_tables_that_no_grid_explains_keep_one_loop(in_page):
    """Values held for 40 elements and for 30: of no common grid."""
    tables = {"one": np.repeat([1.0, 2, 5], 40), "other": np.repeat([3.0, 1, 4, 1.5], 30)}

    def mixed(x, tables):
        return {"array": tables["one"] * x + tables["other"], "sum": np.sum(np.exp(-tables["one"] / x))}

    found = in_page(trace(mixed, {"x": 1.0}, {"tables": tables}), {"x": 2.5})
    for name, value in mixed(2.5, tables).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("sizes", [(6, 5, 40), (2, 30, 20), (20, 10, 12)])
def test_what_few_axes_decide_has_a_loop_of_its_own(sizes, in_page):
    """Around the whole one where the axes are the first, else before it, with rows for a short loop and arrays for a long one."""
    grid = dict(zip("pqr", (axis.ravel() for axis in np.meshgrid(*(np.arange(1.0, size + 1) ** 1.5 for size in sizes), indexing="ij"))))
    first, last = ("qr", "p") if sizes[0] == 2 else ("pq", "r")

    def wide(x, y, grid):
        two = np.sqrt(grid[first[0]] + x) * np.log(grid[first[1]] + y) + np.exp(-grid[first[0]] / x) * np.sqrt(grid[first[1]] * y)
        one = np.exp(-grid[last] / 99) + np.sqrt(grid[last] * x) + np.log(grid[last] + y) * np.sqrt(grid[last] + 1)
        whole = two * one + two / (1 + one)
        best = np.argmax(np.where(whole > x * y, -whole, -1e9))
        return {"sum": np.sum(whole), "best": best + 0.0, "two": two[best], "one": one[best], "whole": whole, "least": np.min(two), "p": grid["p"][best]}

    traced = trace(wide, {"x": 1.0, "y": 1.0}, {"grid": grid})
    found, expected = in_page(traced, {"x": 2.5, "y": 0.75}), wide(2.5, 0.75, grid)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)
    assert f"i<{grid['p'].size};" not in to_javascript(traced)  # no loop goes straight through all


def test_a_place_is_known_in_every_loop_that_reads_from_it(in_page):
    """Two loops over the whole grid, of which the second waits for a number of the first, read along the same two of its axes."""
    grid = dict(zip("pqr", (axis.ravel() for axis in np.meshgrid(*(np.arange(1.0, size + 1) ** 1.5 for size in (6, 9, 7)), indexing="ij"))))

    def outside(a, b, x):
        return np.sqrt(a + x) * np.log(b + x) + np.exp(-a / x) * np.sqrt(b * x) + np.log(a * b + 1)

    def twice(x, grid):
        first, second = outside(grid["p"], grid["r"], x), outside(grid["r"], grid["p"], x)
        lowest = np.min(first * grid["q"] + second / grid["q"] + first * second * np.sqrt(grid["q"]))
        after = outside(grid["p"], grid["r"], lowest)
        again = after * grid["q"] + outside(grid["r"], grid["p"], lowest) / grid["q"]
        return {"lowest": lowest, "top": np.max(again), "sum": np.sum(again * after)}

    found = in_page(trace(twice, {"x": 1.0}, {"grid": grid}), {"x": 2.5})
    for name, value in twice(2.5, grid).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


def test_what_a_short_loop_reads_of_a_longer_one_is_no_loop_around_it(in_page):
    """What is computed along more axes than its reader has, since that was worth no loop of its own: the reader took each turn of it for some of its own, none."""
    sizes = (14, 7, 6, 2)
    grid = dict(zip("pqrs", (axis.ravel() for axis in np.meshgrid(*(np.arange(1.0, size + 1) for size in sizes), indexing="ij"))))

    def reading(x, grid):
        inner = sum(np.sin(k * x * grid["r"] + grid["p"] * grid["q"]) for k in range(1, 12))
        whole = inner * np.exp(-grid["s"]) + (grid["p"] + x) * (grid["q"] + grid["s"])
        return {"least": np.min(whole), "sum": np.sum(whole), "place": np.argmin(whole)}

    found = in_page(trace(reading, {"x": 1.0}, {"grid": grid}), {"x": 0.7})
    for name, value in reading(0.7, grid).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)
