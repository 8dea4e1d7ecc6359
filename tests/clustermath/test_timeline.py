"""Start times in closed form against a pipeline that is run event by event."""

import numpy as np
import pipeline
import pytest
from clustermath.schedule import SCHEDULES, bubble_time
from clustermath.timeline import gpipe, one_f_one_b, work_item, zero_bubble

SIZES = [(1, 1), (1, 5), (2, 1), (2, 2), (3, 7), (4, 4), (4, 9), (8, 3), (8, 16), (16, 32)]


def check(found: dict, expected: list[dict], order):
    """`found`: starts by kind, stages x turns; `expected`: for each stage, operation -> start; `order`: turn -> operation."""
    letters = {"forward": "F", "backward": "B", "weight": "W"}
    for kind, starts in found.items():
        for (stage, turn), start in np.ndenumerate(starts):
            assert start == pytest.approx(expected[stage][letters[kind], *order(kind, turn)]), (kind, stage, turn)
    assert sum(starts.size for starts in found.values()) == sum(map(len, expected))


def places(stages, turns):
    return np.arange(stages)[:, None], np.arange(turns)


@pytest.mark.parametrize("stages, microbatches", SIZES)
@pytest.mark.parametrize("forward, backward", [(1.0, 2.0), (1.0, 1.0), (3.0, 2.0)])
def test_one_chunk(stages, microbatches, forward, backward):
    stage, turn = places(stages, microbatches)
    durations = {"F": forward, "B": backward}
    found = gpipe(stages, microbatches, stage, turn, forward, backward)
    check(found, pipeline.starts(pipeline.gpipe(stages, microbatches), stages, 1, durations), lambda kind, turn: (turn, 0))
    found = one_f_one_b(stages, 1, microbatches, stage, turn, forward, backward)
    check(found, pipeline.starts(pipeline.one_f_one_b(stages, microbatches), stages, 1, durations), lambda kind, turn: (turn, 0))


@pytest.mark.parametrize("stages, groups, chunks", [(2, 1, 2), (2, 3, 4), (3, 2, 2), (4, 1, 3), (4, 2, 2), (4, 5, 3), (8, 2, 4), (16, 2, 2)])
@pytest.mark.parametrize("forward, backward", [(1.0, 2.0), (2.0, 2.0)])
def test_interleaved(stages, groups, chunks, forward, backward):
    microbatches = stages * groups
    stage, turn = places(stages, microbatches * chunks)

    def order(kind, turn):
        item = work_item(stages, chunks, turn)
        chunk = item["chunk"] if kind == "forward" else chunks - 1 - item["chunk"]
        return int(item["microbatch"]), int(chunk)

    orders = pipeline.interleaved(stages, microbatches, chunks)
    expected = pipeline.starts(orders, stages, chunks, {"F": forward / chunks, "B": backward / chunks})
    check(one_f_one_b(stages, chunks, microbatches, stage, turn, forward, backward), expected, order)


@pytest.mark.parametrize("stages, microbatches", SIZES)
def test_zero_bubble(stages, microbatches):
    stage, turn = places(stages, microbatches)
    expected = pipeline.starts(pipeline.zero_bubble(stages, microbatches), stages, 1, {"F": 1.0, "B": 1.0, "W": 1.0})
    check(zero_bubble(stages, microbatches, stage, turn, 1.0), expected, lambda kind, turn: (turn, 0))


@pytest.mark.parametrize("stages, microbatches", [(4, 8), (8, 16), (16, 32)])
def test_the_step_ends_after_work_and_bubble(stages, microbatches):
    """What a schedule's last operation ends at is all work of a stage and the bubble of `schedule.bubble_time`."""
    stage, turn = places(stages, microbatches)
    work, sizes = 3.0 * microbatches, {"forward": 1.0, "backward": 2.0}
    for name, found in (
        ("gpipe", gpipe(stages, microbatches, stage, turn, 1.0, 2.0)),
        ("1f1b", one_f_one_b(stages, 1, microbatches, stage, turn, 1.0, 2.0)),
    ):
        end = max((found[kind] + size).max() for kind, size in sizes.items())
        assert end == pytest.approx(work + bubble_time(SCHEDULES[name], stages, 1, 1.0, 2.0, 1.0))
    end = max(starts.max() + 1 for starts in zero_bubble(stages, microbatches, stage, turn, 1.0).values())
    assert end == pytest.approx(work + bubble_time(SCHEDULES["zero-bubble"], stages, 1, 1.0, 2.0, 1.0))
