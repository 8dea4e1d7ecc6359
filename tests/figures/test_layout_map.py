"""The map of layouts against all of its layouts one by one, and against the library's search."""

from random import Random

import numpy as np
import pytest
from clustermath import search as searching
from clustermath.architecture import ARCHITECTURES
from clustermath.layout import Layout, batch_of, fits
from clustermath.matmul import MACHINES
from clustermath.memory import memory
from clustermath.packing import packed
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_time
from figures.layout_map import ANY, GRID, LAYOUTS, PPS, TPS, TRIED, WISHES
from figures.layouts import RUNS
from living import living, some_state
from pytest import approx

MEGATRON, _, LLAMA_16K, DEEPSEEK, ONE, *_, TEN = RUNS
SHARES = np.linspace(0, 1, 9)
RANDOM = Random(19)
STATES = [*({}, *(living("layout-map").presets[run] for run in (MEGATRON, DEEPSEEK, ONE, TEN))), *(some_state(RANDOM, living("layout-map")) for _ in range(12))]


def every_layout(state: dict) -> np.ndarray:
    """Step time of each layout of the map in a state of it, a row for each share of recomputation; infinite where it isn't possible."""
    of = living("layout-map").resolve(state)
    model, chip, software = of["model"], of["chip"], of["software"]
    mixture = model.experts > 0
    zero = np.where(GRID["zero"] > 2, 3, 2 if software.zero else 0)
    cp, ep = (1, np.minimum(8 * 2 ** GRID["wide"], model.experts)) if mixture else (2 ** GRID["wide"], 1)
    degrees = {name: GRID[name] for name in ("tp", "pp", "interleave", "microbatch")} | {"cp": cp, "ep": ep}
    more = {"zero": zero, "schedule": of["schedule"], "sequence_parallel": software.sequence_parallel, "recompute_scores": 1.0}
    room = packed(chip, Layout(**degrees, **more), batch_of(of["seq_len"], of["sequences"]), of["gpus"])
    batch = batch_of(of["seq_len"], room["sequences"], **of["format"])
    wished = {"ep" if mixture else "cp": ep if mixture else cp, "sharing": GRID["zero"]} | {name: GRID[name] for name in ("interleave", "microbatch")}
    taken = np.all([(of[name] == ANY) | (of[name] == value) for name, value in wished.items()], axis=0)
    taken &= (software.context > 0) | (cp == 1)
    taken &= (software.zero > 0) | (GRID["zero"] == 2) | (GRID["pp"] == 1)
    times = []
    for share in SHARES:
        layout = Layout(**degrees, **more, dp=room["dp"], recompute=share)
        wanted = of["recompute"] == share if of["recompute"] != ANY else share in (0, 1) or software.sequence_parallel > 0
        possible = taken & wanted & (room["enough"] > 0) & (fits(model, layout, batch) > 0) & (memory(model, chip, layout, batch, software) <= chip.hbm)
        times.append(np.where(possible, step_time(model, chip, layout, batch, software, CONSTANTS), np.inf))
    return np.array(times)


@pytest.mark.parametrize("state", STATES)
def test_no_layout_of_all_is_faster_and_as_many_fit_as_it_says(state):
    """The map times of each cut only the least recomputation that fits: here all are timed."""
    with np.errstate(all="ignore"):
        times = every_layout(state)
    found = living("layout-map").evaluate(**state)
    assert times.size == LAYOUTS
    assert found["cells"] == approx(times.min(axis=0).reshape(len(PPS) * len(TPS), -1).min(axis=1), rel=1e-12)
    assert found["feasible"] == np.isfinite(times).sum()
    assert found["best.time"] == approx(times.min(), rel=1e-12)


def test_fifty_thousand_are_searched():
    assert LAYOUTS >= 50_000


@pytest.mark.parametrize("state", STATES[:8])
def test_what_a_cell_tells_is_a_layout_that_takes_as_long(state):
    """Decided by the reader, what won in a cell takes the cell's time; and nothing decided is ever slower than something."""
    figure = living("layout-map")
    open_, random = {**state, **dict.fromkeys(WISHES, "any")}, Random(3)
    found = figure.evaluate(**open_)
    names = {name: {value: words for words, value in wish.records.items()} for name, wish in WISHES.items()}
    fitting = np.flatnonzero(np.isfinite(found["cells"]))
    for cell in random.sample(list(fitting), min(3, len(fitting))):
        won = {name: found[f"won.{name}"][cell] for name in ("cp", "ep", "interleave", "zero")}
        decided = {name: names[name][won[name]] for name in ("cp", "ep", "interleave") if won[name] in names[name]} | {"sharing": names["sharing"][max(won["zero"], 2)]}
        again = figure.evaluate(**open_ | decided)
        assert again["cells"][cell] == found["cells"][cell], decided
        assert (again["cells"] >= found["cells"]).all()
        tp, pp = TPS[cell % len(TPS)], PPS[cell // len(TPS)]
        own = figure.evaluate(**open_ | {"tp": tp, "pp": pp})
        assert {name: own[f"own.{name}"] for name in ("time", *won)} == {"time": found["cells"][cell], **won}


@pytest.mark.parametrize(
    "model, chip, gpus, sequences, format, year, software",
    [
        ("Llama 3.1 405B", "H100 SXM", 1024, 256, "BF16", "meta-llama3-2024", "2024, Llama 3’s"),
        ("Llama 3.1 70B", "H100 SXM", 256, 128, "FP8", "2024", "2024"),
        ("Llama 3.1 405B", "GB300 NVL72", 1152, 512, "FP8, in blocks", "2025", "2025"),
        ("DeepSeek-V3", "H800 SXM", 1024, 1024, "FP8, in blocks", "2025", "2025"),
        ("GPT-3 175B", "A100 SXM", 512, 512, "BF16", "2023", "2023"),
    ],
)
def test_the_map_s_best_is_what_the_library_s_search_finds_there(monkeypatch, model, chip, gpus, sequences, format, year, software):
    """The search, told of the map's chunks, microbatches, shares and pieces of a sequence, and of its results those with the map's stages and experts.

    It goes through every number of copies that divides the batch, where the map takes the one that fills the GPUs.
    """
    monkeypatch.setattr(searching, "INTERLEAVES", tuple(map(float, TRIED["interleave"])))
    monkeypatch.setattr(searching, "MICROBATCHES", tuple(map(float, TRIED["microbatch"])))
    monkeypatch.setattr(searching, "RECOMPUTES", tuple(SHARES.tolist()))
    monkeypatch.setattr(searching, "FEWEST_TOKENS", 8192 // 2 ** max(TRIED["wide"]))
    state = dict(model=model, chip=chip, gpus=gpus, sequences=sequences, seq_len=8192, format=format, software=software)
    best = living("layout-map").evaluate(**state)
    shape, inputs = ARCHITECTURES[model], living("layout-map").resolve(state)
    searched = searching.search(shape, MACHINES[chip], batch_of(8192.0, float(sequences), **inputs["format"]), gpus, stack_named(year), top=3000).best
    eps = {min(8 * 2**wide, shape.experts) for wide in TRIED["wide"]} if shape.experts else {1}
    pieces = stack_named(year).context and not shape.experts
    there = [found for found in searched if found["pp"] in PPS and found["ep"] in eps and (found["cp"] == 1 or pieces)]
    assert best["best.time"] == approx(there[0]["step_time_s"], rel=1e-9)
    assert best["best.memory"] <= MACHINES[chip].hbm / 1e9
