"""Power over time, as GPUs' own tools print it, as a `Recording`: the mean of all GPUs in the file, reading by reading.

    nvidia-smi --query-gpu=timestamp,index,power.draw --format=csv -lms 100     a CSV with units, "[N/A]" where there is none
    nvidia-smi dmon -s p -o DT, dcgmi dmon -e 155 -d 100                        columns of text under lines that begin with #
    a plain CSV                                                                 seconds and watts, whatever else there is; or kW, ms

A tool reads its GPUs one by one, a few milliseconds apart: a sample begins where a GPU comes up again.
Sources: nvidia-smi's manual and --help-query-gpu; DCGM's documentation, "dcgmi dmon".
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta, timezone

import numpy as np

from ..recorded import Recording
from ..unreadable import Unreadable
from . import words
from .text import MOST_GPUS, NUMBER, Reading, few, lines, load, shown

WATTS = ("power.draw.instant", "power.draw", "power.draw.average", "watt", "power", "pwr")  # the first of these that a file has
MEANS = ("power.draw", "power.draw.average")
SECONDS = ("timestamp", "seconds", "elapsed", "time")
GPU = ("index", "uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "gpu", "entity")
NONE = re.compile(r"\[?(n/?a|not (supported|available|found)|unknown error|gpu requires reset|no data|nan|-)\]?", re.IGNORECASE | re.ASCII)
UNIT = re.compile(r"\s*[\[(].*", re.ASCII)
POWER = re.compile(r"\bpower\b", re.ASCII)
FIGURES = re.compile(r"[-\d.:/ ]+", re.ASCII)  # no name of a column
UNITS_LINE = re.compile(r"^\s*id\s+\D", re.IGNORECASE | re.ASCII)
ENTITY = re.compile(r"^\s*(GPU|GPU-I|Switch|CPU)\s+(?=\d)", re.ASCII)
DAY = re.compile(r"\d{8}", re.ASCII)
WATT = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(k|m)?w?", re.IGNORECASE | re.ASCII)
MOMENT = re.compile(
    r"(?:(\d{4})([-/]?)(\d{1,2})\2(\d{1,2})[ T])?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:(Z)|([-+])(\d{2}):?(\d{2}))?", re.IGNORECASE | re.ASCII
)
THOUSANDS = {"k": 1e3, "K": 1e3, "m": 1e-3, "M": 1e6}
# A unit in a header counts where the cells have none
IN_HEADER = re.compile(r"[\[(_ ]([kKmM][wW]|ms|us|min|h)[\])]?$", re.ASCII)
UNITS_OF_WATTS = {f"{letter}{watt}": thousands for letter, thousands in THOUSANDS.items() for watt in "wW"}
UNITS_OF_TIME = {"ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0}
PERIOD = 1.0  # seconds between samples of dcgmi dmon and nvidia-smi dmon, where they aren't asked for another
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
HEADERS = 20  # lines with anything on them, among which the header is
MOST_COLUMNS = 100


def is_power(text: str) -> bool:
    """Whether one of the file's first lines is the header of a table of power."""
    return _header(text) is not None


def _header(text: str) -> tuple[int, dict] | None:
    """The number of the header's line, from 1, and where its columns stand."""
    seen = 0
    for number, line in enumerate(lines(text), 1):
        if line.strip():
            seen += 1
            if columns := _columns(line):
                return number, columns
        if seen == HEADERS:
            break
    return None


def _cells(line: str) -> list[str]:
    """The columns that a line could be the header of: of a CSV, or of text when it begins with #."""
    cells = line.lstrip("# ").split() if line.lstrip().startswith("#") and "," not in line else line.split(",")
    return [cell.strip().strip('"') for cell in cells]


def _unit(cell: str, units: dict[str, float]) -> float:
    """What one of a column's numbers is worth, by the unit in its header."""
    return units.get(match[1], 1.0) if (match := IN_HEADER.search(cell)) else 1.0


def _columns(line: str) -> dict[str, int] | None:
    """Where watts, time and GPU stand, by a header; None if the line is none, or has no watts."""
    cells = _cells(line)
    names = [UNIT.sub("", cell).lower() for cell in cells]
    watts = next((names.index(name) for name in WATTS if name in names), None)
    if watts is None:
        watts = next((k for k, name in enumerate(names) if "watt" in name or POWER.search(name)), None)
    if watts is None or len(names) > MOST_COLUMNS or any(FIGURES.fullmatch(name) for name in names):
        return None
    text = line.lstrip().startswith("#") and "," not in line
    time = next((k for k, name in enumerate(names) if any(word in name for word in SECONDS)), None)
    if time is None and not text:
        return None
    gpu = next((names.index(name) for name in GPU if name in names), None)
    scales = {"watt": _unit(cells[watts], UNITS_OF_WATTS), "second": 1.0 if time is None else _unit(cells[time], UNITS_OF_TIME)}
    return {"watts": watts, "time": time, "gpu": gpu, "text": text, "name": names[watts], **scales}


def read_power(source, period: float = PERIOD) -> Reading:
    """Power over time as a Reading whose record is a `Recording`: watts of one GPU, the mean of those in the file.

    period: seconds between samples, where the file has no times [s]. Raises Unreadable for a file without a header that
    names watts, or with fewer than two samples.
    """
    text = load(source)
    if (found := _header(text)) is None:
        raise Unreadable(words.NO_POWER)
    start, columns = found
    rows, unread, header = [], [], ""
    for number, line in enumerate(lines(text), 1):
        bare = line.strip().lower()
        header = bare if number == start else header
        if number <= start or not bare or bare.startswith("#") or bare in ("id", header) or UNITS_LINE.match(line):
            continue
        try:
            rows.append(_row(line, columns))
        except ValueError as problem:
            unread.append(words.LINE.format(number=number, problem=problem))
    seconds, watts, gpus, lost = _samples(rows, columns, period, unread)
    if len(seconds) < 2:
        raise Unreadable(words.FEW_SAMPLES, first=f" {unread[0]}." if unread else "")
    assumed = [words.MEAN_OF.format(gpus=gpus)] if gpus > 1 else []
    if columns["time"] is None:
        assumed.append(words.PERIOD.format(period=period))
    if columns["name"] in MEANS:
        assumed.append(words.SLOW_MEAN.format(name=columns["name"]))
    if lost:
        unread.append(words.LOST.format(lost=lost, all=len(rows)))
    return Reading("power over time", Recording(seconds=seconds - seconds[0], watts=watts), assumed, [], few(unread))


def _row(line: str, columns) -> tuple[float | None, str, float]:
    """Time [s], GPU and watts (NaN where the tool had none) of one line. Raises ValueError that says what is wrong."""
    time, gpu, watts = columns["time"], columns["gpu"], columns["watts"]
    cells = ENTITY.sub(r"\1-", line).split() if columns["text"] else [cell.strip() for cell in next(csv.reader([line]), [])]
    if len(cells) <= max(k for k in (time, gpu, watts) if k is not None):
        raise ValueError(words.COLUMNS.format(line=shown(line.strip()), count=len(cells)))
    if columns["text"] and time and DAY.fullmatch(cells[0]):  # a date, then the time
        cells[time] = f"{cells[0]} {cells[time]}"
    return None if time is None else _seconds(cells[time], columns["second"]), "" if gpu is None else cells[gpu], _watts(cells[watts], columns["watt"])


def _seconds(text: str, unit: float = 1.0) -> float:
    """A number of seconds, or, if it has no "s", of `unit` [s]; or a moment in any of the forms that tools print, in UTC if it doesn't say."""
    if NUMBER.fullmatch(bare := text.removesuffix("s")) and np.isfinite(float(bare)):
        return float(bare) * (1.0 if text.endswith("s") else unit)
    if match := MOMENT.fullmatch(text):
        year, _, month, day, hour, minute, second, fraction, _, sign, ahead, minutes = match.groups()
        try:
            moment = datetime(int(year or 1900), int(month or 1), int(day or 1), int(hour), int(minute), int(second or 0), tzinfo=timezone.utc)
        except ValueError:
            raise ValueError(words.NO_MOMENT.format(found=shown(text))) from None
        offset = (1 if sign == "+" else -1) * (int(ahead) * 3600 + int(minutes) * 60) if sign else 0
        return (moment - EPOCH) / timedelta(seconds=1) - offset + float(f"0.{fraction or 0}")
    raise ValueError(words.NO_MOMENT.format(found=shown(text)))


def _watts(text: str, unit: float = 1.0) -> float:
    if NONE.fullmatch(text):
        return float("nan")
    match = WATT.fullmatch(text)
    if not match or not np.isfinite(float(match[1])):
        raise ValueError(words.NO_WATTS.format(found=shown(text)))
    return float(match[1]) * (unit if text == match[1] else THOUSANDS.get(match[2], 1.0))


def _samples(rows, columns, period, unread):
    """Times, mean watts of a GPU, the number of GPUs, and how many readings had none."""
    groups, seen = [], set()
    for time, gpu, watts in rows:
        again = gpu in seen or len(seen) == MOST_GPUS if columns["gpu"] is not None else not groups or time != groups[-1][0]
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
            unread.append(words.NOT_LATER.format(at=at - seconds[0], before=seconds[-1] - seconds[0]))
        elif usable:
            seconds.append(at)
            watts.append(sum(usable) / len(usable))
    lost = sum(value != value for _, group in groups for value in group)
    return np.array(seconds, float), np.array(watts, float), gpus, lost
