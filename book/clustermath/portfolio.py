"""Several training runs on one cluster: side by side on shares of it, or one after the other on all of it.

A job gets less efficient as it grows: its MFU falls as (gpus / reference_gpus)^-falloff.
"""

from dataclasses import dataclass

import numpy as np

from .parameters import checked
from .tables import quantity


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run: its training FLOPs, and the MFU that it reaches on reference_gpus. share: of the cluster's GPUs."""

    name: str
    flops: float = quantity("FLOP")
    mfu: float = quantity("1")
    reference_gpus: float = quantity("gpu")
    share: float = quantity("1", 1.0)


@checked(returns="1")
def mfu_at(job, gpus, falloff=0.1):
    """MFU of the job on `gpus` [1].

    falloff: 0.10 is what Llama 3 lost from 8,192 to 16,384 GPUs (430 to 400 TFLOP/s, arXiv 2407.21783, table 4).
    """
    return np.minimum(job.mfu * (gpus / job.reference_gpus) ** -falloff, 1)


@checked(returns="s")
def time_alone(job, gpus, peak_flops, falloff=0.1, goodput=1.0):
    """Time of the job [s] on `gpus` of its own."""
    return job.flops / (gpus * peak_flops * mfu_at(job, gpus, falloff) * goodput)


@checked(returns="s")
def finish_in_parallel(jobs, gpus, peak_flops, falloff=0.1, goodput=1.0):
    """When each job finishes [s], all started together on their shares of `gpus`: {name: time}."""
    return {job.name: time_alone(job, job.share * gpus, peak_flops, falloff, goodput) for job in jobs}


@checked(returns="s")
def finish_in_sequence(jobs, gpus, peak_flops, falloff=0.1, goodput=1.0):
    """When each job finishes [s], one after the other on all of `gpus`: {name: time}."""
    finish, clock = {}, 0
    for job in jobs:
        clock = time_alone(job, gpus, peak_flops, falloff, goodput) + clock
        finish[job.name] = clock
    return finish


@checked(returns="1")
def shares_for_equal_finish(jobs, falloff=0.1):
    """The shares of a cluster [1] with which all jobs finish together: {name: share}; they sum to 1.

    Time goes as flops / gpus^(1 - falloff), so a share goes as the (1 - falloff)th root of the work.
    """
    first = jobs[0]
    weights = {
        job.name: (job.flops / first.flops * first.mfu / job.mfu * (first.reference_gpus / job.reference_gpus) ** falloff)
        ** (1 / (1 - falloff))
        for job in jobs
    }
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


@checked(returns="J")
def energy_in_parallel(jobs, gpus, peak_flops, power, idle_power, pue, falloff=0.1, goodput=1.0):
    """Energy at the meter [J] until the last job finishes: busy GPUs at `power`, finished ones at `idle_power` [W/gpu].

    GPUs beyond the shares idle all the time.
    """
    finish = finish_in_parallel(jobs, gpus, peak_flops, falloff, goodput)
    last = 0 * finish[jobs[0].name]
    for time in finish.values():
        last = np.maximum(last, time)
    busy = sum([job.share * gpus * finish[job.name] for job in jobs])
    return (busy * power + (gpus * last - busy) * idle_power) * pue


@checked(returns="J")
def energy_in_sequence(jobs, gpus, peak_flops, power, pue, falloff=0.1, goodput=1.0):
    """Energy at the meter [J] of all jobs one after the other, each on all GPUs at `power` [W/gpu]."""
    last = finish_in_sequence(jobs, gpus, peak_flops, falloff, goodput)[jobs[-1].name]
    return gpus * last * power * pue
