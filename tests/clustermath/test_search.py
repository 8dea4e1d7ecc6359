"""The search against an exhaustive loop over layouts one at a time, and its rules about GPUs."""

import dataclasses
import itertools

import numpy as np
import pytest
from clustermath.architecture import ARCHITECTURES
from clustermath.layout import Layout, batch_of, fits, gpus_used
from clustermath.matmul import MACHINES
from clustermath.memory import memory
from clustermath.search import INTERLEAVES, MICROBATCHES, check, divisors, gpus_in_domains, search
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_time
from pytest import approx

LLAMA_8B, LLAMA = ARCHITECTURES["Llama 3 8B"], ARCHITECTURES["Llama 3.1 405B"]
H100, GB300 = MACHINES["H100 SXM"], MACHINES["GB300 NVL72"]
STACK = stack_named("")


@pytest.mark.slow
def test_finds_what_an_exhaustive_loop_finds():
    gpus, batch = 8, batch_of(2048.0, 8.0)
    found = search(LLAMA_8B, H100, batch, gpus, STACK)
    count, times = 0, []
    degrees = [1.0, 2.0, 4.0, 8.0], np.arange(1.0, 9), [1.0, 2.0], divisors(8), MICROBATCHES, INTERLEAVES
    for tp, pp, cp, dp, microbatch, interleave in itertools.product(*degrees):
        for zero, recompute in itertools.product((1.0, 2.0, 3.0), (0.0, 1.0)):
            layout = Layout(
                tp=tp, pp=pp, cp=cp, dp=dp, microbatch=microbatch, interleave=interleave, zero=zero,
                recompute=recompute, recompute_scores=1.0,
            )  # fmt: skip
            if gpus_used(layout) > gpus or not fits(LLAMA_8B, layout, batch):
                continue
            count += 1
            if memory(LLAMA_8B, H100, layout, batch, STACK) <= H100.hbm:
                times.append(float(step_time(LLAMA_8B, H100, layout, batch, STACK, CONSTANTS)))
    assert found.evaluated == count
    assert found.feasible == len(times)
    assert [layout["step_time_s"] for layout in found.best] == approx(sorted(times)[: len(found.best)])


@pytest.mark.parametrize("name, gpus", [("Llama 3.1 405B", 16384), ("DeepSeek-V3", 2048)])
def test_reports_layouts_that_can_be_checked(name, gpus):
    """What the search computes once and gathers is what each layout by itself gives, of dense models and of mixtures."""
    shape, batch = ARCHITECTURES[name], batch_of(8192.0, 2048.0)
    found = search(shape, H100, batch, gpus, STACK, top=40)
    assert len(found.best) == 40
    assert found.evaluated > found.feasible > 0
    times = [best["step_time_s"] for best in found.best]
    assert times == sorted(times)
    for best in found.best:
        names = ("tp", "pp", "cp", "ep", "dp", "interleave", "microbatch", "zero")
        degrees = {name: float(best[name]) for name in names}
        layout = Layout(**degrees, recompute=float(best["recompute"] == "full"), recompute_scores=1.0)
        check(shape, layout, batch, gpus)
        assert best["step_time_s"] == approx(step_time(shape, H100, layout, batch, STACK, CONSTANTS))
        assert best["memory_gb"] * 1e9 == approx(memory(shape, H100, layout, batch, STACK))
        assert best["memory_gb"] * 1e9 <= H100.hbm
        assert best["gpus_used"] + best["spares"] == gpus
        assert best["cluster_mfu"] == approx(best["mfu"] * best["gpus_used"] / gpus)
    assert len({best["microbatch"] for best in found.best}) > 1 or len({best["ep"] for best in found.best}) > 1


def test_the_best_is_near_what_meta_chose():
    """Llama 3.1 405B on 16,384 H100: TP 8 and PP 16 reached 41 % MFU (arXiv 2407.21783, table 4).

    A context-parallel degree of 2, as NVIDIA's recipes have for it, gives each pipeline twice the microbatches.
    """
    batch = batch_of(8192.0, 2048.0)
    best = search(LLAMA, H100, batch, 16384, STACK).best[0]
    assert best["tp"] in (4, 8) and 8 <= best["pp"] <= 16
    assert 0.38 < best["mfu"] < 0.50
    metas = step_time(LLAMA, H100, Layout(tp=8, pp=16, dp=128, interleave=8), batch, STACK, CONSTANTS)
    assert best["step_time_s"] <= metas < 1.1 * best["step_time_s"]


def test_real_counts_leave_spares():
    """220,000 is no multiple of 72: whole racks only, and what no layout can use is spare."""
    found = search(LLAMA, GB300, batch_of(8192.0, 8192.0), 220_000, STACK, top=3)
    for best in found.best:
        assert best["gpus_used"] <= gpus_in_domains(220_000, best["tp"], 72)
        assert best["spares"] == 220_000 - best["gpus_used"] > 0


@pytest.mark.parametrize("tp, usable", [(1, 150), (8, 144 + 0), (16, 128), (64, 128), (128, 150)])
def test_tensor_parallel_groups_stay_in_their_rack(tp, usable):
    """Two racks of 72 and 6 GPUs of a third."""
    assert gpus_in_domains(150, tp, 72) == usable


def test_more_gpus_are_never_slower():
    batch = batch_of(8192.0, 512.0)
    times = [search(LLAMA, H100, batch, gpus, STACK, top=1).best[0]["step_time_s"] for gpus in (512, 1000, 2048)]
    assert times == sorted(times, reverse=True)


def test_says_so_if_nothing_fits():
    with pytest.raises(ValueError, match="fits in the memory of 8 GPUs"):
        search(LLAMA, H100, batch_of(8192.0, 64.0), 8, STACK)


@pytest.mark.parametrize(
    "wrong, message",
    [
        (dict(tp=3.0), "tp = 3 .* 128 heads"),
        (dict(pp=200.0), "pp = 200 .* 128"),
        (dict(ep=2.0, dp=2.0), "ep = 2 .* 1 experts"),
        (dict(dp=7.0), "dp = 7 .* 2048 sequences"),
        (dict(tp=8.0, pp=16.0, dp=256.0), "dp = 256 .* at most 16384 GPUs"),
        (dict(interleave=2.0), "interleave = 2 .* 1"),
        (dict(pp=5.0, interleave=2.0), "interleave = 2 .* microbatches"),
        (dict(zero=4.0), "zero = 4"),
        (dict(dp=-1.0), "dp = -1"),
        (dict(tp=float("nan")), "tp = nan"),
    ],
)
def test_an_impossible_layout_names_the_argument(wrong, message):
    with pytest.raises(ValueError, match=message):
        check(LLAMA, Layout(**wrong), batch_of(8192.0, 2048.0), 16384)


def test_sharing_gradients_or_not_takes_the_same_time():
    """What the search computes once for zero 1 and 2, which differ in memory alone."""
    for name in ("Llama 3.1 405B", "DeepSeek-V3"):
        for stack in ("", "2021", "2025"):
            given = ARCHITECTURES[name], H100, *(Layout(tp=2, pp=4, cp=2, dp=64, ep=8, zero=zero) for zero in (1.0, 2.0)), batch_of(8192.0, 2048.0), stack_named(stack)
            shape, machine, states, gradients, batch, software = given
            assert step_time(shape, machine, states, batch, software, CONSTANTS) == step_time(shape, machine, gradients, batch, software, CONSTANTS)
            assert memory(shape, machine, gradients, batch, software) < memory(shape, machine, states, batch, software)


def test_what_fits_and_what_is_checked_is_one_rule():
    """A layout that `fits` is one that `check` takes, and no other: 3,000 at random, with every degree, schedule and split."""
    random, possible = np.random.default_rng(7), 0
    names = list(ARCHITECTURES)
    for _ in range(3000):
        shape = ARCHITECTURES[random.choice(names)]

        def one_of(*values):
            return float(random.choice(values))

        layout = Layout(
            tp=one_of(1, 2, 4, 8, 3), pp=one_of(1, 1, 2, 3, 4, 8, 9), cp=one_of(1, 1, 2, 8), ep=one_of(1, 1, 2, 8, 64), dp=one_of(1, 2, 3, 8, 64),
            interleave=one_of(1, 1, 1, 2, 5), microbatch=one_of(1, 1, 2), schedule=one_of(0, 1, 1, 2, 3), zero=one_of(0, 1, 2, 3), expert_tp=one_of(0, 1),
            replicas=one_of(1, 1, 2, 3), ulysses=one_of(0, 0, 1), first_layers=one_of(0, 0, 0, 0, 1, 300), last_layers=one_of(0, 0, 0, 2),
        )  # fmt: skip
        if layout.pp > 1 and random.random() < 0.3:
            split = [float(shape.layers + shape.mtp - layout.pp + 1)] + [1.0] * int(layout.pp - 1)
            layout = dataclasses.replace(layout, first_layers=0.0, last_layers=0.0, stages=tuple(split[: len(split) - (random.random() < 0.2)]))
        batch = batch_of(4096.0, one_of(64, 96, 1024, 15_360))
        try:
            check(shape, layout, batch, 1e9)
            taken = True
        except ValueError:
            taken = False
        assert bool(fits(shape, layout, batch)) is taken, (shape.name, layout)
        possible += taken
    assert 300 < possible < 2700


@pytest.mark.parametrize("gpus", [0, 1.5, "8", None])
def test_a_search_wants_whole_gpus(gpus):
    with pytest.raises(ValueError, match=r"^search\(\): gpus = .* must be a whole number from 1 to 1e\+08 gpu"):
        search(ARCHITECTURES["Llama 3 8B"], MACHINES["H100 SXM"], batch_of(8192.0, 64.0), gpus, stack_named(""))
