"""Training a part of a model: frozen weights, and adapters (LoRA) beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

from .composition import attention_share, dense_share, expert_share, mixture_share
from .numeric import where
from .checking import takes_records
from .parameters import checked
from .records import Record, quantity, switch

if TYPE_CHECKING:
    from .architecture import Architecture  # of which a Tuning is a part


@dataclass(frozen=True, kw_only=True)
class Tuning(Record):
    """What is trained of a model that isn't trained as a whole: a share of its weights, and adapters beside them.

    trained: share of the model's own weights; the others are frozen. rank: of adapters (LoRA, Hu et al., arXiv 2106.09685),
    of which rank x (n + m) weights stand beside a matrix of n inputs and m outputs; 0 without. query, key, value, output, up,
    down: 1 if they stand beside this matrix of every layer; up are both of a gated feed-forward that widen. experts: 1 if
    also beside each expert's. Latent queries, and keys with values, are two matrices each. Other mixers get none.
    frozen_bytes: that a frozen weight of a layer takes, expanded to the batch's own for each multiply where it is fewer (QLoRA,
    Dettmers et al., arXiv 2305.14314); embedding and head stay as they are. See FROZEN.
    """

    trained: float = quantity("1", 0.0, between=(0, 1))
    rank: float = quantity("1", 0.0, between=(0, 1e5), whole=True)
    query: float = switch(0.0)
    key: float = switch(0.0)
    value: float = switch(0.0)
    output: float = switch(0.0)
    up: float = switch(0.0)
    down: float = switch(0.0)
    experts: float = switch(0.0)
    frozen_bytes: float = quantity("B", 2.0, between=(0.1, 8))

    def rules(self):
        yield "trained", self.trained + self.rank > 0, "be more than 0, without the adapters of a", "rank"


# Bytes of a frozen weight. nf4: 4 bits, with 8 for each 64 of them, whose scale is 32 for 256 (QLoRA, section 3); int8: rows of
# bitsandbytes have a scale each.
FROZEN = {"bf16": 2.0, "int8": 1.0, "nf4": (4 + 8 / 64 + 32 / (64 * 256)) / 8}
ADAPTED = ("query", "key", "value", "output", "up", "down")  # the matrices that an adapter can stand beside


@takes_records
def lora(shape: Architecture, rank: float, *beside: str, trained: float = 0.0, frozen: str = "bf16") -> Architecture:
    """`shape` with this share of its own weights trained, and an adapter of this rank beside the matrices that are named.

    beside: names of ADAPTED, and "experts" if each expert's feed-forward has them, too; without any LoRA's own, query and
    value. rank 0: no adapters. frozen: what the layers' frozen weights are kept in, one of FROZEN. Raises ValueError on another
    name, for "experts" without a matrix whose adapters they could have, and for frozen weights where none are.
    """
    for name, known in (*((name, (*ADAPTED, "experts")) for name in beside), (frozen, FROZEN)):
        if name not in known:
            raise ValueError(f"lora(): {name!r} is not known; known: {', '.join(known)}")
    if rank and beside and not {*beside} - {"experts"}:
        raise ValueError(f"lora(): {beside[0]!r} names no matrix; known: {', '.join(ADAPTED)}")
    if trained == 1 and frozen != "bf16":
        raise ValueError(f"lora(): frozen = {frozen!r} is for frozen weights, and trained = 1 leaves none")
    matrices = {name: 1.0 for name in beside or ("query", "value")} if rank else {}
    return replace(shape, tuning=(Tuning(trained=trained, rank=rank, frozen_bytes=FROZEN[frozen], **matrices),))


@checked(returns="1")
def trained_share(shape: Architecture):
    """Share of the model's own weights that is trained [1]."""
    return sum(tuning.trained for tuning in shape.tuning) if shape.tuning else 1.0


def adapted(shape: Architecture) -> list[SimpleNamespace]:
    """The matrices that adapters stand beside: of which `part` of a layer, their inputs and outputs, the adapter's rank,
    how many of them an average layer has, and how many of these work on a token."""
    found = []
    hidden, queries = shape.hidden, shape.heads * shape.head_dim
    latent_keys = shape.heads * (shape.head_dim - shape.rope_dim + shape.value_dim)
    for adapter in shape.tuning:

        def beside(part, inputs, outputs, count, rank=adapter.rank):
            working = count * expert_share(shape) if part == "experts" else count
            found.append(SimpleNamespace(part=part, inputs=inputs, outputs=outputs, count=count, working=working, rank=rank))

        attention = attention_share(shape)
        latent, latent_query = attention * where(shape.kv_rank > 0, 1, 0), attention * where(shape.query_rank > 0, 1, 0)
        keys = where((adapter.key + adapter.value) > 0, 1, 0)
        beside("attention", hidden, queries, adapter.query * (attention - latent_query))
        beside("attention", hidden, shape.query_rank, adapter.query * latent_query)
        beside("attention", shape.query_rank, queries, adapter.query * latent_query)
        beside("attention", hidden, shape.kv_heads * shape.head_dim, adapter.key * (attention - latent))
        beside("attention", hidden, shape.kv_heads * shape.value_dim, adapter.value * (attention - latent))
        beside("attention", hidden, shape.kv_rank + shape.rope_dim, keys * latent)
        beside("attention", shape.kv_rank, latent_keys, keys * latent)
        beside("attention", shape.heads * shape.value_dim, hidden, adapter.output * attention)
        mixture = mixture_share(shape)
        widths = (
            ("feed-forward", shape.ffn, dense_share(shape)),
            ("feed-forward", shape.shared_ffn, mixture * where(shape.shared_ffn > 0, 1, 0)),
            ("experts", shape.expert_ffn, mixture * shape.experts * adapter.experts),
        )
        for part, width, count in widths:
            beside(part, hidden, width, (1 + shape.gated) * adapter.up * count)
            beside(part, width, hidden, adapter.down * count)
    return found


@checked(returns="1")
def adapter_params(shape: Architecture):
    """Weights of an average layer's adapters [1], by the part that they stand beside."""
    parts = {"attention": 0.0, "feed-forward": 0.0, "experts": 0.0}
    for matrix in adapted(shape):
        parts[matrix.part] = parts[matrix.part] + matrix.count * matrix.rank * (matrix.inputs + matrix.outputs)
    return parts


@checked(returns="1")
def working_adapters(shape: Architecture):
    """Weights of an average layer's adapters that work on a token [1]: with top_k of the experts'."""
    return sum(matrix.working * matrix.rank * (matrix.inputs + matrix.outputs) for matrix in adapted(shape))
