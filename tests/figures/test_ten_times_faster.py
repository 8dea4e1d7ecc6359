"""Chapter 2's figures against the published numbers that their presets are named after, and against arithmetic by hand."""

import importlib
import json

import numpy as np
import pytest
from clustermath.architecture import ARCHITECTURES
from clustermath.layout import Layout, batch_of
from clustermath.matmul import MACHINES
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_parts
from clustermath.tables import DATA
from figures import amdahl_breakdown, dispatch_gain, dispatch_measured, measured_gain, one_gpu, one_step, peak_to_delivered, physical_stops
from figures.measured_steps import GROUPS, mfu, runs, step, tokens_per_second
from living import living
from pytest import approx

MODEL_ERROR = 0.05  # the step model's, on these runs


def preset(figure, label):
    return figure.evaluate(**figure.presets[label])


@pytest.mark.parametrize(
    "label, rate, gpus",
    [
        ("16,384 H100s, as published", 400, 16_384),  # arXiv 2407.21783, table 4
        ("8,192 H100s, as published", 430, 8_192),
    ],
)
def test_the_waterfall_ends_at_the_published_rate(label, rate, gpus):
    state = preset(living("peak-to-delivered"), label)
    assert state["rate"] == approx(rate, rel=MODEL_ERROR)
    assert state["gpus"] == gpus
    assert state["tokens"] == approx(16.78, abs=0.01)  # 16M tokens a batch, ibid.


def test_the_waterfall_only_falls():
    for state in living("peak-to-delivered").presets.values():
        levels = [1.0, *(living("peak-to-delivered").evaluate(**state)[f"left.{loss}"] for loss in peak_to_delivered.LOSSES)]
        assert levels == sorted(levels, reverse=True)


@pytest.mark.parametrize("name", amdahl_breakdown.STEPS)
def test_shares_of_a_step_sum_to_it(name):
    assert sum(getattr(amdahl_breakdown.STEPS[name], group) for group in GROUPS) == approx(1)


def test_groups_hold_every_part_of_a_step():
    parts = step_parts(
        ARCHITECTURES["DeepSeek-V3"], MACHINES["H100 SXM"], Layout(ep=8.0, dp=8.0), batch_of(4096.0, 64.0), stack_named(""), CONSTANTS
    )
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(parts)


@pytest.mark.parametrize(
    "name, seconds, printed_mfu",
    [
        ("Llama 3.1 405B, 1,152 H100s, NeMo", 17.52, 0.5476),  # NVIDIA/dgxc-benchmarking, llama3.1/README_405b.md
        ("Llama 2 70B, 2,048 H100s, JAX", 7.066, 0.5209),  # ibid., maxtext/README_70b.md
        ("Grok-1, 2,048 H100s, FP8", 17.04, 0.253),  # ibid., grok1/README_314b.md
    ],
)
def test_measured_steps_are_the_published_ones(name, seconds, printed_mfu):
    """The printed MFUs count full attention: up to a tenth more than causal."""
    measured = amdahl_breakdown.STEPS[name]
    assert measured.time == seconds
    assert measured.mfu == approx(printed_mfu, rel=0.1)


def test_amdahl_as_published_is_meta_s_rate():
    state = preset(living("amdahl-breakdown"), "as published")
    assert state["speedup"] == approx(1)
    assert state["needed"] == approx(400 / 989, rel=1e-3)  # arXiv 2407.21783, table 4
    assert state["stop"] == approx(989 / 400, rel=1e-3)


def test_amdahl_by_hand():
    """Everything 10 times is 10 times; with the multiplies left alone it is 1 / (f + (1 - f) / 10)."""
    figure = living("amdahl-breakdown")
    share = step("llama3-2").multiplies
    assert preset(figure, "everything 10×")["speedup"] == approx(10)
    assert preset(figure, "all but the multiplies, 10×")["speedup"] == approx(1 / (share + (1 - share) / 10))
    assert preset(figure, "all but the multiplies for nothing")["speedup"] == approx(1 / share, rel=1e-3)
    assert preset(figure, "launching for nothing")["speedup"] == approx(1)


@pytest.mark.parametrize(
    "number, printed",
    [
        ("dgxc-pax-gpt3-fp8-512", 0.2925),  # NVIDIA/dgxc-benchmarking, paxml/README_175b.md
        ("dgxc-pax-gpt3-fp8-2048", 0.2772),
        ("dgxc-gpt3-fp8-512", 0.3851),  # ibid., nemo_megatron/README_175b.md
        ("dgxc-maxtext70b-bf16-128", 0.5204),  # ibid., maxtext/README_70b.md
        ("dgxc-405b-bf16-1152", 0.5476),
    ],
)
def test_full_attention_gives_the_printed_mfu(number, printed):
    """The last one's formula counts keys and values twice (facts on conventions), which is some per cent more."""
    assert mfu(runs()[number], causal=0.0) == approx(printed, rel=0.03)


@pytest.mark.parametrize("gpus, ratio", [(512, 1.316), (2048, 1.346)])
def test_nemo_against_pax(gpus, ratio):
    """7.60 / 5.774 and 8.02 / 5.96 seconds, as the two recipes print them."""
    pax, nemo = (runs()[f"dgxc-{name}gpt3-fp8-{gpus}"] for name in ("pax-", ""))
    assert tokens_per_second(nemo) / tokens_per_second(pax) == approx(ratio, abs=1e-3)


def test_no_jax_run_leaves_room_for_ten_and_all_for_one():
    figure = living("published-stacks")
    assert preset(figure, "10×")["jax"] == 0
    assert preset(figure, "10×")["threshold"] == approx(0.1)
    assert figure.evaluate(speedup=1.0)["jax"] == 3


def test_stops_are_ratios_of_datasheets():
    """989 / 400 = 2.47; FP8 doubles an H100's peak, GB300 has 2500 / 989 of it in BF16 and 15,000 / 989 in FP4."""
    figure = living("physical-stops")
    ceiling = 989 / 400
    assert preset(figure, "software alone")["arithmetic"] == approx(ceiling, rel=1e-3)
    assert preset(figure, "and FP8")["arithmetic"] == approx(ceiling * 1979 / 989, rel=1e-3)
    assert preset(figure, "and GB300s")["arithmetic"] == approx(ceiling * 2500 / 989, rel=1e-3)
    assert preset(figure, "GB300s in NVFP4")["arithmetic"] == approx(ceiling * 15_000 / 989, rel=1e-3)
    assert preset(figure, "software alone")["pipeline"] == approx(ceiling / (1 + 15 / 128), rel=1e-3)  # (PP-1)/(V M), ibid.


def test_published_gains_per_gpu():
    """Tokens per GPU and second: 1,358 printed for GB300 in NVFP4; 2,048 x 8,192 / 16,384 a step for Meta's."""
    step_time = 3 * 2 * 420.6e9 * 1024 / 400e12  # 6.46 s at 400 TFLOP/s: 405.85B, less the embedding, and attention
    assert physical_stops.published("mbridge26.02.01-gb300-Llama-3.1-405B-nvfp4-256") == approx(1358 * step_time / 1024, rel=0.01)


def test_the_committed_measurement_is_described():
    found = json.loads((DATA / "dispatch.json").read_text(encoding="utf-8"))
    assert set(found["machine"]) >= {"cpu", "cores", "python", "numpy"}
    assert not any(mark in json.dumps(found) for mark in ("/home", "/root", "/tmp", "\\\\"))
    for points in found["runs"].values():
        assert [point["flops"] for point in points] == sorted(point["flops"] for point in points)


@pytest.mark.parametrize("operation, most", [("matmul", 1e10), ("add", 1e6)])  # longer arrays leave the caches
def test_overhead_and_rate_describe_what_was_measured(operation, most):
    """Two numbers for up to thirteen points: within a factor of two of each of them, over nine decades of work."""
    figure = dispatch_measured.figure()
    for point in dispatch_measured.PUBLISHED["runs"][operation]:
        if point["flops"] < most:
            found = figure.evaluate(operation=dispatch_measured.NAMES[operation], work=float(point["flops"]))
            assert 1 / 2 < found["as_it_is"] / point["seconds"] < 2


def test_a_reader_s_own_measurement_makes_the_same_figure():
    own = {name: [dict(point, seconds=2 * point["seconds"]) for point in points] for name, points in dispatch_measured.PUBLISHED["runs"].items()}
    mine, ours = dispatch_measured.figure(runs=own), dispatch_measured.figure()
    assert mine.evaluate(work=1e4)["microseconds"] == approx(2 * ours.evaluate(work=1e4)["microseconds"])


@pytest.mark.parametrize("tokens", one_gpu.TOKENS)
def test_the_layer_that_was_measured_has_its_flops(tokens, monkeypatch):
    """6 FLOP for each weight of an eighth of a layer, and 4 of width 2,048 for each of the pairs of tokens, thrice."""
    monkeypatch.syspath_prepend(DATA.parents[1] / "tools" / "four_stacks")
    layer = importlib.import_module("layer")
    weights = 16_384 * (18 * 128 + 16 * 128 + 3 * 53_248 // 8)
    assert layer.flops(tokens) == approx(tokens * (6 * weights + 3 * 4 * 2048 * tokens / 2))
    assert sum(a * b for a, b in (shape for shape in layer.WEIGHTS.values() if len(shape) == 2)) == weights


@pytest.mark.parametrize("run", one_gpu.RUNS, ids=lambda run: run["date"])
def test_the_measured_stacks_compute_the_same_below_the_peak(run):
    assert {point["stack"] for point in run["runs"]} == set(one_gpu.STACKS) == set(run["errors"])
    assert all(error < 0.02 for stack in run["errors"].values() for error in stack.values())
    for point in run["runs"]:
        assert point["low"] <= point["rate"] <= point["high"] < one_gpu.PER_CYCLE * point["clock_mhz"] * 1e6
    assert not any(mark in json.dumps(run) for mark in ("/home", "/root", "/tmp", "\\\\"))


def test_operations_in_a_cycle_give_the_peak():
    """989.4 TFLOP/s at 1.83 GHz: glennklockwood.com, notes on the H100."""
    assert one_gpu.PER_CYCLE * 1.83e9 == approx(989.4e12, rel=1e-4)


def test_one_gpu_by_hand():
    """Two of the file's numbers, divided; every stack against itself is 1."""
    figure = living("one-gpu")
    rates = {(point["stack"], point["tokens"]): point["rate"] for point in one_gpu.LATEST["runs"]}
    for stack, (name, _) in one_gpu.STACKS.items():
        for tokens in one_gpu.TOKENS:
            state = figure.evaluate(new=name, old="JAX", tokens=float(tokens))
            assert state["gain"] == approx(rates[stack, tokens] / rates["jax", tokens])
            assert state["needed"] == approx(10 * rates["jax", tokens] / 1e12)
        assert figure.evaluate(new=name, old=name)["gain"] == approx(1)


def test_a_free_launch():
    """Waiting for each: 1 + launch / kernel. Running ahead: nothing, until the kernel is shorter than its launch."""
    figure = living("dispatch-gain")
    assert figure.evaluate(kernel=1e-5, launch=5e-6, ahead=0)["gain"] == approx(1.5)
    assert figure.evaluate(kernel=1e-5, launch=5e-6, ahead=1)["gain"] == approx(1)
    assert figure.evaluate(kernel=1e-6, launch=5e-6, ahead=1)["gain"] == approx(5)
    assert figure.evaluate(kernel=1e-6, launch=9e-6, ahead=0)["gain"] == approx(10)
    tenfold = figure.evaluate(launch=5e-6, ahead=0)["tenfold"] * 1e-6
    assert figure.evaluate(kernel=tenfold, launch=5e-6, ahead=0)["gain"] == approx(10)


def test_a_multiply_takes_its_flops_at_what_an_h100_sustains():
    """2 x 8192 tokens x 16384 x 13312 FLOPs at between the 600 and 795 TFLOP/s that large multiplies are measured at."""
    assert 2 * 8192 * 16384 * 13312 / dispatch_gain.MULTIPLY / 1e12 == approx(697, abs=98)
    assert dispatch_gain.multiply_time(1) > 16384 * 13312 * 2 / 3.35e12  # no faster than HBM


# What was measured ------------------------------------------------------------------------------------------------------

GAIN = measured_gain.figure()


def test_the_most_that_was_measured():
    """By hand, 6ND: 1,152 x 8,192 tokens in 13.147 s on 512 GB300s are 3,407 TFLOP/s (MLPerf v5.1); v6.0 has 3,634, 2,845 on
    4,096 and, on 8,192 GB200s, 1,024 x 8,192 tokens in 1.296 s; Meta's H100s 400 (arXiv 2407.21783, table 4)."""
    rates = {name: rate.rate / 1e12 for name, rate in measured_gain.RATES.items()}
    assert rates["MLPerf 5.1: 512 GB300s in FP4"] == approx(6 * 405e9 * 1152 * 8192 / (512 * 13.147) / 1e12)
    assert rates["MLPerf 6.0: 8192 GB200s in FP4"] == approx(1920, rel=1e-3)
    assert GAIN.evaluate()["total"] == approx(3634 / 400)
    assert GAIN.evaluate(**GAIN.presets["on 4,096 GB300s"])["total"] == approx(2845 / 400)
    assert GAIN.evaluate(**GAIN.presets["on 8,192 GB200s"])["total"] == approx(1920 / 400, rel=1e-3)


@pytest.mark.parametrize("end", measured_gain.RATES)
def test_the_parts_of_a_measured_gain_make_the_whole(end):
    found = GAIN.evaluate(end=end, gpus=measured_gain.RATES[end].gpus)
    assert np.prod([found[f"part.{name}"] for name in measured_gain.PARTS]) == approx(found["total"])
    assert found["upto.software"] == approx(found["total"])
    assert found["total"] == approx(measured_gain.RATES[end].rate / 400e12)
    assert 0.85 < found["part.software"] < 1.15  # what chips, formats and size leave open


def test_larger_clusters_deliver_less_and_better_chips_and_formats_more():
    """Signs, and sizes between one and the ratio of peaks: GB300 over H100 2.53 in BF16, 5,000 over 1,979 in FP8."""
    assert 0.9 < measured_gain.DOUBLED < 1
    worth = measured_gain.CHIP_WORTH
    assert worth["H100"] < worth["H200"] < worth["B200"] < worth["GB200"] < worth["GB300"]
    assert 1 < measured_gain.FORMAT_WORTH[8] < 2 < measured_gain.FORMAT_WORTH[4] < 6


# One step, opened --------------------------------------------------------------------------------------------------------


def test_one_step_stops_where_published_numbers_say():
    """400 of 989 TFLOP/s (arXiv 2407.21783, table 4, and the datasheet) leave room for 2.47 times; 3,634 TFLOP/s on a GB300 in
    NVFP4 are 9.1 times 400 (docs of Megatron Bridge 26.02.01, in FLOPs as 6 for each parameter).
    """
    found = living("one-step").evaluate()
    assert found["stop"] == approx(989 / 400, rel=0.02) and found["peak"] == approx(400 / 989, rel=0.02)
    assert found["most"] == approx(3634 / 400, rel=0.02)


@pytest.mark.parametrize("times", [1, 1.25, 2, 2.4])
def test_one_step_s_squares_by_hand(times):
    """A hundredth of the step each: 100 / times are left; of them those of the peak stay, all others shrink."""
    found = living("one-step").evaluate(speedup=times)
    full = found["tile.fill"] == list(one_step.PARTS).index("peak")
    assert np.sum(full) == approx(100 * 400 / 989, abs=1)
    assert np.sum((found["tile.fill"] >= 0) | (found["tile.slower"] >= 0)) == approx(100 / times, abs=1)
    assert found["excuse"] < 0 and np.all(found["tile.edge"] <= 0)


@pytest.mark.parametrize("times", [3, 5, 10])
def test_one_step_is_hollow_beyond_the_chip(times):
    """No square is filled; of 40 that the arithmetic needs, 100 / times are asked for, and words say that they are too few."""
    found = living("one-step").evaluate(speedup=times)
    assert np.all(found["tile.fill"] < 0) and np.all(found["tile.slower"] < 0) and found["excuse"] > 0
    assert np.sum(found["tile.edge"] == one_step.ASKED) == approx(100 / times, abs=1)
    assert np.sum(found["tile.edge"] > 0) == approx(100 * 400 / 989, abs=1)
    assert found["needed"] == approx(times * 400 / 989, rel=0.02) and found["needed"] > 1


@pytest.mark.parametrize("speedups", [{"multiplies": 10.0}, {"multiplies": 3.0}])
def test_a_step_that_needs_more_than_the_peak_is_hollow(speedups):
    found = living("amdahl-breakdown").evaluate(**speedups)
    assert found["needed"] > 1 and sum(found[f"after.{group}"] for group in GROUPS) == 0
    assert found["hollow.x1"] == approx([found["time"]]) and found["excuse"] > 0 > found["praise"]
    possible = living("amdahl-breakdown").evaluate(multiplies=1.0)
    assert possible["needed"] <= 1 and sum(possible[f"after.{group}"] for group in GROUPS) == approx(possible["time"])
    assert np.isnan(possible["hollow.x1"]) and possible["praise"] > 0 > possible["excuse"]
