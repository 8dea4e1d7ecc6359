"""Bubbles and activations in flight against a pipeline that is run event by event."""

import pipeline
import pytest
from clustermath.schedule import SCHEDULES, bubble_time, microbatches_in_flight
from pytest import approx

F, B, W = 1.0, 2.0, 1.0
SIZES = [(2, 4), (4, 8), (4, 16), (8, 8), (8, 32)]


def idle_and_held(orders, stages, chunks=1, durations=None):
    _, idle, held = pipeline.run(orders, stages, chunks, durations or {"F": F / chunks, "B": B / chunks})
    return max(idle), held[0] / chunks


@pytest.mark.parametrize("stages, microbatches", SIZES)
@pytest.mark.parametrize("name, orders", [("gpipe", pipeline.gpipe), ("1f1b", pipeline.one_f_one_b)])
def test_plain_schedules(name, orders, stages, microbatches):
    idle, held = idle_and_held(orders(stages, microbatches), stages)
    assert bubble_time(SCHEDULES[name], stages, 1, F, B, W) == approx(idle)
    assert microbatches_in_flight(SCHEDULES[name], stages, 1, microbatches) == held


@pytest.mark.parametrize("stages, microbatches", SIZES)
@pytest.mark.parametrize("chunks", [2, 3, 6])
def test_interleaved(stages, microbatches, chunks):
    """The bubble shrinks by the number of chunks; the first stage holds up to 1 + (p-1)/pv times as much."""
    idle, held = idle_and_held(pipeline.interleaved(stages, microbatches, chunks), stages, chunks)
    assert bubble_time(SCHEDULES["1f1b"], stages, chunks, F, B, W) == approx(idle)
    assert microbatches_in_flight(SCHEDULES["1f1b"], stages, chunks, microbatches) == approx(held)


@pytest.mark.parametrize("stages, microbatches", [(2, 8), (4, 16), (8, 32)])
@pytest.mark.parametrize("weight", [0.7, 1.0])
def test_zero_bubble(stages, microbatches, weight):
    """With backward split in inputs and weights, B - W and W; exact where all three are alike, as the paper assumes."""
    durations = {"F": F, "B": B - weight, "W": weight}
    orders = pipeline.zero_bubble(stages, microbatches)
    idle, held = idle_and_held(orders, stages, durations=durations)
    bubble = bubble_time(SCHEDULES["zero-bubble"], stages, 1, F, B, weight)
    assert idle == approx(bubble, abs=(stages - 1) * abs(1 - weight))
    assert idle < bubble_time(SCHEDULES["1f1b"], stages, 1, F, B, weight)
    assert held == microbatches_in_flight(SCHEDULES["zero-bubble"], stages, 1, microbatches)


def test_bubbles_as_published():
    """DeepSeek-V3 (arXiv 2412.19437), table 2, for 16 stages: DualPipe below ZB1P below 1F1B."""
    one, zero, dual = (bubble_time(SCHEDULES[name], 16, 1, F, B, W) for name in ("1f1b", "zero-bubble", "dualpipe"))
    assert one == 15 * (F + B)
    assert zero == 15 * (F + B - 2 * W)
    assert dual == 7 * ((F + B) + B - 3 * W)


def test_one_stage_has_no_bubble():
    for code in SCHEDULES.values():
        assert bubble_time(code, 1, 1, F, B, W) == 0
