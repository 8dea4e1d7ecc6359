"""Bytes against routed tokens counted one by one, the papers' formulas, and the times that `traffic` takes for them."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.assumptions import ASSUMED
from clustermath.architecture import ARCHITECTURES, parameters
from clustermath.collectives import network_of
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES
from clustermath.software import Constants, stack_named
from clustermath.traffic import context_parallel, data_parallel, expert_parallel, pipeline_parallel, tensor_parallel
from clustermath.volume import (
    SENT,
    context_parallel_bytes,
    data_parallel_bytes,
    expert_parallel_bytes,
    mapped_ranks,
    pipeline_parallel_bytes,
    scattered_ranks,
    tensor_parallel_bytes,
)
from pytest import approx

LLAMA, GPT, DEEPSEEK = (ARCHITECTURES[name] for name in ("Llama 3.1 405B", "GPT 175B", "DeepSeek-V3"))
H100, GB300 = network_of(CHIPS["H100 SXM"]), network_of(CHIPS["GB300 NVL72"])
META = Layout(tp=8, pp=16, dp=128, interleave=8)
BATCH = batch_of(8192.0, 2048.0)
AT_ONCE = dict(collective_start=0.0, bucket_step=0.0)


def of_eight(links):
    """What rings of eight GPUs reach, over those of many: a GPU handles eight pieces and sends seven (`collectives`)."""
    return 1 / (1 + links.copied / 7)


STACK = stack_named("")


def test_tensor_parallel_sends_what_megatron_counts():
    """8 b s h (t-1)/t values for each layer and microbatch (arXiv 2104.04473, section 3.2), without sequence parallelism."""
    layout = Layout(tp=8, dp=8, sequence_parallel=0.0)
    batch = batch_of(2048.0, 64.0)
    values = 8 * 2048 * GPT.hidden * 7 / 8 * GPT.layers * 8  # 8 microbatches of one sequence
    assert tensor_parallel_bytes(GPT, layout, batch, STACK, 8) == {"nvlink": approx(2 * values), "nic": 0}


def test_pipeline_sends_activations_and_gradients():
    """b s h values each way for a microbatch (arXiv 2104.04473, section 3.2), v times that with v chunks."""
    layout = Layout(pp=8, dp=8, interleave=2, sequence_parallel=0.0)
    sent = pipeline_parallel_bytes(GPT, layout, batch_of(2048.0, 64.0), STACK, 1)
    assert sent == {"nvlink": 0, "nic": approx(8 * 2 * 2 * 2048 * GPT.hidden * 2)}
    assert pipeline_parallel_bytes(GPT, Layout(dp=8), BATCH, STACK, 1) == {"nvlink": 0, "nic": 0}


@pytest.mark.parametrize("zero, gradient_bytes, values", [(1.0, 2.0, 2), (3.0, 4.0, 3)])
def test_data_parallel_sends_what_zero_counts(zero, gradient_bytes, values):
    """2 values for each parameter, and 3 with weights shared (Rajbhandari et al., arXiv 1910.02054, section 7).

    FSDP gathers weights twice, and sends gradients once.
    """
    batch = dataclasses.replace(batch_of(8192.0, 1024.0), gradient_bytes=gradient_bytes)
    untied = dataclasses.replace(LLAMA, tied=1.0)  # a stage holds the embedding or the head
    sent = data_parallel_bytes(untied, Layout(dp=1024, zero=zero), batch, STACK, 1)
    assert sent["nic"] == approx(2 * values * sum(parameters(untied).values()) * 1023 / 1024, rel=1e-3)


def assert_tokens_arrive(domain, seed, stack, copies):
    """Tokens routed at random to 8 of 256 experts on 64 GPUs, every hop counted (rails: along the fabric, then NVLink).

    copies: of a token from `source` to the `owners` of its experts, over the fabric and over NVLink.
    """
    random, tokens = np.random.default_rng(seed), 4000
    fabric = nvlink = 0
    for _ in range(tokens):
        source = random.integers(64)
        owners = random.choice(256, 8, replace=False) // 4
        across, within = copies(source, owners)
        fabric, nvlink = fabric + across, nvlink + within
    layout, batch = Layout(ep=64, dp=64), batch_of(4096.0, 64.0)
    sent = expert_parallel_bytes(DEEPSEEK, layout, batch, stack, domain)
    passes = 4 * (DEEPSEEK.layers - DEEPSEEK.dense_layers) * (1 + DEEPSEEK.mtp / DEEPSEEK.layers)
    unit = passes * 4096 * DEEPSEEK.hidden * 2
    assert sent["nic"] == approx(unit * fabric / tokens, rel=0.03)
    assert sent["nvlink"] == approx(unit * nvlink / tokens, rel=0.03)


@pytest.mark.parametrize("domain", [8, 16, 64])
def test_experts_get_their_tokens(domain):
    """Once to each domain, and once to each GPU, that holds some of a token's experts."""

    def copies(source, owners):
        return len(set(owners // domain) - {source // domain}), len({owner for owner in owners if owner % domain != source % domain})

    assert_tokens_arrive(domain, 1, STACK, copies)


@pytest.mark.parametrize("domain", [8, 64])
def test_an_all_to_all_sends_a_token_to_each_of_its_experts(domain):
    """Without a library that sends it once to a GPU: one copy for each expert, on the same ways."""

    def copies(source, owners):
        return int(np.sum(owners // domain != source // domain)), int(np.sum(owners % domain != source % domain))

    assert_tokens_arrive(domain, 2, dataclasses.replace(STACK, sent_once=0.0), copies)


def test_bytes_over_bandwidth_are_the_times_of_the_step_model():
    """Where nothing is hidden and nothing takes time to start."""
    machine, unhidden = dataclasses.replace(MACHINES["H100 SXM"], **AT_ONCE), Constants(exposed=1.0)
    stack, count, layers = stack_named("2025"), 16, LLAMA.layers / 16
    tensor = tensor_parallel(LLAMA, machine, META, BATCH, stack, unhidden)
    near = mapped_ranks(META, H100)
    sent = {name: SENT[name](LLAMA, META, BATCH, stack, local) for name, local in near.items()}
    link = of_eight(machine) * machine.nvlink
    assert sent["tensor parallel"]["nvlink"] / link == approx(count * layers * sum(tensor.values()))
    assert sent["data parallel"]["nic"] / machine.nic == approx(data_parallel(LLAMA, machine, META, BATCH, stack))
    assert sent["pipeline parallel"]["nic"] / machine.nic == approx(count * pipeline_parallel(LLAMA, machine, META, BATCH))

    layout, batch = Layout(ep=64, pp=16, dp=128), batch_of(4096.0, 15360.0)
    machine = dataclasses.replace(MACHINES["H800 SXM"], **AT_ONCE)
    forward = expert_parallel(DEEPSEEK, machine, layout, batch, stack, unhidden)
    sent = expert_parallel_bytes(DEEPSEEK, layout, batch, stack, mapped_ranks(layout, H100)["expert parallel"])
    assert sent["nic"] / machine.nic == approx(2 * forward * 120 * (DEEPSEEK.layers + DEEPSEEK.mtp) / 16)


def test_ranks_in_order_fill_domains_and_random_ones_do_not():
    assert mapped_ranks(META, H100) == {
        "tensor parallel": 8, "context parallel": 1, "expert parallel": 1, "pipeline parallel": 1, "data parallel": 1,
    }  # fmt: skip
    assert mapped_ranks(Layout(ep=64, pp=16, dp=128), GB300)["expert parallel"] == 64
    assert scattered_ranks(META, H100)["tensor parallel"] == approx(1 + 7 * 7 / 16_383)


def test_random_ranks_are_as_near_as_dealing_them_out_shows():
    """The mean number of ranks of a group in one member's server, over random deals of 4,096 GPUs."""
    random, layout = np.random.default_rng(2), Layout(tp=64, pp=4, dp=16)
    found = []
    for _ in range(50):
        server = random.permutation(4096) // 8
        groups = server.reshape(-1, 64)
        found.append(np.mean([(group[:, None] == group).sum(axis=1).mean() for group in groups]))
    assert scattered_ranks(layout, H100)["tensor parallel"] == approx(np.mean(found), rel=0.01)


@pytest.mark.parametrize("layout", [META, Layout(tp=8, cp=16, pp=16, dp=8), Layout(dp=1024, zero=3.0)])
def test_a_larger_domain_leaves_less_to_the_fabric(layout):
    small, large = (
        sum(SENT[name](LLAMA, layout, BATCH, STACK, local)["nic"] for name, local in mapped_ranks(layout, network).items())
        for network in (H100, GB300)
    )
    assert large <= small


@pytest.mark.parametrize("side_by_side", [0.0, 1.0])
@pytest.mark.parametrize("shape", [LLAMA, DEEPSEEK, ARCHITECTURES["PaLM 540B"]], ids=lambda shape: shape.name)
def test_times_and_bytes_are_of_the_same_messages(shape, side_by_side):
    """Nothing hidden, all links alike: each kind's time for a step is its bytes over the bandwidth.

    Also where it is the software that puts attention and feed-forward side by side (MegaScale, arXiv 2402.15627).
    """
    bandwidth = 1e11
    links = SimpleNamespace(nvlink=bandwidth, exchange=bandwidth, nic=bandwidth, copied=0.3, nvlink_domain=64.0, **AT_ONCE)
    exposed = dataclasses.replace(Constants(), exposed=1.0)
    stack = dataclasses.replace(STACK, parallel_block=side_by_side, tp_overlap=0.0, ep_overlap=0.0)
    layout = Layout(tp=8, dp=8, ep=4 if shape.experts else 1)
    passes = BATCH.sequences / layout.dp * (shape.layers + shape.mtp)
    tensor = tensor_parallel(shape, links, layout, BATCH, stack, exposed)
    sent = tensor_parallel_bytes(shape, layout, BATCH, stack, 8)
    assert sent["nvlink"] == approx(passes * sum(tensor.values()) * of_eight(links) * bandwidth) and sent["nic"] == 0
    exchange = 2 * expert_parallel(shape, links, layout, BATCH, stack, exposed) * ASSUMED.token_exchange
    assert expert_parallel_bytes(shape, layout, BATCH, stack, layout.ep)["nvlink"] == approx(passes * exchange * bandwidth)
    data = data_parallel(shape, links, layout, BATCH, stack)
    assert data_parallel_bytes(shape, layout, BATCH, stack, 8)["nvlink"] == approx(data * bandwidth)
    once = tensor_parallel_bytes(shape, layout, BATCH, dataclasses.replace(stack, parallel_block=0.0), 8)["nvlink"]
    halved = side_by_side and not shape.parallel_block
    assert sent["nvlink"] == approx(once * (0.5 if halved else 1))


def test_context_parallel_times_are_its_bytes():
    links = SimpleNamespace(nvlink=1e11, exchange=1e11, nic=1e11, copied=0.3, nvlink_domain=64.0, **AT_ONCE)
    layout = Layout(tp=2, cp=8, dp=4)
    exchange = sum(context_parallel(LLAMA, links, layout, BATCH).values())
    sent = context_parallel_bytes(LLAMA, layout, BATCH, STACK, 8)
    assert sent["nvlink"] == approx(BATCH.sequences / 4 * LLAMA.layers * exchange * 1e11)
