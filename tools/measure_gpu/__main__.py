"""Measure this machine's GPU: `python tools/measure_gpu OUT` writes kernels.csv, steps.csv, each_step.csv, power.csv, phases.csv, machine.json.

Needs a CUDA build of PyTorch, transformers, nvidia-ml-py, cupy and, for FP8, torchao; the book needs none of them. About ten minutes on an H200.
Power is sampled by state after the first case that is asked for (the book's: --cases 2). rows.py makes the book's tables of it.
What one H200 gave lies in book/data (h200_*.csv, own_runs.csv, examples/h200_power.csv) and is read by clustermath.measured_gpu.
"""

import argparse
import csv
import json
import time
from datetime import date
from pathlib import Path

import kernels
import steps
import torch
from meter import Meter


def write(path, rows):
    """Append rows to a CSV, its head first."""
    new = not path.exists()
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        if new:
            writer.writeheader()
        writer.writerows(rows)


def machine():
    """What was measured, and with what."""
    import platform

    import pynvml as nvml
    import transformers

    nvml.nvmlInit()
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
    return {
        "measured": date.today().isoformat(),
        "gpu": torch.cuda.get_device_name(),
        "memory": torch.cuda.get_device_properties(0).total_memory,
        "processors": torch.cuda.get_device_properties(0).multi_processor_count,
        "power_limit": nvml.nvmlDeviceGetEnforcedPowerLimit(gpu) / 1000,
        "sm_mhz_max": nvml.nvmlDeviceGetMaxClockInfo(gpu, nvml.NVML_CLOCK_SM),
        "driver": nvml.nvmlSystemGetDriverVersion(),
        "cuda": torch.version.cuda,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "python": platform.python_version(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", choices=["kernels", "attention", "steps", "power"], default=["kernels", "attention", "steps", "power"])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cases", type=int, nargs="+", help="numbers of cases in steps.CASES, from 0")
    parser.add_argument("--seconds", type=float, default=12, help="how long a case is timed")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    last = time.monotonic() + 60 * asked.minutes
    (asked.out / "machine.json").write_text(json.dumps(machine(), indent=1) + "\n")
    with Meter(asked.out / "power.csv") as meter:
        if "kernels" in asked.only:
            for make in (kernels.starts("cuda"), kernels.copies("cuda"), kernels.passes("cuda"), kernels.multiplies("cuda", meter), kernels.grouped("cuda", meter)):
                tell(asked.out / "kernels.csv", make, last)
        if "attention" in asked.only:
            tell(asked.out / "kernels.csv", kernels.attention("cuda", meter), last)
        chosen = [steps.CASES[number] for number in asked.cases] if asked.cases else steps.CASES
        for case in chosen if {"steps", "power"} & set(asked.only) else []:
            if time.monotonic() > last:
                print(f"no time for {case}", flush=True)
                continue
            try:
                found, seconds, run = steps.measure(case, meter=meter, lasting=asked.seconds)
            except Exception as reason:  # one case that fails must not cost the others
                print(f"{case}: {type(reason).__name__}: {str(reason)[:300]}", flush=True)
                torch.cuda.empty_cache()
                continue
            print({name: round(value, 5) if isinstance(value, float) else value for name, value in found.items()}, flush=True)
            write(asked.out / "steps.csv", [found])
            write(asked.out / "each_step.csv", [{"model": case.model, "layers": case.layers, "seq_len": case.seq_len, "precision": found["precision"], "step": k, "seconds": round(s, 6)} for k, s in enumerate(seconds)])
            if "power" in asked.only and case is chosen[0]:
                write(asked.out / "phases.csv", [{"what": what, "start": start, "end": end} for what, start, end in steps.interrupted(run)])
            del run
            torch.cuda.empty_cache()


def tell(path, rows, last):
    """Write rows as they come, until the time is over."""
    for found in rows:
        if found["burst_s"] and found["work"]:
            print(f"{found['kind']:32} {found['shape']:24} {found['work'] / found['burst_s'] / 1e12:8.1f} T/s", f"{found['work'] / found['sustained_s'] / 1e12:8.1f} T/s, {found['watts']} W, {found['sm_mhz']} MHz" if found["sustained_s"] else "", flush=True)
        else:
            print(found, flush=True)
        write(path, [found])
        if time.monotonic() > last:
            print("no time for the rest", flush=True)
            return


main()
