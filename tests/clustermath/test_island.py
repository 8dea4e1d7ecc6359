"""The whole island against an outside integration of the same equations (NumPy, Runge-Kutta in steps of 1 to 2 ms), case by case.

Its fleet: sets of 38 MW, GAST, an inertia of 2 s, no limits of protection, racks without a store.
"""

import numpy as np
import pytest
from clustermath.frequency import Fleet
from clustermath.load import share_of_interval
from clustermath.supply import BATTERIES, Store, Supply, battery_store, follow
from clustermath.units import MEGA
from pytest import approx

TOLERANCE = 0.01  # Hz
STEP, BUSY, WAITS, SHARE = 6.46132732526592, 443.66, 240.38, 0.79340860206  # s, MW while all compute, MW while all wait, time that they compute
NOTHING = Store(energy=0.0, power=0.0, round_trip=1.0)
SAMPLES = 330


def frequency(megawatts, before, sets=25, packs=0, duration=0.02):
    """Hz under a load [MW at each sample], of sets that were in balance with `before`; packs hold the frequency, droop 1 %, 50 ms late."""
    battery = battery_store(BATTERIES["Megapack 2 XL (4 h)"], packs) if packs else NOTHING
    site = Supply(rack=NOTHING, battery=battery, fleet=Fleet(capacity=sets * 38 * MEGA), dispatch=1e6, load_following=0.0, frequency_gain=100.0, battery_response=0.05)
    return follow(megawatts * MEGA, site, duration, before * MEGA)["frequency"]


def held(megawatts, seconds=10):
    return np.full(round(seconds / 0.02), megawatts)


@pytest.mark.parametrize("packs, stop, restart, within", [(0, 62.78, 56.75, TOLERANCE), (168, 61.88, 57.72, TOLERANCE), (300, 61.23, 58.40, 0.02), (485, 60.67, 59.16, 0.04)])
def test_a_stop_and_a_restart(packs, stop, restart, within):
    """877.8 to 392.7 MW and 392.7 to 948.3. How the outside battery cuts its power off isn't said: with many packs it matters."""
    assert frequency(held(392.7), 877.8, packs=packs).max() == approx(stop, abs=within)
    assert frequency(held(948.3), 392.7, packs=packs).min() == approx(restart, abs=within)


@pytest.mark.parametrize("seconds, nadir", [(1, 57.25), (2, 57.97), (5, 58.11), (10, 58.18)])
def test_a_restart_over_seconds(seconds, nadir):
    time = (np.arange(2000) + 0.5) * 0.02
    assert frequency(392.7 + (948.3 - 392.7) * np.clip(time / seconds, 0, 1), 392.7).min() == approx(nadir, abs=TOLERANCE)


@pytest.mark.parametrize("rise, nadir", [(87, 59.5), (174, 59.0), (349, 58.0), (436, 57.5)])
def test_the_largest_rise_that_stays_above(rise, nadir):
    assert frequency(held(392.7 + rise), 392.7).min() == approx(nadir, abs=TOLERANCE)


@pytest.mark.parametrize("share, most", [(0.09, 60.5), (0.33, 61.8), (0.55, 63.0)])
def test_the_largest_drop_that_stays_under(share, most):
    """From 98 % of the rating, in whole per cent of it."""
    assert frequency(held((0.98 - share) * 950), 0.98 * 950).max() <= most < frequency(held((0.97 - share) * 950), 0.98 * 950).max()


def test_a_lost_load_stays_under_the_protection_against_overspeed():
    """All of 98 % of the rating gone at once: under 66 Hz, a tenth above nominal."""
    assert 63 < frequency(held(0.0), 0.98 * 950).max() < 66


def after_two_steps(megawatts):
    """The lowest and the highest Hz of 12 sets that have seen one step of this load before."""
    found = frequency(megawatts, megawatts.mean(), sets=12, duration=STEP / SAMPLES)[SAMPLES:]
    return found.min(), found.max()


@pytest.mark.parametrize("floor, low, high", [(350, 59.18, 61.00), (399.3, 59.61, 60.47)])
def test_a_floor_without_a_battery(floor, low, high):
    """The load held at 350 MW, and at nine tenths of the rated power."""
    duration = STEP / SAMPLES
    load = floor + (BUSY - floor) * share_of_interval(np.arange(3 * SAMPLES) * duration, duration, STEP, SHARE * STEP)
    assert after_two_steps(load) == (approx(low, abs=TOLERANCE), approx(high, abs=TOLERANCE))


@pytest.mark.parametrize("soft, low, high", [(0.29, 58.23, 62.19), (1.0, 58.71, 61.78)])
def test_softer_edges_help_little(soft, low, high):
    """Edges that take so many seconds up and down, averaged over each sample."""
    fine = 40
    phase = (np.arange(3 * SAMPLES * fine) * STEP / SAMPLES / fine) % STEP
    rising, falling = np.clip(phase / soft, 0, 1), np.clip((phase - SHARE * STEP) / soft, 0, 1)
    load = np.where(phase < SHARE * STEP, WAITS + (BUSY - WAITS) * rising, BUSY - (BUSY - WAITS) * falling)
    assert after_two_steps(load.reshape(-1, fine).mean(axis=1)) == (approx(low, abs=TOLERANCE), approx(high, abs=TOLERANCE))


@pytest.mark.slow
@pytest.mark.parametrize("rate, amplitude", [(0.1, 1.16), (0.2, 1.24), (0.3, 1.69), (0.5, 1.47), (1, 0.52), (2, 0.22)])
def test_a_large_sine_runs_into_the_valves_limits(rate, amplitude):
    """200 MW peak to peak around 380 MW on 12 sets, which small swings would not tell: the peak lies lower, at 0.3 Hz."""
    duration = min(0.02, 1 / rate / 200)
    time = (np.arange(round(40 / duration)) + 0.5) * duration
    found = frequency(380 + 100 * np.sin(2 * np.pi * rate * time), 380, sets=12, duration=duration)
    assert np.ptp(found[len(found) // 2 :]) / 2 == approx(amplitude, abs=TOLERANCE)
