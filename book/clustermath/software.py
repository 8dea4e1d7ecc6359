"""What the training software does with the hardware: structure that its makers published, and fitted constants.

A `Stack` says what a software stack does (data/stacks.csv): what was usual at its date, unless a source says otherwise.
Each property is one that a stack's documentation answers, so that software nobody measured is described and not fitted.
The `Constants` say how well software does it, and are fitted on all measured runs together (`clustermath.fit`).
"""

import re
from dataclasses import dataclass

from .records import Record, quantity, switch
from .tables import Datum, read, record, unknown


@dataclass(frozen=True, kw_only=True)
class Stack(Record):
    """What a software stack does; switches are 1 or 0.

    flash: attention without its scores in memory (Dao et al., 2022).
    first_flash: the first kernels for it, before FlashAttention-2.
    second_flash: these or its own, written for Ampere, and not those for Hopper (FlashAttention-3, cuDNN 9).
    tp_overlap, dp_overlap: tensor- and data-parallel communication runs beside the computing.
    scheduled: a compiler that knows what each kernel took starts FSDP's gathers a layer ahead.
    gather8: weights are gathered as the multiplies take them, in FP8 with one scale a tensor (fp8_param_gather).
    fused_moe: experts' routing, permutation and grouped matrix multiplies as few kernels.
    sent_once: a token goes once to each GPU that holds some of its experts (DeepEP, HybridEP), and not once to each of
    them (all-to-all).
    parallel_block: attention and feed-forward side by side.
    selective: share of the forward that "selective" recomputation repeats beside scores.
    graphs: a step's kernels are captured once and launched together (CUDA graphs of the full iteration).
    ep_overlap: tokens travel to experts beside the computing of another microbatch.
    grouped: all experts' multiplies as one kernel, with their biases, activation and quantising.
    current_scaling: an FP8 tensor is scaled by its own largest value, which is another pass through it (delayed scaling
    takes an earlier step's).
    attention8: attention in FP8 where multiplies are.
    head8: so the head.
    reduce_bytes: of a gradient as it is sent.
    gradient_bytes: of one as it is kept and summed.
    optimizer_bytes: of its states.
    product_kept: 1 if what a feed-forward's activation gives is kept for backward.
    kept8: 1 if the two factors of that are kept in FP8 and attention's output in 12 bits, as DeepSeek-V3 was trained.
    loss_bytes: memory traffic for each logit, 30 if cross-entropy is fused.
    logit_bytes, parallel_logit_bytes: memory for each logit at the loss, without and with the vocabulary cut over tp:
    in BF16, in FP32, its logarithm and gradients if cross-entropy isn't fused.
    loss_chunk: tokens whose logits are held at once, 0 for all.
    efficiency: what is left unexplained.
    context: 1 if it can cut a sequence over ranks.

    Where a run doesn't say: expert_tp, sequence_parallel, zero: as `layout.Layout`.
    microbatches_as_stages: 1 if the batch is cut in as many microbatches as there are stages.
    """

    flash: float = switch(1.0)
    first_flash: float = switch(0.0)
    second_flash: float = switch(0.0)
    tp_overlap: float = switch(1.0)
    scheduled: float = switch(0.0)
    gather8: float = switch(0.0)
    dp_overlap: float = switch(1.0)
    fused_moe: float = switch(1.0)
    sent_once: float = switch(1.0)
    parallel_block: float = switch(0.0)
    selective: float = quantity("1", 0.0, between=(0, 1))
    graphs: float = switch(0.0)
    ep_overlap: float = switch(0.0)
    grouped: float = switch(0.0)
    current_scaling: float = switch(0.0)
    attention8: float = switch(0.0)
    head8: float = switch(0.0)
    reduce_bytes: float = quantity("B", 4.0, between=(0.5, 8))
    gradient_bytes: float = quantity("B", 4.0, between=(0.5, 8))
    optimizer_bytes: float = quantity("B", 12.0, between=(0, 64))
    product_kept: float = switch(1.0)
    kept8: float = switch(0.0)
    expert_tp: float = switch(1.0)
    loss_bytes: float = quantity("B/token", 30.0, between=(0, 1000))
    logit_bytes: float = quantity("B/token", 11.0, between=(0, 1000))
    parallel_logit_bytes: float = quantity("B/token", 13.0, between=(0, 1000))
    loss_chunk: float = quantity("token", 0.0, between=(0, 1e8))
    efficiency: float = quantity("1", 1.0, between=(0.1, 10))
    context: float = switch(1.0)
    sequence_parallel: float = switch(1.0)
    zero: float = quantity("1", 1.0, only=(0, 1, 2, 3), between=(0, 3))
    microbatches_as_stages: float = switch(0.0)


@dataclass(frozen=True, kw_only=True)
class Constants(Record):
    """How well software does what it does. Defaults are what one would guess: the model before the fit.

    matmul_bf16, matmul_narrow: matrix multiplies in training over those measured in inference software
    (data/matmul_rates.csv), in BF16 and in FP8 or FP4.
    elementwise: memory traffic of norms, residuals and activations over the least, which is all where they are fused.
    biased_experts: values passed for each unit of the experts' width where their biases and clamping aren't fused.
    host: time to launch a mixture's layer, forward and backward.
    host_per_expert: the same for each expert on the GPU.
    unfused_moe: times both before fused kernels.
    alternating: more time for it, where two microbatches take turns (`layout.by_turns`).
    exposed: share of an overlapped communication that computing waits for.
    pp_exposed: that of a pipeline's messages.
    dp_exposed: that of gradients and weights.
    jitter: standard deviation of how fast GPUs of a kind are, the slowest of which all wait for.

    Not fitted, as measured kernels tell them. attention: flash attention's rate on long sequences over that of BF16
    matrix multiplies: 0.84 to 0.87 on H100, H200 and B200, more on GB200 and GB300 (forward by SGLang in
    aiconfigurator-core 0.12.0, backward 0.87 of that by the gains of arXiv 2407.08608).
    attention_ramp: length at which it reaches half of that, about what figure 4 of FlashAttention-2 (arXiv 2307.08691)
    shows: 600 tokens on H100, 750 on B200.
    first_flash: share of it that the first kernels reached: Triton's, than which FlashAttention-2's are 1.3 to 1.5 times
    as fast forward and twice backward (there, section 4.1).
    """

    matmul_bf16: float = quantity("1", 1.0, between=(0.01, 2))
    matmul_narrow: float = quantity("1", 1.0, between=(0.01, 2))
    attention: float = quantity("1", 0.87, between=(0.01, 2))
    attention_ramp: float = quantity("token", 650.0, between=(0, 1e6))
    first_flash: float = quantity("1", 0.55, between=(0.01, 2))
    elementwise: float = quantity("1", 1.0, between=(0, 100))
    biased_experts: float = quantity("1", 60.0, between=(0, 1e4))
    host: float = quantity("s", 6e-3, between=(0, 10))
    host_per_expert: float = quantity("s", 2e-4, between=(0, 10))
    alternating: float = quantity("s", 8e-3, between=(0, 10))
    unfused_moe: float = quantity("1", 2.0, between=(0, 100))
    exposed: float = quantity("1", 0.25, between=(0, 10))
    pp_exposed: float = quantity("1", 0.25, between=(0, 10))
    dp_exposed: float = quantity("1", 0.3, between=(0, 10))
    jitter: float = quantity("1", 0.01, between=(0, 1))


def dated(name: str) -> bool:
    """Whether an entry of stacks.csv is a date ("2025", "2026-04"), from which on its properties are usual."""
    return name[:4].isdigit()


def described(name: str) -> bool:
    """Whether stacks.csv says of this stack what it does beside what was usual at its date."""
    return name in STACK_DATA and not dated(name)


def generation(stack: str, ahead: int = 0) -> str:
    """The date in stacks.csv that a stack belongs to, or the one so many `ahead` of it: the last before that which its name ends in, or the first.

    "nemo-2024" ends in a year, whose end counts, "megatron-bridge-26.02" and "2026-04" in a month. "": the latest.
    Raises UnknownName if the name is neither empty nor dated: software of no time has nothing that was usual.
    """
    dates = sorted(filter(dated, STACK_DATA))
    match = isinstance(stack, str) and re.search(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?$|-(\d\d)\.(0[1-9]|1[0-2])$", stack)
    if stack != "" and not match:
        raise unknown("stack", stack, sorted({*STACK_DATA, *FIT_DATA} - NO_STACKS), ", and any name that ends in its year, such as nemo-2024")
    until = f"{match[1] or '20' + match[3]}-{match[2] or match[4] or 12}" if match else dates[-1]
    place = max((place for place, date in enumerate(dates) if date <= until), default=0)
    return dates[min(max(place + ahead, 0), len(dates) - 1)]


def stack_named(name: str) -> Stack:
    """The Stack of this name: what had become usual by its date, with what is said of itself. "": the latest.

    Raises UnknownName as `generation`.
    """
    usual = {}
    for date in sorted(date for date in filter(dated, STACK_DATA) if date <= generation(name)):
        usual |= STACK_DATA[date]
    return record(Stack, usual | STACK_DATA.get(name, {}) | FIT_DATA.get(name, {}))


def _fit_data():
    """The fit's results: {"constants": {field: Datum}, stack: {"efficiency": Datum}, STEP_TIME: {"low": ..., "high": ...}}."""
    one = Datum(1.0, "1", "before the first fit", "assumed")
    before = {"constants": {}} | {kind: {"low": one, "high": one} for kind in (STEP_TIME, *KINDS)}
    try:
        return before | read("step_constants.csv")
    except FileNotFoundError:
        return before


STEP_TIME, DENSE, MIXTURE = "step time", "step time of a dense model", "step time of a mixture of experts"
BY_DATE = ", of its software only a date"  # behind one of these: what the software does is not known, only when it was usual
KINDS = tuple(kind + known for known in ("", BY_DATE) for kind in (DENSE, MIXTURE))
NO_STACKS = {"constants", STEP_TIME, *KINDS}  # what else step_constants.csv has rows of
STACK_DATA = read("stacks.csv")
FIT_DATA = _fit_data()
FITTED = {name: {field: datum.number for field, datum in row.items()} for name, row in FIT_DATA.items()}
CONSTANTS = record(Constants, FIT_DATA["constants"])
# Between which multiples of the computed step time nine of ten measured runs took.
PREDICTION_INTERVAL = (FITTED[STEP_TIME]["low"], FITTED[STEP_TIME]["high"])
# The same by kind of run, for the next one: dense or mixture, and by what is known of its software.
PREDICTION_INTERVALS = {kind: (FITTED[kind]["low"], FITTED[kind]["high"]) for kind in KINDS}
