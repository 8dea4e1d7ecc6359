"""Chapter 4's figures against the published numbers that their presets are named after, and against counting."""

import itertools

import numpy as np
import pytest
from clustermath.assumptions import ASSUMED
from clustermath.fabric import SWITCHES
from clustermath.layout import fits, gpus_used
from clustermath.measured_collectives import MEASURED
from clustermath.memory import memory
from clustermath.units import UNITS
from figures.bus_bandwidth import SIZES
from figures.on_the_wires import GROUPS, PARTNERS
from figures.workloads import DEEPSEEK, LLAMA, LLAMA_GB300, TEN_TRILLION, WORKLOADS
from living import living
from pytest import approx

GBPS = UNITS["Gb/s"]
SUMS, BUS, TRAFFIC, BOUND, PLACE, TREE = ("all-reduce", "bus-bandwidth", "step-traffic", "network-bound", "placement", "fat-tree")


def at(name, preset):
    figure = living(name)
    return figure.evaluate(**figure.presets[preset])


def test_sizes_are_called_as_iec_80000_13_does():
    for size, label in SIZES.items():
        count, unit = label.split()
        assert size == int(count) * 1024 ** (1 + ["KiB", "MiB", "GiB"].index(unit)), label


@pytest.mark.parametrize("case", PARTNERS)
def test_a_ring_passes_through_all_of_its_group_in_their_order_and_closes(case):
    to = PARTNERS[case]["ring"].astype(int)
    for members in GROUPS[case]:
        way = [members[0]]
        while len(way) < len(members):
            way.append(to[way[-1]])
        assert way == list(members) and to[way[-1]] == way[0]


def test_eight_h200_as_measured():
    """stas00/ml-engineering, August 2026, 16 GiB: 482.3 GB/s in the switch, 367.6 without it."""
    found = at(BUS, "8 × H200, 16 GiB")
    assert found["rate.in_network"] == approx(482.3, rel=0.01)
    assert found["rate.ring"] == approx(367.6, rel=0.01)


def test_the_curve_below_is_predicted_within_a_quarter():
    """The other five sizes of the same measurement: only the largest was fitted."""
    for name, run in MEASURED.items():
        if name.startswith("in the switch"):
            assert living(BUS).evaluate(size=run.size)["rate.in_network"] == approx(run.bus_bandwidth / 1e9, rel=0.27)


def test_measured_times_follow_from_the_definition_of_bus_bandwidth():
    """nccl-tests: busbw = size / time x 2(n-1)/n."""
    run = MEASURED["in the switch 1 GiB"]
    assert 2**30 / run.time * 2 * 7 / 8 == approx(463.6e9)


def test_one_ring_grows_with_the_gpus_and_the_best_way_hardly():
    eight, many = at(SUMS, "one server of 8"), living(SUMS).evaluate()
    assert many["ms.ring"] > 20 * eight["ms.ring"]
    assert many["best"] < 1.5 * eight["best"]


@pytest.mark.parametrize(
    "preset, output, published",
    [
        # arXiv 2407.21783, table 4: 41% MFU, from 400 TFLOP/s of 989
        ("405B as published", "mfu", 400 / 989),
        # arXiv 2412.19437: 180K H800-hours for 1T tokens in steps of 15,360 x 4,096 tokens on 2,048 GPUs
        ("DeepSeek-V3 as published", "step", 180e3 * 3600 / 2048 / (1e12 / (15_360 * 4096))),
        # NVIDIA-NeMo/Megatron-Bridge 25.11: 999 tokens/s for each of 256 GPUs, 1,536 sequences of 8,192 tokens, FP8
        ("405B on 256 GB300s", "step", 1536 * 8192 / (999 * 256)),
    ],
)
def test_steps_as_published(preset, output, published):
    """Within 8%: the step model errs by about 5% on average, and by more on mixtures of experts."""
    assert at(BOUND, preset)[output] == approx(published, rel=0.08)


def test_published_presets_use_the_nics_that_were_there():
    """400 Gb/s for each H100 and H800, 800 for each GB300."""
    nics = {living(BOUND).presets[name]["workload"]: living(BOUND).presets[name]["nic"] / GBPS for name in living(BOUND).presets if "workload" in living(BOUND).presets[name]}
    assert nics == {LLAMA: approx(400), DEEPSEEK: approx(400), LLAMA_GB300: approx(800)}


def test_at_the_knee_the_nic_alone_takes_as_long_as_all_the_rest():
    for name, domain in itertools.product(WORKLOADS, ("as built", "8", "72")):
        knee = living(BOUND).evaluate(workload=name, domain=domain)["knee"]
        assert living(BOUND).evaluate(workload=name, domain=domain, nic=max(knee, 1) * GBPS)["busy"] == approx(1 if knee > 1 else knee)


def test_no_step_is_shorter_than_either_of_its_bounds():
    for name, domain, nic in itertools.product(WORKLOADS, ("8", "72", "576"), (100, 200, 400, 800, 1600)):
        found = living(BOUND).evaluate(workload=name, domain=domain, nic=nic * GBPS)
        assert found["relative"] >= 1
        assert found["step"] <= living(BOUND).evaluate(workload=name, domain=domain, nic=nic * GBPS / 2)["step"]


def test_a_step_on_the_10t_mixture_uses_at_most_the_gpus_of_the_article_and_fits():
    ten = WORKLOADS[TEN_TRILLION]
    assert gpus_used(ten["layout"]) <= 220_000
    assert fits(ten["shape"], ten["layout"], ten["batch"])
    assert memory(ten["shape"], ten["machine"], ten["layout"], ten["batch"], ten["stack"]) <= ten["machine"].hbm


@pytest.mark.parametrize(
    "workload, run", [(LLAMA, "Llama 405B, 16,384 H100s"), (DEEPSEEK, "DeepSeek-V3, 2,048 H800s"), (TEN_TRILLION, "10T mixture, GB300s")]
)
def test_steps_are_those_of_chapter_3(workload, run):
    """Other code fills the GPUs there: degrees from sliders, batch and ranks from `packed`."""
    steps = living("step-breakdown")
    assert living(BOUND).evaluate(workload=workload, nic=WORKLOADS[workload]["machine"].nic / ASSUMED.nic_in_a_step)["step"] == approx(
        steps.evaluate(**steps.presets[run])["time"]
    )


def test_the_10t_mixture_is_laid_out_as_the_map_finds_best():
    found, layout = at("layout-map", "10T mixture, GB300s"), WORKLOADS[TEN_TRILLION]["layout"]
    for degree in ("tp", "pp", "ep", "dp", "interleave"):
        assert getattr(layout, degree) == found[f"best.{degree}"]


def test_tensor_parallel_bytes_by_hand():
    """Nine passes of 7/8 of 8,192 x 16,384 numbers of 2 bytes, for 126/16 layers and 16 sequences."""
    expected = 9 * 7 / 8 * 8192 * 16384 * 2 * 126 / 16 * 16
    assert living(TRAFFIC).evaluate()["gb.tensor.nvlink"] == approx(expected / 1e9)


def test_without_nvlink_all_goes_through_the_nic():
    assert at(TRAFFIC, "405B without NVLink")["total.nvlink"] == 0


@pytest.mark.parametrize("name", WORKLOADS)
def test_random_placement_never_helps(name):
    found = living(PLACE).evaluate(workload=name)
    assert found["times"] > 1
    assert found["total.random"] * found["computing"] == approx(found["seconds.random"])


def test_drawn_gpus_neither_overlap_nor_leave_the_picture():
    for domain in ("8", "72", "576"):
        found = living(PLACE).evaluate(domain=domain)
        assert len(set(zip(found["x0"], found["y0"]))) == 576
        assert min(found["x0"].min(), found["y0"].min()) == 0 and max(found["x1"].max(), found["y1"].max()) <= 1
        assert found["in_order"].sum() == found["at_random"].sum() == 8


@pytest.mark.parametrize(
    "preset, tiers, joined",
    [("220,000 in two planes", 3, 220_000), ("220,000, one plane of 64 ports", 3, 65_536), ("100,000 in two tiers", 2, 100_000)],
)
def test_fabrics_of_known_size(preset, tiers, joined):
    """k^3/4 = 65,536 for 64 ports, 524,288 for 128; k^2/2 = 131,072 for 512 (Al-Fares et al., 2008)."""
    found = at(TREE, preset)
    assert (found["needed"], found["joined"]) == (tiers, joined)


def test_colossus_1_takes_three_tiers():
    """As NVIDIA's release of 28 October 2024 says."""
    assert at(TREE, "100,000, Colossus 1 (400G)")["needed"] == 3


def test_the_squares_are_the_switches():
    """Area of what is drawn, in squares, times the switches a square stands for."""
    for switch, planes, gpus in itertools.product(SWITCHES, (1, 2, 4, 8), (1000, 100_000, 555_000, 1_000_000)):
        for tiers in (2, 3, 4):
            found = living(TREE).evaluate(switch=switch, planes=planes, gpus=gpus, tiers=tiers)
            for tier in ("leaves", "middles", "tops"):
                widths = (found[f"{tier}.x1"] - found[f"{tier}.x0"]) * (48 + (planes - 1) * 0.5) / 0.8
                assert np.nansum(widths) * found["each"] == approx(found[f"count.{tier}"])
