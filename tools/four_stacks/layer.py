"""The work that all stacks do: one GPU's share of one layer of Llama 3.1 405B, forward and backward, in BF16.

Eight GPUs share a layer by tensor parallelism, as in Meta's run; this is what one of them computes for one sequence.
The messages between the eight are left out, so that one GPU can be measured. Norms work on all tokens, as without
sequence parallelism.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book"))
from clustermath.architecture import ARCHITECTURES, model_flops  # noqa: E402

LLAMA = ARCHITECTURES["Llama 3.1 405B"]
TP = 8
HIDDEN, HEAD, FFN = int(LLAMA.hidden), int(LLAMA.head_dim), int(LLAMA.ffn) // TP
HEADS, KV_HEADS = int(LLAMA.heads) // TP, int(LLAMA.kv_heads) // TP
EPSILON, THETA = 1e-5, 500_000.0  # of the norms, and of the rotary positions: arXiv 2407.21783, section 3.2
TOKENS = [128, 256, 512, 1024, 2048, 4096, 8192]  # in the sequence; 8,192 is what Meta trained with
WEIGHTS = {
    "norm1": (HIDDEN,),
    "qkv": ((HEADS + 2 * KV_HEADS) * HEAD, HIDDEN),
    "o": (HIDDEN, HEADS * HEAD),
    "norm2": (HIDDEN,),
    "gate_up": (2 * FFN, HIDDEN),
    "down": (HIDDEN, FFN),
}  # [out, in]


def flops(tokens: int) -> float:
    """Model FLOPs of a step: the matrices and causal attention, forward once and backward at twice that."""
    share = SimpleNamespace(
        **vars(LLAMA) | {"layers": 1, "dense_layers": 1, "heads": HEADS, "kv_heads": KV_HEADS, "ffn": FFN, "vocab": 0}
    )
    return float(model_flops(share, tokens) * tokens)


def weights() -> dict[str, np.ndarray]:
    """The same numbers for every stack, FP32, at the scale that keeps activations near one."""
    rng = np.random.default_rng(0)
    return {
        name: 1 + 0.1 * rng.standard_normal(shape, np.float32) if len(shape) == 1 else rng.standard_normal(shape, np.float32) / shape[1] ** 0.5
        for name, shape in WEIGHTS.items()
    }


def inputs(tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """(what comes into the layer, the gradient that comes back to it), [tokens, hidden] each, FP32."""
    return tuple(np.random.default_rng([1, tokens]).standard_normal((2, tokens, HIDDEN), np.float32))


def positions(tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """(cosines, sines) of the rotary positions, [tokens, half a head], FP32."""
    turns = np.arange(tokens)[:, None] * THETA ** (-np.arange(0, HEAD, 2) / HEAD)
    return np.cos(turns).astype(np.float32), np.sin(turns).astype(np.float32)
