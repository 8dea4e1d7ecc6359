"""The power that a training run asks for, second by second.

All GPUs of a job work in step: they compute together and wait for the network together, so that the site's load
swings once per training step, drops while a checkpoint is written, and falls to idle when the job stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .parameters import checked
from .power import gpu_power
from .scan import scan
from .records import Record, quantity

if TYPE_CHECKING:
    from .hardware import Chip


@dataclass(frozen=True, kw_only=True)
class Load(Record):
    """A job's power by what it is doing [W, IT level, the whole cluster], and how long that lasts [s].

    Each step computes, then waits for communication that nothing hides. Every checkpoint_every seconds the job
    pauses for checkpoint_time. Once, from outage_start, it is down for outage_time; then its GPUs come back one after
    the other, over restart_time. floor: while the job lives, its GPUs burn power to no purpose rather than let the load
    fall below this.
    """

    compute_power: float = quantity("W", between=(0, 1e13))
    exposed_power: float = quantity("W", between=(0, 1e13))
    idle_power: float = quantity("W", between=(0, 1e13))
    compute_time: float = quantity("s", between=(1e-6, 1e6))
    exposed_time: float = quantity("s", between=(1e-6, 1e6))
    checkpoint_every: float = quantity("s", between=(1, 1e9))
    checkpoint_time: float = quantity("s", between=(0, 1e6))
    outage_start: float = quantity("s", between=(0, 1e9))
    outage_time: float = quantity("s", between=(0, 1e9))
    restart_time: float = quantity("s", between=(0, 1e6))
    floor: float = quantity("W", between=(0, 1e13))


@checked(
    returns={
        "compute_power": "W", "exposed_power": "W", "idle_power": "W", "compute_time": "s", "exposed_time": "s",
        "checkpoint_every": "s", "checkpoint_time": "s", "outage_start": "s", "outage_time": "s",
        "restart_time": "s", "floor": "W",
    }
)  # fmt: skip
def load_of(
    chip: Chip,
    gpus,
    compute_time,
    exposed_time,
    cap=1.0,
    exposed_share=0.4,
    idle_share=0.15,
    floor_share=0.0,
    checkpoint_every=1800.0,
    checkpoint_time=0.0,
    outage_start=0.0,
    outage_time=0.0,
    restart_time=0.0,
):
    """The load of a job on `gpus` chips, from its step's breakdown [s].

    Shares are of the chip's TDP: `cap` while computing, exposed_share while waiting, idle_share when stopped, and
    floor_share the least while the job lives. What chips draw while waiting is assumed: near idle, says arXiv
    2508.14318, without a figure; one H200 took 0.20 while a collective's blocks asked for their peers and 0.29 while they
    passed data, and 0.18 with nothing to do (`measured_gpu`). Servers draw the same all the time, the network its share of the whole (power.gpu_power).
    """
    return Load(
        compute_power=gpus * gpu_power(chip, cap),
        exposed_power=gpus * gpu_power(chip, exposed_share),
        idle_power=gpus * gpu_power(chip, idle_share),
        compute_time=compute_time,
        exposed_time=exposed_time,
        checkpoint_every=checkpoint_every,
        checkpoint_time=checkpoint_time,
        outage_start=outage_start,
        outage_time=outage_time,
        restart_time=restart_time,
        floor=gpus * gpu_power(chip, floor_share),
    )


@checked(returns="1")
def share_of_interval(start, duration, period, busy_time):
    """Share [1] of the interval from `start` that falls into the first `busy_time` of each `period` [all s].

    Exact for any interval, so that a coarse time step never aliases the swing of a training step.
    """

    def busy_until(time):
        whole = np.floor(time / period)
        return whole * busy_time + np.minimum(time - whole * period, busy_time)

    since = start - np.floor(start / period) * period  # late starts would lose the digits of a short interval
    return (busy_until(since + duration) - busy_until(since)) / duration


@checked(returns="1")
def share_before(start, duration, outage_start):
    """Share [1] of the interval from `start` that lies before `outage_start` [all s]."""
    return np.clip((outage_start - start) / duration, 0, 1)


@checked(returns="1")
def share_back(start, duration, outage_end, restart_time):
    """Mean share [1] of the GPUs that are back at work in the interval from `start`, one after the other from outage_end
    on, all of them after restart_time more [all s]."""

    def worked_until(time):  # one GPU's time at work, averaged over all
        since = np.maximum(time - outage_end, 0)
        coming = np.minimum(since, restart_time)
        return since - coming + coming**2 / 2 / np.maximum(restart_time, 1e-9 * duration)

    return (worked_until(start + duration) - worked_until(start)) / duration


@checked(returns="W")
def stepping_load(load: Load, start, duration):
    """Average power [W] over the interval of length `duration` [s] from `start` [s], while the job goes from step to step and
    neither pauses nor stops; burnt floor included. Exact for any interval."""
    computing = share_of_interval(start, duration, load.compute_time + load.exposed_time, load.compute_time)
    waiting, working = np.maximum(load.exposed_power, load.floor), np.maximum(load.compute_power, load.floor)
    return waiting + (working - waiting) * computing


@checked(returns="W")
def mean_load(load: Load, start, duration):
    """Average power [W] of the job over the interval of length `duration` [s] from `start` [s], burnt floor included.

    Exact but where an edge falls into the restart: there it is the mean of the load times the mean of the GPUs at work.
    A job that comes back begins with a step.
    """
    outage_end = load.outage_start + load.outage_time
    again = start - np.where(start + duration > outage_end, outage_end, 0)  # a job begins with a step's computing
    # The pause ends each period: a run that starts at zero doesn't begin with a checkpoint.
    since = start + load.checkpoint_time
    writing = share_of_interval(since, duration, load.checkpoint_every, load.checkpoint_time)
    alive = share_before(start, duration, load.outage_start) + share_back(start, duration, outage_end, load.restart_time)
    pausing = np.maximum(load.idle_power, load.floor)
    running = pausing + (stepping_load(load, again, duration) - pausing) * (1 - writing)
    return load.idle_power + (running - load.idle_power) * alive


@checked(returns="1")
def swing_in_band(compute_time, exposed_time, slowest=0.2, fastest=3.0, harmonics=64):
    """Share [1] of a step's power swing, by energy, between the frequencies `slowest` and `fastest` [1/s].

    The direct sum over the harmonics of a load that is high for compute_time and low for exposed_time [s]:
    harmonic k of period T has the energy 2 (sin(pi k d) / (pi k))^2 of the variance d (1 - d), d the computing share.
    """
    period = compute_time + exposed_time
    duty, rest = compute_time / period, exposed_time / period
    shorter = np.minimum(duty, rest)  # sin(pi k d)^2 is that of 1 - d, which loses no digits where d is nearly 1

    def one_more(inside, k):
        energy = 2 * (np.sin(np.pi * k * shorter) / (np.pi * k)) ** 2
        inside = inside + np.where((k / period >= slowest) & (k / period <= fastest), energy, 0)
        return inside, inside

    inside, _ = scan(one_more, 0.0, np.arange(1, harmonics + 1))
    return inside / (duty * rest)
