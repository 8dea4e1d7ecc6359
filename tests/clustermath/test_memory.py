"""Memory against Korthikanti's formulas, ZeRO's example, and layouts that are known to have run."""

import dataclasses

import numpy as np
import pytest
from clustermath.architecture import ARCHITECTURES, Architecture, complete, parameters
from clustermath.composition import mixture_layers
from clustermath.hardware import CHIPS
from clustermath.layer import layer_weights
from clustermath.layout import Batch, Layout, batch_of, fits, layers_per_stage, stage_layers
from clustermath.matmul import MACHINES
from clustermath.measured import NEWER, PUBLISHED, read_runs
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


def test_a_product_that_is_not_kept_is_a_gated_feed_forwards():
    """Two bytes for each of its values; a feed-forward without a gate has none, and keeps Korthikanti's 34 s b h."""
    batch, repeated = batch_of(2048, 64), dataclasses.replace(FLASH, product_kept=0.0)
    llama, layout = ARCHITECTURES["Llama 3.1 405B"], Layout(tp=8, sequence_parallel=1.0)
    kept, less = (layer_activations(llama, layout, batch, stack) for stack in (FLASH, repeated))
    assert kept - less == approx(2 * 2048 * llama.ffn / 8)
    assert layer_activations(GPT, layout, batch, repeated) == approx(34 * 2048 * GPT.hidden / 8)


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
        states -= 2 * sum(layer_weights(gpt, Layout()).values()) * batch.weight_bytes
    assert states / 1e9 == approx(printed, rel=0.03)


def test_llama_405b_fits_as_meta_ran_it():
    """TP 8, PP 16, no activation checkpointing, gradients and optimizer sharded: arXiv 2407.21783, section 3.3."""
    layout = Layout(tp=8, pp=16, dp=128, interleave=8, zero=2.0)
    h100 = MACHINES["H100 SXM"]
    assert memory(ARCHITECTURES["Llama 3.1 405B"], h100, layout, batch_of(8192, 2048), stack_named("")) < h100.hbm


def test_nearly_all_measured_runs_fit():
    """They ran: 95 % fit in the memory of their chips, to the byte. What a run leaves open about recomputation is read as
    memory needs it (`measured`); what it says counts."""
    runs = [run for path in (PUBLISHED, NEWER) for run in read_runs(path) if not run.skipped]
    over = [run.id for run in runs if memory(run.shape, MACHINES[run.chip.name], run.layout, run.batch, run.software) > run.chip.hbm]
    assert len(over) <= len(runs) / 20, over


def peaks():
    """What 43 runs on 8 B200s had allocated at most [GiB]: MooreThreads/SimuMax, docs/b200/b200_release_v1.2_summary.md.

    Megatron-LM 0.14, BF16, gradients in FP32, slices of a few layers, of mixtures the first a dense one. The runs of one
    layout with 4, 8 and 32 microbatches peaked alike, and stand here once, with their number.
    """
    llama70, llama405 = ARCHITECTURES["Llama 3 70B"], ARCHITECTURES["Llama 3.1 405B"]
    for shape, layers, rows in (
        (llama70, 12, ((1, 2, 66.55), (2, 1, 60.68), (4, 1, 39.07), (8, 1, 28.29))),
        (llama405, 4, ((1, 2, 87.08), (2, 1, 81.59), (4, 1, 52.89), (8, 1, 38.57))),
    ):
        for tp, pp, peak in rows:
            yield dataclasses.replace(shape, layers=layers, dense_layers=layers), dict(tp=tp, pp=pp, dp=8 / tp / pp), 4096, 3, peak
    for name, rows in (("DeepSeek-V2", ((8, 1, 45.63), (4, 2, 44.70))), ("DeepSeek-V3", ((8, 1, 104.30), (4, 2, 114.00)))):
        for ep, pp, peak in rows:
            shape = dataclasses.replace(ARCHITECTURES[name], layers=4, dense_layers=1, mtp=0)
            yield shape, dict(pp=pp, ep=ep, dp=8 / pp, expert_tp=0), 4096, 3, peak
    for shape, layers, seq_len, rows in (
        (llama70, 12, 32_768, ((2, 4, 68.43), (1, 8, 104.51))),
        (llama405, 4, 32_768, ((2, 4, 87.03), (1, 8, 139.22))),
        (llama70, 12, 131_072, ((2, 4, 112.67), (1, 8, 147.99))),
        (llama405, 4, 131_072, ((2, 4, 118.13),)),
    ):
        for tp, cp, peak in rows:
            yield dataclasses.replace(shape, layers=layers, dense_layers=layers), dict(tp=tp, cp=cp), seq_len, 1, peak


def test_measured_peaks():
    """Within 7 % on average over the 43 runs, allocated memory against all parts but the reserve."""
    stack = dataclasses.replace(stack_named("megatron-core-2026"), gradient_bytes=4.0)
    errors, counts = [], []
    for shape, layout, seq_len, count, peak in peaks():
        batch = batch_of(float(seq_len), 8.0 * layout.get("dp", 1))
        parts = memory_parts(shape, MACHINES["B200"], Layout(**{k: float(v) for k, v in layout.items()}), batch, stack)
        errors.append(abs((sum(parts.values()) - parts["reserve"]) / 2**30 / peak - 1))
        counts.append(count)
    assert sum(counts) == 43
    assert np.average(errors, weights=counts) < 0.07


def test_recomputed_modules_keep_less():
    """Megatron Core's layernorm and moe_act drop two norms' and the activations' results, mla_up_proj all but latent heads."""
    shape, batch = ARCHITECTURES["DeepSeek-V3"], batch_of(4096.0, 64.0)
    kept = {name: layer_activations(shape, Layout(**said), batch, FLASH) for name, said in {
        "all": {}, "simple": {"recompute_simple": 1.0}, "up": {"recompute_up": 1.0}, "both": {"recompute_simple": 1.0, "recompute_up": 1.0},
    }.items()}  # fmt: skip
    routed, dense = shape.top_k * shape.expert_ffn + shape.shared_ffn, shape.ffn
    ffn = (3 * dense + 58 * routed) / 61
    assert kept["all"] - kept["simple"] == approx(4096 * 2 * (2 * shape.hidden + ffn))
    assert kept["all"] - kept["up"] == approx(4096 * 2 * (128 * (192 + 192 + 128) - 1536 - 512 - 64))
    assert kept["all"] - kept["both"] == approx(2 * kept["all"] - kept["simple"] - kept["up"])
    llama = ARCHITECTURES["Llama 3 8B"]
    assert layer_activations(llama, Layout(recompute_up=1.0), batch, FLASH) == layer_activations(llama, Layout(), batch, FLASH)


def test_quantised_inputs_take_their_own_bytes():
    """Transformer Engine keeps an FP8 multiply's input as FP8: two norms, the activation's result, and routed copies."""
    shape = ARCHITECTURES["Llama 3 8B"]
    wide, narrow = (layer_activations(shape, Layout(), batch_of(4096.0, 64.0, bits), FLASH) for bits in (16.0, 8.0))
    assert wide - narrow == approx(4096 * (2 * shape.hidden + shape.ffn))


# ------------------------------------------------------------------------------------------- what others reported in public


def states(parts):
    return parts["weights"] + parts["gradients"] + parts["optimizer"]


def test_untied_models_without_a_pipeline_hold_both_matrices():
    """Llama 3 8B has 8,030,261,248 parameters (OpenRLHF/OpenRLHF, issue 698: 46 GiB loaded at 6 B each); Llama 2 7B on 8
    GPUs takes 2 + 4 + 12/8 B for each of 6,738,415,616 (NVIDIA/Megatron-LM, issues 597 and 654)."""
    a100 = MACHINES["A100 SXM"]
    llama3 = memory_parts(ARCHITECTURES["Llama 3 8B"], a100, Layout(zero=2.0), Batch(seq_len=128, sequences=1), FLASH)
    assert llama3["weights"] == approx(2 * 8_030_261_248, rel=5e-3)
    layout = Layout(dp=8, zero=1.0, microbatch=2)
    llama2 = memory_parts(ARCHITECTURES["Llama 2 7B"], a100, layout, batch_of(4096, 128), FLASH)
    assert states(llama2) == approx(6_738_415_616 * 7.5, rel=5e-3)
    tied = ARCHITECTURES["GPT 7.5B"]
    assert tied.tied and states(memory_parts(tied, a100, Layout(zero=0.0), batch_of(2048, 1), FLASH)) == approx(
        18 * sum(parameters(tied).values()), rel=1e-3
    )


QWEN = dict(layers=64, hidden=5120, heads=64, kv_heads=8, head_dim=128, ffn=25600, gated=1, vocab=151936)


def qwen3_32b(dp, microbatch):
    """pytorch/torchtitan, pull request 1690: Qwen3-32B on H100s of 96 GB, TP 8, FSDP over dp, all recomputed, not compiled."""
    layout = Layout(tp=8, dp=dp, zero=3.0, microbatch=microbatch, recompute=1.0, recompute_scores=1.0)
    shape, machine = Architecture(name="Qwen3 32B", **complete(QWEN)), MACHINES["H100 SXM 96GB 500W"]
    return memory(shape, machine, layout, batch_of(4096, dp * microbatch), stack_named("torchtitan-2024"))


@pytest.mark.parametrize("dp, microbatch, reserved", [(4, 16, 46.7e9), (4, 32, 76.0e9), (8, 32, 67.9e9)])
def test_logits_of_eager_software(dp, microbatch, reserved):
    assert qwen3_32b(dp, microbatch) == approx(reserved, rel=0.1)


def test_what_went_out_of_memory_does_not_fit():
    assert qwen3_32b(4, 64) > CHIPS["H100 SXM 96GB 500W"].hbm


def test_logits_of_one_multiply():
    """huggingface/trl, pull request 6858: 45.4 of 47.6 GB for head and loss of 16,384 tokens, vocabulary 248,320."""
    shape = Architecture(name="head", **complete(dict(layers=1, hidden=2048, heads=16, ffn=2048, vocab=248320)))
    held = memory_parts(shape, MACHINES["H100 SXM"], Layout(), batch_of(16_384, 1), stack_named(""))["logits"]
    assert held == approx(45.4e9, rel=0.05)


def test_logits_in_chunks():
    """huggingface/trl, pull request 6845: 4M tokens on 8 GPUs, logits below 1 GB."""
    shape = Architecture(name="Qwen3 8B", **complete(QWEN | {"layers": 36, "hidden": 4096, "heads": 32, "ffn": 12288}))
    layout = Layout(cp=8, zero=3.0, recompute=1.0)
    held = memory_parts(shape, MACHINES["H100 SXM"], layout, batch_of(2**22, 1), stack_named("trl-2026"))["logits"]
    assert 0 < held < 1e9


def test_dualpipe_holds_two_stages():
    """Parameters twice (arXiv 2412.19437, table 2; deepseek-ai/DualPipe, issue 15), and gradients; states once."""
    shape, machine, batch = ARCHITECTURES["DeepSeek-V3"], MACHINES["H800 SXM"], batch_of(4096, 15_360, 8)
    layout = dict(pp=16, ep=64, dp=128, zero=1.0, recompute=0.6)
    one, dual = (memory_parts(shape, machine, Layout(**layout, schedule=s), batch, FLASH) for s in (1.0, 3.0))
    stage = 4 * sum(layer_weights(shape, Layout(**layout)).values()) + shape.vocab * shape.hidden
    assert dual["weights"] == approx(2 * 2 * stage)
    assert dual["gradients"] == approx(2 * 4 * stage)
    assert dual["optimizer"] == one["optimizer"]


@pytest.mark.parametrize("pp, count, chunks", [(3, 12, 1), (4, 4, 1), (4, 9, 1), (4, 16, 8)])
def test_dualpipe_is_refused_where_its_code_does(pp, count, chunks):
    """deepseek-ai/DualPipe: even ranks, even microbatches, at least two for each rank, no virtual stages (issue 8)."""
    shape = ARCHITECTURES["Llama 2 7B"]
    possible = Layout(pp=4, schedule=3.0)
    assert fits(shape, possible, batch_of(4096, 16))
    assert not fits(shape, Layout(pp=pp, interleave=chunks, schedule=3.0), batch_of(4096, count))


def test_blooms_pipeline_is_lighter_at_its_ends():
    """bigscience tr11-176B: 70 layers on 12 stages, 5 and the embedding on the first, ten times 6, 5 and the head."""
    bloom = ARCHITECTURES["BLOOM 176B"]
    layout = Layout(tp=4, pp=12, dp=8, microbatch=2, zero=1.0, recompute=1.0, sequence_parallel=0.0)
    assert stage_layers(bloom, layout) == {"first": 5, "middle": 6, "last": 5}
    parts = memory_parts(bloom, MACHINES["A100 SXM"], layout, batch_of(2048, 2048), stack_named("megatron-2022"))
    assert parts["weights"] == approx(2 * (5 * 2.4664e9 + 3.5966e9) / 4, rel=0.01)


def test_a_split_can_be_given():
    """8 layers as [1, 2, 2, 3] (NVIDIA-NeMo/Megatron-Bridge, pull request 5077)."""
    shape = Architecture(name="eight", **complete(dict(layers=8, hidden=1024, heads=8, ffn=4096, vocab=32000)))
    layout = Layout(pp=4, first_layers=1, last_layers=3)
    assert stage_layers(shape, layout) == {"first": 1, "middle": 2, "last": 3}
    assert layers_per_stage(shape, layout) == 3
    assert layers_per_stage(shape, Layout(pp=4)) == 2


def test_experts_spread_over_tensor_parallel_ranks():
    """verl-project/verl, pull request 1467: Qwen3 235B, TP 2, PP 2, EP 32: 4 of 128 experts on each GPU, not cut."""
    shape, layout = ARCHITECTURES["Qwen3 235B A22B"], Layout(tp=2, pp=2, dp=16, ep=32)
    assert fits(shape, layout, batch_of(4096, 1024))
    assert layer_weights(shape, layout)["experts"] == approx(4 * 3 * 4096 * 1536)
    cut = Layout(tp=2, pp=2, dp=32, ep=32)
    assert layer_weights(shape, cut)["experts"] == approx(2 * 3 * 4096 * 1536)
    assert layer_weights(shape, Layout(tp=2, dp=32, ep=32, expert_tp=0.0))["experts"] == approx(4 * 3 * 4096 * 1536)
    assert not fits(shape, Layout(tp=2, pp=2, dp=16, ep=64), batch_of(4096, 1024))


def test_key_heads_fewer_than_ranks_are_copied():
    """Qwen3 235B has 4 key heads: at TP 8 each rank holds one, so that two hold the same (pytorch/torchtitan, pull request 4016)."""
    shape = ARCHITECTURES["Qwen3 235B A22B"]
    held = layer_weights(shape, Layout(tp=8))["attention"]
    heads, keys = shape.heads / 8, 1
    assert held == approx(shape.hidden * shape.head_dim * (2 * heads + 2 * keys))


def test_hybrid_sharding():
    """pytorch/torchtitan, issue 711: Llama 3 8B on 16 GPUs, shared by 8, twice: 18 B for an eighth, and two layers gathered."""
    layout = Layout(dp=16, zero=3.0, microbatch=2, replicas=2)
    parts = memory_parts(ARCHITECTURES["Llama 3 8B"], MACHINES["H100 SXM"], layout, batch_of(8192, 32), FLASH)
    assert states(parts) == approx(19.0e9, rel=0.01)
    whole = Layout(dp=16, zero=3.0, microbatch=2)
    assert states(memory_parts(ARCHITECTURES["Llama 3 8B"], MACHINES["H100 SXM"], whole, batch_of(8192, 32), FLASH)) < 11e9


def test_selective_recomputation_as_logged():
    """pytorch/torchtitan, pull request 382 and issue 929: Llama 3 8B on 8 H100s of 96 GB, "op" recomputation, in GB."""
    stack, shape = stack_named("torchtitan-2024"), ARCHITECTURES["Llama 3 8B"]
    for microbatch, reserved in ((2, 73.1e9), (1, 51.2e9)):
        layout = Layout(dp=8, zero=3.0, microbatch=microbatch, recompute=stack.selective, recompute_scores=1.0)
        held = memory(shape, MACHINES["H100 SXM 96GB 500W"], layout, batch_of(8192, 8 * microbatch), stack)
        assert held == approx(reserved, rel=0.12)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_layers_that_nobody_cuts_hold_the_models_matrices(name):
    """Of attention, of what mixes tokens in its place, and of feed-forwards: all that was counted but ends, routers and vectors."""
    shape = ARCHITECTURES[name]
    left_out = {"embedding", "head", "router", "norms and biases"}
    matrices = sum(part for kind, part in parameters(shape).items() if kind not in left_out)
    matrices -= mixture_layers(shape) * shape.experts * shape.expert_vectors
    assert shape.layers * sum(layer_weights(shape, Layout()).values()) == approx(matrices, rel=1e-9)
