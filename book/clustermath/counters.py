"""Which counter says what: FLOPs for one token of training, forward and backward, as programs of the field count them.

The same model and sequence get seven numbers, from conventions that each program fixes: the causal half of the scores
or the full matrix, windows or none, the router, multi-token prediction. Read from the programs' sources: Megatron-core
0.19.2 (training/flops), Megatron-Bridge 0.3 to 0.6.2 (utils/flop_utils.py), torchtitan 0.3.0, MaxText 0.2.5
(maxtext_utils.py), torch 2.13 (utils/flop_counter.py).
"""

from __future__ import annotations

import dataclasses

from .architecture import Architecture, active_parameters, attention_params, ffn_params, forward_flops
from .parameters import checked


def without_windows(shape: Architecture) -> Architecture:
    """The same shape with full attention in every layer."""
    return dataclasses.replace(shape, window=0.0, window_layers=0.0, chunked=0.0)


@checked(returns="FLOP/token")
def six_n(shape: Architecture, flops_per_param=6.0):
    """6 N: six FLOPs for every parameter that works on a token, both embeddings among them. Kaplan et al., 2001.08361."""
    return flops_per_param * sum(active_parameters(shape).values())


@checked(returns="FLOP/token")
def mtp_flops(shape: Architecture, seq_len, causal=1.0, flops_per_weight=2.0, flops_per_pair=2.0):
    """Forward FLOPs of the multi-token-prediction modules for one token: a layer, a projection of 2h to h and a head each.

    The module is a mixture's layer where the model is one (DeepSeek-V3). Without the router, as Megatron counts.
    """
    mixture = shape.experts > 0
    width = shape.top_k * shape.expert_ffn + shape.shared_ffn if mixture else shape.ffn
    weights = sum(attention_params(shape).values()) + ffn_params(shape, width) + 2 * shape.hidden**2 + 3 * shape.hidden + shape.vocab * shape.hidden
    scores = forward_flops(without_windows(shape), seq_len, causal, flops_per_weight, flops_per_pair)["attention scores"] / shape.layers
    return shape.mtp * (flops_per_weight * weights + scores)


@checked(returns="FLOP/token")
def megatron(shape: Architecture, seq_len):
    """Megatron-core 0.19.2: the causal half, no windows, no router, multi-token prediction counted."""
    parts = forward_flops(without_windows(shape), seq_len, 1.0)
    return 3 * (sum(parts.values()) - parts["router"] + mtp_flops(shape, seq_len))


@checked(returns="FLOP/token")
def bridge(shape: Architecture, seq_len):
    """Megatron-Bridge from 0.5 on: as Megatron-core, with each window's exact mean."""
    parts = forward_flops(shape, seq_len, 1.0)
    return 3 * (sum(parts.values()) - parts["router"] + mtp_flops(shape, seq_len))


@checked(returns="FLOP/token")
def bridge_gpt_oss(shape: Architecture, seq_len):
    """Megatron-Bridge up to 0.4.2 on GPT-OSS: no windows, and an expert taken for two matrices although it is gated."""
    parts = forward_flops(without_windows(shape), seq_len, 1.0)
    matrices = 2 / (2 + shape.gated)
    return 3 * (sum(parts.values()) - parts["router"] - (1 - matrices) * parts["experts"] + mtp_flops(shape, seq_len))


@checked(returns="FLOP/token")
def torchtitan(shape: Architecture, seq_len):
    """torchtitan 0.3.0: the full score matrix, no windows; 6 for each parameter but the input embedding's."""
    active = active_parameters(shape)
    scores = forward_flops(without_windows(shape), seq_len, 0.0)["attention scores"]
    head = shape.tied * shape.vocab * shape.hidden
    return 6.0 * (sum(active.values()) - active["embedding"] + head) + 3 * scores


@checked(returns="FLOP/token")
def maxtext(shape: Architecture, seq_len):
    """MaxText 0.2.5: the causal half with exact windows, router and head counted, no multi-token prediction."""
    return 3 * sum(forward_flops(shape, seq_len, 1.0).values())


@checked(returns="FLOP/token")
def torch_counter(shape: Architecture, seq_len):
    """torch's FlopCounterMode on an eager model: every matrix multiplication, the full score matrix, backward at twice."""
    return 3 * sum(forward_flops(without_windows(shape), seq_len, 0.0).values())


COUNTERS = {
    "megatron": megatron,
    "bridge": bridge,
    "bridge up to 0.4.2, GPT-OSS": bridge_gpt_oss,
    "torchtitan": torchtitan,
    "maxtext": maxtext,
    "torch": torch_counter,
}
