"""The loop over time: like a loop in Python, unless a leaf knows better."""

import numpy as np
import pytest
from clustermath.scan import scan


@pytest.mark.parametrize("xs, found", [(5.0, "a number"), ((np.arange(3), np.arange(4)), "3 elements, 4 elements"), ({"a": np.arange(3), "b": 1.0}, "3 elements, a number")])
def test_what_can_not_be_looped_over_is_refused(xs, found):
    """Of two lengths the shorter or the first counted, without a word."""
    with pytest.raises(ValueError, match=f"arrays of one length along their first axis, not over {found}"):
        scan(lambda state, x: (state, state), 0.0, xs)


def test_scan_hands_over_to_a_leaf_that_scans():
    class Leaf:
        def __traced_scan__(self, step, state, xs):
            return "handed over"

    assert scan(None, {"a": (1.0, Leaf())}, np.arange(3)) == "handed over"
    assert scan(None, 0.0, (np.arange(3), Leaf())) == "handed over"


def test_scan_hands_over_when_a_step_knows_a_leaf_that_scans():
    """The loop starts again from its start, whatever its first step has computed."""

    class Leaf:
        def __add__(self, x):
            return self

        def __traced_scan__(self, step, state, xs):
            return state, xs

    leaf, xs = Leaf(), np.arange(3)
    assert scan(lambda state, x: (leaf + x, x), 5.0, xs) == (5.0, xs)
    assert scan(lambda state, x: (state + x, {"y": leaf + state}), 5.0, xs) == (5.0, xs)


def test_scan_loops_over_several_series():
    last, ys = scan(lambda total, x: (total + x["a"] * x["b"], total), 0, {"a": np.arange(4), "b": np.arange(4)})
    assert last == 14
    np.testing.assert_array_equal(ys, [0, 0, 1, 5])


def test_states_may_hold_arrays():
    """Running sums of three series at once, against NumPy's."""
    series = np.arange(12.0).reshape(4, 3)
    _, sums = scan(lambda total, x: (total + x, total + x), np.zeros(3), series)
    np.testing.assert_array_equal(sums, series.cumsum(axis=0))
