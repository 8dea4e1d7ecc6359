"""The guard at the public boundary."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from clustermath.checking import PARAMETERS, Parameter, checked, declare
from clustermath.collectives import all_reduce, local_ranks, network_of
from clustermath.hardware import CHIPS
from clustermath.load import share_of_interval, swing_in_band
from clustermath.run import gpu_time, peak, training_flops, training_time
from pytest import approx


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


@pytest.mark.parametrize("value", [1j, 8 + 0j, np.complex128(8), np.array([8j]), {8}, {"gpus": 8}, b"8", [[1, 2], [3]], [1, None], np.array([None]), Fraction(-1, 2), 10**400, np.datetime64("2026-01-01")])
def test_what_is_no_real_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^f\(\): gpus = .* gpus \(number of GPUs\) must be a whole number from 1 to 1e\+08 gpu\.$"):
        PARAMETERS["gpus"].check(value, "f")


@pytest.mark.parametrize("gpus, tokens", [(np.array([405 * 10**9]), np.array([156 * 10**11])), ([405 * 10**9], [156 * 10**11]), (np.int64(405 * 10**9), np.int64(156 * 10**11)), (np.float32(405e9), np.float32(156e11)), (Fraction(405 * 10**9), Decimal(156 * 10**11)), (405 * 10**9, 156 * 10**11)])
def test_whole_numbers_do_not_overflow(gpus, tokens):
    """Llama 3.1 405B: 3.8e25 FLOPs (arXiv 2407.21783), which 64-bit whole numbers wrap to -3.7e18."""
    assert training_flops(gpus, tokens, 6) == approx(3.79e25, rel=1e-3)


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.float16, bool])
def test_gpu_time_of_narrow_numbers(kind):
    """100 GPUs for 100 s are 10,000 GPU-seconds in every type; int8 has room up to 127, int32 lost 10^5 x 10^5."""
    value = kind(1) if kind is bool else kind(100)
    assert gpu_time(np.array([value]), np.array([value])) == float(value) ** 2
    if kind is np.int32:
        assert gpu_time(np.array([10**5], kind), np.array([10**5], kind)) == 1e10


def test_a_whole_number_beyond_64_bits():
    assert training_time(10**30, 10**4, 10**15, 0.5) == approx(2e11)
    assert np.log10(PARAMETERS["gpu_time"].check(10**40)) == approx(40)


def test_lists_are_taken_as_arrays():
    np.testing.assert_allclose(training_time([1e24, 2e24], 1000, 1e15, [[0.5], [0.25]]), [[2e6, 4e6], [4e6, 8e6]])


@pytest.mark.parametrize("precision", [5, 12, [16, 12]])
def test_a_precision_that_no_chip_has_is_refused(precision):
    with pytest.raises(ValueError, match=r"peak\(\): precision = (5|12) is not possible. .* must be 4, 8 or 16"):
        peak(CHIPS["H100 SXM"], precision)


def test_a_group_is_no_smaller_than_its_part_in_a_domain():
    network = network_of(CHIPS["H100 SXM"])
    with pytest.raises(ValueError, match=r"all_reduce\(\): local = 64 is not possible. local .* must be at most ranks = 8"):
        all_reduce(1e9, ranks=8, local=64, network=network)
    with pytest.raises(ValueError, match="local = 3 .* at most ranks = 2"):
        all_reduce(1e9, ranks=np.array([4, 2]), local=3, network=network)
    ranks = np.arange(1, 1000)
    assert np.all(np.isfinite(all_reduce(1e9, ranks, local_ranks(ranks, 1, network), network)))


def test_intervals_are_not_upside_down():
    with pytest.raises(ValueError, match="slowest = 3 .* at most fastest = 0.2"):
        swing_in_band(4.0, 1.0, slowest=3, fastest=0.2)
    with pytest.raises(ValueError, match="busy_time = 6 .* at most period = 5"):
        share_of_interval(0.0, 1.0, period=5, busy_time=6)


def test_formulas_of_the_same_records_are_computed_once_in_a_call():
    """Within one outermost call, and for these very records: an equal one of another call is computed anew."""
    seen = []

    @checked(returns="1")
    def inner(record: dict):
        seen.append(record)
        return {"value": record["value"] + len(seen)}

    @checked(returns="1")
    def outer(record: dict, gpus):
        return inner(record)["value"] + inner(record)["value"] + inner({"value": gpus})["value"] + inner({"value": gpus})["value"]

    assert outer({"value": 10}, 100) == 11 + 11 + 102 + 103
    assert outer({"value": 10}, 100) == 14 + 14 + 105 + 106
    assert len(seen) == 6
    with pytest.raises(ValueError):
        outer({"value": 10}, 0)
    assert inner({"value": 10})["value"] == 17, "outside of a call nothing is kept"
