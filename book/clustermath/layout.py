"""How a training step is laid out on GPUs, and what it trains on: the two records that step time and memory share."""

from dataclasses import dataclass

import numpy as np

from .architecture import Architecture
from .numeric import ceil, maximum, minimum, where
from .parameters import Parameter, checked
from .records import Record, quantity, switch
from .software import Stack


LAYERS = Parameter("stages", "1", 0, 1e5, "layers of every stage", integer=True)
END_LAYERS = 2  # slots of a pipeline that the embedding and the head may take instead of a layer


@dataclass(frozen=True, kw_only=True)
class Layout(Record):
    """Degrees of parallelism; tp x pp x cp x dp GPUs work. Ranks are numbered tp, cp, ep, dp, pp from the inside out.

    tp, pp, cp, dp: tensor, pipeline, context and data parallel degrees. ep: ranks that share the experts, out of the
    cp x dp that hold the same layers. interleave: model chunks on each stage. microbatch: sequences.
    schedule: see `schedule.SCHEDULES`. zero: 0 to 3, what the data-parallel ranks share: nothing, optimizer states,
    gradients too, weights too (FSDP). sequence_parallel: 1 if norms and residuals are shared over tp too.
    recompute: share of each layer's forward that backward repeats (0 none, 1 full); recompute_scores: 1 if attention's
    scores are repeated (selective, Korthikanti et al.), which flash attention always does inside its kernel;
    recompute_simple: 1 if norms and activations are (Megatron Core's modules layernorm and moe_act), recompute_up: 1 if
    queries, keys and values are expanded again from latent ones (mla_up_proj).
    expert_tp: 1 if tensor-parallel ranks cut experts, too; 0, and where ep exceeds cp x dp, if they hold whole ones, so
    that experts are spread over tp x cp x dp. replicas: groups of ranks that share weights, gradients and states among
    themselves, where these are shared, and hold the same as the other groups (HSDP).
    first_layers, last_layers: layers of the first and of the last stage, where a split is given; 0 if stages are as alike
    as can be. stages: those of every stage, from the first to the last, where all are given.
    ulysses: 1 if context-parallel ranks hand each other heads for sequences before attention, and back after it, as
    all-to-alls (DeepSpeed-Ulysses, arXiv 2309.14509), instead of keys and values around a ring; gathered: 1 if they gather
    all keys and values before they compute with them (Llama 3, arXiv 2407.21783, section 3.3.2; Megatron Core's cp_comm_type
    all_gather).
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
    recompute_simple: float = switch(0.0)
    recompute_up: float = switch(0.0)
    expert_tp: float = switch(1.0)
    replicas: float = quantity("1", 1.0, between=(1, 1e8), whole=True)
    first_layers: float = quantity("1", 0.0, between=(0, 1e5), whole=True)
    last_layers: float = quantity("1", 0.0, between=(0, 1e5), whole=True)
    stages: tuple[float, ...] = ()
    ulysses: float = switch(0.0)
    gathered: float = switch(0.0)

    def __post_init__(self):
        super().__post_init__()
        if type(self.stages) is not tuple or self.stages:
            layers = LAYERS.checked_value(list(self.stages) if isinstance(self.stages, tuple) else self.stages, "Layout: ")
            if np.ndim(layers) > 1:
                raise ValueError(f"Layout: stages = {self.stages!r} are several lists. {LAYERS.allowed()}")
            object.__setattr__(self, "stages", tuple(map(float, np.atleast_1d(layers))))

    def rules(self):
        if type(self.gathered) is float and not self.gathered:
            return ()
        return (("gathered", self.gathered + self.ulysses <= 1, "not stand beside", "ulysses"),)


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
    try:
        operand_bytes = bits / 8
    except TypeError:  # a list, or no number: the record says which
        operand_bytes = Batch(seq_len=seq_len, sequences=sequences, bits=bits).bits / 8
    return Batch(seq_len=seq_len, sequences=sequences, bits=bits, blocked=blocked, operand_bytes=operand_bytes)


@checked(returns="1")
def gpus_used(layout: Layout):
    """GPUs that the layout keeps busy [1]."""
    return layout.tp * layout.pp * layout.cp * layout.dp


@checked(returns="1")
def microbatches(layout: Layout, batch: Batch):
    """Microbatches that each pipeline works through in a step [1]."""
    return batch.sequences / (layout.dp * layout.microbatch)


@checked(returns="1")
def by_turns(layout: Layout, batch: Batch, stack: Stack):
    """1 where the layers of two microbatches take turns, so that one computes while the other's tokens travel to experts [1].

    DualPipe's schedule does, and software that overlaps the exchange (`Stack.ep_overlap`), if there are two.
    """
    return 1 * ((microbatches(layout, batch) > 1) & ((layout.schedule > 2) | (stack.ep_overlap > 0)))


@checked(returns="token")
def tokens_per_microbatch(layout: Layout, batch: Batch):
    """Tokens of a microbatch that one rank of the context-parallel group holds [token]."""
    return layout.microbatch * batch.seq_len / layout.cp


def _even_split(shape, layout):
    """Layers of a stage whose number isn't given, in whole layers of each chunk, and the slots that this leaves empty."""
    given = layout.first_layers + layout.last_layers
    others = maximum(layout.pp - where(layout.first_layers > 0, 1, 0) - where(layout.last_layers > 0, 1, 0), 1)
    each = ceil((shape.layers + shape.mtp - given) / (others * layout.interleave) - 1e-9) * layout.interleave
    return each, others * each - (shape.layers + shape.mtp - given)


@checked(returns="1")
def layers_per_stage(shape: Architecture, layout: Layout):
    """Layers of the fullest pipeline stage [1]: whole layers in each of its chunks, or as a split gives them."""
    if layout.stages:
        return max(layout.stages)
    each, _ = _even_split(shape, layout)
    return maximum(each, maximum(layout.first_layers, layout.last_layers))


@checked(returns="1")
def layers_on_last_stage(shape: Architecture, layout: Layout):
    """Layers of the last stage [1]: where a split isn't given, the slots that it leaves empty are left so beside the head."""
    if layout.stages:
        return layout.stages[-1]
    each, empty = _even_split(shape, layout)
    return where(layout.last_layers > 0, layout.last_layers, maximum(each - empty, 0))


@checked(returns={"first": "1", "middle": "1", "last": "1"})
def stage_layers(shape: Architecture, layout: Layout):
    """Layers of the first, the fullest other and the last stage of a pipeline [1], as its memory is balanced best.

    Slots that an even split leaves empty are left so at both ends, beside the embedding and the head, as in BLOOM's
    pipeline (6 of 70 layers on a stage, 5 on the ends) and Llama 3's.
    """
    if layout.stages:
        first, *others, last = layout.stages if len(layout.stages) > 1 else layout.stages * 2
        return {"first": first, "middle": max(others, default=0.0), "last": last}
    each, empty = _even_split(shape, layout)
    at_start = where((layout.pp > 2) & (layout.first_layers + layout.last_layers <= 0), np.floor(empty / 2), 0)
    last = maximum(each - where(layout.last_layers > 0, 0, empty - at_start), 0)
    return {
        "first": where(layout.first_layers > 0, layout.first_layers, maximum(each - at_start, 0)),
        "middle": each,
        "last": where(layout.last_layers > 0, layout.last_layers, last),
    }


@checked(returns="1")
def expert_tensor_parallel(layout: Layout):
    """Tensor-parallel ranks that an expert is cut over [1]: tp, or none where experts are spread over tp x cp x dp."""
    return where((layout.expert_tp > 0) & (layout.ep <= layout.cp * layout.dp), layout.tp, 1)


@checked(returns="1")
def expert_copies(layout: Layout):
    """How many times the GPUs of a stage hold each expert [1]."""
    spread = layout.tp * layout.cp * layout.dp / (layout.ep * expert_tensor_parallel(layout))
    return maximum(spread, 1)


@checked(returns="1")
def sharing_ranks(layout: Layout):
    """Ranks that share weights, gradients and optimizer states among themselves [1]: all cp x dp, or those of a group (HSDP)."""
    return layout.cp * layout.dp / layout.replicas


@checked(returns="1")
def expert_replicas(layout: Layout):
    """Groups (HSDP) that an expert's copies are spread over [1]: no more than there are copies of it."""
    return where(layout.replicas > 1, minimum(layout.replicas, expert_copies(layout)), 1.0)


@checked(returns="1")
def expert_sharing_ranks(layout: Layout):
    """Those ranks for an expert's [1]: they hold the same one."""
    return maximum(expert_copies(layout) / layout.replicas, 1)


def _split_fits(shape, layout):
    """Whether a given split has as many stages as the pipeline, and as many layers as the model."""
    return (layout.pp == len(layout.stages)) & (sum(layout.stages) == shape.layers + shape.mtp)


def _whole(number):
    """1 where a number is whole, but for rounding."""
    return np.abs(number - np.rint(number)) < 1e-9


@checked(returns="1")
def groups_fit(layout: Layout):
    """1 where ranks, and copies of an expert, can be shared out to the groups (HSDP) [1]: as many to each, or a copy for as many groups."""
    ranks, copies = sharing_ranks(layout), expert_copies(layout) / layout.replicas
    each = maximum(copies, 1 / copies)  # copies for a group, or groups for a copy
    return 1 * (_whole(ranks) & ((layout.replicas == 1) | _whole(each)))


@checked(returns="1")
def layers_left_out(shape: Architecture, layout: Layout):
    """Above 0 where the given ends of a pipeline hold more layers than there are, or are all of its stages and hold fewer [1]."""
    given, total = layout.first_layers + layout.last_layers, shape.layers + shape.mtp
    others = layout.pp - where(layout.first_layers > 0, 1, 0) - where(layout.last_layers > 0, 1, 0)
    alone = np.abs(given - total) - others  # fewer stages than are given, below 0
    return where((given > 0) & (others <= 0), alone, given - total)


@checked(returns="1")
def schedule_fits(layout: Layout, batch: Batch):
    """1 where the pipeline's schedule is possible [1]: interleaving is 1F1B's and GPipe's, by multiples of pp microbatches;
    DualPipe takes an even number of stages and of microbatches, at least two for each stage (deepseek-ai/DualPipe)."""
    count = microbatches(layout, batch)
    interleaved = (layout.pp > 1) & (layout.schedule < 2) & _whole(count / layout.pp)
    dual = _whole(layout.pp / 2) & _whole(count / 2) & (count >= 2 * layout.pp)
    return 1 * (((layout.interleave == 1) | interleaved) & ((layout.schedule < 3) | (layout.pp == 1) | dual))


@checked(returns="1")
def fits(shape: Architecture, layout: Layout, batch: Batch):
    """1 where the layout is possible [1]: every degree divides what it splits, and there are layers for all chunks.

    The embedding and the head count as a layer each, as Llama 3 splits 126 layers into 128 chunks. Key heads fewer than
    tp are held by several ranks; weights may be shared among ranks (FSDP) in a pipeline, too. Ulysses cuts heads over cp, too.
    """
    count = microbatches(layout, batch)
    experts = where(shape.experts > 0, shape.experts, 1)
    places = layout.tp * layout.cp * layout.dp / expert_tensor_parallel(layout)
    heads = shape.heads / where(layout.ulysses > 0, layout.tp * layout.cp, layout.tp)
    return 1 * (
        _whole(heads)
        & (not layout.stages or _split_fits(shape, layout))
        & _whole(experts / layout.ep)
        & _whole(places / layout.ep)
        & (groups_fit(layout) > 0)
        & (layers_left_out(shape, layout) <= 0)
        & _whole(count)
        & (count >= 1)
        & (layout.pp * layout.interleave <= shape.layers + END_LAYERS)
        & (schedule_fits(layout, batch) > 0)
    )
