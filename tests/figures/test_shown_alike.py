"""Every readout of days, step, energy, memory, MFU or goodput: what the same run shows elsewhere, or why it stands alone.

The Llama run is known in two ways that must not be mixed: by the rate that Meta published, and by the step that its layout is
predicted to take. A third is the layout that the book's own search finds fastest.
"""

import math
import re

import jupytext
import myst_nb
import pytest
from clustermath import CHIPS, MODELS
from clustermath.architecture import ARCHITECTURES, parameters
from clustermath.failures import CHECKPOINTS
from clustermath.matmul import machine
from clustermath.memory import memory
from clustermath.run import training_time
from clustermath.runs import RUNS
from clustermath.software import CONSTANTS
from clustermath.step import step_mfu, step_time
from clustermath.units import DAY
from figures.layouts import ALL_GPUS
from figures.measured_steps import runs
from figures.portfolio import CLUSTER, MEASURED_MFU, MEMBERS, goodput_of
from figures.twenty_times import STATE_BYTES
from figures.workloads import DEEPSEEK, LLAMA, LLAMA_GB300, TEN_TRILLION, WORKLOADS
from living import NAMES, living
from pytest import approx
from workspace import BOOK

RUN, SHAPE, H100 = RUNS["Llama 3.1 405B"], MODELS["Llama 3.1 405B"], CHIPS["H100 SXM"]
ARITHMETIC = float(training_time(SHAPE.flops, RUN.gpus, RUN.rate, mfu=1.0)) / DAY
PUBLISHED = RUN.rate / H100.bf16
FULL, HALF = runs()["llama3-2"], runs()["llama3-1"]
LLAMA_16K, LLAMA_8K, TEN = "Llama 405B, 16,384 H100s", "Llama 405B, 8,192 H100s", "10T mixture, GB300s"
AT_220 = {"model": "Grok 10T (mixture)", "chip": "GB300 NVL72", "software": "2025", "gpus": ALL_GPUS, "sequences": 24_576, "seq_len": 8192, "format": "FP8, in blocks"}


def at(name, preset=None, **state):
    figure = living(name)
    return figure.evaluate(**(figure.presets[preset] if preset else {}) | state)


def step(run):
    return float(step_time(run.shape, machine(run.chip), run.layout, run.batch, run.software, CONSTANTS))


def gigabytes(run):
    return float(memory(run.shape, machine(run.chip), run.layout, run.batch, run.software)) / 1e9


def mfu(run):
    return float(step_mfu(run.shape, machine(run.chip), run.layout, run.batch, step(run)))


# What a run has → (its number, or where it is first shown, [where else]), a place being (figure, preset, what else is set, output).
ALIKE = {
    "days of Llama's arithmetic": (ARITHMETIC, [
        ("fifty-four-days", None, {}, "days"), ("how-many-days", None, {"speedup": 1.0}, "days"), ("four-clocks", None, {}, "compute"),
        ("contradictions", "as published", {}, "compute"),
    ]),
    "the claimed days": (54, [("fifty-four-days", "54 days, as repeated", {}, "days"), ("four-clocks", "as the article has it", {}, "compute"), ("contradictions", "54 days", {}, "compute")]),
    "Llama's days with interruptions": (ARITHMETIC / RUN.goodput, [("four-clocks", None, {}, "interrupted"), ("fifty-four-days", None, {"goodput": RUN.goodput}, "days")]),
    "Llama's days by the bill": (RUN.gpu_time / RUN.gpus / DAY, [("four-clocks", None, {}, "billed"), ("fifty-four-days", None, {"goodput": ARITHMETIC * DAY * RUN.gpus / RUN.gpu_time}, "days"), ("design-a-cluster", None, {}, "told.days")]),
    "Llama's MFU as published": (PUBLISHED, [
        ("fifty-four-days", None, {}, "needed"), ("how-many-days", None, {"speedup": 1.0}, "needed"), ("one-step", "as published", {}, "needed"),
        ("amdahl-breakdown", "as published", {}, "needed"), ("implied-mfu", None, {"days": ARITHMETIC, "gpus": RUN.gpus}, "mfu"),
    ]),
    "the claimed MFU": (SHAPE.flops / (16_000 * 54 * DAY * H100.bf16), [("implied-mfu", "54 days on 16,000", {}, "mfu"), ("fifty-four-days", "54 days, as repeated", {}, "needed")]),
    "Llama's MFU by the bill": (PUBLISHED * ARITHMETIC * DAY * RUN.gpus / RUN.gpu_time, [("implied-mfu", "78 days on 16,384", {}, "mfu")]),
    "the step at the published rate": (FULL.measured, [("amdahl-breakdown", "as published", {}, "seconds")]),
    "Llama's step by its layout": (step(FULL), [("step-breakdown", LLAMA_16K, {}, "time"), ("network-bound", "405B as published", {}, "step"), ("peak-to-delivered", None, {}, "step")]),
    "Llama's step on 8,192": (step(HALF), [("step-breakdown", LLAMA_8K, {}, "time"), ("peak-to-delivered", "8,192 H100s, as published", {}, "step"), ("your-run", "Llama 3.1 405B, 8,192 H100s", {}, "time")]),
    "Llama's MFU by its layout": (mfu(FULL), [("step-breakdown", LLAMA_16K, {}, "mfu"), ("network-bound", "405B as published", {}, "mfu"), ("peak-to-delivered", None, {}, "mfu")]),
    "Llama's MFU on 8,192": (mfu(HALF), [("step-breakdown", LLAMA_8K, {}, "mfu"), ("peak-to-delivered", "8,192 H100s, as published", {}, "mfu"), ("your-run", "Llama 3.1 405B, 8,192 H100s", {}, "mfu")]),
    "Llama's memory": (gigabytes(FULL), [("gpu-memory", LLAMA_16K, {}, "total.final")]),
    "Llama's share of the memory on 8,192": (gigabytes(HALF) * 1e9 / H100.hbm, [("gpu-memory", LLAMA_8K, {}, "of_hbm"), ("your-run", "Llama 3.1 405B, 8,192 H100s", {}, "of_hbm")]),
    "Llama's fastest step": (("layout-map", LLAMA_16K, {}, "best.time"), [("design-a-cluster", None, {}, "step")]),
    "its MFU": (("layout-map", LLAMA_16K, {}, "mfu"), [("design-a-cluster", None, {}, "mfu")]),
    "Llama's goodput": (goodput_of(RUN.gpus, CHECKPOINTS["to storage at 2 TB/s"]), [
        ("goodput-at-scale", "Llama 3, 16,384", {"spare_nodes": 1000}, "goodput"), ("three-hours", None, {}, "published.expected"), ("checkpoint-interval", "… and at 2 TB/s", {}, "best"),
    ]),
    "goodput on 220,000": (goodput_of(220_000, CHECKPOINTS["to storage at 2 TB/s"]), [
        ("goodput-at-scale", None, {"checkpoints": "to storage at 2 TB/s", "spare_nodes": 1000}, "goodput"), ("three-hours", None, {}, "planned.expected"), ("checkpoint-interval", "220,000 at 2 TB/s", {}, "best"),
    ]),
    "the 10T's step": (("step-breakdown", TEN, {}, "time"), [("layout-map", TEN, {}, "best.time"), ("layout-map", TEN, {}, "own.time"), ("network-bound", None, {}, "step"), ("design-a-cluster", None, AT_220, "step")]),
    "the 10T's MFU": (("step-breakdown", TEN, {}, "mfu"), [("layout-map", TEN, {}, "mfu"), ("design-a-cluster", None, AT_220, "mfu")]),
    "the 10T's memory": (("gpu-memory", TEN, {}, "total.final"), [("layout-map", TEN, {}, "best.memory"), ("layout-map", TEN, {}, "own.memory")]),
    "the 10T's training state [TB]": (STATE_BYTES * 10, [("twenty-times", None, {}, "state")]),
    "the dense 10T's days": (("two-months", "Dense on 555,000", {"mfu": MEASURED_MFU}, "days"), [("twenty-times", None, {}, "days.dense"), ("fifty-four-days", None, {"model": "Grok 10T (dense)", "chip": "GB300 NVL72", "gpus": CLUSTER, "mfu": MEASURED_MFU}, "days")]),
    "the mixture's days, with 20 tokens for each parameter": (("two-months", None, {"active": 0.05, "tokens_per_param": 20, "mfu": MEASURED_MFU}, "days"), [("twenty-times", None, {}, "days.mixture")]),
    "the last of seven, dense": (("seven-models", "All dense", {}, "last"), [("seven-models", "All dense", {}, "largest"), ("seven-fields", "dense", {}, "last")]),
}  # fmt: skip
# Compared by more than equality, below or in test_chapters_agree.py; or why nothing else shows the same.
APART = {
    "in test_chapters_agree.py": ["energy-bill.gwh", "fifty-four-days.mwh", "design-a-cluster.days", "design-a-cluster.goodput"],
    "below": ["design-a-cluster.gas", "seven-models.gwh", "side-by-side.last.parallel", "side-by-side.last.sequence", "two-months.days", "gpu-memory.state_gpus", "model-cut.weights"],
    "another size": ["three-hours.installed.expected", "three-hours.million.expected", "twenty-times.days.small"],
    "at a reader's interval": ["checkpoint-interval.shares.useful", "one-failure.useful"],
    "a mean over jobs": ["side-by-side.average.parallel", "side-by-side.average.sequence"],
    "a measurement": ["your-run.measured_mfu", "your-run.ahead", "causes.total", "one-gpu.of_held"],
    "a window, a bound, a part": ["four-clocks.supplied", "how-wrong.baseline", "published-stacks.threshold", "pipeline-schedule.bubble", "breathing-hall.moves", "peak-to-delivered.tokens"],
}
ASKS = re.compile(r"\bdays\b|\bstep\b|Wh\b|GB on|GB of weights|’s memory|training state|goodput|useful|progress|MFU|of the peak|peak needed|speed needed")


def shown_at(name, preset, state, output):
    return at(name, preset, **state)[output]


def number(first):
    return shown_at(*first) if isinstance(first, tuple) else first


@pytest.mark.parametrize("quantity", ALIKE)
def test_a_run_shows_one_number_everywhere(quantity):
    first, places = ALIKE[quantity]
    for place in places:
        assert shown_at(*place) == approx(number(first), rel=1e-9), place


def test_whatever_shows_such_a_number_is_compared_or_stands_apart():
    """A new figure with a readout of this kind fails here until it is listed above; so does a listed one that is gone."""
    book = [name for name in NAMES if not name.startswith(("gallery-", "units-lab-"))]
    shown = {f"{name}.{readout.output}" for name in book for readout in living(name).readouts if ASKS.search(f"{readout.unit} {readout.label}")}
    places = [place for first, others in ALIKE.values() for place in (first, *others) if isinstance(place, tuple)]
    apart = {name for names in APART.values() for name in names}
    assert shown - {f"{name}.{output}" for name, _, _, output in places} - apart == set()
    assert apart - shown == set()


# ------------------------------------------------------------------------- the same in the chapters' own text

# Chapter → a number of its text: times what is shown there, as it is called in ALIKE, or where it is shown.
SAID = {
    "fifty-four-days": {"arithmetic": (1, "days of Llama's arithmetic"), "billed": (1, "Llama's days by the bill"), "interrupted": (1, "Llama's days with interruptions"), "mfu": (1, "Llama's MFU as published"), "implied_mfu": (1, "the claimed MFU")},
    "ten-times-faster": {"compute_days": (1, "days of Llama's arithmetic"), "billed_days": (1, "Llama's days by the bill"), "step_seconds": (1, "the step at the published rate"), "step_peak": (100, "Llama's MFU as published")},
    "parallelism": {"ten_mfu": (1, "the 10T's MFU"), "state_gpus": (1, ("gpu-memory", LLAMA_16K, {}, "state_gpus"))},
    "interconnect": {"llama_mfu": (1, "Llama's MFU by its layout")},
    "power": {"step": (1, "the step at the published rate"), "run_gwh": (0.001, ("fifty-four-days", None, {}, "mwh"))},
    "failures": {"good16": (1, "Llama's goodput")},
    "seven-models": {"dense_last": (1, "the last of seven, dense"), "sparse_ten": (1, ("seven-models", "One in twenty active", {}, "days.ten")), "sparse_gwh": (1, ("seven-models", "One in twenty active", {}, "gwh")), "alone": (1, ("two-months", "Dense on 555,000", {}, "days"))},
    "design-a-cluster": {"llama_days": (1, ("design-a-cluster", None, {}, "days")), "llama_mfu": (1, "its MFU")},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("chapter", SAID)
def test_a_chapter_says_what_the_figures_show(chapter, monkeypatch):
    """Its cells are run as they stand, and what they make known to the text is held against the figures."""
    said = {}
    monkeypatch.setattr(myst_nb, "glue", lambda name, value, display=True: said.update({name: value}))
    monkeypatch.chdir(BOOK)
    known = {"__name__": chapter}
    for cell in jupytext.read(BOOK / f"{chapter}.md").cells:
        if cell.cell_type == "code":
            exec(cell.source, known)
    for name, (times, quantity) in SAID[chapter].items():
        first = ALIKE[quantity][0] if isinstance(quantity, str) else quantity
        assert said[name] == approx(times * number(first), rel=1e-9), name


# ------------------------------------------------------------------------- alike, but for what is said to differ


def test_the_published_rate_and_the_predicted_step_are_the_same_work():
    """Chapter 2 opens the step at Meta's 400 TFLOP/s, chapters 3 and 4 the one predicted for its layout: rate times time is one."""
    assert at("amdahl-breakdown", "as published")["seconds"] * 400 == approx(at("step-breakdown", LLAMA_16K)["time"] * at("step-breakdown", LLAMA_16K)["rate"], rel=1e-9)
    for name in ("swings", "spectrum"):
        assert living(name).inputs["step"] == FULL.measured


def test_a_step_computes_as_long_wherever_its_traffic_is_shown():
    for preset, workload in {"405B on H100s": LLAMA, "405B on GB300s": LLAMA_GB300, "DeepSeek-V3": DEEPSEEK, "10T mixture": TEN_TRILLION}.items():
        for name in ("step-traffic", "placement"):
            assert at(name, preset)["computing"] == approx(WORKLOADS[workload]["computing"], rel=1e-9)


def test_the_10ts_mfu_is_of_all_gpus_in_chapter_3_and_of_those_at_work_in_chapter_4():
    """And chapter 4 counts the sequences that fill up the last round of microbatches, chapter 3 only the batch that was asked for."""
    found = at("layout-map", TEN)
    filled = living("layout-map").presets[TEN]["sequences"] / WORKLOADS[TEN_TRILLION]["batch"].sequences
    assert found["mfu"] == approx(at("network-bound")["mfu"] * found["best.used"] / ALL_GPUS * filled, rel=1e-9)


def test_weights_and_training_state_are_of_all_parameters():
    """Figure 3.2 deals out what figure 3.1 holds where nothing is cut, and the vectors of the norms, a hundred-thousandth of it.

    GPUs that hold a training state are rounded up.
    """
    norms = 2 * parameters(ARCHITECTURES["Llama 3.1 405B"])["norms and biases"] / 1e9
    whole = at("gpu-memory", LLAMA_16K, tp=1, pp=1, interleave=1)["part.weights"]
    assert at("model-cut", tp=4, pp=4)["weights"] * 16 == approx(whole + norms, rel=1e-9)
    for preset, shape, chip in ((LLAMA_16K, "Llama 3.1 405B", "H100 SXM"), (TEN, "Grok 10T (mixture)", "GB300 NVL72")):
        state = STATE_BYTES * sum(parameters(ARCHITECTURES[shape]).values())
        assert at("gpu-memory", preset)["state_gpus"] == math.ceil(float(state) / CHIPS[chip].hbm)


def test_chapter_8_joins_the_days_and_the_energy_of_the_others():
    """Days: the fastest step of figure 3.4 for each batch, over the goodput of 6.1. Energy: chapter 1's, with the spares."""
    found, design = at("design-a-cluster"), living("design-a-cluster").defaults
    steps = design["tokens"] / (design["sequences"] * design["seq_len"])
    goodput = at("goodput-at-scale", "Llama 3, 16,384", spare_nodes=design["spare_nodes"])["goodput"]
    assert found["days"] == approx(steps * at("layout-map", LLAMA_16K)["best.time"] / goodput / DAY, rel=1e-9)
    asked = at("fifty-four-days")
    more = (design["gpus"] + 8 * design["spare_nodes"]) / RUN.gpus
    assert found["gwh"] * 1000 == approx(asked["mwh"] * found["days"] / asked["days"] * more, rel=1e-9)
    assert found["gas"] * design["efficiency"] == approx(found["gwh"], rel=1e-9)


ALONE = {"six": 0, "one_half": 0, "one": 0, "imagine": 0, "falloff": 0, "goodput": 1}


@pytest.mark.parametrize("preset, active, tokens", [("Grok 10T, a mixture", 0.05, 60), ("Grok 1T, dense, on GB300s", 1, 20)])
def test_chapter_7_burns_what_chapter_5_bills(preset, active, tokens):
    """One model on the whole floor, nothing lost: its energy is that of the bill. A site is built for more; a run doesn't draw it."""
    family = "ten" if "10T" in preset else "one"
    state = ALONE | {"ten": 0} | {family: 1, "active": active, "tokens_per_param": tokens}
    models = 2 if family == "one" else 1
    assert at("seven-models", **state)["gwh"] == approx(models * at("energy-bill", preset)["gwh"], rel=1e-9)


@pytest.mark.parametrize("active, tokens", [(1, 20), (0.05, 60)])
def test_the_10t_takes_as_long_among_the_seven_as_alone_on_its_part(active, tokens):
    found = at("seven-models", active=active, tokens_per_param=tokens)
    rest = {"mfu": MEASURED_MFU, "falloff": 0.1, "goodput": living("seven-models").defaults["goodput"]}
    alone = at("two-months", active=active, tokens_per_param=tokens, part=found["share.ten"], **rest)
    assert found["days.ten"] == approx(alone["days"], rel=1e-5)  # which counts whole GPUs


def test_side_by_side_is_the_schedule_of_figure_7_1_without_imagine():
    order = living("side-by-side").defaults
    same = {name: order[name] for name in ("active", "tokens_per_param", "falloff", "goodput", "mfu", "gpus")} | {"imagine": 0}
    six = [family for family in MEMBERS if family != "imagine"]
    equal = at("seven-models", **same | dict.fromkeys(six, 1))
    assert equal["last"] == approx(at("side-by-side", "Equal shares")["last.parallel"], rel=1e-9)

    def alone(family):
        """Days of one model on the whole floor; of two, each has half of it there, for 2^(1 - falloff) times as long."""
        days = at("seven-models", **same | dict.fromkeys(six, 0) | {family: 1})[f"days.{family}"]
        return days / six.count(family) ** (1 - order["falloff"])

    assert sum(alone(family) for family in six) == approx(at("side-by-side")["last.sequence"], rel=1e-9)


def test_stops_come_as_often_in_the_chart_of_causes():
    for gpus in (RUN.gpus, 220_000):
        assert at("causes", "as Meta counted", gpus=gpus)["minutes"] == approx(at("goodput-at-scale", gpus=gpus)["minutes"], rel=1e-6)
