"""The supply against conservation of energy, the limits of its parts, and what storage of known size can carry."""

from dataclasses import replace

import numpy as np
from clustermath.supply import (
    BATTERIES,
    Store,
    Supply,
    band_share,
    battery_store,
    follow,
    rack_store,
    storage_step,
)
from clustermath.units import GIGA, HOUR, KILO, MEGA, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from units import RECORDS

JOB = replace(RECORDS["load"], floor=0.0)
GPUS = 110_000
SITE = Supply(
    rack=rack_store(GPUS),
    battery=battery_store(BATTERIES["Megapack 2 XL (4 h)"], 150),
    capacity=220 * MEGA,
    ramp=20 * MEGA / MINUTE,
    rack_smoothing=0.5,
    dispatch=60.0,
)

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


def assert_every_watt_is_accounted_for(series, supply, window):
    duration = window / len(series["time"])
    scale = np.abs(series["load"]).max()
    bus = series["turbines"] + series["battery"] + series["unserved"] - series["drawn"] - series["spilled"]
    np.testing.assert_allclose(bus / scale, 0, atol=1e-9)
    stored = series["rack_stored"][-1] + series["battery_stored"][-1]
    gained = stored - (supply.rack.energy + supply.battery.energy) / 2
    supplied = (series["turbines"] + series["unserved"] - series["spilled"]).sum() * duration
    used = (series["load"] + series["lost"]).sum() * duration
    assert abs(supplied - used - gained) <= 1e-6 * used


def assert_limits_are_kept(series, supply, window):
    duration = window / len(series["time"])
    for part, store in (("rack", supply.rack), ("battery", supply.battery)):
        assert (series[f"{part}_stored"] >= 0).all() and (series[f"{part}_stored"] <= store.energy).all()
    assert (np.abs(series["battery"]) <= supply.battery.power).all()
    rounding = 1e-9 * series["load"].max()
    assert (np.abs(series["load"] - series["drawn"]) <= supply.rack.power + rounding).all()
    assert (series["turbines"] >= 0).all() and (series["turbines"] <= supply.capacity).all()
    steps = np.abs(np.diff(series["turbines"]))
    assert (steps <= supply.ramp * duration + rounding).all()
    for power in ("unserved", "spilled", "lost"):
        assert (series[power] >= 0).all()


supplies = st.builds(
    Supply,
    rack=stores,
    battery=stores,
    capacity=st.floats(0, 1e9),
    ramp=st.floats(0, 1e8),
    rack_smoothing=st.floats(0.05, 100),
    dispatch=st.floats(1, 1000),
)


@settings(deadline=None, max_examples=60)
@given(supplies, st.floats(1, 600), st.floats(0, 150e6))
def test_any_site_conserves_energy_and_keeps_its_limits(supply, window, floor):
    series = follow(replace(JOB, floor=floor), supply, window, samples=100)
    assert_every_watt_is_accounted_for(series, supply, window)
    assert_limits_are_kept(series, supply, window)


def test_a_well_equipped_site_serves_all_of_the_load():
    series = follow(JOB, SITE, window=300.0, samples=3000)
    assert series["unserved"].max() == 0
    assert_every_watt_is_accounted_for(series, SITE, 300.0)


def test_a_shortfall_is_shown_as_unserved_power():
    """No storage, and turbines for 150 MW: whatever the job asks beyond that is unserved."""
    nothing = Store(energy=0.0, power=0.0, round_trip=1.0)
    site = replace(SITE, rack=nothing, battery=nothing, capacity=150 * MEGA, ramp=1e12, dispatch=0.001)
    steady = replace(JOB, exposed_power=200 * MEGA, checkpoint_time=0.0, outage_time=0.0)
    series = follow(steady, site, window=60.0, samples=600)
    np.testing.assert_allclose(series["unserved"], 50 * MEGA)


def test_storage_takes_the_swing_off_the_turbines():
    steady = replace(JOB, checkpoint_time=0.0, outage_time=0.0)
    series = follow(steady, SITE, window=20.0, samples=1000)
    assert np.ptp(series["load"]) == approx(120 * MEGA)
    assert np.ptp(series["turbines"]) < 0.1 * np.ptp(series["load"])


def test_stores_go_back_to_half_full_ten_times_slower_than_they_smooth():
    """After a drop of the load the rack's store holds, of what it took in, what the linear equations say:

    x' = P exp(-t/T) - x / 10 T, so that x = 10/9 P T (exp(-t / 10 T) - exp(-t/T)): within 5 % of half full after 40 T, not 8.
    """
    store, smoothing, drop = Store(energy=1e12, power=1e12, round_trip=1.0), 0.5, JOB.compute_power - JOB.idle_power
    level = replace(JOB, exposed_power=JOB.compute_power, checkpoint_time=0.0, outage_start=10.0, outage_time=1000.0)
    site = replace(SITE, rack=store, battery=store, capacity=1e12, ramp=1e12, rack_smoothing=smoothing)
    series = follow(level, site, window=40.0, samples=40_000)
    time = series["time"] + 0.0005 - 10.0
    after = time > 0
    expected = 10 / 9 * drop * smoothing * (np.exp(-time / (10 * smoothing)) - np.exp(-time / smoothing))
    np.testing.assert_allclose((series["rack_stored"] - store.energy / 2)[after], expected[after], atol=2e-3 * drop * smoothing)


def test_more_rack_storage_leaves_less_swing_in_the_band():
    steady = replace(JOB, compute_time=1.0, exposed_time=0.25, checkpoint_time=0.0, outage_time=0.0)
    swings = []
    for joules in (0.0, 65.0, 130.0, 650.0):
        site = replace(SITE, rack=rack_store(GPUS, joules, round_trip=1.0), rack_smoothing=2.0)
        series = follow(steady, site, window=50.0, samples=5000)
        last = series["drawn"][-1250:]  # ten whole steps, after the start has died away
        swings.append(band_share(last, 0.01) * last.var())
    assert swings == sorted(swings, reverse=True)
    assert swings[-1] < 0.1 * swings[0]
