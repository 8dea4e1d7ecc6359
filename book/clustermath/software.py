"""What the training software does with the hardware: structure that its makers published, and fitted constants.

A `Stack` says what a software stack does (data/stacks.csv): that of its generation, unless a source says otherwise.
The `Constants` say how well software does it, and are fitted on all measured runs together (`clustermath.fit`).
"""

import re
from dataclasses import dataclass

from .records import Record, quantity, switch
from .tables import Datum, read, record


@dataclass(frozen=True, kw_only=True)
class Stack(Record):
    """What a software stack does; switches are 1 or 0.

    flash: attention without its scores in memory (Dao et al., 2022); first_flash: the first kernels for it, before
    FlashAttention-2. tp_overlap, dp_overlap: tensor- and data-parallel communication runs beside the computing.
    fused_moe: experts' routing, permutation and grouped matrix multiplies as few kernels. parallel_block: attention and
    feed-forward side by side. selective: share of the forward that "selective" recomputation repeats beside scores.
    loss_bytes: memory traffic for each logit, 30 if cross-entropy is fused. logit_bytes, parallel_logit_bytes: memory for
    each logit at the loss, without and with the vocabulary cut over tp: in BF16, in FP32, its logarithm and gradients if
    cross-entropy isn't fused. loss_chunk: tokens whose logits are held at once, 0 for all. efficiency: what is left
    unexplained.
    sequence_parallel, zero: what the stack does where a run doesn't say. microbatches_as_stages: 1 if the batch is
    cut in as many microbatches as there are stages where a run doesn't say.
    """

    flash: float = switch(1.0)
    first_flash: float = switch(0.0)
    tp_overlap: float = switch(1.0)
    dp_overlap: float = switch(1.0)
    fused_moe: float = switch(1.0)
    parallel_block: float = switch(0.0)
    selective: float = quantity("1", 0.0, between=(0, 1))
    loss_bytes: float = quantity("B/token", 30.0, between=(0, 1000))
    logit_bytes: float = quantity("B/token", 11.0, between=(0, 1000))
    parallel_logit_bytes: float = quantity("B/token", 13.0, between=(0, 1000))
    loss_chunk: float = quantity("token", 0.0, between=(0, 1e8))
    efficiency: float = quantity("1", 1.0, between=(0.1, 10))
    sequence_parallel: float = switch(1.0)
    zero: float = quantity("1", 1.0, only=(0, 1, 2, 3), between=(0, 3))
    microbatches_as_stages: float = switch(0.0)


@dataclass(frozen=True, kw_only=True)
class Constants(Record):
    """How well software does what it does. Defaults are what one would guess: the model before the fit.

    matmul_ampere, matmul_bf16, matmul_fp8_hopper, matmul_fp8: matrix multiplies in training over the best one that was
    measured on its own (data/matmul_rates.csv), on A100, on later chips in BF16, on Hopper and on later chips in FP8;
    matmul_fp4: over the peak, as none was measured. power_limit: exponent of a chip's power limit over that of the chip
    that was measured. attention: flash attention's rate on long sequences over that of BF16 matrix multiplies;
    attention_ramp: length at which it reaches half of that (about what figure 4 of FlashAttention-2, arXiv 2307.08691,
    shows; not fitted); first_flash: share of it that the first kernels reached. elementwise: memory traffic of norms,
    residuals and activations over the least. cast_blocked: traffic of quantising with scales for blocks over that with
    one scale. biased_experts: values passed for each unit of the experts' width where their biases and clamping aren't
    fused. host: time to launch a mixture's layer, forward and backward, and host_per_expert for each expert on the GPU;
    unfused_moe: times that before fused kernels. exposed: share of an overlapped communication that computing waits
    for; gather_exposed: that of FSDP's gathers. jitter: slowdown for each doubling of the servers.
    """

    matmul_ampere: float = quantity("1", 0.95, between=(0.01, 2))
    matmul_bf16: float = quantity("1", 0.95, between=(0.01, 2))
    matmul_fp8_hopper: float = quantity("1", 0.95, between=(0.01, 2))
    matmul_fp8: float = quantity("1", 0.95, between=(0.01, 2))
    matmul_fp4: float = quantity("1", 0.5, between=(0.01, 2))
    power_limit: float = quantity("1", 0.7, between=(0, 10))
    attention: float = quantity("1", 0.55, between=(0.01, 2))
    attention_ramp: float = quantity("token", 650.0, between=(0, 1e6))
    first_flash: float = quantity("1", 0.5, between=(0.01, 2))
    elementwise: float = quantity("1", 1.5, between=(0, 100))
    cast_blocked: float = quantity("1", 1.5, between=(0, 100))
    biased_experts: float = quantity("1", 60.0, between=(0, 1e4))
    host: float = quantity("s", 6e-3, between=(0, 10))
    host_per_expert: float = quantity("s", 2e-4, between=(0, 10))
    unfused_moe: float = quantity("1", 2.0, between=(0, 100))
    exposed: float = quantity("1", 0.25, between=(0, 10))
    gather_exposed: float = quantity("1", 0.3, between=(0, 10))
    jitter: float = quantity("1", 0.005, between=(0, 1))


def generation(stack: str) -> str:
    """The year that a stack's name ends in ("megatron-2022", "megatron-bridge-26.02"), within those in stacks.csv.

    A name without a year counts as the latest.
    """
    years = sorted(name for name in STACK_DATA if name.isdigit())
    match = re.search(r"(20\d\d)(?!\d)|-(\d\d)\.\d\d", stack)
    year = min(max(match[1] or f"20{match[2]}", years[0]), years[-1]) if match else years[-1]
    return year


def stack_named(name: str) -> Stack:
    """The Stack of this name: its generation's, with what is said of itself; an unknown stack is like its time."""
    return record(Stack, STACK_DATA[generation(name)] | STACK_DATA.get(name, {}) | FIT_DATA.get(name, {}))


def _fit_data():
    """The fit's results: {"constants": {field: Datum}, stack: {"efficiency": Datum}, STEP_TIME: {"low": ..., "high": ...}}."""
    try:
        return read("step_constants.csv")
    except FileNotFoundError:  # before the first fit
        one = Datum(1.0, "1", "before the first fit", "assumed")
        return {"constants": {}, STEP_TIME: {"low": one, "high": one}}


STEP_TIME = "step time"
STACK_DATA = read("stacks.csv")
FIT_DATA = _fit_data()
FITTED = {name: {field: datum.number for field, datum in row.items()} for name, row in FIT_DATA.items()}
CONSTANTS = record(Constants, FIT_DATA["constants"])
# Between which multiples of the computed step time nine of ten measured runs took.
STRETCH = (FITTED[STEP_TIME]["low"], FITTED[STEP_TIME]["high"])
