"""Lines as programs of other years print them, as people show them of their runs."""

import pytest
from clustermath.readers import read

from .examples import LOGS, OTHERS


def test_a_wrapped_log_of_bridge_has_its_step_times():
    """A terminal broke Megatron's lines, so that its time stands apart; Bridge's own line is whole (Megatron-Bridge, pull request 841)."""
    steps = read(LOGS["bridge, wrapped"]).record
    assert (steps.software, steps.step_time, steps.rate) == ("Megatron-Bridge", 14.26, 58.2e12)


@pytest.mark.parametrize(
    "name, software, found",
    [
        ("NeMo 2", "Megatron", {"step_time": 5.912, "sequences": 512}),
        ("torchtitan of 2024", "torchtitan", {"tokens_per_gpu": 6320, "mfu": 0.413}),
        ("maxtext of 2023", "MaxText", {"step_time": 2.167, "rate": 36.722e12}),
        ("deepspeed beside Megatron", "Megatron", {"step_time": 4.1031}),
        ("nanotron", "nanotron", {"step_time": 11.5, "tokens_per_gpu": 11_400, "rate": 38.3e12, "sequences": 64}),
        ("nanotron, fast", "nanotron", {"step_time": 0.045, "tokens_per_gpu": 1_780}),
        ("torchtitan, all ranks", "torchtitan", {"tokens_per_gpu": 5765}),
    ],
)
def test_other_years_and_other_hands(name, software, found):
    steps = read(LOGS[name]).record
    assert steps.software == software
    assert {key: getattr(steps, key) for key in found} == pytest.approx(found)


def test_deepspeeds_old_line_has_its_samples():
    assert read(LOGS["deepspeed of 2022"]).record.facts["samples per second"] == pytest.approx(83.486, rel=1e-4)


@pytest.mark.parametrize("name, collective, ranks", [("nccl, an excerpt", "all-reduce", 8), ("nccl, alone", "all-reduce", 2), ("nccl, MPI", "all-reduce", 8), ("nccl, no reduction", "all-gather", 8)])
def test_ranks_that_are_not_all_listed_follow_from_the_bus_bandwidth(name, collective, ranks):
    found = read(OTHERS[name]).record
    assert (found.name, found.ranks) == (collective, ranks)


@pytest.mark.parametrize("name", ["gather", "scatter", "hypercube"])
def test_a_collective_that_the_book_has_no_bus_for_keeps_its_name(name):
    """Their rows look like an all-gather's; whoever asks for one is told what it is instead."""
    found = read(OTHERS[f"nccl, {name}"]).record
    assert (found.name, found.ranks) == (name, 0)
