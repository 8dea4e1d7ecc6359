"""The island's frequency against ANDES 2.0.0, the grid program, and against what the swing equation says by itself.

ANDES was run with GENROU, GAST and a load of constant power, in steps of 1/120 s; it need not be installed here.
"""

from dataclasses import replace

import numpy as np
import pytest
from clustermath.frequency import LIMITS, Fleet, Governor, Turbine, first_slope, rotating_energy, sensitivity, settled, swing_step
from clustermath.scan import scan
from clustermath.units import MEGA
from pytest import approx

TOLERANCE = 0.01  # Hz
# sets and MW of each, inertia, MW before and after → Hz at the extreme and in the end
IN_ANDES = np.array(
    [
        (12 * 38, 2, 443.66, 240.38, 62.430, 61.337),
        (12 * 38, 2, 240.38, 443.66, 57.560, 58.663),
        (12 * 38, 1, 443.66, 240.38, 63.472, 61.337),
        (12 * 38, 3, 443.66, 240.38, 62.012, 61.337),
        (12 * 38, 4, 443.66, 240.38, 61.782, 61.337),
        (25 * 38, 2, 948.29, 392.70, 63.188, 61.754),
        (25 * 38, 2, 392.70, 877.8, 57.216, 58.468),
        (20 * 35, 2.5, 600, 500, 60.700, 60.429),
        (20 * 35, 2.5, 600, 400, 61.401, 60.857),
        (20 * 35, 2.5, 600, 300, 62.101, 61.286),
    ]
)
TITANS = Fleet(capacity=12 * 38 * MEGA)


def frequencies(fleet, before, loads, duration):
    """The frequency [Hz] after each of the loads [W], of machines that ran in balance with `before`."""
    share = before / fleet.capacity + 0 * loads[0]
    state = {"off": 0 * share, "valve": share, "generated": share, "exhaust": share, "reference": share}

    def step(state, load):
        after = swing_step(fleet, Turbine(**state), load, duration)
        kept = rotating_energy(fleet) * after.pop("slope") - (after.pop("mean") * fleet.capacity - load)
        np.testing.assert_allclose(kept / fleet.capacity, 0, atol=1e-9)
        return after, fleet.nominal * (1 + after["off"])

    return scan(step, state, loads)[1]


def after_a_step(fleet, before, load, duration=0.04, seconds=60):
    return frequencies(fleet, before, np.broadcast_to(load, (round(seconds / duration), *np.shape(load))), duration)


@pytest.mark.parametrize("duration, seconds", [(0.005, 5), (0.02, 40), (0.04, 40)])
def test_a_step_of_the_load_as_in_andes(duration, seconds):
    capacity, inertia, before, load, extreme, end = IN_ANDES.T
    found = after_a_step(Fleet(capacity=capacity * MEGA, inertia=inertia), before * MEGA, load * MEGA, duration, seconds)
    np.testing.assert_allclose(np.where(load < before, found.max(axis=0), found.min(axis=0)), extreme, rtol=0, atol=TOLERANCE)
    if seconds > 20:
        np.testing.assert_allclose(found[-1], end, rtol=0, atol=TOLERANCE)


def test_another_governor_as_in_andes():
    """The first case with the constants that ANDES itself gives a GAST: 61.960 Hz, and the same end."""
    governor = Governor(valve_time=0.1, fuel_time=0.2, exhaust_time=10.0, exhaust_gain=5.0, most=1.2)
    found = after_a_step(replace(TITANS, governor=governor), 443.66 * MEGA, 240.38 * MEGA, seconds=40)
    assert (found.max(), found[-1]) == (approx(61.960, abs=TOLERANCE), approx(61.337, abs=TOLERANCE))


def test_what_grids_ask_sets_to_bear():
    """NERC PRC-024-3, points of its western table as others quote them, lie between what must be borne and what need not be."""
    west = LIMITS["Western Interconnection"]
    assert west.low < 57.3 and west.low_for == 0.75 and 61.6 < west.high and west.high_for == 30
    assert all(grid.low < 59 and 61 < grid.high for grid in LIMITS.values())


def test_identities_of_the_swing_equation():
    """The first slope is 60 dP / (2 H S); droop leaves 60 R dP / P: 61.3374 Hz for the first case."""
    drop = (443.66 - 240.38) * MEGA
    found = after_a_step(TITANS, 443.66 * MEGA, 240.38 * MEGA, duration=0.001, seconds=0.001)
    assert (found[0] - 60) / 0.001 == approx(first_slope(TITANS, -drop), rel=0.001)
    assert first_slope(TITANS, -drop) == approx(60 * drop / (2 * 2 * 456 * MEGA / 0.8))
    assert settled(TITANS, -drop) == approx(1.3374, abs=1e-4)


def test_small_steps_settle_where_droop_says():
    random = np.random.default_rng(5)
    share, rise, inertia, droop = random.uniform((0.1, -0.05, 1, 0.03), (0.9, 0.05, 6, 0.1), (50, 4)).T
    fleet = Fleet(capacity=np.full(50, 1e9), inertia=inertia)
    fleet = replace(fleet, governor=replace(fleet.governor, droop=droop))
    found = after_a_step(fleet, share * 1e9, (share + rise) * 1e9)
    np.testing.assert_allclose(found[-1] - 60, settled(fleet, rise * 1e9), rtol=0, atol=0.002)


def test_isochronous_control_takes_away_what_droop_leaves():
    assert after_a_step(replace(TITANS, recovery=20.0), 300 * MEGA, 400 * MEGA, seconds=120)[-1] == approx(60, abs=0.005)


def test_more_inertia_lets_the_frequency_fall_less():
    lowest = after_a_step(replace(TITANS, inertia=np.array([1.0, 2.0, 4.0, 8.0])), 300 * MEGA, 400 * MEGA, seconds=10).min(axis=0)
    assert (np.diff(lowest) > 0).all()


@pytest.mark.slow
def test_sensitivity_is_what_a_small_sine_does():
    swings_per_second, amplitude, duration = np.array([0.05, 0.2, 0.45, 1.0, 2.0]), 1 * MEGA, 0.02
    time = (np.arange(3000)[:, None] + 0.5) * duration
    loads = 0.7 * TITANS.capacity + amplitude * np.sin(2 * np.pi * swings_per_second * time)
    last = frequencies(TITANS, 0.7 * TITANS.capacity, loads, duration)[1000:]
    np.testing.assert_allclose(np.ptp(last, axis=0) / 2, amplitude * sensitivity(TITANS, swings_per_second), rtol=0.02)
