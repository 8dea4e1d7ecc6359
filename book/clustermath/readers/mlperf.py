"""MLPerf training logs: lines `:::MLLOG {…}`, with times in milliseconds since the epoch.

Step times come from blocks (block_start, block_stop, with their samples over the global batch), the layout from the
keys that ruleset 6.0 demands. The GPUs and the chip are not in the log but in the system's description, which counts
some nodes as GPUs: the reader is asked for both. Format: mlperf-logging 4.1.68, mllog/constants.py.
"""

from __future__ import annotations

import math

import numpy as np

from ..unreadable import Unreadable
from . import words
from .parse_json import parse_json
from .steps import Steps, set_apart
from .text import Reading, lines, load, shown, told

TOKEN = ":::MLLOG"
DEGREES = {"tensor_parallelism": "tp", "pipeline_parallelism": "pp", "context_parallelism": "cp", "expert_parallelism": "ep", "micro_batch_size": "microbatch"}
STATED = ("submission_benchmark", "submission_org", "submission_platform", "max_sequence_length", "lowest_numerical_precision_in_linear", "config_filename")
SAMPLES = ("samples_count", "first_epoch_num")
NAMED = 5  # damaged lines that are repeated
LONGEST_DAMAGE = 200  # characters of a damaged line that are looked at


def read_mlperf(source) -> Reading:
    """An MLPerf training log as a Reading whose record is `Steps`; each time is a block's mean step.

    Lines that are no JSON are left out and counted, as those cut in the middle are. Raises Unreadable if there is none
    of MLPerf's lines, or no two of them that a step time follows from.
    """
    events, unread = [], []
    for line in lines(load(source)):
        _, token, rest = line.partition(TOKEN)
        if not token:
            continue
        if event := _event(rest):
            events.append(event)
        else:
            unread.append(words.CUT_LINE.format(line=shown(line[:LONGEST_DAMAGE])))
    if not events:
        raise Unreadable(words.NO_MLPERF, first=f" {unread[0]}." if unread else "")
    first: dict[str, object] = {}
    for _, key, value, _ in events:
        first.setdefault(key, value)
    batch = first.get("global_batch_size")
    if type(batch) not in (int, float) or not batch >= 1 or not math.isfinite(batch):
        raise Unreadable(words.NO_BATCH, found=told(batch))
    # Whichever is finer: losses tracked every few steps, or the blocks between evaluations.
    (times, evaluated), assumed = max(((_blocks(events, batch), []), (_tracked(events, batch), [words.TRACKED])), key=lambda found: len(found[0][0]))
    if not times:
        raise Unreadable(words.NO_BLOCK)
    warm_up, evaluation = set_apart(times, evaluated)
    times = np.array(times)
    good = ~warm_up & ~evaluation
    layout = {name: float(first[key]) for key, name in DEGREES.items() if type(first.get(key)) in (int, float) and 1 <= first[key] <= 1e9}
    steps = Steps(
        software="MLPerf",
        numbers=np.arange(1.0, len(times) + 1),
        times=times[good],
        warm_up=times[warm_up],
        evaluation=times[evaluation],
        sequences=float(batch),
        layout=layout,
        facts={key: first[key] for key in STATED if type(first.get(key)) in (int, float, str)} | _run(events),
    )
    more = [words.MORE_CUT.format(count=len(unread) - NAMED)] if len(unread) > NAMED else []
    return Reading("MLPerf log", steps, [*assumed, words.ASKED], [], unread[:NAMED] + more)


def _event(text: str) -> tuple | None:
    """Time [s], key, value and metadata of an event; None where the line has none."""
    try:
        event = parse_json(text, strict=False)
    except Unreadable:
        return None
    time, key = event.get("time_ms"), event.get("key")
    if type(time) not in (int, float) or not math.isfinite(time) or not isinstance(key, str):
        return None
    return time / 1e3, key, event.get("value"), event.get("metadata")


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
