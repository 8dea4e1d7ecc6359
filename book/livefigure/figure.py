"""The live figure: a model, its controls and its drawing, alive in a static page and in a notebook alike."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import warnings
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial

import anywidget
import numpy as np
import traitlets
from matplotlib.text import Text
from PIL import Image

from . import bring, card, goal, svg
from .assets import FOR_A_PAGE, bring_saved, figure_module, nobody_looks_on, runtime_widget
from .bring import Take
from .checks import check_kinds, check_sizes
from .controls import OWN, Choice, Control, Guess, Readout
from .drawing import Drawing
from .goal import Goal
from .javascript import model_script
from .look import COLOR
from .numbers import fill, pieces
from .onward import Onward
from .rendering import render
from .spec import described, spec, sweeps, used
from .trace import Trace, check_arguments, flat, trace
from .uncertainty import Uncertainty

NAME = re.compile(r"[A-Za-z][\w-]*", re.ASCII)
MEMORY = 8  # results that a figure remembers
HEAVY = 50_000  # characters of a model's script, of which each reader loads all; the book's largest has a fifth of it
SIZES = {"wide": (6.9, 3.5), "narrow": (3.6, 3.3)}  # inches


class Values(dict):
    """Numbers of a figure by name, to read. Changed in place, they would say one thing and the figure another."""

    def _refuse(self, *args, **kwargs):
        raise TypeError("to move a figure, assign what is to change, as in figure.inputs = {**figure.inputs, 'gpus': 1024}; its values can't be changed in place.")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse


class LiveFigure(anywidget.AnyWidget):
    """A matplotlib figure that recomputes when its controls move.

    name: the figure's name in links and in the page's HTML, such as "fifty-four-days".
    model: a function of the inputs, by keyword, that returns a mapping of named numbers. It must trace (trace.py).
    draw: a function that draws on a `Drawing`; it is called twice, for a wide and for a narrow page.
    title: the question the figure answers. kicker: the small line above it. finding: the answer below it in one
    sentence, with values to fill in.
    controls: input → Slider or Choice. readouts: the numbers shown under the figure.
    presets: label → the inputs it sets; all others go back to their defaults.
    summary: the text alternative, with values to fill in, as in "{days:.1f} days on {gpus:,.0f} GPUs".
    guess: what the reader may guess before the figure shows it.
    takes: files of the reader's own that set inputs, where the page has a script that reads them.
    onward: other figures that can show what this one stands at, as links.
    goals: what the reader may play for; each is one more output, "goal.1" and so on: 1 where it is reached, else 0.
    fixed: further arguments of the model, which no control moves: numbers, arrays (a grid of layouts), records of either.
    uncertainty: how far off the model may be. Each output that depends on it gets two more, such as "low.days" and
    "high.days"; readouts show them as a range, curves as a band.
    note: a few words in the foot, such as what the band holds.
    extrapolated: an output that is not 0 where the note and the band no longer hold; the figure then says so.
    sources: where constants inside the model come from.
    version: of the state in a link; raise it when the meaning of the inputs changes, so that old links say so.

    A figure draws itself when it is first shown; what its drawing may not ask for is refused then.
    `inputs` and `outputs` hold the current values in a notebook; both can be observed and linked, and assigning
    `inputs` (all, or only some of them) moves the figure. ValueError names an input that is unknown or out of range.
    """

    credit = ""  # the title, authors and licence that a download names: LiveFigure.credit = "…" sets it for a whole book

    inputs = traitlets.Dict(help="input → number, or the name of the chosen record").tag(sync=True)
    outputs = traitlets.Dict(help="output → number, nested names joined by dots; None where it does not exist; arrays are left out").tag(sync=True)
    # What a notebook's page gets, made when it is first asked for: a figure that nobody looks at draws nothing.
    _card = traitlets.Unicode().tag(sync=True)
    _spec = traitlets.Dict().tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _runtime = anywidget.WidgetTrait().tag(sync=True)

    def __init__(
        self,
        name: str,
        model: Callable,
        draw: Callable,
        *,
        title: str,
        controls: Mapping[str, Control],
        readouts: list[Readout],
        summary: str,
        kicker: str = "",
        finding: str = "",
        presets: Mapping[str, Mapping] = {},
        guess: Guess | None = None,
        goals: Sequence[Goal] = (),
        takes: Sequence[Take] = (),
        onward: Sequence[Onward] = (),
        sizes: Mapping[str, tuple[float, float]] = SIZES,
        fixed: Mapping[str, object] = {},
        uncertainty: Uncertainty | None = None,
        note: str = "",
        extrapolated: str = "",
        sources: Sequence[str] = (),
        version: int = 1,
    ):
        told = dict(locals())
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(f"a figure's name stands in links: write letters, digits, - and _, not {name!r}.")
        check_kinds(name, told)
        check_sizes(name, sizes, SIZES)
        if "v" in controls:
            raise ValueError(f"{name}: an input can't be called 'v', which is the version in a link.")
        check_arguments(name, model, {"a control": controls, "`fixed`": fixed, "`uncertainty`": [uncertainty.factor] if uncertainty else []})
        self.name, self.model, self.draw, self.title, self.kicker, self.version = name, model, draw, title, kicker, version
        self.controls, self.readouts = dict(controls), list(readouts)
        self.finding = finding
        self.summary, self.guess, self.sizes, self.fixed = summary, guess, sizes, {key: _unwritable(value) for key, value in fixed.items()}
        self.uncertainty, self.note, self.extrapolated, self.sources = uncertainty, note, extrapolated, [sources] if isinstance(sources, str) else list(sources)
        self.goals, self.takes, self.onward = list(goals), list(takes), list(onward)
        bring.check(name, takes, controls)
        self._memory: dict[tuple, dict] = {}
        self._made = False
        self.defaults = self._state({key: control.value for key, control in self.controls.items()})
        self.presets = {label: self._state(preset, f"preset {label!r}: ") for label, preset in presets.items()}
        self.solutions = [self._state(goal.solution, f"goal {goal.task!r}: ") for goal in self.goals]
        self._check_names()
        super().__init__(inputs=self.defaults)
        self._made = True

    def _check_names(self) -> None:
        """ValueError for an output with the name of an input, and for whatever names what the model does not give."""
        if twice := self.trace.outputs.keys() & self.controls.keys():
            raise ValueError(f"{self.name}: {', '.join(map(repr, sorted(twice)))} is the name of an input and of an output; rename one.")
        numbers = [*self.trace.numbers, *(key for key, control in self.controls.items() if not isinstance(control, Choice))]
        named = [r.output for r in self.readouts] + [self.extrapolated] + [self.guess.output if self.guess else ""]
        named += [getattr(control, option, "") for control in self.controls.values() for option in ("enabled", "at_most")]
        named = [(name, numbers) for name in named if name]
        taken = [of for link in self.onward for named_there in link.sets.values() for of in ([named_there] if isinstance(named_there, str) else named_there.values() if isinstance(named_there, Mapping) else named_there)]
        named += [(name, [*self.trace.outputs, *self.controls]) for name in (*taken, *(name for link in self.onward for name in link.unless))]
        named += [(piece[0], [*self.trace.outputs, *self.controls]) for text in (self.summary, self.finding) for piece in pieces(text) if not isinstance(piece, str)]
        for name, known in named:
            if name not in known:
                raise ValueError(f"{self.name}: {name!r} is neither an output nor an input. Known: {', '.join(known)}.")
        described(self.controls, self.trace)

    def __setattr__(self, name, value):
        """`figure.speedup = 3` would be an attribute that nothing reads."""
        if self.__dict__.get("_made") and name in self.controls:
            raise AttributeError(f"{name!r} is an input of {self.name}; move it with figure.inputs = {{{name!r}: {value!r}}}.")
        super().__setattr__(name, value)

    # The widget ---------------------------------------------------------------------------------------------------

    def open(self):
        """Tell the front end of this figure. Not before something is to be shown: all that it shows is drawn first."""
        if self._made:
            super().open()
            if nobody_looks_on():
                bring_saved(self.picture(), self.describe(**self.inputs))

    @property
    def model_id(self):
        """The widget's name in the front end, which from now on knows it."""
        if self.comm is None and self._model_id is None:
            self.open()
        return self.comm and self.comm.comm_id

    def get_state(self, key=None, drop_defaults=False):
        """What the front end is told: some traits, or all of them, for which the figure is drawn."""
        if key is None and not self._esm:
            self._card, self._spec, self._esm, self._runtime = self.card, self.spec, figure_module(self.script), runtime_widget()
        return super().get_state(key, drop_defaults)

    # The model in Python -------------------------------------------------------------------------------------------

    def resolve(self, inputs: Mapping) -> dict:
        """All of the model's arguments: `inputs` over the defaults, records looked up. ValueError names what is wrong."""
        shown = self.defaults | self._state(inputs)
        return {key: control.resolve(key, shown[key]) for key, control in self.controls.items()}

    def _state(self, inputs: Mapping, context: str = "") -> dict:
        """`inputs` as a page holds them: plain numbers, and the names of records. ValueError names what is wrong."""
        for key in inputs:
            if key not in self.controls:
                raise ValueError(f"{context}{self.name} has no input {key!r}. It has: {', '.join(self.controls)}.")
        found = {key: self.controls[key].state(context + key, value) for key, value in inputs.items()}
        for key, value in found.items():
            if isinstance(value, str) and value.startswith(OWN) and (lacking := [path for path in used(self.trace, key) if path[len(key) + 1 :] not in value.split(" ")[1::2]]):
                raise ValueError(f"{context}{key}: a {self.controls[key].label} of your own needs every number that the model reads; {lacking[0]!r} is missing.")
        return found

    @cached_property
    def run(self) -> Callable:
        """The model, with a band around what is uncertain, and its goals; its arguments are those that `resolve` gives, and `fixed`."""
        return goal.around(self._with_band, self.goals) if self.goals else self._with_band

    @cached_property
    def _with_band(self) -> Callable:
        if not self.uncertainty:
            return self.model
        factor = self.uncertainty.factor
        found = trace(self.model, self._samples | {factor: 1.0}, self.fixed)
        uncertain = [name for name in found.outputs if factor in found.sources(name)]
        if own := [f"{end}.{name}" for name in uncertain for end in ("low", "high") if f"{end}.{name}" in found.outputs]:
            raise ValueError(f"{self.name}: {own[0]!r} is an output of the model, and the end of a band as well.")
        return self.uncertainty.around(self.model, uncertain, self.extrapolated)

    def evaluate(self, **inputs) -> dict[str, float | np.ndarray]:
        """The model's outputs by dotted name, at `inputs` (the others at their defaults)."""
        with np.errstate(all="ignore"):
            found = flat(self.run(**self.resolve(inputs), **self.fixed))
        return {key: np.asarray(value, float) if np.ndim(value) else float(value) for key, value in found.items()}

    @traitlets.validate("inputs")
    def _complete(self, proposal):
        """Only possible inputs, and always all of them."""
        return Values(self.defaults | self._state(proposal["value"]))

    @traitlets.observe("inputs")
    def _recompute(self, change):
        self.outputs = {}  # _computed says what they are

    @traitlets.validate("outputs")
    def _computed(self, proposal):
        """Python's own numbers: the page's may differ in the last digit, and then one change would be told twice."""
        outputs = self._outputs(tuple(self.inputs.items())).items()
        return Values({key: value if np.isfinite(value) else None for key, value in outputs if not np.ndim(value)})

    # The drawing ----------------------------------------------------------------------------------------------------

    def drawing(self, layout: str = "wide", **inputs) -> Drawing:
        """matplotlib's drawing of the figure at `inputs`; its `fig` is an ordinary matplotlib figure."""
        return self._render(layout, inputs, [ax.get_position() for ax in self._drawings[layout].fig.axes])

    def _render(self, layout: str, inputs: Mapping, positions: list | None = None, to_move: bool = False) -> Drawing:
        shown = self.defaults | self._state(inputs)
        key = tuple(shown.items())
        values = {**self._called(shown), **self._outputs(key)}
        sweep = partial(self._sweep, key)
        return render(self.draw, positions, self.sizes[layout], layout == "narrow", values, sweep, self.controls, to_move)

    def _called(self, shown: Mapping) -> dict:
        """Inputs as texts name them."""
        return {key: self.controls[key].written(value) if isinstance(value, str) else value for key, value in shown.items()}

    def _outputs(self, inputs: tuple) -> dict:
        """The outputs at one point; both drawings of it, with each of their limits, want the same."""
        return self._kept(inputs, lambda: self.evaluate(**dict(inputs)))

    def _sweep(self, inputs: tuple, along: str, grid: np.ndarray) -> dict:
        """All values for every value of one input, as arrays."""
        return self._kept((inputs, along, grid.tobytes()), lambda: self._run_along(dict(inputs), along, grid))

    def _run_along(self, shown: dict, along: str, grid: np.ndarray) -> dict:
        arguments = self.resolve(shown)

        def at(values):
            return flat(self.run(**(arguments | {along: values}), **self.fixed))

        def is_right(whole: dict, k: int) -> bool:
            """Whether point k of the whole is what the model gives there; it isn't where arrays mean something else to it."""
            point = at(grid[k])
            return all(np.allclose(np.broadcast_to(whole[name], grid.shape)[k], point[name], rtol=1e-9, atol=0, equal_nan=True) for name in self.trace.numbers)

        with np.errstate(all="ignore"):
            if not self.trace.loops:
                try:
                    whole = at(_unwritable(grid))
                    if all(is_right(whole, k) for k in (0, len(grid) // 2, -1)):
                        return {**shown, **whole, along: grid}
                except (TypeError, ValueError):
                    pass  # a model of single numbers
            points = [at(value) for value in grid]
        return {**shown, **{name: np.array([point[name] for point in points]) for name in self.trace.numbers}, along: grid}

    def _kept(self, key: tuple, make: Callable) -> dict:
        """What `make` gives, remembered for the last few keys."""
        if key not in self._memory:
            while len(self._memory) >= MEMORY:
                self._memory.pop(next(iter(self._memory)))
            self._memory[key] = make()
        return self._memory[key]

    @cached_property
    def _drawings(self) -> dict[str, Drawing]:
        return {layout: self._render(layout, {}, to_move=True) for layout in self.sizes}

    # What the page gets -----------------------------------------------------------------------------------------------

    @cached_property
    def trace(self) -> Trace:
        """The model as a graph of operations."""
        return trace(self.run, self._samples, self.fixed)

    @property
    def _samples(self) -> dict:
        """One value for each argument that a control sets."""
        return {key: control.sample() for key, control in self.controls.items()}

    @cached_property
    def _sweeps(self) -> dict[tuple, list[str]]:
        """Every sweep of a curve or an area, and the outputs that are wanted along it."""
        return sweeps(self._drawings.values(), self.trace)

    @cached_property
    def script(self) -> str:
        """The model as a classic script for the page."""
        text = model_script(self.name, self.trace)
        if len(text) > HEAVY:
            advice = "arrays of numbers without a pattern (np.linspace, np.arange, grids have one) are written out in full"
            warnings.warn(f"{self.name}: the model makes {len(text) // 1000:,} kB of JavaScript, which every reader loads; {advice}.", stacklevel=2)
        return text

    @cached_property
    def spec(self) -> dict:
        """All the page needs beside the model: controls, bindings, texts."""
        return spec(self, self._drawings, self._sweeps)

    @cached_property
    def card(self) -> str:
        """The figure's HTML in its default state; `@@` stands for the prefix that makes its ids unique."""
        return card.html(self, {**self.defaults, **self._outputs(tuple(self.defaults.items()))}, {layout: self._svg(layout) for layout in self.sizes})

    def _svg(self, layout: str) -> str:
        """The drawing as an element for the page, with the ticks of every step its axes may take."""
        drawing = self._drawings[layout]
        axes = {key: (shown, self.drawing(layout).axis_at_each_step(key)) for key, (shown, _) in drawing.taken.items()}
        absent, inviting = ({mark["id"] for mark in drawing.marks if mark.get(what)} for what in ("absent", "invites"))
        return svg.embed(drawing.svg(), f"@@{layout}-", axes, absent, inviting)

    def page_html(self) -> str:
        """The figure for a static page: the card, its data and its model."""
        data = json.dumps(self.spec, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=float).replace("<", "\\u003c")
        inner = self.card.replace("@@", f"{self.name}--")
        return card.root(self, inner, f'<script type="application/json" id="{self.name}--spec">{data}</script><script>{self.script}</script>')

    @property
    def python(self) -> str:
        """Code that makes this figure again: its module's `figure()` where there is one."""
        package, _, module = self.model.__module__.rpartition(".")
        makes_it = package and hasattr(sys.modules.get(self.model.__module__), "figure")
        return f"from {package} import {module}\n{module}.figure()" if makes_it else "figure"

    def describe(self, **inputs) -> str:
        """The figure in a sentence, as a screen reader hears it."""
        return fill(self.summary, {**self._called({**self.defaults, **inputs}), **self.evaluate(**inputs)})

    def picture(self) -> bytes:
        """The figure as it stands as a PNG, for where neither scripts nor widgets run."""
        png = io.BytesIO()
        drawing = self.drawing(**self.inputs)  # one of its own: those of the page show what is absent in their middle
        inviting = {mark["id"] for mark in drawing.marks if mark.get("invites")}
        for text in drawing.fig.findobj(Text):  # FreeType can't place the glyphs of a label that is hidden far outside
            near = np.abs(text.get_transform().transform(text.get_position())).max() < 1e5
            text.set_visible(text.get_visible() and near and text.get_gid() not in inviting)
        drawing.fig.savefig(png, format="png", dpi=144, facecolor=COLOR["card"])
        return _with_a_palette(png)

    def _repr_mimebundle_(self, **options):
        """In a notebook the widget, elsewhere the picture or the sentence; and the HTML where a page is made that brings style and script."""
        bundle, metadata = super()._repr_mimebundle_(**options)
        sentence = self.describe(**self.inputs)
        ours = {"image/png": b64encode(self.picture()).decode(), "text/plain": sentence}
        if os.environ.get(FOR_A_PAGE):
            ours["text/html"] = self.page_html()
        return {**bundle, **ours}, {**metadata, "image/png": {"alt": sentence}}


def _with_a_palette(png: io.BytesIO) -> bytes:
    """The same picture in 64 colours: a few inks and their edges need no more, and it weighs a third."""
    small = io.BytesIO()
    Image.open(png).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()


def _unwritable(value):
    """The same array, or mapping of arrays, as the page has it: of doubles, and no model can write into it by mistake."""
    if isinstance(value, Mapping):
        return {key: _unwritable(inner) for key, inner in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    view = (value.astype(float) if value.dtype.kind in "iuf" else value).view()
    view.flags.writeable = False
    return view
