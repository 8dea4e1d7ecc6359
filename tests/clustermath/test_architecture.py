"""Parameters and FLOPs against the counts that the models' makers published, and against two papers' formulas."""

import dataclasses

import numpy as np
import pytest
from clustermath import MODELS
from clustermath.architecture import (
    ARCHITECTURES,
    DATA,
    Architecture,
    active_parameters,
    complete,
    forward_flops,
    mean_reach,
    model_flops,
    narayanan_flops,
    parameters,
)
from clustermath.counters import mtp_flops
from pytest import approx

# Parameter counts of the published checkpoints (safetensors indices on huggingface.co, or the papers' tables).
PUBLISHED = {
    "Llama 2 7B": 6_738_415_616,
    "Llama 2 13B": 13_015_864_320,
    "Llama 2 70B": 68_976_648_192,
    "Llama 3 8B": 8_030_261_248,
    "Llama 3 70B": 70_553_706_496,
    "Llama 3.1 405B": 405_853_388_800,
    "Mistral 7B": 7_241_732_096,
    "Mixtral 8x7B": 46_702_792_704,
    # as transformers 5.23.0 counts their configs on the meta device
    "GLM-4.5 Air": 106_852_245_504,
    "MiniMax-M2": 228_689_748_992,
    "Qwen2.5 72B": 72_706_203_648,
    "Qwen3 32B": 32_762_123_264,
    "Gemma 2 27B": 27_227_128_320,
    "Mixtral 8x22B": 140.6e9,
    "Qwen3 235B A22B": 235.1e9,
    "Qwen3 30B A3B": 30.53e9,
    "GPT-OSS 120B": 116.83e9,
    "GPT-OSS 20B": 20.91e9,
    "DeepSeek-V3": 671.03e9,
    "DeepSeek-V2": 235.7e9,
    "BLOOM 176B": 176_247_271_424,
    "PaLM 540B": 540.35e9,
}
ACTIVE = {"Mixtral 8x7B": 12.9e9, "Qwen3 235B A22B": 22e9, "Qwen3 30B A3B": 3.3e9, "DeepSeek-V3": 37e9, "Kimi K2": 32e9}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameter_count_as_published(name):
    assert sum(parameters(ARCHITECTURES[name]).values()) == approx(PUBLISHED[name], rel=1e-3)


@pytest.mark.parametrize("name", ACTIVE)
def test_active_parameters_as_published(name):
    """Makers round, and differ in whether the embedding counts."""
    assert sum(active_parameters(ARCHITECTURES[name]).values()) == approx(ACTIVE[name], rel=0.03)


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name.startswith("GPT ")])
def test_gpt_has_narayanans_parameters(name):
    """12 L h^2 (1 + 13/12h + (V+s)/12Lh): arXiv 2104.04473, eq. 2; the size that the table prints, too."""
    gpt = ARCHITECTURES[name]
    layers, hidden = gpt.layers, gpt.hidden
    formula = 12 * layers * hidden**2 * (1 + 13 / (12 * hidden) + (gpt.vocab + gpt.positions) / (12 * layers * hidden))
    total = sum(parameters(gpt).values())
    assert total == approx(formula, rel=1e-5)
    printed = float(name.split()[1].replace("1T", "1008B").rstrip("B"))
    assert total / 1e9 == approx(printed, rel=0.03)


def test_model_flops_of_gpt_are_narayanans():
    """72 L h^2 (1 + s/6h + V/12Lh) model FLOPs, full attention; 4/3 of the layers' with recomputation."""
    gpt = ARCHITECTURES["GPT 175B"]
    layers, hidden, seq = gpt.layers, gpt.hidden, 2048
    formula = 72 * layers * hidden**2 * (1 + seq / (6 * hidden) + gpt.vocab / (12 * layers * hidden))
    assert model_flops(gpt, seq, causal=0.0) == approx(formula)
    assert narayanan_flops(gpt, seq, recomputed=0.0) == approx(formula)
    recomputed = 96 * layers * hidden**2 * (1 + seq / (6 * hidden) + gpt.vocab / (16 * layers * hidden))
    assert narayanan_flops(gpt, seq, recomputed=1.0) == approx(recomputed)


def test_training_flops_of_llama_405b():
    """6 N D is 3.8e25 for 15.6 T tokens (arXiv 2407.21783, section 3.2); attention adds a few per cent at 8K."""
    llama = ARCHITECTURES["Llama 3.1 405B"]
    assert model_flops(llama, 8192) * 15.6e12 == approx(3.8e25, rel=0.05)


def test_deepseek_trains_at_the_published_rate():
    """180K H800-hours for a trillion tokens (arXiv 2412.19437): no more than the chips' FP8 peak, and not idle."""
    rate = model_flops(ARCHITECTURES["DeepSeek-V3"], 4096) * 1e12 / (180e3 * 3600)
    assert 0.1 * 1979e12 < rate < 0.5 * 1979e12


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_forward_flops_are_twice_the_active_weights(name):
    """Without attention's scores, and a hybrid's recurrent states: 2 FLOPs for every active weight in a multiply (Kaplan et
    al., arXiv 2001.08361)."""
    shape = ARCHITECTURES[name]
    parts = forward_flops(shape, 1.0)
    weights = active_parameters(shape)
    unused = weights["norms and biases"] + weights["embedding"] - shape.tied * shape.vocab * shape.hidden
    multiplied = sum(parts.values()) - parts["attention scores"] - parts.get("recurrent states", 0)
    assert multiplied == approx(2 * (sum(weights.values()) - unused), rel=1e-9)


def test_causal_attention_needs_half_the_scores():
    llama = ARCHITECTURES["Llama 3 8B"]
    full, causal = (forward_flops(llama, 8192, causal=c)["attention scores"] for c in (0.0, 1.0))
    assert causal == full / 2


def test_a_window_bounds_the_scores():
    """Half of GPT-OSS's layers see 128 tokens: twice the sequence doubles the scores of the other half only, but for the
    tokens at its start, whose windows aren't full: half a window's worth on average in 4,096 tokens, less in 8,192."""
    oss = ARCHITECTURES["GPT-OSS 120B"]
    short, long = (forward_flops(oss, seq)["attention scores"] for seq in (4096, 8192))
    per_token = 2 * oss.heads * (oss.head_dim + oss.value_dim)
    filled = 128 * 64 / 4096 - 128 * 64 / 8192
    assert long - short == approx(per_token * ((oss.layers - oss.window_layers) * 2048 + oss.window_layers * filled))


WINDOWED = dict(layers=32, hidden=4096, heads=32, kv_heads=8, ffn=14336, gated=1, vocab=32000, window_layers=32)


@pytest.mark.parametrize("window, seq_len", [(4096, 8192), (1024, 32_768), (512, 2048), (4096, 4096), (8192, 4096)])
def test_windows_fill_from_the_first_token(window, seq_len):
    """Pairs counted one by one, as ROCm/aiter's pull request 5665 does (33,030,656 for 1,024 and 32,768)."""
    pairs = np.minimum(np.arange(1, seq_len + 1), window).sum()
    assert (window, seq_len) != (1024, 32_768) or pairs == 33_030_656
    shape = Architecture(name="windowed", **complete(WINDOWED | {"window": window}))
    assert mean_reach(shape, seq_len) == approx(pairs / seq_len, rel=5e-3)


def test_chunked_attention_sees_half_a_chunk():
    """Llama 4: chunks of 8,192 in 36 of 48 layers (NVIDIA/Megatron-LM, pull request 3280), pairs counted one by one."""
    seq_len, chunk = 32_768, 8192
    shape = Architecture(name="chunked", **complete(WINDOWED | {"layers": 48, "window_layers": 36, "window": chunk, "chunked": 1}))
    inside = (np.arange(seq_len) % chunk + 1).mean()
    whole = (np.arange(seq_len) + 1).mean()
    assert mean_reach(shape, seq_len) == approx((36 * inside + 12 * whole) / 48, rel=1e-3)
    assert mean_reach(shape, seq_len) == approx(7168, rel=1e-3)


def test_every_value_has_a_source():
    for name, fields in DATA.items():
        assert {"layers", "hidden", "heads", "vocab"} <= fields.keys(), name
        assert all(datum.source and datum.confidence for datum in fields.values())


def test_announced_sizes_are_marked_as_assumed_and_met():
    for name in ("Grok 0.5T (dense)", "Grok 1T (dense)", "Grok 1.5T (dense)", "Grok 6T (dense)", "Grok 10T (mixture)"):
        assert {datum.confidence for datum in DATA[name].values()} == {"assumed"}
        announced = float(name.split()[1].rstrip("T")) * 1e12
        assert sum(parameters(ARCHITECTURES[name]).values()) == approx(announced, rel=0.02)


def test_a_shape_needs_its_layers():
    with pytest.raises(KeyError, match="hidden"):
        complete({"layers": 2.0, "heads": 4.0, "vocab": 100.0})


@pytest.mark.parametrize("name", [name for name in MODELS if name in ARCHITECTURES])
def test_runs_and_shapes_agree_on_the_parameters(name):
    """Two tables hold them: as counted, to the digits that are typed; as published or announced, to what the makers round.

    Active parameters of mixtures are counted apart: DeepSeek-V3 leaves the embedding out (36.6 of 37 printed billions),
    Grok-1's is a share that xAI rounded, and a twentieth is assumed for Grok 10T.
    """
    model, shape, sources = MODELS[name], ARCHITECTURES[name], MODELS.sources[name]
    counted = sources["params"].note.startswith("counted from the architecture")
    assert model.params == approx(sum(parameters(shape).values()), rel=2e-4 if counted else 6e-3)
    assert model.active_params == approx(sum(active_parameters(shape).values()), rel=0.06 if shape.experts else 6e-3)
    assert not counted or model.active_params == model.params


def test_multi_token_prediction_counts_as_one_more_layer_and_head():
    """In FLOPs as in time (arXiv 2412.19437, section 2.2: a block and the shared head), near to what NVIDIA's formulas add."""
    deepseek = ARCHITECTURES["DeepSeek-V3"]
    without = dataclasses.replace(deepseek, mtp=0)
    parts = forward_flops(deepseek, 4096)
    layer = (sum(parts.values()) - parts["head"]) / deepseek.layers
    added = model_flops(deepseek, 4096) - model_flops(without, 4096)
    assert added == approx(3 * (layer + parts["head"]))
    assert added == approx(3 * mtp_flops(deepseek, 4096), rel=0.12)  # theirs has the projection of two tokens' values, too
    assert sum(parameters(deepseek).values()) == sum(parameters(without).values())


def test_deepseek_v4_flash_is_as_large_as_its_makers_and_nvidia_count():
    """284B parameters, 13B of them active (arXiv 2606.19348, abstract, in whole thousands of millions); FLOPs of a token as
    Megatron Bridge 26.08 prints them: 748 TFLOP/s at 8,224 tokens a second."""
    shape = ARCHITECTURES["DeepSeek-V4 Flash"]
    assert sum(parameters(shape).values()) == approx(284e9, rel=0.002)
    assert 13e9 <= sum(active_parameters(shape).values()) < 14e9
    assert model_flops(shape, 4096) == approx(748e12 / 8224, rel=0.01)
    assert sum(mixer.layers for mixer in shape.mixers) == shape.layers == 43
