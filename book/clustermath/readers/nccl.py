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
from .text import Reading, load, shown

TYPES = "int8|uint8|int32|uint32|int64|uint64|half|float|double|bfloat16|f8e4m3|f8e5m2"
NUMBER = r"(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|nan|inf|N/A)"
ROW = re.compile(rf"(?:^|\s|>)(\d+)\s+(\d+)\s+({TYPES})\s+(?:([a-z]+)\s+)?(?:(-?\d+)\s+)?({NUMBER})\s+({NUMBER})\s+({NUMBER})\s+(\S+)(?:\s+({NUMBER})\s+({NUMBER})\s+({NUMBER})\s+(\S+))?\s*$")
NAMES = {"all_reduce": "all-reduce", "all_gather": "all-gather", "reduce_scatter": "reduce-scatter", "alltoall": "all-to-all", "broadcast": "broadcast", "reduce": "reduce", "sendrecv": "send and receive"}
CALLED = re.compile(r"\b(" + "|".join(sorted(NAMES, key=len, reverse=True)) + r")_perf\b")
RANK = re.compile(r"#\s+Rank\s+(\d+)\b.*?(?:device|on)\b.*", re.IGNORECASE)
BUS = {"all-reduce": lambda n: 2 * (n - 1) / n, "all-gather": lambda n: (n - 1) / n, "reduce-scatter": lambda n: (n - 1) / n, "all-to-all": lambda n: (n - 1) / n}


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
    rows, unread, ignored = [], [], []
    for line in text.splitlines():
        if not (match := ROW.search(line)):
            continue
        size, _, _, _, _, time, _, bus, wrong = match.groups()[:9]
        if wrong not in ("0", "N/A", "0e+00") and not re.fullmatch(r"0(\.0+)?(e[+-]?\d+)?", wrong):
            unread.append(f"{int(size):,} B: #wrong is {shown(wrong)}, so the time stands for nothing")
        elif not _usable(time) or float(size) == 0:
            unread.append(f"{int(size):,} B: no time")
        else:
            rows.append((float(size), float(time) * UNITS["us"], float(bus) * GIGA if _usable(bus) else np.nan))
    if not rows:
        raise Unreadable("nccl-tests' table was expected (size, count, type, …, time, algbw, busbw), and no such row was found." + (f" {unread[0]}." if unread else ""))
    name, how = _collective(text)
    sizes, times, buses = (np.array(column) for column in zip(*sorted(rows), strict=True))
    ranks = _ranks(text) or _implied_ranks(name, sizes, times, buses)
    if how:
        ignored.append(how)
    assumed = [] if _ranks(text) else [f"{ranks:.0f} ranks: from busbw over algbw" if ranks else "the number of ranks isn't in the file"]
    start, rate = fitted(sizes, times)
    return Reading("nccl-tests", Collective(name, float(ranks), sizes, times, buses, start, rate), assumed, ignored, unread)


def _usable(text: str) -> bool:
    return text not in ("nan", "inf", "N/A") and float(text) > 0


def _collective(text: str) -> tuple[str, str]:
    """The collective's name, from the command in the output; an all-reduce where none is named."""
    found = CALLED.search(text)
    return (NAMES[found[1]], "") if found else ("all-reduce", "no command in the output: read as an all-reduce")


def _ranks(text: str) -> int:
    """Ranks that the header lists."""
    return len({int(rank) for rank in RANK.findall(text)})


def _implied_ranks(name: str, sizes, times, buses) -> float:
    """Ranks for which busbw / algbw is what the table says: 2 (n-1)/n for an all-reduce."""
    factor = float(np.nanmedian(buses[-3:] / (sizes[-3:] / times[-3:])))
    whole = 2 if name == "all-reduce" else 1
    if name not in BUS or not 0 < factor < whole:
        return 0.0
    return float(np.rint(whole / (whole - factor)))


def fitted(sizes, times) -> tuple[float, float]:
    """α [s] and β [B/s] of time = α + size / β that err least in proportion: weighted least squares, both at least 0."""
    if len(sizes) < 2:
        return 0.0, float(sizes[0] / times[0])
    matrix = np.stack([1 / times, sizes / times], axis=1)
    (start, inverse), *_ = np.linalg.lstsq(matrix, np.ones(len(sizes)), rcond=None)
    if start < 0:
        start, inverse = 0.0, float(np.sum(sizes / times) / np.sum((sizes / times) ** 2))
    if inverse <= 0:
        return float(np.median(times)), float("inf")
    return float(start), float(1 / inverse)
