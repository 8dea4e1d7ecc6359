"""Logs of training programs: Megatron-LM and Megatron-Bridge, torchtitan, MaxText, DeepSpeed, nanotron.

Formats as printed by Megatron-LM's training.py, Megatron-Bridge 0.6.2, torchtitan 0.3.0 (components/metrics.py),
MaxText 0.2.5 and DeepSpeed 0.19.8 (utils/timer.py, runtime/pipe/engine.py); nanotron's as in its issue 390 and pull request 23,
with three digits and a letter for thousands. MLPerf's logs are in `mlperf`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..units import TERA
from ..unreadable import Unreadable
from . import words
from .steps import Steps, set_apart
from .text import Reading, lines, load, number

N = r"([\d,]+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
S = r"(\d{1,15})"  # the number of a step
MEGATRON = re.compile(rf"iteration\s+{S}\s*/\s*\d+\s*\|(.*)", re.ASCII)
BRIDGE = re.compile(rf"Step Time\s*:\s*{N}s\s+GPU utilization:\s*{N}\s*(?:MODEL_)?TFLOP/s/GPU", re.ASCII)
TITAN = re.compile(rf"(?<!validate )\bstep:\s*{S}\s+loss:.*?\b[tw]ps:\s*{N}(?:\s+tflops:\s*{N})?\s+mfu:\s*(?:{N}%|N/A)", re.ASCII)
MAXTEXT = re.compile(rf"completed step:\s*{S},\s*seconds:\s*{N}(?:,\s*TFLOP/s(?:/device)?:\s*{N})?(?:,\s*Tokens/s/device:\s*{N})?", re.ASCII)
ENGINE = re.compile(rf"\bsteps?:\s*{S}\s+loss:.*?iter time \(s\):\s*{N}\s+samples/sec:\s*{N}", re.ASCII)
THROUGHPUT = re.compile(rf"(?:global_step=|\s\d+/){S},.*?(?:Curr|\s)SamplesPerSec={N}", re.ASCII)
H = r"([\d.]+[KMGTP]?)"  # three digits, and thousands of them
NANOTRON = re.compile(rf"\biteration:\s*{S}\s*/\s*\d+\s*\|.*?elapsed_time_per_iteration_ms:\s*{H}(?=[\s|]|$)(?:.*?\btokens_per_sec_per_gpu:\s*{H}(?=[\s|]|$))?(?:.*?\bglobal_batch_size:\s*{H}(?=[\s|]|$))?(?:.*?\bmodel_tflops_per_gpu:\s*{H}(?=[\s|]|$))?", re.ASCII)
THOUSANDS = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
EVALUATED = re.compile(r"validate step:|validation loss at iteration|\beval(?:uation)?[ _]step|evaluating on|eval metrics after step", re.IGNORECASE | re.ASCII)
MEGATRON_FIELDS = {"elapsed time per iteration (ms)": 1e-3, "elapsed time per iteration (s)": 1.0, "train_step_timing in s": 1.0}  # the last: NeMo 2, which prints Megatron's lines otherwise
MEGATRON_BATCHES = ("global batch size", "global_batch_size")
MEGATRON_FACTS = ("power per GPU (W/GPU)", "energy per GPU (J/iter/GPU)")
MEGATRON_RATES = ("throughput per GPU (TFLOP/s/GPU)", "TFLOPs")


@dataclass
class Found:
    """What the lines of one program hold; lists are of one length, NaN where a line lacks the value."""

    numbers: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    tokens: list[float] = field(default_factory=list)
    mfus: list[float] = field(default_factory=list)
    evaluated: list[int] = field(default_factory=list)
    sequences: list[float] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)

    def weight(self) -> tuple[int, int]:
        """How much it says: of two programs whose lines a log has, the one counts that tells more times."""
        return sum(not all(map(math.isnan, row)) for row in zip(self.times, self.rates, self.tokens, strict=True)), len(self.numbers)

    def add(self, number, time=np.nan, rate=np.nan, tokens=np.nan, mfu=np.nan, sequences=np.nan):
        for column, value in zip((self.numbers, self.times, self.rates, self.tokens, self.mfus, self.sequences), (number, time, rate, tokens, mfu, sequences), strict=True):
            column.append(value)


def _megatron(line: str, found: Found) -> bool:
    if not (match := MEGATRON.search(line)):
        return False
    fields = {name.strip(): value.strip() for name, colon, value in (part.partition(":") for part in match[2].split("|")) if colon}
    time = next((number(fields[name]) * unit for name, unit in MEGATRON_FIELDS.items() if name in fields), np.nan)
    rate = next((number(fields[name]) * TERA for name in MEGATRON_RATES if name in fields), np.nan)
    found.add(int(match[1]), time, rate, sequences=number(next((fields[name] for name in MEGATRON_BATCHES if name in fields), None)))
    for name in MEGATRON_FACTS:
        if name in fields:
            found.facts.setdefault(name, []).append(number(fields[name]))
    return True


def _bridge(line: str, found: Found) -> bool:
    """Bridge's own line, which stands beside Megatron's: only where that one is missing."""
    if not (match := BRIDGE.search(line)):
        return False
    found.add(len(found.numbers) + 1, number(match[1]), number(match[2]) * TERA)
    return True


def _titan(line: str, found: Found) -> bool:
    if not (match := TITAN.search(line)):
        return False
    found.add(int(match[1]), rate=number(match[3]) * TERA, tokens=number(match[2]), mfu=number(match[4]) / 100)
    return True


def _maxtext(line: str, found: Found) -> bool:
    if not (match := MAXTEXT.search(line)):
        return False
    found.add(int(match[1]), number(match[2]), number(match[3]) * TERA, number(match[4]))
    return True


def _deepspeed(line: str, found: Found) -> bool:
    if match := ENGINE.search(line):
        found.add(int(match[1]), number(match[2]), sequences=np.floor(number(match[2]) * number(match[3]) + 0.5))
    elif match := THROUGHPUT.search(line):
        found.add(int(match[1]))
        found.facts.setdefault("samples per second", []).append(number(match[2]))
    else:
        return False
    return True


def _nanotron(line: str, found: Found) -> bool:
    if not (match := NANOTRON.search(line)):
        return False
    time, tokens, sequences, rate = (_rounded(text) for text in match.groups()[1:])
    found.add(int(match[1]), time * 1e-3, rate * TERA, tokens, sequences=sequences)
    return True


def _rounded(text: str | None) -> float:
    """A number with a letter for its thousands, 11.5K."""
    unit = THOUSANDS.get((text or "")[-1:], 1.0)
    return number(text[:-1] if text and unit > 1 else text) * unit


@dataclass(frozen=True)
class Program:
    """A program whose log is known: how a line is read, who counts its rates, and what its MFU is a share of."""

    name: str
    line: Callable[[str, Found], bool]
    counter: str = ""
    mfu_peaks: str = ""


PROGRAMS = (
    Program("Megatron", _megatron, "megatron"),
    Program("Megatron-Bridge", _bridge, "bridge"),
    Program("torchtitan", _titan, "torchtitan", "BF16 peaks of torchtitan's own table, 312 TFLOP/s for a device it doesn't know"),
    Program("MaxText", _maxtext, "maxtext"),
    Program("DeepSpeed", _deepspeed),
    Program("nanotron", _nanotron),
)


def read_log(source) -> Reading:
    """A training log as a Reading whose record is `Steps`. Raises Unreadable if no line of a known program is in it.

    A log cut in the middle of a line loses that line. A step that comes again, after a restart or from another rank, counts once, the last.
    """
    text = load(source)
    found = {program.name: Found() for program in PROGRAMS}
    evaluated = False
    for line in lines(text):
        if EVALUATED.search(line):
            evaluated = True
            continue
        for program in PROGRAMS:
            if program.line(line, steps := found[program.name]):
                if evaluated:
                    steps.evaluated.append(len(steps.numbers) - 1)
                    evaluated = False
                break
    program = max(PROGRAMS, key=lambda program: found[program.name].weight())
    if not found[program.name].numbers:
        raise Unreadable(words.NO_LOG)
    return _reading(program, found[program.name])


def _reading(program: Program, found: Found) -> Reading:
    last = sorted({number: i for i, number in enumerate(found.numbers)}.values())
    ignored = [words.DONE_AGAIN.format(count=len(found.numbers) - len(last))] if len(last) < len(found.numbers) else []
    numbers, times, rates, tokens, mfus, sequences = (
        np.array(column, float)[last] for column in (found.numbers, found.times, found.rates, found.tokens, found.mfus, found.sequences)
    )
    after_evaluation = set(found.evaluated)
    # torchtitan prints tokens a second and no time: a step with fewer of them took longer in the same proportion
    with np.errstate(divide="ignore"):
        pace = times if np.isfinite(times).any() else 1 / tokens
    known = np.isfinite(pace)
    evaluated = [int(np.searchsorted(np.flatnonzero(known), place)) for place, i in enumerate(last) if i in after_evaluation and known[place]]
    warm_up, evaluation = np.zeros(len(pace), bool), np.zeros(len(pace), bool)
    if known.any():
        warm_up[known], evaluation[known] = set_apart(pace[known], evaluated)
    good = known & ~warm_up & ~evaluation
    timed = good & np.isfinite(times)
    facts = {name: float(np.median(values)) for name, values in found.facts.items()}
    unread = [] if known.any() or facts else [words.NO_TIMES]
    steps = Steps(
        software=program.name,
        numbers=numbers,
        times=times[timed],
        warm_up=times[warm_up & np.isfinite(times)],
        evaluation=times[evaluation & np.isfinite(times)],
        tokens_per_gpu=_median(tokens[good]),
        rate=_median(rates[good] if good.any() else rates),
        counter=program.counter,
        mfu=_median(mfus[good]),
        mfu_peaks=program.mfu_peaks,
        sequences=None if not np.isfinite(sequences).any() else _median(sequences),
        facts=facts | {"warm-up steps": int(warm_up.sum()), "evaluation steps": int(evaluation.sum())},
    )
    return Reading(f"{program.name} log", steps, [], ignored, unread)


def _median(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else float("nan")
