"""What anyone has published of each input, from the tables: `python -m figures.published_ranges`, run in book/, writes it down.

Figures read data/published_ranges.csv and not this (bounds.py): so a chip that changes no range concerns no chapter but those
that show it. A test says when the file is out of date.
"""

import csv
from collections.abc import Mapping
from inspect import signature

from clustermath import CHIPS, MODELS
from clustermath.architecture import ARCHITECTURES, DATA as SHAPES, active_parameters, parameters
from clustermath.failures import CHECKPOINTS
from clustermath.measured_collectives import MEASURED, measured_collectives
from clustermath.measured_gpu import kernels
from clustermath.power import SITES
from clustermath.supply import rack_store
from clustermath.turbines import CELSIUS, GENERATORS
from clustermath.units import KILO, TERA
from livefigure import Bound

from .bounds import COLUMNS, JOB, RANGES, over, up_to
from .measured_steps import mfu
from .own_model import SIZES
from .reckoned import outside
from .validated import RUNS as MEASURED_RUNS
from .walls import JOBS

RUNS = "the runs in this book’s table"
TABLE = "the models in this book’s table"
PAUSES = "what was published of checkpoints"
RESTARTS = [("Meta, 2026", "stalled"), ("Meta, 2026", "stalled_by_replica"), ("Meta RSC", "restart_low"), ("Meta RSC", "restart_high")]


def printed(table: Mapping[str, Mapping], field: str) -> list[float]:
    """A field of all rows for which someone has published it."""
    return [row[field].number for row in table.values() if field in row and row[field].confidence != "assumed"]


def published() -> dict[str, Bound]:
    """What anyone has published, by key."""
    steps, layouts, batches = MEASURED_RUNS.runs, MEASURED_RUNS.layout, MEASURED_RUNS.batch
    models = MODELS.sources
    told = [name for name, row in models.items() if row["tokens"].confidence != "assumed"]
    shapes = [ARCHITECTURES[name] for name, row in SHAPES.items() if name in ARCHITECTURES and row["layers"].confidence != "assumed"]
    sizes = [*(one.size for one in MEASURED.values()), *(one.size for one in measured_collectives())]
    starts = {chip.launch for chip in CHIPS.values()}
    restarts = (outside(*where) for where in RESTARTS)
    return {
        **dict.fromkeys(("gpus", "ranks"), Bound(*JOBS, JOB)),
        **{key: over(getattr(layouts, key), RUNS) for key in ("tp", "pp", "cp", "ep", "interleave", "microbatch", "replicas")},
        "stages": over(layouts.pp, RUNS),
        "chunks": over(layouts.interleave, RUNS),
        "microbatches": over(batches.sequences / (layouts.dp * layouts.microbatch), RUNS),
        "sequences": over(batches.sequences, RUNS),
        "seq_len": over(batches.seq_len, RUNS),
        "step": over((run.measured for run in steps), RUNS),
        "mfu": over(map(mfu, steps), RUNS),
        **dict.fromkeys(("tokens", "imagine_tokens"), over(printed(models, "tokens"), TABLE)),
        "imagine_params": over(printed(models, "params"), TABLE),
        "active": over((sum(active_parameters(shape).values()) / sum(parameters(shape).values()) for shape in shapes), TABLE),
        "tokens_per_param": over((MODELS[name].tokens / MODELS[name].active_params for name in told), TABLE),
        "nic": over(printed(CHIPS.sources, "nic"), "the cards of this book’s chips"),
        "size": over(sizes, "the sizes that were measured"),
        "launch": over(starts, "what NCCL’s tables show"),
        "kernel": over((kernel.burst for kernel in kernels("")), "the kernels measured on an H200"),
        "stall": over((way.stall for way in CHECKPOINTS.values()), PAUSES),
        "lag": over((way.lag for way in CHECKPOINTS.values()), PAUSES),
        **dict.fromkeys(("restart", "swap_time"), over(restarts, "the restarts that are published")),
        "each": over((site.power / site.gpus / KILO for site in SITES.values()), "the sites as reported"),
        "site": over((site.power for site in SITES.values()), "the sites as reported or claimed"),
        "energy_per_gpu": Bound(0, signature(rack_store).parameters["energy_per_gpu"].default, "the racks that are sold"),
        "unit_power": over((one.power for one in GENERATORS.values()), "this book’s generating sets"),
        "efficiency": over((one.efficiency for one in GENERATORS.values()), "this book’s turbines"),
        "ambient": over(CELSIUS, "a typical year in Greensboro"),
        "times": over((params / MODELS["Grok 0.5T (dense)"].params for params in printed(models, "params")), "the models that exist or are announced"),
        **{field: up_to((getattr(shape, field) for shape in shapes), TABLE) for field in SIZES},
    }


def possible() -> dict[str, Bound]:
    """What can't be more, where a table says how much it is; else it is said in bounds.py."""
    return {"rate": Bound(None, CHIPS["H100 SXM"].bf16 / TERA, "an H100 has no more than its peak")}


def main():
    with open(RANGES, "w", newline="", encoding="utf-8") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(COLUMNS)
        for end, found in (("published", published()), ("possible", possible())):
            out.writerows((key, end, *("" if x is None else f"{float(x):.12g}" for x in bound[:2]), bound.words) for key, bound in found.items())


if __name__ == "__main__":
    main()
