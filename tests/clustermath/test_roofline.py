"""The least times of a step against sums by hand, and against the step itself, which never gets below any of them."""

import dataclasses

import pytest
from clustermath.architecture import ARCHITECTURES
from clustermath.roofline import compute_bound_time, link_bound_times, memory_bound_time, pipeline_bound_time
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES
from clustermath.software import CONSTANTS, Constants, stack_named
from clustermath.step import step_mfu, step_time
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

LLAMA = ARCHITECTURES["Llama 3.1 405B"]
META = Layout(tp=8, pp=16, dp=128, interleave=8)
BATCH = batch_of(8192.0, 2048.0)
STACK = stack_named("")
H100 = MACHINES["H100 SXM"]
LEAST = Constants(elementwise=1.0)


def test_arithmetic_is_six_per_parameter_and_token_and_attention():
    """6 N D, of 405B less the embedding, and 12 L h s per token halved (facts of arXiv 2407.21783), over 16,384 H100s."""
    tokens = BATCH.sequences * BATCH.seq_len
    flops = (6 * (405.85e9 - 128256 * 16384) + 6 * 126 * 16384 * 8192) * tokens
    assert compute_bound_time(LLAMA, H100, META, BATCH) == approx(flops / (16384 * 989e12), rel=1e-3)


def test_a_step_as_long_as_its_arithmetic_has_an_mfu_of_one():
    assert step_mfu(LLAMA, H100, META, BATCH, compute_bound_time(LLAMA, H100, META, BATCH)) == approx(1)


def test_the_bubble_is_the_published_share():
    """(PP-1)/(V M) of the ideal time: arXiv 2407.21783, section 3.3.2."""
    ratio = pipeline_bound_time(LLAMA, H100, META, BATCH) / compute_bound_time(LLAMA, H100, META, BATCH)
    assert ratio == approx(1 + 15 / (8 * 16))


def test_memory_by_hand():
    """One layer of a model that is nothing but square matrices, on one GPU: every operand read, every result written."""
    h, tokens = 4096, 8192
    square = dataclasses.replace(
        LLAMA, layers=1.0, dense_layers=1.0, hidden=h, heads=32.0, kv_heads=32.0, head_dim=128.0, value_dim=128.0,
        ffn=float(h), vocab=1.0,
    )  # fmt: skip
    weights, activation = 7 * h * h, tokens * h  # query, key, value, output; gate, up, down
    inputs, results = 4 * activation, 7 * activation  # the three of each group share what they read
    forward = 2 * (inputs + results + weights)
    backward = 2 * 2 * (inputs + results) + (2 + 8) * weights  # weights once; their FP32 gradients read and written
    simple = 3 * 2 * (10 + 4 + 3) * activation
    optimizer = (2 * 12 + 2 * 4 + 3 * 4 + 2) * (weights + h)  # clipping reads gradients for their norm, and scales them
    time = memory_bound_time(square, H100, Layout(zero=0.0), batch_of(float(tokens), 1.0), STACK, LEAST)
    assert time == approx((forward + backward + simple + optimizer) / H100.hbm_bandwidth, rel=1e-3)


def test_links_by_hand():
    """405B by Llama 3's layout: what crosses NVLink is tensor parallel, what crosses the NICs is the rest."""
    activation = 8192 * 16384 * 2  # bytes of one microbatch between two layers
    layers, count = 126 / 16, 16
    tensor = 9 * activation * 7 / 8 * layers * count
    pipeline = 2 * 8 * count * activation / 8
    held = layers * (405.85e9 - 2 * 128256 * 16384) / 126 / 8 + 128256 * 16384 / 8
    data = held * 6 * 127 / 128
    floors = link_bound_times(LLAMA, H100, META, BATCH, dataclasses.replace(STACK, reduce_bytes=4.0))
    assert floors["nvlink"] == approx(tensor / H100.nvlink, rel=1e-3)
    assert floors["nic"] == approx((pipeline + data) / H100.nic, rel=1e-3)


@given(
    machine=st.sampled_from([MACHINES[name] for name in ("A100 SXM", "H100 SXM", "GB200 NVL72", "GB300 NVL72")]),
    shape=st.sampled_from([ARCHITECTURES[name] for name in ("GPT 175B", "Llama 3.1 405B")]),
    tp=st.sampled_from([1.0, 4.0, 8.0]),
    pp=st.sampled_from([1.0, 8.0]),
    dp=st.sampled_from([1.0, 16.0, 128.0]),
    bits=st.sampled_from([16.0, 8.0, 4.0]),
)
def test_no_step_is_shorter_than_its_arithmetic_memory_or_pipeline(machine, shape, tp, pp, dp, bits):
    layout, batch = Layout(tp=tp, pp=pp, dp=dp), batch_of(4096.0, 16 * dp, bits)
    time = step_time(shape, machine, layout, batch, STACK, CONSTANTS)
    assert compute_bound_time(shape, machine, layout, batch) <= pipeline_bound_time(shape, machine, layout, batch) < time
    assert memory_bound_time(shape, machine, layout, batch, STACK, CONSTANTS) < time


@pytest.mark.parametrize("link", ["nvlink", "nic"])
def test_twice_the_bandwidth_is_half_the_time(link):
    faster = dataclasses.replace(H100, **{link: 2 * getattr(H100, link)})
    assert link_bound_times(LLAMA, faster, META, BATCH, STACK)[link] == approx(link_bound_times(LLAMA, H100, META, BATCH, STACK)[link] / 2)
