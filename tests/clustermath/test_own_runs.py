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


def test_watts_and_failures_as_measured(capsys):
    assert said(capsys, "power", "--gpu", "h100", "--gpus", "1000", "--watts", "1000", "--pue", "1.2")["site_mw"] == approx(1.2)
    assert said(capsys, "goodput", "--gpus", "1000", "--failure-rate", "2")["minutes_between_failures"] == approx(12 * 60)


def test_from_python(tmp_path):
    assert sum(parameters(Architecture.from_huggingface(DATA / "examples/llama-3.1-405b.json")).values()) == 405_853_388_800
    assert Steps.from_log(LOG).step_time == 5
    with pytest.raises(Unreadable, match="a log of training was expected"):
        Steps.from_log("seconds,watts\n0,1\n1,2\n")
