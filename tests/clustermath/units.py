"""A strict unit system for the tests, and inputs of every kind for every declared parameter.

pint's own registry takes bits as dimensionless and knows no tokens, so the base units are defined here from nothing.
"""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pint
from clustermath import CHIPS
from clustermath.architecture import ARCHITECTURES
from clustermath.collectives import network_of
from clustermath.chain import CHAIN
from clustermath.frequency import Fleet, Turbine
from clustermath.layout import Layout, batch_of
from clustermath.load import Load
from clustermath.matmul import MACHINES
from clustermath.parameters import PARAMETERS
from clustermath.portfolio import Job
from clustermath.software import CONSTANTS, stack_named
from clustermath.memory import Portions
from clustermath.step import Pieces
from clustermath.supply import BATTERIES, Supply, battery_store, rack_store
from pint.facets.numpy.numpy_func import implements

ureg = pint.UnitRegistry(None)
for definition in (
    "s = [time]", "B = [information]", "FLOP = [flop]", "J = [energy]", "W = J/s",
    "token = [token]", "gpu = [gpu]", "dollar = [dollar]", "kg = [mass]", "alien = [alien]", "radian = []",
):  # fmt: skip
    ureg.define(definition)

# What stands in where a function takes a record instead of a number.
JOBS = (
    Job(name="small", flops=1e25, mfu=0.4, reference_gpus=8192.0, share=0.3),
    Job(name="large", flops=9e25, mfu=0.35, reference_gpus=16384.0, share=0.6),
)
MEGAPACKS = battery_store(BATTERIES["Megapack 2 XL (4 h)"], packs=100)
FLEET = Fleet(capacity=2.5e8, recovery=30.0, lost=0.1, lost_at=2.0)
RECORDS = {
    "chip": CHIPS["GB300 NVL72"],
    "shape": ARCHITECTURES["Llama 3.1 405B"],
    "machine": MACHINES["GB300 NVL72"],
    "layout": Layout(tp=8, pp=16, dp=128),
    "pieces": Pieces(layer=0.02, head=0.005, traffic=0.3, optimizer=0.01, waiting=0.02, fullest=8.0, last=6.0, bubble=3.0),
    "portions": Portions(held=4e10, layers=8.0, waiting=3e7, once=2e9),
    "batch": batch_of(seq_len=8192, sequences=2048),
    "stack": stack_named("megatron-2024"),
    "constants": CONSTANTS,
    "network": network_of(CHIPS["GB300 NVL72"]),
    "job": JOBS[0],
    "jobs": JOBS,
    "battery": BATTERIES["Megapack 3"],
    "store": MEGAPACKS,
    "load": Load(
        compute_power=2e8, exposed_power=8e7, idle_power=4e7, compute_time=4.0, exposed_time=1.0,
        checkpoint_every=60.0, checkpoint_time=5.0, outage_start=100.0, outage_time=20.0, restart_time=4.0,
        floor=1e8,
    ),
    "supply": Supply(
        rack=rack_store(100_000), battery=MEGAPACKS, fleet=FLEET, frequency_gain=50.0, shed_below=59.9, shed_share=0.2,
    ),
    "fleet": FLEET,
    "part": CHAIN["UPS"],
    "turbine": Turbine(off=0.002, valve=0.7, generated=0.69, exhaust=0.72, reference=0.75),
}  # fmt: skip



@implements("select", "function")
def select(conditions, choices, default=0):
    """np.select for quantities, which pint leaves out."""
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        default = np.where(condition, choice, default)
    return default


# What stands in where a function takes samples along time.
SERIES = {"series": np.array([2e8, 1.9e8, 8e7, 1e8, 2.1e8, 9e7])}


def number(name, position=0.5):
    """A possible value of the parameter, `position` of the way through the range that its slider shows."""
    parameter = PARAMETERS[name]
    if parameter.only:
        return float(parameter.only[int(position * len(parameter.only))])
    low, high = parameter.shown
    if parameter.at_most:
        high = min(high, number(parameter.at_most, 0.3))
    if high > 100 * max(low, 1e-12):  # too wide to walk through in even steps
        low = max(low, high * 1e-6)
        value = low * (high / low) ** position
    else:
        value = low + (high - low) * position
    return float(np.clip(round(value), *parameter.shown)) if parameter.integer else value


def with_unit(value, unit):
    return value * ureg(unit) if unit != "1" else value * ureg.dimensionless


def record(value, unit_of):
    """The record with every number in it replaced by unit_of(number, unit); nested records and tuples of them too."""
    if isinstance(value, tuple):
        return tuple(record(part, unit_of) for part in value)
    return SimpleNamespace(
        **{
            field.name: record(part, unit_of)
            if dataclasses.is_dataclass(part := getattr(value, field.name))
            else unit_of(part, field.metadata["unit"])
            if "unit" in field.metadata
            else part
            for field in dataclasses.fields(value)
        }
    )


def assert_unit(result, unit):
    """`result` is a quantity of this unit, or a record whose fields have these units, or a dict of such parts."""
    if isinstance(result, dict):
        for name, part in result.items():
            assert_unit(part, unit[name] if isinstance(unit, dict) else unit)
    elif isinstance(unit, dict):
        for field, field_unit in unit.items():
            assert_unit(getattr(result, field), field_unit)
    elif unit == "1":
        assert getattr(result, "dimensionless", True), f"{result:~} should be a pure number"
    else:
        assert isinstance(result, ureg.Quantity), f"{result} has no unit; expected {unit}"
        assert result.is_compatible_with(unit), f"{result:~} is not in {unit}"


def parts(result, unit):
    """The numbers of a result as a flat list, in the order in which it or `unit` names them."""
    if isinstance(result, dict):
        return list(result.values())
    if isinstance(unit, dict):
        return [part for field, inner in unit.items() for part in parts(getattr(result, field), inner)]
    return [result]
