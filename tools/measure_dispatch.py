"""Measure how long NumPy calls take against the work in them: `make measure` writes book/data/dispatch.json.

A call from Python costs the same however small its arrays are; the arithmetic costs in proportion to them. The file says
when and on which kind of machine it was measured. `python tools/measure_dispatch.py --quick` only prints, in seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import timeit
from datetime import date
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported: one call, one core

import numpy as np  # noqa: E402

RESULT = Path(__file__).resolve().parent.parent / "book" / "data" / "dispatch.json"
ELEMENTS = [4**k for k in range(13)]
WIDTHS = [1, 2, 4, 8, 12, 16, 32, 64, 128, 256, 384, 512, 1024]
BATCH, ROUNDS = 0.02, 25  # seconds that a timing lasts at least; how often all are taken


def calls():
    """(operation, size, FLOPs, timer) of every case."""
    rng = np.random.default_rng(0)
    for operation, shapes in {"add": [(n,) for n in ELEMENTS], "matmul": [(n, n) for n in WIDTHS]}.items():
        for shape in shapes:
            a, b = rng.random((2, *shape), np.float32)
            arguments = {"call": getattr(np, operation), "a": a, "b": b, "out": np.empty_like(a)}
            flops = 2 * shape[0] ** 3 if operation == "matmul" else shape[0]
            yield operation, shape[0], flops, timeit.Timer("call(a, b, out)", globals=arguments)


def repeats(timer, batch: float) -> int:
    """How many calls last about `batch` seconds; the first ones, which warm up, don't count."""
    number = 1
    while timer.timeit(number) < batch:
        number *= 2
    return number


def measure(quick: bool = False) -> dict[str, list[dict]]:
    """Operation → one record for each size: floating-point operations in a call, and the seconds that it takes.

    The best of several timings, spread over the whole measurement: other programs only ever add to one.
    """
    batch, rounds = (BATCH / 20, 3) if quick else (BATCH, ROUNDS)
    cases = [(*case, repeats(case[-1], batch)) for case in calls()]
    times = [[timer.timeit(number) / number for *_, timer, number in cases] for _ in range(rounds)]
    result: dict[str, list[dict]] = {}
    for (operation, size, flops, *_), seconds in zip(cases, np.min(times, axis=0), strict=True):
        result.setdefault(operation, []).append({"size": size, "flops": flops, "seconds": float(f"{seconds:.4g}")})
    return result


def machine() -> dict:
    """The machine in words, without its name."""
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"],
        "blas_threads": os.environ["OPENBLAS_NUM_THREADS"],
    }


def cpu_model() -> str:
    """What the processor calls itself, with family and model where it says them (Linux)."""
    name = platform.processor() or platform.machine()
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return name
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    family = f" (family {facts['cpu family']}, model {facts['model']})" if "cpu family" in facts else ""
    return facts.get("model name", name) + family


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a rough measurement, printed and not kept")
    quick = parser.parse_args().quick
    runs = measure(quick)
    for operation, records in runs.items():
        for record in records:
            print(f"{operation:8} {record['size']:>10,} {record['flops']:>14,} FLOP {1e6 * record['seconds']:>12,.3f} µs")
    if not quick:
        found = {"date": date.today().isoformat(), "machine": machine(), "runs": runs}
        RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"Written to {RESULT.relative_to(RESULT.parents[2])}")


if __name__ == "__main__":
    main()
