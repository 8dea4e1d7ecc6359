"""Choices and roots of plain numbers are NumPy's, and stay plain numbers; all else is left to NumPy."""

import itertools
import math

import numpy as np
import pytest
from clustermath import numeric

SPECIAL = (0.0, -0.0, 1, 2, -3, 0.5, -2.5, 1e300, 5e-324, math.inf, -math.inf, math.nan)
TAKES = {"where": 3, "maximum": 2, "minimum": 2, "clip": 3, "sqrt": 1, "cbrt": 1, "log": 1, "ceil": 1}
every_function = pytest.mark.parametrize("name", TAKES)


def same(one, other) -> bool:
    return (np.isnan(one) and np.isnan(other)) or math.isclose(one, other, rel_tol=1e-15)


def calls(name):
    for values in itertools.product(SPECIAL, repeat=TAKES[name]):
        yield (bool(values[0] > 0), *values[1:]) if name == "where" else values


def test_all_are_tried():
    assert set(TAKES) == {name for name, thing in vars(numeric).items() if getattr(thing, "__module__", "") == numeric.__name__}


@every_function
def test_of_a_number_is_numpy_s(name):
    with np.errstate(all="ignore"):
        for values in calls(name):
            assert same(getattr(numeric, name)(*values), getattr(np, name)(*values)), values


@every_function
def test_a_number_stays_python_s(name):
    """Arithmetic on NumPy's own numbers takes several times as long."""
    given = {"where": (True, 1.0, 2), "clip": (1.0, 0, 3)}.get(name, (8.0, 2.0)[: TAKES[name]])
    assert type(getattr(numeric, name)(*given)) in (float, int)


@every_function
def test_of_arrays_is_numpy_s(name):
    """Also where only one argument is an array: the result has its shape."""
    with np.errstate(all="ignore"):
        for place in range(TAKES[name]):
            values = [True if name == "where" else 0.5, 2.0, 3.0][: TAKES[name]]
            values[place] = np.array([0.0, 1.0, 9.0]) > 0 if name == "where" and not place else np.array([0.0, 1.0, 9.0])
            found = getattr(numeric, name)(*values)
            np.testing.assert_array_equal(found, getattr(np, name)(*values))
            assert found.shape == (3,)
