"""The print-out of nccl-tests (all_reduce_perf and its sisters): sizes, times and bandwidths, and the α and β they imply.

A row is size [B], count, type, redop and root where the collective has them, then time [us], algbw and busbw [GB/s]
and #wrong, out of place and in place. Launchers put a prefix before each line, older versions print no redop.
Source: github.com/NVIDIA/nccl-tests, src/common.cu and doc/PERFORMANCE.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ..units import GIGA, UNITS
from ..unreadable import Unreadable
from . import words
from .text import MOST_GPUS, Reading, few, lines, load, number, shown

TYPES = "int8|uint8|int32|uint32|int64|uint64|half|float|double|bfloat16|f8e4m3|f8e5m2"
NUMBER = r"(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|nan|inf|N/A)"
ROW = re.compile(rf"(?:^|\s|>)(\d{{1,15}})\s+(\d+)\s+({TYPES})\s+(?:([a-z]+)\s+)?(?:(-?\d+)\s+)?({NUMBER})\s+({NUMBER})\s+({NUMBER})\s+(\S+)(?:\s+({NUMBER})\s+({NUMBER})\s+({NUMBER})\s+(\S+))?\s*$", re.ASCII)
NAMES = {"all_reduce": "all-reduce", "all_gather": "all-gather", "reduce_scatter": "reduce-scatter", "alltoall": "all-to-all", "broadcast": "broadcast", "reduce": "reduce", "sendrecv": "send and receive", "gather": "gather", "scatter": "scatter", "hypercube": "hypercube"}
CALLED = re.compile(r"\b(" + "|".join(sorted(NAMES, key=len, reverse=True)) + r")_perf(?:_mpi)?\b", re.ASCII)
RANK = re.compile(r"#\s+Rank\s+(\d{1,9})\b.*?(?:device|on)\b", re.IGNORECASE | re.ASCII)
NONE_WRONG = re.compile(r"N/A|0(\.0+)?(e[+-]?\d+)?", re.ASCII)
BUS = {"all-reduce": 2, "all-gather": 1, "reduce-scatter": 1, "all-to-all": 1}  # busbw / algbw is so many times (n - 1) / n


@dataclass(frozen=True)
class Collective:
    """A measured collective. sizes [B], times [s] and bus bandwidths [B/s] are arrays of one length; ranks is 0 if unknown.

    start [s] and rate [B/s] are α and β of time = α + size / β, fitted with equal weight on relative errors.
    """

    name: str
    ranks: float
    sizes: np.ndarray
    times: np.ndarray
    bus_bandwidths: np.ndarray
    start: float
    rate: float


def read_nccl(source) -> Reading:
    """nccl-tests' output as a Reading whose record is a `Collective`, from the out-of-place columns.

    Rows whose results were wrong are set apart, and so are rows without a time. Raises Unreadable if there is no row.
    """
    text = load(source)
    rows, unread, ranks, command, reduces = [], [], set(), None, True
    for line in lines(text):
        command = command or CALLED.search(line)
        if (listed := RANK.search(line)) and len(ranks) < MOST_GPUS:
            ranks.add(int(listed[1]))
        if not (match := ROW.search(line)):
            continue
        size, _, _, redop, _, time, _, bus, wrong = match.groups()[:9]
        reduces = reduces and redop != "none"
        if not NONE_WRONG.fullmatch(wrong):
            unread.append(words.WRONG.format(size=int(size), wrong=shown(wrong)))
        elif not _usable(time) or float(size) == 0:
            unread.append(words.NO_TIME.format(size=int(size)))
        else:
            rows.append((float(size), number(time) * UNITS["us"], number(bus) * GIGA if _usable(bus) else np.nan))
    if not rows:
        raise Unreadable(words.NO_TABLE, first=f" {unread[0]}." if unread else "")
    name = NAMES[command[1]] if command else "all-reduce" if reduces else "all-gather"
    sizes, times, buses = (np.array(column) for column in zip(*sorted(rows), strict=True))
    listed = len(ranks) if 1 < len(ranks) < MOST_GPUS and ranks == set(range(len(ranks))) else 0  # of an excerpt not all are, of programs that run alone each is 0
    implied = 0.0 if listed else _implied_ranks(name, sizes, times, buses)
    assumed = [] if listed else [words.IMPLIED_RANKS.format(ranks=implied) if implied else words.NO_RANKS]
    start, rate = fitted(sizes, times)
    return Reading("nccl-tests", Collective(name, float(listed or implied), sizes, times, buses, start, rate), assumed, [] if command else [words.NO_COMMAND.format(name=name)], few(unread))


def _usable(text: str) -> bool:
    return 0 < number(text) < np.inf


def _implied_ranks(name: str, sizes, times, buses) -> float:
    """Ranks for which busbw / algbw is what the table says: 2 (n-1)/n for an all-reduce."""
    factors = (buses / (sizes / times))[-3:]
    factors = factors[np.isfinite(factors)]
    whole = BUS.get(name, 0)
    if not len(factors) or not 0 < (factor := float(np.median(factors))) < whole:
        return 0.0
    return float(np.floor(whole / (whole - factor) + 0.5))


def fitted(sizes, times) -> tuple[float, float]:
    """α [s] and β [B/s] of time = α + size / β that err least in proportion: weighted least squares, both at least 0."""
    weights = 1 / times**2
    middle, time = (float(np.sum(weights * values) / np.sum(weights)) for values in (sizes, times))
    if np.all(sizes == sizes[0]):
        return 0.0, float(sizes[0] / time)
    inverse = float(np.sum(weights * (sizes - middle) * (times - time)) / np.sum(weights * (sizes - middle) ** 2))
    start = time - inverse * middle
    if start < 0:
        start, inverse = 0.0, float(np.sum(sizes / times) / np.sum((sizes / times) ** 2))
    if inverse <= 0:
        return float(np.median(times)), float("inf")
    return float(start), float(1 / inverse)
