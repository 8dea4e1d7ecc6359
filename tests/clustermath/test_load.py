"""The load in time against fine sampling of the same story, and its spectrum against an FFT."""

import re
from dataclasses import replace

import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.load import load_of, mean_load, share_of_interval, swing_in_band
from clustermath.power import floor_overhead
from clustermath.supply import band_share
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from units import RECORDS

JOB = replace(RECORDS["load"], floor=0.0, restart_time=0.0)


def at(job, time):
    """The same story told for one instant."""
    if job.outage_start <= time < job.outage_start + job.outage_time:
        return job.idle_power
    if time % job.checkpoint_every >= job.checkpoint_every - job.checkpoint_time:
        return max(job.idle_power, job.floor)
    computing = time % (job.compute_time + job.exposed_time) < job.compute_time
    return max(job.compute_power if computing else job.exposed_power, job.floor)


@given(st.floats(0, 100), st.floats(0.01, 30), st.floats(0.1, 10), st.floats(0.01, 0.99))
def test_share_of_interval_is_what_fine_sampling_finds(start, duration, period, busy):
    times = start + (np.arange(20_000) + 0.5) / 20_000 * duration
    sampled = np.mean(times % period < busy * period)
    edges = 2 * (duration / period + 1)  # each is off by at most one sample
    assert share_of_interval(start, duration, period, busy * period) == approx(sampled, abs=edges / 20_000)


@given(st.integers(10**5, 10**7), st.floats(0.1, 10), st.floats(0.1, 0.9))
def test_a_short_interval_late_in_a_run_keeps_its_digits(turns, period, busy):
    """Twenty microseconds in the middle of the busy time are busy, and in the middle of the rest are not, years on."""
    for middle, expected in ((busy / 2, 1), ((1 + busy) / 2, 0)):
        share = share_of_interval((turns + middle) * period, 2e-5, period, busy * period)
        assert share == approx(expected, abs=1e-9)


@pytest.mark.parametrize("floor", [0, 90e6])
def test_mean_load_is_what_fine_sampling_finds(floor):
    job = replace(JOB, floor=floor)
    fine = np.array([at(job, (i + 0.5) * 0.01) for i in range(18_000)])
    coarse = mean_load(job, np.arange(180.0), 1.0)
    np.testing.assert_allclose(coarse, fine.reshape(180, 100).mean(axis=1), rtol=1e-9)


def test_a_restart_brings_the_gpus_back_one_after_the_other():
    """Half of the way through it half of them work; over all of it they have worked half of the time."""
    steady = replace(JOB, exposed_power=JOB.compute_power, checkpoint_time=0.0, restart_time=8.0)
    back = JOB.outage_start + JOB.outage_time
    middle = (JOB.compute_power + JOB.idle_power) / 2
    assert mean_load(steady, back + 4 - 1e-4, 2e-4) == approx(middle)
    assert mean_load(steady, back, 8.0) == approx(middle)
    assert mean_load(steady, back + 8, 5.0) == approx(JOB.compute_power)
    assert mean_load(replace(steady, restart_time=0.0), back, 1.0) == approx(JOB.compute_power)


def test_shares_of_the_swing_as_an_outside_sum_has_them():
    """Brute force and FFT of a rectangle of 6.4613 s, high for 79.34 %: 0.2 to 3 Hz 0.5165, 0.1 to 3 Hz 0.9682; the cliff at 5 s."""
    period, working = 6.46132732526592, 0.79340860206
    assert swing_in_band(period * working, period * (1 - working)) == approx(0.5165, abs=1e-3)
    assert swing_in_band(period * working, period * (1 - working), slowest=0.1) == approx(0.9682, abs=1e-3)
    assert swing_in_band(period * working, period * (1 - working), slowest=0.1, fastest=20.0, harmonics=256) == approx(0.995, abs=1e-3)
    assert swing_in_band(5.00 * working, 5.00 * (1 - working)) == approx(0.958, abs=1e-3)
    assert swing_in_band(5.01 * working, 5.01 * (1 - working)) == approx(0.507, abs=1e-3)


def test_mean_does_not_depend_on_the_time_step():
    steady = replace(JOB, outage_time=0.0, checkpoint_time=0.0)
    for steps in (1, 7, 300):
        edges = np.linspace(0, 300, steps + 1)
        assert mean_load(steady, edges[:-1], 300 / steps).mean() == approx(0.8 * 200e6 + 0.2 * 80e6)


def test_floor_overhead_is_the_difference_of_two_loads():
    job = replace(JOB, outage_time=0.0, checkpoint_time=0.0)
    with_floor = replace(job, floor=0.9 * job.compute_power)
    extra = mean_load(with_floor, 0.0, 5.0) / mean_load(job, 0.0, 5.0) - 1
    assert floor_overhead(0.8, 80 / 200, 0.9) == approx(extra)


def test_swings_of_24_000_gpus_are_tens_of_megawatts():
    """What Meta reported of its Llama 3 cluster (arXiv 2407.21783, section 3.3.1)."""
    job = load_of(CHIPS["H100 SXM"], 24_000, compute_time=4.0, exposed_time=1.0)
    assert 10e6 < job.compute_power - job.exposed_power < 50e6
    assert mean_load(job, 0.0, 5.0) < 24_000 * 1500  # SemiAnalysis's 1.5 kW per GPU, all included


@pytest.mark.parametrize("compute, exposed", [(4.0, 1.0), (0.9, 0.6), (12.0, 6.0)])
def test_swing_of_a_step_against_the_fft(compute, exposed):
    """A square wave of many samples, transformed by NumPy."""
    period, count = compute + exposed, 30_000
    wave = ((np.arange(count) + 0.5) * period / count < compute) * 1.0
    energy = np.abs(np.fft.rfft(wave)[1:]) ** 2
    frequency = np.arange(1, len(energy) + 1) / period
    expected = energy[(frequency >= 0.2) & (frequency <= 3)].sum() / energy.sum()
    assert swing_in_band(compute, exposed) == approx(expected, abs=1e-3)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_swing_is_the_same_upside_down(compute, exposed):
    """High for compute and low for exposed has the spectrum of low for compute and high for exposed, to all digits."""
    assert swing_in_band(compute, exposed) == approx(swing_in_band(exposed, compute), rel=1e-12, abs=0)


def test_the_swing_of_a_step_that_hardly_waits():
    """All 64 harmonics of a short pause are alike: sum of 2 d^2 / d for each (sin x = x)."""
    share = swing_in_band(1e6, 1e-6, slowest=0, fastest=1000)
    assert share == approx(64 * 2 * 1e-12, rel=1e-6, abs=0)


def test_all_harmonics_together_are_the_whole_swing():
    assert swing_in_band(4.0, 1.0, slowest=0, fastest=1000, harmonics=4096) == approx(1, abs=1e-3)


@given(st.integers(2, 200), st.integers(0, 2**32 - 1), st.floats(0.001, 0.5))
def test_band_share_against_the_fft(count, seed, duration):
    power = np.random.default_rng(seed).uniform(0, 1, count)
    energy = np.abs(np.fft.rfft(power)[1:]) ** 2
    energy[:-1 if count % 2 == 0 else None] *= 2
    frequency = np.fft.rfftfreq(count, duration)[1:]
    edge = 1e-9  # which side a frequency at the very edge of the band falls is rounding
    inside = (frequency >= 0.2 + edge) & (frequency <= 3 - edge)
    at_edge = (np.abs(frequency - 0.2) < edge) | (np.abs(frequency - 3) < edge)
    share = band_share(power, duration, harmonics=count)
    assert energy[inside].sum() / energy.sum() - 1e-9 <= share
    assert share <= energy[inside | at_edge].sum() / energy.sum() + 1e-9


def test_band_share_of_pure_tones():
    times = np.arange(1000) * 0.02
    inside, outside = np.sin(2 * np.pi * 1.0 * times), np.sin(2 * np.pi * 10.0 * times)
    assert band_share(5 + inside, 0.02) == approx(1)
    assert band_share(5 + outside, 0.02) == approx(0, abs=1e-12)
    assert band_share(5 + inside, 0.02, slowest=0.99, fastest=1.01) == approx(1)
    assert band_share(5 + 3 * inside + 4 * outside, 0.02) == approx(9 / 25)
    assert band_share(np.full(10, 7.0), 0.02) == 0


@pytest.mark.parametrize("series, what", [(5.0, "= 5 is one number"), (np.array(5.0), "= 5 is one number"), (7, "= 7 is one number"), ([], "is empty"), (np.zeros((0, 3)), "is empty")])
def test_what_is_no_series_is_refused(series, what):
    with pytest.raises(ValueError, match=re.escape(f"band_share(): series {what}. series (samples of power, time along the first axis) must be an array of at least one number")):
        band_share(series, 0.02)


def test_harmonics_that_do_not_reach_the_band_are_refused():
    """A tone at 2.5 Hz is the 100th harmonic of 40 s, and the whole swing; 64 harmonics know nothing of it."""
    tone = np.sin(2 * np.pi * 2.5 * 0.02 * np.arange(2000))
    with pytest.raises(ValueError, match="harmonics = 64 is not possible. To reach fastest = 3 a series of 40 s needs 120"):
        band_share(tone, 0.02)
    assert band_share(tone, 0.02, harmonics=120) == approx(1)
