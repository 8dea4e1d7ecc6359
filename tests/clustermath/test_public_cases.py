"""Public reports of people who do this job: a configuration, and what was measured or turned out to be right.

public_cases.json has each with its address. Where a case leaves out what decides its number, `said` adds it, and says why.
"""

import json
import shlex
from pathlib import Path

import pytest
from clustermath import power
from clustermath.__main__ import main
from clustermath.architecture import ARCHITECTURES, Architecture, complete, mean_reach, model_flops
from clustermath.collectives import (
    Network,
    bus_bandwidth_factor,
    flat_all_reduce,
    flat_tree_all_reduce,
    network_of,
    switched_all_reduce,
)
from clustermath.hardware import CHIPS, Chip
from clustermath.layer import layer_weights
from clustermath.layout import Batch, Layout, gpus_used
from clustermath.matmul import MACHINES, machine
from clustermath.memory import memory_parts
from clustermath.run import energy
from clustermath.software import CONSTANTS, stack_named
from clustermath.step import step_mfu, step_time
from pytest import approx

CASES = json.loads((Path(__file__).parent / "public_cases.json").read_text(encoding="utf-8"))
HOUR, MWH = 3600, 3.6e9  # s, J


def numbers(fields):
    return {name: float(value) for name, value in fields.items()}


def inputs_of(case):
    """The case's inputs, with what `said` adds to them."""
    inputs = dict(case["inputs"])
    for name, value in case.get("said", {}).items():
        inputs[name] = inputs.get(name, {}) | value if isinstance(value, dict) else value
    return inputs


def shape_of(inputs):
    return ARCHITECTURES[inputs["shape"]] if "shape" in inputs else Architecture(name="own", **complete(inputs["fields"]))


def step_of(inputs):
    """What a step's functions take: shape, machine, layout, batch, stack."""
    layout, batch = Layout(**numbers(inputs.get("layout", {}))), Batch(**numbers(inputs["batch"]))
    return shape_of(inputs), MACHINES[inputs["chip"]], layout, batch, stack_named(inputs.get("stack", ""))


def memory(inputs, quantity, _):
    parts = memory_parts(*step_of(inputs))
    return sum(parts[name] for name in (parts if quantity == "all" else quantity.split("+"))) / 1e9


def cli(inputs, quantity, capsys):
    try:
        code = main([*shlex.split(inputs["args"]), "--json"])
    except SystemExit as stopped:
        code = stopped.code
    said = capsys.readouterr()
    if quantity == "refused":
        assert "Traceback" not in said.err
        return code != 0
    found = json.loads(said.out)
    if quantity == "hfu/mfu":
        return found["hfu"] / found["mfu"]
    for name in quantity.split("."):
        found = found[name]
    return found


def one_step(inputs, quantity, _):
    return step_time(*step_of(inputs), CONSTANTS)


def chip_rate(inputs, quantity, _):
    chip = Chip(name="by its fields alone", **numbers(inputs["fields"]))
    shape, layout, batch = ARCHITECTURES[inputs["shape"]], Layout(**numbers(inputs["layout"])), Batch(**numbers(inputs["batch"]))
    step = shape, machine(chip), layout, batch, stack_named("")
    tokens = batch.sequences * batch.seq_len
    return model_flops(shape, batch.seq_len) * tokens / (gpus_used(layout) * step_time(*step, CONSTANTS)) / 1e12


def gpu_power(inputs, quantity, _):
    return getattr(power, inputs.get("function", "gpu_power"))(CHIPS[inputs["chip"]], network_share=0.0)


def energy_of(inputs, quantity, _):
    return energy(inputs["gpu_hours"] * HOUR, gpu_power(inputs, quantity, _), inputs["pue"]) / MWH


def tree_over_ring(inputs, quantity, _):
    network = Network(domain=inputs["domain"], nvlink=inputs["nvlink"], nic=inputs["nic"])
    ring, tree = (law(inputs["size"], inputs["ranks"], inputs["local"], network) for law in (flat_all_reduce, flat_tree_all_reduce))
    return ring / tree


def in_switch(inputs, quantity, _):
    chip, ranks, size = CHIPS[inputs["chip"]], inputs["ranks"], inputs["size"]
    time = switched_all_reduce(size, ranks, min(ranks, chip.nvlink_domain), network_of(chip))
    return size / time * bus_bandwidth_factor(ranks) / 1e9


def hfu_ratio(inputs, quantity, _):
    shape, batch = shape_of(inputs), Batch(seq_len=float(inputs["seq_len"]), sequences=1.0)
    repeated, plain = (step_mfu(shape, MACHINES["H100 SXM"], Layout(), batch, 1.0, 0.0, recomputed=share) for share in (1.0, 0.0))
    return repeated / plain


EVALUATE = {
    "memory": memory,
    "cli": cli,
    "mean_reach": lambda inputs, quantity, _: mean_reach(shape_of(inputs), inputs["seq_len"], inputs["causal"]),
    "layer_weights": lambda inputs, quantity, _: layer_weights(shape_of(inputs), Layout(**numbers(inputs["layout"])))[quantity],
    "step_time": one_step,
    "chip_rate": chip_rate,
    "gpu_power": gpu_power,
    "energy": energy_of,
    "network": tree_over_ring,
    "figure-all-reduce": in_switch,
    "hfu_ratio": hfu_ratio,
}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_as_reported(case, capsys):
    assert case["url"] and bool(case.get("said")) == bool(case.get("said_because"))
    found = EVALUATE[case["evaluate"]](inputs_of(case), case["quantity"], capsys)
    expected = case["expected"]
    if isinstance(expected, bool):
        assert found is expected
    else:
        assert found == approx(expected, rel=case["relative_tolerance"])
