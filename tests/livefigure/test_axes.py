"""What depends on few axes of a grid is computed for few: the same numbers, with less work."""

import re

import numpy as np
import pytest
from livefigure.axes import Axes, held_and_period, wanted_whole
from livefigure.javascript import Arrays, run_function
from livefigure.trace import reachable, trace

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


def test_a_table_is_known_by_what_it_holds():
    steps = [40, 10, 5, 1]
    for name, step, axis in zip("pqrs", steps, AXES):
        assert held_and_period(GRID[name].tolist()) == (step, len(axis), axis.tolist())
    assert held_and_period([1.0, 2.0, 4.0, 7.0]) == (1, 4, [1.0, 2.0, 4.0, 7.0])
    assert held_and_period([3.0] * 6) == (6, 1, [3.0])


def axes_of(found):
    nodes = reachable(found.outputs.values())
    return nodes, Axes(nodes, COUNT, wanted_whole(nodes, found.outputs.values()))


def test_values_run_along_the_axes_they_are_made_of():
    found = trace(model, {"x": 1.5, "y": 2.5}, {"grid": GRID})
    nodes, axes = axes_of(found)
    assert axes.sizes == SIZES
    counts = {axes.count(axes.along[node.order]) for node in nodes if node.operation in ("exp", "log", "sqrt", "power")}
    assert counts == {4, 5, 6, 15}
    for node in nodes:  # what a value is made of runs along no more than the value itself
        if node.length == COUNT and node.operation not in ("table", "least"):
            assert all(axes.along[x.order] <= axes.along[node.order] for x in node.operands if getattr(x, "length", None) == COUNT)


def test_each_element_is_found_again():
    axes = axes_of(trace(model, {"x": 1.5, "y": 2.5}, {"grid": GRID}))[1]
    for some in ([0], [1, 3], [0, 2], [0, 1, 2, 3], []):
        chosen = frozenset(some)
        seen = set()
        for i, place in enumerate(np.ndindex(SIZES)):
            of_turn = eval(axes.place(chosen, [str(p) for p in place]))  # arithmetic of digits
            of_element = eval(re.sub(r"\((\w+)/(\d+)\|0\)", r"(\1//\2)", axes.place_of(chosen, str(i))))
            assert of_turn == of_element == (np.ravel_multi_index([place[k] for k in some], [SIZES[k] for k in some]) if some else 0)
            seen.add(of_turn)
        assert len(seen) == axes.count(chosen)


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


def test_arrays_without_a_grid_keep_one_loop():
    def line(x, t):
        return {"sum": np.sum(np.exp(-x * t))}

    text = run_function(trace(line, {"x": 1.0}, {"t": np.linspace(0, 1, 200) ** 2}), Arrays())
    assert text.count("for(") == 1
