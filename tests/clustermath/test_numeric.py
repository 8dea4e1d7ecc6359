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
    assert {*TAKES, "either"} == {name for name, thing in vars(numeric).items() if getattr(thing, "__module__", "") == numeric.__name__}


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


def test_where_of_a_plain_condition_copies_only_what_it_must():
    """An array that is chosen is left as it is; one whose shape or kind the other changes is made anew, as by NumPy."""
    long, wide, whole = np.arange(3.0), np.ones((2, 1)), np.arange(3)
    for then, otherwise in itertools.product((long, wide, whole, 2.0, 3, np.float64(5.0), long > 1), repeat=2):
        for condition in (True, False):
            found, wanted = numeric.where(condition, then, otherwise), np.where(condition, then, otherwise)
            np.testing.assert_array_equal(found, wanted)
            assert np.shape(found) == np.shape(wanted) and np.result_type(found) == np.result_type(wanted) or type(found) in (int, float)
    assert numeric.where(True, long, 1.0) is long and numeric.where(False, wide, long + 1) is not long


def test_either_calls_what_is_chosen():
    def refused():
        raise AssertionError

    assert numeric.either(True, lambda: 1.0, refused) == 1.0 and numeric.either(False, refused, lambda: 2.0) == 2.0
    np.testing.assert_array_equal(numeric.either(np.array([True, False]), lambda: 1.0, lambda: 2.0), [1.0, 2.0])
