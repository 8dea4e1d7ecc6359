"""The transformer as a shape: parameters and FLOPs of its named parts, which sum to the totals.

Dense (GPT and Llama styles) and mixtures of experts, with multi-head, grouped-query or multi-head latent attention, and
hybrids, some of whose layers mix their tokens otherwise: a state-space model, a delta rule, attention of other heads.

FLOPs follow one convention each, by name:

    model FLOPs       3 x forward (backward counts twice), whatever the software recomputes; MFU counts these
    hardware FLOPs    model FLOPs and the recomputed forward; HFU counts these
    causal attention  each token attends to the tokens before it: half of the score matrix
    full attention    the whole score matrix, as the GPT-era papers count it

Frozen weights need no gradient of their own, only one of their inputs: forward and backward are 4 FLOPs a weight, not 6.
"""

from __future__ import annotations

from dataclasses import dataclass

from .composition import attention_layers, attention_share, mixture_layers, over_mixers
from .numeric import maximum, minimum, where
from .parameters import checked
from .records import Record, quantity, switch
from .tables import Datum, Table, UnknownName, read, record
from .tuning import Tuning, adapter_params, trained_share, working_adapters


@dataclass(frozen=True, kw_only=True)
class Mixer(Record):
    """A kind of layer that mixes its tokens otherwise than the attention of the model it is in.

    layers: how many there are. weights: of one layer's matrices and convolutions. width: values that one layer holds of
    a token between these. state: multiplications and additions on a recurrent state, and within the chunks that its
    kernels work on, for a token. scores: values multiplied for each pair of tokens, heads x
    (head_dim + value_dim), over those within `window` (0: all); index_scores: the same of an indexer, over all tokens.
    cached: values of keys and values of a token. alone: 1 if these layers have no feed-forward.
    """

    name: str
    layers: float = quantity("1", between=(0, 1e5), whole=True)
    weights: float = quantity("1", 0.0, between=(0, 1e12))
    width: float = quantity("1", 0.0, between=(0, 1e8))
    state: float = quantity("1", 0.0, between=(0, 1e12))
    scores: float = quantity("1", 0.0, between=(0, 1e8))
    index_scores: float = quantity("1", 0.0, between=(0, 1e8))
    window: float = quantity("token", 0.0, between=(0, 1e8))
    cached: float = quantity("1", 0.0, between=(0, 1e8))
    alone: float = switch(0.0)


@dataclass(frozen=True, kw_only=True)
class Architecture(Record):
    """Shape of a decoder-only transformer. Switches are 1 or 0, so that arrays and tracers can stand for them.

    heads of head_dim share kv_heads keys and values (value_dim wide); with kv_rank they are latent (MLA, DeepSeek-V2):
    queries go through query_rank, keys and values through kv_rank, and rope_dim of head_dim rotates apart.
    The first dense_layers have one feed-forward of width ffn; all others have `experts` of width expert_ffn, of
    which top_k work on a token, beside shared experts of width shared_ffn. window_layers attend to `window` tokens: to
    those before each, or with chunked (Llama 4) to those of its chunk of so many.
    gated: three matrices in a feed-forward (SwiGLU) instead of two. tied: embedding and head share their weights.
    positions: learned position embeddings. parallel_block: attention and feed-forward side by side (PaLM).
    mtp: multi-token-prediction modules, one more layer and head each: trained, and so in FLOPs, time and memory, but not among
    the model's parameters, as in DeepSeek-V3's 671B.
    vectors: weights of all norms and biases outside the experts, where they are known to the digit (a model's own
    config); 0 counts two norms a layer, and the biases of `bias`. expert_vectors: biases of one expert. shared_gate: 1
    if a gate weighs the shared experts (Qwen2).
    seq_len: sequence length that it was pre-trained with.
    mixers: the layers that mix tokens otherwise; the attention described here is that of all other layers.
    tuning: what is trained, where that isn't all of it: one Tuning.
    """

    name: str
    layers: float = quantity("1", between=(1, 1e5), whole=True)
    hidden: float = quantity("1", between=(1, 1e7))
    heads: float = quantity("1", between=(1, 1e5), whole=True)
    kv_heads: float = quantity("1", between=(1, 1e5), whole=True)
    head_dim: float = quantity("1", between=(1, 1e5))
    value_dim: float = quantity("1", between=(1, 1e5))
    query_rank: float = quantity("1", 0.0, between=(0, 1e6))
    kv_rank: float = quantity("1", 0.0, between=(0, 1e6))
    rope_dim: float = quantity("1", 0.0, between=(0, 1e5))
    window: float = quantity("token", 0.0, between=(0, 1e8))
    window_layers: float = quantity("1", 0.0, between=(0, 1e5), whole=True)
    chunked: float = switch(0.0)
    ffn: float = quantity("1", 0.0, between=(0, 1e8))
    gated: float = switch(0.0)
    dense_layers: float = quantity("1", between=(0, 1e5), whole=True)
    experts: float = quantity("1", 0.0, between=(0, 1e6), whole=True)
    top_k: float = quantity("1", 0.0, between=(0, 1e6), whole=True)
    expert_ffn: float = quantity("1", 0.0, between=(0, 1e8))
    shared_ffn: float = quantity("1", 0.0, between=(0, 1e8))
    vocab: float = quantity("1", between=(1, 1e8))
    tied: float = switch(0.0)
    bias: float = switch(0.0)
    positions: float = quantity("1", 0.0, between=(0, 1e8))
    parallel_block: float = switch(0.0)
    mtp: float = quantity("1", 0.0, between=(0, 100), whole=True)
    vectors: float = quantity("1", 0.0, between=(0, 1e12))
    expert_vectors: float = quantity("1", 0.0, between=(0, 1e9))
    shared_gate: float = switch(0.0)
    seq_len: float = quantity("token", between=(1, 1e8))
    mixers: tuple[Mixer, ...] = ()
    tuning: tuple[Tuning, ...] = ()

    @classmethod
    def from_huggingface(cls, source, seq_len: float | None = None) -> Architecture:
        """The model that a config.json describes (path, bytes or text). Raises readers.Unreadable that says why not.

        seq_len: tokens of a sequence in training, which the file doesn't hold [token].
        """
        from .readers import read_config  # they make architectures, and so import this

        return read_config(source, seq_len).record

    def rules(self):
        yield "kv_heads", self.heads % self.kv_heads == 0, "divide", "heads"
        yield "dense_layers", self.dense_layers <= self.layers, "be at most", "layers"
        yield "window_layers", self.window_layers <= self.layers, "be at most", "layers"
        yield "top_k", self.top_k <= self.experts, "be at most", "experts"
        yield "rope_dim", self.rope_dim <= self.head_dim, "be at most", "head_dim"
        yield "tuning", len(self.tuning) <= 1, "be one, for", "name"
        yield "mixers", sum(mixer.layers for mixer in self.mixers) <= self.layers, "have at most as many layers as", "layers"


def complete(fields: dict) -> dict:
    """Fill in what follows from the rest of a shape, numbers by field: multi-head attention and heads that share
    `hidden` where nothing else is said, every layer dense without experts and none with them.

    Raises UnknownName if layers, hidden, heads or vocab is missing.
    """
    if missing := [name for name in ("layers", "hidden", "heads", "vocab") if name not in fields]:
        raise UnknownName(f"Architecture lacks {missing[0]}")
    head_dim = fields.get("head_dim", fields["hidden"] / fields["heads"])
    return {
        "kv_heads": fields["heads"],
        "head_dim": head_dim,
        "value_dim": head_dim,
        "dense_layers": 0.0 if fields.get("experts") else fields["layers"],
        "seq_len": 2048.0,
        **fields,
    }


def _completed(fields: dict[str, Datum]) -> dict[str, Datum]:
    try:
        numbers = complete({field: datum.number for field, datum in fields.items()})
    except UnknownName as problem:
        raise ValueError(f"{fields.where}: {problem}") from None
    derived = {field: Datum(value, "1", "follows from the other fields", "derived") for field, value in numbers.items()}
    return derived | fields


DATA, MIXER_DATA = read("architectures.csv"), read("mixers.csv")


def _mixers(name: str) -> tuple[Mixer, ...]:
    """Those of the architecture of this name: "Qwen3-Next 80B A3B: gated delta net" is one."""
    return tuple(record(Mixer, MIXER_DATA[kind], name=kind.removeprefix(f"{name}: ")) for kind in MIXER_DATA if kind.startswith(f"{name}: "))


SOURCES = {name: _completed(DATA[name]) for name in DATA}
ARCHITECTURES = Table("architecture", {name: record(Architecture, SOURCES[name], name=name, mixers=_mixers(name)) for name in DATA}, SOURCES)


@checked(returns="1")
def attention_params(shape: Architecture):
    """Weights of one layer's attention, by matrix: {"query", "key_value", "output"}."""
    query = where(
        shape.query_rank > 0,
        shape.query_rank * (shape.hidden + shape.heads * shape.head_dim),
        shape.hidden * shape.heads * shape.head_dim,
    )
    unrotated = shape.head_dim - shape.rope_dim
    key_value = where(
        shape.kv_rank > 0,
        shape.hidden * (shape.kv_rank + shape.rope_dim) + shape.kv_rank * shape.heads * (unrotated + shape.value_dim),
        shape.hidden * shape.kv_heads * (shape.head_dim + shape.value_dim),
    )
    return {"query": query, "key_value": key_value, "output": shape.heads * shape.value_dim * shape.hidden}


@checked(returns="1")
def latent_params(shape: Architecture):
    """Of those weights, the ones that expand latent queries, keys and values [1]: none, where these aren't latent."""
    query = where(shape.query_rank > 0, shape.query_rank * shape.heads * shape.head_dim, 0)
    return query + shape.kv_rank * shape.heads * (shape.head_dim - shape.rope_dim + shape.value_dim)


@checked(returns="1")
def ffn_params(shape: Architecture, width):
    """Weights of a feed-forward of the given width: two matrices, or three if gated."""
    return (2 + shape.gated) * shape.hidden * width


@checked(returns="1")
def parameters(shape: Architecture):
    """All parameters of `shape`, by named part; `sum(parts.values())` is the total that is printed as the size.

    Multi-token-prediction modules are not in it, as in DeepSeek-V3's 671B.
    Oracles: Narayanan et al. (arXiv 2104.04473), eq. 2; Llama 3.1 405B's safetensors index.
    """
    moe_layers = mixture_layers(shape)
    return {
        "embedding": shape.vocab * shape.hidden + shape.positions * shape.hidden,
        "attention": attention_layers(shape) * sum(attention_params(shape).values()),
        **({"other mixers": shape.layers * over_mixers(shape, "weights")} if shape.mixers else {}),
        "dense feed-forward": shape.dense_layers * ffn_params(shape, shape.ffn),
        "experts": moe_layers * shape.experts * (ffn_params(shape, shape.expert_ffn) + shape.expert_vectors),
        "shared experts": moe_layers * ffn_params(shape, shape.shared_ffn),
        "router": moe_layers * (shape.experts + shape.shared_gate) * shape.hidden,
        "norms and biases": where(
            shape.vectors > 0,
            shape.vectors,
            shape.layers * shape.hidden * (2 + 11 * shape.bias) + shape.hidden * (1 + shape.bias),
        ),
        "head": (1 - shape.tied) * shape.vocab * shape.hidden,
        **({"adapters": shape.layers * sum(adapter_params(shape).values())} if shape.tuning else {}),
    }


@checked(returns="1")
def trained_parameters(shape: Architecture):
    """Parameters that have a gradient and optimizer states [1]: the trained share of the model's own, and all adapters'."""
    own = sum(part for name, part in parameters(shape).items() if name != "adapters")
    return trained_share(shape) * own + shape.layers * sum(adapter_params(shape).values())


@checked(returns="1")
def active_parameters(shape: Architecture):
    """The parameters that work on each token, by named part: as `parameters`, with top_k of the experts."""
    parts = parameters(shape)
    moe_layers = mixture_layers(shape)
    works = {"experts": moe_layers * shape.top_k * (ffn_params(shape, shape.expert_ffn) + shape.expert_vectors)}
    return parts | works | ({"adapters": shape.layers * working_adapters(shape)} if shape.tuning else {})


@checked(returns="token")
def mean_reach(shape: Architecture, seq_len, causal=1.0):
    """Tokens that a token's scores are computed for [token], averaged over layers of attention: half of seq_len if causal.

    In windowed layers that is W - W^2/2s of a window of W tokens, which the first W fill one by one, and W/2 of a chunk, but for
    the last one, which may be shorter.
    """
    reach = seq_len * (1 - 0.5 * causal)
    window = minimum(shape.window, seq_len)
    last = seq_len % where(window > 0, window, seq_len)
    in_chunks = (1 - 0.5 * causal) * (window - last * (window - last) / seq_len)
    filled = where(shape.chunked > 0, in_chunks, window - causal * window * window / (2 * seq_len))
    windowed = where(shape.window_layers > 0, filled, reach)
    of_all = maximum(attention_layers(shape), 1) if shape.mixers else shape.layers
    return reach + (windowed - reach) * shape.window_layers / of_all


@checked(returns="token")
def pair_values(shape: Architecture, seq_len, causal=1.0):
    """Values multiplied and added for a token's scores and their use, averaged over the layers [token]: a width times a reach."""
    attention = shape.heads * (shape.head_dim + shape.value_dim) * mean_reach(shape, seq_len, causal)
    if not shape.mixers:
        return attention
    whole = seq_len * (1 - 0.5 * causal)
    others = 0
    for mixer in shape.mixers:
        window = where(mixer.window > 0, minimum(mixer.window, seq_len), seq_len)
        reach = window - causal * window * window / (2 * seq_len)
        others = others + mixer.layers * (mixer.scores * where(mixer.window > 0, reach, whole) + mixer.index_scores * whole)
    return attention_share(shape) * attention + others / shape.layers


@checked(returns="FLOP/token")
def forward_flops(shape: Architecture, seq_len, causal=1.0, flops_per_weight=2.0, flops_per_pair=2.0):
    """FLOPs of the forward pass for one token [FLOP/token] in a sequence of seq_len [token], by named part.

    causal: 1 counts the scores that causal attention needs, 0 the full matrix. A weight and a token cost
    flops_per_weight, two tokens in a score flops_per_pair: a multiplication and an addition. Only matrix
    multiplications count, so norms and the embedding's look-up are left out.
    """
    moe_layers = mixture_layers(shape)
    return {
        "attention matrices": flops_per_weight * attention_layers(shape) * sum(attention_params(shape).values()),
        **({"other mixers": flops_per_weight * shape.layers * over_mixers(shape, "weights")} if shape.mixers else {}),
        **({"recurrent states": flops_per_weight * shape.layers * over_mixers(shape, "state")} if shape.mixers else {}),
        "attention scores": flops_per_pair * shape.layers * pair_values(shape, seq_len, causal),
        "dense feed-forward": flops_per_weight * shape.dense_layers * ffn_params(shape, shape.ffn),
        "experts": flops_per_weight * moe_layers * shape.top_k * ffn_params(shape, shape.expert_ffn),
        "shared experts": flops_per_weight * moe_layers * ffn_params(shape, shape.shared_ffn),
        "router": flops_per_weight * moe_layers * (shape.experts + shape.shared_gate) * shape.hidden,
        "head": flops_per_weight * shape.vocab * shape.hidden,
        **({"adapters": flops_per_weight * shape.layers * working_adapters(shape)} if shape.tuning else {}),
    }


WITHOUT_OWN_WEIGHTS = ("attention scores", "recurrent states", "adapters")


@checked(returns="FLOP/token")
def model_flops(shape: Architecture, seq_len, causal=1.0, flops_per_weight=2.0, flops_per_pair=2.0):
    """Model FLOPs of training on one token [FLOP/token]: forward, and backward at twice its cost. What MFU counts.

    A module of multi-token prediction is trained, and so counts: as one more layer and head, as in the step's time. Where weights are frozen, backward leaves out their gradients, which are half of it.
    """
    parts = forward_flops(shape, seq_len, causal, flops_per_weight, flops_per_pair)
    parts = {name: part * (1 + shape.mtp / (1 if name == "head" else shape.layers)) for name, part in parts.items()}
    weights = sum(part for name, part in parts.items() if name not in WITHOUT_OWN_WEIGHTS)
    return 3 * sum(parts.values()) - (1 - trained_share(shape)) * weights if shape.tuning else 3 * sum(parts.values())


@checked(returns="FLOP/token")
def narayanan_flops(shape: Architecture, seq_len, recomputed=1.0, flops_per_weight=2.0, flops_per_pair=2.0):
    """FLOPs for one token as Narayanan et al. count them [FLOP/token]: full attention, 4h wide multi-head layers.

    72 L h^2 (1 + s/6h + V/12Lh), and with `recomputed` 96 L h^2 (1 + s/6h + V/16Lh): the layers' forward once more,
    not the head's. arXiv 2104.04473, eq. 3; arXiv 2205.05198, appendix A.
    """
    weights = 12 * shape.layers * shape.hidden**2 * flops_per_weight
    scores = 2 * shape.layers * shape.hidden * seq_len * flops_per_pair
    head = shape.vocab * shape.hidden * flops_per_weight
    return (3 + recomputed) * (weights + scores) + 3 * head
