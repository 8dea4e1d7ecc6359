"""Memory against Korthikanti's formulas, ZeRO's example, and layouts that are known to have run."""

import pytest
from clustermath.architecture import ARCHITECTURES, parameters
from clustermath.layout import Batch, Layout, batch_of
from clustermath.matmul import MACHINES
from clustermath.measured import PUBLISHED, read_runs
from clustermath.memory import layer_activations, memory, memory_parts
from clustermath.software import Stack, stack_named
from pytest import approx

GPT = ARCHITECTURES["GPT 175B"]
UNFUSED, FLASH = Stack(flash=0.0), Stack()


@pytest.mark.parametrize("tp", [1, 2, 8])
def test_activations_of_a_layer_are_korthikantis(tp):
    """arXiv 2205.05198, table 2: bytes of a layer for s tokens, b sequences, t = tp, a heads."""
    s, b, h, a = 2048, 4, GPT.hidden, GPT.heads
    batch = batch_of(s, 64)
    plain = Layout(tp=tp, microbatch=b, sequence_parallel=0.0)
    shared = Layout(tp=tp, microbatch=b, sequence_parallel=1.0)
    selective = Layout(tp=tp, microbatch=b, sequence_parallel=1.0, recompute_scores=1.0)
    assert layer_activations(GPT, plain, batch, UNFUSED) == approx(s * b * h * (10 + 24 / tp + 5 * a * s / (h * tp)))
    assert layer_activations(GPT, shared, batch, UNFUSED) == approx(s * b * h / tp * (34 + 5 * a * s / h))
    assert layer_activations(GPT, selective, batch, UNFUSED) == approx(34 * s * b * h / tp)
    assert layer_activations(GPT, shared, batch, FLASH) == approx(34 * s * b * h / tp)


def test_first_stage_holds_all_layers_worth():
    """1F1B: p microbatches of L/p layers each, whatever p; interleaved (1 + (p-1)/pm) times that (section 4.2.3)."""
    batch = batch_of(2048, 64)
    one = layer_activations(GPT, Layout(tp=8), batch, FLASH)
    for pp in (2, 4, 8):
        held = memory_parts(GPT, MACHINES["A100 SXM"], Layout(tp=8, pp=pp), batch, FLASH)["activations"]
        assert held == approx(GPT.layers * one)
    layout = Layout(tp=8, pp=8, interleave=3)
    held = memory_parts(GPT, MACHINES["A100 SXM"], layout, batch, FLASH)["activations"]
    assert held == approx(GPT.layers * one * (1 + 7 / 24))


@pytest.mark.parametrize("zero, printed", [(0, 120), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_states_of_zero(zero, printed):
    """7.5 B parameters on 64 ranks, in GB with 2 bytes a gradient (Rajbhandari et al., arXiv 1910.02054, figure 1)."""
    gpt = ARCHITECTURES["GPT 7.5B"]
    batch = Batch(seq_len=2048, sequences=64, gradient_bytes=2.0)
    parts = memory_parts(gpt, MACHINES["A100 SXM"], Layout(dp=64, zero=float(zero)), batch, FLASH)
    states = parts["weights"] + parts["gradients"] + parts["optimizer"]
    if zero == 3:  # beside the layers in use
        states -= 2 * (sum(parameters(gpt).values()) / gpt.layers) * batch.weight_bytes
    assert states / 1e9 == approx(printed, rel=0.03)


def test_llama_405b_fits_as_meta_ran_it():
    """TP 8, PP 16, no activation checkpointing, gradients and optimizer sharded: arXiv 2407.21783, section 3.3."""
    layout = Layout(tp=8, pp=16, dp=128, interleave=8, zero=2.0)
    h100 = MACHINES["H100 SXM"]
    assert memory(ARCHITECTURES["Llama 3.1 405B"], h100, layout, batch_of(8192, 2048), stack_named("")) < h100.hbm


def test_nearly_all_measured_runs_fit():
    """They ran. What offloads, or recomputes by rules that the table doesn't hold, may look too large: one in five."""
    runs = [run for run in read_runs(PUBLISHED) if not run.skipped]
    over = [
        run.id
        for run in runs
        if memory(run.shape, MACHINES[run.chip.name], run.layout, run.batch, run.software) > 1.1 * run.chip.hbm
    ]
    assert len(over) <= len(runs) / 5, over
