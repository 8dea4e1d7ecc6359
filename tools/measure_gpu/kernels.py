"""Times of single kernels on this GPU: matrix multiplies, attention, copies, and kernels that do nothing.

Burst: a few calls after a pause, over before the power limit acts. Sustained: calls for over a second, as in training.
"""

import statistics
import time

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

# rows, columns, inner: as they occur in training. Llama 405B over 8 ranks, GPT-3 over 8, Llama 8B and 70B whole, DeepSeek-V3's experts.
SHAPES = [
    (8192, 2304, 16384), (8192, 16384, 2048), (8192, 13312, 16384), (8192, 16384, 6656), (16384, 2304, 8192),
    (2048, 6144, 12288), (2048, 12288, 1536), (8192, 4096, 4096), (8192, 28672, 4096), (8192, 4096, 14336),
    (8192, 57344, 8192), (8192, 8192, 28672), (8192, 128256, 4096), (256, 4096, 7168), (1024, 4096, 7168), (4096, 7168, 2048),
    (512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (4096, 4096, 4096), (8192, 8192, 8192), (16384, 16384, 16384),
]  # fmt: skip
LENGTHS = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144]
BACKENDS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}


def burst(call, calls=6, rounds=3):
    """Seconds a call takes in a few calls after a pause: the best of some rounds."""
    times = []
    for _ in range(rounds):
        call()
        torch.cuda.synchronize()
        time.sleep(0.1)
        times.append(timed(call, calls))
    return min(times)


def few(replay, calls):
    """As `burst`, of calls captured in a graph."""
    return burst(replay, 1) / calls


def timed(call, calls):
    """Mean seconds of so many calls, by the GPU's own clock."""
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(calls):
        call()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000 / calls


def captured(call, calls=20):
    """A call that replays so many calls as one graph, so that a small kernel doesn't wait to be launched; and their number."""
    call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(calls):
            call()
    return graph.replay, calls


def sustained(call, meter, once, lasting=1.2):
    """Seconds a call takes in calls that last so long, and watts and megahertz in the last third of them: medians."""
    start = time.monotonic()
    seconds = timed(call, max(3, int(lasting / once)))
    end = time.monotonic()
    readings = meter.between(end - (end - start) / 3, end) if meter else []
    watts, clock = ([reading[place] for reading in readings] for place in (1, 3))
    return seconds, statistics.median(watts) if watts else None, statistics.median(clock) if clock else None


NOT_SUSTAINED = (None, None, None)


def row(kind, shape, work, once, lasting=NOT_SUSTAINED):
    """A row of the table. work: FLOP or, for copies, bytes of a call."""
    return {"kind": kind, "shape": "x".join(map(str, shape)), "work": work, "burst_s": once, "sustained_s": lasting[0], "watts": lasting[1], "sm_mhz": lasting[2]}


def multiplies(device, meter, shapes=SHAPES):
    """Matrix multiplies in BF16 and, where there are kernels for it, FP8 with one scale a tensor. Random values: zeros take less power."""
    for rows, columns, inner in shapes:
        a, b = torch.randn(rows, inner, device=device, dtype=torch.bfloat16), torch.randn(columns, inner, device=device, dtype=torch.bfloat16)
        out = torch.empty(rows, columns, device=device, dtype=torch.bfloat16)
        work = 2 * rows * columns * inner
        for kind, call in {"bf16": lambda a=a, b=b, out=out: torch.mm(a, b.t(), out=out), "fp8": scaled(a, b)}.items():
            if call:
                once = burst(call) if work > 1e12 else few(*captured(call))
                yield row(f"matmul {kind}", (rows, columns, inner), work, once, sustained(call, meter, once) if work > 1e11 else NOT_SUSTAINED)
        del a, b, out


# experts, tokens of each, columns, inner: DeepSeek-V3's first and second matrix, Qwen3-30B-A3B's.
GROUPS = [(8, 512, 4096, 7168), (8, 512, 7168, 2048), (32, 128, 4096, 7168), (128, 1024, 1536, 2048), (128, 1024, 2048, 768)]


def grouped(device, meter):
    """The same in BF16 for many experts at once, each with as many tokens: one kernel."""
    for experts, tokens, columns, inner in GROUPS:
        a, b = torch.randn(experts * tokens, inner, device=device, dtype=torch.bfloat16), torch.randn(experts, columns, inner, device=device, dtype=torch.bfloat16)
        ends = torch.arange(tokens, experts * tokens + 1, tokens, device=device, dtype=torch.int32)

        def call(a=a, b=b, ends=ends):
            return torch._grouped_mm(a, b.transpose(1, 2), offs=ends)

        once = burst(call)
        yield row("matmul bf16, grouped", (experts, tokens, columns, inner), 2 * experts * tokens * columns * inner, once, sustained(call, meter, once))


def passes(device):
    """What norms and activations of a Llama 8B layer take, forward, compiled: bytes that must be read and written."""
    x, gate, up = (torch.randn(8192, width, device=device, dtype=torch.bfloat16) for width in (4096, 14336, 14336))
    other, weight = torch.randn_like(x), torch.ones(4096, device=device, dtype=torch.bfloat16)
    norm = torch.compile(lambda x, y: torch.nn.functional.rms_norm(x + y, (4096,), weight, 1e-5))
    silu = torch.compile(lambda gate, up: torch.nn.functional.silu(gate) * up)
    yield row("add and RMSNorm", tuple(x.shape), 3 * x.numel() * 2, few(*captured(lambda: norm(x, other))))
    yield row("SiLU and multiply", tuple(gate.shape), 3 * gate.numel() * 2, few(*captured(lambda: silu(gate, up))))
    p = [torch.randn(1 << 28, device=device, requires_grad=True)]
    p[0].grad = torch.randn_like(p[0])
    step = torch.optim.AdamW(p, fused=True).step
    yield row("AdamW, fused, FP32", (1 << 28,), 28 << 28, burst(step))


def scaled(a, b):
    """A call of a multiply in FP8, or None where the GPU has none."""
    try:
        a8, b8, one = a.to(torch.float8_e4m3fn), b.to(torch.float8_e4m3fn), torch.ones((), device=a.device)

        def call():
            return torch._scaled_mm(a8, b8.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True)

        call()
        return call
    except RuntimeError:
        return None


def attention(device, meter, lengths=LENGTHS, tokens=262144, heads=16, kv_heads=4, width=128):
    """Causal attention forward, and forward with backward, for so many tokens in sequences of each length."""
    for length in lengths:
        for name, backend in BACKENDS.items():
            batch, few = max(1, min(tokens, 65536) // length), 8 if length >= 131072 else heads
            q = torch.randn(batch, few, length, width, device=device, dtype=torch.bfloat16, requires_grad=True)
            k, v = (torch.randn(batch, max(1, few * kv_heads // heads), length, width, device=device, dtype=torch.bfloat16, requires_grad=True) for _ in range(2))

            def forward(q=q, k=k, v=v, backend=backend):
                with sdpa_kernel(backend):
                    return scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

            try:
                grad = torch.randn_like(forward())
            except RuntimeError as reason:
                print(f"attention {name} at {length}: {reason}", flush=True)
                continue

            def both(forward=forward, grad=grad, q=q, k=k, v=v):
                q.grad = k.grad = v.grad = None
                forward().backward(grad)

            half = batch * few * length * (length + 1) / 2 * width * 2  # multiplications and additions of one multiply, causal
            for kind, call, work in (("forward", forward, 2 * half), ("forward and backward", both, 7 * half)):
                once = burst(call, 3, 2)
                yield row(f"attention {name}, {kind}", (batch, few, length, width), work, once, sustained(call, meter, once) if length >= 4096 else NOT_SUSTAINED)
            del q, k, v, grad


def copies(device):
    """Copies in the GPU's memory and between it and the host's: bytes that are read or written on the GPU."""
    size = 1 << 32
    here, there = torch.empty(size, dtype=torch.uint8, device=device), torch.empty(size, dtype=torch.uint8, device=device)
    yield row("copy in memory", (size,), 2 * size, burst(lambda: there.copy_(here)))
    host = torch.empty(size, dtype=torch.uint8, pin_memory=True)
    yield row("copy to the host", (size,), size, burst(lambda: host.copy_(here, non_blocking=True), 2, 2))
    yield row("copy from the host", (size,), size, burst(lambda: here.copy_(host, non_blocking=True), 2, 2))


def starts(device):
    """Kernels that have next to nothing to do, one by one and as a captured graph."""
    small = torch.zeros(32, device=device)
    yield row("kernel, launched", (32,), 0, burst(lambda: small.add_(1), 2000))
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    with torch.cuda.graph(graph, stream=stream):
        for _ in range(2000):
            small.add_(1)
    yield row("kernel, in a graph", (32,), 0, burst(graph.replay, 1) / 2000)
