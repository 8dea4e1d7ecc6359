"""The whole machine's picture: what is counted on it is what the figure says in numbers."""

from random import Random

import numpy as np
import pytest
from figures import calendar
from figures.design_a_cluster import NODE, PRESETS, SPARE_SETS
from figures.whole_machine import FLOOR, PARTS, SETS, SITE, TILES, along, cables
from livefigure.shapes import tiled
from living import living, possible_state
from pytest import approx


@pytest.fixture(scope="module")
def designs():
    """(inputs, outputs) of every preset, of a few random states, and of one in which nothing fits."""
    figure, random = living("design-a-cluster"), Random(18)
    states = [*PRESETS.values(), *(possible_state(random, figure) for _ in range(12)), {"gpus": 8}]
    return [(figure.defaults | state, figure.evaluate(**state)) for state in states]


@pytest.mark.slow
def test_the_floor_is_parcelled_as_the_time_is_spent(designs):
    """A parcel has as many tiles as its share of all GPU-time asks for, but for the one on its border."""
    fitting = [(inputs, found) for inputs, found in designs if np.isfinite(found["days"])]
    assert fitting and len(fitting) < len(designs)
    for inputs, found in fitting:
        on_site = inputs["gpus"] + NODE * inputs["spare_nodes"]
        busy = found["best.used"] / on_site
        assert found["spare"] == approx(1 - busy)
        for k, part in enumerate(PARTS):
            assert np.sum(found["floor.fill"] == k) == approx(TILES * busy * found[f"share.{part}"], abs=1.001), part
        hollow = found["floor.fill"] < 0
        assert np.sum(hollow) == approx(TILES * (1 - busy), abs=1) and np.array_equal(hollow, found["floor.edge"] == 0)
        assert found["floor.gpus"].sum() == approx(on_site)


def test_parcels_lie_side_by_side():
    """Whatever tile is further to the right on the floor comes later, whichever rack it stands in."""
    left, low, right, high = tiled(FLOOR, SITE["floor"]).T
    order = np.argsort(along())
    assert np.all(np.diff(left[order]) > -1e-9)
    assert sorted(along()) == approx((np.arange(TILES) + 0.5) / TILES)


def test_the_plant_stands_for_its_sets(designs):
    for _, found in designs:
        each = found["plant.sets"][0]
        running, spare = np.sum(found["plant.fill"] == 0), np.sum(found["plant.edge"] == 0)
        assert running + spare <= SETS and (running + spare) * each >= found["sets"] > (running + spare - 1) * each
        assert (running - 1) * each < found["sets"] - SPARE_SETS <= running * each


def test_the_calendar_counts_the_days(designs):
    for _, found in designs:
        assert found["calendar.strength"].max() <= 1
        if np.isfinite(found["days"]) and found["high"] < calendar.SQUARES[-1] * calendar.DAYS:
            full = found["calendar.strength"].max() if found["beyond"] else 1
            if found["days"] > found["square"]:
                assert found["calendar.strength"].sum() * found["square"] / full == approx(found["days"])
            assert max(found["high"], found["told.days"], found["told.claim"]) <= found["square"] * calendar.DAYS
            for day, edge in ((found["told.days"], 1), (found["told.claim"], 2)):
                framed = found["calendar.day"][found["calendar.edge"] == edge]
                assert framed.size == (day > 0) and np.all((framed >= day) & (framed - found["square"] < day))


def test_what_is_beyond_measurement_is_pale_and_says_so(designs):
    """By shade, by dashes and by words."""
    beyond = [found for _, found in designs if np.isfinite(found["days"]) and found["beyond"]]
    measured = [found for _, found in designs if np.isfinite(found["days"]) and not found["beyond"]]
    assert beyond and measured
    for found in beyond:
        assert found["said.beyond"] == 0 and found["said.range"] < 0 and found["calendar.strength"].max() < 0.5
        assert np.all((found["calendar.edge"] >= 0) | (found["calendar.fill"] < 0))
    for found in measured:
        assert found["said.beyond"] < 0 and found["said.range"] == 0


def test_where_nothing_fits_nothing_is_drawn_at_work(designs):
    (found,) = [found for inputs, found in designs if inputs["gpus"] == 8 and not np.isfinite(found["days"])]
    assert np.all(found["floor.fill"] < 0) and np.all(found["calendar.fill"] < 0)
    assert found["said.nothing"] > 0 and found["said.there"] < 0


def test_every_rack_is_wired_to_every_top_switch():
    """From each wire's lower end to its leaf, and on from each leaf to all tops, within the boxes that are drawn."""
    nics, ups = cables()
    _, _, _, top_of_floor = SITE["floor"]
    racks = tiled(FLOOR[:1], SITE["floor"])[: FLOOR[0][0]]
    leaves, tops = tiled([(4, 1, 0.3)], SITE["leaf"]), tiled([(2, 1, 0.3)], SITE["top"])

    def inside(x, boxes):
        return [k for k, (left, _, right, _) in enumerate(boxes) if left <= x <= right]

    first = {rack: inside(x1, leaves) for rack, (x0, y0, x1, y1) in enumerate(nics) if inside(x0, racks) == [rack] and y0 == top_of_floor}
    assert len(first) == len(racks) and all(len(leaf) == 1 for leaf in first.values())
    links = {(inside(x0, leaves)[0], inside(x1, tops)[0]) for x0, _, x1, _ in ups}
    assert links == {(leaf, top) for leaf in range(4) for top in range(2)}
