"""The layer in JAX: forward and backward compiled together, as in a training step."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import layer
from layer import EPSILON, HEAD, HEADS, KV_HEADS, WEIGHTS


def norm(x, weight):
    wide = x.astype(jnp.float32)
    scale = jax.lax.rsqrt(jnp.mean(wide * wide, axis=-1, keepdims=True) + EPSILON)
    return (wide * scale * weight.astype(jnp.float32)).astype(x.dtype)


def rotate(x, cosine, sine):
    """Rotary positions of [1, tokens, heads, head]."""
    low, high = jnp.split(x.astype(jnp.float32), 2, axis=-1)
    cosine, sine = cosine[:, None], sine[:, None]
    return jnp.concatenate([low * cosine - high * sine, high * cosine + low * sine], axis=-1).astype(x.dtype)


def forward(x, weights, cosine, sine):
    """One layer for the tokens x [tokens, hidden]; weights are [in, out] here, as JAX's users write them."""
    tokens = len(x)
    heads = (norm(x, weights["norm1"]) @ weights["qkv"]).reshape(1, tokens, -1, HEAD)
    q, k, v = jnp.split(heads, [HEADS, HEADS + KV_HEADS], axis=2)
    attended = jax.nn.dot_product_attention(rotate(q, cosine, sine), rotate(k, cosine, sine), v, is_causal=True, implementation="cudnn")
    x = x + attended.reshape(tokens, -1) @ weights["o"]
    gate, up = jnp.split(norm(x, weights["norm2"]) @ weights["gate_up"], 2, axis=-1)
    return x + (jax.nn.silu(gate) * up) @ weights["down"]


@jax.jit
def whole_step(x, dy, weights, cosine, sine):
    y, pull = jax.vjp(partial(forward, cosine=cosine, sine=sine), x, weights)
    return y, *pull(dy)


class Jax:
    def __init__(self):
        self.weights = {name: jnp.asarray(array.T, jnp.bfloat16) for name, array in layer.weights().items()}

    def prepare(self, tokens: int):
        """A function that starts one step; its results are then in `self.results`."""
        x, dy = (jnp.asarray(array, jnp.bfloat16) for array in layer.inputs(tokens))
        cosine, sine = map(jnp.asarray, layer.positions(tokens))
        compiled = whole_step.lower(x, dy, self.weights, cosine, sine).compile()

        def step():
            self.results = compiled(x, dy, self.weights, cosine, sine)

        return step

    def wait(self) -> None:
        jax.block_until_ready(self.results)

    def arrays(self) -> dict:
        """The results of the last step as FP32 arrays by name, weights' gradients as [out, in]."""
        y, dx, gradients = jax.tree.map(lambda array: jax.device_get(array.astype(jnp.float32)), self.results)
        return {"y": y, "x": dx, **{name: gradients[name].T for name in WEIGHTS}}
