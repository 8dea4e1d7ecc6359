"""What a config.json does not say of its model: how each family's class is built. Read from transformers 5.23.0.

A file names its class (`model_type`), and the class decides what is gated, which norms and biases a layer has, which
layers are mixtures and which attend to a window. A family is data: flags, names of fields, and names of `rules`, so that
the page reads the same table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from . import mixers
from .rules import (
    after_dense, after_the_first, after_the_first_layer, all_heads, all_layers, apertus_slopes, bloom_norm, but_every, by_kind, chunks, dbrx_heads,
    each_head, every_second, every_step, everywhere, falcon_heads, falcon_norms, four_times, from_to, gpt2_positions, if_any, interleaved, lfm2_width,
    mpt_heads, mpt_width, named_layers, no_norm, no_positions, nothing_else, nowhere, only_if, opt_positions, or_four_times, sinks, stablelm_norms,
    stated_heads, stated_layers, stated_width,
)  # fmt: skip


@dataclass(frozen=True)
class Mixture:
    """Where a family's file says how many experts there are, how many work on a token, and how wide they are.

    shared: the field with the shared experts' width; or, with `times`, with their number, each as wide as an expert.
    latent: the field with the width that tokens are projected to for the experts. dense_width: the field with the width of the layers that are no mixture. biased: each expert has its own biases.
    """

    experts: str
    per_token: str = "num_experts_per_tok"
    width: str = "moe_intermediate_size"
    dense_width: str = "intermediate_size"
    shared: str = ""
    times: bool = True
    always_shared: bool = False
    gate: bool = False
    biased: bool = False
    router_bias: float = 0.0
    latent: str = ""
    sparse: Callable = all_layers


@dataclass(frozen=True)
class Family:
    """How a class is built, where its file does not say so. A flag is True, False, or the name of the field that tells; of several names, any.

    norms: of the layer's width, in each layer; norm_bias: a norm has two vectors (LayerNorm) instead of one.
    qk_norm: values of the norms of queries and keys in a layer, as a function of (config, heads, kv_heads, head_dim).
    out: the output projection's bias; ffn: the feed-forward's. parallel: attention and feed-forward side by side.
    value_dim: values may be narrower than keys (`v_head_dim`). mixers: layers that mix their tokens otherwise, a function of `mixers`. layers: how many there are, of a config.
    other: further vectors, as a function of (config, hidden, layers, heads); gate: an output gate of attention.
    """

    gated: bool = True
    norms: float | Callable = 2.0
    norm_bias: bool = False
    qk_norm: Callable = no_norm
    qkv_bias: bool | str = False
    out_bias: bool | str = False
    ffn_bias: bool | str = False
    head_bias: bool | str = False
    parallel: bool | str | tuple[str, ...] = False
    positions: Callable = no_positions
    kv_heads: Callable = stated_heads
    ffn: Callable = partial(stated_width, "intermediate_size")
    windows: Callable = nowhere
    mixture: Mixture | None = None
    latent: bool = False
    value_dim: bool = False
    mixers: Callable | None = None
    layers: Callable = stated_layers
    other: Callable = nothing_else
    read_as: str = ""


LLAMA = Family(qkv_bias="attention_bias", out_bias="attention_bias", ffn_bias="mlp_bias")
QWEN2 = Family(qkv_bias=True, windows=after_the_first)
QWEN3 = Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=each_head, windows=after_the_first)
GEMMA = Family(qkv_bias="attention_bias", out_bias="attention_bias")
GEMMA2 = replace(GEMMA, norms=4, windows=every_second)
DEEPSEEK = Family(
    latent=True,
    qkv_bias="attention_bias",
    out_bias="attention_bias",
    mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=partial(after_dense, "first_k_dense_replace")),
)
OLMO2 = Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=all_heads)
GPT2 = Family(gated=False, norm_bias=True, qkv_bias=True, out_bias=True, ffn_bias=True, ffn=partial(or_four_times, "n_inner"))
MIXTRAL = Mixture("num_local_experts", width="intermediate_size")

FAMILIES: dict[str, Family] = {
    "llama": LLAMA,
    "mistral": replace(LLAMA, qkv_bias=False, out_bias=False, ffn_bias=False, windows=everywhere),
    "granite": LLAMA,
    "smollm3": LLAMA,
    "arcee": replace(LLAMA, gated=False),
    "seed_oss": replace(LLAMA, out_bias="attention_out_bias"),
    "phi3": Family(windows=everywhere),
    "starcoder2": Family(gated=False, norm_bias=True, qkv_bias="use_bias", out_bias="use_bias", ffn_bias="use_bias", windows=everywhere),
    "stablelm": Family(
        norms=stablelm_norms,
        norm_bias=True,
        qkv_bias="use_qkv_bias",
        qk_norm=partial(only_if, "qk_layernorm", all_heads),
        parallel="use_parallel_residual",
    ),
    "glm": Family(qkv_bias="attention_bias"),
    "glm4": Family(qkv_bias="attention_bias", norms=4),
    "apertus": Family(
        gated=False, qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=each_head, other=apertus_slopes
    ),
    "qwen2": QWEN2,
    "qwen3": QWEN3,
    "gemma": GEMMA,
    "gemma2": GEMMA2,
    "gemma3_text": replace(GEMMA2, qk_norm=each_head, windows=partial(but_every, 6)),
    "olmo2": OLMO2,
    "olmo3": replace(OLMO2, windows=partial(but_every, 4)),
    "exaone4": Family(qk_norm=each_head, windows=partial(but_every, 4)),
    "ernie4_5": Family(qkv_bias="use_bias", out_bias="use_bias", ffn_bias="use_bias"),
    "cohere": Family(
        norms=1, qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=partial(only_if, "use_qk_norm", all_heads), parallel=True
    ),
    "cohere2": Family(norms=1, qkv_bias="attention_bias", out_bias="attention_bias", parallel=True, windows=partial(but_every, 4)),
    "nemotron": Family(gated=False, norm_bias=True, qkv_bias="attention_bias", out_bias="attention_bias", ffn_bias="mlp_bias"),
    "gpt2": replace(GPT2, positions=gpt2_positions),
    "gptj": replace(GPT2, norms=1, qkv_bias=False, out_bias=False, head_bias=True, parallel=True),
    "gpt_neox": replace(
        GPT2, qkv_bias="attention_bias", out_bias="attention_bias", ffn=partial(stated_width, "intermediate_size"), parallel="use_parallel_residual"
    ),
    "opt": replace(
        GPT2, qkv_bias="enable_bias", out_bias="enable_bias", ffn_bias="enable_bias", ffn=partial(stated_width, "ffn_dim"),
        positions=opt_positions,
    ),
    "bloom": replace(GPT2, ffn=four_times, other=bloom_norm),
    "mpt": Family(gated=False, ffn=mpt_width, kv_heads=mpt_heads),
    "falcon": Family(
        gated=False,
        norm_bias=True,
        norms=falcon_norms,
        qkv_bias="bias",
        out_bias="bias",
        ffn_bias="bias",
        parallel=("parallel_attn", "new_decoder_architecture"),
        ffn=partial(or_four_times, "ffn_hidden_size"),
        kv_heads=falcon_heads,
    ),
    "mixtral": Family(windows=everywhere, mixture=MIXTRAL),
    "minimax_m2": Family(qk_norm=all_heads, mixture=MIXTRAL),
    "phimoe": Family(norm_bias=True, qkv_bias="attention_bias", out_bias="attention_bias", head_bias="lm_head_bias", windows=everywhere, mixture=MIXTRAL),
    "granitemoe": Family(qkv_bias="attention_bias", out_bias="attention_bias", mixture=MIXTRAL),
    "granitemoeshared": Family(
        qkv_bias="attention_bias", out_bias="attention_bias", mixture=replace(MIXTRAL, shared="shared_intermediate_size", times=False)
    ),
    "gpt_oss": Family(
        qkv_bias="attention_bias",
        out_bias="attention_bias",
        windows=every_second,
        mixture=replace(MIXTRAL, biased=True, router_bias=1.0),
        other=sinks,
    ),
    "qwen3_moe": replace(QWEN3, mixture=Mixture("num_experts", sparse=every_step)),
    "qwen2_moe": replace(
        QWEN2, qkv_bias="qkv_bias", mixture=Mixture("num_experts", shared="shared_expert_intermediate_size", times=False, gate=True, sparse=every_step)
    ),
    "olmoe": Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=all_heads, mixture=Mixture("num_experts", width="intermediate_size")),
    "flex_olmo": Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=all_heads, mixture=Mixture("num_experts", width="intermediate_size")),
    "glm4_moe": Family(
        qkv_bias="attention_bias",
        qk_norm=partial(only_if, "use_qk_norm", each_head),
        mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=partial(after_dense, "first_k_dense_replace")),
    ),
    "dots1": Family(
        qkv_bias="attention_bias",
        out_bias="attention_bias",
        qk_norm=each_head,
        windows=after_the_first,
        mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=partial(after_dense, "first_k_dense_replace")),
    ),
    "solar_open": Family(
        qkv_bias="attention_bias",
        mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=partial(after_dense, "first_k_dense_replace")),
    ),
    "ernie4_5_moe": Family(
        qkv_bias="use_bias",
        out_bias="use_bias",
        ffn_bias="use_bias",
        # the correction of the router's scores is a parameter of the class
        mixture=Mixture("moe_num_experts", per_token="moe_k", shared="moe_num_shared_experts", router_bias=1.0, sparse=from_to),
    ),
    "llama4_text": Family(
        qkv_bias="attention_bias",
        out_bias="attention_bias",
        windows=chunks,
        mixture=Mixture("num_local_experts", width="intermediate_size", dense_width="intermediate_size_mlp", always_shared=True, sparse=interleaved),
    ),
    "deepseek_v2": replace(DEEPSEEK, ffn_bias="mlp_bias"),
    "deepseek_v3": DEEPSEEK,
    "kimi_k2": replace(DEEPSEEK, read_as="deepseek_v3"),
    "dbrx": Family(
        kv_heads=dbrx_heads,
        mixture=Mixture("ffn_config.moe_num_experts", per_token="ffn_config.moe_top_k", width="ffn_config.ffn_hidden_size"),
    ),
}


QWEN3_NEXT = Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=each_head, mixers=mixers.delta_net)
SHARED_AND_GATED = Mixture("num_experts", shared="shared_expert_intermediate_size", times=False, gate=True, sparse=every_step)
SPARSE = replace(DEEPSEEK, qkv_bias="attention_bias", mixers=mixers.indexed)
LFM2 = Family(qk_norm=each_head, mixers=mixers.convolutions, ffn=lfm2_width)
FAMILIES |= {
    "nemotron_h": Family(
        gated=False,
        norms=1,
        ffn_bias="mlp_bias",
        mixers=mixers.nemotron_h,
        layers=named_layers,
        mixture=Mixture("n_routed_experts", shared="moe_shared_expert_intermediate_size", times=False, latent="moe_latent_size", sparse=by_kind),
    ),
    "granitemoehybrid": Family(
        qkv_bias="attention_bias",
        out_bias="attention_bias",
        mixers=mixers.mamba_layers,
        mixture=Mixture(
            "num_local_experts", width="intermediate_size", dense_width="shared_intermediate_size", shared="shared_intermediate_size", times=False, sparse=if_any
        ),
    ),
    "bamba": Family(qkv_bias="attention_bias", out_bias="attention_bias", ffn_bias="mlp_bias", mixers=mixers.mamba_layers),
    "lfm2": LFM2,
    "lfm2_moe": replace(LFM2, mixture=Mixture("num_experts", sparse=partial(after_dense, "num_dense_layers"))),
    "qwen3_next": replace(QWEN3_NEXT, mixture=SHARED_AND_GATED),
    "qwen3_5_text": QWEN3_NEXT,
    "qwen3_5_moe_text": replace(QWEN3_NEXT, mixture=replace(SHARED_AND_GATED, sparse=all_layers)),
    "kimi_linear": replace(
        DEEPSEEK, mixers=mixers.kimi_delta, mixture=Mixture("num_experts", shared="n_shared_experts", sparse=partial(after_dense, "first_k_dense_replace"))
    ),
    "mimo_v2_flash": Family(
        qkv_bias="attention_bias", value_dim=True, mixers=mixers.windows_of_other_heads, mixture=Mixture("n_routed_experts", sparse=after_the_first_layer)
    ),
    "afmoe": Family(
        norms=4,
        qkv_bias="attention_bias",
        out_bias="attention_bias",
        qk_norm=each_head,
        mixers=mixers.gated_windows,
        mixture=Mixture("num_experts", shared="num_shared_experts", router_bias=1.0, sparse=partial(after_dense, "num_dense_layers")),
    ),
    "deepseek_v32": SPARSE,
    "glm_moe_dsa": SPARSE,
}
