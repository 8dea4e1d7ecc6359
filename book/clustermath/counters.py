"""Which counter says what: FLOPs for one token of training, forward and backward, as programs of the field count them.

The same model and sequence get seven numbers, from conventions that each program fixes: the causal half of the scores
or the full matrix, windows or none, the router, multi-token prediction. Read from the programs' sources: Megatron-core
0.19.2 (training/flops), Megatron-Bridge 0.3 to 0.6.2 (utils/flop_utils.py), torchtitan 0.3.0, MaxText 0.2.5
(maxtext_utils.py), torch 2.13 (utils/flop_counter.py).
"""

from __future__ import annotations

import numpy as np

from .architecture import Architecture, active_parameters, attention_params, ffn_params, forward_flops
from .composition import attention_layers, over_mixers
from .parameters import checked


@checked(returns="FLOP/token")
def six_n(shape: Architecture, flops_per_param=6.0):
    """6 N: six FLOPs for every parameter that works on a token, both embeddings among them. Kaplan et al., 2001.08361."""
    return flops_per_param * sum(active_parameters(shape).values())


@checked(returns="FLOP/token")
def scores_without_windows(shape: Architecture, seq_len, causal=1.0, flops_per_pair=2.0):
    """Forward FLOPs of attention's scores for one token, as if no layer had a window."""
    values = attention_layers(shape) * shape.heads * (shape.head_dim + shape.value_dim)
    if shape.mixers:
        values = values + shape.layers * (over_mixers(shape, "scores") + over_mixers(shape, "index_scores"))
    return flops_per_pair * values * seq_len * (1 - 0.5 * causal)


@checked(returns="FLOP/token")
def mtp_flops(shape: Architecture, seq_len, flops_per_weight=2.0, flops_per_pair=2.0):
    """Forward FLOPs of the multi-token-prediction modules for one token, the causal half of the scores.

    A module is one more layer (a mixture's where the model is one, without the router), a projection of 2h to h with its
    norms, and a head, as both of NVIDIA's formulas count it.
    """
    width = np.where(shape.experts > 0, shape.top_k * shape.expert_ffn + shape.shared_ffn, shape.ffn)
    weights = sum(attention_params(shape).values()) + ffn_params(shape, width) + 2 * shape.hidden**2 + 3 * shape.hidden + shape.vocab * shape.hidden
    scores = scores_without_windows(shape, seq_len, 1.0, flops_per_pair) / shape.layers
    return shape.mtp * (flops_per_weight * weights + scores)


@checked(returns="FLOP/token")
def megatron(shape: Architecture, seq_len, flops_per_weight=2.0, flops_per_pair=2.0):
    """Megatron-core 0.19.2: the causal half, no windows, no router, multi-token prediction counted."""
    parts = forward_flops(shape, seq_len, 1.0, flops_per_weight, flops_per_pair)
    scores = scores_without_windows(shape, seq_len, 1.0, flops_per_pair)
    return 3 * (_linear(parts) - parts["router"] + scores + mtp_flops(shape, seq_len, flops_per_weight, flops_per_pair))


@checked(returns="FLOP/token")
def bridge(shape: Architecture, seq_len, flops_per_weight=2.0, flops_per_pair=2.0):
    """Megatron-Bridge from 0.5 on: as Megatron-core, with each window's exact mean."""
    parts = forward_flops(shape, seq_len, 1.0, flops_per_weight, flops_per_pair)
    return 3 * (sum(parts.values()) - parts["router"] + mtp_flops(shape, seq_len, flops_per_weight, flops_per_pair))


@checked(returns="FLOP/token")
def bridge_gpt_oss(shape: Architecture, seq_len, flops_per_weight=2.0, flops_per_pair=2.0):
    """Megatron-Bridge up to 0.4.2 on GPT-OSS: no windows, and an expert taken for two matrices although it is gated."""
    experts = forward_flops(shape, seq_len, 1.0, flops_per_weight, flops_per_pair)["experts"]
    return megatron(shape, seq_len, flops_per_weight, flops_per_pair) - 3 * experts * shape.gated / (2 + shape.gated)


@checked(returns="FLOP/token")
def torchtitan(shape: Architecture, seq_len, flops_per_param=6.0, flops_per_pair=2.0):
    """torchtitan 0.3.0: the full score matrix, no windows; 6 for each parameter but the input embedding's."""
    active = active_parameters(shape)
    weights = sum(active.values()) - active["embedding"] + shape.tied * shape.vocab * shape.hidden
    return flops_per_param * weights + 3 * scores_without_windows(shape, seq_len, 0.0, flops_per_pair)


@checked(returns="FLOP/token")
def maxtext(shape: Architecture, seq_len, flops_per_weight=2.0, flops_per_pair=2.0):
    """MaxText 0.2.5: the causal half with exact windows, router and head counted, no multi-token prediction."""
    return 3 * sum(forward_flops(shape, seq_len, 1.0, flops_per_weight, flops_per_pair).values())


@checked(returns="FLOP/token")
def torch_counter(shape: Architecture, seq_len, flops_per_weight=2.0, flops_per_pair=2.0):
    """torch's FlopCounterMode on an eager model: every matrix multiplication, the full score matrix, backward at twice."""
    parts = forward_flops(shape, seq_len, 0.0, flops_per_weight, flops_per_pair)
    return 3 * (_linear(parts) + scores_without_windows(shape, seq_len, 0.0, flops_per_pair))


def _linear(parts):
    """What is linear in the length of a sequence: all but the scores."""
    return sum(part for name, part in parts.items() if name != "attention scores")


COUNTERS = {
    "megatron": megatron,
    "bridge": bridge,
    "bridge up to 0.4.2, GPT-OSS": bridge_gpt_oss,
    "torchtitan": torchtitan,
    "maxtext": maxtext,
    "torch": torch_counter,
}
