"""Records refuse what can't be when they are made, naming record, field, value and range."""

import dataclasses
import importlib
import inspect
import pkgutil
from decimal import Decimal
from fractions import Fraction

import clustermath
import numpy as np
import pytest
from clustermath import CHIPS
from clustermath.architecture import ARCHITECTURES
from clustermath.assumptions import ASSUMED
from clustermath.layout import Batch, Layout, batch_of, gpus_used
from clustermath.matmul import MACHINES
from clustermath.portfolio import Job
from clustermath.records import Record, guards_of
from clustermath.software import CONSTANTS, STACK_DATA, stack_named
from clustermath.step import step_time
from hypothesis import given
from hypothesis import strategies as st
from probe import Probe
from units import RECORDS, record, with_unit

LLAMA = ARCHITECTURES["Llama 3.1 405B"]


def classes():
    for module in pkgutil.iter_modules(clustermath.__path__):
        if module.name == "__main__":
            continue
        loaded = importlib.import_module(f"clustermath.{module.name}")
        for name, cls in vars(loaded).items():
            own = inspect.isclass(cls) and cls.__module__ == loaded.__name__ and dataclasses.is_dataclass(cls)
            if own and any("unit" in field.metadata for field in dataclasses.fields(cls)):
                yield pytest.param(cls, id=name)


def an_example(cls):
    """A record of the class out of the tables or the tests, as {field: value}."""
    tables = [value for module in list(vars(clustermath).values()) if inspect.ismodule(module) for value in vars(module).values()]
    made = [one for table in tables if isinstance(table, dict) for one in table.values()] + list(RECORDS.values())
    made += [stack_named("2024"), CONSTANTS, ASSUMED]
    return next((vars(one) for one in made if type(one) is cls), None)


every_class = pytest.mark.parametrize("cls", list(classes()))


@every_class
def test_every_record_guards_its_fields(cls):
    assert issubclass(cls, Record), "a dataclass with units is a Record"
    assert all(guard.low < guard.high for guard in guards_of(cls))


@every_class
def test_every_field_refuses_the_impossible(cls):
    known = an_example(cls) or {field.name: 1.0 if "unit" in field.metadata else "text" for field in dataclasses.fields(cls)}
    for guard in guards_of(cls):
        impossible = [guard.low - 1, float("nan"), "many", None, 1j, {}, [1, float("nan")], np.array([known[guard.name], np.nan])]
        if guard.high < np.inf:
            impossible += [guard.high * 1.1 + 1, float("inf")]
        for value in impossible:
            with pytest.raises(ValueError) as refusal:
                cls(**known | {guard.name: value})
            message = str(refusal.value)
            assert message.startswith(cls.__name__) and f"{guard.name} = " in message, message
            assert guard.allowed() in message


@pytest.mark.parametrize(
    "make, complaint",
    [
        (lambda: Layout(tp=-8), r"^Layout: tp = -8 is not possible. tp must be a whole number from 1 to 1e\+08.$"),
        (lambda: Layout(tp=0), "Layout: tp = 0 is not possible"),
        (lambda: Layout(tp=2.5), "Layout: tp = 2.5 is not possible"),
        (lambda: Layout(tp=float("nan")), "Layout: tp = nan is not possible"),
        (lambda: Layout(tp="8"), "Layout: tp = '8' is not a number"),
        (lambda: Layout(zero=4), "Layout: zero = 4 is not possible. zero must be 0, 1, 2 or 3."),
        (lambda: Layout(recompute=1.5), "recompute must be a number from 0 to 1"),
        (lambda: Batch(seq_len=-8192, sequences=1), "Batch: seq_len = -8192 is not possible. .* from 1 to 1e.08 token"),
        (lambda: batch_of(8192, 2048, bits=32), "Batch: bits = 32 is not possible. bits must be 4, 8 or 16"),
        (lambda: batch_of(8192, 2048, bits=12), "Batch: bits = 12 is not possible"),
        (lambda: dataclasses.replace(LLAMA, heads=64, kv_heads=5), "Architecture 'Llama 3.1 405B': kv_heads = 5 is not possible: it must divide heads = 64"),
        (lambda: dataclasses.replace(LLAMA, top_k=2), "top_k = 2 is not possible: it must be at most experts = 0"),
        (lambda: dataclasses.replace(LLAMA, dense_layers=127), "dense_layers = 127 is not possible: it must be at most layers"),
        (lambda: dataclasses.replace(LLAMA, gated=0.5), "gated must be 0 or 1"),
        (lambda: dataclasses.replace(CHIPS["H100 SXM"], server_power=100), "server_power = 100 is not possible: it must be at least tdp = 700"),
        (lambda: Layout(pp=2, stages=(-1, 33)), r"Layout: stages = -1 is not possible. stages \(layers of every stage\) must be a whole number from 0"),
        (lambda: Layout(pp=2, stages=(float("nan"), 33)), "Layout: stages = nan is not possible"),
        (lambda: Layout(pp=2, stages=(1.5, 30.5)), "Layout: stages = 1.5 is not possible"),
        (lambda: Layout(pp=2, stages="16,16"), "Layout: stages = '16,16' is not a number"),
        (lambda: Layout(cp=2, ulysses=1.0, gathered=1.0), "Layout: gathered = 1.0 is not possible: it must not stand beside ulysses = 1.0"),
        (lambda: batch_of(8192, 2048, bits="16"), "Batch: bits = '16' is not a number. bits must be 4, 8 or 16"),
        (lambda: Job(name="x", flops=1e25, mfu=40, reference_gpus=1), "Job 'x': mfu = 40 is not possible. mfu must be a number from 0.0001 to 1"),
    ],
)
def test_the_message_names_record_field_value_and_range(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()


def test_a_list_of_stages_is_as_good_as_a_tuple():
    assert Layout(pp=2, stages=[16, 16]) == Layout(pp=2, stages=(16.0, 16.0)) and Layout(stages=[]).stages == ()


@pytest.mark.parametrize(
    "place, given, complaint",
    [
        (0, {"layers": 2}, "shape must be a record of the class Architecture, not dict"),
        (0, MACHINES["H100 SXM"], "shape must be a record of the class Architecture, not Machine"),
        (1, "H100", "machine must be a record of the class Machine, not str"),
        (1, CHIPS["H100 SXM"], "machine must be a record of the class Machine, not Chip"),
        (2, Layout, "layout is the class Layout itself, not one of its records: write Layout"),
        (4, None, "stack must be a record of the class Stack, not NoneType"),
    ],
)
def test_another_kind_of_record_is_refused_by_name(place, given, complaint):
    """The class itself had the defaults of all fields, and gave a time."""
    arguments = [LLAMA, MACHINES["H100 SXM"], Layout(tp=8), batch_of(8192, 64), stack_named(""), CONSTANTS]
    arguments[place] = given
    with pytest.raises(TypeError, match=rf"^step_time\(\): {complaint}"):
        step_time(*arguments)


def test_step_time_of_a_layout_that_can_not_be():
    """It took -0.6 s once."""
    with pytest.raises(ValueError, match="tp = -8"):
        step_time(LLAMA, MACHINES["H100 SXM"], Layout(tp=-8), batch_of(8192, 2048), stack_named(""), CONSTANTS)


@pytest.mark.parametrize("eight", [8, 8.0, np.int32(8), np.uint8(8), np.float32(8), Fraction(8), Decimal(8), np.array(8)])
def test_numbers_of_every_kind_are_the_same_number(eight):
    layout = Layout(tp=eight, dp=2)
    assert layout.tp == 8 and isinstance(layout.tp, (int, float))
    assert gpus_used(layout) == 16


@pytest.mark.parametrize("several", [[1, 2, 4], (1.0, 2.0, 4.0), np.array([1, 2, 4]), np.array([1, 2, 4], np.int8)])
def test_lists_and_whole_numbers_of_fixed_size_become_doubles(several):
    layout = Layout(tp=several, dp=10**6, pp=10**6, cp=10**6)
    assert layout.tp.dtype == float
    np.testing.assert_array_equal(gpus_used(layout), np.array([1, 2, 4]) * 1e18)


def test_arrays_are_checked_element_by_element():
    with pytest.raises(ValueError, match="Layout: tp = -1 is not possible"):
        Layout(tp=np.array([[1, 2], [4, -1]]))


def test_tracers_and_quantities_pass():
    for kind in (lambda value, unit: Probe(value), with_unit):
        for one in (LLAMA, RECORDS["layout"], RECORDS["batch"], MACHINES["H100 SXM"]):
            type(one)(**vars(record(one, kind)))
    with pytest.raises(ValueError, match="Layout: tp = -1"):
        Layout(tp=with_unit(-1, "1"))


@given(st.sampled_from([cls.values[0] for cls in classes()]), st.data())
def test_a_record_that_can_be_made_can_be_made_again(cls, data):
    """`dataclasses.replace` with another possible value of one field keeps all others as they are."""
    if (known := an_example(cls)) is None:
        return
    guard = data.draw(st.sampled_from(guards_of(cls)))
    value = data.draw(st.sampled_from(guard.only) if guard.only else st.floats(guard.low, min(guard.high, 1e40)))
    value = float(np.floor(max(value, guard.low))) if guard.integer else value
    try:
        made = dataclasses.replace(cls(**known), **{guard.name: value})
    except ValueError as refusal:
        assert "is not possible: it must" in str(refusal)  # a rule between two fields
    else:
        assert vars(made) == known | {guard.name: value}


def test_stacks_are_made_of_their_data():
    for name in STACK_DATA:
        stack = stack_named(name)
        for field, datum in STACK_DATA[name].items():
            assert getattr(stack, field) == datum.number
