"""How far an input can go: what can be at all, and what anyone has published. *What would it take?* answers with it.

A control is known by its key, which means one thing in all figures; where it means another, the figure says so. Ranges of
what was published are computed from the tables, and their words say of whom they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
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
from livefigure import Bound, Slider
from livefigure.controls import Control

from .own_model import SIZES
from .walls import JOBS

JOB = "any job whose goodput is published"
RUNS = "the runs in this book’s table"
TABLE = "the models in this book’s table"
PAUSES = "what was published of checkpoints"

# What can't be, by key: the least and the most, where there is such an end, and why there is nothing beyond.
POSSIBLE = {
    "rate": (None, CHIPS["H100 SXM"].bf16 / TERA, "an H100 has no more than its peak"),
    "mfu": (None, 1, "no chip gives more than its peak"),
    "goodput": (None, 1, "no run gets on for more than all of its time"),
    "serial": (0, 1, "no less than none and no more than all of the time can stay as it is"),
    "active": (None, 1, "no more than all parameters can work on a token"),
    "part": (None, 1, "there are no more GPUs than all of them"),
    "cap": (None, 1, "no chip draws more than its TDP for long"),
    "idle": (None, 1, "no chip draws more than its TDP for long"),
    "exposed_share": (0, 1, "a chip draws something between nothing and its TDP"),
    "floor_share": (0, 1, "a chip draws something between nothing and its TDP"),
    "drawn": (None, 1, "servers are rated for the most that they draw"),
    "network_share": (0, None, "network and storage give no power back"),
    "pue": (1, None, "a site draws no less than its servers do"),
    "efficiency": (None, 1, "no turbine gives more energy than its fuel has"),
    "availability": (None, 1, "no set is up for more than all of the time"),
    "evaporative": (0, 1, "evaporation cools no further than to the wet bulb"),
    "spares": (0, None, "there can’t be fewer spares than none"),
    "spinning": (0, None, "there can’t be fewer spares than none"),
    "spare_nodes": (0, None, "there can’t be fewer spares than none"),
    "packs": (0, None, "there can’t be fewer batteries than none"),
    "response": (0, None, "no battery answers before it is asked"),
    "waiting": (None, 1, "no step waits for longer than it takes"),
    "shed_share": (0, 1, "no more than all of the load can be shed"),
    "restart": (0, None, "no job is back before it stopped"),
    "restart_time": (0, None, "no job is back before it stopped"),
    "outage_time": (0, None, "no job is back before it stopped"),
    "swap_time": (0, None, "no job is back before it stopped"),
    "repair_time": (0, None, "no server is repaired before it failed"),
    "removed": (0, 1, "no more overhead can be taken away than there is"),
    "recompute": (0, 1, "no more than all of it can be computed again"),
    "oversubscription": (1, None, "below 1 the fabric would carry more than its GPUs can send"),
    "growth": (0, 1, "tokens follow the parameters between not at all and fully"),
}

def over(numbers: Iterable[float], words: str) -> Bound:
    """From the least to the most of what was published."""
    found = [float(number) for number in numbers]
    return Bound(min(found), max(found), words)


def up_to(numbers: Iterable[float], words: str) -> Bound:
    """As far as anyone has gone; there is no least."""
    return over(numbers, words)._replace(low=None)


def printed(table: Mapping[str, Mapping], field: str) -> list[float]:
    """A field of all rows for which someone has published it."""
    return [row[field].number for row in table.values() if field in row and row[field].confidence != "assumed"]


@cache
def published() -> dict[str, Bound]:
    """What anyone has published, by key."""
    from .validated import RUNS as measured  # takes a tenth of a second

    steps, layouts, batches = measured.runs, measured.layout, measured.batch
    models = MODELS.sources
    told = [name for name, row in models.items() if row["tokens"].confidence != "assumed"]
    shapes = [ARCHITECTURES[name] for name, row in SHAPES.items() if name in ARCHITECTURES and row["layers"].confidence != "assumed"]
    sizes = [*(one.size for one in MEASURED.values()), *(one.size for one in measured_collectives())]
    starts = {chip.launch for chip in CHIPS.values()}
    return {
        **dict.fromkeys(("gpus", "ranks"), Bound(*JOBS, JOB)),
        **{key: over(getattr(layouts, key), RUNS) for key in ("tp", "pp", "cp", "ep", "interleave", "microbatch", "replicas")},
        "stages": over(layouts.pp, RUNS),
        "chunks": over(layouts.interleave, RUNS),
        "microbatches": over(batches.sequences / (layouts.dp * layouts.microbatch), RUNS),
        "sequences": over(batches.sequences, RUNS),
        "seq_len": over(batches.seq_len, RUNS),
        "step": over((run.measured for run in steps), RUNS),
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
        "each": over((site.power / site.gpus / KILO for site in SITES.values()), "the sites as reported"),
        "site": over((site.power for site in SITES.values()), "the sites as reported or claimed"),
        "energy_per_gpu": Bound(0, signature(rack_store).parameters["energy_per_gpu"].default, "the racks that are sold"),
        "unit_power": over((one.power for one in GENERATORS.values()), "this book’s generating sets"),
        "efficiency": over((one.efficiency for one in GENERATORS.values()), "this book’s turbines"),
        "ambient": over(CELSIUS, "a typical year in Greensboro"),
        "times": over((params / MODELS["Grok 0.5T (dense)"].params for params in printed(models, "params")), "the models that exist or are announced"),
        **{field: up_to((getattr(shape, field) for shape in shapes), TABLE) for field in SIZES},
    }


def bounded(controls: Mapping[str, Control], **own: Bound | None) -> dict[str, Control]:
    """`controls`, of which each slider knows how far it can go. own: what was published, where a key means something else; None if nothing was."""
    known = published() | own
    return {
        key: replace(control, published=known.get(key), possible=Bound(*POSSIBLE[key]) if key in POSSIBLE else None) if isinstance(control, Slider) and not control.values else control
        for key, control in controls.items()
    }
