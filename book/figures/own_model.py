"""A model by its numbers: the controls of an architecture, and the record that they make."""

from itertools import zip_longest
from types import SimpleNamespace

import numpy as np
from clustermath.architecture import Architecture
from livefigure import Slider, Switch
from livefigure.bring import Path

from .inputs import FLAGS, WORDS

FOLD = "The model, number by number"
OTHERS = ("other_", "second_", "third_")  # before the fields of layers that mix their tokens otherwise: as many kinds as any known model has
# field → from, to on the slider, what may be typed; the last: whole numbers only.
SIZES = {
    "layers": (1, 200, (1, 10_000), True), "hidden": (256, 32_768, (1, 1e6), False), "heads": (1, 256, (1, 10_000), True), "kv_heads": (1, 256, (1, 10_000), True),
    "head_dim": (16, 512, (1, 10_000), False), "value_dim": (16, 512, (1, 10_000), False),
    "ffn": (0, 131_072, (0, 1e7), False), "dense_layers": (0, 200, (0, 10_000), True),
    "experts": (0, 512, (0, 1e5), True), "top_k": (0, 32, (0, 1e5), True), "expert_ffn": (0, 32_768, (0, 1e7), False), "shared_ffn": (0, 32_768, (0, 1e7), False),
    "vocab": (1000, 300_000, (1, 1e7), True),
    "query_rank": (0, 4096, (0, 1e5), False), "kv_rank": (0, 4096, (0, 1e5), False), "rope_dim": (0, 256, (0, 10_000), False),
    "window": (0, 131_072, (0, 1e8), True), "window_layers": (0, 200, (0, 10_000), True),
    "positions": (0, 131_072, (0, 1e8), True), "mtp": (0, 4, (0, 100), True), "vectors": (0, 1e8, (0, 1e12), True), "expert_vectors": (0, 1e5, (0, 1e9), True),
}  # fmt: skip
OTHER_SIZES = {
    "layers": ("layers", 200, 10_000), "weights": ("weights of one", 1e9, 1e12), "width": ("values it holds of a token", 1e5, 1e8),
    "state": ("multiplications on its state", 1e7, 1e12), "scores": ("width of its scores", 1e5, 1e8), "index_scores": ("width of its indexer", 1e5, 1e8),
    "window": ("window", 131_072, 1e8), "cached": ("keys and values", 1e5, 1e8), "alone": ("share without a feed-forward", 1, 1),
}  # fmt: skip
AT_MOST = {"kv_heads": "heads", "dense_layers": "layers", "window_layers": "layers", "top_k": "experts", "rope_dim": "head_dim"}
MORE_WORDS = {"vectors": "weights of norms and biases", "expert_vectors": "biases of an expert", "layers": "layers"}
MORE_FLAGS = {"chunked": "the window is a chunk", "shared_gate": "shared experts are weighed"}
SCALED = ("hidden", "vocab")  # by even factors
KINDS = ("another kind", "a second", "a third")


def state_of(shape: Architecture) -> dict[str, float]:
    """The inputs that stand for an architecture. ValueError for one with layers of more other kinds than can be said, or trained in part."""
    if len(shape.mixers) > len(OTHERS):
        raise ValueError(f"{shape.name} has layers of {len(shape.mixers)} other kinds; {len(OTHERS)} can be said.")
    if shape.tuning:
        raise ValueError(f"{shape.name} is trained in part; only whole models can be said.")
    found = {name: float(getattr(shape, name)) for name in (*SIZES, *FLAGS, *MORE_FLAGS)}
    for prefix, other in zip_longest(OTHERS, shape.mixers):
        found |= {prefix + name: float(getattr(other, name)) if other else 0.0 for name in OTHER_SIZES}
    return found


def shape_of(inputs) -> SimpleNamespace:
    """The architecture of these inputs, as clustermath takes it. What can't be together is held to what can: a part to its whole."""
    own = {name: inputs[name] for name in (*SIZES, *FLAGS, *MORE_FLAGS)}
    own |= {name: np.minimum(own[name], own[whole]) for name, whole in AT_MOST.items()}
    left, others = own["layers"], []
    for prefix in OTHERS:
        other = {name: inputs[prefix + name] for name in OTHER_SIZES}
        other["layers"] = np.minimum(other["layers"], left)
        left = left - other["layers"]
        others.append(SimpleNamespace(**other))
    own["dense_layers"] = np.minimum(own["dense_layers"], own["layers"] - sum(other.layers * other.alone for other in others))
    return SimpleNamespace(**own, mixers=tuple(others), tuning=())


def paths() -> dict:
    """Where each input stands in a model that was read from its config; 0 for layers of a kind that it doesn't have."""
    others = {prefix + name: Path(f"mixers.{k}.{name}", 0) for k, prefix in enumerate(OTHERS) for name in OTHER_SIZES}
    return {name: name for name in (*SIZES, *FLAGS, *MORE_FLAGS)} | others


def controls(at: dict) -> dict:
    """A control for every number of an architecture but the length of its sequences, standing at the inputs `at`."""
    found = {}
    for name, (low, high, limits, whole) in SIZES.items():
        options = {"log": name in SCALED, "integer": whole, "limits": limits, "at_most": AT_MOST.get(name, "")}
        found[name] = Slider(low, high, at[name], MORE_WORDS.get(name, WORDS.get(name, name)), format=",.12g" if high > 1e6 else ",.7g", folded=FOLD, **options)
    for name, label in (FLAGS | MORE_FLAGS).items():
        found[name] = Switch(bool(at[name]), label, folded=FOLD)
    for prefix, kind in zip(OTHERS, KINDS, strict=True):
        for name, (label, high, most) in OTHER_SIZES.items():
            options = {"integer": name == "layers", "at_most": "layers" if name == "layers" else ""}
            found[prefix + name] = Slider(0, high, at[prefix + name], f"{kind}: {label}", format=",.7g", limits=(0, most), folded=FOLD, **options)
    return found
