"""Several training runs on one cluster: side by side on shares of it, or one after the other on all of it.

A job gets less efficient as it grows: its MFU falls as (gpus / reference_gpus)^-falloff.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from .parameters import checked
from .run import training_flops, training_time
from .records import Record, quantity


@dataclass(frozen=True, kw_only=True)
class Job(Record):
    """One run: its training FLOPs, and the MFU that it reaches on reference_gpus. share: of the cluster's GPUs."""

    name: str
    flops: float = quantity("FLOP", between=(0, 1e40))
    mfu: float = quantity("1", between=(1e-4, 1))
    reference_gpus: float = quantity("gpu", between=(1, 1e8))
    share: float = quantity("1", 1.0, between=(1e-12, 1))


@checked(returns="FLOP")
def flops_by_size(params, active_share, tokens_per_param=20.0, flops_per_param=6.0):
    """Training FLOPs [FLOP] of a model that sees tokens in proportion to its active parameters: their square counts.

    params: all parameters. tokens_per_param: 20 is the compute-optimal ratio of Hoffmann et al., arXiv 2203.15556.
    """
    active = params * active_share
    return training_flops(active, tokens_per_param * active, flops_per_param)


@checked(returns="1")
def active_share_within(time, params, gpus, peak_flops, mfu, goodput=1.0, tokens_per_param=20.0, flops_per_param=6.0):
    """The share of `params` that may be active [1] if training is to end within `time` [s]; above 1, dense is possible.

    Inverts `flops_by_size`: the dense run's time shrinks with the square of the share.
    """
    dense = training_time(flops_by_size(params, 1, tokens_per_param, flops_per_param), gpus, peak_flops, mfu, goodput)
    return np.sqrt(time / dense)


@checked(returns="1")
def mfu_at(job: Job, gpus, falloff=0.1):
    """MFU of the job on `gpus` [1].

    falloff: 0.10 is what Llama 3 lost from 8,192 to 16,384 GPUs (430 to 400 TFLOP/s, arXiv 2407.21783, table 4).
    """
    return np.minimum(job.mfu * (gpus / job.reference_gpus) ** -falloff, 1)


@checked(returns="s")
def time_alone(job: Job, gpus, peak_flops, falloff=0.1, goodput=1.0):
    """Time of the job [s] on `gpus` of its own."""
    return job.flops / (gpus * peak_flops * mfu_at(job, gpus, falloff) * goodput)


def _check_names(jobs):
    """Results go by name: two jobs of one name would collapse into one."""
    names = [job.name for job in jobs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"jobs: two are named {name!r}; give each a name of its own")


def _check_shares(jobs):
    """Jobs that run side by side can't have more than the cluster; tracers pass."""
    shares = [job.share for job in jobs]
    if all(isinstance(share, (int, float, np.ndarray)) for share in shares):
        total = np.max(sum(shares))
        if total > 1 + 1e-6:  # rounding, and crumbs for jobs that are left out
            raise ValueError(f"jobs: share of all together = {total:g} is not possible. Shares must sum to at most 1.")


@checked(returns="s")
def finish_in_parallel(jobs: Sequence[Job], gpus, peak_flops, falloff=0.1, goodput=1.0):
    """When each job finishes [s], all started together on their shares of `gpus`: {name: time}.

    Raises ValueError if two jobs have one name, or all shares sum to more than 1.
    """
    _check_names(jobs)
    _check_shares(jobs)
    return {job.name: time_alone(job, job.share * gpus, peak_flops, falloff, goodput) for job in jobs}


@checked(returns="s")
def finish_in_sequence(jobs: Sequence[Job], gpus, peak_flops, falloff=0.1, goodput=1.0):
    """When each job finishes [s], one after the other on all of `gpus`: {name: time}.

    Raises ValueError if two jobs have one name.
    """
    _check_names(jobs)
    finish, clock = {}, 0
    for job in jobs:
        clock = time_alone(job, gpus, peak_flops, falloff, goodput) + clock
        finish[job.name] = clock
    return finish


@checked(returns="1")
def shares_for_equal_finish(jobs: Sequence[Job], falloff=0.1):
    """The shares of a cluster [1] with which all jobs finish together: {name: share}; they sum to 1.

    Time goes as flops / gpus^(1 - falloff), so a share goes as the (1 - falloff)th root of the work.
    Raises ValueError if two jobs have one name.
    """
    _check_names(jobs)
    first = jobs[0]
    weights = {
        job.name: (job.flops / first.flops * first.mfu / job.mfu * (first.reference_gpus / job.reference_gpus) ** falloff)
        ** (1 / (1 - falloff))
        for job in jobs
    }
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


@checked(returns="J")
def energy_in_parallel(jobs: Sequence[Job], gpus, peak_flops, power, idle_power, pue, falloff=0.1, goodput=1.0):
    """Energy at the meter [J] until the last job finishes: busy GPUs at `power`, finished ones at `idle_power` [W/gpu].

    GPUs beyond the shares idle all the time.
    """
    finish = finish_in_parallel(jobs, gpus, peak_flops, falloff, goodput)
    last = reduce(np.maximum, finish.values())
    busy = sum([job.share * gpus * finish[job.name] for job in jobs])
    return (busy * power + (gpus * last - busy) * idle_power) * pue


@checked(returns="J")
def energy_in_sequence(jobs: Sequence[Job], gpus, peak_flops, power, pue, falloff=0.1, goodput=1.0):
    """Energy at the meter [J] of all jobs one after the other, each on all GPUs at `power` [W/gpu]."""
    last = finish_in_sequence(jobs, gpus, peak_flops, falloff, goodput)[jobs[-1].name]
    return gpus * last * power * pue
