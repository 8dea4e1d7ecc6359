"""What every public function of the package promises, checked on all of them by enumeration."""

import importlib
import inspect
import pkgutil

import clustermath
import numpy as np
import pint
import pytest
from clustermath.parameters import PARAMETERS
from probe import Probe, reveal
from units import RECORDS, SERIES, assert_unit, number, parts, record, with_unit

# Modules and functions that read, build or fit records instead of computing with them.
NOT_PHYSICS = {"checking", "records", "tables", "units", "scan", "numeric", "cli", "commands", "__main__"}
NOT_PHYSICS |= {"assumptions", "software", "measured", "printed_steps", "stated_layout", "measured_gpu", "nic", "recorded", "fit", "validation", "search", "stages"}
BUILDERS = {"complete", "batch_of", "measured_rate", "machine_fields", "machine", "linked", "sustained_share", "measured_shares", "share_assumed", "with_share", "measured_collectives", "over_mixers", "lora", "adapted", "shared_out"}


def public_functions():
    for module in pkgutil.iter_modules(clustermath.__path__):
        if module.name in NOT_PHYSICS:
            continue
        loaded = importlib.import_module(f"clustermath.{module.name}")
        for name, function in vars(loaded).items():
            own = inspect.isfunction(function) and function.__module__ == loaded.__name__
            if own and not name.startswith("_") and name not in BUILDERS:
                yield pytest.param(function, id=f"{module.name}.{name}")


every_function = pytest.mark.parametrize("function", list(public_functions()))


def arguments(function, position=0.5, kind=lambda value, unit: value):
    """One possible input per argument; `kind` turns each number and its unit into a float, array, quantity or probe."""
    return {
        name: record(RECORDS[name], kind)
        if name in RECORDS
        else kind(SERIES[name], PARAMETERS[name].unit)
        if name in SERIES
        else int(number(name))
        if PARAMETERS[name].static
        else kind(number(name, position), PARAMETERS[name].unit)
        for name in inspect.signature(function).parameters
    }


def numeric(function):
    names = [name for name in inspect.signature(function).parameters if name in PARAMETERS]
    return [name for name in names if name not in SERIES and not PARAMETERS[name].static]


@every_function
def test_declares_what_it_takes_and_returns(function):
    assert getattr(function, "returns", None), "decorate it with @checked(returns=...)"
    unknown = [name for name in inspect.signature(function).parameters if name not in PARAMETERS | RECORDS]
    assert not unknown, f"declare {unknown} in parameters.py, or for a record put one into units.py"
    assert function.__doc__


@every_function
def test_says_which_records_it_takes(function):
    """In an editor `shape` alone means nothing, `shape: Architecture` shows its fields."""
    for name, parameter in inspect.signature(function).parameters.items():
        if name in RECORDS:
            taken = parameter.annotation if isinstance(parameter.annotation, str) else getattr(parameter.annotation, "__name__", "")
            expected = "Sequence" if isinstance(RECORDS[name], tuple) else type(RECORDS[name]).__name__
            assert taken.startswith(expected), f"{name}: {expected}"


@every_function
def test_right_dimension_out(function):
    assert_unit(function(**arguments(function, kind=with_unit)), function.returns)


@every_function
def test_wrong_dimension_in_is_refused(function):
    for name in numeric(function):
        inputs = arguments(function, kind=with_unit)
        inputs[name] = with_unit(number(name), "alien")
        with pytest.raises(pint.DimensionalityError):
            function(**inputs)


@every_function
def test_arrays_broadcast(function):
    """Arguments of different shapes give, element by element, what the numbers give one at a time."""
    positions = np.linspace(0.3, 0.7, 3)[:, None], np.linspace(0.4, 0.6, 2)
    spread = {name: positions[i % 2] for i, name in enumerate(numeric(function))}
    inputs = arguments(function) | {
        name: np.vectorize(lambda position, name=name: number(name, position))(where)
        for name, where in spread.items()
    }
    together = parts(function(**inputs), function.returns)
    shape = np.broadcast_shapes(*(where.shape for where in spread.values())) if spread else ()
    for index in np.ndindex(shape):
        one = {name: np.broadcast_to(value, shape)[index] if name in spread else value for name, value in inputs.items()}
        apart = parts(function(**one), function.returns)
        for whole, single in zip(together, apart, strict=True):
            # A series has time as its first axis, before those of the arguments.
            whole = np.broadcast_to(whole, np.shape(single) + shape)
            np.testing.assert_allclose(whole[(..., *index)], single, rtol=1e-12)


@every_function
def test_can_be_traced(function):
    plain = parts(function(**arguments(function)), function.returns)
    traced = parts(function(**arguments(function, kind=lambda value, unit: Probe(value))), function.returns)
    for through, directly in zip(traced, plain, strict=True):
        np.testing.assert_allclose(reveal(through), directly, rtol=1e-12)


@every_function
def test_refuses_the_impossible(function):
    """Too small, too large, NaN and text: the error names the argument and the allowed range."""
    for name in numeric(function):
        parameter = PARAMETERS[name]
        for impossible in (parameter.low - 1, parameter.high * 1.1 + 1, float("nan"), "many", None, [1, float("nan")]):
            inputs = arguments(function) | {name: impossible}
            with pytest.raises(ValueError) as refusal:
                function(**inputs)
            assert str(refusal.value).startswith(f"{function.__name__}(): {name} = ")
            assert parameter.allowed() in str(refusal.value)


@every_function
def test_at_the_ends_of_what_is_possible_there_is_a_number_or_a_reason(function):
    """No NaN, and no error that doesn't name its argument."""
    for name in numeric(function):
        parameter = PARAMETERS[name]
        for end in (parameter.low, parameter.high):
            try:
                found = function(**arguments(function) | {name: end})
            except ValueError as refusal:
                assert str(refusal).startswith(f"{function.__name__}(): ")
            else:
                assert not any(np.isnan(part).any() for part in parts(found, function.returns)), (name, end)
