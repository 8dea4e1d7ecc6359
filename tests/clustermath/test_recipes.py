"""NVIDIA's own layouts (Megatron-Bridge 0.6.2, performance recipes and one of the library's): each can be said, and fits.

They keep and reduce gradients in BF16 (`grad_reduce_in_fp32=False`), and hold experts whole (expert tensor parallelism 1).
"""

from dataclasses import replace

import pytest
from clustermath.__main__ import main
from clustermath.architecture import ARCHITECTURES
from clustermath.hardware import CHIPS
from clustermath.layout import Layout, batch_of
from clustermath.matmul import machine
from clustermath.memory import memory_parts
from clustermath.search import check
from clustermath.software import stack_named

PRODUCT = "the feed-forward's product"  # not the recipe's words: what ours would have to leave unkept, so that it fits
OFFLOADED = "40 of the 126 layers' activations lie in the CPUs' memory"  # the recipe's words: there is no such layout here
# model, chip, GPUs, TP, PP, VP, CP, EP, sequences, tokens of each, bits, what backward recomputes
RECIPES = {
    "405B on H100": ("Llama 3.1 405B", "H100 SXM", 1024, 8, 8, 8, 2, 1, 1536, 8192, 16, ""),
    "405B on H100 in FP8": ("Llama 3.1 405B", "H100 SXM", 1024, 8, 8, 8, 2, 1, 1536, 8192, 8, ""),
    "405B on GB200": ("Llama 3.1 405B", "GB200 NVL72", 256, 4, 16, 8, 1, 1, 1536, 8192, 16, PRODUCT),
    "405B on GB200 in FP8": ("Llama 3.1 405B", "GB200 NVL72", 256, 4, 16, 4, 1, 1, 1536, 8192, 8, PRODUCT),
    "405B on GB200 in FP4": ("Llama 3.1 405B", "GB200 NVL72", 256, 4, 16, 8, 1, 1, 1536, 8192, 4, ""),
    "405B on GB200 in MXFP8": ("Llama 3.1 405B", "GB200 NVL72", 256, 4, 16, 8, 1, 1, 1536, 8192, 8, ""),
    "405B on GB300, sharded": ("Llama 3.1 405B", "GB300 NVL72", 256, 2, 1, 1, 1, 1, 1536, 8192, 16, OFFLOADED),
    "405B on GB300 in FP8": ("Llama 3.1 405B", "GB300 NVL72", 256, 4, 8, 4, 1, 1, 1536, 8192, 8, ""),
    "405B on GB300 in MXFP8": ("Llama 3.1 405B", "GB300 NVL72", 256, 2, 8, 4, 2, 1, 1536, 8192, 8, ""),
    "405B on GB300 in FP4": ("Llama 3.1 405B", "GB300 NVL72", 256, 4, 8, 4, 1, 1, 1536, 8192, 4, ""),
    "405B, 131,072 tokens": ("Llama 3.1 405B", "H100 SXM", 256, 8, 8, 2, 4, 1, 512, 131072, 16, "all"),
    "DeepSeek-V3 on H100": ("DeepSeek-V3", "H100 SXM", 1024, 2, 8, 4, 1, 64, 16384, 4096, 8, "mla_up_proj"),
    "DeepSeek-V3 on GB200": ("DeepSeek-V3", "GB200 NVL72", 256, 1, 4, 4, 1, 64, 4096, 4096, 8, "mla_up_proj"),
    "DeepSeek-V3 on GB300": ("DeepSeek-V3", "GB300 NVL72", 256, 1, 2, 8, 1, 32, 4096, 4096, 8, ""),
    "DeepSeek-V3 on GB300 in FP4": ("DeepSeek-V3", "GB300 NVL72", 256, 1, 2, 8, 1, 32, 4096, 4096, 4, ""),
    "Qwen3 235B on H100": ("Qwen3 235B A22B", "H100 SXM", 256, 2, 8, 4, 1, 32, 8192, 4096, 16, ""),
}


def recipe(name):
    model, chip, gpus, tp, pp, vp, cp, ep, sequences, seq_len, bits, again = RECIPES[name]
    degrees = {"tp": tp, "pp": pp, "interleave": vp, "cp": cp, "ep": ep, "dp": gpus // (tp * pp * cp)}
    layout = Layout(**{key: float(value) for key, value in degrees.items()}, expert_tp=0.0, recompute=float(again == "all"), recompute_up=float(again == "mla_up_proj"), zero=3.0 if again == OFFLOADED else 1.0)
    batch = replace(batch_of(float(seq_len), float(sequences), float(bits), float(bits == 4)), gradient_bytes=2.0)
    return ARCHITECTURES[model], CHIPS[chip], layout, batch, gpus, again


@pytest.mark.parametrize("name", RECIPES)
def test_nvidias_own_layouts_can_be_said_and_fit(name):
    """Two pass the chip's memory, by 7 and 1 %, unless a feed-forward's product, which the next multiply reads, is not kept;
    one does by 9 %, of which the recipe keeps more elsewhere.
    """
    shape, chip, layout, batch, gpus, again = recipe(name)
    check(shape, layout, batch, gpus)
    stack = stack_named("nemo-2026")
    if again == PRODUCT:
        assert chip.hbm < sum(memory_parts(shape, machine(chip), layout, batch, stack).values()) < 1.08 * chip.hbm
        stack = replace(stack, product_kept=0.0)
    parts = memory_parts(shape, machine(chip), layout, batch, stack)
    if again == OFFLOADED:
        assert chip.hbm < sum(parts.values()) < 1.1 * chip.hbm
        parts["activations"] = parts["activations"] * (1 - 40 / 126)
    assert sum(parts.values()) <= chip.hbm


def test_the_command_line_can_be_told_so(capsys):
    words = "step --model qwen3-235b --gpu h100 --gpus 256 --batch-tokens 33554432 --seq-len 4096 --tp 2 --pp 8 --ep 32 --interleave 4 --expert-tp 1".split()
    gradients = []
    for kept in ("fp32", "bf16"):
        assert main([*words, "--gradients", kept]) == 0
        text = capsys.readouterr().out
        gradients.append(float(next(line for line in text.splitlines() if line.split()[:1] == ["gradients"]).split()[1]))
    assert gradients[0] == pytest.approx(2 * gradients[1], rel=1e-3)
