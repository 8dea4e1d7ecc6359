"""The supply against conservation of energy, the limits of its parts, and what storage of known size can carry."""

from dataclasses import replace

import numpy as np
from clustermath import CHIPS
from clustermath.frequency import Fleet
from clustermath.load import load_of, mean_load, share_of_interval
from clustermath.supply import (
    BATTERIES,
    Store,
    Supply,
    band_share,
    flat_battery,
    battery_store,
    follow,
    rack_store,
    storage_step,
)
from clustermath.units import GIGA, HOUR, KILO, MEGA, MINUTE
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from scipy import sparse
from scipy.optimize import linprog
from units import RECORDS

JOB = replace(RECORDS["load"], floor=0.0, restart_time=0.0)
GPUS = 110_000
SITE = Supply(
    rack=rack_store(GPUS),
    battery=battery_store(BATTERIES["Megapack 2 XL (4 h)"], 150),
    fleet=Fleet(capacity=220 * MEGA, recovery=30.0),
    battery_response=0.02,
)
NOTHING = Store(energy=0.0, power=0.0, round_trip=1.0)

stores = st.builds(
    Store,
    energy=st.just(0.0) | st.floats(1, 1e12),
    power=st.just(0.0) | st.floats(1, 1e9),
    round_trip=st.floats(0.3, 1),
)


@given(stores, st.floats(0, 1), st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20), st.floats(0.001, 100))
def test_a_store_conserves_energy_and_keeps_its_limits(store, full, wishes, duration):
    stored = full * store.energy
    for wanted in wishes:
        after = storage_step(store, stored, wanted, duration)
        assert 0 <= after["stored"] <= store.energy
        assert abs(after["delivered"]) <= store.power
        assert abs(after["delivered"]) <= abs(wanted) and after["delivered"] * wanted >= 0
        assert after["lost"] >= 0
        left = stored - (after["delivered"] + after["lost"]) * duration
        assert after["stored"] == approx(left, rel=1e-6, abs=1e-6 * store.energy)
        stored = after["stored"]


def test_round_trip():
    """What goes in and comes out again is the round-trip share of it."""
    store = Store(energy=1e9, power=1e6, round_trip=0.81)
    filled = storage_step(store, 0.0, -1e6, 100.0)
    emptied = storage_step(store, filled["stored"], 1e9, 100.0)
    assert filled["delivered"] == -1e6
    assert emptied["delivered"] == approx(0.81e6)
    assert emptied["stored"] == approx(0, abs=1e-3)


def test_65_joules_carry_a_dip_of_500_watts_for_130_milliseconds():
    store = rack_store(220_000, round_trip=1.0)
    assert store.energy == approx(14.3 * MEGA) and store.energy / (KILO * HOUR) == approx(4.0, abs=0.05)
    stored, carried = store.energy, 0
    while (after := storage_step(store, stored, 500.0 * 220_000, 0.001))["delivered"] > 1:
        stored, carried = after["stored"], carried + 1
    assert carried == approx(130, abs=1)


def test_168_megapacks():
    """Derived from Tesla's figures: 655 MWh, 39 minutes of a gigawatt by energy, but 16 to 32 % of its power."""
    two, four = (battery_store(BATTERIES[f"Megapack 2 XL ({hours} h)"], 168) for hours in (2, 4))
    assert two.energy == four.energy == approx(655 * MEGA * HOUR, rel=0.01)
    assert two.energy / GIGA / MINUTE == approx(39, abs=0.6)
    assert (four.power / GIGA, two.power / GIGA) == (approx(0.16, abs=0.01), approx(0.32, abs=0.01))


def followed(job, supply, window, samples):
    """(The load of `job` in `samples` steps, what `follow` makes of it.)"""
    duration = window / samples
    load = mean_load(job, np.arange(samples) * duration, duration)
    return load, follow(load, supply, duration, mean_load(job, 0.0, job.compute_time + job.exposed_time))


def assert_every_watt_is_accounted_for(load, series, supply, window):
    duration = window / len(load)
    scale = np.abs(load).max()
    bus = series["turbines"] + series["battery"] + series["masses"] + series["shed"] - series["drawn"]
    np.testing.assert_allclose(bus / scale, 0, atol=1e-9)
    stored = series["rack_stored"][-1] + series["battery_stored"][-1]
    gained = stored - (supply.rack.energy + supply.battery.energy) / 2
    supplied = (series["turbines"] + series["masses"] + series["shed"]).sum() * duration
    used = (load + series["lost"]).sum() * duration
    assert abs(supplied - used - gained) <= 1e-9 * (used + supply.rack.energy + supply.battery.energy)
    off = series["frequency"] / supply.fleet.nominal - 1
    given_up = series["masses"].sum() * duration
    if not supply.fleet.lost:  # the masses' energy is what the speed says
        assert given_up == approx(-off[-1] * 2 * supply.fleet.inertia * supply.fleet.capacity / supply.fleet.power_factor, rel=1e-6, abs=1e-9 * used)


def assert_limits_are_kept(load, series, supply):
    for part, store in (("rack", supply.rack), ("battery", supply.battery)):
        assert (series[f"{part}_stored"] >= 0).all() and (series[f"{part}_stored"] <= store.energy).all()
    assert (np.abs(series["battery"]) <= supply.battery.power).all()
    rounding = 1e-9 * load.max()
    assert (np.abs(load - series["drawn"]) <= supply.rack.power + rounding).all()
    most = supply.fleet.capacity * supply.fleet.governor.most
    least = supply.fleet.capacity * supply.fleet.governor.least
    assert (series["turbines"] >= least - rounding).all() and (series["turbines"] <= most + rounding).all()
    assert (series["shed"] >= 0).all() and (series["shed"] <= supply.shed_share * series["drawn"] + rounding).all()
    assert (series["lost"] >= 0).all()


supplies = st.builds(
    Supply,
    rack=stores,
    battery=stores,
    fleet=st.builds(Fleet, capacity=st.floats(1e8, 1e9), inertia=st.floats(0.5, 10), recovery=st.floats(10, 1e9), lost=st.floats(0, 0.5), lost_at=st.floats(0, 30)),
    rack_smoothing=st.floats(0.05, 100),
    dispatch=st.floats(1, 1000),
    load_following=st.floats(0, 1),
    frequency_gain=st.floats(0, 100),
    battery_response=st.floats(0.005, 5),
    shed_below=st.floats(0, 60),
    shed_share=st.floats(0, 1),
)


@settings(deadline=None, max_examples=40)
@given(supplies, st.floats(1, 20), st.floats(0, 150e6), st.floats(0, 10))
def test_any_island_conserves_energy_and_keeps_its_limits(supply, window, floor, restart):
    job = replace(JOB, floor=floor, outage_start=2.0, outage_time=3.0, restart_time=restart)
    load, series = followed(job, supply, window, samples=200)
    assert_every_watt_is_accounted_for(load, series, supply, window)
    assert_limits_are_kept(load, series, supply)


def test_a_well_equipped_site_holds_its_frequency():
    load, series = followed(JOB, SITE, window=30.0, samples=1500)
    assert 59.7 < series["frequency"].min() and series["frequency"].max() < 60.3
    assert_every_watt_is_accounted_for(load, series, SITE, 30.0)


def test_a_shortfall_shows_in_the_frequency_and_may_be_shed():
    """No storage, and turbines for 150 of 200 MW: the frequency falls without end, unless a relay cuts off enough of the load."""
    site = replace(SITE, rack=NOTHING, battery=NOTHING, fleet=Fleet(capacity=150 * MEGA))
    steady = np.full(400, 200 * MEGA)
    falling = follow(steady, site, 0.05, 150 * MEGA)
    assert (np.diff(falling["frequency"]) < 0).all() and falling["frequency"][-1] < 40
    np.testing.assert_allclose(falling["turbines"], 150 * MEGA)
    rescued = follow(steady, replace(site, shed_below=59.0, shed_share=0.3), 0.05, 150 * MEGA)
    assert rescued["shed"][-1] == approx(60 * MEGA) and rescued["frequency"].min() > 57


def test_storage_takes_the_swing_off_the_turbines():
    steady = replace(JOB, checkpoint_time=0.0, outage_time=0.0)
    load, series = followed(steady, SITE, window=20.0, samples=1000)
    assert np.ptp(load) == approx(120 * MEGA)
    assert np.ptp(series["turbines"]) < 0.2 * np.ptp(load)  # the battery is 20 ms late
    load, series = followed(steady, replace(SITE, battery_response=1e-4), window=20.0, samples=1000)
    assert np.ptp(series["turbines"]) < 0.1 * np.ptp(load)


PERIOD, HIGH, LOW, WORKING = 6.46132732526592, 443.66 * MEGA, 240.38 * MEGA, 0.79340860206  # figure 5.2's load


def two_periods_later(**battery):
    """Hz at the lowest and highest, MW that the turbines move: 12 sets of 38 MW under figure 5.2's load, racks without a store."""
    duration = PERIOD / 330
    load = LOW + (HIGH - LOW) * share_of_interval(np.arange(3 * 330) * duration, duration, PERIOD, WORKING * PERIOD)
    site = Supply(rack=NOTHING, fleet=Fleet(capacity=456 * MEGA), dispatch=1e6, **battery)
    series = follow(load, site, duration, load.mean())
    return series["frequency"][330:].min(), series["frequency"][330:].max(), np.ptp(series["turbines"][330:]) / MEGA


def test_without_a_battery_the_turbines_move_more_than_the_load():
    """An independent NumPy integration in steps of 1 to 2 ms: 58.17 to 62.22 Hz, 311 MW for a load that moves 203."""
    low, high, moved = two_periods_later(battery=NOTHING)
    assert (low, high, moved) == (approx(58.17, abs=0.01), approx(62.22, abs=0.01), approx(311, abs=1))


@pytest.mark.parametrize(
    "late, low, high, moved",
    [(0.02, 59.86, 60.11, 20), (0.05, 59.66, 60.26, 50), (0.1, 59.38, 60.47, 94), (0.2, 58.93, 60.77, 127), (0.5, 58.09, 61.31, 192)],
)
def test_a_battery_that_follows_the_load_late(late, low, high, moved):
    """208 packs, lag by lag, by the same outside integration."""
    found = two_periods_later(battery=battery_store(BATTERIES["Megapack 2 XL (4 h)"], 208), battery_response=late)
    assert found == (approx(low, abs=0.01), approx(high, abs=0.01), approx(moved, abs=1))


@pytest.mark.parametrize("packs, low, high, moved", [(50, 58.99, 61.55, 233), (104, 59.50, 61.00, 140), (169, 59.66, 60.63, 80), (208, 59.70, 60.55, 70), (485, 59.81, 60.33, 41)])
def test_a_battery_that_holds_the_frequency(packs, low, high, moved):
    """Droop of 1 %, 50 ms late. How that outside battery cuts its power off isn't said: within 0.05 Hz and a tenth of the swing."""
    store = battery_store(BATTERIES["Megapack 2 XL (4 h)"], packs)
    found = two_periods_later(battery=store, load_following=0.0, frequency_gain=100.0, battery_response=0.05)
    assert found == (approx(low, abs=0.05), approx(high, abs=0.05), approx(moved, abs=10))


def planned(load, duration, round_trip, ramp):
    """(charge, discharge [W], energy [J]) of the cheapest battery for a load known beforehand, turbines ramping `ramp` [W/s]:
    a linear programme that pays the same for a megawatt in, a megawatt out and a megawatt-hour. Where turbines may move
    the least is no longer one point: who pays for the larger power alone finds 328.4 / 145.8 MW, 8.15 MWh at 50 MW/min."""
    n, one_way = len(load), np.sqrt(round_trip)
    eye, zero, ones = sparse.identity(n), sparse.coo_matrix((n, n)), sparse.coo_matrix(np.ones((n, 1)))
    none = sparse.coo_matrix((n, 1))
    after = sparse.coo_matrix((np.ones(n), (np.arange(n), (np.arange(n) + 1) % n)), shape=(n, n)) - eye
    # turbines, charge, discharge, stored, most charge, most discharge, most stored
    balance = sparse.hstack([eye, -eye, eye, zero, none, none, none])
    stored = sparse.hstack([zero, -one_way * duration * eye, duration / one_way * eye, after, none, none, none])
    limits = [
        [after, zero, zero, zero, none, none, none],
        [-after, zero, zero, zero, none, none, none],
        [zero, eye, zero, zero, -ones, none, none],
        [zero, zero, eye, zero, none, -ones, none],
        [zero, zero, zero, eye, none, none, -ones],
    ]
    room = np.concatenate([np.full(2 * n, ramp * duration / MEGA), np.zeros(3 * n)])
    room[[n - 1, 2 * n - 1]] = 1e6  # PyPSA doesn't carry a ramp over from the end to the beginning
    cost = np.concatenate([np.zeros(4 * n), [1, 1, MEGA / (MEGA * HOUR)]])  # megawatts and, as energy is in MJ here, megawatt-hours
    found = linprog(cost, sparse.vstack([sparse.hstack(row) for row in limits]), room, sparse.vstack([balance, stored]), np.concatenate([load / MEGA, np.zeros(n)]))
    return found.x[-3:] * MEGA


@pytest.mark.parametrize("per_minute, charge, discharge, mwh", [(0, 163.41, 39.87, 0.0585), (50, 161.87, 41.38, 0.0577), (91.2, 160.60, 42.62, 0.0571)])
def test_the_least_battery_for_a_step_known_beforehand(per_minute, charge, discharge, mwh):
    """PyPSA 1.4 with HiGHS: a store behind two links of 0.937 ** 0.5, cyclic, over 330 samples of a step. Energy as it prints it, to four decimals."""
    duration = PERIOD / 330
    load = LOW + (HIGH - LOW) * share_of_interval(np.arange(330) * duration, duration, PERIOD, WORKING * PERIOD)
    found = planned(load, duration, 0.937, per_minute * MEGA / MINUTE)
    assert found[0] / MEGA == approx(charge, rel=0.005) and found[1] / MEGA == approx(discharge, rel=0.005)
    assert found[2] / (MEGA * HOUR) == approx(mwh, rel=0.005)
    if per_minute == 0:
        flat = flat_battery(HIGH, LOW, WORKING * PERIOD, (1 - WORKING) * PERIOD, 0.937)
        assert flat["charge"] / MEGA == approx(charge, rel=0.005) and flat["discharge"] / MEGA == approx(discharge, rel=0.005)
        assert flat["energy"] / (MEGA * HOUR) == approx(mwh, rel=0.005)
        assert flat["turbines"] / MEGA == approx(403.78, rel=1e-4)


@pytest.mark.parametrize("per_minute, charge, discharge, mwh", [(0, 385.3, 99.6, 10.27), (50, 330.9, 143.3, 7.83), (205.2, 248.5, 192.3, 4.22)])
def test_the_least_battery_for_a_stop_known_beforehand(per_minute, charge, discharge, mwh):
    """PyPSA 1.4 with HiGHS over the means of 93 steps: a gigawatt of GB300s, a pause of 20 s each 270 s, a stop of 90 s."""
    job = load_of(CHIPS["GB300 NVL72"], 555_000, WORKING * PERIOD, (1 - WORKING) * PERIOD, 0.8, checkpoint_every=270.0, checkpoint_time=20.0, outage_start=300.0, outage_time=90.0)
    found = planned(mean_load(job, np.arange(93) * PERIOD, PERIOD), PERIOD, 0.937, per_minute * MEGA / MINUTE)
    assert found[0] / MEGA == approx(charge, rel=0.005) and found[1] / MEGA == approx(discharge, rel=0.005)
    assert found[2] / (MEGA * HOUR) == approx(mwh, rel=0.005)


def test_no_rule_that_knows_no_future_does_with_less():
    """With less power than the plan needs, a battery that follows at once leaves the turbines a swing."""
    least = flat_battery(HIGH, LOW, WORKING * PERIOD, (1 - WORKING) * PERIOD, 0.937)["charge"]
    few = Store(energy=1e12, power=0.9 * least, round_trip=0.937)
    enough = replace(few, power=1.05 * least)
    assert two_periods_later(battery=few, battery_response=0.001)[2] > 10 > two_periods_later(battery=enough, battery_response=0.001)[2]


def test_a_store_counts_positive_when_it_discharges():
    """As in PyPSA and unlike in pandapower: 100 MW of load with a store that gives 30 leave 70 to the rest, one that takes 30, 130."""
    store = Store(energy=1e12, power=30 * MEGA, round_trip=1.0)
    for wanted, left in ((50 * MEGA, 70), (-50 * MEGA, 130)):
        assert (100 * MEGA - storage_step(store, 5e11, wanted, 1.0)["delivered"]) / MEGA == approx(left)


@pytest.mark.slow
def test_stores_go_back_to_half_full_ten_times_slower_than_they_smooth():
    """After a drop of the load the rack's store holds, of what it took in, what the linear equations say:

    x' = P exp(-t/T) - x / 10 T, so that x = 10/9 P T (exp(-t / 10 T) - exp(-t/T)): within 5 % of half full after 40 T, not 8.
    """
    duration, smoothing, drop = 0.001, 0.5, JOB.compute_power - JOB.idle_power
    site = replace(SITE, rack=Store(energy=1e12, power=1e12, round_trip=1.0), rack_smoothing=smoothing)
    load = np.full(40_000, JOB.idle_power)
    stored = follow(load, site, duration, JOB.compute_power)["rack_stored"] - site.rack.energy / 2
    time = duration * np.arange(1, len(load) + 1)
    expected = 10 / 9 * drop * smoothing * (np.exp(-time / (10 * smoothing)) - np.exp(-time / smoothing))
    np.testing.assert_allclose(stored, expected, atol=2e-3 * drop * smoothing)


@pytest.mark.slow
def test_more_rack_storage_leaves_less_swing_in_the_band():
    steady = replace(JOB, compute_time=1.0, exposed_time=0.25, checkpoint_time=0.0, outage_time=0.0)
    swings = []
    for joules in (0.0, 65.0, 130.0, 650.0):
        site = replace(SITE, rack=rack_store(GPUS, joules, round_trip=1.0), rack_smoothing=2.0)
        _, series = followed(steady, site, window=50.0, samples=5000)
        last = series["drawn"][-1250:]  # ten whole steps, after the start has died away
        swings.append(band_share(last, 0.01) * last.var())
    assert swings == sorted(swings, reverse=True)
    assert swings[-1] < 0.1 * swings[0]
