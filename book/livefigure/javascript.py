"""From a trace to JavaScript: the page's copy of the model, a few hundred bytes of plain arithmetic.

A model is shipped as a factory `(math, own) => ({run, sweeps})`. `run(a, o)` reads the inputs from the array `a` and
writes the outputs to `o`. A sweep `(a, x, o)` does the same for every value in `x` of one input, with all that does
not depend on that input computed once, before the loop.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, product
from string import ascii_letters

from .operations import ATOM, MATH, OPERATIONS, OWN, UNARY
from .trace import Trace, Tracer, reachable

RESERVED = {"do", "if", "in", "of", "as", "a", "o", "x", "i"} | MATH


def _names() -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            name = "".join(letters)
            if name not in RESERVED:
                yield name


def number(value: float) -> str:
    """A constant with all its digits, as short as JavaScript allows: 0.5 → .5, 86400.0 → 86400, 1000000.0 → 1e6."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value).replace("e+", "e")
    text = re.sub(r"(0{3,})$", lambda zeros: f"e{len(zeros[0])}", text.removesuffix(".0"))
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


class Writer:
    """Writes the nodes of one function: what is used once is inlined, what is used often gets a name."""

    def __init__(self, trace: Trace, roots: Sequence, swept: str | None = None):
        self.slot = {name: i for i, name in enumerate(trace.inputs)}
        self.swept = swept
        self.nodes = reachable(roots)
        self.uses = Counter(x.order for node in self.nodes for x in node.operands if isinstance(x, Tracer))
        self.uses.update(x.order for x in roots if isinstance(x, Tracer))
        self.text: dict[int, tuple[str, int]] = {}
        self.before: list[str] = []
        self.inside: list[str] = []
        names = _names()
        varying: set[int] = set()
        for node in self.nodes:
            varies = node.operation == "input" and node.operands[0] == swept
            varies |= any(x.order in varying for x in node.operands if isinstance(x, Tracer))
            if varies:
                varying.add(node.order)
        crosses = {
            x.order for node in self.nodes if node.order in varying
            for x in node.operands if isinstance(x, Tracer) and x.order not in varying
        } | {x.order for x in roots if isinstance(x, Tracer)}  # fmt: skip
        for node in self.nodes:
            text, binding = self._expression(node)
            hoisted = swept is not None and node.order in crosses and node.order not in varying
            if (self.uses[node.order] > 1 or hoisted) and text not in ("x[i]",):
                name = next(names)
                (self.inside if node.order in varying else self.before).append(f"{name}={text}")
                text, binding = name, ATOM
            self.text[node.order] = (text, binding)

    def _expression(self, node: Tracer) -> tuple[str, int]:
        if node.operation == "input":
            name = node.operands[0]
            return ("x[i]" if name == self.swept else f"a[{self.slot[name]}]"), ATOM
        operation = OPERATIONS[node.operation]
        parts = [self.operand(x, needed) for x, needed in zip(node.operands, operation.operands)]
        text = operation.template.format(*parts)
        return text.replace("--", "- -").replace("+-", "+ -") if "--" in text else text, operation.binding

    def operand(self, x, needed: int = 0) -> str:
        if isinstance(x, Tracer):
            text, binding = self.text[x.order]
        else:
            text = number(x)
            binding = UNARY if text.startswith("-") else ATOM
        return f"({text})" if binding < needed else text


def _constants(lines: list[str]) -> str:
    return f"const {','.join(lines)};" if lines else ""


def run_function(trace: Trace) -> str:
    """`(a,o)=>{...}`: all outputs of the model at one point."""
    writer = Writer(trace, list(trace.outputs.values()))
    stores = "".join(f"o[{i}]={writer.operand(x)};" for i, x in enumerate(trace.outputs.values()))
    return f"(a,o)=>{{{_constants(writer.before)}{stores}}}"


def sweep_function(trace: Trace, swept: str, outputs: Sequence[str]) -> str:
    """`(a,x,o)=>{...}`: `outputs` for every value x of the input `swept`, as o[k][i]."""
    roots = [trace.outputs[name] for name in outputs]
    writer = Writer(trace, roots, swept)
    stores = "".join(f"o[{k}][i]={writer.operand(root)};" for k, root in enumerate(roots))
    loop = f"for(let i=0;i<x.length;i++){{{_constants(writer.inside)}{stores}}}"
    return f"(a,x,o)=>{{{_constants(writer.before)}{loop}}}"


def model_script(name: str, trace: Trace, sweeps: Sequence[tuple[str, Sequence[str]]] = ()) -> str:
    """The classic script that hands the page the model of figure `name`: no text is evaluated at run time."""
    functions = [run_function(trace), *(sweep_function(trace, swept, outputs) for swept, outputs in sweeps)]
    body = f"({{run:{functions[0]},sweeps:[{','.join(functions[1:])}]}})"
    used = [sorted(n for n in names if any(f"{n}(" in f for f in functions)) for names in (MATH, OWN)]
    signature = ",".join(f"{{{','.join(names)}}}" for names in used)
    return f"(globalThis.livefigureModels??={{}})[{json.dumps(name)}]=({signature})=>{body}"
