"""The command line as a person meets it: examples that run, names that are completed, mistakes that are explained."""

import json
import os
import shlex
import subprocess
import sys

import pytest
from clustermath import validation
from clustermath.__main__ import commands_of, find_commands, main, parser_of
from clustermath.cli import amount
from clustermath.models import Model
from clustermath.readers.steps import Steps
from clustermath.runs import Run
from clustermath.tables import DATA
from clustermath.turbines import GENERATORS
from pytest import approx

COMMANDS = find_commands()


def run(line, capsys):
    status = main(shlex.split(line))
    assert status == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name == "validate" else ()) for name in COMMANDS])
def test_the_example_in_the_help_runs(name, capsys, monkeypatch):
    monkeypatch.chdir(DATA.parent)  # commands are run in book/
    example = next(line for line in COMMANDS[name].__doc__.splitlines() if line.startswith("Example: "))
    line = example.removeprefix("Example: python -m clustermath ")
    assert json.loads(run(line + " --json", capsys))
    assert run(line, capsys).strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_every_argument(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert COMMANDS[name].__doc__.splitlines()[0] in capsys.readouterr().out


def test_days_of_llama(capsys):
    """67.1 days at Meta's published 400 TFLOP/s on 16,384 GPUs."""
    line = f"days --model llama-3.1-405b --gpu h100 --gpus 16,384 --mfu {400 / 989} --json"
    assert json.loads(run(line, capsys))["days"] == approx(67.1, abs=0.05)


ON_H100 = "step --gpu h100 --json "


def test_layouts_as_others_write_them(capsys):
    """verl-project/verl, pull request 1467: EP over TP x DP; NVIDIA's DeepSeek-V3 recipe, experts' TP 1; a split of the ends;
    FSDP in a pipeline and in groups; Llama 3 8B on 8 GPUs (OpenRLHF, issue 698, extended): both vocabulary matrices."""
    for line in (
        'step --model "Qwen3 235B A22B" --gpu h100 --gpus 64 --batch-tokens 4194304 --tp 2 --pp 2 --ep 32',
        "step --model deepseek-v3 --gpu h100 --gpus 1024 --batch-tokens 67108864 --tp 2 --pp 8 --ep 64 --interleave 4 --expert-tp 1",
        "step --model llama-3.1-405b --gpu h100 --gpus 1024 --batch-tokens 16M --tp 8 --pp 16 --first-layers 7 --last-layers 7 --batch-tokens 16777216",
        "step --model llama-3-8b --gpu h100 --gpus 16 --batch-tokens 262144 --zero 3 --replicas 2",
        "step --model llama-3-8b --gpu h100 --gpus 16 --batch-tokens 262144 --zero 3 --pp 2",
    ):
        assert json.loads(run(line + " --json", capsys))["step_time_s"] > 0
    found = json.loads(run(ON_H100 + "--model llama-3-8b --gpus 8 --batch-tokens 32768 --seq-len 4096 --zero 1", capsys))
    low, high = found["nine_of_ten_between_s"]
    assert low < found["step_time_s"] < high and found["of_runs_like"] == "a dense model, of its software only a date"
    assert "--stack" not in ON_H100
    named = json.loads(run(ON_H100 + "--model llama-3-8b --gpus 8 --batch-tokens 32768 --seq-len 4096 --zero 1 --stack nemo-2024", capsys))
    narrow = [end / named["step_time_s"] for end in named["nine_of_ten_between_s"]]
    assert named["of_runs_like"] == "a dense model" and low / found["step_time_s"] < narrow[0] < 1 < narrow[1] < high / found["step_time_s"]
    assert found["fits_in_memory"] is False


@pytest.mark.parametrize(
    "layout, complaint",
    [
        ("--gpus 24 --batch-tokens 1048576 --pp 3", "an even number of stages"),
        ("--gpus 32 --batch-tokens 131072 --pp 4", "needs 8 microbatches"),
        ("--gpus 32 --batch-tokens 1048576 --pp 4 --interleave 8", "only gpipe and 1f1b"),
    ],
)
def test_dualpipe_names_its_conditions(layout, complaint, capsys):
    """deepseek-ai/DualPipe refuses these, too."""
    assert main(shlex.split(ON_H100 + "--model llama-2-7b --schedule dualpipe " + layout)) == 2
    assert complaint in capsys.readouterr().err


def test_selective_recomputation_is_the_stacks(capsys):
    """pytorch/torchtitan, pull request 382: 73.1 GB reserved, 8 x 6,456 tokens a second."""
    line = ON_H100.replace("h100", '"h100 sxm 96gb 500w"') + "--model llama-3-8b --gpus 8 --batch-tokens 131072 --seq-len 8192"
    found = json.loads(run(line + " --zero 3 --recompute selective --stack torchtitan-2024 --microbatch 2", capsys))
    assert found["memory_gb"]["all"] == approx(73.1, rel=0.12)
    assert found["tokens_per_s"] == approx(8 * 6456, rel=0.08)


def test_commands_are_completed(capsys):
    assert "goodput" in run("good --gpus 16384", capsys)


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("dayz", "unknown command 'dayz'; did you mean 'days'?"),
        ("fabric --gpus 0 --switch 51.2t-64", "endpoints = 0 is not possible"),
        ("goodput --gpus 16384 --stall -3", "stall = -3 is not possible"),
    ],
)
def test_what_is_impossible_is_explained_in_one_sentence(line, complaint, capsys):
    assert main(shlex.split(line)) == 2
    said = capsys.readouterr().err
    assert complaint in said and "Traceback" not in said


@pytest.mark.parametrize(
    "line, complaint",
    [
        ("power --gpu h1000 --gpus 8", "did you mean 'H100 SXM'?"),
        ("power --gpu h100 --gpus lots", "'lots' is not a number such as 220k"),
        ("power --gpu h100 --site 1.5GX", "'1.5GX' is not a number such as 1.5 GW"),
    ],
)
def test_mistyped_arguments_are_explained(line, complaint, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(shlex.split(line))
    assert stopped.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, unit, value",
    [
        ("220k", "", 220e3),
        ("16,384", "", 16384),
        ("3.8e25", "FLOP", 3.8e25),
        ("1.5 GW", "W", 1.5e9),
        ("1gw", "W", 1e9),
        ("30s", "s", 30),
        (".5", "", 0.5),
    ],
)
def test_amounts(text, unit, value):
    assert amount(unit)(text) == approx(value)


def test_a_decimal_comma_is_not_taken_for_thousands():
    with pytest.raises(Exception, match="'1,5' is not a number"):
        amount()("1,5")


STEP = "step --model llama-3.1-405b --gpu h100 --gpus 16384 --batch-tokens 16777216"


@pytest.mark.parametrize(
    "line, complaint",
    [
        (f"{STEP} --tp 0", "--tp: tp = 0 is not possible"),
        (f"{STEP} --tp 2.5", "--tp: tp = 2.5 is not possible. tp must be a whole number"),
        (f"{STEP} --seq-len 0", "--seq-len: seq_len = 0 is not possible"),
        (f"{STEP} --dp 0", "--dp: dp = 0 is not possible"),
        (f"{STEP} --dp 4096", "dp = 4096 is not possible"),
        (f"{STEP} --precision fp4", "H100 SXM does not multiply in fp4; it does in bf16 and fp8"),
        (STEP.replace("16384", "16384.5"), "--gpus: gpus = 16384.5 is not possible"),
        (STEP.replace("16777216", "=-1M").replace(" =", "="), "--batch-tokens: batch_tokens = -1e+06 is not possible"),
        (STEP.replace("16777216", "100"), "100 tokens are less than a sequence of 8,192"),
        (STEP.replace("step", "search") + " --top 0", "--top: top = 0 is not possible"),
        (STEP.replace("step", "search") + " --seq-len 0", "--seq-len: seq_len = 0 is not possible"),
        ("goodput --gpus 16384 --repair-hours=-1", "from 0 to 27777.8 hours"),
        ("days --model llama-3.1-405b --gpu h100 --gpus 8 --mfu 0.4 --price 5000", "price = 5000 is not possible. price (rent of one GPU) must be a number from 0 to 3600 dollars for a GPU-hour"),
        ("days --model llama-3.1-405b --gpu h100 --gpus 8 --mfu 40", "--mfu: mfu = 40 is not possible"),
        ("days --model llama-3.1-405b --gpu a100-sxm --gpus 8 --mfu 0.4 --precision fp8", "does not multiply in fp8; it does in bf16"),
        ("power --gpu h100 --site 100W", "100 W feed no GPU"),
        ("power --gpu h100 --gpus 1e8 --turbine titan-350", "of Titan 350 would be needed"),
        ("fabric --gpus 1e9 --switch 51.2t-128", "endpoints = 1e+09 is not possible"),
        ("validate nowhere.csv", "nowhere.csv: No such file"),
    ],
)
def test_nothing_falls_back_without_a_word(line, complaint, capsys):
    """The option is named as it is typed, and its value and range are in the unit that was typed."""
    assert main(shlex.split(line)) == 2
    said = capsys.readouterr().err
    assert complaint in said and "Traceback" not in said


LAID, SMALL = f"{STEP} --tp 8 --pp 16", "step --model llama-3-8b --gpu h100 --gpus 8 --batch-tokens 131072"
DAYS = "days --gpu h100 --gpus 16384 --mfu 0.4"


@pytest.mark.parametrize(
    "line, complaint",
    [
        (f"{LAID} --lora-beside key", "--lora-beside: it changes nothing without --lora"),
        (f"{LAID} --context gather", "--context: it changes nothing without --cp"),
        (f"{LAID} --context ulysses", "--context: it changes nothing without --cp"),
        (f"{LAID} --replicas 2 --zero 0", "--replicas: it changes nothing with --zero 0"),
        (f"{LAID} --expert-tp 1", "--expert-tp: it changes nothing for Llama 3.1 405B, which has no experts"),
        (f"{STEP} --tp 8 --pp 4 --first-layers 10 --stages 31,32,32,31", "--first-layers: it changes nothing beside --stages"),
        (f"{SMALL} --schedule gpipe", "--schedule: it changes nothing without --pp"),
        (f"{SMALL} --recompute mla_up_proj".replace("step", "memory"), "--recompute: it changes nothing for Llama 3 8B: mla_up_proj"),
        (f"{DAYS} --flops 1e25 --tokens 1e12", "--tokens: it changes nothing beside --flops"),
        (f"{DAYS} --flops 1e25 --watts 1000 --cap 0.5", "--cap: it changes nothing beside --watts"),
        (f"{DAYS} --flops 1e25 --serial 0.2", "--serial: it changes nothing without --speedup"),
        ("goodput --gpus 220k --repair-hours 5", "--repair-hours: it changes nothing without --spare-nodes"),
        ("power --gpu gb300 --gpus 220k --watts 1000 --cap 0.5", "--cap: it changes nothing beside --watts"),
        ("power --gpu gb300 --gpus 220k --spares 3", "--spares: it changes nothing without --turbine"),
        ("power --gpu gb300 --gpus 220k --ambient 30", "--ambient: it changes nothing without --turbine"),
        ("power --gpu gb300 --gpus 220k --ppm 25", "--ppm: it changes nothing without --turbine"),
    ],
)
def test_an_option_that_changes_nothing_is_refused(line, complaint, capsys):
    assert main(shlex.split(line)) == 2 and complaint in capsys.readouterr().err


def test_two_rates_of_failures_contradict_each_other(capsys):
    with pytest.raises(SystemExit):
        main(shlex.split("goodput --gpus 220k --failures llama --failure-rate 2"))
    assert "--failure-rate: not allowed with argument --failures" in capsys.readouterr().err


def test_keys_may_be_gathered_before_attention(capsys):
    ring, gathered = (json.loads(run(f"{STEP} --tp 8 --pp 16 --cp 2 --context {how} --json", capsys))["seconds"] for how in ("ring", "gather"))
    assert ring["context parallel"] < gathered["context parallel"] and ring["attention scores"] == gathered["attention scores"]


def test_an_unknown_stack_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(shlex.split(f"{STEP} --stack nonsense"))
    assert "unknown stack 'nonsense'. Known: 2021, " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(shlex.split(f"{STEP} --stack nemo2024x"))
    assert json.loads(run(f"{STEP} --tp 8 --pp 16 --stack nemo-2026 --json", capsys))["gpus_used"] == 16384


def test_the_batch_is_said_that_was_computed(capsys):
    """16M are no whole number of sequences of 8,192 tokens."""
    line = STEP.replace("16777216", "16M") + " --tp 8 --pp 16 --dp 1 --json"
    assert json.loads(run(line, capsys))["batch_tokens"] == 1953 * 8192


def test_a_tree_joins_as_many_as_were_asked(capsys):
    found = json.loads(run("fabric --gpus 1e8 --switch 51.2t-128 --json", capsys))
    assert found["tiers"] == 5 and found["cables"]["to_gpus"] == 1e8


def numeric_options():
    for name, module in COMMANDS.items():
        parser = commands_of(parser_of(COMMANDS))[name]
        for action in parser._actions:
            if isinstance(action.type, amount) or action.type is int:
                yield pytest.param(name, action, id=f"{name}{action.option_strings[0]}")


@pytest.mark.slow
@pytest.mark.parametrize("name, action", list(numeric_options()))
def test_no_number_ends_in_a_traceback(name, action, capsys, monkeypatch):
    """Every numeric option with numbers that are too small, too large, broken, or none: an answer or one sentence."""
    monkeypatch.chdir(DATA.parent)  # commands are run in book/
    example = next(line for line in COMMANDS[name].__doc__.splitlines() if line.startswith("Example: "))
    words = shlex.split(example.removeprefix("Example: python -m clustermath "))
    if action.option_strings[0] in words:
        place = words.index(action.option_strings[0])
        words[place : place + 2] = []
    if name == "power" and action.dest == "site":
        place = words.index("--gpus")
        words[place : place + 2] = []
    if name == "days" and action.dest == "flops":
        place = words.index("--model")
        words[place : place + 2] = []
    for text in ("0", "-1", "1.5", "1e-300", "1e300", "1e400", "nan", "inf", "", "1,5", "8 GPUs", "0x10", "1e", "٣"):
        if name == "search" and text in ("1.5",):
            continue  # a search, for a minute
        try:
            status = main([*words, f"{action.option_strings[0]}={text}"])
        except SystemExit as stopped:
            status = stopped.code
        said = capsys.readouterr()
        assert status in (0, 2) and (status == 0 or said.err.strip())
        assert "Traceback" not in said.err and "nan" not in said.out.lower().split(), text


def test_a_reader_that_has_enough_ends_nothing_in_a_traceback():
    """`... | head`: the pipe is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "clustermath", *shlex.split("fabric --gpus 8 --switch 51.2t-64")],
        cwd=DATA.parent, stdout=write, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert done.stderr == "" and done.returncode == 1


def test_validate_of_runs_of_ones_own_fits_nothing(tmp_path, capsys, monkeypatch):
    """Published runs are cross-validated only if some of them are asked for."""
    monkeypatch.setattr(validation, "cross_validated", None)
    path = tmp_path / "mine.csv"
    path.write_text("id,model,gpu,gpus,tp,pp,global_batch_seqs,step_time_s,stack\nmine,Llama 3.1 405B,H100,16384,8,16,2048,6.5,nemo-2024\n")
    summary = json.loads(run(f"validate {path} --json", capsys))["summary"]
    assert summary["n"] == 1 and summary["eight_fold_mean_abs_pct"] is None


def test_a_model_may_be_a_file(tmp_path, capsys):
    """The same step from a config.json as from the table."""
    line = "step --model {} --gpu h100 --gpus 1024 --batch-tokens 16777216 --seq-len 8192 --tp 8 --pp 8 --json"
    known, file = (json.loads(run(line.format(model), capsys)) for model in ("llama-3.1-405b", DATA / "examples/llama-3.1-405b.json"))
    assert file == known


def test_read_tells_formats_apart(tmp_path, capsys):
    log = tmp_path / "train.txt"
    line = "completed step: {}, seconds: 3.2, TFLOP/s/device: 450.0, Tokens/s/device: 3200.0, total_weights: 1, loss: 7.8\n"
    log.write_text("".join(line.format(i) for i in range(5)), encoding="utf-8")
    found = json.loads(run(f"read {log} {DATA}/examples/llama-3.1-405b.json --model llama-3.1-405b --gpu h100 --json", capsys))
    assert [found[file]["kind"] for file in found] == ["MaxText log", "config.json"]
    assert found[str(log)]["mfu_as_this_book_counts"] == approx(450 / 989, rel=1e-3)
    (tmp_path / "other").write_text("nothing of the kind\n", encoding="utf-8")
    assert main(["read", str(tmp_path / "other")]) == 2
    assert "Known: a model" in capsys.readouterr().err


def test_read_tells_what_a_power_recording_has(tmp_path, capsys):
    """The mean is that of the energy: each reading holds until the next, the last as long as the usual one."""
    file = tmp_path / "power.csv"
    file.write_text("seconds,watts\n0,100\n1,300\n3,200\n5,400\n", encoding="utf-8")
    found = json.loads(run(f"read {file} --json", capsys))[str(file)]
    assert (found["readings"], found["seconds"], found["seconds_between"]) == (4, 7, 2)
    assert found["watts_per_gpu"] == approx((100 * 1 + 300 * 2 + 200 * 2 + 400 * 2) / 7)
    assert (found["least_watts"], found["most_watts"], found["steepest_watts_per_s"]) == (100, 400, 200)


OWN = {"model_type": "llama", "hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40, "num_attention_heads": 40, "vocab_size": 32000}  # Llama 2 13B


def test_days_of_a_model_from_its_config(tmp_path, capsys):
    """Llama 2 13B: 13,015,864,320 parameters (its own config), 2T tokens; six FLOPs for each. Python's own class says the same."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(OWN), encoding="utf-8")
    line = f"days --model {config} --gpu a100 --gpus 1024 --mfu 0.5 --json"
    found = json.loads(run(line + " --tokens 2T", capsys))
    assert found["flops"] == 6 * 13_015_864_320 * 2e12
    assert Model.from_huggingface(config, 2e12).flops == found["flops"]
    assert main(shlex.split(line)) == 2 and "--tokens: a config.json doesn't say" in capsys.readouterr().err


def test_a_turbine_by_its_fields(capsys):
    """One that is named may be said otherwise; from fields alone all are needed."""
    line = "power --gpu gb300 --gpus 220k --json "
    named, larger = (json.loads(run(line + f"--turbine titan-350 {more}", capsys)) for more in ("", "--turbine-power 76MW"))
    assert larger["mw_per_turbine"] == 2 * named["mw_per_turbine"] and larger["turbines_needed"] < named["turbines_needed"]
    own = json.loads(run(line + "--turbine-power 76MW --turbine-efficiency 0.4 --turbine-availability 0.97", capsys))
    assert own["turbines_needed"] == larger["turbines_needed"] and own["tonnes_co2_per_hour"] == approx(named["tonnes_co2_per_hour"] * GENERATORS["Titan 350"].efficiency / 0.4)
    assert main(shlex.split(line + "--turbine-power 76MW")) == 2 and "--turbine-efficiency" in capsys.readouterr().err


def test_a_run_from_its_log(tmp_path):
    log = tmp_path / "train.log"
    log.write_text("".join(f"completed step: {i}, seconds: {9.0 if i == 0 else 3.0}, TFLOP/s/device: 450.1, Tokens/s/device: 3200.1, loss: 7.8\n" for i in range(9)), encoding="utf-8")
    assert Run.from_log(log).step_time == 3.0 == Steps.from_log(log).step_time
