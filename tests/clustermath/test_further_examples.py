"""The kinds of fault that the public cases showed, tried on other models, sizes and layouts: counted here one by one, or published."""

import json

import numpy as np
import pytest
from clustermath.__main__ import main
from clustermath.architecture import ARCHITECTURES, Architecture, complete, forward_flops, mean_reach
from clustermath.collectives import Network, all_reduce, bus_bandwidth_factor, flat_all_reduce, flat_tree_all_reduce, network_of, switched_all_reduce
from clustermath.hardware import CHIPS
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES
from clustermath.memory import memory_parts
from clustermath.software import Stack
from clustermath.step import step_mfu
from pytest import approx

GEMMA = dict(layers=26, hidden=2304, heads=8, kv_heads=4, ffn=9216, gated=1, vocab=256_000)
H100 = MACHINES["H100 SXM"]


def reach(seq_len, chunked, window):
    shape = Architecture(name="own", **complete(GEMMA | dict(window=window, window_layers=26, chunked=chunked)))
    return float(mean_reach(shape, float(seq_len)))


@pytest.mark.parametrize("window, seq_len", [(1024, 8192), (512, 2048), (4096, 4096), (4096, 6000), (128, 4096), (128, 131_072), (8192, 4096)])
def test_windows_of_gemma_mistral_and_gpt_oss(window, seq_len):
    assert reach(seq_len, 0, window) == approx(np.minimum(np.arange(1, seq_len + 1), window).mean(), rel=1e-3)


@pytest.mark.parametrize("chunk, seq_len", [(8192, 4096), (8192, 8192), (8192, 12_000), (8192, 65_536), (8192, 70_000), (100, 250)])
def test_chunks_of_which_the_last_may_be_shorter(chunk, seq_len):
    assert reach(seq_len, 1, chunk) == approx((np.arange(seq_len) % chunk + 1).mean() - 0.5)


@pytest.mark.parametrize(
    "name, weights",  # of the checkpoints' own indices
    [("Llama 3 70B", 70_553_706_496), ("Llama 3.1 405B", 405_853_388_800), ("Llama 2 13B", 13_015_864_320), ("Mixtral 8x7B", 46_702_792_704)],
)
def test_both_vocabulary_matrices_are_held_without_a_pipeline(name, weights):
    held = memory_parts(ARCHITECTURES[name], H100, Layout(), batch_of(4096.0, 1.0), Stack())["weights"]
    assert held == approx(2 * weights, rel=1e-4)


@pytest.mark.parametrize("domains", [2, 3, 4, 8, 16])
def test_a_tree_over_a_ring(domains):
    """NICs alone: the busiest domain sends the buffer once of two, 1.5 times of three, else twice; a ring 2 (n - 1) / n times."""
    network, ranks = Network(domain=8, nvlink=1e15, nic=12.5e9), 8 * domains
    ring, tree = (law(2**34, ranks, 8, network) for law in (flat_all_reduce, flat_tree_all_reduce))
    assert ring / tree == approx(2 * (ranks - 1) / ranks / {2: 1, 3: 1.5}.get(domains, 2), rel=0.02)


@pytest.mark.parametrize("ranks, reported", [(5, 420), (6, 440), (7, 460), (8, 480)])
def test_a_switch_of_fewer_gpus(ranks, reported):
    """NVIDIA/nccl, issue 1455: 5 to 8 H100s, GB/s."""
    time = switched_all_reduce(2**34, ranks, ranks, network_of(CHIPS["H100 SXM"]))
    assert 2**34 / time * bus_bandwidth_factor(ranks) / 1e9 == approx(reported, rel=0.03)


@pytest.mark.parametrize("mib, reported", [(512, 581), (1024, 703), (2048, 766), (4096, 837), (8192, 841)])
def test_a_rack_of_blackwells_by_size(mib, reported):
    """coreweave/nccl-tests, pull request 43: 72 GB200s, GB/s."""
    size = mib * 2**20
    time = switched_all_reduce(size, 72, 72, network_of(CHIPS["GB200 NVL72"]))
    assert size / time * bus_bandwidth_factor(72) / 1e9 == approx(reported, rel=0.08)


def test_four_servers_whose_fabric_does_not_add():
    """NVIDIA/nccl-tests, issue 309: 366 GB/s on four servers, where only NVLink's switches add."""
    time = all_reduce(2**34, 32, 8, network_of(CHIPS["H100 SXM"]))
    assert 2**34 / time * bus_bandwidth_factor(32) / 1e9 == approx(366, rel=0.05)


@pytest.mark.parametrize("name", ["Llama 3 8B", "GPT-3 175B", "Qwen3 235B A22B", "Mixtral 8x7B"])
def test_hfu_repeats_layers_and_not_the_head(name):
    shape, batch = ARCHITECTURES[name], batch_of(4096.0, 1.0)
    parts = forward_flops(shape, 4096.0, 0.0)
    head, layers = parts["head"], sum(parts.values()) - parts["head"]
    hfu, mfu = (step_mfu(shape, H100, Layout(), batch, 1.0, 0.0, recomputed=share) for share in (1.0, 0.0))
    assert hfu / mfu == approx((4 * layers + 3 * head) / (3 * layers + 3 * head))


@pytest.mark.parametrize("more, possible", [("--pp 8", True), ("--pp 2", True), ("--pp 8 --microbatch 8", True), ("--pp 8 --microbatch 16", False), ("--pp 16 --interleave 2", False)])
def test_dualpipe_on_other_pipelines(more, possible, capsys):
    """64 GPUs and 1,024 sequences: at least 16 microbatches on 8 stages, or none."""
    words = f"step --model llama-2-7b --gpu h100 --gpus 64 --batch-tokens 4194304 --schedule dualpipe {more} --json"
    assert (main(words.split()) == 0) is possible
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "model, layout",
    [
        ("qwen3-235b", "--gpus 256 --tp 4 --pp 8 --ep 8"), ("deepseek-v3", "--gpus 256 --tp 8 --pp 4 --ep 64"), ("qwen3-30b", "--gpus 8 --tp 2 --ep 8"),
        ("mixtral-8x7b", "--gpus 8 --tp 4 --ep 8"), ("mixtral-8x22b", "--gpus 64 --tp 4 --pp 4 --ep 8"),
    ],
)  # fmt: skip
def test_experts_over_tensor_parallel_ranks(model, layout, capsys):
    assert main(f"step --model {model} --gpu h100 --batch-tokens 4194304 --seq-len 4096 --expert-tp 1 {layout}".split()) == 0
    capsys.readouterr()
    assert main(f"memory --model {model} --gpu h100 --batch-tokens 4194304 --seq-len 4096 --expert-tp 1 {layout} --json".split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["fits"] is (found["fullest"]["gb"] <= found["chip_gb"]) and found["fullest"]["gb"] <= found["gb"]["all"] * (1 + 1e-9)


@pytest.mark.parametrize("copies", [1, 2, 4])
def test_groups_that_share_hold_as_many_copies(copies):
    """Llama 3 70B over 64 GPUs: 18 bytes for each weight of 64 over the copies, and two layers that are gathered."""
    layout = Layout(dp=64, zero=3.0, replicas=copies)
    parts = memory_parts(ARCHITECTURES["Llama 3 70B"], H100, layout, batch_of(8192.0, 64.0), Stack())
    weights, layer = 70_553_706_496, (70_553_706_496 - 2 * 128_256 * 8192) / 80
    assert sum(parts[name] for name in ("weights", "gradients", "optimizer")) == approx(18 * weights * copies / 64 + 2 * 2 * layer, rel=1e-3)
