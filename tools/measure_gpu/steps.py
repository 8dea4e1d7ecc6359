"""Training steps of real architectures on this GPU: each step's time, the memory they take, the power they draw.

Models are those of `transformers` with random weights, of fewer layers where the whole doesn't fit: layers are alike, so
a step's time is the embedding's and the head's and so many layers'. Weights in FP32, multiplies in BF16 (autocast), AdamW
in one kernel, gradients clipped, each layer and the loss compiled; attention is PyTorch's own.
"""

import gc
import statistics
import time
from dataclasses import dataclass

import torch
from shapes import SHAPES


@dataclass(frozen=True)
class Case:
    """A run: which architecture, how many of its layers, tokens of a sequence, sequences of a step, whether layers are recomputed."""

    model: str
    layers: int
    seq_len: int
    sequences: int
    recompute: bool = False
    microbatches: int = 1
    fp8: bool = False
    weights: str = "float32"


CASES = [
    Case("Llama 3.1 8B", 8, 8192, 1),
    Case("Llama 3.1 8B", 8, 8192, 1, fp8=True),
    Case("Llama 3.1 8B", 16, 8192, 1),
    Case("Llama 3.1 8B", 16, 8192, 1, fp8=True),
    Case("Llama 3.1 8B", 8, 8192, 2, recompute=True),
    Case("Llama 3.1 8B", 8, 2048, 4),
    Case("Llama 3.1 8B", 8, 32768, 1, recompute=True),
    Case("Llama 3.1 8B", 8, 8192, 4, microbatches=4),
    Case("Llama 3.1 70B", 3, 8192, 1),
    Case("Llama 3.1 70B", 3, 8192, 1, fp8=True),
    Case("Llama 2 7B", 10, 4096, 2),
    Case("Qwen3-30B-A3B", 6, 4096, 4, weights="bfloat16"),
    Case("Llama 3.2 1B", 16, 8192, 2),
    Case("Llama 3.2 1B", 16, 2048, 8),
    Case("Llama 3.2 1B", 16, 65536, 1, recompute=True),
]


class Run:
    """A model that trains on random tokens: call it for a step."""

    def __init__(self, case, device, compiled=True, **smaller):
        from transformers import AutoConfig, AutoModelForCausalLM

        torch.manual_seed(0)
        self.case, self.device, shape = case, device, SHAPES[case.model] | {"num_hidden_layers": case.layers, "max_position_embeddings": max(8192, case.seq_len)} | smaller
        config = AutoConfig.for_model(**shape)
        with torch.device(device):
            model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", dtype=getattr(torch, case.weights))
        if case.fp8:
            from torchao.float8 import convert_to_float8_training

            convert_to_float8_training(model, module_filter_fn=lambda _, name: "lm_head" not in name)
        self.model = model.train()
        if case.recompute:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        if compiled:
            for layer in model.model.layers:
                layer.compile()
        self.loss = torch.compile(self._loss) if compiled else self._loss
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=device == "cuda")
        self.tokens = torch.randint(0, config.vocab_size, (case.microbatches, case.sequences // case.microbatches, case.seq_len + 1), device=device)

    def _loss(self, hidden, labels):
        logits = self.model.lm_head(hidden)
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())

    def __call__(self):
        for tokens in self.tokens:
            with torch.autocast(self.device, torch.bfloat16):
                hidden = self.model.model(input_ids=tokens[:, :-1], use_cache=False).last_hidden_state
                loss = self.loss(hidden, tokens[:, 1:])
            (loss / len(self.tokens)).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss


def measure(case, device="cuda", meter=None, lasting=12.0, warm=6, least=20, **how):
    """(row, each step's seconds): a run's median and spread, tokens a second, memory, watts and clock in its last half."""
    torch._dynamo.reset()
    gc.collect()  # a compiled function and its model refer to each other
    torch.cuda.empty_cache()
    before = time.monotonic()
    run = Run(case, device, **how)
    for _ in range(warm):
        loss = run()
    torch.cuda.synchronize()
    ready = time.monotonic()
    torch.cuda.reset_peak_memory_stats()
    run()
    torch.cuda.synchronize()
    steps = max(least, int(lasting / max(1e-3, time.monotonic() - ready)))
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
    start = time.monotonic()
    for mark in marks[:-1]:
        mark.record()
        run()
    marks[-1].record()
    torch.cuda.synchronize()
    end = time.monotonic()
    seconds = [a.elapsed_time(b) / 1000 for a, b in zip(marks, marks[1:])]
    ordered = sorted(seconds)
    readings = meter.between((start + end) / 2, end) if meter else []
    tokens = case.sequences * case.seq_len
    found = {
        "model": case.model,
        "layers": case.layers,
        "seq_len": case.seq_len,
        "sequences": case.sequences,
        "microbatches": case.microbatches,
        "recompute": int(case.recompute),
        "weights": case.weights,
        "precision": "fp8" if case.fp8 else "bf16",
        "parameters": sum(p.numel() for p in run.model.parameters()),
        "steps": steps,
        "median_s": statistics.median(seconds),
        "mean_s": statistics.fmean(seconds),
        "p05_s": ordered[int(0.05 * steps)],
        "p95_s": ordered[min(steps - 1, int(0.95 * steps))],
        "max_s": ordered[-1],
        "tokens_per_s": tokens / statistics.median(seconds),
        "allocated_peak": torch.cuda.max_memory_allocated(),
        "reserved_peak": torch.cuda.max_memory_reserved(),
        "watts": statistics.fmean(r[1] for r in readings) if readings else None,
        "sm_mhz": statistics.median(r[3] for r in readings) if readings else None,
        "celsius": max(r[4] for r in readings) if readings else None,
        "loss": float(loss.detach()),
        "prepared_s": ready - before,
    }
    return found, seconds, run


def interrupted(run):
    """Trains, and stops now and then: as a checkpoint would (nothing runs) and as waiting for others would (kernels spin).

    Returns [(what, start, end)] in seconds of time.monotonic().
    """
    told = []

    def phase(what, call, lasting):
        start = time.monotonic()
        while time.monotonic() - start < lasting:
            call()
            torch.cuda.synchronize()
        told.append((what, start, time.monotonic()))

    phase("nothing", lambda: time.sleep(0.05), 3)
    for _ in range(3):
        phase("training", run, 4)
        phase("nothing", lambda: time.sleep(0.05), 2)
    phase("training", run, 4)
    phase("one thread spins", lambda: torch.cuda._sleep(200_000_000), 3)
    phase("blocks spin", spin, 3)
    phase("blocks copy", copy, 3)
    for share in (0.9, 0.75, 0.5, 0.25):  # so much of the time computes, and the rest waits for others

        def waiting(share=share):
            start = time.monotonic()
            run()
            torch.cuda.synchronize()
            spin((time.monotonic() - start) * (1 / share - 1))

        phase(f"training {share:.0%}, then spinning", waiting, 4)
    return told


SPIN = r"""
extern "C" __global__ void spin(const volatile int *flag, long long nanoseconds) {
    // A kernel of a collective that waits for its peers: each thread reads a flag again and again.
    unsigned long long start, now;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
    do { asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now)); } while (*flag == 0 && (long long)(now - start) < nanoseconds);
}
"""
COPY = r"""
extern "C" __global__ void copy(const float4 *from, float4 *to, long long count) {
    // What a collective's blocks do while data comes over the wires: pass it through memory.
    for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < count; i += (long long)gridDim.x * blockDim.x) to[i] = from[i];
}
"""
_kernels = {}


def _kernel(name, code, size):
    import cupy

    if name not in _kernels:
        _kernels[name] = cupy.RawKernel(code, name), cupy.zeros(size, dtype=cupy.int8), cupy.zeros(size, dtype=cupy.int8)
    return _kernels[name]


def spin(seconds=0.1, blocks=24, threads=512):
    """As many blocks as a collective takes poll memory for so long."""
    kernel, flag, _ = _kernel("spin", SPIN, 4)
    kernel((blocks,), (threads,), (flag, int(seconds * 1e9)))
    torch.cuda.synchronize()


def copy(blocks=24, threads=512, size=1 << 32):
    """As many blocks copy memory; prints their rate once."""
    new = "copy" not in _kernels
    kernel, here, there = _kernel("copy", COPY, size)
    start = time.monotonic()
    for _ in range(4):
        kernel((blocks,), (threads,), (here, there, size // 16))
    torch.cuda.synchronize()
    if not new and "told" not in _kernels:
        _kernels["told"] = 4 * size / (time.monotonic() - start)
        print(f"blocks copy {_kernels['told'] / 1e9:.0f} GB/s", flush=True)
