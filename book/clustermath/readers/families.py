"""What a config.json does not say of its model: how each family's class is built. Read from transformers 5.23.0.

A file names its class (`model_type`), and the class decides what is gated, which norms and biases a layer has, which
layers are mixtures and which attend to a window. `UNMODELLED` has the families that an `Architecture` can't hold, with
what it is that can't be said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import mixers
from .mixers import CHUNKED, DENSE, EXPERTS, FULL, KINDS, SLIDING
from .text import whole


# Which layers attend to what, where the file has no `layer_types` ------------------------------------------------------


def everywhere(c, layers):
    """Mistral: every layer has the window, if there is one."""
    return [SLIDING if c.get("sliding_window") else FULL] * layers


def nowhere(c, layers):
    return [FULL] * layers


def after_the_first(c, layers):
    """Qwen: a window has to be switched on, and begins behind `max_window_layers`."""
    on = c.get("use_sliding_window") and c.get("sliding_window")
    return [SLIDING if on and i >= (c.get("max_window_layers") or 0) else FULL for i in range(layers)]


def every_second(c, layers):
    """Gemma 2, GPT-OSS: windows in the first, third, fifth … layer."""
    return [FULL if i % 2 else SLIDING for i in range(layers)]


def but_every(period):
    """All but every `period`-th layer have the window; a file may give another period, as a number or as letters ("LLLG")."""

    def types(c, layers):
        pattern = c.get("sliding_window_pattern") or period
        if isinstance(pattern, str):
            return [FULL if pattern[i % len(pattern)].upper() == "G" else SLIDING for i in range(layers)]
        return [SLIDING if (i + 1) % pattern and c.get("sliding_window") else FULL for i in range(layers)]

    return types


def chunks(c, layers):
    """Llama 4: chunks, but for the layers without position embeddings."""
    rotate = c.get("no_rope_layers") or [(i + 1) % (c.get("no_rope_layer_interval") or 4) for i in range(layers)]
    return [CHUNKED if rotate[i] else FULL for i in range(layers)]


# Which layers are mixtures ------------------------------------------------------------------------------------------------


def all_layers(c, layers):
    return [True] * layers


def after_dense(field):
    """All but the first few, whose number stands in `field`; a file saved by transformers may name every layer's kind."""

    def sparse(c, layers):
        if kinds := c.get("mlp_layer_types"):
            return [kind != "dense" for kind in kinds]
        return [i >= (c.get(field) or 0) for i in range(layers)]

    return sparse


def every_step(c, layers):
    """Qwen: every `decoder_sparse_step`-th, but for those that are named."""
    step, named = c.get("decoder_sparse_step") or 1, c.get("mlp_only_layers") or []
    return [i not in named and (i + 1) % step == 0 for i in range(layers)]


def interleaved(c, layers):
    """Llama 4: the layers that are named, or every `interleave_moe_layer_step`-th."""
    step = c.get("interleave_moe_layer_step") or 1
    named = c.get("moe_layers")
    return [(i in named) if named is not None else (i + 1) % step == 0 for i in range(layers)]


def from_to(c, layers):
    """Ernie 4.5: from a first to a last layer, at an interval."""
    first, last, step = c.get("moe_layer_start_index") or 0, c.get("moe_layer_end_index"), c.get("moe_layer_interval") or 1
    last = layers - 1 if last in (None, -1) else last
    return [(i + 1) % step == 0 and first <= i <= last for i in range(layers)]


def after_the_first_layer(c, layers):
    """MiMo-V2-Flash: the first layer is dense, unless the file says otherwise."""
    return after_dense("first_k_dense_replace")(c, layers) if c.get("mlp_layer_types") else [i > 0 for i in range(layers)]


def by_kind(c, layers):
    """Nemotron-H: a layer's kind says whether it is a mixture, a dense feed-forward (False) or has none (None)."""
    return [{EXPERTS: True, DENSE: False}.get(KINDS.get(kind, kind)) for kind in c.layer_kinds()]


def if_any(c, layers):
    """Granite 4: all layers, unless there are no experts."""
    return [bool(c.get("num_local_experts"))] * layers


# The families ---------------------------------------------------------------------------------------------------------------


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
    """How a class is built, where its file does not say so. A bias is True, False, or the name of the field that tells.

    norms: of the layer's width, in each layer; norm_bias: a norm has two vectors (LayerNorm) instead of one.
    qk_norm: values of the norms of queries and keys in a layer, as a function of (config, heads, kv_heads, head_dim).
    out: the output projection's bias; ffn: the feed-forward's. parallel: attention and feed-forward side by side.
    value_dim: values may be narrower than keys (`v_head_dim`). mixers: layers that mix their tokens otherwise, a function of `mixers`. layers: how many there are, of a config.
    other: further vectors, as a function of (config, hidden, layers, heads); gate: an output gate of attention.
    """

    gated: bool = True
    norms: float | Callable = 2.0
    norm_bias: bool = False
    final_norm: bool = True
    qk_norm: Callable = lambda c, heads, kv_heads, head_dim: 0
    qkv_bias: bool | str = False
    out_bias: bool | str = False
    ffn_bias: bool | str = False
    head_bias: bool | str = False
    parallel: Callable = lambda c: False
    positions: Callable = lambda c: 0
    kv_heads: Callable | None = None
    ffn: Callable = lambda c, hidden: c.get("intermediate_size")
    windows: Callable = nowhere
    mixture: Mixture | None = None
    latent: bool = False
    value_dim: bool = False
    mixers: Callable | None = None
    layers: Callable = lambda c: c.size("num_hidden_layers", 1, 10_000)
    other: Callable = lambda c, hidden, layers, heads: 0
    read_as: str = ""


def each_head(c, heads, kv_heads, head_dim):
    """One norm for all queries and one for all keys, as wide as a head."""
    return 2 * head_dim


def all_heads(c, heads, kv_heads, head_dim):
    """Norms as wide as all queries, and as all keys."""
    return (heads + kv_heads) * head_dim


def only_if(field, norm):
    return lambda c, *shape: norm(c, *shape) if c.get(field) else 0


def four_times(c, hidden):
    return 4 * hidden


LLAMA = Family(qkv_bias="attention_bias", out_bias="attention_bias", ffn_bias="mlp_bias")
QWEN2 = Family(qkv_bias=True, windows=after_the_first)
QWEN3 = Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=each_head, windows=after_the_first)
GEMMA = Family(qkv_bias="attention_bias", out_bias="attention_bias")
GEMMA2 = replace(GEMMA, norms=4, windows=every_second)
DEEPSEEK = Family(
    latent=True,
    qkv_bias="attention_bias",
    out_bias="attention_bias",
    mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=after_dense("first_k_dense_replace")),
)
OLMO2 = Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=all_heads)
GPT2 = Family(gated=False, norm_bias=True, qkv_bias=True, out_bias=True, ffn_bias=True, ffn=lambda c, hidden: c.get("n_inner") or 4 * hidden)
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
        norms=lambda c: 1 if c.get("use_parallel_residual") else 2,
        norm_bias=True,
        qkv_bias="use_qkv_bias",
        qk_norm=only_if("qk_layernorm", all_heads),
        parallel=lambda c: c.get("use_parallel_residual"),
    ),
    "glm": Family(qkv_bias="attention_bias"),
    "glm4": Family(qkv_bias="attention_bias", norms=4),
    "apertus": Family(
        gated=False, qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=each_head, other=lambda c, hidden, layers, heads: 2 * layers
    ),
    "qwen2": QWEN2,
    "qwen3": QWEN3,
    "gemma": GEMMA,
    "gemma2": GEMMA2,
    "gemma3_text": replace(GEMMA2, qk_norm=each_head, windows=but_every(6)),
    "olmo2": OLMO2,
    "olmo3": replace(OLMO2, windows=but_every(4)),
    "exaone4": Family(qk_norm=each_head, windows=but_every(4)),
    "ernie4_5": Family(qkv_bias="use_bias", out_bias="use_bias", ffn_bias="use_bias"),
    "cohere": Family(
        norms=1, qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=only_if("use_qk_norm", all_heads), parallel=lambda c: True
    ),
    "cohere2": Family(norms=1, qkv_bias="attention_bias", out_bias="attention_bias", parallel=lambda c: True, windows=but_every(4)),
    "nemotron": Family(gated=False, norm_bias=True, qkv_bias="attention_bias", out_bias="attention_bias", ffn_bias="mlp_bias"),
    "gpt2": replace(GPT2, positions=lambda c: c.get("n_positions")),
    "gptj": replace(GPT2, norms=1, qkv_bias=False, out_bias=False, head_bias=True, parallel=lambda c: True),
    "gpt_neox": replace(
        GPT2, qkv_bias="attention_bias", out_bias="attention_bias", ffn=lambda c, hidden: c.get("intermediate_size"), parallel=lambda c: c.get("use_parallel_residual")
    ),
    # two positions stand before the first, so that a position can be the padding's
    "opt": replace(
        GPT2, qkv_bias="enable_bias", out_bias="enable_bias", ffn_bias="enable_bias", ffn=lambda c, hidden: c.get("ffn_dim"),
        positions=lambda c: c.get("max_position_embeddings") + 2,
    ),
    "bloom": replace(GPT2, ffn=four_times, other=lambda c, hidden, layers, heads: 2 * hidden),
    "mpt": Family(gated=False, ffn=lambda c, hidden: int((c.get("expansion_ratio") or 4) * hidden), kv_heads=lambda c, heads: c.inner("attn_config").get("kv_n_heads") or heads),
    "falcon": Family(
        gated=False,
        norm_bias=True,
        norms=lambda c: 2 if (c.get("new_decoder_architecture") and c.get("num_ln_in_parallel_attn") != 1) or not c.get("parallel_attn") else 1,
        qkv_bias="bias",
        out_bias="bias",
        ffn_bias="bias",
        parallel=lambda c: c.get("parallel_attn") or c.get("new_decoder_architecture"),
        ffn=lambda c, hidden: c.get("ffn_hidden_size") or 4 * hidden,
        kv_heads=lambda c, heads: (c.get("num_kv_heads") or heads) if c.get("new_decoder_architecture") else 1 if c.get("multi_query") else heads,
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
        other=lambda c, hidden, layers, heads: layers * heads,  # sinks
    ),
    "qwen3_moe": replace(QWEN3, mixture=Mixture("num_experts", sparse=every_step)),
    "qwen2_moe": replace(
        QWEN2, qkv_bias="qkv_bias", mixture=Mixture("num_experts", shared="shared_expert_intermediate_size", times=False, gate=True, sparse=every_step)
    ),
    "olmoe": Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=all_heads, mixture=Mixture("num_experts", width="intermediate_size")),
    "flex_olmo": Family(qkv_bias="attention_bias", out_bias="attention_bias", qk_norm=all_heads, mixture=Mixture("num_experts", width="intermediate_size")),
    "glm4_moe": Family(
        qkv_bias="attention_bias",
        qk_norm=only_if("use_qk_norm", each_head),
        mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=after_dense("first_k_dense_replace")),
    ),
    "dots1": Family(
        qkv_bias="attention_bias",
        out_bias="attention_bias",
        qk_norm=each_head,
        windows=after_the_first,
        mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=after_dense("first_k_dense_replace")),
    ),
    "solar_open": Family(
        qkv_bias="attention_bias",
        mixture=Mixture("n_routed_experts", shared="n_shared_experts", sparse=after_dense("first_k_dense_replace")),
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
        kv_heads=lambda c, heads: c.inner("attn_config").get("kv_n_heads") or 1,
        mixture=Mixture("ffn_config.moe_num_experts", per_token="ffn_config.moe_top_k", width="ffn_config.ffn_hidden_size"),
    ),
}


def lfm2_width(c, hidden):
    """LFM2 rounds its feed-forward: two thirds of what the file says, to a multiple."""
    width = whole(c.get("block_ff_dim") or c.get("intermediate_size"), "intermediate_size")
    if not c.get("block_auto_adjust_ff_dim"):
        return width
    width, multiple = int((c.get("block_ffn_dim_multiplier") or 1) * int(2 * width / 3)), c.size("block_multiple_of")
    return multiple * -(-width // multiple)


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
        layers=lambda c: len(c.layer_kinds()) or c.size("num_hidden_layers", 1, 10_000),
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
    "lfm2_moe": replace(LFM2, mixture=Mixture("num_experts", sparse=after_dense("num_dense_layers"))),
    "qwen3_next": replace(QWEN3_NEXT, mixture=SHARED_AND_GATED),
    "qwen3_5_text": QWEN3_NEXT,
    "qwen3_5_moe_text": replace(QWEN3_NEXT, mixture=replace(SHARED_AND_GATED, sparse=all_layers)),
    "kimi_linear": replace(
        DEEPSEEK, mixers=mixers.kimi_delta, mixture=Mixture("num_experts", shared="n_shared_experts", sparse=after_dense("first_k_dense_replace"))
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
        mixture=Mixture("num_experts", shared="num_shared_experts", router_bias=1.0, sparse=after_dense("num_dense_layers")),
    ),
    "deepseek_v32": SPARSE,
    "glm_moe_dsa": SPARSE,
}

# Names that older files have for the same thing
OLDER = {
    "num_experts_per_tok": ("experts_per_token", "num_experts_per_token"),
    "num_nextn_predict_layers": ("num_mtp_layers",),
    "num_local_experts": ("num_experts",),
    "num_experts": ("num_local_experts",),
    "num_attention_heads": ("n_head", "n_heads"),
    "num_hidden_layers": ("n_layer", "n_layers"),
    "num_kv_heads": ("n_head_kv",),
    "num_experts_per_tok": ("num_experts_per_token",),
    "n_shared_experts": ("num_shared_experts",),
    "n_groups": ("mamba_n_groups",),
    "conv_kernel": ("mamba_d_conv",),
    "use_conv_bias": ("mamba_conv_bias",),
    "tie_word_embeddings": ("tie_embedding",),
    "intermediate_size": ("block_ff_dim",),
    "hidden_size": ("n_embed", "n_embd", "d_model"),
}

FIELDS = {
    "vocab_size", "hidden_size", "intermediate_size", "intermediate_size_mlp", "moe_intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "num_kv_heads", "head_dim", "tie_word_embeddings", "attention_bias", "attention_out_bias", "mlp_bias", "use_bias", "use_qkv_bias",
    "qkv_bias", "bias", "enable_bias", "lm_head_bias", "use_qk_norm", "qk_layernorm", "use_parallel_residual", "parallel_attn", "new_decoder_architecture",
    "multi_query", "num_ln_in_parallel_attn", "sliding_window", "use_sliding_window", "max_window_layers", "sliding_window_pattern", "attention_chunk_size",
    "no_rope_layer_interval", "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts", "num_experts_per_tok", "moe_k", "n_shared_experts",
    "moe_num_shared_experts", "shared_expert_intermediate_size", "shared_intermediate_size", "first_k_dense_replace", "decoder_sparse_step",
    "interleave_moe_layer_step", "moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval", "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim",
    "qk_rope_head_dim", "v_head_dim", "num_nextn_predict_layers", "max_position_embeddings", "n_positions", "n_inner", "ffn_dim", "ffn_hidden_size",
    "expansion_ratio", "max_seq_len", "word_embed_proj_dim", "d_model", "n_heads", "n_layers", "n_embd", "n_head", "n_layer", "alibi",
    "mamba_num_heads", "mamba_head_dim", "ssm_state_size", "conv_kernel", "use_conv_bias", "n_groups", "mamba_n_heads", "mamba_d_head", "mamba_n_groups",
    "mamba_d_state", "mamba_d_conv", "mamba_expand", "mamba_conv_bias", "mamba_proj_bias", "moe_shared_expert_intermediate_size", "moe_latent_size",
    "linear_conv_kernel_dim", "linear_key_head_dim", "linear_value_head_dim", "linear_num_key_heads", "linear_num_value_heads", "linear_head_dim",
    "linear_num_heads", "conv_L_cache", "conv_bias", "num_dense_layers", "block_auto_adjust_ff_dim", "block_multiple_of", "block_ffn_dim_multiplier",
    "chunk_size", "mamba_chunk_size", "index_topk", "index_head_dim", "index_n_heads", "num_shared_experts", "global_attn_every_n_layers",
}  # fmt: skip


# What an Architecture can't hold -----------------------------------------------------------------------------------------------


def _share(kinds, what):
    """Says of how many layers `what` is true, from the list of their kinds."""

    def words(c):
        layers = c.layer_kinds()
        count = sum(kind in kinds for kind in layers)
        return f"{what}: not modelled; {count} of {len(layers)} layers" if count else f"{what}: not modelled"

    return words


def _always(words):
    return lambda c: f"{words}: not modelled"


LINEAR = {"linear_attention", "mamba", "mamba2", "M", "conv", "recurrent", "short_conv"}
UNMODELLED: dict[str, Callable] = {
    "olmo_hybrid": _share(LINEAR, "gated delta net"),
    "bailing_hybrid": _share(LINEAR, "Kimi delta attention"),
    "minimax": _share(LINEAR, "lightning attention"),
    "falcon_h1": _always("Mamba-2 beside attention in every layer"),
    "zamba2": _share(LINEAR, "Mamba-2 with shared attention blocks"),
    "mamba": _always("Mamba, a model without attention"),
    "mamba2": _always("Mamba-2, a model without attention"),
    "falcon_mamba": _always("Mamba, a model without attention"),
    "jamba": _always("Mamba"),
    "recurrent_gemma": _share(LINEAR, "RG-LRU recurrence"),
    "mistral_large4_text": _always("sparse attention with an indexer"),
    "deepseek_v4": _always("compressed keys and values, hash-routed layers and hyper-connections"),
    "gemma3n_text": _always("keys and values shared by layers, and embeddings of each layer"),
    "gemma4_text": _always("heads that differ by layer"),
    "longcat_flash": _always("two attentions and two feed-forwards in a layer, and experts that do nothing"),
    "step3p5": _always("attention that differs by layer"),
    "deci": _always("blocks that differ by layer (heterogeneous)"),
    "nemotron-nas": _always("blocks that differ by layer (heterogeneous)"),
}
