"""From a trace to JavaScript: the page's copy of the model, a few hundred bytes of plain arithmetic.

A model is shipped as a factory `(math, own) => run`. `run(a, o, v)` reads the inputs from the array `a` and writes numbers
to `o` and arrays to `v`. For a curve along an input the page runs it at each point. A long loop is a function of its own
beside `run`, which is given what it reads and gives back the numbers that it makes: engines compile functions one by one,
a short one sooner, and one that is too long not at all.

What is computed when, and in which loop, is `plan.py`'s to say; what of a grid's values few axes decide, `axes.py`'s.
"""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count, product
from string import ascii_letters

from .axes import along_axes
from .graph import Table, Tracer
from .literals import array, element, number
from .operations import ARITHMETIC, ATOM, CALL, MATH, OPERATIONS, OWN, REDUCTIONS, UNARY, call
from .plan import MADE_BY_LOOPS, Loop, Plan, is_there, scan_of, tracers
from .trace import Trace

RESERVED = {"do", "if", "in", "of", "as", "a", "o", "v", "i"} | MATH | OWN
# |Σ x[n] e^(−2πikn/N)| for the next k, computed anew where x has changed. Few models ask for it, so it comes with those that do.
HARMONIC = (
    "const H=new WeakMap,harmonic=(x,k)=>{let h=H.get(x);const n=x.length;if(!k&&!(h&&h[0].every((y,i)=>y==x[i]))){"
    "const c=x.map((y,i)=>cos(6.283185307179586*i/n)),s=x.map((y,i)=>sin(6.283185307179586*i/n)),z=[];"
    "for(let j=0;j<=n/2;j++){let p=0,q=0;for(let i=0,t=0;i<n;i++){p+=x[i]*c[t];q+=x[i]*s[t];t+=j;if(t>=n)t-=n}z.push(sqrt(p*p+q*q))}"
    "H.set(x,h=[x.slice(),z])}return h[1][k]};"
)
ROWS = 500  # turns of a loop that hands its numbers on as rows, short to write; a longer one fills arrays, which takes no memory anew
LONG = 500  # characters of a loop that is a function of its own, which takes some dozens to call; V8 gave up on one function of 9,000, now and then for good
DEEPEST = 100  # calls within calls that one expression may hold: browsers read a few thousand, and no one reads more
NAME = re.compile(r"(?<![\w.$])[A-Za-z]+\b")


def _names() -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            name = "".join(letters)
            if name not in RESERVED:
                yield name


class Arrays:
    """The arrays of a model: known numbers, and room for what loops leave behind."""

    def __init__(self):
        self.texts: list[str] = []

    def known(self, values: Sequence[float]) -> str:
        """The name of an array of known numbers; equal ones share it."""
        text = array(values)
        return f"${self.texts.index(text)}" if text in self.texts else self._add(text)

    def room(self, length: int) -> str:
        """The name of a new array of `length` numbers to be written."""
        return self._add(f"new Float64Array({length})")

    def rows(self) -> str:
        """The name of a new array of rows of numbers."""
        return self._add("[]")

    def _add(self, text: str) -> str:
        self.texts.append(text)
        return f"${len(self.texts) - 1}"

    def declaration(self) -> str:
        return _declare("const", [f"${i}={text}" for i, text in enumerate(self.texts)])


class Writer(Plan):
    """Writes the body of `run`. What is used once is inlined; what is used often, or in a loop, gets a name.

    stores: (value, target) pairs, where a target is `o[3]` or, for the elements of an array, `v[0][i]`.
    """

    def __init__(self, trace: Trace, stores: Sequence[tuple]):
        super().__init__(stores)
        self.arrays = Arrays()
        self.slot = {name: i for i, name in enumerate(trace.inputs)}
        self.new_names, self.old_names = _names(), deque()  # the old ones were those of a loop that is written
        self.text: dict[int, tuple[str, int]] = {}
        self.depth: dict[int, int] = {}  # how deep the text of each value is
        self.kept: dict[int, str] = {}  # arrays that are read outside their own loop, by the name of their store
        self.inner: list[str] = []  # names within the loop that is being written
        self.handed: set[str] = set()  # names that rows have
        self.rows: dict[Loop, str] = {}  # what a loop hands on to longer ones, a row for each turn
        self.outer: set[str] = {"a", "o", "v"}  # names that a loop may read from outside
        self.made: list[str] = []  # numbers that the loop that is being written makes
        self.functions: list[str] = []  # long loops
        stages = "".join(self._stage(k) for k in range(max(self.stage.values(), default=0) + 1))
        self.body = stages + "".join(self._final(value, target) for value, target in stores)

    def _final(self, value, target: str) -> str:
        """What is stored when all loops have ended: numbers, and arrays that are no work."""
        whole = target.removesuffix("[i]")
        if not isinstance(value, Tracer) or value.length is None:
            return f"{target}={self.operand(value)};" if whole == target else f"{whole}.fill({self.operand(value)});"
        return f"{whole}.set({self.arrays.known(value.operands[0].values)});" if value.operation == "table" else ""

    # Text -------------------------------------------------------------------------------------------------------------

    def operand(self, x, needed: int = 0, stage: int | None = None, at: str = "i") -> str:
        """x as an operand that must bind at least as strongly as `needed`; of an array, element `at`."""
        if not isinstance(x, Tracer):
            text = self.arrays.known(x.values) if isinstance(x, Table) else number(x)
            binding = UNARY if text.startswith("-") else ATOM
        elif x.operation == "table":
            text, binding = element(x.operands[0].values, at, self.arrays.known)
        elif is_there(x):
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
            return f"a[{self.slot[first]}]{'' if node.length is None else '[i]'}", CALL
        if node.operation == "spread":
            return self.operand(first, CALL, stage, at=self.operand(others[0], stage=stage)), CALL
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
        depth = 1 + max((self.depth.get(x.order, 0) for x in tracers(node.operands)), default=0)
        if named or depth > DEEPEST:
            name = self._name()
            lines.append(f"{name}={text}")
            self.inner.append(name)
            text, binding, depth = name, ATOM, 0
        self.text[node.order], self.depth[node.order] = (text, binding), depth

    def _name(self) -> str:
        return self.old_names.popleft() if self.old_names else next(self.new_names)

    # A stage: its constants, then its loops ------------------------------------------------------------------------------

    def _stage(self, stage: int) -> str:
        constants: list[str] = []
        for node in self.nodes:
            if self.stage[node.order] == stage and node.length is None and node.operation not in MADE_BY_LOOPS:
                users = self.users[node.order]
                looped = any(user.length is not None for user in users)
                self._settle(node, constants, looped or len(users) + len(self.targets[node.order]) > 1)
        self.outer.update(line.partition("=")[0] for line in constants)
        loops = [loop for loop in self.loops if loop[0] == stage and loop not in self.around.values()]
        return _declare("const", constants) + "".join(map(self._loop, loops))

    def _loop(self, loop: Loop) -> str:
        """A loop with those around it."""
        nest = [loop]
        while nest[0] in self.around:
            nest.insert(0, self.around[nest[0]])
        self.inner.clear()
        self.made.clear()
        turns = [self._turn(*one) for one in nest]
        text = ""
        for (_, length), (_, lines, ends), outer in reversed([*zip(nest, turns, [None, *nest])]):
            if not (lines or ends or text):
                return ""  # an array that is there anyway
            start, end = "0", f"{length}"
            if outer:
                start, held = self._name(), length // outer[1]
                self.inner.append(start)
                turns[nest.index(outer)][1].append(f"{start}={held}*i")
                end = f"{start}+{held}"
            text = f"for(let i={start};i<{end};i++){{{_declare('const', lines)}{''.join(f'{line};' for line in ends)}{text}}}"
        self.old_names.extend(name for name in self.inner if name not in self.handed)
        text = _declare("let", [line for before, _, _ in turns for line in before]) + text
        if len(text) > LONG:
            text = self._function(text)
        self.outer.update(self.made)
        return text

    def _function(self, loop: str) -> str:
        """A call of a new function that runs `loop`."""
        name = f"_{len(self.functions)}"
        given = ",".join(name for name in dict.fromkeys(NAME.findall(loop)) if name in self.outer)
        made = f"{{{','.join(dict.fromkeys(self.made))}}}"
        self.functions.append(f"{name}=({given})=>{{{loop}return{made}}}" if self.made else f"{name}=({given})=>{{{loop}}}")
        return f"const{made}={name}({given});" if self.made else f"{name}({given});"

    def _turn(self, stage: int, length: int) -> tuple[list[str], list[str], list[str]]:
        """What a loop starts with, what each of its turns computes and what it leaves behind."""
        members = self.loops[stage, length]
        before: list[str] = []  # what the loop starts with
        lines: list[str] = []  # what each turn computes
        ends: list[str] = []  # what each turn leaves behind
        handed: list[str] = []  # what each turn hands on to longer loops
        carries = {x.order: self._name() for x in members if x.operation == "carry"}
        following = {x.order for carry in members if carry.order in carries for x in tracers(scan_of(carry).following)}
        for node in members:
            users, targets = self.users[node.order], self.targets[node.order]
            reductions = list(dict.fromkeys(user for user in users if user.operation in REDUCTIONS))
            waiting = [user for user in users if self.stage[user.order] > stage and user.operation not in ("last", *REDUCTIONS)]
            later = [user for user in waiting if user.operation != "spread" or user.operands[0] is not node]  # a place is wanted in its loop
            spread = any(user.operation == "spread" and user.operands[0] is node for user in users)
            if spread and length > ROWS and (stage, length) not in self.around.values():
                later.append(node)
            if node.order in carries:
                before.append(f"{carries[node.order]}={self.operand(node.operands[0], stage=stage)}")
                self.text[node.order] = carries[node.order], ATOM
            often = not is_there(node) and (len(users) + len(targets) + len(later) > 1 or reductions or spread or node.order in following)
            if node.operation == "spread" and node.operands[0].order not in self.kept:
                self._fetch(node, members, lines)
            else:
                self._settle(node, lines, often and (node.order not in carries or node.order in following))
            text, _ = self.text[node.order]
            if later and not is_there(node):
                self.kept[node.order] = self.arrays.room(length)
                ends.append(f"{self.kept[node.order]}[i]={text}")
            if spread and node.order not in self.kept:
                handed.append(text)
            for reduction in reductions:
                names = {"r": self._name(), "k": self._name()}
                start, turn = REDUCTIONS[reduction.operation]
                before.append(start.format(**names))
                ends.append(turn.format(**names, x=text))
                self.text[reduction.order] = names["r"], ATOM
                self.made.append(names["r"])
            ends += [f"{target}={text}" for target in targets]
        for node in members:
            if node.order in carries:
                ends.append(f"{carries[node.order]}={self.operand(scan_of(node).after(node), stage=stage)}")
                for last in self.users[node.order]:
                    if last.operation == "last":
                        self.text[last.order] = carries[node.order], ATOM
                        self.made.append(carries[node.order])
        if handed and (stage, length) not in self.around.values():
            self.rows[stage, length] = self.arrays.rows()
            ends.append(f"{self.rows[stage, length]}[i]={{{','.join(handed)}}}")
            self.handed.update(handed)
        return before, lines, ends

    def _fetch(self, node: Tracer, members: list[Tracer], lines: list[str]) -> None:
        """Give `node`, and all that comes from the same row, the names that the shorter loop gave them."""
        if node.order in self.text:
            return
        made, place = node.operands
        source = self.loop_of(made)
        row = [x for x in members if x.operation == "spread" and x.operands[1] is place and x.operands[0].order not in self.kept and self.loop_of(x.operands[0]) == source]
        for x in row:
            self.text[x.order] = self.text[x.operands[0].order]
        if source in self.rows:  # and no loop around this one
            names = (self.text[x.order][0] for x in sorted(row, key=lambda x: x.operands[0].order))
            lines.append(f"{{{','.join(names)}}}={self.rows[source]}[{self.operand(place, stage=self.stage[node.order])}]")


POWER_WITHOUT_VALUE = call("power", 2)  # JavaScript's ** finds no value for 1 to an infinite power


def _may_be_one(x) -> bool:
    return isinstance(x, Tracer) or abs(x) == 1


def _is_finite(x) -> bool:
    return not isinstance(x, Tracer) and math.isfinite(x)


def _declare(kind: str, lines: list[str]) -> str:
    return f"{kind} {','.join(lines)};" if lines else ""


def model_script(name: str, trace: Trace) -> str:
    """The classic script that hands the page the model of figure `name`: no text is evaluated at run time."""
    return f"(globalThis.livefigureModels??={{}})[{json.dumps(name)}]={_factory(trace)}"


def to_javascript(trace: Trace) -> str:
    """The model as a JavaScript expression that needs nothing else: a function of an object with the inputs by dotted
    name, such as {"gpus": 16384, "chip.peak": 989e12}, that gives an object with the outputs: numbers and Float64Arrays.
    TypeError for what is no Trace.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"to_javascript() takes what trace(model, samples) gives, not {trace!r}.")
    inputs, numbers, arrays = (json.dumps(x) for x in (trace.inputs, trace.numbers, trace.arrays))
    return (
        f"(()=>{{\n{ARITHMETIC.read_text(encoding='utf-8')}\nconst run=({_factory(trace)})(Math,own);\n"
        f"return (inputs)=>{{const o=[],v=Object.entries({arrays}).map(([name,length])=>[name,new Float64Array(length)]);"
        f"run({inputs}.map((name)=>inputs[name]),o,v.map(([,array])=>array));"
        f"return Object.fromEntries([...{numbers}.map((name,i)=>[name,o[i]]),...v]);}};\n}})()"
    )


def _factory(trace: Trace) -> str:
    """`(math, own) => run`, which is given only the functions that it uses."""
    trace = along_axes(trace)
    stores = [(trace.outputs[name], f"o[{k}]") for k, name in enumerate(trace.numbers)]
    stores += [(trace.outputs[name], f"v[{k}][i]") for k, name in enumerate(trace.arrays)]
    writer = Writer(trace, stores)
    run = f"(a,o,v)=>{{{writer.body}}}"
    before = writer.arrays.declaration() + _declare("const", writer.functions)
    before = HARMONIC * ("harmonic(" in before + run) + before
    used = [sorted(n for n in names if re.search(rf"\b{n}\(", before + run)) for names in (MATH, OWN)]
    signature = ",".join(f"{{{','.join(names)}}}" for names in used)
    return f"({signature})=>" + (f"{{{before}return{run}}}" if before else run)
