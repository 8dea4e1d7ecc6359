"""Context parallelism by heads, groups that hold copies, and given splits: what they send, hold and are bound by."""

import dataclasses
import json

import pytest
from clustermath.__main__ import main
from clustermath.architecture import ARCHITECTURES, Architecture, complete
from clustermath.hardware import CHIPS
from clustermath.layer import layer_weights
from clustermath.layout import Layout, batch_of, expert_replicas, expert_sharing_ranks, fits, layers_on_last_stage, layers_per_stage, stage_layers
from clustermath.matmul import MACHINES, machine
from clustermath.memory import layer_activations, memory_parts
from clustermath.messages import context_parallel_buffers, data_parallel_buffers, head_exchange, replica_buffers, tensor_parallel_buffers
from clustermath.search import check
from clustermath.software import CONSTANTS, Stack
from clustermath.step import step_parts, step_time
from clustermath.traffic import context_parallel, data_parallel
from clustermath.volume import context_parallel_bytes, data_parallel_bytes
from pytest import approx

GPT, LLAMA, STACK, H100 = ARCHITECTURES["GPT 175B"], ARCHITECTURES["Llama 3 8B"], Stack(reduce_bytes=2.0), MACHINES["H100 SXM"]

# ------------------------------------------------------------------------------------------------------------ Ulysses


@pytest.mark.parametrize("ranks", [2, 4, 8])
def test_ulysses_sends_four_values_of_a_width_and_token_over_its_ranks(ranks):
    """Section 3.2 of the paper: 4 N h / P a layer, for N tokens over P ranks; Megatron's sequence parallelism 4 N h."""
    batch, layout = batch_of(8192.0, 8.0), Layout(cp=ranks, ulysses=1.0)
    assert head_exchange(GPT, layout, batch) == approx(4 * 8192 * GPT.hidden / ranks * batch.value_bytes)
    megatron = tensor_parallel_buffers(GPT, Layout(tp=ranks), batch, STACK)["forward"]
    assert megatron / head_exchange(GPT, layout, batch) == approx(ranks)


def test_twice_the_sequence_over_twice_the_ranks_sends_as_much():
    sent = [head_exchange(GPT, Layout(cp=cp, ulysses=1.0), batch_of(4096.0 * cp, 8.0)) for cp in (2, 4, 8, 16)]
    assert sent == approx([sent[0]] * 4)


@pytest.mark.parametrize("ranks, half", [(2, 1), (4, 2), (8, 4)])
def test_a_ring_sends_half_the_ranks_times_as_much(ranks, half):
    """Multi-head attention, forward: keys and values P - 1 times, 2 h wide, against 4 h once, of which 1/P stays."""
    batch = batch_of(65_536.0, 8.0)
    ring = context_parallel_buffers(GPT, Layout(cp=ranks), batch)["forward"] * (ranks - 1) / ranks
    heads = head_exchange(GPT, Layout(cp=ranks, ulysses=1.0), batch) * (ranks - 1) / ranks
    assert ring / heads == approx(half)


def test_bytes_of_a_step_are_messages_times_layers_both_ways():
    layout, batch = Layout(cp=4, tp=2, ulysses=1.0), batch_of(32_768.0, 8.0)
    sent = context_parallel_bytes(LLAMA, layout, batch, STACK, 4)
    assert sent["nic"] == 0
    assert sent["nvlink"] == approx(2 * 8 * LLAMA.layers * head_exchange(LLAMA, layout, batch) * 3 / 4)
    apart = context_parallel_bytes(LLAMA, layout, batch, STACK, 1)
    assert apart["nvlink"] == 0 and apart["nic"] == approx(sent["nvlink"])
    ring = context_parallel_bytes(LLAMA, dataclasses.replace(layout, ulysses=0.0), batch, STACK, 4)
    assert ring["nvlink"] == approx(8 * LLAMA.layers * 3 * context_parallel_buffers(LLAMA, layout, batch)["forward"] * 3 / 4)


def test_fewer_key_heads_than_ranks_travel_to_several():
    few = dataclasses.replace(LLAMA, kv_heads=2.0)
    batch = batch_of(32_768.0, 8.0)
    wide, own = (head_exchange(few, Layout(cp=cp, ulysses=1.0), batch) * cp for cp in (8, 2))
    assert wide - own == approx(32_768 * 2 * (8 - 2) * (LLAMA.head_dim + LLAMA.value_dim))
    held = [layer_activations(few, Layout(cp=8, ulysses=by), batch, STACK) for by in (0.0, 1.0)]
    assert held[1] - held[0] == approx(32_768 / 8 * 2 * (8 - 2) * (LLAMA.head_dim + LLAMA.value_dim))


def test_heads_bound_the_ranks(capsys):
    batch = batch_of(65_536.0, 8.0)
    for tp, cp, possible in ((1, 32, True), (4, 8, True), (8, 8, False), (1, 64, False)):
        layout = Layout(tp=tp, cp=cp, ulysses=1.0)
        assert bool(fits(LLAMA, layout, batch)) is possible and fits(LLAMA, dataclasses.replace(layout, ulysses=0.0), batch)
        if not possible:
            with pytest.raises(ValueError, match="cp = .* with Ulysses it must divide the"):
                check(LLAMA, layout, batch, 1024)
    words = "step --model llama-3-8b --gpu h100 --gpus 64 --batch-tokens 1M --seq-len 65536 --tp 8 --cp 8".split()
    assert main(words) == 0 and main([*words, "--context", "ulysses"]) == 2
    assert "with Ulysses it must divide the 4 heads" in capsys.readouterr().err


@pytest.mark.parametrize("ranks, cost", [(2, 0.08), (4, 0.08)])
def test_all_to_alls_take_no_more_of_a_step_than_they_were_measured_to_cost(ranks, cost):
    """PrimeIntellect-ai/prime-rl, pull request 2418: 8 H200s, 65,536 tokens: 8 % over 2 ranks, -1 % over 4; a ring 29 and 32 %."""
    h200, batch = machine(CHIPS["H200 SXM"]), batch_of(65_536.0, 8.0)
    shape = Architecture(name="GLM-4.5-Air", **complete({
        "layers": 46, "hidden": 4096, "heads": 96, "kv_heads": 8, "head_dim": 128, "ffn": 10_944, "gated": 1, "dense_layers": 1,
        "experts": 128, "top_k": 8, "expert_ffn": 1408, "shared_ffn": 1408, "vocab": 151_552,
    }))  # fmt: skip
    parts = step_parts(shape, h200, Layout(cp=ranks, dp=8 / ranks, ep=8, zero=3.0, recompute=1.0, ulysses=1.0), batch, STACK, CONSTANTS)
    assert 0.005 < parts["context parallel"] / sum(parts.values()) <= cost


def test_time_of_all_to_alls_is_their_bytes_over_the_link():
    """Within a domain, and beyond it through the NIC; without a ring's overlap. More bandwidth is never slower."""
    batch, instant = batch_of(1_048_576.0, 8.0), dict(collective_start=0.0)
    fast = dataclasses.replace(H100, **instant)
    for cp, near in ((8, 8), (32, 8)):
        layout = Layout(cp=cp, ulysses=1.0)
        each = head_exchange(LLAMA, layout, batch) / cp
        time = context_parallel(LLAMA, fast, layout, batch)
        assert time["forward"] == time["backward"] >= (near - 1) * each / fast.exchange
        if cp > near:
            assert time["forward"] == approx((cp - near) * each / fast.nic)
        wider = dataclasses.replace(fast, nic=2 * fast.nic, exchange=2 * fast.exchange)
        assert context_parallel(LLAMA, wider, layout, batch)["forward"] == approx(time["forward"] / 2)
    assert context_parallel(LLAMA, fast, Layout(ulysses=1.0), batch)["forward"] == 0


# --------------------------------------------------------------------------------------------- groups that hold copies


def ring_bytes(ranks, size):
    """What each rank sends in a reduce-scatter of `size` bytes around a ring, message by message."""
    return sum(size / ranks for _ in range(ranks - 1))


@pytest.mark.parametrize("replicas", [1, 2, 8, 64])
def test_a_group_gathers_within_itself_and_adds_up_with_the_others(replicas):
    """HSDP on 64 ranks of 8 a domain: gathers of weights and reduce-scatters within a group; its share all-reduced across."""
    layout, batch = Layout(dp=64, zero=3.0, replicas=replicas), batch_of(8192.0, 64.0)
    group = 64 // replicas
    whole = data_parallel_buffers(LLAMA, layout, batch, STACK)["shared"]
    share = replica_buffers(LLAMA, layout, batch, STACK)["shared"]
    gradients = whole / 3  # 2 + 2 + 2 bytes: two gathers and a reduce-scatter
    assert share == approx(gradients / group)
    sent = data_parallel_bytes(LLAMA, layout, batch, STACK, 1)
    assert sent["nic"] == approx(ring_bytes(group, whole) + 2 * ring_bytes(replicas, share))


def test_groups_of_a_domain_leave_only_gradients_to_the_fabric():
    """Llama 3 8B on 16 servers: sharing within each of them takes the gathers off the NICs."""
    batch = batch_of(8192.0, 128.0)
    everywhere, grouped = (Layout(dp=128, zero=3.0, replicas=copies) for copies in (1, 16))
    assert data_parallel(LLAMA, H100, grouped, batch, STACK) <= data_parallel(LLAMA, H100, everywhere, batch, STACK)
    sent = data_parallel_bytes(LLAMA, grouped, batch, STACK, 8)
    assert sent["nic"] == approx(2 * 15 / 16 * replica_buffers(LLAMA, grouped, batch, STACK)["shared"])
    thin = dataclasses.replace(H100, nic=H100.nic / 100)
    assert data_parallel(LLAMA, thin, grouped, batch, STACK) == approx(sent["nic"] / thin.nic)
    assert data_parallel(LLAMA, thin, everywhere, batch, STACK) > data_parallel(LLAMA, thin, grouped, batch, STACK)


MIXTURE = ARCHITECTURES["Qwen3 30B A3B"]


def ranks_of_experts(dp, ep):
    """Which data-parallel ranks hold each expert's place: every ep-th one."""
    return [range(place, dp, ep) for place in range(ep)]


@pytest.mark.parametrize("dp, ep, replicas", [(64, 8, 1), (64, 8, 4), (64, 16, 4), (64, 64, 8), (64, 32, 8), (128, 16, 2), (32, 4, 32)])
def test_experts_are_added_up_among_as_many_groups_as_hold_them(dp, ep, replicas):
    """Counted rank by rank: an expert that exists once is reduced with nobody, one of two copies with the other alone."""
    layout, batch = Layout(dp=dp, ep=ep, zero=3.0, replicas=replicas), batch_of(4096.0, float(dp))
    group = dp // replicas
    holders = ranks_of_experts(dp, ep)[0]
    spread = len({rank // group for rank in holders})  # groups that hold a copy
    assert expert_replicas(layout) == spread and expert_sharing_ranks(layout) == len(holders) / spread
    whole, share = data_parallel_buffers(MIXTURE, layout, batch, STACK), replica_buffers(MIXTURE, layout, batch, STACK)
    sent = data_parallel_bytes(MIXTURE, layout, batch, STACK, 1)
    shared = ring_bytes(group, whole["shared"]) + 2 * ring_bytes(replicas, share["shared"])
    experts = ring_bytes(len(holders) // spread, whole["experts"]) + 2 * ring_bytes(spread, share["experts"])
    assert sent["nvlink"] == approx(0, abs=1e-3) and sent["nic"] == approx(shared + experts)


@pytest.mark.parametrize("replicas", [2, 4, 8, 16, 32])
@pytest.mark.parametrize("domain", [2, 8, 32])
def test_groups_of_one_domain_add_up_over_nvlink_in_bytes_as_in_time(domain, replicas):
    """On 32 GPUs: what takes time over a link are the bytes that are counted on it, wherever the groups stand."""
    layout, batch = Layout(dp=32, zero=3.0, replicas=replicas), batch_of(8192.0, 32.0)
    sent = data_parallel_bytes(LLAMA, layout, batch, STACK, min(domain, 32))
    fast = dataclasses.replace(H100, nvlink_domain=float(domain), bucket_step=0.0)
    slow = {"nvlink": dataclasses.replace(fast, nvlink=fast.nvlink / 1e4), "nic": dataclasses.replace(fast, nic=fast.nic / 1e4)}
    for link, machine_ in slow.items():
        if sent[link] > 1:
            assert data_parallel(LLAMA, machine_, layout, batch, STACK) == approx(sent[link] / getattr(machine_, link))
    assert (sent["nic"] > 1) == (domain < 32)


def test_groups_and_copies_of_experts_must_divide_each_other(capsys):
    """Six copies of an expert can't be shared out to four groups; twelve can, and so can two."""
    for dp, ep, replicas, possible in ((24, 4, 4, False), (24, 4, 3, True), (48, 4, 4, True), (8, 4, 4, True), (8, 8, 4, True)):
        layout, batch = Layout(dp=dp, ep=ep, zero=3.0, replicas=replicas), batch_of(4096.0, 48.0)
        assert bool(fits(MIXTURE, layout, batch)) is possible
        if possible:
            check(MIXTURE, layout, batch, 64)
        else:
            with pytest.raises(ValueError, match="replicas = 4 is not possible: it must divide the 6 copies of an expert, or they it"):
                check(MIXTURE, layout, batch, 64)


# ------------------------------------------------------------------------------------------------------- given splits

EIGHT = Architecture(name="eight", **complete(dict(layers=8, hidden=1024, heads=8, ffn=4096, vocab=512)))


@pytest.mark.parametrize("split", [(1, 2, 2, 3), (3, 2, 2, 1), (1, 3, 3, 1), (2, 1, 4, 1)])
def test_any_split_can_be_given(split):
    """NVIDIA-NeMo/Megatron-Bridge, pull request 5077: 8 layers as [1, 2, 2, 3]; the fullest may stand anywhere."""
    layout, batch = Layout(pp=4, stages=tuple(map(float, split))), batch_of(2048.0, 16.0)
    assert layers_per_stage(EIGHT, layout) == max(split) and layers_on_last_stage(EIGHT, layout) == split[-1]
    assert stage_layers(EIGHT, layout) == {"first": split[0], "middle": max(split[1:-1]), "last": split[-1]}
    of_layer, vocabulary = sum(layer_weights(EIGHT, layout).values()), EIGHT.vocab * EIGHT.hidden
    fullest = max(layers * of_layer + (vocabulary if place in (0, 3) else 0) for place, layers in enumerate(split))
    assert memory_parts(EIGHT, H100, layout, batch, STACK)["weights"] == approx(2 * fullest)
    assert fits(EIGHT, layout, batch)
    check(EIGHT, layout, batch, 4)
    even = Layout(pp=4)
    slower = step_time(EIGHT, H100, layout, batch, STACK, CONSTANTS) / step_time(EIGHT, H100, even, batch, STACK, CONSTANTS)
    assert 1 < slower < max(split) / 2 + 0.2
    assert sum(step_parts(EIGHT, H100, layout, batch, STACK, CONSTANTS).values()) == approx(step_time(EIGHT, H100, layout, batch, STACK, CONSTANTS))


@pytest.mark.parametrize("split, rule", [((2, 2, 4), "as many as pp = 4"), ((2, 2, 2, 3), "hold the 8 layers")])
def test_a_split_holds_all_layers_on_all_stages(split, rule):
    layout, batch = Layout(pp=4, stages=tuple(map(float, split))), batch_of(2048.0, 16.0)
    assert not fits(EIGHT, layout, batch)
    with pytest.raises(ValueError, match=rule):
        check(EIGHT, layout, batch, 4)


def test_the_command_line_takes_a_split(capsys):
    words = "step --model llama-3-8b --gpu h100 --gpus 8 --batch-tokens 1M --pp 4".split()
    assert main([*words, "--stages", "7,8,8,9"]) == 0
    assert main([*words, "--stages", "7,8,8,8"]) == 2
    assert "stages = [7, 8, 8, 8] is not possible: they must hold the 32 layers" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "--stages", "7,8,x,9"])
    assert "'7,8,x,9' is no list of layers" in capsys.readouterr().err


def test_the_command_line_takes_modules_to_recompute(capsys):
    words = "step --model deepseek-v3 --gpu h100 --gpus 1024 --batch-tokens 67108864 --tp 2 --pp 8 --ep 64 --expert-tp 1 --json".split()

    def activations(*more):
        assert main([*words, *more]) == 0
        return json.loads(capsys.readouterr().out)["memory_gb"]["activations"]

    kept = [activations("--recompute", what) for what in ("none", "layernorm,moe_act", "layernorm,moe_act,mla_up_proj", "full")]
    assert kept == sorted(kept, reverse=True) and len(set(kept)) == 4
    with pytest.raises(SystemExit):
        main([*words, "--recompute", "layernorm,mlp"])
    assert "unknown 'mlp'; known: none, selective, full" in capsys.readouterr().err
