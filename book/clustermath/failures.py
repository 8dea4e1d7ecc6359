"""Failures and goodput: how often a large job is interrupted, and how much of its time survives.

A job computes for `interval`, stops for `stall` to take a checkpoint, and so on. Failures strike at random
(exponentially, `mtbf` apart on average), also during checkpoints and restarts. Each costs the work since the last
checkpoint, and `restart` until the job computes again.
"""

from dataclasses import dataclass

import numpy as np

from .parameters import checked
from .scan import scan
from .records import Record, quantity
from .tables import read, records

MOST_TERMS = 256  # of a Poisson tail: from the largest on, they fall as exp(-k^2 / 2 spare_nodes)
STIRLING = 8  # added to a number whose factorial is approximated, so that four terms are enough


@dataclass(frozen=True, kw_only=True)
class FailureRate(Record):
    """Interruptions per GPU and second [1/s/gpu], all causes, as a cluster observed them."""

    name: str
    rate: float = quantity("1/s/gpu", between=(1e-14, 1e-3))


@dataclass(frozen=True, kw_only=True)
class Cause(Record):
    """Unexpected interruptions of Llama 3's pre-training that one cause brought, and their share as the paper prints it."""

    name: str
    count: float = quantity("1", between=(0, 1e9), whole=True)
    printed: float = quantity("1", between=(0, 1))


@dataclass(frozen=True, kw_only=True)
class Checkpointing(Record):
    """A way to take checkpoints: how long each stops the job, and how long until it can be restored."""

    name: str
    stall: float = quantity("s", between=(0.001, 1e6))
    lag: float = quantity("s", between=(0, 1e6))


FAILURE_RATES = records("failure rate", FailureRate, read("failure_rates.csv"))
CAUSES = records("cause", Cause, read("interruptions.csv"))
CHECKPOINTS = records("way to checkpoint", Checkpointing, read("checkpoints.csv"))


@checked(returns="s")
def mean_time_between_failures(gpus, failure_rate):
    """Average time between interruptions of a job on `gpus` [s]; any one GPU's failure stops all of them."""
    return 1 / (gpus * failure_rate)


@checked(returns="B")
def checkpoint_size(params, state_bytes=12.0):
    """Bytes of a checkpoint [B]: 32-bit weights and two Adam moments, 12 bytes a parameter."""
    return params * state_bytes


@checked(returns="s")
def young_interval(mtbf, stall):
    """Young's first-order optimum between checkpoints [s]: sqrt(2 x stall x mtbf). CACM 17(9), 1974."""
    return np.sqrt(2 * stall * mtbf)


@checked(returns="s")
def daly_interval(mtbf, stall):
    """Daly's higher-order optimum between checkpoints [s]. Future Generation Computer Systems 22, 2006, eq. 37."""
    half = stall / (2 * mtbf)
    series = young_interval(mtbf, stall) * (1 + np.sqrt(half) / 3 + half / 9) - stall
    return np.where(half < 1, series, mtbf)


@checked(returns="s")
def best_interval(mtbf, stall, lag=0.0):
    """The interval to choose [s]: Daly's, but no checkpoint starts while the one before is still being written."""
    return np.maximum(daly_interval(mtbf, stall), lag)


@checked(returns="1")
def goodput(mtbf, interval, stall, restart, lag=0.0):
    """Share of the wall clock that makes progress [1], by Daly's complete model: between 0 and 1 at any scale.

    All in seconds. lag: for checkpoints written in the background, the time from the snapshot until it can be
    restored; a failure meanwhile falls back to the one before, which costs `lag` more work on average.
    Daly 2006, eq. 20, divided into the useful time.
    """
    segment = (interval + stall) / mtbf
    # exp(-x) / (1 - exp(-x)) is 1 / (exp(x) - 1), without overflow
    return interval / mtbf * np.exp(-segment - (restart + lag) / mtbf) / -np.expm1(-segment)


@checked(returns="1")
def first_order_goodput(mtbf, interval, stall, restart):
    """The published first-order estimate [1]; below 0 when failures come faster than `interval` and `restart` allow.

    Kokolis et al., arXiv 2410.21680, expected ETTR: good while interval and restart are short against mtbf.
    """
    return (1 - (restart + interval / 2) / mtbf) / (1 + stall / interval)


@checked(returns="1")
def best_goodput(mtbf, stall, restart, lag=0.0):
    """Goodput [1] with checkpoints at the best interval."""
    return goodput(mtbf, best_interval(mtbf, stall, lag), stall, restart, lag)


@checked(returns={"useful": "1", "checkpoints": "1", "again": "1", "restarts": "1"})
def time_shares(mtbf, interval, stall, restart, lag=0.0):
    """Where the wall clock goes [1], adding up to 1: useful work, its checkpoints, work that is lost and done again, restarts.

    Of the time between two failures, which is exponential, a restart takes `restart` or all of it.
    """
    segment = (interval + stall) / mtbf
    # 1 - (1 + x) exp(-x), the time in segments that fail; by its series where the difference would be rounding
    series = segment**2 / 2 * (1 + segment / 3 * (1 + segment / 4 * (1 + segment / 5 * (1 + segment / 6))))
    failed = np.where(segment < 0.01, series * np.exp(-segment), -np.expm1(-segment) - segment * np.exp(-segment))
    unsafe = segment * np.exp(-segment) * -np.expm1(-lag / mtbf)
    useful = goodput(mtbf, interval, stall, restart, lag)
    return {
        "useful": useful,
        "checkpoints": useful * stall / interval,
        "again": np.exp(-restart / mtbf) * (failed + unsafe) / -np.expm1(-segment),
        "restarts": -np.expm1(-restart / mtbf),
    }


@checked(returns="1")
def chance_of_no_spare(mtbf, repair_time, spare_nodes):
    """Chance [1] that a failure finds all spare nodes already taken by nodes in repair.

    Nodes in repair are Poisson distributed with mean repair_time / mtbf; the tail from `spare_nodes` on. Its terms are
    summed away from the largest, upwards or downwards, so that a small chance is not the difference of two large ones.
    """
    mean = np.maximum(repair_time / mtbf, 1e-300)
    upwards = mean <= spare_nodes
    shifted = spare_nodes + STIRLING
    series = (1 - (1 - (2 / 7 - 3 / 14 / shifted**2) / shifted**2) / (30 * shifted**2)) / (12 * shifted)  # Abramowitz and Stegun, 6.1.41
    log_factorial = shifted * np.log(shifted) - shifted + 0.5 * np.log(2 * np.pi * shifted) + series
    for k in range(1, STIRLING + 1):
        log_factorial = log_factorial - np.log(spare_nodes + k)
    term = np.exp(spare_nodes * np.log(mean) - mean - log_factorial)  # exactly as many in repair as there are spares

    def farther(total, count):
        """The sum of all terms as far from that one as `count` or farther, over the one before."""
        total = 1 + total * np.where(upwards, mean, np.maximum(spare_nodes - count, 0)) / np.where(upwards, spare_nodes + count, mean)
        return total, total

    total, _ = scan(farther, 1.0, np.arange(MOST_TERMS, 0, -1))
    return np.clip(np.where(upwards, term * total, 1 - term * total * spare_nodes / mean), 0, 1)


@checked(returns="s")
def restart_with_spares(mtbf, swap_time, repair_time, spare_nodes):
    """Average restart [s]: `swap_time` to detect, replace and load, and without a spare the wait for a repair.

    Of the spare_nodes + 1 or more in repair, the first is back after repair_time / (spare_nodes + 1).
    """
    wait = repair_time / (spare_nodes + 1)
    return swap_time + chance_of_no_spare(mtbf, repair_time, spare_nodes) * wait
