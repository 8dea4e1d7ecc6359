"""Measured steps as their sources print them, which a text quotes. `measured` makes of them what the step model takes."""

from functools import cache

from .tables import DATA, rows

NUMBERS = ("gpus", "seq_len", "global_batch_seqs", "step_time_s")


@cache
def printed_steps() -> dict[str, dict[str, float]]:
    """Of each row of data/published_runs.csv, by its id, the numbers that it states: GPUs, tokens of a sequence, sequences of a batch, and the step [s]."""
    lines = rows(DATA / "published_runs.csv", needed=("id", *NUMBERS))
    return {row["id"]: {name: float(row[name]) for name in NUMBERS if row[name]} for _, row in lines}
