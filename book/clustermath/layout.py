"""How a training step is laid out on GPUs, and what it trains on: the two records that step time and memory share."""

from dataclasses import dataclass

import numpy as np

from .parameters import checked
from .records import Record, quantity, switch


END_LAYERS = 2  # slots of a pipeline that the embedding and the head may take instead of a layer


@dataclass(frozen=True, kw_only=True)
class Layout(Record):
    """Degrees of parallelism; tp x pp x cp x dp GPUs work. Ranks are numbered tp, cp, ep, dp, pp from the inside out.

    tp, pp, cp, dp: tensor, pipeline, context and data parallel degrees. ep: ranks that share the experts, out of the
    cp x dp that hold the same layers. interleave: model chunks on each stage. microbatch: sequences.
    schedule: see `schedule.SCHEDULES`. zero: 0 to 3, what the data-parallel ranks share: nothing, optimizer states,
    gradients too, weights too (FSDP). sequence_parallel: 1 if norms and residuals are shared over tp too.
    recompute: share of each layer's forward that backward repeats (0 none, 1 full); recompute_scores: 1 if attention's
    scores are repeated (selective, Korthikanti et al.), which flash attention always does inside its kernel.
    """

    tp: float = quantity("1", 1.0, between=(1, 1e8), whole=True)
    pp: float = quantity("1", 1.0, between=(1, 1e8), whole=True)
    cp: float = quantity("1", 1.0, between=(1, 1e8), whole=True)
    ep: float = quantity("1", 1.0, between=(1, 1e8), whole=True)
    dp: float = quantity("1", 1.0, between=(1, 1e8), whole=True)
    interleave: float = quantity("1", 1.0, between=(1, 1e4), whole=True)
    microbatch: float = quantity("1", 1.0, between=(1, 1e7))
    schedule: float = quantity("1", 1.0, only=(0, 1, 2, 3), between=(0, 3))
    zero: float = quantity("1", 1.0, only=(0, 1, 2, 3), between=(0, 3))
    sequence_parallel: float = switch(1.0)
    recompute: float = quantity("1", 0.0, between=(0, 1))
    recompute_scores: float = quantity("1", 0.0, between=(0, 1))


@dataclass(frozen=True, kw_only=True)
class Batch(Record):
    """What a step trains on, and in which precision.

    sequences of seq_len tokens make the global batch. bits: 16, 8 or 4, of the matrix multiplies' inputs.
    blocked: 1 if scales belong to blocks instead of tensors (MXFP8, NVFP4), which costs more to quantise.
    value_bytes: of one activation of one token in BF16; operand_bytes: as input of a matrix multiply.
    weight_bytes, gradient_bytes and optimizer_bytes: kept for each parameter (BF16 weights, FP32 gradients, FP32
    master weights and two Adam moments: Rajbhandari et al., arXiv 1910.02054, section 3.1).
    """

    seq_len: float = quantity("token", between=(1, 1e8))
    sequences: float = quantity("1", between=(1, 1e9))
    bits: float = quantity("1", 16.0, between=(4, 16), only=(4, 8, 16))
    blocked: float = switch(0.0)
    value_bytes: float = quantity("B/token", 2.0, between=(0.5, 8))
    operand_bytes: float = quantity("B/token", 2.0, between=(0.5, 8))
    weight_bytes: float = quantity("B", 2.0, between=(0.5, 8))
    gradient_bytes: float = quantity("B", 4.0, between=(0.5, 8))
    optimizer_bytes: float = quantity("B", 12.0, between=(0, 64))
    flops_per_weight: float = quantity("FLOP/token", 2.0, between=(0.1, 10))
    flops_per_pair: float = quantity("FLOP/token**2", 2.0, between=(0.1, 10))


def batch_of(seq_len, sequences, bits=16.0, blocked=0.0) -> Batch:
    """A Batch in the given precision: `bits` an input of the matrix multiplies takes, and the rest as usual."""
    return Batch(seq_len=seq_len, sequences=sequences, bits=bits, blocked=blocked, operand_bytes=bits / 8)


@checked(returns="1")
def gpus_used(layout):
    """GPUs that the layout keeps busy [1]."""
    return layout.tp * layout.pp * layout.cp * layout.dp


@checked(returns="1")
def microbatches(layout, batch):
    """Microbatches that each pipeline works through in a step [1]."""
    return batch.sequences / (layout.dp * layout.microbatch)


@checked(returns="token")
def tokens_per_microbatch(layout, batch):
    """Tokens of a microbatch that one rank of the context-parallel group holds [token]."""
    return layout.microbatch * batch.seq_len / layout.cp


@checked(returns="1")
def layers_per_stage(shape, layout):
    """Layers of the fullest pipeline stage [1]: whole layers in each of its chunks."""
    layers = shape.layers + shape.mtp
    return np.ceil(layers / (layout.pp * layout.interleave) - 1e-9) * layout.interleave


@checked(returns="1")
def layers_on_last_stage(shape, layout):
    """Layers of the last stage [1]: the slots that uneven splits leave empty are left empty beside the head."""
    fullest = layers_per_stage(shape, layout)
    return np.maximum(shape.layers + shape.mtp - (layout.pp - 1) * fullest, 0)


@checked(returns="1")
def fits(shape, layout, batch):
    """1 where the layout is possible [1]: every degree divides what it splits, and there are layers for all chunks.

    The embedding and the head count as a layer each, as Llama 3 splits 126 layers into 128 chunks.
    """

    def divides(part, whole):
        return np.abs(whole / part - np.rint(whole / part)) < 1e-9

    count = microbatches(layout, batch)
    experts = np.where(shape.experts > 0, shape.experts, 1)
    return 1 * (
        divides(layout.tp, shape.heads)
        & divides(layout.ep, experts)
        & divides(layout.ep, layout.cp * layout.dp)
        & divides(1, count)
        & (count >= 1)
        & (layout.pp * layout.interleave <= shape.layers + END_LAYERS)
        & ((layout.interleave == 1) | ((layout.pp > 1) & divides(layout.pp, count)))
        & ((layout.pp == 1) | (layout.zero < 3))
    )
