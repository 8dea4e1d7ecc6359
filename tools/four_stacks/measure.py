"""Measure one layer of Llama 3.1 405B in four software stacks on one GPU: adds a run to book/data/four_stacks.json.

    pip install -r tools/four_stacks/requirements.txt      # and nvcc of CUDA 13
    python tools/four_stacks/measure.py                    # about six minutes

Every stack runs in a process of its own, which stays; they are timed in turns, so that a drift of the chip's
temperature and clock meets all alike. First the results of each are compared with a computation in FP32.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pynvml
from layer import TOKENS, flops

HERE = Path(__file__).resolve().parent
RESULT = HERE.parents[1] / "book" / "data" / "four_stacks.json"
STACKS = ["jax", "eager", "compiled", "recorded", "by hand"]
ROUNDS, SECONDS = 12, 0.25
CHECKED = 512  # tokens at which results are compared
TOLERANCE = 0.02  # BF16 keeps 8 bits: rounding once costs 0.2%, and a layer rounds many times
PACKAGES = ["torch", "triton", "jax", "nvidia-cublas", "nvidia-cudnn-cu13", "nvidia-cudnn-frontend", "numpy"]


class Worker:
    """A stack in a process of its own."""

    def __init__(self, stack: str):
        self.stack = stack
        environment = os.environ | {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        command = [sys.executable, str(HERE / "worker.py"), stack]
        self.process = subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE)

    def ask(self, *order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.stack}: the stack failed; what it said stands above.")
        return json.loads(answer)

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def say(text: str) -> None:
    print(f"{time.perf_counter():7.1f} s  {text}", flush=True)


def ready(worker: Worker, lengths: list[int], reference: str) -> dict[str, float]:
    """Make a stack ready for all lengths; how far its results are from FP32. SystemExit if further than BF16 explains."""
    for tokens in lengths:
        worker.ask("prepare", tokens)
    error = worker.ask("compare", CHECKED, reference)
    say(f"{worker.stack}: ready; off from FP32 by " + ", ".join(f"{value:.2%} ({name})" for name, value in error.items()))
    if not max(error.values()) < TOLERANCE:
        raise SystemExit(f"{worker.stack} computes something else than FP32 does.")
    return {name: float(f"{value:.3g}") for name, value in error.items()}


def watched(work) -> tuple:
    """(what `work()` gives, then of the GPU meanwhile: its median clock [MHz] and power [W], share of the time that power held it back)."""
    device, seen, done = pynvml.nvmlDeviceGetHandleByIndex(0), [], Event()

    def watch():
        while not done.wait(0.02):
            clock = pynvml.nvmlDeviceGetClockInfo(device, pynvml.NVML_CLOCK_SM)
            power = pynvml.nvmlDeviceGetFieldValues(device, [pynvml.NVML_FI_DEV_POWER_INSTANT])[0].value.uiVal / 1000
            capped = bool(pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(device) & pynvml.nvmlClocksThrottleReasonSwPowerCap)
            seen.append((clock, power, capped))

    watcher = Thread(target=watch)
    watcher.start()
    found = work()
    done.set()
    watcher.join()
    clock, power, capped = np.array(seen, float).T
    return found, np.median(clock), np.median(power), np.mean(capped)


def gpu() -> dict:
    """The GPU in words, and its driver."""
    asked = ["name", "driver_version", "power.limit", "clocks.max.sm"]
    found = subprocess.run(["nvidia-smi", f"--query-gpu={','.join(asked)}", "--format=csv,noheader"], capture_output=True, text=True, check=True)
    return dict(zip(["gpu", "driver", "power_limit", "clock_max"], found.stdout.strip().split("\n")[0].split(", ")))


def record(tokens: int, stack: str, runs: list[tuple]) -> dict:
    """Median and spread (5th and 95th percentile) of the rates of one stack at one length [FLOP/s], and the GPU's state."""
    seconds, clock, power, capped = np.array(runs).T
    rates = flops(tokens) / seconds
    low, middle, high = np.quantile(rates, [0.05, 0.5, 0.95])
    return {
        "stack": stack,
        "tokens": tokens,
        **{name: float(f"{value:.4g}") for name, value in (("rate", middle), ("low", low), ("high", high))},
        "clock_mhz": float(np.median(clock)),
        "power_w": round(float(np.median(power))),
        "power_capped": round(float(np.mean(capped)), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="check, time three lengths once and keep nothing")
    parser.add_argument("--result", type=Path, default=RESULT, help="file with the runs so far, if there are any")
    options = parser.parse_args()
    lengths, rounds = ([128, CHECKED, 8192], 2) if options.quick else (TOKENS, ROUNDS)
    pynvml.nvmlInit()
    machine = gpu() | {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    workers = [Worker(stack) for stack in STACKS]  # all load side by side; the GPU works for one at a time
    with tempfile.TemporaryDirectory() as folder:
        reference = str(Path(folder) / "reference.npz")
        exact = Worker("reference")
        exact.ask("prepare", CHECKED)
        exact.ask("save", CHECKED, reference)
        exact.end()
        errors = {worker.stack: ready(worker, lengths, reference) for worker in workers}
    runs: dict[tuple, list] = {}
    for turn in range(rounds):
        for tokens in lengths:
            for k in range(len(workers)):
                worker = workers[(k + turn) % len(workers)]
                timing = watched(lambda: worker.ask("time", tokens, SECONDS))
                runs.setdefault((tokens, worker.stack), []).append(timing)
        say(f"round {turn + 1} of {rounds}")
    for worker in workers:
        worker.end()
    records = [record(tokens, stack, found) for (tokens, stack), found in sorted(runs.items(), key=lambda item: (item[0][0], STACKS.index(item[0][1])))]
    for found in records:
        print("{tokens:6,} tokens  {stack:9} {rate:.4g} FLOP/s  ({low:.4g} to {high:.4g})  {clock_mhz:.0f} MHz  {power_w} W  held back {power_capped:.0%}".format(**found))
    if not options.quick:
        found = {"date": date.today().isoformat(), "machine": machine, "rounds": rounds, "errors": errors, "runs": records}
        before = json.loads(options.result.read_text(encoding="utf-8")) if options.result.exists() else []
        options.result.write_text(json.dumps([*before, found], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"Written to {options.result}")


if __name__ == "__main__":
    main()
