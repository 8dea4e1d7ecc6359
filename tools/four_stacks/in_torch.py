"""The layer in PyTorch: eager, compiled, and eager recorded once as a CUDA graph."""

from __future__ import annotations

import layer
import torch
import torch.nn.functional as F
from layer import EPSILON, FFN, HEAD, HEADS, KV_HEADS, WEIGHTS
from torch.nn.attention import SDPBackend, sdpa_kernel

torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False


def rotate(x, cosine, sine):
    """Rotary positions of [1, heads, tokens, head]."""
    low, high = x.float().chunk(2, dim=-1)
    return torch.cat([low * cosine - high * sine, high * cosine + low * sine], dim=-1).to(x.dtype)


def forward(x, cosine, sine, norm1, qkv, o, norm2, gate_up, down):
    """One layer for the tokens x [tokens, hidden]."""
    tokens = len(x)
    heads = F.linear(F.rms_norm(x, norm1.shape, norm1, EPSILON), qkv).view(1, tokens, -1, HEAD).transpose(1, 2)
    q, k, v = heads.split([HEADS, KV_HEADS, KV_HEADS], dim=1)
    attended = F.scaled_dot_product_attention(rotate(q, cosine, sine), rotate(k, cosine, sine), v, is_causal=True, enable_gqa=True)
    x = x + F.linear(attended.transpose(1, 2).reshape(tokens, -1), o)
    gate, up = F.linear(F.rms_norm(x, norm2.shape, norm2, EPSILON), gate_up).split(FFN, dim=-1)
    return x + F.linear(F.silu(gate) * up, down)


class Torch:
    """`way`: "eager", "compiled" or "recorded"."""

    def __init__(self, way: str, dtype=torch.bfloat16, attention=SDPBackend.CUDNN_ATTENTION):
        self.way, self.dtype, self.attention = way, dtype, attention
        self.forward = torch.compile(forward, dynamic=False) if way == "compiled" else forward
        self.weights = [self._there(array).requires_grad_() for array in layer.weights().values()]

    def _there(self, array):
        return torch.from_numpy(array).to("cuda", self.dtype)

    def prepare(self, tokens: int):
        """A function that starts one step; its results are then in `self.results`."""
        x, dy = (self._there(array) for array in layer.inputs(tokens))
        x.requires_grad_()
        cosine, sine = (torch.from_numpy(array).cuda() for array in layer.positions(tokens))

        def step():
            with sdpa_kernel(self.attention):
                y = self.forward(x, cosine, sine, *self.weights)
                self.results = y.detach(), *torch.autograd.grad(y, [x, *self.weights], dy)

        if self.way != "recorded":
            return step
        aside = torch.cuda.Stream()
        with torch.cuda.stream(aside):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        results = self.results

        def replay(keep=step):  # the recording reads what the step reads, where it lay
            graph.replay()
            self.results = results

        return replay

    def wait(self) -> None:
        torch.cuda.synchronize()

    def arrays(self) -> dict:
        """The results of the last step as FP32 arrays by name."""
        return {name: array.float().cpu().numpy() for name, array in zip(["y", "x", *WEIGHTS], self.results)}
