"""The gallery shows all there is: every binding, every control and every option that livefigure offers."""

import importlib
import inspect
import pkgutil
from dataclasses import MISSING, fields
from typing import get_args

import pytest
from figures import gallery
from livefigure import Drawing, Guess, LiveFigure, Readout, Touch
from livefigure.controls import Control
from livefigure.trace import reachable
from living import living
from workspace import BOOK

MODULES = [found.name for found in pkgutil.iter_modules(gallery.__path__)]
PAGE = (BOOK / "how-the-figures-work.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def figures() -> list[LiveFigure]:
    return [in_gallery(name) for name in MODULES]


def in_gallery(module: str) -> LiveFigure:
    return living(f"gallery-{module.replace('_', '-')}")


def bindings() -> set[str]:
    """The public methods of a Drawing that draw on axes."""
    methods = {name: value for name, value in vars(Drawing).items() if inspect.isfunction(value) and not name.startswith("_")}
    return {name for name, method in methods.items() if "ax" in inspect.signature(method).parameters}


def options(cls) -> dict:
    """What may be left out when an object of `cls` is made, and the default."""
    found = {}
    for field in fields(cls):
        if field.default is not MISSING or field.default_factory is not MISSING:
            found[field.name] = field.default if field.default is not MISSING else field.default_factory()
    return found


def used(things) -> set[str]:
    """The options that at least one of `things` sets."""
    return {name for thing in things for name, default in options(type(thing)).items() if getattr(thing, name) != default}


@pytest.fixture(scope="module")
def calls(figures) -> dict[str, list[dict]]:
    """Every call of a binding while the gallery is drawn: name → arguments."""
    found = {}
    patch = pytest.MonkeyPatch()
    for name in bindings():
        original = getattr(Drawing, name)

        def spy(*args, _name=name, _original=original, **kwargs):
            found.setdefault(_name, []).append(inspect.signature(_original).bind(*args, **kwargs).arguments)
            return _original(*args, **kwargs)

        patch.setattr(Drawing, name, spy)
    for figure in figures:
        figure.drawing("wide")
    patch.undo()
    return found


@pytest.mark.slow
def test_every_binding_is_shown(calls):
    assert {"curve", "bar", "heatmap"} <= bindings() == calls.keys()


def test_curves_follow_an_input_another_input_and_the_model_s_own_arrays(figures):
    sweeps = [(mark["x"], mark["sweep"]) for figure in figures for mark in figure.drawing().marks if mark["kind"] == "curve"]
    assert any(sweep and sweep[0] == x for x, sweep in sweeps)
    assert any(sweep and sweep[0] != x for x, sweep in sweeps)
    assert any(sweep is None for _, sweep in sweeps)


def test_bars_are_grouped_stacked_and_horizontal(calls):
    bars = calls["bar"]
    assert any(bar["position"] % 1 for bar in bars if "base" not in bar)
    assert any(isinstance(bar["length"], tuple) for bar in bars if not bar.get("horizontal"))
    assert any(bar.get("horizontal") for bar in bars)


def test_models_scan_and_search(figures):
    operations = {node.operation for figure in figures for node in reachable(figure.trace.outputs.values())}
    assert {"carry", "argmin", "take", "where"} <= operations


@pytest.mark.parametrize("kind", get_args(Control), ids=lambda kind: kind.__name__)
def test_every_kind_of_control_is_shown(kind, figures):
    assert any(isinstance(control, kind) for figure in figures for control in figure.controls.values())


def test_every_option_of_a_control_is_used(figures):
    controls = [control for figure in figures for control in figure.controls.values()]
    offered = {name for kind in get_args(Control) for name in options(kind)}
    assert offered <= used(controls)


def test_powers_of_two_and_whole_numbers_by_factors(figures):
    sliders = [control for figure in figures for control in figure.controls.values() if hasattr(control, "values")]
    assert any(s.values and {b / a for a, b in zip(s.values, s.values[1:])} == {2.0} for s in sliders)
    assert any(s.log and s.integer for s in sliders)
    assert any(not s.log and not s.integer and not s.values for s in sliders)


def test_every_option_of_readouts_and_guesses_is_used(figures):
    assert set(options(Readout)) <= used(readout for figure in figures for readout in figure.readouts)
    assert set(options(Guess)) <= used(figure.guess for figure in figures if figure.guess)


def test_every_part_of_a_figure_is_used(figures):
    offered = {name: p.default for name, p in inspect.signature(LiveFigure.__init__).parameters.items() if p.default is not p.empty}
    del offered["version"]  # says that old links mean something else, and the gallery's mean what they always did
    assert {name for name, default in offered.items() if any(getattr(figure, name) != default for figure in figures)} == set(offered)


def test_every_option_of_a_touch_is_used_on_all_that_can_be_touched(calls):
    touched = {name: [call["touch"] for call in found if "touch" in call] for name, found in calls.items()}
    assert {"heatmap", "tiles", "bar", "marker"} == {name for name, found in touched.items() if found} == {name for name in bindings() if "touch" in inspect.signature(getattr(Drawing, name)).parameters}
    assert set(options(Touch)) <= used(touch for found in touched.values() for touch in found)


@pytest.mark.parametrize("name", MODULES)
def test_a_figure_stands_on_the_page_with_its_code(name):
    assert f"\n{name}.figure()\n" in PAGE
    assert f"{{literalinclude}} figures/gallery/{name}.py" in PAGE
    assert in_gallery(name).name == f"gallery-{name.replace('_', '-')}"


@pytest.mark.parametrize("name", MODULES)
def test_a_figure_takes_a_reader_s_model(name):
    """The same model under another name makes the same figure."""
    figure = in_gallery(name)
    again = importlib.import_module(f"figures.gallery.{name}").figure(model=lambda **inputs: figure.model(**inputs))
    assert again.evaluate().keys() == figure.evaluate().keys() and again.script == figure.script
