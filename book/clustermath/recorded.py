"""A measured load: seconds and watts from a plain table, in place of the steps that the model draws.

The table is a CSV whose header names a column of seconds and one of watts, as `nvidia-smi`, DCGM or a rack's meter are
easily made to give: "seconds,watts" or "time [s], power.draw [W]". Rows may be spaced unevenly; a reading holds until the next.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .parameters import PARAMETERS, Parameter
from .unreadable import Unreadable

SECONDS, WATTS = ("second", "time", "elapsed"), ("watt", "power")


WINDOW = Parameter("window", "s", 1e-9, 1e12, "time that the means cover")
SAMPLES = 600  # means that stand for a recording in a figure
LONGEST_COURSE = 50.0  # s that they may cover: a governor answers within tenths of one


@dataclass(frozen=True)
class Course:
    """A stretch of one chip's power, as figures take it: it repeats, and is none where `seconds` is 0.

    seconds: how long it is. peak: the highest reading of the whole recording [W]. watts: means of equal parts of it.
    """

    seconds: float
    peak: float
    watts: np.ndarray


@dataclass(frozen=True)
class Recording:
    """Readings in order of time. seconds: when, from the first one on. watts: of one GPU's chip, held until the next reading.

    Raises ValueError for fewer than two readings, other numbers of seconds than of watts, what is not finite, times that
    don't grow, and watts below 0.
    """

    seconds: np.ndarray
    watts: np.ndarray

    def __post_init__(self):
        seconds, watts = np.asarray(self.seconds, float), np.asarray(self.watts, float)
        object.__setattr__(self, "seconds", seconds)
        object.__setattr__(self, "watts", watts)
        if seconds.ndim != 1 or seconds.shape != watts.shape or len(seconds) < 2:
            raise ValueError(f"Recording: a row of seconds and one of watts, as long and of at least two, are no {seconds.shape} and {watts.shape}.")
        if not np.isfinite(seconds + watts).all() or (np.diff(seconds) <= 0).any() or (watts < 0).any():
            raise ValueError("Recording: seconds must be finite and grow, and watts finite and at least 0.")

    @property
    def length(self) -> float:
        """From the first reading to the end of the last [s], which is taken to hold as long as the one before."""
        return float(self.seconds[-1] + (self.seconds[-1] - self.seconds[-2]))

    def means(self, samples: int, window: float | None = None, start: float = 0.0) -> np.ndarray:
        """Mean power [W] in each of `samples` equal steps of `window` seconds (all) from `start` on; the recording repeats
        beyond its end. Energy is kept: the means add up to the integral of the readings. ValueError for steps or a window of nothing."""
        samples, start = int(PARAMETERS["samples"].check(samples, "means")), PARAMETERS["start"].check(start, "means")
        window = self.length if window is None else WINDOW.check(window, "means")
        edges = np.append(self.seconds, self.length)
        energy = np.append(0, np.cumsum(self.watts * np.diff(edges)))
        at = np.linspace(start, start + window, samples + 1)
        whole, part = np.divmod(at, self.length)
        return np.diff(whole * energy[-1] + np.interp(part, edges, energy)) / (window / samples)

    def course(self) -> Course:
        """What figures take of it: all, or of more than LONGEST_COURSE seconds those that swing most.

        Tried are stretches half a length apart that hold a reading: where there is none for long, nothing swings.
        """
        length = min(self.length, LONGEST_COURSE)
        edges = np.append(self.seconds, self.length)
        sums = [np.append(0, np.cumsum(self.watts**power * np.diff(edges))) for power in (1, 2)]
        halves = np.floor(self.seconds / (length / 2))
        starts = np.unique([np.maximum(halves - 1, 0), halves]) * (length / 2)
        best, most = 0.0, -1.0
        for start in [*starts[starts < self.length - length].tolist(), self.length - length]:
            mean, square = ((np.interp(start + length, edges, total) - np.interp(start, edges, total)) / length for total in sums)
            if square - mean**2 > most * (1 + 1e-6) + 1e-6 * square:  # by more than rounding
                best, most = start, square - mean**2
        return Course(seconds=length, peak=float(self.watts.max()), watts=np.maximum(self.means(SAMPLES, length, best), 0))


def read_recording(path, gpus: float = 1.0) -> Recording:
    """The recording in the CSV at `path`, its watts divided by the `gpus` that they were measured for.

    Raises Unreadable for a table without the two columns, with fewer than two readings, with a number that is none, negative
    watts or times that don't grow; ValueError for `gpus` that can't be.
    """
    name, gpus = Path(path).name, PARAMETERS["gpus"].check(gpus, "read_recording")
    try:
        with open(path, newline="", encoding="utf-8-sig") as lines:
            table = csv.reader(lines)
            rows = [(table.line_num, row) for row in table if row and not row[0].lstrip().startswith("#")]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise Unreadable(f"{name}: no CSV in UTF-8: {problem}.") from None
    header = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    columns = [next((k for k, cell in enumerate(header) if any(word in cell for word in words)), None) for words in (SECONDS, WATTS)]
    if None in columns:
        raise Unreadable(f"{name}: the first line must name a column of seconds and one of watts, not {', '.join(header) or 'nothing'}.")
    readings = []
    for line, row in rows[1:]:
        try:
            second, watt = (float(row[k].strip().removesuffix("W").removesuffix("s").strip()) for k in columns)
        except (ValueError, IndexError):
            raise Unreadable(f"{name}, line {line}: {', '.join(row)!r} does not hold two numbers.") from None
        if not (np.isfinite(second) and np.isfinite(watt) and watt >= 0):
            raise Unreadable(f"{name}, line {line}: {watt:g} W at {second:g} s is not possible.")
        if readings and second <= readings[-1][0]:
            raise Unreadable(f"{name}, line {line}: {second:g} s does not come after {readings[-1][0]:g} s.")
        readings.append((second, watt))
    if len(readings) < 2:
        raise Unreadable(f"{name}: fewer than two readings.")
    seconds, watts = np.transpose(readings)
    return Recording(seconds=seconds - seconds[0], watts=watts / gpus)
