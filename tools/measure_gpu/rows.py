"""From what was measured to the book's tables: `python tools/measure_gpu/rows.py FOLDER CHIP` writes them into FOLDER/book.

own_runs.csv (steps.csv in the columns of published_runs.csv), h200_power.csv (power.csv by the states of phases.csv) and
h200_recording.csv (seconds and watts, ten readings a second). The tables in book/data are of three such folders, of one day.
"""

import csv
import statistics
import sys
from pathlib import Path

from shapes import SHAPES

COLUMNS = "id source model params_b layers hidden ffn heads kv_heads vocab seq_len global_batch_seqs gpu gpus tp pp cp dp ep microbatch recompute precision step_time_s stack notes confidence".split()


def table(path):
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def step_row(run, chip):
    """A row of steps.csv as one of own_runs.csv. A mixture's widths are left to the book's own table of its model."""
    shape, median = SHAPES[run["model"]], float(run["median_s"])
    mixture = "num_experts" in shape
    sizes = {} if mixture else {"hidden": shape["hidden_size"], "ffn": shape["intermediate_size"], "heads": shape["num_attention_heads"], "kv_heads": shape["num_key_value_heads"]}
    name = f"{chip.split()[0]}-{run['model']}-{run['layers']}l-s{run['seq_len']}-{run['sequences']}"
    name += "-recompute" * (run["recompute"] == "1") + "-accumulated" * (run["microbatches"] != "1") + "-fp8" * (run["precision"] == "fp8")
    pure = "pure " if run.get("weights") == "bfloat16" else ""
    watts = f"; {float(run['watts']):.0f} W at {float(run['sm_mhz']):.0f} MHz" if run["watts"] else ""
    return sizes | {
        "id": name.lower().replace(" ", "-").replace(".", ""),
        "source": f"measured for this book on one {chip.split()[0]} (tools/measure_gpu)",
        "model": run["model"],
        "params_b": f"{int(run['parameters']) / 1e9:.6g}",
        "layers": run["layers"],
        "vocab": shape["vocab_size"],
        "seq_len": run["seq_len"],
        "global_batch_seqs": run["sequences"],
        "gpu": chip,
        **dict.fromkeys(("gpus", "tp", "pp", "cp", "dp"), 1),
        **({"ep": 1} if mixture else {}),
        "microbatch": int(run["sequences"]) // int(run["microbatches"]),
        "recompute": "full" if run["recompute"] == "1" else "none",
        "precision": pure + run["precision"],
        "step_time_s": f"{median:.5g}",
        "stack": "pytorch-2025",
        "notes": f"{'grouped multiplies; ' if mixture else ''}median of {run['steps']} steps; mean {float(run['mean_s']) / median:.4f}, 95 % within {float(run['p95_s']) / median:.4f} of it"
        f"{watts}; peak memory {float(run['allocated_peak']) / 1e9:.4g} GB",
        "confidence": "measured",
    }


def states(readings, phases):
    """Rows of h200_power.csv: each state's mean, least and most watts and its median clock, without the second that it begins with."""
    kept = {}
    for phase in phases:
        start, end = float(phase["start"]) + 1, float(phase["end"]) - 0.1
        kept.setdefault(phase["what"], []).extend(r for r in readings if start < r["seconds"] < end)
    for state, found in kept.items():
        watts = [r["watts"] for r in found]
        yield {"state": state, "watts": f"{statistics.fmean(watts):.1f}", "least": min(watts), "most": max(watts), "sm_mhz": f"{statistics.median(r['sm_mhz'] for r in found):.0f}", "seconds": f"{len(found) * 0.01:.1f}"}


def recording(readings, start, end, apart=0.1):
    """Rows of a recording: a reading each tenth of a second, from `start` on."""
    last = -apart
    for reading in readings:
        if start <= reading["seconds"] <= end and reading["seconds"] - last >= apart - 1e-4:
            last = reading["seconds"]
            yield {"seconds": f"{reading['seconds'] - start:.2f}", "watts": reading["watts"]}


def write(path, rows, columns=None):
    rows = list(rows)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder, chip):
    folder = Path(folder)
    out = folder / "book"
    out.mkdir(exist_ok=True)
    write(out / "own_runs.csv", (step_row(run, chip) for run in table(folder / "steps.csv")), COLUMNS)
    if (folder / "phases.csv").exists():
        readings = [{name: float(value) for name, value in row.items()} for row in table(folder / "power.csv")]
        phases = table(folder / "phases.csv")
        write(out / "h200_power.csv", states(readings, phases))
        write(out / "h200_recording.csv", recording(readings, float(phases[0]["start"]), float(phases[-1]["end"])))


if __name__ == "__main__":
    main(*sys.argv[1:])
