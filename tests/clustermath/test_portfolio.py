"""Portfolios against a clock that is stepped through, and against the claim that 10T parameters take two months."""

from dataclasses import replace

import pytest
from clustermath import CHIPS, MODELS
from clustermath.portfolio import (
    Job,
    active_share_within,
    energy_in_parallel,
    energy_in_sequence,
    finish_in_parallel,
    finish_in_sequence,
    flops_by_size,
    mfu_at,
    shares_for_equal_finish,
    time_alone,
)
from clustermath.units import DAY
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

GB300 = CHIPS["GB300 NVL72"]


def job(flops, name="job", share=1.0, gpus=8192.0):
    return Job(name=name, flops=flops, mfu=0.4, reference_gpus=gpus, share=share)


def test_falloff_of_llama_3():
    """430 TFLOP/s on 8,192 GPUs and 400 on 16,384."""
    llama = Job(name="llama", flops=3.8e25, mfu=430 / 989, reference_gpus=8192)
    assert mfu_at(llama, 16_384, falloff=0.104) * 989 == approx(400, abs=0.5)


def test_a_dense_model_of_10t_in_two_months():
    """All 555,000 GPUs at 40 % MFU in BF16 give 2.9e27 FLOPs in 60 days, a 4.2th of what 20 tokens a parameter need."""
    dense = MODELS["Grok 10T (dense)"]
    days = time_alone(job(dense.flops), 555_000, GB300.bf16, falloff=0) / DAY
    assert days / 60 == approx(4.2, abs=0.05)
    mixture = MODELS["Grok 10T (mixture)"]
    assert time_alone(job(mixture.flops), 220_000, GB300.bf16, falloff=0) / DAY == approx(4.7, abs=0.05)


def test_only_a_mixture_of_10t_in_two_months():
    """1.2e28 FLOPs dense; what 60 days supply at 40 % MFU is 4.2 and 10.5 times too little, so a share of 1 / sqrt of that."""
    assert flops_by_size(10e12, 1) == approx(1.2e28)
    for gpus, short in ((555_000, 4.17), (220_000, 10.52)):
        assert active_share_within(60 * DAY, 10e12, gpus, GB300.bf16, 0.4) == approx(short**-0.5, rel=1e-3)


@given(st.floats(1e10, 1e14), st.floats(1, 300), st.floats(1, 500))
def test_the_share_that_fits_takes_just_the_time(params, days, tokens_per_param):
    share = active_share_within(days * DAY, params, 100_000, 1e15, 0.4, tokens_per_param=tokens_per_param)
    active = params * share
    assert 6 * active * tokens_per_param * active / (100_000 * 1e15 * 0.4) == approx(days * DAY)


def test_two_jobs_of_one_name_do_not_become_one():
    twins = [job(1e25, share=0.5), job(2e25, share=0.5)]
    for finish in (lambda: finish_in_parallel(twins, 1000, 1e15), lambda: finish_in_sequence(twins, 1000, 1e15), lambda: shares_for_equal_finish(twins)):
        with pytest.raises(ValueError, match="two are named 'job'"):
            finish()


def test_jobs_side_by_side_have_no_more_than_the_cluster():
    greedy = [job(1e25, "a", share=0.9), job(2e25, "b", share=0.9)]
    for run in (lambda: finish_in_parallel(greedy, 1000, 1e15), lambda: energy_in_parallel(greedy, 1000, 1e15, 1000, 100, 1.1)):
        with pytest.raises(ValueError, match="share of all together = 1.8 is not possible"):
            run()
    thirds = [job(1e25, name, share=1 / 3) for name in "abc"]
    assert len(finish_in_parallel(thirds, 1000, 1e15)) == 3


def two_jobs(*shares):
    """Work of 10 and of 30 days for 1,000 GPUs at 1 PFLOP/s and an MFU of 1/2 on all of them."""
    day = 1000 * 1e15 * 0.5 * DAY
    return tuple(
        Job(name=name, flops=days * day, mfu=0.5, reference_gpus=1000.0, share=share)
        for name, days, share in zip(("short", "long"), (10, 30), shares or (1, 1), strict=True)
    )


def days_of(finish):
    return [time / DAY for time in finish.values()]


def exactly(expected):
    """Equal but for the last digits of a double."""
    return approx(expected, rel=1e-14)


def test_two_jobs_by_hand():
    """Without falloff a GPU-day is a GPU-day: halves double the time, quarters make it four times as long."""
    assert days_of(finish_in_parallel(two_jobs(0.5, 0.5), 1000, 1e15, falloff=0)) == exactly([20, 60])
    assert days_of(finish_in_parallel(two_jobs(0.25, 0.75), 1000, 1e15, falloff=0)) == exactly([40, 40])
    assert days_of(finish_in_sequence(two_jobs(), 1000, 1e15, falloff=0)) == exactly([10, 40])
    assert days_of(finish_in_sequence(two_jobs()[::-1], 1000, 1e15, falloff=0)) == exactly([30, 40])
    assert shares_for_equal_finish(two_jobs(), falloff=0) == exactly({"short": 0.25, "long": 0.75})
    # Halves: 500 GPUs busy for 20 and for 60 days, 500 idle for 40. In sequence: all of them busy for 40 days.
    joules = 1.25 * DAY * (1000 * 500 * (20 + 60) + 250 * 500 * 40)
    assert energy_in_parallel(two_jobs(0.5, 0.5), 1000, 1e15, 1000, 250, 1.25, falloff=0) == exactly(joules)
    assert energy_in_sequence(two_jobs(), 1000, 1e15, 1000, 1.25, falloff=0) == exactly(1.25 * DAY * 1000 * 1000 * 40)


def test_two_jobs_that_gain_from_being_small_by_hand():
    """Falloff 1/2: a quarter of the GPUs at twice the MFU, which is all of the peak, takes twice the time instead of four times."""
    assert days_of(finish_in_parallel(two_jobs(0.25, 0.25), 1000, 1e15, falloff=0.5)) == exactly([20, 60])
    assert shares_for_equal_finish(two_jobs(), falloff=0.5) == exactly({"short": 0.1, "long": 0.9})


works = st.lists(st.floats(1e23, 1e28), min_size=1, max_size=7)


def jobs_of(works):
    return tuple(job(work, name=f"job {i}") for i, work in enumerate(works))


@given(works, st.floats(0, 0.3))
def test_equal_shares_finish_together(works, falloff):
    jobs = jobs_of(works)
    shares = shares_for_equal_finish(jobs, falloff)
    assert sum(shares.values()) == approx(1)
    cluster = 10**8  # large enough that no share which counts is so small that its MFU would pass 1
    dealt = tuple(replace(job, share=shares[job.name]) for job in jobs if shares[job.name] * cluster > 1000)
    times = finish_in_parallel(dealt, cluster, 1e15, falloff)
    assert max(times.values()) == approx(min(times.values()), rel=1e-6)


@given(works, st.floats(0, 0.3))
def test_side_by_side_is_never_later_than_one_after_the_other(works, falloff):
    """Without falloff both end at the same moment; with it, smaller jobs are more efficient."""
    jobs = jobs_of(works)
    shares = shares_for_equal_finish(jobs, falloff)
    dealt = tuple(replace(job, share=shares[job.name]) for job in jobs)
    gpus = 10**7
    parallel = max(finish_in_parallel(dealt, gpus, 1e15, falloff).values())
    sequence = finish_in_sequence(jobs, gpus, 1e15, falloff)[jobs[-1].name]
    if falloff == 0:
        assert parallel == approx(sequence)
    capped = any(mfu_at(one, max(1, int(one.share * gpus)), falloff) == 1 for one in dealt)
    assert capped or parallel <= sequence * (1 + 1e-9)


def test_sequence_is_a_running_clock():
    jobs = jobs_of([1e25, 5e25, 2e25])
    clock = 0
    for one, finish in zip(jobs, finish_in_sequence(jobs, 100_000, 1e15).values(), strict=True):
        clock += time_alone(one, 100_000, 1e15)
        assert finish == approx(clock)


@pytest.mark.parametrize("idle_power", [0, 300])
def test_energy_is_power_summed_over_time(idle_power):
    """An hour at a time: who is busy, who idles."""
    jobs = (job(1e25, "small", 0.25), job(9e25, "large", 0.5))
    gpus, power, pue = 100_000, 1500, 1.2
    finish = finish_in_parallel(jobs, gpus, 1e15)
    last = max(finish.values())
    joules, steps = 0.0, 200_000
    for i in range(steps):
        now = (i + 0.5) * last / steps
        busy = sum(one.share * gpus for one in jobs if now < finish[one.name])
        joules += (busy * power + (gpus - busy) * idle_power) * pue * last / steps
    assert energy_in_parallel(jobs, gpus, 1e15, power, idle_power, pue) == approx(joules, rel=1e-4)


def test_a_larger_job_costs_more_energy_for_the_same_work():
    jobs = jobs_of([1e26])
    assert energy_in_sequence(jobs, 200_000, 1e15, 1500, 1.2) > energy_in_sequence(jobs, 100_000, 1e15, 1500, 1.2)
    assert energy_in_sequence(jobs, 100_000, 1e15, 1500, 1.2) == approx(
        energy_in_parallel(jobs, 100_000, 1e15, 1500, 0, 1.2)
    )
