"""What computing waits for while keys and values go around a ring: against a ring played through, the paper's bound, a table of NVIDIA's."""

import dataclasses

import pytest
from clustermath.architecture import ARCHITECTURES
from clustermath.layer import scores
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES
from clustermath.software import CONSTANTS, Stack, stack_named
from clustermath.step import layer_parts, step_parts
from clustermath.traffic import context_parallel
from pytest import approx

GPT, H100, STACK = ARCHITECTURES["GPT 175B"], MACHINES["H100 SXM"], Stack()
LOSSLESS = dataclasses.replace(CONSTANTS, attention=1.0, attention_ramp=0.0)


def around(ranks: int, computing: float, arriving: float) -> float:
    """How long attention takes on each of `ranks` GPUs, played through: a rank sends on the piece that it computes with, and
    takes the next one when that has come."""
    arrived, free = [0.0] * ranks, [0.0] * ranks  # when the next piece is there, and the rank for it
    for turn in range(ranks):
        begins = [max(there, ready) for there, ready in zip(arrived, free, strict=True)]
        free = [begin + computing for begin in begins]
        if turn < ranks - 1:
            arrived = [begins[rank - 1] + arriving for rank in range(ranks)]
    return max(free)


@pytest.mark.parametrize("cp", [1, 2, 4, 8, 32])
@pytest.mark.parametrize("bandwidth", [1e9, 2e10, 1e11, 1e12])
def test_a_ring_waits_as_one_that_is_played_through(cp, bandwidth):
    machine = dataclasses.replace(H100, nvlink=bandwidth, nic=bandwidth, collective_start=0.0)
    layout, batch = Layout(cp=cp), batch_of(8192.0 * cp, 1.0)
    given = GPT, machine, layout, batch
    computing, exchange = scores(*given, STACK, CONSTANTS), context_parallel(*given)
    played = sum(around(cp, computing[way] / cp, exchange[way] / max(cp - 1, 1)) for way in ("forward", "backward"))
    assert sum(computing.values()) + layer_parts(*given, STACK, CONSTANTS)["context parallel"] == approx(played, rel=1e-12)


def test_what_is_gathered_first_is_waited_for():
    """Llama 3, arXiv 2407.21783, section 3.3.2: a gather is exposed, and small with few heads of keys."""
    given = ARCHITECTURES["Llama 3.1 405B"], H100, Layout(tp=8, pp=16, cp=16, dp=8, interleave=8, gathered=1.0), batch_of(131_072.0, 128.0)
    parts = layer_parts(*given, STACK, CONSTANTS)
    assert parts["context parallel"] == sum(context_parallel(*given).values())
    assert 0 < parts["context parallel"] < 0.1 * sum(parts.values())


@pytest.mark.parametrize("teraflops, gigabytes, thousands", [(312, 300, 1.0), (312, 12.5, 24.5), (123, 112, 1.1), (275, 268, 1.0), (196, 186, 1.1)])
def test_the_shortest_piece_behind_which_a_ring_hides(teraflops, gigabytes, thousands):
    """Table 2 of arXiv 2310.01889: A100s over NVLink and InfiniBand, TPU v3, v4, v5e. For full attention: causal pairs are half as many."""
    machine = dataclasses.replace(H100, matmul16=teraflops * 1e12, nvlink=gigabytes * 1e9, nic=gigabytes * 1e9, collective_start=0.0)
    waited = {}
    for piece in (0.95 * thousands, 1.05 * thousands):
        batch = batch_of(2 * piece * 1000 * 16, 1.0)
        waited[piece] = layer_parts(GPT, machine, Layout(cp=16), batch, dataclasses.replace(STACK, flash=1.0), LOSSLESS)["context parallel"]
    shorter, longer = waited.values()
    assert shorter > 0 == longer


@pytest.mark.parametrize("thousands, tp, cp, dp, measured", [(128, 4, 4, 8, 555), (256, 4, 8, 8, 549), (512, 8, 16, 4, 549), (1024, 8, 32, 4, 536)])
def test_a_ring_across_servers_costs_no_more_than_it_was_measured_to(thousands, tp, cp, dp, measured):
    """NVIDIA's NeMo, "Long Sequence Performance": Llama 2 7B in FP8 on H100s, TFLOP/s of each GPU. 64K tokens, with ranks of
    one server, reach 574: what is less than that is all that waiting can take, if nothing else got faster. All of the
    exchange would be more than a quarter of these steps."""
    one_server = 574
    batch, layout = batch_of(1024.0 * thousands, float(dp), bits=8), Layout(tp=tp, cp=cp, dp=dp)
    given = ARCHITECTURES["Llama 2 7B"], H100, layout, batch, stack_named("nemo-2024"), CONSTANTS
    parts = step_parts(*given)
    assert parts["context parallel"] / sum(parts.values()) <= 1 - measured / one_server
    exchange = sum(context_parallel(*given[:4]).values()) * given[0].layers
    assert exchange / (exchange + sum(parts.values())) > 2 * (1 - measured / one_server)
