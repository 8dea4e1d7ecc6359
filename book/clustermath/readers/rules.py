"""What a class decides of a model's layers where its config.json is silent, as functions of the config.

`families` names them, with `partial` where one serves several fields; the page has functions of the same names.
"""

from __future__ import annotations

from ..unreadable import Unreadable
from . import words
from .mixers import CHUNKED, DENSE, EXPERTS, FULL, KINDS, SLIDING
from .text import shown, whole

# Which layers attend to what, where the file has no `layer_types` ------------------------------------------------------


def everywhere(c, layers):
    """Mistral: every layer has the window, if there is one."""
    return [SLIDING if c.get("sliding_window") else FULL] * layers


def nowhere(c, layers):
    return [FULL] * layers


def after_the_first(c, layers):
    """Qwen: a window has to be switched on, and begins behind `max_window_layers`."""
    on = c.get("use_sliding_window") and c.get("sliding_window")
    first = c.count("max_window_layers") if on else layers
    return [SLIDING if i >= first else FULL for i in range(layers)]


def every_second(c, layers):
    """Gemma 2, GPT-OSS: windows in the first, third, fifth … layer."""
    return [FULL if i % 2 else SLIDING for i in range(layers)]


def but_every(period, c, layers):
    """All but every `period`-th layer have the window; a file may give another period, as a number or as letters ("LLLG")."""
    pattern = c.get("sliding_window_pattern") or period
    if isinstance(pattern, str):
        return [FULL if pattern[i % len(pattern)].upper() == "G" else SLIDING for i in range(layers)]
    pattern, window = whole(pattern, "sliding_window_pattern"), c.get("sliding_window")
    return [SLIDING if (i + 1) % pattern and window else FULL for i in range(layers)]


def chunks(c, layers):
    """Llama 4: chunks, but for the layers without position embeddings."""
    rotate = c.items("no_rope_layers")
    if not rotate:
        period = c.count("no_rope_layer_interval", 4)
        rotate = [(i + 1) % period for i in range(layers)]
    return [CHUNKED if rotated else FULL for rotated in rotate]


# Which layers are mixtures ------------------------------------------------------------------------------------------------


def all_layers(c, layers):
    return [True] * layers


def after_dense(field, c, layers):
    """All but the first few, whose number stands in `field`; a file saved by transformers may name every layer's kind."""
    if kinds := c.items("mlp_layer_types"):
        return [kind != "dense" for kind in kinds]
    first = c.count(field)
    return [i >= first for i in range(layers)]


def every_step(c, layers):
    """Qwen: every `decoder_sparse_step`-th, but for those that are named."""
    step, named = c.count("decoder_sparse_step", 1), c.items("mlp_only_layers")
    return [i not in named and (i + 1) % step == 0 for i in range(layers)]


def interleaved(c, layers):
    """Llama 4: the layers that are named, or every `interleave_moe_layer_step`-th."""
    step = c.count("interleave_moe_layer_step", 1)
    if c.get("moe_layers") is not None:
        named = c.items("moe_layers")
        return [i in named for i in range(layers)]
    return [(i + 1) % step == 0 for i in range(layers)]


def from_to(c, layers):
    """Ernie 4.5: from a first to a last layer, at an interval."""
    first, last, step = c.count("moe_layer_start_index"), c.get("moe_layer_end_index"), c.count("moe_layer_interval", 1)
    last = layers - 1 if last in (None, -1) else whole(last, "moe_layer_end_index", 0)
    return [(i + 1) % step == 0 and first <= i <= last for i in range(layers)]


def after_the_first_layer(c, layers):
    """MiMo-V2-Flash: the first layer is dense, unless the file says otherwise."""
    return after_dense("first_k_dense_replace", c, layers) if c.get("mlp_layer_types") else [i > 0 for i in range(layers)]


def by_kind(c, layers):
    """Nemotron-H: a layer's kind says whether it is a mixture, a dense feed-forward (False) or has none (None)."""
    return [{EXPERTS: True, DENSE: False}.get(KINDS.get(kind, kind)) for kind in c.layer_kinds()]


def if_any(c, layers):
    """Granite 4: all layers, unless there are no experts."""
    return [bool(c.get("num_local_experts"))] * layers


# How many layers ------------------------------------------------------------------------------------------------------------


def stated_layers(c):
    return c.size("num_hidden_layers", 1, 10_000)


def named_layers(c):
    """Nemotron-H: as many as it names the kinds of."""
    named = c.layer_kinds()
    return whole(len(named), "the number of layers", 1, 10_000) if named else stated_layers(c)


# Norms of a layer, as wide as it is -----------------------------------------------------------------------------------------


def stablelm_norms(c):
    return 1 if c.get("use_parallel_residual") else 2


def falcon_norms(c):
    return 2 if (c.get("new_decoder_architecture") and c.get("num_ln_in_parallel_attn") != 1) or not c.get("parallel_attn") else 1


# Values of the norms of queries and keys in a layer -------------------------------------------------------------------------


def no_norm(c, heads, kv_heads, head_dim):
    return 0


def each_head(c, heads, kv_heads, head_dim):
    """One norm for all queries and one for all keys, as wide as a head."""
    return 2 * head_dim


def all_heads(c, heads, kv_heads, head_dim):
    """Norms as wide as all queries, and as all keys."""
    return (heads + kv_heads) * head_dim


def only_if(field, norm, c, heads, kv_heads, head_dim):
    return norm(c, heads, kv_heads, head_dim) if c.get(field) else 0


# Positions, heads, widths ---------------------------------------------------------------------------------------------------


def no_positions(c):
    return 0


def gpt2_positions(c):
    return c.get("n_positions")


def opt_positions(c):
    """Two positions stand before the first, so that a position can be the padding's. OPT 350M has narrower embeddings."""
    narrow, hidden = c.fields.get("word_embed_proj_dim"), c.size("hidden_size")
    if narrow is not None and whole(narrow, "word_embed_proj_dim") != hidden:
        raise Unreadable(words.CANNOT, model=shown("opt"), what=words.NARROWER.format(narrow=int(narrow), hidden=hidden))
    return c.size("max_position_embeddings") + 2


def stated_heads(c, heads):
    return c.get("num_key_value_heads")


def mpt_heads(c, heads):
    return c.inner("attn_config").get("kv_n_heads") or heads


def dbrx_heads(c, heads):
    return c.inner("attn_config").get("kv_n_heads") or 1


def falcon_heads(c, heads):
    if c.get("new_decoder_architecture"):
        return c.get("num_kv_heads") or heads
    return 1 if c.get("multi_query") else heads


def stated_width(field, c, hidden):
    return c.get(field)


def or_four_times(field, c, hidden):
    """What the file says, or four times the layer's width."""
    return c.get(field) or 4 * hidden


def four_times(c, hidden):
    return 4 * hidden


def mpt_width(c, hidden):
    return int(c.number("expansion_ratio", 4) * hidden)


def lfm2_width(c, hidden):
    """LFM2 rounds its feed-forward: two thirds of what the file says, to a multiple."""
    width = whole(c.get("block_ff_dim") or c.get("intermediate_size"), "intermediate_size")
    if not c.get("block_auto_adjust_ff_dim"):
        return width
    width, multiple = int(c.number("block_ffn_dim_multiplier", 1) * int(2 * width / 3)), c.size("block_multiple_of")
    return multiple * -(-width // multiple)


# Further vectors ------------------------------------------------------------------------------------------------------------


def nothing_else(c, hidden, layers, heads):
    return 0


def apertus_slopes(c, hidden, layers, heads):
    return 2 * layers


def bloom_norm(c, hidden, layers, heads):
    """Of the embeddings."""
    return 2 * hidden


def sinks(c, hidden, layers, heads):
    return layers * heads
