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

    usual_bf16, usual_fp8: share of the peak that the best matrix multiply reaches, where none was measured. unthrottled:
    chips with more power for each FLOP/s of BF16 peak than this sustain what they reach in short. hbm_efficiency: share
    of the bandwidth that streaming kernels reach; nvlink_efficiency, nic_efficiency: of the line rate that large
    messages do. context_exposed: share of the exchange of keys and values that computing waits for. gather_hidden: share of the
    computing that can hide FSDP's gathers, if they take longer than it. score_passes: traffic of attention's scores in
    BF16, where they are kept in memory. accumulate_bytes: traffic of adding to FP32 gradients over that of reading
    weights in BF16. flash_backward: arithmetic of flash attention backward over forward. full_head: width of a head from
    which on flash attention's rate doesn't rise. reserve: share of the memory that CUDA, NCCL's buffers and fragments
    take. server: GPUs of one.
    """

    usual_bf16: float = quantity("1", between=(0.3, 1))
    usual_fp8: float = quantity("1", between=(0.3, 1))
    unthrottled: float = quantity("J/FLOP", between=(1e-13, 1e-11))
    hbm_efficiency: float = quantity("1", between=(0.5, 1))
    nvlink_efficiency: float = quantity("1", between=(0.5, 1))
    nic_efficiency: float = quantity("1", between=(0.5, 1))
    context_exposed: float = quantity("1", between=(0, 1))
    gather_hidden: float = quantity("1", between=(0, 1))
    score_passes: float = quantity("1", between=(2, 20))
    accumulate_bytes: float = quantity("1", between=(1, 8))
    flash_backward: float = quantity("1", between=(2, 4))
    full_head: float = quantity("1", between=(32, 256))
    reserve: float = quantity("1", between=(0, 0.3))
    server: float = quantity("gpu", between=(1, 128), whole=True)


ASSUMPTIONS = read("assumptions.csv")["step model"]
ASSUMED = record(Assumptions, ASSUMPTIONS)


def chosen() -> list[str]:
    """The constants that were chosen, or recalled, and so neither seen in a source nor derived."""
    return [name for name, datum in ASSUMPTIONS.items() if datum.confidence in ("assumed", "recalled")]
