"""Places, counts and turns of a loop, run in a browser against NumPy itself: whole numbers have rules of their own there."""

import math

import numpy as np
import pytest
from agreement import agree
from clustermath.scan import scan
from graph_in_numpy import Rows
from livefigure.trace import trace


def one_by_one(model, column, **fixed):
    """NumPy's answers for each number alone, as a notebook's readout is computed."""
    with np.errstate(all="ignore"):
        return np.array([float(model(np.float64(x), **fixed)) for x in column])


ROW = np.array([3.0, 1.0, 4.0, 1.5, 5.0])
# What is computed with places in an array, of which NumPy counts those below 0 from the end.
PLACES = {
    "left of the least": lambda x, row: (row * x)[np.argmin(abs(row - x)) - 1],
    "left of the least, known": lambda x, row: row[np.argmin(abs(row - x)) - 1],
    "two to the left of the greatest": lambda x, row: (row + x)[np.argmax(np.where(row < x, row, 0)) - 2],
    "taken from the end": lambda x, row: (row * x)[-1] + (row * x)[-5] + (row * x)[4],
    "by a count": lambda x, row: (row * x)[np.sum(row > x) - 1],
    "of a line": lambda x, row: np.take(np.arange(5.0) * x, np.sum(row > x) - 5),
    "in rows of two": lambda x, row: np.argmin(abs(row - x)) // 2 + 10 * (np.argmin(abs(row - x)) % 2),
    "a float among counts": lambda x, row: 7.0 // np.sum(row > x) + 7.0 % np.argmin(abs(row - x)),
    "one over a count as a float": lambda x, row: 1 // (1.0 * np.sum(row > x)),
    "least of one number": lambda x, row: x + np.argmin(x) + np.argmax(x),
    "a float over the power of a count": lambda x, row: 7.0 // np.sum(row > x) ** 2 + np.float_power(np.sum(row > x), -1),
    "zero has one sign among whole numbers": lambda x, row: 1 / -np.sum(row > x) + 1.0 / (np.sum(row > x) * -2) + 1 / ((x > 1) * -1),
    "and it is that of divided ones": lambda x, row: 1.0 / (np.sum(row > x) // -3) + 2.0 / (np.sum(row > x) % -3),
    "and of what is made whole": lambda x, row: 1.0 / np.clip(x, -3.0, 3.0).astype(int) + 1.0 / np.ceil(np.clip(x, -0.5, 3.0)).astype(int),
    "a sum of one": lambda x, row: 1.0 / np.sum(np.maximum(x, 0.0) * -1.0),
    "rounded to tens": lambda x, row: np.round(10 * np.sum(row > x) + 3, -1) + np.round(np.sum(row > x), 2),
    "a place made whole": lambda x, row: (row * x)[np.clip(x, -4.0, 4.0).astype(int)] + row.astype(float)[2] * x,
    "a place that a loop has counted": lambda x, row: (row * x)[scan(lambda s, r: (s + np.where(r > x, 1, 0), s), 0, row)[0] - 1],
    "a whole number that a loop makes another": lambda x, row: scan(lambda s, r: (s + r * x, s), 0, row)[0] / 3,
    "python's roundings": lambda x, row: math.floor(np.clip(x, -3, 3)) + math.ceil(np.clip(x, -3, 3)) * 10 + np.divide(1.0, round(np.clip(x, -3, 3))),
    "methods with an axis": lambda x, row: (row * x).sum(axis=0) + (row * x).max(axis=0) + (row * x).clip(min=0).mean(),
    "power of a count": lambda x, row: 2.0 ** -np.sum(row > x) + np.sum(row > x) ** 3,
}


@pytest.mark.parametrize("form", PLACES)
def test_places_and_counts_are_numpy_s(form, in_javascript):
    column = np.concatenate([np.arange(-1, 7, 0.25), [np.inf, -np.inf]])
    found = in_javascript(trace(lambda x, row: {"y": PLACES[form](x, row)}, {"x": 1.0}, {"row": ROW}), {"x": column})
    agree(found["y"], one_by_one(PLACES[form], column, row=ROW), {"x": column})


def with_places(random, depth):
    """A random formula of a number and a row, with what goes by places, counts and turns: for numbers one at a time."""

    def number(depth):
        if depth == 0:
            constant, kind = random.choice([0.5, -1.0, 2.0, 0.0]), random.integers(3)
            return [lambda x, row: x, lambda x, row: constant, lambda x, row: row[1] * x][kind]
        a, b = number(depth - 1), number(depth - 1)
        r, s = series(depth - 1), series(depth - 1)
        back, power = int(random.integers(3)), random.choice([2.0, 0.5, -1.0, 3.0])
        return random.choice([
            lambda x, row: r(x, row)[np.argmin(s(x, row)) - back], lambda x, row: r(x, row)[np.argmax(s(x, row)) - 1 - back],
            lambda x, row: r(x, row)[np.sum(s(x, row) > a(x, row)) - 1], lambda x, row: r(x, row)[-1 - back],
            lambda x, row: np.sum(r(x, row) > b(x, row)) % 3 + np.argmin(s(x, row)) // 2, lambda x, row: a(x, row) // np.sum(s(x, row) > b(x, row)),
            lambda x, row: np.rint(a(x, row)) + 0 + np.sign(b(x, row)), lambda x, row: a(x, row) % (np.abs(b(x, row)) + 1),
            lambda x, row: np.power(np.sign(a(x, row)), 1 / b(x, row)), lambda x, row: np.abs(a(x, row)) ** power,
            lambda x, row: np.interp(a(x, row), [-1.0, 0.0, 0.0, 3.0], [1.0, 0.0, 2.0, -1.0]) + np.interp(b(x, row), [1.0], [2.0]),
            lambda x, row: scan(lambda total, k: (0.5 * total + k * a(x, row), total), 1.0, np.arange(4))[0],
            lambda x, row: np.sum(scan(lambda total, k: (total + b(x, row), total * k), 0.0, np.arange(5))[1]),
            lambda x, row: np.mean(r(x, row)) - np.max(s(x, row)), lambda x, row: np.argmin(a(x, row)) + b(x, row),
        ])  # fmt: skip

    def series(depth):
        if depth <= 0:
            return lambda x, row: row * x + 1
        a, r, s = number(depth - 1), series(depth - 1), series(depth - 1)
        return random.choice([
            lambda x, row: r(x, row) + a(x, row), lambda x, row: r(x, row) * s(x, row), lambda x, row: np.where(r(x, row) > a(x, row), s(x, row), a(x, row)),
            lambda x, row: np.rint(r(x, row)), lambda x, row: np.minimum(s(x, row), a(x, row)), lambda x, row: row - a(x, row),
        ])  # fmt: skip

    return number(depth)


@pytest.mark.parametrize("seed", range(60))
def test_random_formulas_with_places_counts_and_turns(seed, in_javascript):
    random = np.random.default_rng(seed)
    model, column = with_places(random, 3), np.concatenate([random.uniform(-4, 4, 30), np.arange(-3.0, 4.0)])
    traced = trace(lambda x, row: {"y": model(x, row) + 0 * x}, {"x": 1.0}, {"row": ROW})
    near = Rows(traced, {"x": column})
    near.outputs()
    expected = one_by_one(lambda x, row: model(x, row) + 0 * x, column, row=ROW)
    found = in_javascript(traced, {"x": column})["y"]
    wrong = ~np.isclose(found, expected, rtol=1e-9, atol=1e-12, equal_nan=True) & ~near.near
    assert not wrong.any(), [*zip(column[wrong], found[wrong], expected[wrong])][:5]
