"""A model's config.json, as on the Hugging Face hub and as transformers 5 saves it, as an `Architecture`.

What the file leaves out is what the class takes (data/config_classes.json), and is listed as assumed. Families are in
`families`; what an Architecture can't hold is refused by name, and so is a `model_type` that is not known.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from ..architecture import Architecture
from ..composition import attention_layers
from ..tables import DATA
from ..unreadable import Unreadable
from . import words
from .families import FAMILIES, Family, Mixture
from .fields import OLDER
from .mixers import CHUNKED, FULL, SLIDING
from .parse_json import parse_json
from .text import Reading, load, nearest, plain, shown, told, whole
from .unmodelled import UNMODELLED

WRAPPED = {"gemma3": "gemma3_text", "llama4": "llama4_text", "qwen3_5": "qwen3_5_text", "qwen3_5_moe": "qwen3_5_moe_text", "mistral_large4": "mistral_large4_text"}
NESTED = ("text_config", "language_config", "llm_config")
KINDS = ("layer_types", "layers_block_type", "block_types")


@cache
def classes() -> dict:
    """What transformers' classes take where a file is silent, by model_type."""
    return json.loads((DATA / "config_classes.json").read_text(encoding="utf-8"))["classes"]


class Config:
    """A config.json's fields under any of their names. `assumed` collects what the class said because the file didn't."""

    def __init__(self, fields: dict, model_type: str):
        self.fields, self.model_type, self.assumed = fields, model_type, []
        found = classes().get(model_type, {})
        self._defaults, self._names = found.get("defaults", {}), found.get("names", {})

    def get(self, name: str):
        """The value of `name`, which may be dotted; the class's own where the file is silent. null is None."""
        if "." in name:
            outer, inner = name.split(".", 1)
            return self.inner(outer).get(inner)
        for other in self._also(name):
            if other in self.fields:
                return self.fields[other]
        value = next((self._defaults[other] for other in self._also(name) if other in self._defaults), None)
        if value not in (None, False):
            self.assume(words.OF_CLASS.format(name=name, value=plain(value)))
        return value

    def _also(self, name):
        mapped = [self._names.get(name), *(own for own, other in self._names.items() if other == name)]
        return [name, *(other for other in mapped if other), *OLDER.get(name, ())]

    def inner(self, name: str) -> dict:
        """An object in the file, such as `attn_config`; an empty one where there is none."""
        value = self.fields.get(name) or {}
        if not isinstance(value, dict):
            raise Unreadable(words.AN_OBJECT, name=name, found=told(value))
        return value

    def items(self, name: str) -> list:
        """A list, such as `layer_types`; an empty one where there is none."""
        value = self.get(name) or []
        if not isinstance(value, list):
            raise Unreadable(words.A_LIST, name=name, found=told(value))
        return value

    def size(self, name: str, low: int = 1, high: float = 1e9) -> int:
        """A whole number that the file, or its class, must say."""
        value = self.get(name)
        if value is None:
            raise Unreadable(words.MISSING, name=name, model=self.model_type)
        return whole(value, name, low, high)

    def count(self, name: str, otherwise: int = 0) -> int:
        """A whole number; `otherwise` where neither the file nor its class has one, or it is 0."""
        return whole(self.get(name) or otherwise, name, min(otherwise, 1))

    def number(self, name: str, otherwise: float) -> float:
        """A factor from 0 to 1000, and `otherwise` where there is none."""
        value = self.get(name) or otherwise
        if type(value) not in (int, float) or not 0 <= value <= 1000:
            raise Unreadable(words.FACTOR, name=name, found=told(value), high=1000)
        return value

    def flag(self, name: bool | str | tuple[str, ...]) -> bool:
        """True, False, what a field says, or whether any of several does."""
        return any(map(self.flag, name)) if isinstance(name, tuple) else bool(self.get(name)) if isinstance(name, str) else name

    def layer_kinds(self) -> list[str]:
        """The kind of every layer, as far as the file says: "MEM*" letter by letter, lists as they are."""
        if isinstance(pattern := self.fields.get("hybrid_override_pattern"), str):
            return list(pattern)
        kinds = next((self.fields[name] for name in KINDS if isinstance(self.fields.get(name), list)), [])
        if not kinds and (period := self.fields.get("full_attention_interval")):
            layers = self.size("num_hidden_layers", 1, 10_000)
            kinds = [FULL if (i + 1) % whole(period, "full_attention_interval") == 0 else "linear_attention" for i in range(layers)]
        return [kind if isinstance(kind, str) else told(kind) for kind in kinds]

    def assume(self, words: str) -> None:
        """Note down what was taken without being in the file."""
        if words not in self.assumed:
            self.assumed.append(words)


def read_config(source, seq_len: float | None = None, name: str = "") -> Reading:
    """A config.json (path, bytes or text) as a Reading whose record is an `Architecture`.

    seq_len: tokens of a sequence in training, which the file does not hold [token]. name: of the model; else the file's.
    Raises Unreadable for a file that is no config, an unknown model_type, sizes that can't be, and models that an
    Architecture can't hold.
    """
    outer = parse_json(load(source))
    fields, ignored = _text_part(outer)
    model_type = fields.get("model_type")
    if not isinstance(model_type, str):
        raise Unreadable(words.NO_CONFIG)
    model_type = WRAPPED.get(model_type, model_type)
    if model_type in UNMODELLED:
        raise Unreadable(words.CANNOT, model=shown(model_type), what=_not_modelled(Config(fields, model_type)))
    if model_type not in FAMILIES:
        raise Unreadable(words.UNKNOWN, model=shown(model_type), nearest=nearest(model_type, [*FAMILIES, *UNMODELLED]))
    family = FAMILIES[model_type]
    config = Config(fields, family.read_as or model_type)
    if family.read_as:
        config.assume(words.READ_AS.format(model=model_type, other=family.read_as))
    shape = _architecture(config, family, name or _name(outer, model_type), seq_len)
    if "quantization_config" in fields or "quantization_config" in outer:
        ignored.append(words.QUANTIZED)
    return Reading("config.json", shape, config.assumed, ignored)


def _not_modelled(config: Config) -> str:
    """What of the model can't be said, and in how many of its layers, as far as the file names their kinds."""
    what, counted = UNMODELLED[config.model_type]
    layers = config.layer_kinds() if counted else []
    count = sum(kind in counted for kind in layers)
    return (words.NOT_MODELLED_SHARE if count else words.NOT_MODELLED).format(what=what, count=count, layers=len(layers))


def _text_part(outer: dict) -> tuple[dict, list[str]]:
    """The language model's fields, and what else was in the file. The outer `tie_word_embeddings` wins."""
    for name in NESTED:
        if isinstance(inner := outer.get(name), dict):
            ignored = [words.ONLY_LANGUAGE.format(name=shown(other)[1:-1]) for other in outer if other != name and isinstance(outer[other], dict) and other.endswith("_config") and other != "quantization_config"]
            fields = {"model_type": outer.get("model_type"), **inner}
            if "tie_word_embeddings" in outer:
                fields["tie_word_embeddings"] = outer["tie_word_embeddings"]
            return fields, ignored
    return outer, []


def _name(outer: dict, model_type: str) -> str:
    name = outer.get("_name_or_path")
    return shown(name)[1:-1] if isinstance(name, str) and name else model_type


def _architecture(c: Config, family: Family, name: str, seq_len) -> Architecture:
    layers, hidden, heads = family.layers(c), c.size("hidden_size"), c.size("num_attention_heads", 1, 100_000)
    vocab = c.size("vocab_size")
    attention = _attention(c, family, hidden, heads)
    kv_heads, head_dim, value_dim = attention["kv_heads"], attention["head_dim"], attention["value_dim"]
    feed_forward = _mixture(c, family, layers) if family.mixture else _dense(c, family, layers, hidden)
    tied = bool(c.get("tie_word_embeddings"))
    qkv, out = (c.flag(bias) for bias in (family.qkv_bias, family.out_bias))
    norms = family.norms(c) if callable(family.norms) else family.norms
    vectors = (layers * norms + 1) * hidden * (2 if family.norm_bias else 1)
    if family.latent:
        ranks = attention["query_rank"] + attention["kv_rank"]
        each = ranks + qkv * (ranks + attention["rope_dim"]) + out * hidden
    else:
        each = family.qk_norm(c, heads, kv_heads, head_dim) + qkv * (heads * head_dim + kv_heads * (head_dim + value_dim)) + out * hidden
    vectors += family.other(c, hidden, layers, heads) + c.flag(family.head_bias) * vocab
    vectors += _feed_forward_vectors(c, family, feed_forward, layers, hidden)
    windows = {"window": 0, "window_layers": 0} if family.mixers else _windows(c, family, layers)
    shape = Architecture(
        name=name,
        layers=float(layers),
        hidden=float(hidden),
        heads=float(heads),
        **{field: float(value) for field, value in {**attention, **feed_forward, **windows}.items()},
        gated=float(family.gated),
        vocab=float(vocab),
        tied=float(tied),
        bias=float(family.norm_bias),
        positions=float(whole(family.positions(c), "the number of positions", 0)),
        parallel_block=float(c.flag(family.parallel)),
        mtp=float(whole(c.get("num_nextn_predict_layers") or 0, "num_nextn_predict_layers", 0, 100)),
        seq_len=float(seq_len or _trained_length(c)),
    )
    found = [kind for kind in family.mixers(c, shape, each) if kind.mixer.layers] if family.mixers else []
    shape = replace(shape, mixers=tuple(kind.mixer for kind in found))
    vectors += attention_layers(shape) * each + sum(kind.mixer.layers * kind.vectors for kind in found)
    return replace(shape, vectors=float(vectors))


def _trained_length(c: Config) -> int:
    """What a file does not hold: the length of the sequences in training."""
    longest = next((value for value in map(c.get, ("max_position_embeddings", "n_positions", "max_seq_len")) if value), 2048)
    longest = whole(longest, "max_position_embeddings")
    length = min(longest, 4096)
    c.assume(words.LENGTH.format(length=length, longest=longest))
    return length


def _attention(c: Config, family: Family, hidden: int, heads: int) -> dict:
    """Heads of queries, keys and values, and their widths."""
    if family.latent:
        nope, rope = c.size("qk_nope_head_dim", 0), c.size("qk_rope_head_dim", 0)
        query = c.get("q_lora_rank")
        return {
            "kv_heads": heads,
            "head_dim": nope + rope,
            "value_dim": c.size("v_head_dim"),
            "query_rank": 0 if query is None else whole(query, "q_lora_rank"),
            "kv_rank": c.size("kv_lora_rank"),
            "rope_dim": rope,
        }
    if (head_dim := c.get("head_dim")) is None:
        if hidden % heads:
            raise Unreadable(words.NO_HEAD_DIM, hidden=hidden, heads=heads)
        head_dim = hidden // heads
    head_dim = whole(head_dim, "head_dim")
    found = family.kv_heads(c, heads)
    kv_heads = heads if found is None else whole(found, "num_key_value_heads", 1, heads)
    if heads % kv_heads:
        raise Unreadable(words.KV_HEADS, heads=heads, kv_heads=kv_heads)
    value_dim = whole(c.get("v_head_dim") or head_dim, "v_head_dim") if family.value_dim else head_dim
    return {"kv_heads": kv_heads, "head_dim": head_dim, "value_dim": value_dim}


def _dense(c: Config, family: Family, layers: int, hidden: int) -> dict:
    return {"dense_layers": layers, "ffn": whole(family.ffn(c, hidden), "intermediate_size")}


def _mixture(c: Config, family: Family, layers: int) -> dict:
    """Experts, how many work on a token, their widths, and the layers that have none."""
    mixture: Mixture = family.mixture
    sparse = mixture.sparse(c, layers)
    if len(sparse) != layers:
        raise Unreadable(words.FEED_FORWARDS, found=len(sparse), layers=layers)
    dense_layers = sparse.count(False)
    if True not in sparse:
        return {"dense_layers": dense_layers, "ffn": c.size(mixture.dense_width) if dense_layers else 0}
    width = c.size(mixture.width)
    experts = c.size(mixture.experts, 1, 1e6)
    if (top_k := c.size(mixture.per_token, 1, 1e6)) > experts:
        raise Unreadable(words.TOP_K, name=mixture.per_token, top_k=top_k, experts=experts)
    shared = width if mixture.always_shared else 0
    if mixture.shared:
        shared = whole(c.get(mixture.shared) or 0, mixture.shared, 0) * (width if mixture.times else 1)
    latent, hidden = mixture.latent and c.get(mixture.latent), c.size("hidden_size")
    biases = mixture.biased * ((1 + family.gated) * width + hidden)
    if latent:
        latent = whole(latent, mixture.latent)
        c.assume(words.LATENT.format(name=mixture.latent, latent=latent))
        width, shared = width * latent / hidden, shared + 2 * latent / (2 + family.gated)
    return {
        "dense_layers": dense_layers,
        "ffn": c.size(mixture.dense_width) if dense_layers else 0,
        "experts": experts,
        "top_k": top_k,
        "expert_ffn": width,
        "shared_ffn": shared,
        "shared_gate": mixture.gate and shared > 0,
        "expert_vectors": biases,
    }


def _feed_forward_vectors(c: Config, family: Family, found: dict, layers: int, hidden: int) -> float:
    """Biases of feed-forwards and routers, over all layers."""
    bias = c.flag(family.ffn_bias)
    dense = found["dense_layers"] * bias * ((1 + family.gated) * found["ffn"] + hidden)
    if not found.get("experts"):
        return dense
    sparse = family.mixture.sparse(c, layers).count(True)
    shared = sparse * bias * ((1 + family.gated) * found["shared_ffn"] + hidden * (found["shared_ffn"] > 0))
    return dense + shared + sparse * family.mixture.router_bias * found["experts"]


def _windows(c: Config, family: Family, layers: int) -> dict:
    """How many layers attend to a window, and how wide it is."""
    kinds = c.layer_kinds() or family.windows(c, layers)
    if len(kinds) != layers:
        raise Unreadable(words.ATTENTIONS, found=len(kinds), layers=layers)
    for kind in dict.fromkeys(kinds):
        if kind not in (FULL, SLIDING, CHUNKED, "attention"):
            raise Unreadable(words.ATTENTION_KIND, kind=shown(kind), count=kinds.count(kind), layers=layers)
    if chunked := kinds.count(CHUNKED):
        width = c.size("attention_chunk_size")
        return {"window": width, "window_layers": chunked, "chunked": 1}
    sliding = kinds.count(SLIDING)
    return {"window": c.size("sliding_window"), "window_layers": sliding} if sliding else {"window": 0, "window_layers": 0}
