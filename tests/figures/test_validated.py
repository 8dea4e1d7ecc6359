"""Ranges stand around every number that comes from a computed step time, and end where no run was measured."""

import inspect
import sys

import numpy as np
import pytest
from clustermath import step
from clustermath.hardware import CHIPS
from clustermath.layout import gpus_used
from clustermath.measured import PUBLISHED, read_runs
from figures.validated import MEASURED, beyond_measured, beyond_measured_links
from figures.workloads import DEEPSEEK, LLAMA, LLAMA_GB300, TEN_TRILLION, WORKLOADS, beyond
from living import NAMES, living

STEP_CODE = {inspect.unwrap(function).__code__ for function in (step.step_parts, step.step_time)}
RUNS = [run for run in read_runs(PUBLISHED) if not run.skipped]


def calls_the_step_model(figure) -> bool:
    """Whether one evaluation of the figure's model runs through clustermath.step."""
    seen = set()
    sys.setprofile(lambda frame, event, argument: seen.add(frame.f_code) if event == "call" else None)
    try:
        figure.evaluate()
    finally:
        sys.setprofile(None)
    return bool(seen & STEP_CODE)


def test_every_figure_that_computes_a_step_shows_how_far_off_it_may_be():
    found = {name for name in NAMES if calls_the_step_model(living(name))}
    assert {"step-breakdown", "layout-map", "network-bound"} <= found
    assert not [name for name in found if not living(name).uncertainty]


def test_no_measured_run_is_called_extrapolated():
    for run in RUNS:
        assert not beyond_measured(MEASURED[run.chip.name], run.batch.bits, gpus_used(run.layout)), run.id
        assert not beyond_measured_links(run.chip.nic, run.chip.nvlink_domain), run.id


def test_nor_is_the_step_of_one_in_chapter_4():
    """The steps that were published are those that the tables have; of the ten-trillion model nothing is."""
    found = {name: beyond(step, step["machine"].nvlink_domain) for name, step in WORKLOADS.items()}
    assert found == {LLAMA: 0, LLAMA_GB300: 0, DEEPSEEK: 0, TEN_TRILLION: 1}


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("bits", [16, 8, 4])
def test_one_gpu_more_than_was_ever_measured_is(chip, bits):
    most = max((gpus_used(run.layout) for run in RUNS if (run.chip.name, run.batch.bits) == (chip, bits)), default=0)
    assert beyond_measured(MEASURED[chip], bits, most + 1)
    assert not most or not beyond_measured(MEASURED[chip], bits, most)


def test_links_that_no_measured_chip_has():
    slowest, fastest = (end(run.chip.nic for run in RUNS) for end in (min, max))
    nic, domain = np.array([slowest / 2, fastest * 2, fastest, fastest]), np.array([8, 8, 1, 576])
    assert beyond_measured_links(nic, domain).all()
