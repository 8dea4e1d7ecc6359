"""A measured load: seconds and watts from a plain table, in place of the square wave that the model draws.

The table is a CSV whose header names a column of seconds and one of watts, as `nvidia-smi`, DCGM or a rack's meter are
easily made to give: "seconds,watts" or "time [s], power.draw [W]". Rows may be spaced unevenly; a reading holds until the next.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .unreadable import Unreadable

SECONDS, WATTS = ("second", "time", "elapsed"), ("watt", "power")


@dataclass(frozen=True)
class SquareWave:
    """A load that steps between two levels. step: time from rise to rise [s], no number if it doesn't repeat. waiting: share of
    it at the lower level. high, low: the levels [W]."""

    step: float
    waiting: float
    high: float
    low: float


@dataclass(frozen=True)
class Recording:
    """Readings in order of time. seconds: when, from the first one on. watts: of one GPU's chip, held until the next reading."""

    seconds: np.ndarray
    watts: np.ndarray

    @property
    def length(self) -> float:
        """From the first reading to the end of the last [s], which is taken to hold as long as the one before."""
        return float(self.seconds[-1] + (self.seconds[-1] - self.seconds[-2]))

    def means(self, samples: int, window: float | None = None) -> np.ndarray:
        """Mean power [W] in each of `samples` equal steps of the first `window` seconds (all); the recording repeats
        beyond its end. Energy is kept: the means add up to the integral of the readings."""
        window = self.length if window is None else window
        edges = np.append(self.seconds, self.length)
        energy = np.append(0, np.cumsum(self.watts * np.diff(edges)))
        at = np.linspace(0, window, samples + 1)
        whole, part = np.divmod(at, self.length)
        return np.diff(whole * energy[-1] + np.interp(part, edges, energy)) / (window / samples)

    def swing_between(self, edges) -> np.ndarray:
        """Mean square [W²] of the swing about the mean at the frequencies from each of `edges` [1/s] up to the next.

        By a discrete Fourier transform of the whole recording, taken to repeat; over all frequencies the variance of the readings. Readings that are spaced
        unevenly are first averaged over their median distance, and nothing faster than half of one in that time is known.
        """
        count = max(2, round(self.length / float(np.median(np.diff(self.seconds)))))
        turns = np.fft.rfft(self.means(count)) / count
        energy = np.abs(turns) ** 2 * np.where(np.arange(len(turns)) * 2 == count, 1, 2)  # a real series has each harmonic twice, but for the one in the middle
        frequency = np.arange(len(turns)) / self.length
        return np.array([energy[1:][(frequency[1:] >= low) & (frequency[1:] < high)].sum() for low, high in zip(edges[:-1], edges[1:])])


    def square_wave(self) -> SquareWave:
        """The square wave that stands for the recording: same energy, levels that a tenth of the time lies below and above."""
        spans = np.diff(np.append(self.seconds, self.length))
        low, high = (_held_below(self.watts, spans, share) for share in (0.1, 0.9))
        mean = float(np.sum(self.watts * spans) / np.sum(spans))
        waiting = min(1.0, max(0.0, (high - mean) / (high - low))) if high > low else 0.0
        return SquareWave(step=self._period(low, high), waiting=waiting, high=high, low=low)

    def _period(self, low: float, high: float) -> float:
        """Mean time between rises from the lower third to the upper third [s]; no number with fewer than two."""
        rises, down = [], False
        for second, watt in zip(self.seconds, self.watts):
            if watt <= low + (high - low) / 3:
                down = True
            elif down and watt >= high - (high - low) / 3:
                rises.append(float(second))
                down = False
        return (rises[-1] - rises[0]) / (len(rises) - 1) if len(rises) > 1 else float("nan")


def _held_below(watts, spans, share: float) -> float:
    """The watts that the load is at or below for `share` of the time."""
    order = np.argsort(watts, kind="stable")
    passed = np.cumsum(spans[order])
    return float(watts[order][np.argmax(passed >= share * passed[-1] * (1 - 1e-9))])


def read_recording(path, gpus: float = 1.0) -> Recording:
    """The recording in the CSV at `path`, its watts divided by the `gpus` that they were measured for.

    Raises Unreadable for a table without the two columns, with fewer than two readings, with a number that is none, negative
    watts or times that don't grow.
    """
    name = Path(path).name
    with open(path, newline="", encoding="utf-8-sig") as lines:
        rows = [row for row in csv.reader(lines) if row and not row[0].lstrip().startswith("#")]
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    columns = [next((k for k, cell in enumerate(header) if any(word in cell for word in words)), None) for words in (SECONDS, WATTS)]
    if None in columns:
        raise Unreadable(f"{name}: the first line must name a column of seconds and one of watts, not {', '.join(header) or 'nothing'}.")
    readings = []
    for line, row in enumerate(rows[1:], start=2):
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
