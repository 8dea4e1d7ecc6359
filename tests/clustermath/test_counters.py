"""What the field's counters say of one model: against both vendors' formulas and torch's counter, executed."""

import dataclasses

import pytest
from clustermath.architecture import ARCHITECTURES, model_flops
from clustermath.counters import COUNTERS, mtp_flops, six_n

# FLOP/token, forward and backward: Megatron-core 0.19.2, Megatron-Bridge 0.4.2 and 0.6.2, torchtitan 0.3.0, MaxText 0.2.5.
PRINTED = [
    ("Llama 3.1 8B", 8192, "megatron", 5.147e10),
    ("Llama 3.1 8B", 8192, "torchtitan", 5.791e10),
    ("Llama 3.1 405B", 8192, "maxtext", 2.524e12),
    ("Llama 3.1 405B", 131072, "bridge", 4.046e12),
    ("Llama 3.1 405B", 131072, "torchtitan", 5.670e12),
    ("DeepSeek-V3", 4096, "megatron", 2.600e11),
    ("DeepSeek-V3", 4096, "maxtext", 2.5045e11),
    ("DeepSeek-V3", 4096, "torchtitan", 2.812e11),
    ("Qwen3 235B A22B", 4096, "megatron", 1.480e11),
    ("Qwen3 235B A22B", 4096, "torchtitan", 1.673e11),
    ("GPT-OSS 120B", 4096, "megatron", 3.433e10),
    ("GPT-OSS 120B", 4096, "bridge", 3.263e10),
    ("GPT-OSS 120B", 4096, "bridge up to 0.4.2, GPT-OSS", 2.716e10),
    ("GPT-OSS 120B", 4096, "torchtitan", 3.804e10),
]


@pytest.mark.parametrize("model, seq_len, counter, flops", PRINTED)
def test_a_counter_says_what_it_prints(model, seq_len, counter, flops):
    assert COUNTERS[counter](ARCHITECTURES.find(model), seq_len) == pytest.approx(flops, rel=4e-4)


@pytest.mark.parametrize("model, flops", [("Llama 3.1 8B", 4.818e10), ("Llama 3.1 405B", 2.435e12), ("DeepSeek-V3", 2.253e11), ("GPT-OSS 120B", 3.427e10)])
def test_six_n(model, flops):
    assert six_n(ARCHITECTURES.find(model)) == pytest.approx(flops, rel=3e-4)


def test_a_longer_sequence_never_counts_less():
    for model in ("Llama 3.1 405B", "DeepSeek-V3", "GPT-OSS 120B"):
        for counter in COUNTERS.values():
            counts = [counter(ARCHITECTURES.find(model), seq_len) for seq_len in (1024, 4096, 16384, 131072)]
            assert counts == sorted(counts)


def test_who_counts_the_tokens_foreseen():
    """As the page *Which counter* says: NVIDIA's formulas and this book's model FLOPs, and nobody else; a module is about a
    layer and a head of DeepSeek-V3's 61 and one."""
    shape = ARCHITECTURES["DeepSeek-V3"]
    without = dataclasses.replace(shape, mtp=0.0)
    added = {name: counter(shape, 4096) - counter(without, 4096) for name, counter in (COUNTERS | {"book": model_flops}).items()}
    assert {name for name, flops in added.items() if flops} == {"megatron", "bridge", "bridge up to 0.4.2, GPT-OSS", "book"}
    assert added["megatron"] == pytest.approx(3 * mtp_flops(shape, 4096)) and added["book"] == pytest.approx(added["megatron"], rel=0.2)
