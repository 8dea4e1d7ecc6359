"""Memory of one GPU, part by part: weights, gradients, optimizer states, and what backward needs of the forward.

The first stage of a pipeline holds most activations and the last one the logits; both are counted, as one GPU's.
Activations follow Korthikanti et al. (arXiv 2205.05198), table 2, for any width of attention and feed-forward.
"""

from dataclasses import dataclass

from .architecture import Architecture
from .assumptions import ASSUMED
from .composition import attention_share, dense_share, mixture_share, over_mixers
from .layer import end_weights, keys_held, stored_weights, trained_weights
from .layout import (
    Batch,
    Layout,
    expert_sharing_ranks,
    layers_per_stage,
    microbatches,
    sharing_ranks,
    stage_layers,
    tokens_per_microbatch,
)
from .matmul import Machine
from .numeric import either, maximum, minimum, where
from .parameters import checked
from .records import Record, quantity
from .schedule import microbatches_in_flight
from .software import Stack
from .tuning import adapted, trained_share


@checked(returns="B")
def layer_activations(shape: Architecture, layout: Layout, batch: Batch, stack: Stack):
    """What one layer keeps of a microbatch until backward [B], without recomputation but for attention's scores.

    GPT's layer keeps s b h (10 + 24/t + 5as/ht) bytes over t tensor-parallel ranks, 34 s b h / t with sequence
    parallelism and selective recomputation. A gated feed-forward keeps its two factors and their product, unless
    recompute_simple: then norms and activations are computed again, and what they gave isn't kept. Inputs of matrix
    multiplies are kept as they were quantised for them (Transformer Engine), and where their weights, or adapters beside
    them, are trained: only those need them.
    """
    tokens, tp = tokens_per_microbatch(layout, batch), layout.tp
    moe, simple = mixture_share(shape), 1 - layout.recompute_simple
    copies = moe * shape.top_k * shape.hidden / tp
    ffn = (dense_share(shape) * shape.ffn + moe * (shape.top_k * shape.expert_ffn + shape.shared_ffn)) / tp
    norm = shape.hidden / where(layout.sequence_parallel > 0, tp, 1)
    output = (1 - stack.kept8 / 4) * shape.heads * shape.value_dim / tp
    projected = shape.heads * shape.head_dim / tp + keys_held(shape, layout) * (shape.head_dim + shape.value_dim)
    again = (layout.recompute_up > 0) & (shape.kv_rank > 0)
    projected = where(again, shape.query_rank + shape.kv_rank + shape.rope_dim, projected)
    mixed = attention_share(shape) * (projected + output) + over_mixers(shape, "width") / tp
    factors = (1 - stack.kept8 / 2) * (1 + shape.gated) * ffn
    values = (2 + shape.bias) * norm + mixed + factors
    needed = _inputs_needed(shape)
    product = where((shape.gated > 0) & (stack.product_kept < 1), 0, ffn)
    operands = simple * (needed["norms"] * norm + needed["product"] * product) + needed["copies"] * copies
    kept = (1 - stack.flash) * (1 - layout.recompute_scores)
    pairs = batch.flops_per_pair / batch.flops_per_weight * batch.seq_len
    scores = kept * 2.5 * attention_share(shape) * shape.heads * pairs / tp
    return tokens * (batch.value_bytes * (values + scores) + batch.operand_bytes * operands) + (_ranks(shape, tokens / tp, batch) if shape.tuning else 0.0)


def _inputs_needed(shape):
    """How many of a layer's norms, its product and the experts' copies of tokens are kept for weights that are trained."""
    if not shape.tuning:
        return {"norms": 2, "product": 1, "copies": 1}
    (tuning,), own = shape.tuning, trained_share(shape) > 0

    def needed(*matrices):
        return where(own | (tuning.rank > 0) & (sum(getattr(tuning, matrix) for matrix in matrices) > 0), 1, 0)

    return {"norms": needed("query", "key", "value") + needed("up"), "product": needed("down"), "copies": where(own | (tuning.experts > 0), needed("up"), 0)}


def _ranks(shape, tokens, batch):
    """What adapters keep of a layer's tokens between their two matrices [B]."""
    return tokens * batch.value_bytes * sum(matrix.working * matrix.rank for matrix in adapted(shape))


def shared_out(weights, layout: Layout):
    """Of weights, "shared" ones and "experts", how many a GPU keeps alone, and how many if its ranks share them [1]."""
    spread = weights["shared"] / maximum(sharing_ranks(layout), 1) + weights["experts"] / expert_sharing_ranks(layout)
    return weights["shared"] + weights["experts"], spread


@checked(returns={"weights": "B", "gradients": "B", "optimizer": "B"})
def bytes_kept(batch: Batch, stack: Stack):
    """Of a weight, of its gradient and of its optimizer states [B]: the batch's, or the software's where these are smaller."""
    return {
        "weights": batch.weight_bytes,
        "gradients": minimum(batch.gradient_bytes, stack.gradient_bytes),
        "optimizer": minimum(batch.optimizer_bytes, stack.optimizer_bytes),
    }


@checked(returns="B")
def gathered_weights(shape: Architecture, layout: Layout, batch: Batch):
    """Weights of two layers, as FSDP gathers them [B]; nothing where ranks share no weights."""
    held = stored_weights(shape, layout, batch)
    return where(layout.zero > 2, 2 * (held["shared"] + held["experts"]), 0) * batch.weight_bytes


@checked(returns={"waiting": "B", "again": "B", "gathered": "B", "logits": "B", "reserve": "B"})
def working(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """What a GPU needs beside weights, gradients and states [B]: waiting, of a layer for each microbatch in flight; again, for
    the layer that is recomputed; gathered, weights of two layers (FSDP); logits, where the head is; and the reserve."""
    tokens = tokens_per_microbatch(layout, batch)
    inputs = tokens * shape.hidden * batch.value_bytes / where(layout.sequence_parallel > 0, layout.tp, 1)
    whole = layer_activations(shape, layout, batch, stack)
    logit_bytes = where(layout.tp > 1, stack.parallel_logit_bytes, stack.logit_bytes)
    at_once = where(stack.loss_chunk > 0, minimum(tokens, stack.loss_chunk), tokens)
    return {
        "waiting": (1 - layout.recompute) * whole + layout.recompute * minimum(inputs, whole),
        "again": layout.recompute * whole,
        "gathered": gathered_weights(shape, layout, batch),
        "logits": at_once * shape.vocab / layout.tp * logit_bytes,
        "reserve": ASSUMED.reserve * machine.hbm,
    }


@checked(returns={"weights": "B", "gradients": "B", "optimizer": "B"})
def states(shape: Architecture, layout: Layout, batch: Batch, stack: Stack):
    """What the fullest stage keeps of weights, gradients and optimizer states [B], no matter what a microbatch is.

    DualPipe runs two pipelines in opposite directions through the same GPUs: each holds the weights of two stages, the
    first GPU those of both ends, and adds up gradients for both. States are shared with the GPU that holds the same.
    Where no split is given, the ends count as full there.
    """
    held, trained = stored_weights(shape, layout, batch), (trained_weights(shape, layout), trained_share(shape))
    stages, layers = stage_layers(shape, layout), layers_per_stage(shape, layout)
    vocabulary, positions = end_weights(shape, layout).values()
    dual = either(layout.schedule > 2, lambda: layout.pp > 1, lambda: False)
    given = True if layout.stages else layout.first_layers + layout.last_layers > 0

    def kept(of_layer, whole):
        """Weights of the fullest stage, and of what a GPU holds. of_layer: of one layer; whole: share of the other matrices."""
        first, last = stages["first"] * of_layer, stages["last"] * of_layer
        ends = maximum(first + positions * whole, last) + vocabulary * whole
        middle = where(layout.pp > 2, stages["middle"], 0) * of_layer
        others = ((2 - shape.tied) * vocabulary + positions) * whole
        alone = layers * of_layer + others
        single = where(layout.pp > 1, maximum(ends, middle), alone)

        def both():
            return where(given, maximum(first + last + others, 2 * middle), alone + layers * of_layer)

        return single, either(dual, both, lambda: single)

    def where_shared(zero, of_layer, whole, both):
        """What a GPU keeps of this kind, which is shared from this ZeRO stage on; `both`: in DualPipe, for two stages."""
        each, spread_each = shared_out(of_layer, layout)
        unshared, spread = kept(each, whole), kept(spread_each, whole / maximum(sharing_ranks(layout), 1))
        return where(layout.zero >= zero, spread[both], unshared[both])

    kept_of = {"weights": where_shared(3, held, 1, 1), "gradients": where_shared(2, *trained, 1), "optimizer": where_shared(1, *trained, 0)}
    return {name: kept_of[name] * size for name, size in bytes_kept(batch, stack).items()}


def _waiting(layout, batch):
    """Microbatches of which a layer keeps what backward needs."""
    in_flight = microbatches_in_flight(layout.schedule, layout.pp, layout.interleave, microbatches(layout, batch))
    return where(layout.pp > 1, in_flight, 1)


@checked(returns="B")
def memory_parts(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Memory that the fullest GPU needs at most [B], by part; `sum(parts.values())` is the total.

    Each part is that of the stage that has most of it: of every stage for itself, see `stages.memory_of_stages`.
    """
    held, work = states(shape, layout, batch, stack), working(shape, machine, layout, batch, stack)
    return held | {
        "weights": held["weights"] + work["gathered"],
        "activations": _waiting(layout, batch) * layers_per_stage(shape, layout) * work["waiting"] + work["again"],
        "logits": work["logits"],
        "reserve": work["reserve"],
    }


@dataclass(frozen=True, kw_only=True)
class Portions(Record):
    """What memory is made of: much that many layouts have in common.

    held: `states`, and what of weights is gathered, and layers, of the fullest stage, no matter what a microbatch is; waiting:
    of a layer and a microbatch, and once: all else, no matter what the pipeline is.
    """

    held: float = quantity("B")
    layers: float = quantity("1")
    waiting: float = quantity("B")
    once: float = quantity("B")


@checked(returns={"held": "B", "layers": "1"})
def stage_portions(shape: Architecture, layout: Layout, batch: Batch, stack: Stack):
    """Of `Portions` what no microbatch changes."""
    held = sum(states(shape, layout, batch, stack).values()) + gathered_weights(shape, layout, batch)
    return {"held": held, "layers": layers_per_stage(shape, layout)}


@checked(returns={"waiting": "B", "once": "B"})
def microbatch_portions(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Of `Portions` what no pipeline changes."""
    work = working(shape, machine, layout, batch, stack)
    return {"waiting": work["waiting"], "once": work["again"] + work["logits"] + work["reserve"]}


@checked(returns="B")
def memory_from_portions(shape: Architecture, layout: Layout, batch: Batch, portions: Portions):
    """`memory`, for portions that are known [B]."""
    return portions.held + (_waiting(layout, batch) * portions.layers * portions.waiting + portions.once)


@checked(returns="B")
def memory(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack):
    """Memory that the fullest GPU needs at most [B]: as if it had the most of every part that any stage has.

    This is what the search, the map and Your run compare with a chip: one formula for arrays of layouts and for a page, and
    what it lets through fits. `stages.memory_of_fullest` goes from stage to stage, and is what `step` and `memory` of the command
    line ask. For a pipeline of the published runs this is 2 % more in the median and 30 % at most; for one of them,
    DeepSeek-V3's with its lighter ends, only the stages one by one say that it fits.
    """
    portions = stage_portions(shape, layout, batch, stack) | microbatch_portions(shape, machine, layout, batch, stack)
    return memory_from_portions(shape, layout, batch, Portions(**portions))
