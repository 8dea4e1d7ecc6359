"""The guard at the public boundary."""

import numpy as np
import pytest
from clustermath.checking import PARAMETERS, Parameter, checked, declare


def test_a_name_has_one_meaning():
    with pytest.raises(ValueError, match="'gpus' is declared twice"):
        declare("gpus", "1", 0, 1, "something else")


@pytest.mark.parametrize(
    "value", [0, -1, 1.5, float("nan"), float("inf"), "8", None, [8, 0], np.array([8, np.nan]), np.array(["8"])]
)
def test_impossible_values_name_argument_and_range(value):
    with pytest.raises(ValueError, match="gpus .* must be a whole number from 1 to 1e") as refusal:
        PARAMETERS["gpus"].check(value, "training_time")
    assert str(refusal.value).startswith("training_time(): gpus = ")


@pytest.mark.parametrize("value", [1, 16_384, 16_384.0, np.int64(8), np.array([[8, 16]]), [8, 16]])
def test_possible_values_pass(value):
    PARAMETERS["gpus"].check(value)


def test_what_stands_for_any_value_passes():
    PARAMETERS["gpus"].check(object())


def test_only_the_outermost_call_is_checked():
    """Inside, a model may go where no slider does: a share of the GPUs need not be a whole number."""

    @checked(returns="gpu")
    def inner(gpus):
        return gpus

    @checked
    def outer(gpus):
        return inner(gpus / 3)

    assert outer(100) == 100 / 3
    with pytest.raises(ValueError, match=r"inner\(\): gpus = 33.3333"):
        inner(100 / 3)
    with pytest.raises(ValueError, match=r"outer\(\): gpus = 0.5"):
        outer(0.5)
    assert inner.returns == "gpu" and outer.returns is None


def test_a_failed_call_leaves_the_guard_in_place():
    @checked
    def fails(gpus):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fails(1)
    with pytest.raises(ValueError):
        fails(0)


def test_show_is_the_whole_range_unless_said():
    assert Parameter("x", "1", 0, 5, "an example").shown == (0, 5)
    assert Parameter("x", "1", 0, 5, "an example", show=(1, 2)).shown == (1, 2)
