"""From a trace to JavaScript: the page's copy of the model, a few hundred bytes of plain arithmetic.

A model is shipped as a factory `(math, own) => ({run, sweeps})`. `run(a, o, v)` reads the inputs from the array `a` and
writes numbers to `o` and arrays to `v`. A sweep `(a, x, o)` writes to o[k][i] the k-th output for the value x[i] of one
input.

All that does not depend on the place in an array, or on the swept value, is computed once, before the loop. Arrays of
the same length share a loop unless one of them needs a number that the loop makes (a sum, a best place). `stage` counts
how many loops must have ended before a value can be computed: each stage is a few constants followed by its loops.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, product
from string import ascii_letters

from .graph import Table, Tracer
from .literals import array, element, number
from .operations import ARITHMETIC, ATOM, CALL, MATH, OPERATIONS, OWN, REDUCTIONS, UNARY, call
from .refusal import TraceError
from .trace import Trace, reachable

RESERVED = {"do", "if", "in", "of", "as", "a", "o", "v", "x", "i"} | MATH | OWN
SWEPT = "x.length"
# |Σ x[n] e^(−2πikn/N)| for the next k, computed anew where x has changed. Few models ask for it, so it comes with those that do.
HARMONIC = (
    "const H=new WeakMap,harmonic=(x,k)=>{let h=H.get(x);const n=x.length;if(!k&&!(h&&h[0].every((y,i)=>y==x[i]))){"
    "const c=x.map((y,i)=>cos(6.283185307179586*i/n)),s=x.map((y,i)=>sin(6.283185307179586*i/n)),z=[];"
    "for(let j=0;j<=n/2;j++){let p=0,q=0;for(let i=0,t=0;i<n;i++){p+=x[i]*c[t];q+=x[i]*s[t];t+=j;if(t>=n)t-=n}z.push(sqrt(p*p+q*q))}"
    "H.set(x,h=[x.slice(),z])}return h[1][k]};"
)
DEEPEST = 100  # calls within calls that one expression may hold: browsers read a few thousand, and no one reads more


def _names() -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            name = "".join(letters)
            if name not in RESERVED:
                yield name


def _tracers(operands) -> list[Tracer]:
    return [x for x in operands if isinstance(x, Tracer)]


class Arrays:
    """The arrays that the functions of one model have in common: known numbers, and room for what loops leave behind."""

    def __init__(self):
        self.texts: list[str] = []

    def known(self, values: Sequence[float]) -> str:
        """The name of an array of known numbers; equal ones share it."""
        text = array(values)
        return f"${self.texts.index(text)}" if text in self.texts else self._add(text)

    def room(self, length: int) -> str:
        """The name of a new array of `length` numbers to be written."""
        return self._add(f"new Float64Array({length})")

    def _add(self, text: str) -> str:
        self.texts.append(text)
        return f"${len(self.texts) - 1}"

    def declaration(self) -> str:
        return _declare("const", [f"${i}={text}" for i, text in enumerate(self.texts)])


class Writer:
    """Writes the body of one function. What is used once is inlined; what is used often, or in a loop, gets a name.

    stores: (value, target) pairs, where a target is `o[3]` or, for the elements of an array, `v[0][i]`.
    """

    def __init__(self, trace: Trace, stores: Sequence[tuple], arrays: Arrays, swept: str | None = None):
        self.arrays = arrays
        self.slot = {name: i for i, name in enumerate(trace.inputs)}
        self.swept = swept
        self.nodes = reachable(value for value, _ in stores)
        self.users: dict[int, list[Tracer]] = defaultdict(list)
        for node in self.nodes:
            after = [_scan(node).after(node)] if node.operation == "carry" else []
            for x in _tracers([*node.operands, *after]):
                self.users[x.order].append(node)
        self.names = _names()
        self.text: dict[int, tuple[str, int]] = {}
        self.depth: dict[int, int] = {}  # how deep the text of each value is
        self.kept: dict[int, str] = {}  # arrays that are read outside their own loop, by the name of their store
        self.length = self._lengths()
        self.stage = self._stages()
        self.targets: dict[int, list[str]] = defaultdict(list)
        for value, target in stores:
            if isinstance(value, Tracer):
                self.targets[value.order].append(target)
        stages = "".join(self._stage(k) for k in range(max(self.stage.values(), default=0) + 1))
        self.body = stages + "".join(self._final(value, target) for value, target in stores)

    def _final(self, value, target: str) -> str:
        """What is stored when all loops have ended: numbers, and arrays that are no work."""
        whole = target.removesuffix("[i]")
        if not isinstance(value, Tracer) or self.length[value.order] is None:
            return f"{target}={self.operand(value)};" if whole == target else f"{whole}.fill({self.operand(value)});"
        return f"{whole}.set({self.arrays.known(value.operands[0].values)});" if value.operation == "table" else ""

    # What runs when -------------------------------------------------------------------------------------------------

    def _lengths(self) -> dict[int, int | str | None]:
        """How long each value is in this function: in a sweep, all that varies with the swept input is an array."""
        found: dict[int, int | str | None] = {}
        for node in self.nodes:
            varies = node.operation == "input" and node.operands[0] == self.swept
            varies |= any(found[x.order] == SWEPT for x in _tracers(node.operands))
            found[node.order] = SWEPT if varies else node.length
        return found

    def _stages(self) -> dict[int, int]:
        """For each value the number of loops that must have ended before it can be computed."""
        stage: dict[int, int] = {}
        scans = [node for node in self.nodes if node.operation == "carry"]
        floor = dict.fromkeys((carry.order for carry in scans), 0)
        for _ in range(len(scans) + 2):
            for node in self.nodes:
                stage[node.order] = max(floor.get(node.order, 0), *(self._ready(x, node, stage) for x in _tracers(node.operands)), 0)
            wanted = {c.order: max((stage[x.order] for x in _tracers(_scan(c).following)), default=0) for c in scans}
            if wanted == floor:
                return stage
            floor = wanted
        raise TraceError("a scan needs a number that is made of its own results: that would never end.")

    def _ready(self, x: Tracer, node: Tracer, stage: dict[int, int]) -> int:
        """The stage from which `node` may use x: what is made of a whole array has to wait for the array's loop."""
        whole = node.operation in ("take", "harmonic") and x is node.operands[0]  # of which any element may be wanted
        waits = self.length[x.order] is not None and (whole or self.length[x.order] != self.length[node.order])
        return stage[x.order] + (waits and (node.operation in REDUCTIONS or not _is_there(x)))

    # Text -------------------------------------------------------------------------------------------------------------

    def operand(self, x, needed: int = 0, stage: int | None = None, at: str = "i") -> str:
        """x as an operand that must bind at least as strongly as `needed`; of an array, element `at`."""
        if not isinstance(x, Tracer):
            text = self.arrays.known(x.values) if isinstance(x, Table) else number(x)
            binding = UNARY if text.startswith("-") else ATOM
        elif x.operation == "table":
            text, binding = element(x.operands[0].values, at, self.arrays.known)
        elif _is_there(x):
            text, binding = f"{self._whole(x)}[{at}]", CALL
        elif x.order in self.kept and (stage != self.stage[x.order] or at != "i"):
            text, binding = f"{self.kept[x.order]}[{at}]", CALL
        else:
            text, binding = self.text[x.order]
        return f"({text})" if binding < needed else text

    def _expression(self, node: Tracer) -> tuple[str, int]:
        stage = self.stage[node.order]
        first, *others = node.operands
        if node.operation == "input":
            return ("x[i]" if first == self.swept else f"a[{self.slot[first]}]{'' if node.length is None else '[i]'}"), CALL
        if node.operation == "take":
            at = self.operand(others[0], stage=stage)
            if isinstance(others[0], Tracer) and others[0].operation not in ("argmin", "argmax"):
                at = f"wrap({at},{first.length})"
            return self.operand(first, CALL, stage, at=at), CALL
        if node.operation == "interp":
            return f"interp({','.join(self.operand(x, stage=stage) for x in node.operands)})", CALL
        if node.operation == "least":
            return f"least({self._whole(first)},{number(others[0])}*i,{number(others[0])})", CALL
        if node.operation == "harmonic":
            return f"harmonic({self._whole(first)},i)", CALL
        operation = OPERATIONS[node.operation]
        if node.operation == "power" and _may_be_one(first) and not _is_finite(others[0]):
            operation = POWER_WITHOUT_VALUE
        parts = [self.operand(x, needed, stage) for x, needed in zip(node.operands, operation.operands)]
        return operation.template.format(*parts).replace("--", "- -"), operation.binding

    def _whole(self, array: Tracer) -> str:
        """The name of an array that is there before the loop begins."""
        if array.operation == "table":
            return self.arrays.known(array.operands[0].values)
        return f"a[{self.slot[array.operands[0]]}]" if array.operation == "input" else self.kept[array.order]

    def _settle(self, node: Tracer, lines: list[str], named: bool) -> None:
        """Give `node` its text: the expression itself, or a name and, in `lines`, the line that computes it."""
        text, binding = self.text.get(node.order) or self._expression(node)
        depth = 1 + max((self.depth.get(x.order, 0) for x in _tracers(node.operands)), default=0)
        if (named or depth > DEEPEST) and text != "x[i]":
            name = next(self.names)
            lines.append(f"{name}={text}")
            text, binding, depth = name, ATOM, 0
        self.text[node.order], self.depth[node.order] = (text, binding), depth

    # A stage: its constants, then its loops ------------------------------------------------------------------------------

    def _stage(self, stage: int) -> str:
        made_by_loops = ("table", "last", *REDUCTIONS)
        here = [x for x in self.nodes if self.stage[x.order] == stage and x.operation not in made_by_loops]
        constants: list[str] = []
        for node in here:
            if self.length[node.order] is None:
                users = self.users[node.order]
                looped = any(self.length[user.order] is not None for user in users)
                self._settle(node, constants, looped or len(users) + len(self.targets[node.order]) > 1)
        lengths = dict.fromkeys(self.length[x.order] for x in here if self.length[x.order] is not None)
        loops = (self._loop(stage, length, [x for x in here if self.length[x.order] == length]) for length in lengths)
        return _declare("const", constants) + "".join(loops)

    def _loop(self, stage: int, length: int | str, members: list[Tracer]) -> str:
        before: list[str] = []  # what the loop starts with
        lines: list[str] = []  # what each turn computes
        ends: list[str] = []  # what each turn leaves behind
        carries = {x.order: next(self.names) for x in members if x.operation == "carry"}
        following = {x.order for carry in members if carry.order in carries for x in _tracers(_scan(carry).following)}
        for node in members:
            users, targets = self.users[node.order], self.targets[node.order]
            reductions = list(dict.fromkeys(user for user in users if user.operation in REDUCTIONS))
            later = [user for user in users if self.stage[user.order] > stage and user.operation not in ("last", *REDUCTIONS)]
            if node.order in carries:
                before.append(f"{carries[node.order]}={self.operand(node.operands[0], stage=stage)}")
                self.text[node.order] = carries[node.order], ATOM
            often = not _is_there(node) and (len(users) + len(targets) + len(later) > 1 or reductions or node.order in following)
            self._settle(node, lines, often and (node.order not in carries or node.order in following))
            text, _ = self.text[node.order]
            if later and not _is_there(node):
                self.kept[node.order] = self.arrays.room(length)
                ends.append(f"{self.kept[node.order]}[i]={text}")
            for reduction in reductions:
                names = {"r": next(self.names), "k": next(self.names)}
                start, turn = REDUCTIONS[reduction.operation]
                before.append(start.format(**names))
                ends.append(turn.format(**names, x=text))
                self.text[reduction.order] = names["r"], ATOM
            ends += [f"{target}={text}" for target in targets]
        for node in members:
            if node.order in carries:
                ends.append(f"{carries[node.order]}={self.operand(_scan(node).after(node), stage=stage)}")
                for last in self.users[node.order]:
                    if last.operation == "last":
                        self.text[last.order] = carries[node.order], ATOM
        body = _declare("const", lines) + "".join(f"{line};" for line in ends)
        if not body:
            return ""  # an array that is there anyway
        return _declare("let", before) + f"for(let i=0;i<{length};i++){{{body}}}"


POWER_WITHOUT_VALUE = call("power", 2)  # JavaScript's ** finds no value for 1 to an infinite power


def _may_be_one(x) -> bool:
    return isinstance(x, Tracer) or abs(x) == 1


def _is_there(x: Tracer) -> bool:
    """Whether x is an array that no loop has to make."""
    return x.operation == "table" or x.operation == "input" and x.length is not None


def _is_finite(x) -> bool:
    return not isinstance(x, Tracer) and math.isfinite(x)


def _scan(carry: Tracer):
    return carry.graph.scan_of(carry)


def _declare(kind: str, lines: list[str]) -> str:
    return f"{kind} {','.join(lines)};" if lines else ""


def run_function(trace: Trace, arrays: Arrays) -> str:
    """`(a,o,v)=>{...}`: all outputs of the model at one point."""
    stores = [(trace.outputs[name], f"o[{k}]") for k, name in enumerate(trace.numbers)]
    stores += [(trace.outputs[name], f"v[{k}][i]") for k, name in enumerate(trace.arrays)]
    return f"(a,o,v)=>{{{Writer(trace, stores, arrays).body}}}"


def sweep_function(trace: Trace, swept: str, outputs: Sequence[str], arrays: Arrays) -> str:
    """`(a,x,o)=>{...}`: `outputs` for every value x of the input `swept`, as o[k][i].

    Of a model that loops by itself, what makes these outputs runs once for each value.
    """
    roots = [trace.outputs[name] for name in outputs]
    if not any(node.length is not None for node in reachable(roots)):
        return f"(a,x,o)=>{{{Writer(trace, [(root, f'o[{k}][i]') for k, root in enumerate(roots)], arrays, swept).body}}}"
    once = f"(a,o)=>{{{Writer(trace, [(root, f'o[{k}]') for k, root in enumerate(roots)], arrays).body}}}"
    place = trace.inputs.index(swept) if swept in trace.inputs else len(trace.inputs)  # one that no output depends on
    return f"(a,x,o)=>{{const f={once},b=[...a],r=[];for(let i=0;i<x.length;i++){{b[{place}]=x[i];f(b,r);for(const k in o)o[k][i]=r[k]}}}}"


def model_script(name: str, trace: Trace, sweeps: Sequence[tuple[str, Sequence[str]]] = ()) -> str:
    """The classic script that hands the page the model of figure `name`: no text is evaluated at run time."""
    return f"(globalThis.livefigureModels??={{}})[{json.dumps(name)}]={_factory(trace, sweeps)}"


def to_javascript(trace: Trace) -> str:
    """The model as a JavaScript expression that needs nothing else: a function of an object with the inputs by dotted
    name, such as {"gpus": 16384, "chip.peak": 989e12}, that gives an object with the outputs: numbers and Float64Arrays.
    """
    inputs, numbers, arrays = (json.dumps(x) for x in (trace.inputs, trace.numbers, trace.arrays))
    return (
        f"(()=>{{\n{ARITHMETIC.read_text(encoding='utf-8')}\nconst {{run}}=({_factory(trace)})(Math,own);\n"
        f"return (inputs)=>{{const o=[],v=Object.entries({arrays}).map(([name,length])=>[name,new Float64Array(length)]);"
        f"run({inputs}.map((name)=>inputs[name]),o,v.map(([,array])=>array));"
        f"return Object.fromEntries([...{numbers}.map((name,i)=>[name,o[i]]),...v]);}};\n}})()"
    )


def _factory(trace: Trace, sweeps: Sequence[tuple[str, Sequence[str]]] = ()) -> str:
    """`(math, own) => ({run, sweeps})`, which is given only the functions that it uses."""
    arrays = Arrays()
    functions = [run_function(trace, arrays), *(sweep_function(trace, *sweep, arrays) for sweep in sweeps)]
    result = f"{{run:{functions[0]},sweeps:[{','.join(functions[1:])}]}}"
    helper = HARMONIC if any("harmonic(" in function for function in functions) else ""
    before = helper + arrays.declaration()
    body = f"{{{before}return{result}}}" if before else f"({result})"
    used = [sorted(n for n in names if any(re.search(rf"\b{n}\(", f) for f in [*functions, helper])) for names in (MATH, OWN)]
    signature = ",".join(f"{{{','.join(names)}}}" for names in used)
    return f"({signature})=>{body}"
