"""What the step model takes as given: constants that no run of a whole step can tell, each with its source in
data/assumptions.csv.

Beside the `Constants` that are fitted (`clustermath.fit`) and the structure of the software (data/stacks.csv), these are
all that performance depends on. A value whose confidence is "assumed" was chosen, by the reason in its note; a test
counts those.
"""

from dataclasses import dataclass

from .records import Record, quantity
from .tables import read, record


@dataclass(frozen=True, kw_only=True)
class Assumptions(Record):
    """Constants that were measured apart from any training run, follow by arithmetic, or were chosen.

    usual_bf16, usual_fp8, usual_fp4: share of the peak that large matrix multiplies reach in short, where none was measured;
    usual_sustained: what long runs keep of that. kernel_start, collective_start: time that a kernel, and a collective over NVLink, takes
    for next to nothing; simple_kernels, routing_kernels, exchange_starts: how many of those a layer needs forward beside its
    multiplies, to route tokens to experts, and to exchange them.
    hbm_efficiency: share of the bandwidth that streaming kernels reach; nic_efficiency: of the NIC's line rate that large
    messages do (NVLink's, and its in all-to-alls: data/links.csv); beside_computing: of all, what they reach while a GPU
    computes, too; token_exchange: bandwidth at which tokens find their experts over that of an all-to-all of equal messages.
    bucket: gradients of each rank that are reduced at once; bucket_step: time of a step around a ring in which they are.
    gather_hidden: share of the computing that can hide FSDP's gathers, if they take longer than it. score_passes: traffic of
    attention's scores in BF16, where they are kept in memory. accumulate_bytes: traffic of adding to FP32 gradients over that
    of reading weights in BF16. flash_backward: arithmetic of flash attention backward over forward. full_head: width of a
    head from which on flash attention's rate doesn't rise; narrow_head: exponent with which it falls below. attention8: rate
    of attention in FP8 over BF16; second_flash: of FlashAttention-2's kernels on Hopper over that of Hopper's own.
    bias_passes: traffic of biases beside experts' grouped multiplies. reserve: share of the memory that CUDA, NCCL's buffers
    and fragments take.
    """

    usual_bf16: float = quantity("1", between=(0.3, 1))
    usual_fp8: float = quantity("1", between=(0.3, 1))
    usual_fp4: float = quantity("1", between=(0.3, 1))
    usual_sustained: float = quantity("1", between=(0.5, 1))
    kernel_start: float = quantity("s", between=(0, 1e-3))
    simple_kernels: float = quantity("1", between=(0, 100))
    routing_kernels: float = quantity("1", between=(0, 100))
    hbm_efficiency: float = quantity("1", between=(0.5, 1))
    nic_efficiency: float = quantity("1", between=(0.5, 1))
    beside_computing: float = quantity("1", between=(0.5, 1))
    collective_start: float = quantity("s", between=(0, 1e-3))
    token_exchange: float = quantity("1", between=(0.2, 1))
    exchange_starts: float = quantity("1", between=(0, 100))
    bucket: float = quantity("1", between=(1e3, 1e12))
    bucket_step: float = quantity("s", between=(0, 1e-3))
    gather_hidden: float = quantity("1", between=(0, 1))
    score_passes: float = quantity("1", between=(2, 20))
    accumulate_bytes: float = quantity("1", between=(1, 8))
    flash_backward: float = quantity("1", between=(2, 4))
    full_head: float = quantity("1", between=(32, 256))
    narrow_head: float = quantity("1", between=(0, 2))
    second_flash: float = quantity("1", between=(0.3, 1))
    attention8: float = quantity("1", between=(1, 2))
    bias_passes: float = quantity("1", between=(0, 100))
    reserve: float = quantity("1", between=(0, 0.3))

    @property
    def nic_in_a_step(self) -> float:
        """Share of a NIC's line rate that a step's messages get [1]."""
        return self.nic_efficiency * self.beside_computing


ASSUMPTIONS = read("assumptions.csv")["step model"]
ASSUMED = record(Assumptions, ASSUMPTIONS)


def chosen() -> list[str]:
    """The constants that were chosen, or recalled, and so neither seen in a source nor derived."""
    return [name for name, datum in ASSUMPTIONS.items() if datum.confidence in ("assumed", "recalled")]
