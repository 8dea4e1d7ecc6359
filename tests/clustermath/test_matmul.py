"""The law of matrix multiplies against measured ones, chip by chip, and what makes it better than a sum."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.__main__ import main
from clustermath.assumptions import ASSUMED
from clustermath.hardware import Chip
from clustermath.matmul import MACHINES, RATES, machine, matmul_time, measured_shares, share_assumed, sustained_share, with_share
from clustermath.software import Constants
from clustermath.tables import DATA
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

# 80 of some 22,000 on each chip, drawn at random: 60 of at least 1e11 FLOP, 20 smaller.
with open(DATA / "measured_matmuls.csv", newline="", encoding="utf-8") as lines:
    MEASURED = list(csv.DictReader(lines))


def of(chip):
    """Work [FLOP], traffic [B] and measured time [s] of the multiplies measured on `chip`, in BF16."""
    rows, columns, inner, time = (
        np.array([float(row[name]) for row in MEASURED if row["chip"] == chip]) for name in ("rows", "columns", "inner", "time_s")
    )
    return 2 * rows * columns * inner, 2 * (rows * inner + inner * columns + rows * columns), time


@pytest.mark.parametrize("chip", sorted({row["chip"] for row in MEASURED}))
def test_nine_of_ten_large_multiplies_within_15_percent(chip):
    work, traffic, measured = of(chip)
    rate, bandwidth = RATES[chip].bf16, CHIPS[chip].hbm_bandwidth * ASSUMED.hbm_efficiency
    law = ASSUMED.kernel_start + matmul_time(work, traffic, rate, bandwidth)
    large = work >= 1e11
    assert large.sum() == 60
    within = np.abs(law / measured - 1) <= 0.15
    assert within[large].mean() >= 0.9
    of_sum = np.abs((work / rate + traffic / bandwidth) / measured - 1) <= 0.15
    assert of_sum[large].mean() < 0.6


@pytest.mark.parametrize("chip", sorted({row["chip"] for row in MEASURED}))
def test_small_multiplies_take_the_time_of_a_kernel(chip):
    """Under 1e11 FLOP half of them within 25 % on Hopper and later, where the start is what the law adds; A100 starts later."""
    work, traffic, measured = of(chip)
    law = ASSUMED.kernel_start + matmul_time(work, traffic, RATES[chip].bf16, CHIPS[chip].hbm_bandwidth * ASSUMED.hbm_efficiency)
    error = np.abs(law / measured - 1)[work < 1e11]
    assert np.median(error) <= (0.5 if chip.startswith("A100") else 0.25)


@pytest.mark.parametrize("chip", ["H100 SXM", "B200", "GB300 NVL72"])
def test_no_rate_is_above_the_best_measured(chip):
    """In training a chip multiplies no faster than the best that was measured for one multiply by itself."""
    work, _, measured = of(chip)
    assert MACHINES[chip].matmul16 <= 1.05 * (work / measured).max()


@given(work=st.floats(1e6, 1e15), traffic=st.floats(1e3, 1e12))
def test_the_time_is_the_longer_of_both_and_at_most_their_sum(work, traffic):
    arithmetic, memory = work / 1e15, traffic / 3e12
    time = matmul_time(work, traffic, 1e15, 3e12)
    assert max(arithmetic, memory) <= time * (1 + 1e-12) and time <= (arithmetic + memory) * (1 + 1e-12)


def test_alike_is_where_it_takes_longest():
    """2^(1/p) times either, where a sum would be twice."""
    assert matmul_time(1e12, 3e9, 1e15, 3e12) == approx(2 ** (1 / 2.5) * 1e-3)


# ------------------------------------------------------------------------------------------- chips that nobody measured


def test_chips_without_a_measured_rate_say_what_is_assumed(tmp_path, capsys):
    """By name a share of the peak that was measured; by the same fields alone what a chip of its kind reached, and between what others did."""
    low, high = measured_shares()
    assert 0.4 < low < 0.5 < 0.75 < high < 0.85 and not share_assumed(CHIPS["H100 SXM"])
    for name in RATES:  # what was taken from another chip, or from the peak, wasn't measured
        assert ("of the peak" in share_assumed(CHIPS[name])) is (RATES.sources[name]["bf16"].confidence == "assumed"), name
    for chip in CHIPS.values():  # of a power limit that cuts the rate in proportion, too
        assert machine(chip, Constants(matmul_bf16=1.0)).matmul16 == approx(sustained_share(chip) * chip.bf16), chip.name
    fields = {name: value for name, value in vars(CHIPS["MI300X"]).items() if name in ("bf16", "fp8", "hbm", "hbm_bandwidth", "nvlink", "nvlink_domain", "nic", "tdp", "server_power")}
    own, nvidia = Chip(name="own", **fields), dataclasses.replace(CHIPS["H100 SXM"], name="own")
    assert sustained_share(own) == approx(sustained_share(CHIPS["MI300X"])) and "47% of the peak (47% to 80%" in share_assumed(own)
    assert sustained_share(nvidia) == approx(ASSUMED.usual_bf16 * ASSUMED.usual_sustained) and low < sustained_share(nvidia) < high
    assert with_share(nvidia, 1.5 * sustained_share(nvidia)).matmul8 == approx(1.5 * machine(nvidia).matmul8)
    units = {"bf16": ("TFLOP/s", 1e12), "fp8": ("TFLOP/s", 1e12), "nvlink_domain": ("1", 1), "tdp": ("W", 1), "server_power": ("W", 1)}
    written = {name: (value / units.get(name, ("GB/s", 1e9))[1], units.get(name, ("GB" if name == "hbm" else "GB/s", 0))[0]) for name, value in fields.items()}
    lines = ["name,field,value,unit,source,confidence,note", *(f"Own,{name},{value},{unit},me,seen," for name, (value, unit) in written.items())]
    (tmp_path / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    words = f"step --model llama-3-8b --gpu {tmp_path / 'own.csv'} --gpus 8 --batch-tokens 131072 --seq-len 4096 --zero 3 --microbatch 4 --json".split()
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["step_time_at_least_s"] < found["step_time_s"] <= found["step_time_at_most_s"] * (1 + 1e-9)
    assert "of the peak" in found["assumed"]
    assert main([*words[:4], "mi300x", *words[5:]]) == 0
    named = json.loads(capsys.readouterr().out)
    assert named["assumed"] == "" and "step_time_at_most_s" not in named
    assert main([*words[:4], "tpu-v5p", *words[5:]]) == 0  # of whose peak more is assumed than was measured on any
    google = json.loads(capsys.readouterr().out)
    assert google["step_time_at_least_s"] <= google["step_time_s"] * (1 + 1e-9) and google["step_time_s"] < google["step_time_at_most_s"]
