"""One run has one step, one memory, one energy, wherever a chapter shows it."""

from clustermath.assumptions import ASSUMED
from clustermath.matmul import machine
from clustermath.measured import PUBLISHED, read_runs
from clustermath.memory import memory
from figures.layouts import RUNS
from figures.workloads import LLAMA, TEN_TRILLION, WORKLOADS, time_of_step
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
