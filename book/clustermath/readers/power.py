"""Power over time, as GPUs' own tools print it, as a `Recording`: the mean of all GPUs in the file, reading by reading.

    nvidia-smi --query-gpu=timestamp,index,power.draw --format=csv -lms 100     a CSV with units, "[N/A]" where there is none
    nvidia-smi dmon -s p -o DT, dcgmi dmon -e 155 -d 100                        columns of text under lines that begin with #
    a plain CSV                                                                 seconds and watts, whatever else there is

A tool reads its GPUs one by one, a few milliseconds apart: a sample begins where a GPU comes up again.
Sources: nvidia-smi's manual and --help-query-gpu; DCGM's documentation, "dcgmi dmon".
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timezone

import numpy as np

from ..recorded import Recording
from ..unreadable import Unreadable
from .text import Reading, load, shown

WATTS = ("power.draw.instant", "power.draw", "power.draw.average", "watt", "power", "pwr")  # the first of these that a file has
SECONDS = ("timestamp", "seconds", "elapsed", "time")
GPU = ("index", "uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "gpu", "entity")
NONE = re.compile(r"\[?(n/?a|not (supported|available|found)|unknown error|gpu requires reset|no data|nan|-)\]?", re.IGNORECASE)
DATES = ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y%m%d %H:%M:%S", "%H:%M:%S")
PERIOD = 1.0  # seconds between samples of dcgmi dmon and nvidia-smi dmon, where they aren't asked for another
MANY = 10  # that a message names


def is_power(text: str) -> bool:
    """Whether the file's first lines are the header of a table of power."""
    return any(_columns(line) for line in text.lstrip().splitlines()[:20])


def _names(line: str) -> list[str]:
    """The columns that a line could be the header of: of a CSV, or of text when it begins with #. Units are left out."""
    cells = line.lstrip("# ").split() if line.lstrip().startswith("#") and "," not in line else line.split(",")
    return [re.sub(r"\s*[\[(].*", "", cell.strip().strip('"')).lower() for cell in cells]


def _columns(line: str) -> dict[str, int] | None:
    """Where watts, time and GPU stand, by a header; None if the line is none, or has no watts."""
    names = _names(line)
    watts = next((names.index(name) for name in WATTS if name in names), None)
    if watts is None:
        watts = next((k for k, name in enumerate(names) if "watt" in name or re.search(r"\bpower\b", name)), None)
    if watts is None or len(names) > 100 or any(re.fullmatch(r"[-\d.:/ ]+", name) for name in names):
        return None
    text = line.lstrip().startswith("#") and "," not in line
    time = next((k for k, name in enumerate(names) if any(word in name for word in SECONDS)), None)
    if time is None and not text:
        return None
    gpu = next((names.index(name) for name in GPU if name in names), None)
    return {"watts": watts, "time": time, "gpu": gpu, "text": int(text)}


def read_power(source, period: float = PERIOD) -> Reading:
    """Power over time as a Reading whose record is a `Recording`: watts of one GPU, the mean of those in the file.

    period: seconds between samples, where the file has no times [s]. Raises Unreadable for a file without a header that
    names watts, or with fewer than two samples.
    """
    lines = load(source).splitlines()
    found = next(((k, columns) for k, line in enumerate(lines[:50]) if (columns := _columns(line))), None)
    if found is None:
        raise Unreadable("power over time was expected: a header that names a column of watts (power.draw [W], POWER, watts), and with it the time.")
    start, columns = found
    header, rows, unread = lines[start], [], []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line.strip() or line.lstrip().startswith("#") or line.strip().lower() in ("id", header.strip().lower()) or re.match(r"\s*id\s+\D", line, re.IGNORECASE):
            continue
        try:
            rows.append(_row(line, columns, number))
        except ValueError as problem:
            unread.append(f"line {number:,}: {problem}")
    seconds, watts, gpus, lost = _samples(rows, columns, period, unread)
    if len(seconds) < 2:
        raise Unreadable("power over time was expected, and there are fewer than two samples." + (f" {unread[0]}." if unread else ""))
    assumed = [f"the mean of {gpus} GPUs"] if gpus > 1 else []
    if columns["time"] is None:
        assumed.append(f"a sample every {period:g} s: the file has no times")
    name = _names(header)[columns["watts"]]
    if name in ("power.draw", "power.draw.average"):
        assumed.append(f"{name} is a mean over the last second on chips since Ampere: faster swings don’t show; power.draw.instant has them")
    if lost:
        unread.append(f"no watts in {lost:,} of {len(rows):,} readings")
    if len(unread) > MANY:
        unread = [*unread[:MANY], f"and {len(unread) - MANY:,} lines more"]
    return Reading("power over time", Recording(seconds=seconds - seconds[0], watts=watts), assumed, [], unread)


def _row(line: str, columns, number: int) -> tuple[float | None, str, float]:
    """Time [s], GPU and watts (NaN where the tool had none) of one line. Raises ValueError that says what is wrong."""
    if columns["text"]:
        line = re.sub(r"^\s*(GPU|GPU-I|Switch|CPU)\s+(?=\d)", r"\1-", line)
        cells = line.split()
        if columns["time"] is not None and columns["time"] and re.fullmatch(r"\d{8}", cells[0]):  # a date, then the time
            cells[columns["time"]] = f"{cells[0]} {cells[columns['time']]}"
    else:
        cells = next(csv.reader([line]), [])
    if len(cells) <= max(k for key, k in columns.items() if k is not None and key != "text"):
        raise ValueError(f"{shown(line.strip())} has {len(cells)} columns; it may have been cut")
    time = None if columns["time"] is None else _seconds(cells[columns["time"]].strip())
    gpu = cells[columns["gpu"]].strip() if columns["gpu"] is not None else ""
    return time, gpu, _watts(cells[columns["watts"]].strip())


def _seconds(text: str) -> float:
    try:
        value = float(text.removesuffix("s"))
        if np.isfinite(value):
            return value
    except ValueError:
        pass
    for form in DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{shown(text)} is no time") from None


def _watts(text: str) -> float:
    if NONE.fullmatch(text):
        return float("nan")
    match = re.fullmatch(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(k|m)?w?", text, re.IGNORECASE)
    if not match:
        raise ValueError(f"{shown(text)} is no number of watts")
    return float(match[1]) * {"k": 1e3, "m": 1e-3, "": 1.0}[(match[2] or "").lower()]


def _samples(rows, columns, period, unread):
    """Times, mean watts of a GPU, the number of GPUs, and how many readings had none."""
    groups, seen = [], set()
    for time, gpu, watts in rows:
        again = gpu in seen if columns["gpu"] is not None else not groups or time != groups[-1][0]
        if again or not groups:
            groups.append((time, []))
            seen = set()
        seen.add(gpu)
        groups[-1][1].append(watts)
    gpus = max((len(group) for _, group in groups), default=0)
    seconds, watts = [], []
    for k, (time, group) in enumerate(groups):
        usable = [value for value in group if value == value]
        at = k * period if time is None else time
        if len(group) < gpus and k == len(groups) - 1:
            continue  # the last sample was cut
        if seconds and at <= seconds[-1]:
            unread.append(f"a sample at {at - seconds[0]:g} s comes after one at {seconds[-1] - seconds[0]:g} s")
        elif usable:
            seconds.append(at)
            watts.append(sum(usable) / len(usable))
    lost = sum(value != value for _, group in groups for value in group)
    return np.array(seconds, float), np.array(watts, float), gpus, lost
