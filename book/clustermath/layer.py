"""The work of one average layer on one microbatch and one GPU: FLOPs and memory traffic, and the time they take.

Everything is for the forward pass; `backward` says how many times it the backward pass takes.
"""

from types import SimpleNamespace

import numpy as np

from .architecture import Architecture, attention_params, ffn_params, mean_reach, mixture_share
from .assumptions import ASSUMED
from .layout import Batch, Layout, expert_tensor_parallel, tokens_per_microbatch
from .matmul import Machine, matmul_rate, matmul_time
from .parameters import checked
from .software import Constants, Stack


def _widths(shape, layout):
    """Widths of a layer's tensors, averaged over dense and mixture layers: what one GPU holds of them for a token."""
    moe = mixture_share(shape)
    dense, tp = 1 - moe, layout.tp
    copies = dense + moe * (shape.top_k / tp + np.where(shape.shared_ffn > 0, 1, 0))
    ffn = dense * shape.ffn + moe * (shape.top_k * shape.expert_ffn + shape.shared_ffn)
    return SimpleNamespace(
        moe=moe,
        qkv=(shape.heads * shape.head_dim + shape.kv_heads * (shape.head_dim + shape.value_dim)) / tp,
        heads=shape.heads * shape.value_dim / tp,
        ffn=ffn / tp,
        copies=copies * shape.hidden,  # inputs of the feed-forward: one for each expert that a token visits
        routed=moe * shape.top_k * shape.hidden / tp,
        expert_ffn=moe * shape.top_k * shape.expert_ffn / tp,
        hidden=shape.hidden,
        normed=shape.hidden / np.where(layout.sequence_parallel > 0, tp, 1),
    )


@checked(returns="1")
def key_parts(shape: Architecture, layout: Layout):
    """Parts that tensor parallelism cuts a layer's keys and values into [1]: no more than there are heads of them.

    With more ranks than that, several hold the same head (Megatron-LM, torchtitan). Latent ones are cut when expanded.
    """
    return np.where(shape.kv_rank > 0, layout.tp, np.minimum(layout.tp, shape.kv_heads))


@checked(returns="1")
def layer_weights(shape: Architecture, layout: Layout):
    """Weights of an average layer that one GPU holds [1], by named part."""
    moe = mixture_share(shape)
    attention = attention_params(shape)
    return {
        "attention": (attention["query"] + attention["output"]) / layout.tp + attention["key_value"] / key_parts(shape, layout),
        "feed-forward": ffn_params(shape, (1 - moe) * shape.ffn + moe * shape.shared_ffn) / layout.tp,
        "experts": moe * ffn_params(shape, shape.expert_ffn) * shape.experts / (layout.ep * expert_tensor_parallel(layout)),
    }


@checked(returns={"forward": "s", "backward": "s"})
def matmuls(shape: Architecture, machine: Machine, layout: Layout, batch: Batch):
    """Time of a layer's matrix multiplies with weights [s]: all but attention's scores."""
    tokens = tokens_per_microbatch(layout, batch)
    widths = _widths(shape, layout)
    active = sum(attention_params(shape).values()) / layout.tp + ffn_params(shape, widths.ffn)
    work = batch.flops_per_weight * active * tokens
    inputs = widths.hidden + widths.heads + widths.copies + widths.ffn
    results = widths.qkv + widths.hidden + (1 + shape.gated) * widths.ffn + widths.copies
    activations = tokens * (inputs * batch.operand_bytes + results * batch.value_bytes)
    held = sum(layer_weights(shape, layout).values())
    operand = batch.weight_bytes * batch.operand_bytes / batch.value_bytes
    rate, bandwidth = matmul_rate(machine, batch.bits), machine.hbm_bandwidth
    return {
        "forward": matmul_time(work, activations + held * operand, rate, bandwidth),
        "backward": matmul_time(
            2 * work, 2 * activations + held * (operand + ASSUMED.accumulate_bytes * batch.weight_bytes), rate, bandwidth
        ),
    }


@checked(returns={"forward": "s", "backward": "s"})
def scores(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, stack: Stack, constants: Constants):
    """Time of attention's scores and their use [s].

    Flash attention computes the causal half in BF16 whatever the precision, and 2.5 times that backward; its rate
    falls with short sequences and with the root of a head's width below 128 (`assumptions`). Without it, the full matrix is computed
    and passed through memory.
    """
    tokens = tokens_per_microbatch(layout, batch)
    reach = mean_reach(shape, batch.seq_len, stack.flash)
    work = batch.flops_per_pair * tokens * reach * shape.heads * (shape.head_dim + shape.value_dim) / layout.tp
    slower = np.where(stack.first_flash > 0, constants.first_flash, 1)
    narrow = np.sqrt(np.minimum(shape.head_dim / ASSUMED.full_head, 1))
    short = batch.seq_len / (batch.seq_len + constants.attention_ramp)
    time = work / (machine.matmul16 * constants.attention * slower * narrow * short)
    pairs = batch.flops_per_pair * tokens * batch.seq_len * shape.heads / layout.tp
    through_memory = (1 - stack.flash) * ASSUMED.score_passes * pairs * _bytes_per_flop(batch) / machine.hbm_bandwidth
    return {"forward": time + through_memory, "backward": (2 + (ASSUMED.flash_backward - 2) * stack.flash) * time + through_memory}


def _bytes_per_flop(batch):
    """Bytes of one BF16 value for each FLOP of one multiplication and addition: turns FLOPs of pairs into bytes."""
    return batch.value_bytes / batch.flops_per_weight


@checked(returns="s")
def elementwise(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, constants: Constants):
    """Time of norms, residuals, rotary embedding and activation, forward [s]; backward takes twice as long.

    The least traffic: 10 BF16 values a token and unit of width for norms and residuals, 2 for queries, keys and values
    and the heads' output, 2 and one more if gated for the feed-forward.
    """
    widths = _widths(shape, layout)
    attention = shape.heads * shape.head_dim + shape.kv_heads * shape.head_dim
    values = 10 * widths.normed + 2 * attention / layout.tp + (2 + shape.gated) * widths.ffn
    traffic = tokens_per_microbatch(layout, batch) * values * batch.value_bytes
    return constants.elementwise * traffic / machine.hbm_bandwidth


@checked(returns={"forward": "s", "backward": "s"})
def casts(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, constants: Constants):
    """Time of quantising the inputs of matrix multiplies [s]: read in BF16, written once as rows, once as columns."""
    widths = _widths(shape, layout)
    passes = np.where(batch.bits < 16, np.where(batch.blocked > 0, constants.cast_blocked, 1), 0)
    second = tokens_per_microbatch(layout, batch) * 2 * batch.value_bytes * passes / machine.hbm_bandwidth
    return {
        "forward": second * (widths.hidden + widths.heads + widths.copies + widths.ffn),
        "backward": second * (widths.qkv + widths.hidden + (1 + shape.gated) * widths.ffn + widths.copies),
    }


@checked(returns="s")
def permutation(shape: Architecture, machine: Machine, layout: Layout, batch: Batch, constants: Constants):
    """Time of moving tokens to their experts and back in memory, forward [s]; backward takes as long.

    Each routed copy of a token is read and written twice. Experts with biases add passes over their activations.
    """
    widths = _widths(shape, layout)
    biased = constants.biased_experts * shape.bias * widths.expert_ffn
    traffic = tokens_per_microbatch(layout, batch) * (4 * widths.routed + biased) * batch.value_bytes
    return traffic / machine.hbm_bandwidth


@checked(returns="s")
def launching(shape: Architecture, layout: Layout, stack: Stack, constants: Constants):
    """Time that the host needs to launch a layer of experts, forward and backward [s]; averaged over the layers."""
    moe = mixture_share(shape)
    slower = np.where(stack.fused_moe > 0, 1, constants.unfused_moe)
    return moe * slower * (constants.host + constants.host_per_expert * shape.experts / layout.ep)
