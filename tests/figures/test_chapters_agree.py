"""One run has one step, one memory, one energy, wherever a chapter shows it."""

from dataclasses import replace

from clustermath.architecture import ARCHITECTURES, active_parameters, parameters
from clustermath.assumptions import ASSUMED
from clustermath.matmul import machine
from clustermath.measured import PUBLISHED, read_runs
from clustermath.memory import memory, memory_parts
from clustermath.models import MODELS
from figures.layouts import RUNS
from figures.portfolio import CLUSTER
from figures.twenty_times import STATE_BYTES
from figures.workloads import DEEPSEEK, LLAMA, TEN_TRILLION, WORKLOADS, time_of_step
from living import living
from pytest import approx

LLAMA_16K, TEN = "Llama 405B, 16,384 H100s", "10T mixture, GB300s"


def at(name, preset=None, **state):
    figure = living(name)
    return figure.evaluate(**(figure.presets[preset] if preset else {}) | state)


def test_a_step_takes_as_long_in_chapters_3_and_4():
    for preset, workload in ((LLAMA_16K, LLAMA), (TEN, TEN_TRILLION)):
        step = at("step-breakdown", preset)["time"]
        assert step == approx(float(time_of_step(WORKLOADS[workload], WORKLOADS[workload]["machine"])), rel=1e-9)
        assert at("layout-map", preset)["own.time"] <= step * (1 + 1e-9)  # the best of those with its tp and pp
        nic = float(WORKLOADS[workload]["machine"].nic / ASSUMED.nic_in_a_step)
        assert at("network-bound", workload=workload, nic=nic)["step"] == approx(step, rel=1e-6)


def test_a_layout_needs_as_much_memory_in_the_map_and_beside_the_measured_run():
    run = next(run for run in read_runs(PUBLISHED) if run.id == "llama3-2")
    needed = float(memory(run.shape, machine(run.chip), run.layout, run.batch, run.software)) / 1e9
    found = at("gpu-memory", LLAMA_16K)
    assert sum(value for name, value in found.items() if name.startswith("part.")) == approx(needed, rel=1e-9)


def test_deepseeks_run_is_the_published_row_with_lighter_ends():
    """Figure 3.1 recomputes what the row says, and nothing that it doesn't; step and memory are the row's."""
    run = next(run for run in read_runs(PUBLISHED) if run.id == "dsv3-prod")
    preset = "DeepSeek-V3, 2,048 H800s"
    layout = replace(run.layout, first_layers=3.0, last_layers=3.0)
    needed = memory_parts(run.shape, machine(run.chip), layout, run.batch, run.software)
    found = at("gpu-memory", preset)
    batch = replace(run.batch, blocked=1.0)
    assert {name: found[f"part.{name}"] for name in needed} == approx({name: float(part) / 1e9 for name, part in needed.items()}, rel=1e-9)
    assert found["of_hbm"] < 1 and living("gpu-memory").presets[preset]["recompute"] == 0
    work = WORKLOADS[DEEPSEEK]
    assert (work["layout"].pp, work["layout"].ep, work["layout"].dp) == (run.layout.pp, run.layout.ep, run.layout.dp)
    assert (work["batch"], work["stack"]) == (batch, run.software)
    assert at("step-breakdown", preset)["time"] == approx(float(time_of_step(work, work["machine"])), rel=1e-9)


def test_a_run_has_one_energy_and_as_many_days():
    """Chapter 1's three clocks, and its energy against chapter 5's bill: of 16,384 H100s at 400 TFLOP/s, and the article's 10T."""
    asked, bill = living("fifty-four-days"), living("energy-bill")
    for preset in (None, "Grok 10T, a mixture"):
        state = bill.defaults | (bill.presets[preset] if preset else {})
        shared = {name: state[name] for name in ("model", "chip", "precision", "mfu", "pue")}
        assert asked.evaluate(**shared)["mwh"] == approx(1000 * bill.evaluate(**state)["gwh"], rel=1e-9)
    days = asked.evaluate()["days"]
    assert days == approx(at("how-many-days", speedup=1.0)["days"], rel=1e-9)
    assert days == approx(at("four-clocks")["compute"], rel=1e-9)


def test_presets_of_the_published_run_are_the_row_that_was_measured():
    run, shown = next(run for run in read_runs(PUBLISHED) if run.id == "llama3-2"), RUNS[LLAMA_16K]
    assert (run.layout.tp, run.layout.pp, run.layout.interleave) == (shown["tp"], shown["pp"], shown["interleave"])
    assert (run.batch.sequences, run.batch.seq_len) == (shown["sequences"], shown["seq_len"])


# ------------------------------------------------------------------------------------- the largest model, through the book

HALF = CLUSTER // 2  # GPUs of the 10T in chapter 7, near enough: its parts of the cluster
FAILS = {"failures": "Llama 3 (H100)", "checkpoints": "in other machines\u2019 memory", "swap_time": 600.0, "spare_nodes": 1000}


def test_chapter_7_keeps_as_much_of_its_time_as_chapter_6_says():
    """One job on half of the site, ten minutes to restart: figure 6.1's goodput is figure 7.1's, and that of the floor and the queue."""
    kept = at("goodput-at-scale", gpus=HALF, **FAILS)["goodput"]
    assert 0.36 < kept < 0.41
    for name in ("seven-models", "side-by-side"):
        assert living(name).defaults["goodput"] == approx(kept, rel=1e-3)
    ours = living("seven-models").defaults
    assert ours["ten"] / sum(ours[family] * count for family, count in (("ten", 1), ("six", 1), ("one_half", 2), ("one", 2), ("imagine", 1))) == approx(0.5, abs=0.05)
    assert at("seven-fields")["last"] == approx(at("seven-models")["last"], rel=1e-9)
    for preset, largest in (("The same on 220,000", 0.5), ("Three builds, Colossus 1", 0.6)):
        state = living("seven-models").presets[preset]
        assert state["goodput"] == approx(at("goodput-at-scale", gpus=largest * state["gpus"], **FAILS)["goodput"], rel=1e-3)


def test_the_capstone_keeps_as_much_of_its_time_as_chapter_6_says():
    """Figure 8's job is cut into whole copies, and so on some GPUs fewer: with its own number, chapter 6 finds the same."""
    for preset in living("design-a-cluster").presets:
        state = living("design-a-cluster").defaults | living("design-a-cluster").presets[preset]
        found = living("design-a-cluster").evaluate(**state)
        alike = {name: state[name] for name in ("failures", "checkpoints", "swap_time", "spare_nodes", "repair_time")}
        if found["best.used"] > 0:
            again = at("goodput-at-scale", gpus=found["best.used"], **alike)
            assert (found["goodput"], found["minutes"]) == (approx(again["goodput"], rel=1e-9), approx(again["minutes"], rel=1e-9))


def test_the_10t_is_one_model_in_every_chapter():
    """Parameters, active share, tokens and FLOPs: in the table of models, as an architecture, in the portfolio, on the bill."""
    mixture, shape = MODELS["Grok 10T (mixture)"], ARCHITECTURES["Grok 10T (mixture)"]
    assert sum(parameters(shape).values()) == approx(mixture.params, rel=0.02)
    assert sum(active_parameters(shape).values()) == approx(mixture.active_params, rel=0.1)
    months, seven = living("two-months"), living("seven-models")
    state = months.presets["One in twenty on 220,000"]
    assert (state["active"], state["tokens_per_param"]) == (approx(mixture.active_params / mixture.params), approx(mixture.tokens / mixture.active_params))
    assert months.evaluate(**state)["tokens"] == approx(mixture.tokens / 1e12)
    assert seven.evaluate(**seven.presets["One in twenty active"])["tokens"] == approx(mixture.tokens / 1e12)
    bill = living("energy-bill").presets["Grok 10T, a mixture"]
    told = {name: bill[name] for name in ("model", "chip")}
    for precision in ("BF16", "FP8"):
        same = {"gpus": 220_000.0, "mfu": 0.4, "goodput": 1.0, "precision": precision}
        apart = months.evaluate(**state | {name: value for name, value in same.items() if name in months.controls})
        asked = living("fifty-four-days")
        assert asked.evaluate(**told | {name: value for name, value in same.items() if name in asked.controls})["days"] == approx(apart["days"], rel=1e-6)


def test_a_parameter_of_the_10t_takes_as_many_bytes_in_chapters_3_and_7():
    """Weights, gradients and optimizer states of figure 3.1 where nothing is shared, the weights being two: figure 7.4's 18."""
    found = at("gpu-memory", TEN, sharing="nothing")
    each = 2 * sum(found[f"part.{name}"] for name in ("weights", "gradients", "optimizer")) / found["part.weights"]
    assert each == approx(STATE_BYTES) == 18
    assert living("twenty-times").evaluate()["state"] == approx(18 * 10, rel=1e-9)


def test_the_tokens_that_a_site_affords_are_the_work_it_does():
    """4.8 tokens for each parameter of a dense 10T: what 555,000 GB300s do in two months at 40 % MFU, over 6 P^2."""
    months = living("two-months")
    state = months.presets["Dense on 555,000"]
    found = months.evaluate(**state)
    afforded = living("two-months").defaults["tokens_per_param"] * 60 / found["days"]
    assert afforded == approx(4.8, abs=0.02)
    assert months.evaluate(**state | {"tokens_per_param": afforded})["days"] == approx(60, rel=1e-6)


def test_the_10t_has_one_step_and_one_memory_in_chapters_3_4_and_8():
    found = at("step-breakdown", TEN)
    work = WORKLOADS[TEN_TRILLION]
    assert found["time"] == approx(float(time_of_step(work, work["machine"])), rel=1e-9)
    shown = at("gpu-memory", TEN)
    needed = float(memory(work["shape"], work["machine"], replace(work["layout"], zero=2.0), work["batch"], work["stack"])) / 1e9
    assert sum(value for name, value in shown.items() if name.startswith("part.")) == approx(needed, rel=1e-9)
