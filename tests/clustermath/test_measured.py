"""Reading measured runs: what is stated counts, what is blank gets its documented default, what is wrong is named."""

import csv
import re

import pytest
from clustermath.fit import Runs
from clustermath.measured import LATER, NEWER, OWN, PUBLISHED, POSITIVE, TEXT, read_runs
from clustermath.software import CONSTANTS, generation, stack_named
from clustermath.tables import UnknownName
from pytest import approx

LLAMA = {
    "id": "mine", "source": "me", "model": "Llama-3.1-405B", "seq_len": 8192, "global_batch_seqs": 2048,
    "gpu": "H100 SXM 80GB", "gpus": 16384, "tp": 8, "pp": 16, "step_time_s": 6.5, "precision": "bf16",
    "recompute": "none", "stack": "mystack-2026",
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def write_and_read(*rows):
        path = tmp_path / "runs.csv"
        with open(path, "w", newline="") as lines:
            writer = csv.DictWriter(lines, TEXT + POSITIVE)
            writer.writeheader()
            writer.writerows(rows)
        return read_runs(path)

    return write_and_read


def test_a_row_as_stated(read):
    (run,) = read(LLAMA)
    assert not run.skipped
    assert (run.layout.tp, run.layout.pp, run.layout.dp) == (8, 16, 128)
    assert run.measured == 6.5
    assert run.assumed == ["microbatch = 1"]
    assert run.shape.layers == 126


def test_blanks_get_their_defaults_and_are_noted(read):
    (run,) = read(LLAMA | {"seq_len": "", "precision": "", "recompute": "", "stack": ""})
    assert run.batch.seq_len == 8192 and run.batch.bits == 16 and run.layout.recompute == 0 and run.software == stack_named("")
    assert {note.split()[0].rstrip(":") for note in run.assumed} == {"seq_len", "precision", "recompute", "microbatch", "stack"}


def test_recomputation_was_usual_before_2023(read):
    old, new = read(LLAMA | {"recompute": "", "stack": "x-2021"}, LLAMA | {"recompute": "", "stack": "x-2024"})
    assert old.layout.recompute == 1 and new.layout.recompute == 0


def test_no_recomputation_is_assumed_only_where_it_fits(read):
    """On fewer GPUs the same layers keep more: first norms and activations are repeated, then as much as it takes."""
    roomy, tight, tighter = read(LLAMA | {"recompute": ""}, LLAMA | {"recompute": "", "pp": 8}, LLAMA | {"recompute": "", "pp": 4, "gpu": "H200"})
    assert (tight.layout.recompute_simple, tighter.layout.recompute_simple) == (1, 1)
    assert roomy.layout.recompute <= tight.layout.recompute < 1
    assert any("for memory" in note for note in tight.assumed) and "recompute: none" not in tight.assumed
    (said,) = read(LLAMA | {"recompute": "none", "pp": 8})
    assert said.layout.recompute == said.layout.recompute_simple == 0


def test_recomputed_modules_by_name(read):
    some, remat = read(LLAMA | {"recompute": "layernorm moe_act mla_up_proj"}, LLAMA | {"recompute": "save_qkv_proj"})
    assert (some.layout.recompute, some.layout.recompute_simple, some.layout.recompute_up) == (0, 1, 1)
    hidden, ffn, keys = 16384, 53248, 2 * 8 * 128
    again = hidden * hidden + 2 * hidden * ffn  # the output projection, and two of the feed-forward's three matrices
    assert remat.layout.recompute == approx(again / (2 * hidden * hidden + hidden * keys + 3 * hidden * ffn))


def test_model_parallelism_from_dp(read):
    (run,) = read(LLAMA | {"tp": "", "pp": "", "dp": 128})
    assert (run.layout.tp, run.layout.pp) == (8, 16)


def test_the_step_from_a_printed_rate(read):
    """TFLOP/s per GPU and MFU, by what the convention counts: 4/3 of model FLOPs for GPT with recomputation."""
    gpt = {"model": "GPT 175B", "gpu": "A100", "gpus": 64, "tp": 8, "pp": 8, "seq_len": 2048, "step_time_s": ""}
    gpt["global_batch_seqs"] = 64
    hardware = "hardware: recomputed forward counted, 96*B*s*L*h^2*(1+s/6h+V/16Lh)"
    model = "model, full attention: 72*B*s*L*h^2*(1+s/6h+V/12Lh)"
    counted, plain, share = read(
        LLAMA | gpt | {"achieved_tflops_per_gpu": 200, "flop_convention": hardware},
        LLAMA | gpt | {"achieved_tflops_per_gpu": 150, "flop_convention": model},
        LLAMA | gpt | {"mfu_pct": 51.4, "flop_convention": model},
    )
    assert counted.measured == approx(plain.measured, rel=0.01)
    assert share.measured == approx(13.75, rel=0.01)  # arXiv 2205.05198, table 5


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ({"gpus": "many"}, "line 2, column gpus: 'many' is not a positive number"),
        ({"gpus": "-8"}, "line 2, column gpus: '-8' is not a positive number"),
        ({"step_time_s": "nan"}, "line 2, column step_time_s: 'nan' is not a positive number"),
        ({"gpus": ""}, "gpus is not stated"),
        ({"global_batch_seqs": ""}, "global_batch_seqs is not stated"),
        ({"gpu": "Abacus 9000"}, "gpu 'Abacus 9000' is not known"),
        ({"model": "Secret 9T"}, "model 'Secret 9T' is not known"),
        ({"step_time_s": ""}, "neither step_time_s"),
        ({"tp": 3}, "tp x pp x cp = 48 does not divide 16384 GPUs"),
        ({"tp": "", "pp": ""}, "tp, pp and dp are not stated"),
        ({"global_batch_seqs": 16}, "16 sequences are fewer than dp = 128"),
        # what cannot be is not averaged
        ({"dp": "999"}, "dp = 999 contradicts 16384 GPUs over tp x pp x cp = 128, which is 128"),
        ({"step_time_s": "1e-7"}, "a step of 1e-07 s is an MFU of "),
        ({"step_time_s": "1e7"}, "a step of 1e+07 s is an MFU of "),
        ({"step_time_s": "", "mfu_pct": "140"}, "a step of "),
        ({"model": "mine", "layers": "24", "hidden": "2048", "heads": "64", "kv_heads": "5"}, "line 2: Architecture 'mine': kv_heads = 5"),
        ({"layers": "12.5"}, "line 2: Architecture 'Llama 3.1 405B': layers = 12.5 is not possible"),
        ({"precision": "nvfp4"}, "H100 SXM does not multiply in FP4"),
    ],
)
def test_a_wrong_row_says_why_and_the_rest_is_read(read, wrong, reason):
    bad, good = read(LLAMA | wrong, LLAMA)
    assert bad.skipped.startswith(reason)
    assert not good.skipped


@pytest.mark.parametrize(
    "odd, note",
    [
        ({"precision": "int3"}, "precision: 'int3' is not known: BF16"),
        ({"recompute": "sometimes"}, "recompute: 'sometimes' is not known: none"),
        ({"interleave": 1000}, "layout: impossible as stated, pp = 16 is not possible: pp x interleave must be at most 128"),
        ({"ep": 8}, "layout: impossible as stated, ep = 8 is not possible: it must divide the 1 experts"),
        ({"microbatch": 3}, "layout: impossible as stated, dp = 128 is not possible: dp x microbatch must divide the 2048 sequences"),
    ],
)
def test_what_is_not_taken_as_it_stands_is_noted(read, odd, note):
    (run,) = read(LLAMA | odd)
    assert not run.skipped and any(said.startswith(note) for said in run.assumed)


def test_no_known_row_is_taken_otherwise_than_it_stands():
    notes = [note for path in (PUBLISHED, NEWER, OWN) for run in read_runs(path) for note in run.assumed]
    assert notes and not [note for note in notes if "not known" in note or "impossible" in note]


def test_a_row_that_is_there_twice_counts_once(read):
    first, again, other = read(LLAMA, LLAMA, LLAMA | {"step_time_s": "7"})
    assert not first.skipped and again.skipped == "line 3: the same as line 2"
    assert not other.skipped and other.assumed[-1] == "another run than line 2, of the same id"


@pytest.mark.parametrize(
    "text, complaint",
    [
        (b"ID,gpus\nx,8\n", "^mine.csv, line 1: unknown column 'ID'; did you mean 'id'"),
        (b"name,gpus\nx,8\n", "^mine.csv, line 1: no column 'id'; found: name, gpus$"),
        (b"id;gpus\nx;8\n", "^mine.csv, line 1: columns must be separated by commas, not by ';'"),
        (b"id,step_time\nx,8\n", "^mine.csv, line 1: unknown column 'step_time'; did you mean 'step_time_s'"),
        (b"id,gpus,gpus\nx,8,9\n", "^mine.csv, line 1: column 'gpus' is there twice"),
        (b"id,gpus\nx,16,384\n", "^mine.csv, line 2: more values than columns"),
        ("id,model\nx,Modèle\n".encode("latin-1"), "^mine.csv: byte 14 is not UTF-8; save the file as UTF-8"),
        ("id,model\nx,8\n".encode("utf-16"), "^mine.csv: byte 0 is not UTF-8"),
        (b"", "^mine.csv, line 1: no column 'id'"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "mine.csv"
    path.write_bytes(text)
    with pytest.raises(ValueError, match=complaint):
        read_runs(path)


def test_columns_that_are_nobodys_business_are_left_alone(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("id,comment,mood\nx,fine,good\n")
    assert [run.id for run in read_runs(path)] == ["x"]


def test_a_file_without_ids_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no column 'id'"):
        read_runs(path)


@pytest.mark.parametrize(
    "text, name",
    [
        ("A100 40GB", "A100 SXM 40GB"), ("A100 (paper: NVIDIA Ampere)", "A100 SXM"), ("H100", "H100 SXM"),
        ("H100 96GB HBM2e (500W)", "H100 SXM 96GB 500W"), ("GB200", "GB200 NVL72"), ("DGX B200", "B200"),
        ("TPU v5p", "TPU v5p"), ("H100-class (not stated)", "H100 SXM"),
    ],
)  # fmt: skip
def test_chips_by_the_names_people_use(read, text, name):
    (run,) = read(LLAMA | {"gpu": text})
    assert run.chip.name == name


@pytest.mark.parametrize(
    "text, name",
    [
        ("Llama-3.1-405B proxy (fewer layers)", "Llama 3.1 405B"), ("Grok-1 314B MoE", "Grok-1 314B"),
        ("BLOOM", "BLOOM 176B"), ("GPT-3 175B (+vocab)", "GPT-3 175B"), ("MPT-30b", "MPT 30B"), ("Qwen3-30B-A3B-Base", "Qwen3 30B A3B"),
    ],
)  # fmt: skip
def test_models_by_the_names_people_use(read, text, name):
    (run,) = read(LLAMA | {"model": text})
    assert run.shape.name == name


def test_an_ambiguous_name_is_no_model(read):
    (run,) = read(LLAMA | {"model": "Llama"})
    assert run.skipped.startswith("model 'Llama' is not known")


def test_an_unknown_dense_model_by_its_width(read):
    """GPT's style or Llama's, whichever has the stated number of parameters."""
    width = {"layers": 32, "hidden": 4096, "heads": 32, "vocab": 32000, "gpus": 128, "tp": 1, "pp": 1}
    llama, gpt = read(
        LLAMA | width | {"model": "new", "ffn": 11008, "params_b": 6.74},
        LLAMA | width | {"model": "new", "params_b": 6.57},
    )
    assert llama.shape.gated == 1 and gpt.shape.gated == 0


def test_published_stacks_are_all_dated():
    assert generation("megatron-bridge-26.02") == "2025"
    assert generation("megatron-2022") == "2022"
    assert generation("opt-2019") == "2021"
    assert generation("") == generation("bridge-26.08") == generation("mine-2027") == "2026-04"
    assert generation("nemo-2026-03") == generation("bridge-26.03") == "2025"
    assert stack_named("never-heard-of-2026").efficiency == 1


@pytest.mark.parametrize("name", ["nonsense", "nemo2024x", "NeMo", "x-26.13", "x-2026-00", "constants", "step time of a dense model", "25", " "])
def test_software_of_no_time_is_refused(read, name):
    """Nothing says what was usual for it, and it is not quietly the latest."""
    for function in (generation, stack_named):
        with pytest.raises(UnknownName, match=re.escape(f"unknown stack {name!r}")) as refusal:
            function(name)
        assert "meta-llama3-2024" in str(refusal.value) and "step time" not in str(refusal.value).partition("Known:")[2]
    (run,) = read(LLAMA | {"stack": name})
    assert run.skipped.startswith(f"unknown stack {name!r}") or not name.strip() and not run.skipped


def test_the_published_table_is_read_whole():
    runs = read_runs(PUBLISHED)
    assert sum(not run.skipped for run in runs) >= 140
    assert all(run.skipped or (run.measured > 0 and run.source and run.stack) for run in runs)


# ------------------------------------------------------------------------------------------------ network and sharing


@pytest.mark.parametrize(
    "text, gigabytes",
    [
        ("400", 50), ("400 Gb/s", 50), ("400Gbps", 50), ("50 GB/s", 50), ("8x400G", 50), ("8 x 400 Gb/s InfiniBand", 50), ("3.2 Tb/s per node", 50),
        ("1600 Gb/s RoCE a node", 25), ("InfiniBand NDR", 50), ("HDR", 25), ("1.6 Tb/s", 200), ("200 Gbit/s Ethernet", 25), ("400 Gb/s per GPU", 50),
        ("2x200G per GPU", 50), ("HDR100", 12.5), ("InfiniBand NDR200", 25), ("400 GBit/s", 50), ("50 GByte/s", 50),
    ],
)  # fmt: skip
def test_a_network_as_people_write_it(read, text, gigabytes):
    (run,) = read(LLAMA | {"network": text})
    assert not run.skipped and run.chip.nic == approx(gigabytes * 1e9)


@pytest.mark.parametrize("text", ["fast", "-400", "0 Gb/s", "400 kB", "3 furlongs"])
def test_what_is_no_network_is_named(read, text):
    bad, good = read(LLAMA | {"network": text}, LLAMA)
    assert bad.skipped.startswith(f"line 2: {text!r} is no speed of a network such as") and not good.skipped


def test_a_rack_has_no_node(read):
    (run,) = read(LLAMA | {"gpu": "GB200", "network": "8x400G"})
    assert "72 GPUs share a domain: say it per GPU" in run.skipped


def test_a_thinner_network_takes_longer(read):
    """A GPU's NIC of the row, not the chip's usual one, is what the step is predicted with."""
    gpus = {"gpus": 2048, "global_batch_seqs": 256}
    usual, same, thin = Runs(read(*(LLAMA | gpus | {"network": speed} for speed in ("", "8x400G", "100 Gb/s")))).predict(CONSTANTS)
    assert usual == same < thin


def test_sharing_nobody_stated_is_said_to_be_assumed(read):
    """Nothing but data parallelism can't hold 405B on a GPU: FSDP, and it says so; a row that says how it shared is taken at its word."""
    alone = LLAMA | {"tp": 1, "pp": 1, "dp": 16384, "global_batch_seqs": 16384}
    assumed, said, noted, ddp, grouped = read(
        alone, alone | {"sharding": "FSDP"}, alone | {"notes": "full-shard FSDP"}, alone | {"sharding": "DDP"}, alone | {"sharding": "HSDP 1024"}
    )
    assert assumed.layout.zero == said.layout.zero == noted.layout.zero == grouped.layout.zero == 3 and ddp.layout.zero == 0
    assert any(note.startswith("sharding: FSDP (ZeRO-3)") for note in assumed.assumed)
    assert not [note for run in (said, noted, ddp, grouped) for note in run.assumed if note.startswith("sharding")]
    assert grouped.layout.replicas == 16 and grouped.measured == said.measured


def test_torchtitan_shares_weights_where_it_can(read):
    """Its FSDP is over all ranks unless said otherwise, and in a pipeline keeps weights gathered: ZeRO-2."""
    titan = LLAMA | {"stack": "torchtitan-2024", "model": "Llama 3 8B", "gpus": 64, "global_batch_seqs": 512}
    plain, tensor, pipeline, alone, said = read(
        titan | {"tp": 1, "pp": 1}, titan | {"tp": 8, "pp": 1}, titan | {"tp": 1, "pp": 4}, titan | {"tp": 8, "pp": 8}, titan | {"tp": 1, "pp": 1, "sharding": "ddp"}
    )
    assert [run.layout.zero for run in (plain, tensor, pipeline, said)] == [3, 3, 2, 0] and alone.layout.zero < 3


@pytest.mark.parametrize("text, zero", [("ddp", 0), ("ZeRO-1", 1), ("zero 2", 2), ("ZeRO-3", 3), ("fsdp", 3)])
def test_sharing_as_stated(read, text, zero):
    (run,) = read(LLAMA | {"sharding": text})
    assert run.layout.zero == zero


@pytest.mark.parametrize("text, reason", [("half", "'half' is not known; known: ddp"), ("hsdp 3", "groups of 3 do not divide 128 ranks")])
def test_sharing_that_cannot_be_is_named(read, text, reason):
    (run,) = read(LLAMA | {"sharding": text})
    assert reason in run.skipped


def test_every_published_row_read_as_fsdp_says_why():
    runs = [run for run in read_runs(PUBLISHED) if not run.skipped and run.layout.zero == 3]
    silent = [run.id for run in runs if not any(note.startswith("sharding") for note in run.assumed)]
    rows = {row["id"]: f"{row['id']} {row['stack']} {row['sharding']} {row['notes']}" for row in csv.DictReader(open(PUBLISHED, newline="", encoding="utf-8"))}
    assert runs and all(any(word in rows[name].lower() for word in ("fsdp", "hsdp", "zero-3", "zero 3", "zero3")) for name in silent)


def test_heads_for_sequences_are_read_from_the_notes(read):
    ring, ulysses = read(LLAMA | {"cp": 8, "gpus": 131072}, LLAMA | {"cp": 8, "gpus": 131072, "notes": "DeepSpeed-Ulysses"})
    assert (ring.layout.ulysses, ulysses.layout.ulysses) == (0, 1)
    (gathers,) = read(LLAMA | {"cp": 8, "gpus": 131072, "notes": "gathers keys and values"})
    assert (ring.layout.gathered, gathers.layout.gathered) == (0, 1)


def test_hybrids_stand_beside_others():
    """Each is predicted as alone; models without other layers have none of any kind."""
    runs = [run for path in (PUBLISHED, LATER) for run in read_runs(path) if not run.skipped]
    hybrid = next(run for run in runs if len(run.shape.mixers) == 3)
    plain = next(run for run in runs if not run.shape.mixers and run.shape.experts)
    together = Runs([plain, hybrid]).predict(CONSTANTS)
    assert together == approx([Runs([plain]).predict(CONSTANTS)[0], Runs([hybrid]).predict(CONSTANTS)[0]], rel=1e-12)
