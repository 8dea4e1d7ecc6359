"""MLPerf training logs: lines `:::MLLOG {…}`, with times in milliseconds since the epoch.

Step times come from blocks (block_start, block_stop, with their samples over the global batch), the layout from the
keys that ruleset 6.0 demands. The GPUs and the chip are not in the log but in the system's description, which counts
some nodes as GPUs: the reader is asked for both. Format: mlperf-logging 4.1.68, mllog/constants.py.
"""

from __future__ import annotations

import json
import math

import numpy as np

from .steps import Steps, set_apart
from ..unreadable import Unreadable
from .text import Reading, load, shown

TOKEN = ":::MLLOG"
DEGREES = {"tensor_parallelism": "tp", "pipeline_parallelism": "pp", "context_parallelism": "cp", "expert_parallelism": "ep", "micro_batch_size": "microbatch"}
STATED = ("submission_benchmark", "submission_org", "submission_platform", "max_sequence_length", "lowest_numerical_precision_in_linear", "config_filename")
SAMPLES = ("samples_count", "first_epoch_num")
TRACKED = "step times are those between the losses that the log tracks"
ASKED = "the chip and the number of GPUs are not in the log (the system's description may count nodes): say them"


def read_mlperf(source) -> Reading:
    """An MLPerf training log as a Reading whose record is `Steps`; each time is a block's mean step.

    Lines that are no JSON are left out and counted, as those cut in the middle are. Raises Unreadable if there is none
    of MLPerf's lines, or no two of them that a step time follows from.
    """
    events, unread = [], []
    for line in load(source).splitlines():
        _, token, rest = line.partition(TOKEN)
        if not token:
            continue
        try:
            event = json.loads(rest)
            events.append((float(event["time_ms"]) / 1e3, str(event["key"]), event.get("value"), event.get("metadata") or {}))
        except (ValueError, TypeError, KeyError, RecursionError):
            unread.append(f"a line that is cut or damaged: {shown(line[:200])}")
    if not events:
        raise Unreadable("an MLPerf log was expected, with lines “:::MLLOG {…}”; none was found." + (f" {unread[0]}." if unread else ""))
    first: dict[str, object] = {}
    for _, key, value, _ in events:
        first.setdefault(key, value)
    batch = first.get("global_batch_size")
    if type(batch) not in (int, float) or not batch >= 1 or not math.isfinite(batch):
        raise Unreadable(f"global_batch_size is {shown(batch)}; a log needs it to tell steps from samples.")
    # Whichever is finer: losses tracked every few steps, or the blocks between evaluations.
    (times, evaluated), assumed = max(((_blocks(events, batch), []), (_tracked(events, batch), [TRACKED])), key=lambda found: len(found[0][0]))
    if not times:
        raise Unreadable("no block has both a start and a stop with samples between them, so no step time follows (block_start, block_stop, samples_count).")
    warm_up, evaluation = set_apart(times, evaluated)
    times = np.array(times)
    good = ~warm_up & ~evaluation
    layout = {name: float(first[key]) for key, name in DEGREES.items() if type(first.get(key)) in (int, float) and first[key] >= 1}
    steps = Steps(
        software="MLPerf",
        numbers=np.arange(1.0, len(times) + 1),
        times=times[good],
        warm_up=times[warm_up],
        evaluation=times[evaluation],
        sequences=float(batch),
        layout=layout,
        facts={key: first[key] for key in STATED if key in first} | _run(events),
    )
    return Reading("MLPerf log", steps, [*assumed, ASKED], [], unread[:5] + ([f"and {len(unread) - 5} more such lines"] if len(unread) > 5 else []))


def _blocks(events, batch) -> tuple[list[float], list[int]]:
    """Mean step time of each block [s], and which of them follow an evaluation."""
    times, evaluated, start, after, done = [], [], None, False, 0.0
    for time, key, _, metadata in events:
        if key == "eval_stop":
            after = True
        if key == "block_start":
            start, before = time, _samples(metadata)
        if key != "block_stop" or start is None:
            continue
        count = _in_block(before, _samples(metadata), done)
        done += count
        if count >= batch and time > start:
            times.append((time - start) * batch / count)
            if after:
                evaluated.append(len(times) - 1)
        after, start = False, None
    return times, evaluated


def _in_block(before: float | None, at_stop: float | None, done: float) -> float:
    """Samples of a block. A stop's count is the run's so far; a start's is that too, or the block's own, as firms differ."""
    if at_stop is None:
        return before or 0.0
    if before is not None and before < at_stop and (before >= done or not done):
        return at_stop - before
    return at_stop - done if at_stop > done else at_stop


def _tracked(events, batch) -> tuple[list[float], list[int]]:
    """Step times between the losses that a log tracks every so many steps [s], and which have an evaluation in between."""
    times, evaluated, last, after = [], [], None, False
    for time, key, _, metadata in events:
        after = after or key in ("eval_start", "eval_stop")
        if key != "train_loss" or not (samples := _samples(metadata)):
            continue
        if last and samples - last[1] >= batch and time > last[0]:
            times.append((time - last[0]) * batch / (samples - last[1]))
            if after:
                evaluated.append(len(times) - 1)
        last, after = (time, samples), False
    return times, evaluated


def _samples(metadata) -> float | None:
    value = next((metadata[key] for key in SAMPLES if isinstance(metadata, dict) and type(metadata.get(key)) in (int, float)), None)
    return float(value) if value is not None and math.isfinite(value) and value >= 0 else None


def _run(events) -> dict[str, float]:
    """From run_start to run_stop [s], where both are there."""
    ends = {key: time for time, key, _, _ in events if key in ("run_start", "run_stop")}
    return {"run [s]": ends["run_stop"] - ends["run_start"]} if len(ends) == 2 else {}
