"""Tracing: run a NumPy function once on symbols and keep what it computes as a graph.

The idea is `jax.jit`'s. What comes out is a `Trace`: the same arithmetic as a graph, from which `javascript.py` writes
a function for the page. The rule authors live by is therefore the field's: no Python branching on a traced value
(`np.where`, not `if`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from inspect import signature

import numpy as np

from .chance import no_chance
from .graph import Graph, Tracer
from .refusal import TraceError, place, place_of

# Records ------------------------------------------------------------------------------------------------------------


def leaves(value, path="") -> dict[str, float]:
    """The numbers of a record (dataclass, mapping or plain number), by dotted name; texts are left out."""
    if isinstance(value, (bool, np.bool_)):
        return {path: float(value)}
    if isinstance(value, (int, float, np.number)):
        return {path: float(value)}
    if is_dataclass(value):
        items = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, Mapping):
        items = dict(value)
    else:
        return {}
    found = {}
    for name, item in items.items():
        found |= leaves(item, f"{path}.{name}" if path else name)
    return found


def arrays(value, path="") -> dict[str, np.ndarray]:
    """The rows of numbers in a record (dataclass or mapping), by dotted name."""
    if isinstance(value, np.ndarray) and path and value.ndim == 1:
        return {path: value}
    items = {field.name: getattr(value, field.name) for field in fields(value)} if is_dataclass(value) else value if isinstance(value, Mapping) else {}
    return {name: row for key, item in items.items() for name, row in arrays(item, f"{path}.{key}" if path else key).items()}


class TracedRecord:
    """Looks like the record it was made from (attributes and items), but its numbers are what `symbol` makes of them."""

    def __init__(self, graph, sample, path, symbol):
        self._graph, self._sample, self._path, self._symbol = graph, sample, path, symbol

    def __getitem__(self, name):
        sample, path = self._sample, f"{self._path}.{name}"
        value = sample[name] if isinstance(sample, Mapping) else getattr(sample, name)
        return self._symbol(self._graph, value, path)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


def _symbol(graph, sample, path):
    """The symbol for what a control sets."""
    if isinstance(sample, (int, float, np.number, np.bool_)):
        return graph.node("input", path)
    if isinstance(sample, Mapping) or is_dataclass(sample):
        return TracedRecord(graph, sample, path, _symbol)
    if isinstance(sample, tuple) and not sample:
        return sample  # no parts, no numbers: a loop over them is none
    if isinstance(sample, np.ndarray) and sample.ndim == 1 and "." in path:
        return graph.node("input", path, length=len(sample))
    hint = "An array that is always the same goes through `fixed`." if isinstance(sample, np.ndarray) else "A page can't compute with it."
    raise TraceError(f"{place()} reads {path} = {sample!r}, which is not a number. {hint}")


def _constant(graph, value, path):
    """What is always the same, as a model takes it: an array (a grid of layouts, points in time) as a table of the graph."""
    if isinstance(value, np.ndarray):
        return graph.operand(value)
    return TracedRecord(graph, value, path, _constant) if isinstance(value, Mapping) or is_dataclass(value) else value


# The trace ----------------------------------------------------------------------------------------------------------

NUMPY_SAYS = {  # of a traced value, how its messages begin: what the author did, and what to write instead
    "only integers, slices": "takes an element of a known array at a traced place. Give the array through `fixed`, and the place as a whole number: a.astype(int).",
    "setting an array element with a sequence": "makes plain numbers of a traced value, which a page can't follow. Leave it as it is, or make an array of it: x + np.zeros(3).",
}


@dataclass(frozen=True)
class Trace:
    """What a model computes. inputs: dotted names it reads, in order. outputs: dotted name → Tracer or constant."""

    inputs: tuple[str, ...]
    outputs: dict[str, Tracer | float]

    @property
    def numbers(self) -> list[str]:
        """The outputs that are one number."""
        return [name for name, x in self.outputs.items() if not isinstance(x, Tracer) or x.length is None]

    @property
    def arrays(self) -> dict[str, int]:
        """The outputs that are an array, with their length."""
        return {name: x.length for name, x in self.outputs.items() if isinstance(x, Tracer) and x.length is not None}

    @cached_property
    def loops(self) -> bool:
        """Whether the model works on arrays, so that it can't be given an array of values for one input."""
        return any(node.length is not None for node in reachable(self.outputs.values()))

    @cached_property
    def longest(self) -> int:
        """How many places the longest of the model's loops has."""
        return max((node.length or 0 for node in reachable(self.outputs.values())), default=0)

    def sources(self, output: str) -> set[str]:
        """The inputs that `output` depends on."""
        return {node.operands[0] for node in reachable([self.outputs[output]]) if node.operation == "input"}


def reachable(roots) -> list[Tracer]:
    """Every Tracer the roots depend on, each after its operands."""
    found, stack = {}, [x for x in roots if isinstance(x, Tracer)]
    while stack:
        node = stack.pop()
        if node.order not in found:
            found[node.order] = node
            stack += [x for x in node.operands if isinstance(x, Tracer)]
            if node.operation == "carry":  # and what it becomes after each turn
                stack += [x for x in node.graph.scan_of(node).following if isinstance(x, Tracer)]
    return [found[order] for order in sorted(found)]


def flat(outputs, path="") -> dict:
    """A model's result (a mapping or record of numbers, nested as it likes) by dotted names."""
    if is_dataclass(outputs):
        outputs = {field.name: getattr(outputs, field.name) for field in fields(outputs)}
    if not isinstance(outputs, Mapping):
        return {path: outputs}
    found = {}
    for name, value in outputs.items():
        inner = flat(value, f"{path}.{name}" if path else str(name))
        if twice := found.keys() & inner.keys():
            raise ValueError(f"the model gives two outputs called {', '.join(map(repr, sorted(twice)))}.")
        found |= inner
    return found


def check_arguments(figure: str, model, given: Mapping[str, Iterable[str]]) -> None:
    """TypeError where the names that a figure gives its model are not those that the model takes, ValueError where two
    give the same. given: giver → names.
    """
    givers = {}
    for giver, names in given.items():
        for name in names:
            if name in givers:
                raise ValueError(f"{figure}: {givers[name]} and {giver} both set {name!r}; one of them is enough.")
            givers[name] = giver
    try:
        parameters = signature(model).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not say
        return
    takes = {p.name: p.default is p.empty for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    model_name = getattr(model, "__name__", "the model")
    for name, giver in givers.items():
        if name not in takes and not any(p.kind is p.VAR_KEYWORD for p in parameters):
            raise TypeError(f"{figure}: {giver} sets {name!r}, which is no argument of {model_name}(). It has: {', '.join(takes) or 'none'}.")
    if missing := [name for name, needed in takes.items() if needed and name not in givers]:
        raise TypeError(f"{figure}: nothing sets {missing[0]!r}, which {model_name}() needs: give it a control or a place in `fixed`.")


def trace(model, samples: Mapping, fixed: Mapping = {}) -> Trace:
    """Run `model(**samples, **fixed)` on symbols. samples: parameter → a number or a record, of which only the names
    matter; fixed: parameter → what stays as it is, with its values.

    Raises TraceError when the model leaves the arithmetic a page can do, or draws random numbers.
    """
    if not callable(model) or not isinstance(samples, Mapping):
        raise TypeError(f"trace() takes a function and a mapping from its arguments to samples of them, not {model!r} and {samples!r}.")
    graph = Graph()
    symbols = {name: _symbol(graph, sample, name) for name, sample in samples.items()}
    try:
        with no_chance(model):
            result = model(**symbols, **{name: _constant(graph, value, name) for name, value in fixed.items()})
    except (IndexError, ValueError) as error:  # of NumPy, where it asks a traced value for a plain number
        instead = next((words for start, words in NUMPY_SAYS.items() if str(error).startswith(start)), None)
        if instead is None:
            raise
        raise TraceError(f"{place_of(error)} {instead}") from error
    if not isinstance(result, Mapping) and not is_dataclass(result):
        raise TraceError(f"{model.__name__}() must return a mapping of named numbers, not {_kind(result)}.")
    outputs = {name: _output(graph, model, name, value) for name, value in flat(result).items()}
    used = [node.operands[0] for node in reachable(outputs.values()) if node.operation == "input"]
    order = {name: i for i, name in enumerate(samples)}
    return Trace(tuple(sorted(used, key=lambda path: (order[path.split(".")[0]], path))), outputs)


def _kind(result) -> str:
    """What an author would call it."""
    if isinstance(result, Tracer):
        return "one number without a name" if result.length is None else "an array without a name"
    return type(result).__name__


def _output(graph: Graph, model, name: str, value):
    try:
        return graph.operand(value)
    except TraceError:
        raise TraceError(f"{model.__name__}() gives {name!r} = {value!r}, which is neither a number nor one row of them.") from None
