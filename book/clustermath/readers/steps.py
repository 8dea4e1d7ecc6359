"""The steps of a training log: their times, the ones set apart, and what the log prints beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

WARM_UP = 10  # steps at the beginning among which slow ones are warm-up
SLOW = 1.5  # times the median


@dataclass
class Steps:
    """Measured steps of one run, in the log's order. What a log doesn't print is None or NaN.

    software: which program printed the log. numbers: of the steps. times [s]: of the steps that count; warm_up and
    evaluation [s]: times set apart. tokens_per_gpu [token/s]: throughput of a GPU. rates [FLOP/s/gpu]: as printed,
    and counter: who counted them, a key of `counters.COUNTERS`. mfu: as printed, over `mfu_peaks`, in words.
    sequences: of the global batch. layout: degrees that the log states, by name. facts: what else it states.
    """

    software: str
    numbers: np.ndarray
    times: np.ndarray
    warm_up: np.ndarray
    evaluation: np.ndarray
    tokens_per_gpu: float = float("nan")
    rate: float = float("nan")
    counter: str = ""
    mfu: float = float("nan")
    mfu_peaks: str = ""
    sequences: float | None = None
    layout: dict[str, float] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)

    @classmethod
    def from_log(cls, source) -> Steps:
        """The run that a log tells of (path, bytes or text), MLPerf's too. Raises Unreadable that says why not."""
        from .any_file import read  # it makes these records, and so imports this
        from ..unreadable import Unreadable

        reading = read(source)
        if not isinstance(reading.record, cls):
            raise Unreadable(f"a log of training was expected, and this is {reading.kind}.")
        return reading.record

    @property
    def step_time(self) -> float:
        """The median [s]; NaN where the log has no times."""
        return float(np.median(self.times)) if len(self.times) else float("nan")

    @property
    def spread(self) -> tuple[float, float]:
        """5 and 95 % of the step times [s]."""
        return tuple(float(q) for q in np.quantile(self.times, (0.05, 0.95))) if len(self.times) else (float("nan"),) * 2


def set_apart(times, after_evaluation=()) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the warm-up and of the evaluation steps among `times` [s].

    Warm-up are the first step, if it is more than 1.5 times the median, and what follows it without a break as slow as
    that, within the first ten: compilation, caches, the data loader. An evaluation step is one that the log names
    (`after_evaluation`, indices) and that is as slow: its time has the evaluation in it.
    """
    times = np.asarray(times, float)
    slow = times > SLOW * np.median(times) if len(times) > 2 else np.zeros(len(times), bool)
    warm_up = slow & (np.cumsum(~slow) == 0) & (np.arange(len(times)) < WARM_UP)
    evaluation = np.zeros(len(times), bool)
    evaluation[[i for i in after_evaluation if i < len(times)]] = True
    return warm_up, evaluation & slow & ~warm_up
