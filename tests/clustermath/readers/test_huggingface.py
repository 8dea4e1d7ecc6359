"""config.json against transformers' own count of parameters, in both dialects, and what must be refused."""

import dataclasses
import json
from pathlib import Path

import pytest
from clustermath.architecture import ARCHITECTURES, active_parameters, forward_flops, parameters
from clustermath.composition import mixture_layers
from clustermath.counters import scores_without_windows
from clustermath.readers import Unreadable
from clustermath.readers.families import FAMILIES
from clustermath.readers.huggingface import classes, read_config
from clustermath.readers.unmodelled import UNMODELLED

TABLE = json.loads((Path(__file__).with_name("configs.json")).read_text(encoding="utf-8"))
ROWS = {row["name"]: row for row in TABLE["configs"]}
LLAMA = {
    "model_type": "llama", "hidden_size": 16384, "intermediate_size": 53248, "num_hidden_layers": 126, "num_attention_heads": 128,
    "num_key_value_heads": 8, "vocab_size": 128256,
}  # fmt: skip


def read(config, **options):
    return read_config(json.dumps(config), **options)


@pytest.mark.parametrize("name", ROWS)
def test_parameters_are_what_transformers_counts(name):
    row = ROWS[name]
    shape = read(row["config"]).record
    assert sum(parameters(shape).values()) == row["total"]
    assert sum(active_parameters(shape).values()) == pytest.approx(row["active"], abs=1)


def superfluous(config: dict, s: float) -> float:
    """FLOPs per token that transformers' plain code of Mamba-2 (5.23.0, torch_forward) spends on `s` tokens and a kernel doesn't.

    It passes states between all pairs of chunks and the state before the first, where a kernel adds each to the one before,
    which is all that is counted of it here; and its convolution computes the padding, which is cut off.
    """
    fields = {**classes()[config["model_type"]]["defaults"], **config}
    ours = config["model_type"] == "nemotron_h"
    names = ("mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel", "chunk_size")
    others = ("mamba_n_heads", "mamba_d_head", "mamba_d_state", "mamba_n_groups", "mamba_d_conv", "mamba_chunk_size")
    heads, head, state, groups, kernel, chunk = (fields[name] for name in (names if ours else others))
    width = heads * (fields["mamba_expand"] * fields["hidden_size"] // heads if head == "auto" else head)
    passed = 2 * width * state * (s / chunk + 1) ** 2 / s - 4 * width * state / chunk
    return passed + 2 * (width + 2 * groups * state) * kernel * (kernel - 1) / s


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if "linear" in row])
def test_flops_of_hybrids_are_what_torch_counts(name):
    """Linear part to 1e-5, quadratic part to the digit. With a Mamba-2 both to the digit, once what only torch's plain code
    computes is added at the two lengths that were counted."""
    row = ROWS[name]
    shape = read(row["config"]).record
    parts = forward_flops(shape, 512.0, 0.0)
    linear, scores = sum(parts.values()) - parts["attention scores"], scores_without_windows(shape, 512.0, 0.0) / 512
    convolved = any(mixer.state or "convolution" in mixer.name for mixer in shape.mixers)
    if mambas := [mixer.layers for mixer in shape.mixers if mixer.name == "Mamba-2"]:
        more = {s: sum(mambas) * superfluous(row["config"], s) for s in (256, 512)}
        slope = (more[512] - more[256]) / 256
        assert linear + more[256] - 256 * slope == pytest.approx(row["linear"], rel=1e-12)
        assert scores + slope == pytest.approx(row["quadratic"], rel=1e-12)
        return
    assert linear == pytest.approx(row["linear"], rel=1e-5)
    # a convolution's padding of a few tokens shows as 1/s, too
    assert scores == pytest.approx(row["quadratic"], rel=1e-3 if convolved else 1e-12)


def test_an_indexer_looks_at_no_more_than_it_chooses():
    """At 131,072 tokens DeepSeek-V3.2's attention costs 2,048 keys a token, and its indexer still scores all of them."""
    shape = read({"model_type": "deepseek_v32"}).record
    per_pair = 2 * 61 * 128 * (192 + 128)
    index = 2 * 61 * 64 * (128 + 1)
    chosen = 2048 - 2048**2 / (2 * 131072)
    assert forward_flops(shape, 131072.0)["attention scores"] == pytest.approx(per_pair * chosen + index * 131072 / 2)


def test_layers_of_a_hybrid_are_counted_once():
    """Nemotron 3 Nano: 23 Mamba-2, 6 attention and 23 of experts in 52; one in four layers of Qwen3-Next has keys to cache."""
    nano = read(ROWS["nemotron 3 nano"]["config"]).record
    assert [(mixer.name, mixer.layers, mixer.alone) for mixer in nano.mixers] == [("Mamba-2", 23, 1), ("attention", 6, 1), ("no mixer", 23, 0)]
    assert mixture_layers(nano) == 23 and nano.dense_layers == 0
    assert sum(mixer.layers * mixer.cached for mixer in nano.mixers) == 3072
    qwen = read(ROWS["qwen3-next 80B"]["config"]).record
    assert sum(mixer.layers * mixer.cached for mixer in qwen.mixers) == 12288


@pytest.mark.parametrize("name, row", [("Qwen3-Next 80B A3B", "qwen3-next 80B"), ("Nemotron 3 Nano 30B A3B", "nemotron 3 nano")])
def test_named_hybrids_are_what_their_configs_say(name, row):
    """Field by field, and in transformers' count of parameters; only what a file doesn't hold may differ."""
    named, found = ARCHITECTURES[name], read(ROWS[row]["config"]).record
    assert dataclasses.replace(found, name=name, seq_len=named.seq_len) == named
    assert sum(parameters(named).values()) == ROWS[row]["total"] and sum(active_parameters(named).values()) == ROWS[row]["active"]


def test_every_family_is_in_the_table():
    assert {row["config"].get("text_config", row["config"])["model_type"] for row in TABLE["configs"]} | {"kimi_k2"} == FAMILIES.keys()


def test_kimi_k2_is_deepseek_v3_by_its_fields():
    """Not in transformers itself; 1,026,408,209,408 parameters by its authors' index."""
    config = {"num_attention_heads": 64, "n_routed_experts": 384, "first_k_dense_replace": 1, "vocab_size": 163840, "num_nextn_predict_layers": 0}
    reading = read({"model_type": "kimi_k2", **config})
    assert sum(parameters(reading.record).values()) == 1_026_408_209_408
    assert sum(active_parameters(reading.record).values()) == 32_861_477_888
    assert any("deepseek_v3" in words for words in reading.assumed)


def test_forward_flops_of_a_token_are_those_of_the_matrices():
    """torch's FlopCounterMode at 256 and 512 tokens, linear part: 8.07496e11 for Llama 3.1 405B."""
    parts = forward_flops(read(LLAMA).record, 1.0)
    assert sum(parts.values()) - parts["attention scores"] == pytest.approx(8.07496e11, rel=1e-5)


def test_narrower_embeddings_are_refused():
    """OPT 350M: 512 values in, 1,024 in a layer, and matrices between them; 331,196,416 parameters that no field adds up to."""
    config = {"model_type": "opt", "hidden_size": 1024, "ffn_dim": 4096, "num_hidden_layers": 24, "num_attention_heads": 16, "word_embed_proj_dim": 512}
    with pytest.raises(Unreadable, match="embeddings of 512 values and layers of 1,024: not modelled"):
        read(config)
    assert sum(parameters(read(config | {"word_embed_proj_dim": 1024}).record).values()) > 0


def test_what_the_file_leaves_out_is_said():
    reading = read({"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024})
    shape = reading.record
    assert (shape.heads, shape.kv_heads, shape.head_dim, shape.vocab, shape.tied) == (8, 4, 256, 262208, 1)
    assert (shape.window, shape.window_layers) == (1024, 29)  # every sixth layer sees all
    assert any(words.startswith("num_attention_heads = 8") for words in reading.assumed)
    assert any("tokens" in words for words in reading.assumed)
    stated = read(LLAMA | {"head_dim": 128, "tie_word_embeddings": False}, seq_len=8192)
    assert stated.record.seq_len == 8192 and not any("tokens" in words for words in stated.assumed)


def test_null_is_not_absent():
    """A head_dim of null is hidden over heads; one that is absent is the class's own, 128 for Qwen3."""
    small = {"model_type": "qwen3", "hidden_size": 1024, "num_attention_heads": 16, "num_key_value_heads": 8, "num_hidden_layers": 28}
    assert read(small).record.head_dim == 128
    assert read(small | {"head_dim": None}).record.head_dim == 64


def test_a_multimodal_file_is_read_for_its_language_model():
    inner = {**LLAMA, "model_type": "llama4_text", "num_local_experts": 16, "head_dim": 128}
    outer = {"model_type": "llama4", "text_config": inner, "vision_config": {"hidden_size": 1408}, "hidden_size": 4096, "tie_word_embeddings": True}
    reading = read(outer)
    assert reading.record.hidden == 16384 and reading.record.tied == 1
    assert reading.ignored == ["vision_config: only the language model is read"]


def test_windows_have_to_be_switched_on():
    qwen = {"model_type": "qwen2", "hidden_size": 8192, "num_attention_heads": 64, "num_hidden_layers": 80, "sliding_window": 131072}
    assert read(qwen).record.window_layers == 0
    assert read(qwen | {"use_sliding_window": True, "max_window_layers": 70}).record.window_layers == 10


@pytest.mark.parametrize("model_type", UNMODELLED)
def test_what_an_architecture_cannot_hold_is_refused_by_name(model_type):
    with pytest.raises(Unreadable, match="not modelled"):
        read({"model_type": model_type, "num_hidden_layers": 4, "layer_types": ["linear_attention"] * 3 + ["full_attention"]})


def test_a_refusal_says_how_many_layers_it_concerns():
    with pytest.raises(Unreadable, match="lightning attention: not modelled; 36 of 48 layers"):
        read({"model_type": "minimax", "num_hidden_layers": 48, "layer_types": (["linear_attention"] * 3 + ["full_attention"]) * 12})
    with pytest.raises(Unreadable, match="'recurrent'.*1 of 2 layers"):
        read({"model_type": "nemotron_h", "layers_block_type": ["recurrent", "attention"]})
    with pytest.raises(Unreadable, match="linear_attention.*3 of 4 layers"):
        read(LLAMA | {"num_hidden_layers": 4, "layer_types": ["linear_attention"] * 3 + ["full_attention"]})


@pytest.mark.parametrize(
    "change, words",
    [
        ({"model_type": "lama"}, "nearest that is known is 'llama'"),
        ({"model_type": None}, "model_type"),
        ({"hidden_size": 16385}, "multiple of num_attention_heads"),
        ({"num_key_value_heads": 7}, "multiple of num_key_value_heads"),
        ({"num_hidden_layers": 0}, "num_hidden_layers is '0'; a whole number from 1"),
        ({"num_hidden_layers": -126}, "num_hidden_layers"),
        ({"vocab_size": "128256"}, "vocab_size is '128256'; a whole number"),
        ({"vocab_size": True}, "vocab_size"),
        ({"hidden_size": 1.5}, "hidden_size"),
        ({"hidden_size": None}, "hidden_size is missing"),
        ({"layer_types": ["full_attention"] * 3}, "names the attention of 3 layers"),
    ],
)
def test_impossible_sizes_are_refused_with_their_names(change, words):
    with pytest.raises(Unreadable, match=words):
        read(LLAMA | change)


@pytest.mark.parametrize(
    "text, words",
    [
        ('{"hidden_size": 1, "hidden_size": 2}', "stands twice"),
        ('{"model_type": "llama", "hidden_size": NaN}', "NaN"),
        ("[" * 60 + "]" * 60 + "\n", "nested more than 50"),
        ('{"model_type": "llama",', "JSON was expected: line 1"),
        ("<html><body>\nconfig.json</body></html>", "JSON was expected"),
        ("[1,\n 2]", "a list"),
        (b"\x00\x01\x02", "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(128, 256)) * 4, "another encoding"),
    ],
)
def test_files_that_are_no_config(text, words):
    with pytest.raises(Unreadable, match=words):
        read_config(text)


def test_other_encodings_with_a_mark_are_read():
    for encoding in ("utf-8-sig", "utf-16"):
        assert read_config(json.dumps(LLAMA).encode(encoding)).record.layers == 126


def test_the_classes_table_names_its_source():
    assert len(classes()) == len(FAMILIES) - 1
