"""What a reader brings to the command line: a run as a row, a chip, a failure rate, watts."""

import json

import pytest
from clustermath.__main__ import main
from clustermath.architecture import Architecture, parameters
from clustermath.readers import Unreadable
from clustermath.readers.steps import Steps
from clustermath.tables import DATA
from pytest import approx

LOG = "".join(
    f" [2026-11-29 08:00:{i:02d}] iteration {i:8d}/ 100 | consumed samples: {i * 128} | elapsed time per iteration (ms): {t:.1f} |"
    f" throughput per GPU (TFLOP/s/GPU): 400.0 | global batch size: 128 | lm loss: 1.0E+00 |\n"
    for i, t in enumerate([90000, 5000, 5100, 4900, 5000, 5000], 1)
)
RUN = ["--model", "llama-3-70b", "--gpu", "h100", "--gpus", "64", "--seq-len", "8192", "--tp", "4", "--pp", "4"]


def said(capsys, *words):
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_log_becomes_a_row_that_validate_takes(tmp_path, capsys):
    log, table = tmp_path / "train.log", tmp_path / "mine.csv"
    log.write_text(LOG)
    row = said(capsys, "row", str(log), *RUN, "--out", str(table))["row"]
    assert (row["step_time_s"], row["global_batch_seqs"], row["tp"]) == ("5", "128", "4")
    assert said(capsys, "row", str(log), *RUN, "--id", "again", "--out", str(table))["row"]["id"] == "again"
    result = json.dumps(said(capsys, "validate", str(table)))
    assert '"train"' in result and "is not stated" not in result


def test_a_row_says_at_once_what_validate_makes_of_it(tmp_path, capsys):
    """Without a layout, or with a step that no chip can do, it would be left out; of another, what is taken for blanks."""
    log = tmp_path / "train.log"
    log.write_text(LOG)
    rest = ["--gpu", "h100", "--gpus", "64", "--seq-len", "8192"]
    assert said(capsys, "row", str(log), "--model", "llama-3-8b", *rest)["validate_leaves_it_out"] == "tp, pp and dp are not stated"
    assert "is an MFU of 1.49" in said(capsys, "row", str(log), *RUN)["validate_leaves_it_out"]
    assert any("microbatch" in words for words in said(capsys, "row", str(log), "--model", "llama-3-8b", "--tp", "1", *rest)["validate_assumes"])


def test_a_launch_gives_the_layout_and_an_option_wins(tmp_path, capsys):
    log, launch = tmp_path / "train.log", tmp_path / "launch.sh"
    log.write_text(LOG)
    launch.write_text("--tensor-model-parallel-size 2 --pipeline-model-parallel-size 8 --micro-batch-size 2 --global-batch-size 128 --seq-length 4096\n")
    row = said(capsys, "row", str(log), "--launch", str(launch), "--model", "llama-3-70b", "--gpu", "h100", "--gpus", "64", "--tp", "4")["row"]
    assert (row["tp"], row["pp"], row["microbatch"], row["seq_len"]) == ("4", "8", "2", "4096")


def test_tokens_per_second_give_the_time_where_a_log_has_none(capsys):
    """16 sequences of 8,192 tokens on 8 GPUs at 5,762 tokens/s each, the median."""
    row = said(
        capsys, "row", str(DATA / "examples/torchtitan.log"), "--model", "llama-3-8b", "--gpu", "h100", "--gpus", "8", "--sequences", "16", "--seq-len", "8192"
    )["row"]
    assert float(row["step_time_s"]) == approx(16 * 8192 / (8 * 5762), rel=2e-3)


def test_a_chip_of_ones_own(tmp_path, capsys):
    lines = (DATA / "chips.csv").read_text().splitlines()
    mine = tmp_path / "mine.csv"
    mine.write_text("\n".join([lines[0], *(line.replace("H100 SXM,", "Mine,", 1) for line in lines if line.startswith("H100 SXM,"))]))
    own, known = (said(capsys, "power", "--gpu", chip, "--gpus", "1000") for chip in (str(mine), "h100-sxm"))
    assert own == known
    mine.write_text(lines[0])
    with pytest.raises(SystemExit):
        main(["power", "--gpu", str(mine), "--gpus", "1000"])
    assert "one chip was expected" in capsys.readouterr().err


def own_chips(tmp_path, **named) -> str:
    """A file of chips, each like one of the book's, under another name."""
    lines = (DATA / "chips.csv").read_text().splitlines()
    mine = tmp_path / "chips.csv"
    mine.write_text("\n".join([lines[0], *(line.replace(f"{known},", f"{name},", 1) for name, known in named.items() for line in lines if line.startswith(f"{known},"))]))
    return str(mine)


COMMANDS = {
    "power": ["--gpus", "1000"],
    "days": ["--flops", "1e25", "--gpus", "1000", "--mfu", "0.4"],
    "step": ["--model", "llama-3-8b", "--gpus", "8", "--batch-tokens", "1048576"],
    "memory": ["--model", "llama-3-8b", "--gpus", "8", "--batch-tokens", "1048576"],
    "search": ["--model", "llama-3-8b", "--gpus", "8", "--batch-tokens", "1048576", "--top", "1"],
    "read": [str(DATA / "examples/torchtitan.log"), "--model", "llama-3-8b", "--seq-len", "8192"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_chip_file_stands_where_a_chip_is_named(command, tmp_path, capsys):
    """Both options, one answer: of a chip that multiplies as it did before, whatever a new name does to what was measured on it."""
    mine = own_chips(tmp_path, Mine="H200 SXM")
    as_file, as_name = (said(capsys, command, *COMMANDS[command], option, mine) for option in ("--chip-file", "--gpu"))
    for found in (as_file, as_name):
        found.pop("seconds" if command == "search" else "", None), found.pop("layouts_per_second", None)
    assert as_file == as_name
    with pytest.raises(SystemExit):
        main([command, *COMMANDS[command], "--gpu", "h100", "--chip-file", mine])
    assert "not allowed with" in capsys.readouterr().err


def test_a_row_of_a_chip_of_ones_own_is_validated_with_its_file(tmp_path, capsys):
    """The row alone names a chip that nobody knows; with its file it is predicted as one of the same chip by its known name."""
    log, tables = tmp_path / "train.log", {name: tmp_path / f"{name}.csv" for name in ("Mine", "H100 SXM")}
    log.write_text(LOG)
    mine = own_chips(tmp_path, **{"Mine": "H100 SXM", "Another": "A100 SXM"})
    one = tmp_path / "one.csv"
    one.write_text("".join(line + "\n" for line in open(mine).read().splitlines() if not line.startswith("Another")))
    rest = ["--model", "llama-3-8b", "--gpus", "64", "--seq-len", "8192", "--tp", "1"]
    said(capsys, "row", str(log), "--chip-file", str(one), *rest, "--out", str(tables["Mine"]))
    said(capsys, "row", str(log), "--gpu", "h100-sxm", *rest, "--out", str(tables["H100 SXM"]))
    (alone,) = said(capsys, "validate", str(tables["Mine"]))["rows"]
    assert "'Mine' is not known" in alone["skipped"]
    (own,), (known,) = (said(capsys, "validate", str(table), "--chip-file", mine)["rows"] for table in tables.values())
    assert own["skipped"] is None and "matrix multiplies" in own["assumed"] and "matrix multiplies" not in known["assumed"]
    assert own["measured_step_s"] == known["measured_step_s"] == 5 and 0.8 < own["predicted_step_s"] / known["predicted_step_s"] < 1.25


@pytest.mark.parametrize(
    "text, words",
    [
        (None, "No such file"), ("", "column"),
        ("name,field,value,unit,source,confidence,note\nMine,bf16,990,TFLOP/s,a datasheet,seen,\n", "lacks"),
        ("name,field,value,unit,source,confidence,note\nMine,bf16,many,TFLOP/s,a datasheet,seen,\n", "line 2"),
        ("name,field,value,unit,source,confidence,note\nMine,bf16,990,TFLOP/fortnight,a datasheet,seen,\n", "unknown unit"),
    ],
)  # fmt: skip
def test_a_chip_file_that_says_too_little_is_refused_by_what_it_lacks(text, words, tmp_path, capsys):
    path = tmp_path / "mine.csv"
    if text is not None:
        path.write_text(text)
    for argv in (["power", "--gpus", "8", "--chip-file", str(path)], ["validate", "--chip-file", str(path)]):
        with pytest.raises(SystemExit):
            main(argv)
        error = capsys.readouterr().err
        assert words in error and "Traceback" not in error, error


def test_samples_per_second_give_the_time_where_deepspeeds_log_has_none(tmp_path, capsys):
    """32 sequences at 12.4, 12.5 and 12.6 of them a second; without the number of sequences nothing follows."""
    log = tmp_path / "ds.log"
    log.write_text("".join(f"[INFO] epoch=0/micro_step={i}/global_step={i}, RunningAvgSamplesPerSec=12.1, CurrSamplesPerSec={12.4 + i / 10}, MemAllocated=1.0GB\n" for i in range(3)))
    words = ["row", str(log), "--model", "llama-3-8b", "--gpu", "h100", "--gpus", "8", "--seq-len", "4096"]
    row = said(capsys, *words, "--sequences", "32")["row"]
    assert float(row["step_time_s"]) == approx(32 / 12.5) and "samples per second" in row["notes"]
    assert main(words) == 2 and "--sequences" in capsys.readouterr().err


def test_watts_and_failures_as_measured(capsys):
    assert said(capsys, "power", "--gpu", "h100", "--gpus", "1000", "--watts", "1000", "--pue", "1.2")["site_mw"] == approx(1.2)
    assert said(capsys, "goodput", "--gpus", "1000", "--failure-rate", "2")["minutes_between_failures"] == approx(12 * 60)


def test_from_python(tmp_path):
    assert sum(parameters(Architecture.from_huggingface(DATA / "examples/llama-3.1-405b.json")).values()) == 405_853_388_800
    assert Steps.from_log(LOG).step_time == 5
    with pytest.raises(Unreadable, match="a log of training was expected"):
        Steps.from_log("seconds,watts\n0,1\n1,2\n")
