"""The figure that joins the book: it says what each chapter's figure says, and what was published lies in its range."""

import numpy as np
import pytest
from clustermath.units import DAY, HOUR
from figures.design_a_cluster import BETTER, CHANGES, NODE, PRESETS, SPARE_SETS
from living import living
from pytest import approx

LLAMA, DEEPSEEK = "Llama 3: 16,384 H100s", "DeepSeek-V3: 2,048 H800s"


@pytest.fixture(scope="module")
def scenarios():
    figure = living("design-a-cluster")
    return {name: (figure.defaults | inputs, figure.evaluate(**inputs)) for name, inputs in PRESETS.items()}


@pytest.mark.parametrize("name", [LLAMA, DEEPSEEK, "555,000: 1 GW"])
def test_each_chapter_says_the_same(scenarios, name):
    inputs, found = scenarios[name]

    def of(figure, *names, **more):
        figure = living(figure)
        return figure.evaluate(**{key: inputs[key] for key in names} | more)

    layout = of("layout-map", "model", "chip", "gpus", "sequences", "seq_len", "format", "schedule", "software")
    assert (found["step"], found["mfu"], found["best.used"]) == (approx(layout["best.time"]), approx(layout["mfu"]), layout["best.used"])
    failing = of("goodput-at-scale", "checkpoints", "swap_time", "spare_nodes", "failures", "repair_time", gpus=found["best.used"])
    assert (found["goodput"], found["minutes"]) == (approx(failing["goodput"]), approx(failing["minutes"]))
    on_site = inputs["gpus"] + NODE * inputs["spare_nodes"]
    if inputs["chip"] != "H800 SXM":
        level = of("gigawatt", "chip", "cap", "pue")
        assert found["megawatts"] == approx(level["kilowatts"] * on_site / 1000)
    run = of("fifty-four-days", "pue", chip=inputs["chip"])
    assert found["gwh"] * 1000 / (found["days"] * 24 * on_site) == approx(run["mwh"] / run["gpu_hours"])
    assert found["rent"] / (found["days"] * 24 * on_site) == approx(inputs["price"])
    bill = of("energy-bill", "pue", "efficiency", "energy_price", chip=inputs["chip"])
    for ours, theirs in (("gas", "fuel_gwh"), ("tonnes", "tonnes"), ("electricity", "dollars")):
        assert found[ours] / found["gwh"] == approx(bill[theirs] / bill["gwh"]), ours
    assert (found["sets"] - SPARE_SETS - 1) * 38 < found["megawatts"] <= (found["sets"] - SPARE_SETS) * 38


def test_days_are_steps_over_goodput(scenarios):
    for inputs, found in scenarios.values():
        steps = inputs["tokens"] / (inputs["sequences"] * inputs["seq_len"])
        assert found["days"] == approx(steps * found["step"] / found["goodput"] / DAY)


@pytest.mark.parametrize(
    "name, days",
    [
        (LLAMA, 30.84e6 / 16_384 / 24),  # GPU-hours of Meta's model card
        (DEEPSEEK, 2.664e6 / 2048 / 24),  # arXiv 2412.19437, table 1: H800-hours of pre-training
    ],
)
def test_published_runs_lie_in_the_range(scenarios, name, days):
    _, found = scenarios[name]
    assert found["low"] < days < found["high"]
    assert found["miss"] == approx(found["days"] / days - 1)


@pytest.mark.parametrize("name, megawatts, band", [("Colossus: 100,000", 150, 0.1), ("Colossus: 200,000", 300, 0.1), ("555,000: 1 GW", 1000, 0.11), ("A million: 2 GW", 2000, 0.1)])
def test_published_sites_take_about_that_power(scenarios, name, megawatts, band):
    _, found = scenarios[name]
    assert found["megawatts"] == approx(megawatts, rel=band)


def test_slopes_are_what_a_whole_search_with_a_better_part_finds(scenarios):
    """The layout is optimal, so a small change of it changes nothing: a search with ten per cent more of a thing saves as much, or a trifle more."""
    inputs, found = scenarios[LLAMA]
    figure = living("design-a-cluster")
    gains = dict(zip(CHANGES, np.array(found["gain.x1"]) / 100))
    for change, better in {"network cards": {"nic": BETTER}, "restarts quicker": {"swap_time": inputs["swap_time"] / BETTER}}.items():
        saved = 1 - figure.evaluate(**PRESETS[LLAMA] | better)["days"] / found["days"]
        assert gains[change] - 1e-9 <= saved <= gains[change] + 0.005, change


def test_parts_of_the_time_are_all_of_it(scenarios):
    for _, found in scenarios.values():
        assert sum(value for name, value in found.items() if name.startswith("share.")) == approx(1)
        assert 0 < found["low"] < found["days"] < found["high"]
