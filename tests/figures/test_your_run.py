"""The figure of a reader's own run against the functions that it joins, row by row of what was measured."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from clustermath.architecture import ARCHITECTURES, Mixer, model_flops, parameters
from clustermath.layout import fits, gpus_used, microbatches
from clustermath.matmul import machine
from clustermath.measured import PUBLISHED, read_runs
from clustermath.memory import memory
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_time
from figures import own_model, own_run, your_run
from livefigure.look import COLOR
from living import living
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

NAMES = {stack_named(stack): label for stack, label in [*((year, year) for year in ("2021", "2022", "2023", "2024", "2025")), ("meta-llama3-2024", "2024, Llama 3’s"), *own_run.STACKS.items()]}


def sayable(run) -> bool:
    """Whether the figure's choices hold the run's software and precision, and its batch is cut without a rest."""
    count = microbatches(run.layout, run.batch)
    whole = run.layout.interleave == 1 or count % run.layout.pp == 0
    return run.software in NAMES and run.layout.zero in own_run.SHARED and bool(fits(run.shape, run.layout, run.batch)) and whole


def boxes(ax, renderer) -> tuple[list, list]:
    """Where the names of rows stand in a panel, and the bars; its title is a name, too."""
    texts = [text for text in (*ax.texts, *(child for child in ax.get_children() if isinstance(child, Text) and child.get_text() == ax.get_title("left")))]
    return [text.get_window_extent(renderer) for text in dict.fromkeys(texts) if text.get_text() and text.get_color() == COLOR["ink"]], [bar.get_window_extent(renderer) for bar in ax.patches]


@pytest.mark.parametrize("layout", ["wide", "narrow"])
def test_no_bar_and_no_name_lies_on_a_name(layout):
    """In the panels of named rows; the memory's bar is called by a legend."""
    fig = living("your-run").drawing(layout).fig
    renderer = RendererAgg(*fig.bbox.size, fig.dpi)
    seen = 0
    for ax in fig.axes[1:]:
        names, bars = boxes(ax, renderer)
        seen += len(names)
        assert not [name for name in names for bar in bars if name.overlaps(bar)]
        assert not [pair for pair in combinations(names, 2) if pair[0].overlaps(pair[1])]
    assert seen >= 6 + (layout == "narrow") * len(fig.axes[1].patches)


ROWS = [run for run in read_runs(PUBLISHED) if not run.skipped and sayable(run)]


def test_most_measured_runs_can_be_said():
    assert len(ROWS) >= 40 and {bool(run.shape.experts) for run in ROWS} == {True, False}


@pytest.mark.slow
def test_it_computes_the_step_and_the_memory_of_every_measured_run_that_it_can_say():
    """Its layouts come out of degrees and a packing, the rows' out of the table: two ways to one step."""
    figure, said = living("your-run"), 0
    for run in ROWS:
        state = own_run.state_of(run, NAMES[run.software])
        found = figure.evaluate(**state)
        if found["dp"] != run.layout.dp:  # packed on fewer ranks, since the batch needs no more
            continue
        said += 1
        chip = machine(run.chip)
        assert found["time"] == pytest.approx(float(step_time(run.shape, chip, run.layout, run.batch, run.software, CONSTANTS)), rel=1e-9), run.id
        assert found["of_hbm"] == pytest.approx(float(memory(run.shape, chip, run.layout, run.batch, run.software)) / chip.hbm, rel=1e-9), run.id
        flops = model_flops(run.shape, run.batch.seq_len) * run.batch.sequences * run.batch.seq_len
        peak = {16: chip.peak16, 8: chip.peak8, 4: chip.peak4}[run.batch.bits]
        assert found["measured_mfu"] == pytest.approx(float(flops / (gpus_used(run.layout) * peak * run.measured)), rel=1e-9), run.id
        assert found["seconds.multiplies"] < found["time"] == pytest.approx(sum(found[f"seconds.{part}"] for part in your_run.PARTS), rel=1e-9)
    assert said >= 0.9 * len(ROWS)


@pytest.mark.slow
def test_every_known_model_is_its_numbers():
    figure = living("your-run")
    for shape in ARCHITECTURES.values():
        found = figure.evaluate(**own_model.state_of(shape), seq_len=float(shape.seq_len))
        assert found["params"] == pytest.approx(float(sum(parameters(shape).values())), rel=1e-12), shape.name
        assert found["count.causal"] * 1e9 == pytest.approx(float(model_flops(shape, shape.seq_len)), rel=1e-12), shape.name


def test_layers_of_other_kinds_are_said_too():
    kinds = [Mixer(name=name, layers=10.0 + k, weights=1e8 * (k + 1), width=1e4, state=1e6 * k, scores=512.0 * k, window=128.0 * k, cached=64.0, alone=float(k == 0)) for k, name in enumerate("abc")]
    shape = replace(ARCHITECTURES["Llama 3.1 405B"], dense_layers=116.0, mixers=tuple(kinds))  # those that stand alone have no feed-forward
    found = living("your-run").evaluate(**own_model.state_of(shape))
    assert found["params"] == pytest.approx(float(sum(parameters(shape).values())), rel=1e-12)
    assert found["count.full"] * 1e9 == pytest.approx(float(model_flops(shape, 8192, 0.0)), rel=1e-12)
    with pytest.raises(ValueError, match="4 other kinds; 3 can be said"):
        own_model.state_of(replace(shape, mixers=(*kinds, replace(kinds[0], name="d"))))


def test_no_layout_that_was_tried_is_faster_than_the_fastest():
    """Each of them computed one by one, as a reader would set it."""
    figure = living("your-run")
    state = figure.presets["Llama 3 70B, 64 H100s"]
    found = figure.evaluate(**state)
    best = {name: found[f"best.{name}"] for name in ("tp", "pp", "cp", "interleave", "microbatch", "recompute")}
    usual = {"recompute_scores": 1.0, "recompute_simple": 0.0, "recompute_up": 0.0, "sequence_parallel": 1.0, "first_layers": 0.0, "last_layers": 0.0, "ulysses": 0.0, "replicas": 1.0, "ep": 1.0}
    sharing = "all (FSDP)" if best["pp"] == 1 else "optimizer, gradients"
    again = figure.evaluate(**(state | usual | best | {"sharing": sharing}))
    assert again["time"] == pytest.approx(found["best.time"], rel=1e-9) and again["of_hbm"] <= 1 and again["slower"] == pytest.approx(0, abs=1e-9)
    random = np.random.default_rng(1)
    for _ in range(16):
        cut = {name: float(random.choice(values)) for name, values in (("tp", (1, 2, 4, 8)), ("pp", (1, 2, 4, 8)), ("cp", (1, 2, 4)), ("interleave", (1, 4)), ("microbatch", (1, 2)), ("recompute", (0, 1)))}
        if cut["recompute"] and cut["microbatch"] > 1:
            continue  # not among those that are tried
        other = figure.evaluate(**(state | usual | cut | {"sharing": "all (FSDP)" if cut["pp"] == 1 else "optimizer, gradients"}))
        assert other["odd"] > 0 or other["of_hbm"] > 1 or other["time"] >= found["best.time"] * (1 - 1e-9), cut


def test_where_a_run_stands_is_counted():
    figure = living("your-run")
    slow, fast = (figure.evaluate(measured=seconds) for seconds in (1000.0, 6.0))
    assert slow["ahead"] == 0 and fast["ahead"] > 0.9 and np.isnan(figure.evaluate(measured=0)["measured_mfu"])


@pytest.mark.parametrize("printer, count", [("Megatron", 2.524e12), ("torchtitan", 2.625e12), ("MaxText", 2.524e12)])
def test_a_printed_rate_is_what_it_is_in_the_books_count(printer, count):
    """Llama 3.1 405B at 8,192 tokens through other programs' counters (FLOP a token, by hand from their sources): a
    printed 400 TFLOP/s stands for 400e12 / count tokens a second, of which each takes 2.5240e12 here."""
    figure = living("your-run")
    found = figure.evaluate(printed=400e12, printer=printer)
    assert found["log.rate"] == pytest.approx(400 * 2.5240e12 / count, rel=3e-4)
    assert found["log.mfu"] == pytest.approx(found["log.rate"] * 1e12 / 989.4e12, rel=2e-3)  # of an H100's BF16 peak
    assert np.isnan(figure.evaluate()["log.rate"]) and found["rate"] == found["log.rate"]
    measured = figure.evaluate(measured=12.0)  # 2,048 sequences on 8,192 GPUs
    assert measured["rate"] * 1e12 == pytest.approx(2.5240e12 * 2048 * 8192 / 8192 / 12.0, rel=3e-4)


def test_tokens_a_second_stand_for_a_time():
    figure = living("your-run")
    timed = figure.evaluate(measured=12.0)
    by_tokens = figure.evaluate(measured=0, pace=timed["tokens"])
    assert by_tokens["measured_mfu"] == pytest.approx(timed["measured_mfu"], rel=1e-12)
    by_samples = figure.evaluate(measured=0, samples=figure.defaults["sequences"] / timed["clock"])
    assert by_samples["measured_mfu"] == pytest.approx(timed["measured_mfu"], rel=1e-9)
    assert figure.evaluate(measured=0, pace=timed["tokens"], samples=1e6)["measured_mfu"] == by_tokens["measured_mfu"]
    assert figure.evaluate(measured=12.0, pace=1.0)["measured_mfu"] == timed["measured_mfu"]  # a time says more
