"""What a model's layers are: attention, other mixers of tokens, dense feed-forwards and mixtures, as counts and as shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .numeric import maximum
from .parameters import checked

if TYPE_CHECKING:
    from .architecture import Architecture  # which counts with these


@checked(returns="1")
def attention_layers(shape: Architecture):
    """Layers that have the attention of `shape` and no other mixer [1]."""
    return shape.layers - sum(mixer.layers for mixer in shape.mixers)


@checked(returns="1")
def mixture_layers(shape: Architecture):
    """Layers whose feed-forward is a mixture of experts [1]: all that have a feed-forward, but the dense ones."""
    return shape.layers - shape.dense_layers - sum(mixer.layers * mixer.alone for mixer in shape.mixers)


@checked(returns="1")
def attention_share(shape: Architecture):
    """Share of the layers that have the attention of `shape` [1]."""
    return attention_layers(shape) / shape.layers if shape.mixers else 1.0


@checked(returns="1")
def mixture_share(shape: Architecture):
    """Share of the layers whose feed-forward is a mixture of experts [1]."""
    return mixture_layers(shape) / shape.layers


@checked(returns="1")
def dense_share(shape: Architecture):
    """Share of the layers whose feed-forward is dense [1]."""
    return shape.dense_layers / shape.layers if shape.mixers else 1 - mixture_share(shape)


def over_mixers(shape: Architecture, what: str):
    """A field of the other mixers, averaged over all layers [1]: "weights", "width", "state", "cached" and so on."""
    return sum(mixer.layers * getattr(mixer, what) for mixer in shape.mixers) / shape.layers if shape.mixers else 0


@checked(returns="1")
def expert_share(shape: Architecture):
    """Share of a mixture's experts that works on a token [1]."""
    return shape.top_k / maximum(shape.experts, 1)
