"""Training runs as their makers published them, with a source for each value in data/runs.csv."""

from dataclasses import dataclass

from .tables import Table, quantity, read, records


@dataclass(frozen=True, kw_only=True)
class Run:
    """One published training run.

    rate: FLOP/s delivered per GPU over most of the run; rate_short and rate_long: on fewer GPUs, and on longer sequences.
    goodput: share of the wall clock that made progress. snapshot: the window in which interruptions were counted.
    """

    name: str
    gpus: float = quantity("gpu")
    gpu_time: float = quantity("s*gpu")
    rate: float = quantity("FLOP/s/gpu")
    rate_short: float = quantity("FLOP/s/gpu")
    rate_long: float = quantity("FLOP/s/gpu")
    goodput: float = quantity("1")
    snapshot: float = quantity("s")
    interruptions: float = quantity("1")


RUNS: Table = records("run", Run, read("runs.csv"))
