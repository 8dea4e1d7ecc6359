"""Training runs as their makers published them, with a source for each value in data/runs.csv."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .records import Record, quantity
from .tables import Table, read, records

if TYPE_CHECKING:
    from .readers.steps import Steps


@dataclass(frozen=True, kw_only=True)
class Run(Record):
    """One published training run.

    rate: FLOP/s delivered per GPU over most of the run; rate_short and rate_long: on fewer GPUs, and on longer sequences.
    goodput: share of the wall clock that made progress. snapshot: the window in which interruptions were counted.
    """

    name: str
    gpus: float = quantity("gpu", between=(1, 1e8), whole=True)
    gpu_time: float = quantity("s*gpu", between=(0, 1e40))
    rate: float = quantity("FLOP/s/gpu", between=(1, 1e20))
    rate_short: float = quantity("FLOP/s/gpu", between=(1, 1e20))
    rate_long: float = quantity("FLOP/s/gpu", between=(1, 1e20))
    goodput: float = quantity("1", between=(1e-4, 1))
    snapshot: float = quantity("s", between=(0, 1e10))
    interruptions: float = quantity("1", between=(0, 1e9))

    @staticmethod
    def from_log(source) -> Steps:
        """The run that a log tells of (path, bytes or text), as its measured `Steps`: what a publication says is not in it.

        Raises readers.Unreadable that says why not.
        """
        from .readers.steps import Steps

        return Steps.from_log(source)


RUNS: Table = records("run", Run, read("runs.csv"))
