"""What one H200 was measured to do, kernel by kernel and watt by watt: by ourselves, with `tools/measure_gpu`, on 29 November 2026.

Nothing here was fitted; laws and assumptions are held against it. PyTorch 2.11, CUDA 13.0, driver 580, power limit 700 W.
"""

from dataclasses import dataclass

import numpy as np

from .assumptions import ASSUMED
from .hardware import CHIPS
from .matmul import RATES, matmul_time
from .tables import DATA, UnknownName, measurements

CHIP = "H200 SXM"


@dataclass(frozen=True)
class Kernel:
    """A kernel that was timed. shape: rows, columns, inner of a multiply; sequences, heads, tokens, width of attention.

    work: FLOP of a call, causal ones of attention; bytes of a copy. burst, sustained: s of a call, in a few calls after a pause and in calls for
    over a second (no number if that wasn't tried). watts, clock [MHz]: in the latter.
    """

    kind: str
    shape: tuple[int, ...]
    work: float
    burst: float
    sustained: float
    watts: float
    clock: float

    @property
    def bits(self) -> int:
        """Of the inputs."""
        return 8 if "fp8" in self.kind else 16


def kernels(kind: str) -> list[Kernel]:
    """The kernels whose kind begins so: "matmul", "attention cudnn, forward", "copy in memory", ... UnknownName if none does."""
    once, sustained = ("work", "burst_s"), ("sustained_s", "watts", "sm_mhz")
    found = measurements(DATA / "h200_kernels.csv", (*once, *sustained), ("kind", "shape"), blank=sustained)
    if not (chosen := [row for row in found if row["kind"].startswith(kind)]):
        raise UnknownName(f"kernels(): none begins with {kind!r}; known: {', '.join(dict.fromkeys(row['kind'] for row in found))}")
    return [Kernel(row["kind"], tuple(map(int, row["shape"].split("x"))), *(row[name] for name in (*once, *sustained))) for row in chosen]


def multiplies(bits: int) -> list[Kernel]:
    """Single matrix multiplies with inputs of so many bits."""
    return [kernel for kernel in kernels("matmul") if kernel.bits == bits and len(kernel.shape) == 3]


def law(kernel: Kernel, sustained: bool = False) -> float:
    """What the book's law says that a matrix multiply takes on this chip [s], its constants from others' tables."""
    height, width, inner = kernel.shape
    rate = RATES[CHIP].fp8 if kernel.bits == 8 else RATES[CHIP].bf16
    traffic = kernel.bits / 8 * (height * inner + inner * width) + 2 * height * width
    rate *= RATES[CHIP].sustained if sustained else 1
    return float(ASSUMED.kernel_start + matmul_time(kernel.work, traffic, rate, CHIPS[CHIP].hbm_bandwidth * ASSUMED.hbm_efficiency))


def drawn(what: str = "watts") -> dict[str, float]:
    """State → mean power [W]; or the "least" or the "most" that the driver read, or the clock, "sm_mhz" [MHz].

    "nothing": a process waits. "training": Llama 3.1 8B, 16 layers. "blocks spin": 24 blocks poll a flag, as a collective's do
    while they wait. "blocks copy": 24 blocks copy 413 GB/s in memory. And training for a share of the time, spinning for the rest.
    """
    return {row["state"]: row[what] for row in measurements(DATA / "h200_power.csv", ("watts", "least", "most", "sm_mhz", "seconds"), ("state",))}


def each_step(table: str = "h200_each_step.csv") -> dict[str, np.ndarray]:
    """Model → seconds of each step of its longest run, one after the other.

    table: mlperf_each_step.csv has those of others: MLPerf Training v6.0, NVIDIA, theia-cmh_ngpu2048, llama31_405b, result_0.txt,
    the last two intervals, without the first step after an evaluation, which the log times as shorter than it lasts.
    """
    steps: dict[str, list[float]] = {}
    for row in measurements(DATA / table, ("step", "seconds"), ("model",)):
        steps.setdefault(row["model"], []).append(row["seconds"])
    return {model: np.array(seconds) for model, seconds in steps.items()}
