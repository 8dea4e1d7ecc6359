"""How a config.json describes layers that mix their tokens otherwise than by the attention of `Architecture`.

Each function returns the `Mixer`s of a model and the vectors (norms, biases, decays) of one layer of each, read from
transformers 5.23.0. State-space models and delta rules work on a state; attention may have an output gate, heads that
differ by layer, or an indexer that chooses the tokens it looks at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..architecture import Architecture, Mixer, attention_params
from ..unreadable import Unreadable
from . import words
from .text import shown, whole

FULL, SLIDING, CHUNKED, LINEAR, EXPERTS, DENSE, CONVOLUTION = (
    "full_attention", "sliding_attention", "chunked_attention", "linear_attention", "moe", "mlp", "conv",
)  # fmt: skip
# What files call the same kind: letters of a pattern, names of older versions
KINDS = {"M": LINEAR, "mamba": LINEAR, "mamba2": LINEAR, "*": FULL, "attention": FULL, "E": EXPERTS, "-": DENSE, "short_conv": CONVOLUTION}
DELTA_CHUNK = 64  # tokens that a delta rule's kernels take at once (flash-linear-attention, transformers)


@dataclass(frozen=True)
class Found:
    """A kind of layer, and how many values the vectors of one such layer have."""

    mixer: Mixer
    vectors: float = 0.0


def kinds(c, layers: int, allowed) -> list[str]:
    """The kind of every layer, by transformers' present names. Raises Unreadable for one that `allowed` doesn't have."""
    found = [KINDS.get(kind, kind) for kind in c.layer_kinds()]
    if found and len(found) != layers:
        raise Unreadable(words.KINDS_OF_LAYERS, found=len(found), layers=layers)
    for kind in dict.fromkeys(found):
        if kind not in allowed:
            raise Unreadable(words.LAYER_KIND, kind=shown(kind), count=found.count(kind), layers=layers)
    return found


def attention(base: Architecture, layers: int, vectors: float, name="attention", gate: float = 0.0, window: float = 0.0, alone=False, **heads) -> Found:
    """Attention as `base` has it, with other `heads` (kv_heads, …), an output gate of `gate` values a head, or a window."""
    shape = replace(base, **heads)
    keys = shape.kv_heads * (shape.head_dim + shape.value_dim)
    mixer = Mixer(
        name=name,
        layers=float(layers),
        weights=float(sum(attention_params(shape).values()) + gate * shape.heads * shape.hidden),
        width=float(shape.heads * (shape.head_dim + shape.value_dim + gate) + keys),
        scores=float(shape.heads * (shape.head_dim + shape.value_dim)),
        window=float(window),
        cached=float(keys),
        alone=float(alone),
    )
    return Found(mixer, vectors)


def _mamba(base, layers, heads, width, groups, state, kernel, bias, conv_bias, chunk, alone) -> Found:
    """Mamba-2 (arXiv 2405.21060): `width` is heads x head_dim, whatever the file says it expands to.

    Its multiplies on the state, section 6: scores within a chunk and their use, the state that a chunk leaves and its
    read-out, and each chunk's state decayed and added to the one before it.
    """
    convolved = width + 2 * groups * state
    into = width + convolved + heads
    mixer = Mixer(
        name="Mamba-2", layers=float(layers), weights=float(base.hidden * (into + width) + convolved * kernel), width=float(into + width),
        state=chunk * (heads * state + width) + 2 * width * state * (1 + 1 / chunk), alone=float(alone),
    )  # fmt: skip
    # the gated norm; decay, skip and step of each head; biases
    return Found(mixer, width + 3 * heads + conv_bias * convolved + bias * (into + base.hidden))


def nothing(layers: int) -> Found:
    """Layers that are a feed-forward and nothing else."""
    return Found(Mixer(name="no mixer", layers=float(layers)))


def nemotron_h(c, base: Architecture, vectors: float) -> list[Found]:
    """Each layer is one thing: Mamba-2, attention, a mixture of experts or a dense feed-forward."""
    found = kinds(c, int(base.layers), (LINEAR, FULL, EXPERTS, DENSE))
    heads, width = c.size("mamba_num_heads"), c.size("mamba_head_dim")
    mamba = _mamba(
        base, found.count(LINEAR), heads, heads * width, c.size("n_groups"), c.size("ssm_state_size"), c.size("conv_kernel"),
        c.flag("use_bias"), c.flag("use_conv_bias"), c.size("chunk_size"), alone=True,
    )  # fmt: skip
    return [mamba, attention(base, found.count(FULL), vectors, alone=True), nothing(found.count(EXPERTS) + found.count(DENSE))]


def mamba_layers(c, base: Architecture, vectors: float) -> list[Found]:
    """Granite 4 H and Bamba: Mamba-2 in place of attention, but for a few layers."""
    layers = int(base.layers)
    if indices := c.items("attn_layer_indices"):
        found = [FULL if i in indices else LINEAR for i in range(layers)]
    else:
        found = kinds(c, layers, (LINEAR, FULL)) or [LINEAR] * layers
    heads = c.size("mamba_n_heads")
    head = c.get("mamba_d_head")
    width = whole(c.size("mamba_expand") * base.hidden if head in (None, "auto") else heads * whole(head, "mamba_d_head"), "the width of Mamba-2")
    return [
        _mamba(
            base, found.count(LINEAR), heads, width, c.size("mamba_n_groups"), c.size("mamba_d_state"), c.size("mamba_d_conv"),
            c.flag("mamba_proj_bias"), c.flag("mamba_conv_bias"), c.size("mamba_chunk_size"), alone=False,
        )
    ]  # fmt: skip


def convolutions(c, base: Architecture, vectors: float) -> list[Found]:
    """LFM2: short convolutions between two gates in most layers."""
    layers = int(base.layers)
    found = kinds(c, layers, (CONVOLUTION, FULL))
    if not found:
        named = c.items("full_attn_idxs") if c.fields.get("full_attn_idxs") is not None else range(layers)
        found = [FULL if i in named else CONVOLUTION for i in range(layers)]
    bias = c.flag("conv_bias")
    weights = 4 * base.hidden**2 + base.hidden * c.size("conv_L_cache")
    return [Found(Mixer(name="short convolution", layers=float(found.count(CONVOLUTION)), weights=weights, width=4 * base.hidden), bias * 5 * base.hidden)]


def _linear_or_full(c, base) -> list[str]:
    layers = int(base.layers)
    if found := kinds(c, layers, (LINEAR, FULL)):
        return found
    return [FULL if (i + 1) % 4 == 0 else LINEAR for i in range(layers)]


def _delta_rule(heads, key, value) -> float:
    """Multiplications and additions of a delta rule for a token, in chunks: keys with keys, queries with keys and their
    use; the state's correction, update and read-out. The triangular solve within a chunk is left out, as torch does."""
    return float(heads * (DELTA_CHUNK * (2 * key + value) + 3 * key * value))


def delta_net(c, base: Architecture, vectors: float) -> list[Found]:
    """Qwen3-Next, Qwen3.5: a gated delta net (arXiv 2412.06464) in three layers of four, and attention with an output gate."""
    found = _linear_or_full(c, base)
    heads, head = c.size("linear_num_value_heads"), c.size("linear_value_head_dim")
    keys, values = c.size("linear_num_key_heads") * c.size("linear_key_head_dim"), heads * head
    into = 2 * keys + 2 * values + 2 * heads
    mixer = Mixer(
        name="gated delta net", layers=float(found.count(LINEAR)),
        weights=base.hidden * (into + values) + (2 * keys + values) * c.size("linear_conv_kernel_dim"), width=float(into + values),
        state=_delta_rule(heads, c.size("linear_key_head_dim"), head),
    )  # fmt: skip
    gate = base.head_dim
    biases = c.flag("attention_bias") * base.heads * gate
    return [Found(mixer, 2 * heads + head), attention(base, found.count(FULL), vectors + biases, "gated attention", gate)]


def kimi_delta(c, base: Architecture, vectors: float) -> list[Found]:
    """Kimi Linear (arXiv 2510.26692): a delta net whose decay has a value for each channel, and latent attention."""
    found = _linear_or_full(c, base)
    heads, head = c.size("linear_num_heads"), c.size("linear_head_dim")
    width = heads * head
    gates = 2 * (base.hidden * head + head * width)  # of forgetting and of the output, each through a narrow waist
    mixer = Mixer(
        name="Kimi delta attention", layers=float(found.count(LINEAR)),
        weights=base.hidden * (4 * width + heads) + gates + 3 * width * c.size("linear_conv_kernel_dim"), width=float(6 * width + heads),
        state=_delta_rule(heads, head, head),
    )  # fmt: skip
    return [Found(mixer, width + heads + head)]


def windows_of_other_heads(c, base: Architecture, vectors: float) -> list[Found]:
    """MiMo-V2-Flash: layers with a window have twice the heads for keys and values, and sinks."""
    layers = int(base.layers)
    found = kinds(c, layers, (SLIDING, FULL)) or [FULL if i == 0 or (i + 1) % 6 == 0 else SLIDING for i in range(layers)]
    kv_heads = 2 * base.kv_heads
    bias = c.flag("attention_bias") * base.kv_heads * (base.head_dim + base.value_dim)
    window = whole(c.fields["sliding_window_size"], "sliding_window_size") + 1 if c.fields.get("sliding_window_size") else c.size("sliding_window")
    return [attention(base, found.count(SLIDING), vectors + bias + base.heads, "windowed attention", window=window, kv_heads=kv_heads)]


def gated_windows(c, base: Architecture, vectors: float) -> list[Found]:
    """AFMoE: an output gate in every layer, and a window in all but every fourth."""
    layers = int(base.layers)
    period = whole(c.get("global_attn_every_n_layers") or 4, "global_attn_every_n_layers")
    found = kinds(c, layers, (SLIDING, FULL)) or [FULL if (i + 1) % period == 0 else SLIDING for i in range(layers)]
    gate, windowed = base.head_dim, found.count(SLIDING)
    return [
        attention(base, windowed, vectors, "gated attention in a window", gate, window=c.size("sliding_window") if windowed else 0),
        attention(base, found.count(FULL), vectors, "gated attention", gate),
    ]


def indexed(c, base: Architecture, vectors: float) -> list[Found]:
    """DeepSeek-V3.2, GLM-5: an indexer scores all tokens with narrow heads, and attention looks at the best of them.

    GLM's layers may share the choice of the layer before (`indexer_types`).
    """
    layers, top = int(base.layers), c.size("index_topk")
    if not base.query_rank:
        raise Unreadable(words.NO_QUERY_RANK)
    heads, head = c.size("index_n_heads"), c.size("index_head_dim")
    own = _indexers(c, layers).count("full")
    plain = attention(base, layers - own, vectors, "sparse attention, choice shared", window=top)
    found = attention(base, own, vectors + 2 * head, "sparse attention with an indexer", window=top)
    weights = base.query_rank * heads * head + base.hidden * (head + heads)
    mixer = replace(found.mixer, weights=found.mixer.weights + weights, width=found.mixer.width + heads * head + head, index_scores=float(heads * (head + 1)))  # and the heads’ weighted sum
    return [replace(found, mixer=mixer), *([plain] if layers > own else [])]


def _indexers(c, layers: int) -> list[str]:
    """Which layers have an indexer of their own: "full", the others are "shared"."""
    named = c.fields.get("indexer_types") or c.fields.get("index_topk_pattern")
    if named:
        if not isinstance(named, (str, list)):
            raise Unreadable(words.INDEXERS, layers=layers)
        found = [{"F": "full", "S": "shared"}.get(kind, kind) if isinstance(kind, str) else "" for kind in named]
        if len(found) != layers or set(found) - {"full", "shared"}:
            raise Unreadable(words.INDEXERS, layers=layers)
        return found
    every = max(whole(c.fields.get("index_topk_freq", 1), "index_topk_freq", 0), 1)
    offset = whole(c.fields.get("index_skip_topk_offset", 2), "index_skip_topk_offset", 0)
    return ["full" if max(i - offset + 1, 0) % every == 0 else "shared" for i in range(layers)]
