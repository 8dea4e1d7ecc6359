"""Measured training steps by their id in the data, and where the step model says that their time went."""

from dataclasses import dataclass
from functools import cache

from clustermath.layout import gpus_used
from clustermath.matmul import dense_peak, machine
from clustermath.measured import PUBLISHED, MeasuredStep, read_runs
from clustermath.software import CONSTANTS
from clustermath.step import step_mfu, step_parts
from clustermath.tables import DATA

PAX = DATA / "pax_runs.csv"  # JAX on the GPUs and the model of NVIDIA's NeMo runs; not among the runs of the fit

# The parts of `step_parts` that a reader thinks of together.
GROUPS = {
    "multiplies": ("matrix multiplies", "attention scores", "head"),
    "kernels": ("elementwise", "casts", "permutation", "recomputation", "optimizer"),
    "communication": ("tensor parallel", "context parallel", "expert parallel", "pipeline parallel", "data parallel"),
    "bubble": ("bubble", "imbalance"),
    "waiting": ("jitter",),
    "launching": ("launching",),
}


@dataclass(frozen=True)
class Step:
    """One measured step. Shares of its time are the model's; mfu counts causal attention, over the peak of its precision.

    time [s]; rate [FLOP/s per GPU]; speed [token/s per GPU].
    """

    gpus: float
    time: float
    mfu: float
    rate: float
    speed: float
    multiplies: float
    kernels: float
    communication: float
    bubble: float
    waiting: float
    launching: float


@cache
def runs() -> dict[str, MeasuredStep]:
    """Every measured run that the step model can take, by id."""
    return {run.id: run for path in (PUBLISHED, PAX) for run in read_runs(path) if not run.skipped}


def grouped(parts: dict) -> dict:
    """The parts of a step, summed by group."""
    return {group: sum(parts[name] for name in names) for group, names in GROUPS.items()}


def mfu(run: MeasuredStep, causal: float = 1.0) -> float:
    """MFU of a measured run, over the dense peak of its precision. causal: 0 counts the full matrix of scores."""
    return float(step_mfu(run.shape, machine(run.chip), run.layout, run.batch, run.measured, causal))


def tokens_per_second(run: MeasuredStep) -> float:
    """Tokens that one GPU of a measured run trains on in a second."""
    return float(run.batch.sequences * run.batch.seq_len / run.measured / gpus_used(run.layout))


def step(number: str) -> Step:
    """The measured step with this id."""
    run = runs()[number]
    where = machine(run.chip)
    parts = step_parts(run.shape, where, run.layout, run.batch, run.software, CONSTANTS)
    total = sum(parts.values())
    speed = tokens_per_second(run)
    return Step(
        gpus=gpus_used(run.layout),
        time=run.measured,
        mfu=mfu(run),
        rate=mfu(run) * float(dense_peak(where, run.batch.bits)),
        speed=speed,
        **{group: float(part / total) for group, part in grouped(parts).items()},
    )
