"""Chapter 7's figures against hand-worked cases and published numbers."""

import numpy as np
import pytest
from figures import seven_models
from living import living
from pytest import approx

DAY = 86_400
IDEAL = dict(falloff=0, goodput=1, mfu=0.4)
NOBODY = dict(ten=0, six=0, one_half=0, one=0, imagine=0)


@pytest.fixture(scope="module")
def schedule():
    return living("seven-models")


@pytest.fixture(scope="module")
def order():
    return living("side-by-side")


@pytest.fixture(scope="module")
def months():
    return living("two-months")


def days_alone(params, gpus):
    """Dense, 20 tokens a parameter, at 40 % of a GB300's 2,500 TFLOP/s in BF16."""
    return 6 * params * 20 * params / (gpus * 2500e12 * 0.4) / DAY


@pytest.mark.parametrize("ten, six", [(50, 50), (75, 25), (1, 3)])
def test_two_jobs_by_hand(schedule, ten, six):
    """Only the 10T and the 6T on 100,000 GPUs: each takes its time alone over its share, and the rest is not there."""
    found = schedule.evaluate(**NOBODY | IDEAL | dict(ten=ten, six=six, gpus=100_000))
    by_hand = {"ten": days_alone(10e12, 100_000) * (ten + six) / ten, "six": days_alone(6e12, 100_000) * (ten + six) / six}
    for family, days in by_hand.items():
        assert found[f"days.{family}"] == approx(days, rel=1e-14)
    assert found["last"] == approx(max(by_hand.values()), rel=1e-14)
    assert [found[f"days.{family}"] for family in ("one_half", "one", "imagine")] == [0, 0, 0]


def test_two_equal_jobs_and_what_idles(schedule):
    """The 1T twice and nothing else: half the cluster each, twice the time, nothing idle, and a bill by hand."""
    found = schedule.evaluate(**NOBODY | IDEAL | dict(one=7, gpus=100_000, pue=1, price=2))
    days = 2 * days_alone(1e12, 100_000)
    assert found["days.one"] == found["last"] == approx(days, rel=1e-14)
    assert found["idle_time"] == approx(0, abs=1e-12)
    assert found["dollars"] == approx(100_000 * days * 24 * 2, rel=1e-14)
    kilowatt = 0.8 * 1833.3 / 1000  # four fifths of Supermicro's 132 kW for a rack of 72: what servers that train draw
    assert found["gwh"] == approx(100_000 * kilowatt * days * 24 / 1e6, rel=1e-9)


def test_areas_are_the_work(schedule):
    """Without falloff, share times days is in proportion to the work, whatever the shares."""
    found = schedule.evaluate(**IDEAL)
    for family, work in (("six", 36), ("one_half", 2.25), ("one", 1)):
        area = found[f"share.{family}"] * found[f"days.{family}"]
        assert found["share.ten"] * found["days.ten"] / area == approx(100 / work)


def test_rectangles_fill_the_cluster(schedule):
    found = schedule.evaluate()
    assert found["row.bottom"][0] == 0 and found["row.top"][-1] == approx(1)
    assert found["row.top"][:-1] == approx(found["row.bottom"][1:])
    assert found["row.end"].max() == found["last"]


def test_texts_stay_apart(schedule):
    for parts in ({}, {"ten": 100, "six": 0.1, "one": 0.1, "one_half": 0.1, "imagine": 0}):
        found = schedule.evaluate(**parts)
        shown = [found[f"text.{family}.y"] for family in seven_models.FAMILIES if found[f"text.{family}.x"] > 0]
        assert min(np.diff(shown)) > seven_models.LINE * (1 - 1e-9)


def test_the_preset_of_two_months(schedule):
    """About two months for the 10T: the blog post on seven models, April 2026."""
    assert schedule.evaluate(**schedule.presets["The 10T in two months"])["days.ten"] == approx(60, rel=1e-4)


def test_falloff_is_what_llama_3_lost():
    """430 TFLOP/s on 8,192 GPUs, 400 on 16,384: arXiv 2407.21783, table 4."""
    assert seven_models.FALLOFF == approx(np.log(430 / 400) / np.log(2), abs=0.005)


def test_without_falloff_sharing_gains_nothing(order):
    found = order.evaluate(falloff=0)
    assert found["last_ratio"] == approx(1)
    total = sum(days_alone(params, 555_000) for params in (10e12, 6e12, 1.5e12, 1.5e12, 1e12, 1e12))
    ideal = order.evaluate(falloff=0, active=1, goodput=1, mfu=0.4)
    assert ideal["last.parallel"] == approx(total) and ideal["last.sequence"] == approx(total)


def test_average_in_turn_by_hand(order):
    """Each ends when all before it and itself are done."""
    found = order.evaluate(falloff=0, active=1, goodput=1, mfu=0.4)
    times = [days_alone(params, 555_000) for params in (1e12, 1e12, 1.5e12, 1.5e12, 6e12, 10e12)]
    assert found["average.sequence"] == approx(np.mean(np.cumsum(times)))
    largest_first = order.evaluate(falloff=0, active=1, goodput=1, mfu=0.4, order="largest first")
    assert largest_first["average.sequence"] == approx(np.mean(np.cumsum(times[::-1])))


@pytest.mark.parametrize("first", ["smallest first", "largest first"])
def test_one_after_the_other_leaves_no_gap(order, first):
    found = order.evaluate(order=first)
    starts, ends = np.sort(found["after.start"]), np.sort(found["after.end"])
    assert starts[0] == approx(0, abs=1e-9) and starts[1:] == approx(ends[:-1])


@pytest.mark.parametrize(
    "preset, times_too_slow", [("Dense on 555,000", 4.2), ("Dense on 220,000", 10.5), ("Dense on 555,000, FP8", 2.1)]
)
def test_dense_in_two_months(months, preset, times_too_slow):
    """1.2e28 FLOPs against what 60 days at 40 % MFU supply: 2.88e27 on 555,000 GB300s, 1.14e27 on 220,000, FP8 twice that."""
    found = months.evaluate(**months.presets[preset])
    assert found["slow"] == approx(times_too_slow, abs=0.05)
    assert found["possible"] ** 2 * found["slow"] == approx(1)


def test_a_mixture_of_10t(months):
    """500 billion active, 30 trillion tokens: 9e25 FLOPs, 4.7 days on 220,000 GB300s at 40 % MFU."""
    found = months.evaluate(**months.presets["One in twenty on 220,000"])
    assert (found["active_params"], found["tokens"]) == (approx(500e9), approx(30))
    assert found["days"] == approx(4.7, abs=0.05)


def test_twenty_times():
    """Twenty times the parameters, twenty times the tokens; a twentieth active undoes both. 18 bytes a parameter, as in chapter 3: 180 TB."""
    found = living("twenty-times").evaluate()
    assert (found["dense"], found["same"], found["mixture"]) == (approx(400), approx(20), approx(1))
    assert found["state"] == approx(180)


@pytest.mark.parametrize("day", [1, 60, 300, 731, 5000])
def test_the_floor_is_parcelled_by_shares_and_fields_fall_idle_on_their_days(day):
    """Each of the seven has as many tiles as its parts make, to one; and works until its day."""
    figure, parts = living("seven-fields"), {"ten": (50, 1), "six": (25, 1), "one_half": (8, 2), "one": (4, 2), "imagine": (1, 1)}
    found, whole = figure.evaluate(day=day), figure.evaluate(day=0)
    tiles, total = len(whole["floor.fill"]), sum(part * count for part, count in parts.values())
    for place, (part, count) in enumerate(parts.values()):
        assert (whole["floor.fill"] == place).sum() == approx(tiles * part * count / total, abs=1)
    assert (whole["floor.fill"] >= 0).all()
    days = [found[f"days.{family}"] for family in parts]
    expected = [place if day < days[int(place)] else -1 for place in whole["floor.fill"]]
    assert found["floor.fill"].tolist() == expected
    assert found["working"] == approx(np.mean(np.array(expected) >= 0))
    assert days == approx([living("seven-models").evaluate()[f"days.{family}"] for family in parts])
