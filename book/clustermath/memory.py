"""Memory of one GPU, part by part: weights, gradients, optimizer states, and what backward needs of the forward.

The first stage of a pipeline holds most activations and the last one the logits; both are counted, as one GPU's.
Activations follow Korthikanti et al. (arXiv 2205.05198), table 2, for any width of attention and feed-forward.
"""

import numpy as np

from .layer import layer_weights
from .layout import layers_per_stage, microbatches, tokens_per_microbatch
from .parameters import checked
from .schedule import microbatches_in_flight

LOGIT_VALUES = 3.0  # a logit in BF16, and in FP32 for the loss, in values of BF16
RESERVE = 0.06  # of the memory: CUDA, NCCL's buffers, fragments


@checked(returns="B")
def layer_activations(shape, layout, batch, stack):
    """What one layer keeps of a microbatch until backward [B], without recomputation but for attention's scores.

    GPT's layer keeps s b h (10 + 24/t + 5as/ht) bytes over t tensor-parallel ranks, 34 s b h / t with sequence
    parallelism and selective recomputation. A gated feed-forward keeps its two factors and multiplies them again.
    """
    tokens, tp = tokens_per_microbatch(layout, batch), layout.tp
    moe = (shape.layers - shape.dense_layers) / shape.layers
    copies = moe * shape.top_k * shape.hidden / tp
    ffn = (1 - moe) * shape.ffn + moe * (shape.top_k * shape.expert_ffn + shape.shared_ffn)
    normed = (4 + shape.bias) * shape.hidden / np.where(layout.sequence_parallel > 0, tp, 1)
    attention = shape.heads * (shape.head_dim + shape.value_dim) + shape.kv_heads * (shape.head_dim + shape.value_dim)
    values = normed + (attention + 2 * ffn) / tp + copies
    kept = (1 - stack.flash) * (1 - layout.recompute_scores)
    pairs = batch.flops_per_pair / batch.flops_per_weight * batch.seq_len
    return tokens * batch.value_bytes * (values + kept * 2.5 * shape.heads * pairs / tp)


@checked(returns="B")
def memory_parts(shape, machine, layout, batch, stack):
    """Memory that the fullest GPU needs [B], by part; `sum(parts.values())` is the total."""
    layers, ranks = layers_per_stage(shape, layout), layout.cp * layout.dp
    weights = layer_weights(shape, layout)
    shared = layers * (weights["attention"] + weights["feed-forward"]) + shape.vocab * shape.hidden / layout.tp
    experts = layers * weights["experts"]
    copies = np.maximum(ranks / layout.ep, 1)

    def kept(stage):
        """Weights whose states of this kind a GPU keeps, if they are shared from this ZeRO stage on."""
        return np.where(layout.zero >= stage, shared / ranks + experts / copies, shared + experts)

    tokens = tokens_per_microbatch(layout, batch)
    in_flight = microbatches_in_flight(layout.schedule, layout.pp, layout.interleave, microbatches(layout, batch))
    stages_in_flight = np.where(layout.pp > 1, in_flight, 1)
    inputs = tokens * shape.hidden * batch.value_bytes / np.where(layout.sequence_parallel > 0, layout.tp, 1)
    whole = layer_activations(shape, layout, batch, stack)
    activations = (1 - layout.recompute) * whole + layout.recompute * np.minimum(inputs, whole)
    gathered = np.where(layout.zero > 2, 2 * (shared + experts) / layers, 0) * batch.weight_bytes
    return {
        "weights": kept(3) * batch.weight_bytes + gathered,
        "gradients": kept(2) * batch.gradient_bytes,
        "optimizer": kept(1) * batch.optimizer_bytes,
        "activations": stages_in_flight * layers * activations + layout.recompute * whole,
        "logits": tokens * shape.vocab / layout.tp * LOGIT_VALUES * batch.value_bytes,
        "reserve": RESERVE * machine.hbm,
    }


@checked(returns="B")
def memory(shape, machine, layout, batch, stack):
    """Memory that the fullest GPU needs [B]."""
    return sum(memory_parts(shape, machine, layout, batch, stack).values())
