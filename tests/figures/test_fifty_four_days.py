"""Chapter 1's figures against arithmetic by hand on published numbers, none of it through the package.

Llama 3.1 405B: 3.8e25 FLOPs on 16,384 H100s at 400 TFLOP/s each (arXiv 2407.21783, table 4); 30.84 million GPU-hours
(model card); an H100's peak is 989 TFLOP/s (datasheet); 54 days is what the news says, of 16,000.
"""

import math

import numpy as np
import pytest
from figures import four_clocks
from living import living
from pytest import approx

FLOPS, GPUS, RATE, PEAK, BILLED = 3.8e25, 16_384, 400e12, 989e12, 30.84e6  # the last in GPU-hours
DAYS = FLOPS / (GPUS * RATE) / 86_400


def preset(name, label):
    return living(name).evaluate(**living(name).presets[label])


def test_the_arithmetic_by_hand_is_what_the_paper_says():
    assert DAYS == approx(67.1, abs=0.05) and BILLED / GPUS / 24 == approx(78.4, abs=0.05)


@pytest.mark.parametrize("name", ["fifty-four-days", "how-many-days"])
@pytest.mark.parametrize("speedup", [1, 3, 10])
def test_days_by_hand(name, speedup):
    found = living(name).evaluate(speedup=speedup)
    assert found["days"] == approx(DAYS / speedup, rel=1e-3)
    assert found["needed"] == approx(RATE / PEAK * speedup, rel=1e-3)
    assert living(name).evaluate(gpus=2 * GPUS)["days"] == approx(DAYS / 2, rel=1e-3)


@pytest.mark.parametrize("inputs", [{}, {"speedup": 2}, {"speedup": PEAK / RATE * 0.999}, {"gpus": 3 * GPUS}, {"gpus": 100}])
def test_as_many_tiles_of_the_calendar_are_full_as_days_go_by(inputs):
    found = living("how-many-days").evaluate(**inputs)
    tiles = len(found["calendar.day"])
    assert sorted(found["calendar.day"]) == list(range(1, tiles + 1))
    full = found["calendar.strength"] * (found["calendar.fill"] == 0)
    assert full.sum() == approx(min(DAYS / inputs.get("speedup", 1) * GPUS / inputs.get("gpus", GPUS), tiles), rel=1e-3)


def test_beyond_the_wall_no_day_is_full_and_those_that_the_chips_need_are_hollow():
    """At ten times: the run's 6.7 days as claimed, the 27.1 that these chips need at their peak, and none that is worked."""
    found = living("how-many-days").evaluate(speedup=10)
    assert (found["calendar.fill"] == -1).all()
    edges = {edge: int((found["calendar.edge"] == edge).sum()) for edge in (0, 1, 2)}
    assert edges[2] == math.ceil(DAYS / 10) and edges[1] + edges[2] == math.ceil(FLOPS / (GPUS * PEAK) / 86_400) and not edges[0]
    kept = living("how-many-days").evaluate(speedup=2.4)
    assert (kept["calendar.fill"] == 0).sum() == math.ceil(DAYS / 2.4)


def test_dollars_are_gpu_hours_times_their_rent():
    """At 2 dollars an hour, which is what clouds asked in 2024 to 2025, some 53 million."""
    found = living("fifty-four-days").evaluate()
    hours = DAYS * 24 * GPUS
    assert found["gpu_hours"] == approx(hours, rel=1e-3) == approx(26.4e6, rel=2e-3)
    assert found["dollars"] == approx(2 * hours, rel=1e-3)
    assert living("fifty-four-days").evaluate(price=5)["dollars"] == approx(5 * hours, rel=1e-3)


def test_energy_is_that_of_whole_servers():
    """Nodes of eight H100s drew 8.4 to 8.5 kW at most while they trained (arXiv 2412.08602), of 10.2 that they are rated.

    Chips alone, at their 700 W, would be a third less than that; the rated power a fifth more.
    """
    found = living("fifty-four-days").evaluate(pue=1.0)
    kilowatts = found["mwh"] * 1000 / found["gpu_hours"]
    assert 0.76 * 10.2 / 8 <= kilowatts <= 8.5 / 8
    assert living("fifty-four-days").evaluate(pue=1.2)["mwh"] == approx(1.2 * found["mwh"])


def test_what_does_not_speed_up_stays():
    """Amdahl by hand: a tenth of the time stays, nine tenths get ten times faster."""
    found = living("fifty-four-days").evaluate(speedup=10, serial=0.1)
    assert found["days"] == approx(DAYS * (0.1 + 0.9 / 10), rel=1e-3)
    assert found["ceiling"] == approx(PEAK / RATE, rel=1e-3)  # 2.47 times


def test_the_repeated_54_days_are_its_preset():
    found = preset("fifty-four-days", "54 days, as repeated")
    assert found["days"] == approx(54, abs=0.005)
    assert found["needed"] == approx(FLOPS / (16_000 * PEAK * 54 * 86_400), rel=1e-3) == approx(0.515, abs=1e-3)


def test_four_clocks_by_hand():
    found = living("four-clocks").evaluate()
    assert found["compute"] == approx(DAYS, rel=1e-3)
    assert found["interrupted"] == approx(DAYS / 0.9, rel=1e-3)  # "more than 90 %", ibid., section 3.3.4
    assert found["billed"] == approx(BILLED / GPUS / 24, rel=1e-3)
    assert found["supplied"] == approx(54 / DAYS, rel=1e-3)
    repeated = preset("four-clocks", "as the article has it")
    assert repeated["compute"] == repeated["interrupted"] == approx(54, abs=0.005)


def test_the_four_calendars_by_hand():
    """Squares counted by arithmetic from what Meta published: 54 days of counting, 3.8e25 FLOPs at 400 TFLOP/s a GPU, more
    than 90 % of the time effective, 30.84 million GPU-hours. One square is one day.
    """
    found = living("four-clocks").evaluate()
    arithmetic, billed = DAYS, BILLED / GPUS / 24  # 67.1 and 78.4
    assert found["square"] == 1
    for clock, days, lost in (("window", 54, 0), ("compute", arithmetic, 0), ("interrupted", arithmetic / 0.9, 0.1), ("billed", billed, 1 - arithmetic / billed)):
        fill, strength = found[f"pages.{clock}.fill"], found[f"pages.{clock}.strength"]
        assert np.sum(fill >= 0) == np.ceil(days) and strength.sum() == approx(days, rel=1e-3), clock
        assert np.sum(fill == four_clocks.LOST) == approx(lost * np.ceil(days), abs=1), clock
        assert np.max(found[f"pages.{clock}.done"], where=fill >= 0, initial=0) == approx(min(days * (1 - lost) / arithmetic, 1), rel=1e-3), clock
    assert found["mark"] == 54


@pytest.mark.parametrize("days, gpus, percent", [(54, 16_000, 51.5), (78.4, 16_384, 34.6), (5.4, 16_000, 515)])
def test_implied_mfu_by_hand(days, gpus, percent):
    found = living("implied-mfu").evaluate(days=days, gpus=gpus)
    assert found["rate"] == approx(FLOPS / (gpus * days * 86_400) / 1e12, rel=1e-3)
    assert 100 * found["mfu"] == approx(percent, rel=2e-3)
    assert found["mfu"] * PEAK == approx(found["rate"] * 1e12, rel=1e-3)


@pytest.mark.parametrize("other", [{}, {"days": 60}, {"model": "Llama 3.1 70B"}, {"chip": "B200"}, {"precision": "FP8"}])
def test_a_published_mfu_explains_the_claim_only_as_it_was_made(other):
    """54 days, that model, H100s and 16 bits: with any of them changed the same MFU answers another question."""
    name, gpus = "implied-mfu", 20_000
    wanted = living(name).evaluate(gpus=gpus)["mfu"]
    gpus *= living(name).evaluate(gpus=gpus, **other)["mfu"] / wanted
    found = living(name).evaluate(gpus=round(gpus), **other)
    assert found["mfu"] == approx(wanted, rel=1e-3) and found["goal.1"] == (not other)


def test_where_texts_disagree_each_bar_ends_at_its_number_below_its_name():
    """At most one of the two bars of a quantity that may be impossible is there: the other has no length."""
    for ax in living("contradictions").drawing().fig.axes:
        bars = {bar.y0 + bar.height / 2: bar for bar in (patch.get_bbox() for patch in ax.patches) if math.isfinite(bar.x1)}
        numbers = [text.get_position() for text in ax.texts if any(bar.y0 <= text.get_position()[1] <= bar.y1 for bar in bars.values())]
        assert sorted(numbers) == approx(np.array(sorted((bar.x1, middle) for middle, bar in bars.items()))), ax.get_title(loc="left")
        names = [y for x, y in (text.get_position() for text in ax.texts) if (x, y) not in numbers and x >= 0]
        assert len(names) == len(bars) and all(min(abs(y - bar.y1) for bar in bars.values()) < 0.3 for y in names)
