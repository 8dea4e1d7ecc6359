"""LiveFigure in Python: what it accepts, computes and shares with a notebook."""

import json
import re
import warnings
from threading import Thread

import ipywidgets
import numpy as np
import pytest
from ipywidgets.embed import dependency_state
from livefigure import Choice, Guess, LiveFigure, Readout, Slider, TraceError
from livefigure.assets import runtime_widget
from livefigure.spec import LONG
from playwright.sync_api import Error
from probe_figure import CHIPS, CONTROLS, DAYS, FIGURE, Chip, Elements, days, make


# Values ---------------------------------------------------------------------------------------------------------------


def test_outputs_are_the_model_s_numbers_by_dotted_name():
    figure = make()
    assert figure.inputs == {"gpus": 16384, "mfu": 0.4, "chip": "H100"}
    assert figure.outputs == {"days": pytest.approx(DAYS), "energy.mwh": pytest.approx(DAYS * 16384 * 700 * 24 / 1e6)}
    assert all(type(value) is float for value in figure.outputs.values())


def test_assigning_some_inputs_puts_the_others_back_to_their_defaults():
    figure = make()
    figure.inputs = {"gpus": 1024}
    assert figure.inputs == {"gpus": 1024, "mfu": 0.4, "chip": "H100"}
    assert figure.outputs["days"] == pytest.approx(DAYS * 16)


def test_one_input_can_be_changed_with_all_others_kept():
    figure = make()
    figure.inputs = {"mfu": 0.2}
    figure.inputs = {**figure.inputs, "gpus": 1024}
    assert figure.outputs["days"] == pytest.approx(DAYS * 32)


def test_inputs_and_outputs_can_be_observed():
    figure, heard = make(), []
    figure.observe(lambda change: heard.append(change["new"]["days"]), "outputs")
    figure.inputs = {"gpus": 1024}
    figure.inputs = {"gpus": 1024}
    assert heard == [pytest.approx(DAYS * 16)]


def test_a_move_in_the_page_is_told_once_with_python_s_own_numbers():
    figure, heard = make(), []
    figure.observe(lambda change: heard.append(change["new"]["days"]), "outputs")
    inputs = figure.inputs | {"gpus": 1024}
    outputs = {name: value if value is None else value * (1 + 1e-15) for name, value in figure.outputs.items()}
    figure.set_state({"inputs": inputs, "outputs": outputs | {"days": DAYS * 16 * (1 + 1e-15)}})
    assert heard == [figure.outputs["days"]] == [figure.evaluate(**inputs)["days"]]


def test_two_figures_are_independent_and_can_be_linked():
    one, other = make(), make()
    one.inputs = {"gpus": 1024}
    assert other.inputs["gpus"] == 16384
    link = ipywidgets.link((one, "inputs"), (other, "inputs"))
    assert other.outputs == one.outputs
    other.inputs = {"mfu": 0.8}
    assert one.inputs == {"gpus": 16384, "mfu": 0.8, "chip": "H100"}
    assert one.outputs["days"] == pytest.approx(DAYS / 2)
    link.unlink()
    other.inputs = {}
    assert one.inputs["mfu"] == 0.8


def test_a_figure_is_an_ipywidget_among_others():
    figure = make()
    slider = ipywidgets.FloatSlider(0.4, min=0.1, max=0.9)
    slider.observe(lambda change: setattr(figure, "inputs", {"mfu": change["new"]}), "value")
    box = ipywidgets.VBox([slider, figure])
    slider.value = 0.8
    assert box.children[1] is figure and figure.outputs["days"] == pytest.approx(DAYS / 2)


@pytest.mark.parametrize(
    "inputs, complaint",
    [
        ({"gpu": 1024}, "probe has no input 'gpu'. It has: gpus, mfu, chip"),
        ({"gpus": 0}, "GPUs must be a whole number from 1,000 to 100,000"),
        ({"gpus": 1024.5}, "GPUs must be a whole number"),
        ({"gpus": "many"}, "gpus = 'many'"),
        ({"mfu": float("nan")}, "MFU must be a number from 10 to 90 %"),
        ({"mfu": 41}, "that is 0.1 to 0.9"),
        ({"chip": "H1000"}, "Did you mean 'H100'"),
        ({"chip": None}, "there is no such chip"),
    ],
)
def test_impossible_inputs_are_refused_and_change_nothing(inputs, complaint):
    before = FIGURE.inputs, FIGURE.outputs
    with pytest.raises(ValueError, match=re.escape(complaint)):
        FIGURE.inputs = inputs
    with pytest.raises(ValueError, match=re.escape(complaint)):
        FIGURE.evaluate(**inputs)
    assert (FIGURE.inputs, FIGURE.outputs) == before


def test_a_preset_must_be_possible():
    with pytest.raises(ValueError, match="preset 'impossible': mfu = 2"):
        make(presets={"impossible": {"mfu": 2}})
    with pytest.raises(ValueError, match="preset 'misspelt': probe has no input 'gpu'"):
        make(presets={"misspelt": {"gpu": 1000}})


@pytest.mark.parametrize(
    "changes",
    [
        {"readouts": [Readout("day", "days")]},
        {"summary": "{day:.1f} days"},
        {"guess": Guess("day", "How many?", 1, 10)},
        {"extrapolated": "day"},
        {"controls": CONTROLS | {"mfu": Slider(0.1, 0.9, 0.4, "MFU", enabled="day")}},
        {"controls": CONTROLS | {"mfu": Slider(0.1, 0.9, 0.4, "MFU", at_most="day")}},
    ],
    ids=["readout", "summary", "guess", "extrapolated", "enabled", "at most"],
)
def test_a_name_that_is_no_output_is_refused_by_name(changes):
    with pytest.raises((ValueError, KeyError), match="day"):
        make(**changes).page_html()


@pytest.mark.parametrize(
    "changes, complaint",
    [
        ({"name": "my figure"}, "stands in links"),
        ({"name": 'a"b'}, "stands in links"),
        ({"sizes": {"wide": (6, 3)}}, "sizes must say how large the figure is when wide and when narrow"),
        ({"model": lambda gpus, mfu, chip: days(gpus, mfu, chip) | {"mfu": 1.0}}, "'mfu' is the name of an input and of an output"),
        ({"model": lambda gpus, mfu, chip: days(gpus, mfu, chip) | {"energy.mwh": 1.0}}, "two outputs called 'energy.mwh'"),
        ({"controls": CONTROLS | {"v": Slider(0, 1, 0, "v")}}, "can't be called 'v'"),
        ({"controls": CONTROLS | {"chip": Choice(CHIPS | {"?": Chip(float("nan"), 1)}, "H100", "chip")}}, "chip '?' has no number chip.peak"),
        ({"controls": CONTROLS | {"chip": Choice(CHIPS | {"?": {"peak": 1.0}}, "H100", "chip")}}, "chip '?' has no number chip.watts"),
        ({"readouts": [Readout("chip", "chip")]}, "'chip' is neither an output nor an input"),
        ({"controls": list(CONTROLS.values())}, "controls are a mapping from each input's name to what moves it, not a list"),
        ({"controls": CONTROLS | {"mfu": (0.1, 0.9)}}, "'mfu' is moved by a Slider, a Choice or a Switch, not by (0.1, 0.9)"),
        ({"controls": CONTROLS | {"mfu": "40 %"}}, "'mfu' is moved by a Slider, a Choice or a Switch, not by '40 %'"),
        ({"readouts": ["days"]}, "is a Readout(output, label), not 'days'"),
        ({"readouts": [("days", "days")]}, "is a Readout(output, label), not ('days', 'days')"),
        ({"readouts": "days"}, "readouts are a list of Readout(...), not a str"),
        ({"readouts": Readout("days", "days")}, "readouts are a list of Readout(...), not a Readout"),
        ({"controls": CONTROLS | {"price": Slider(0, 1, 0, "price")}}, "a control sets 'price', which is no argument of days(). It has: gpus, mfu, chip"),
        ({"fixed": {"price": 2.0}}, "`fixed` sets 'price', which is no argument of days()"),
        ({"fixed": {"mfu": 0.4}}, "a control and `fixed` both set 'mfu'"),
        ({"presets": [{"mfu": 0.4}]}, "presets are a mapping from labels to the inputs that each sets, not a list"),
        ({"controls": {"gpus": CONTROLS["gpus"], "chip": CONTROLS["chip"]}}, "nothing sets 'mfu', which days() needs"),
    ],
)
def test_what_a_page_could_not_show_is_refused_when_the_figure_is_made(changes, complaint):
    with pytest.raises((ValueError, TypeError), match=re.escape(complaint)):
        make(**changes)


@pytest.mark.parametrize("over", [(0.1, float("nan")), (0.1, 0.5, 0.9), (0.5, 0.5), (0.1,)])
def test_an_input_runs_from_one_number_to_another(over):
    def draw(plot):
        plot.curve(plot.subplots(), "mfu", "days", over=over)

    with pytest.raises(ValueError, match=re.escape(f"over = {over!r}: mfu runs from one number to another")):
        make(draw=draw).page_html()


def test_one_source_may_be_a_text():
    assert make(sources="arXiv 2407.21783").sources == ["arXiv 2407.21783"]


def test_an_input_may_be_a_readout():
    figure = make(readouts=[Readout("gpus", "GPUs", ",.0f"), Readout("days", "days")])
    assert [o["data-value"] for o in Elements(figure.page_html()).named("output")][0] == "16384"


def test_inputs_are_held_as_plain_numbers():
    figure = make(presets={"few": {"gpus": np.int64(2000), "mfu": "0.5"}})
    figure.inputs = {"gpus": np.float32(4096), "mfu": "0.25"}
    assert figure.inputs == {"gpus": 4096, "mfu": 0.25, "chip": "H100"} and figure.presets["few"] == {"gpus": 2000, "mfu": 0.5}
    json.dumps([figure.inputs, figure.presets], allow_nan=False)
    assert figure.drawing(gpus="4096").values["gpus"] == 4096


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.float32, np.uint16])
def test_a_fixed_array_is_one_of_doubles_as_in_the_page(kind):
    def model(gpus, mfu, chip, levels):
        return {"days": np.sum(levels**4 * 1.1**levels), "energy": {"mwh": 0.0}}

    levels = np.arange(100).astype(kind)
    assert make(model=model, fixed={"levels": levels}).evaluate()["days"] == pytest.approx(sum(x**4 * 1.1**x for x in range(100)), rel=1e-14)


def test_a_fixed_array_stays_as_it_is():
    def scaled(gpus, mfu, chip, levels):
        levels *= gpus
        return {"days": np.sum(levels), "energy": {"mwh": 0.0}}

    with pytest.raises(ValueError, match="read-only"):
        make(model=scaled, fixed={"levels": np.ones(3)}).evaluate()


def test_a_model_that_does_not_trace_is_refused_when_the_figure_is_made():
    def branching(gpus, mfu, chip):
        return {"days": 1 / gpus if mfu > 0.5 else gpus, "energy": {"mwh": 1.0}}

    with pytest.raises(TraceError, match=r"branching\(\) in test_figure.py"):
        make(model=branching)


def test_a_reader_s_own_model_takes_the_place_of_the_book_s():
    assert make(model=lambda gpus, mfu, chip: {"days": gpus / 2, "energy": {"mwh": 1.0}}).outputs["days"] == 8192


def test_a_value_that_does_not_exist_is_a_dash_not_an_error():
    figure = make(model=lambda gpus, mfu, chip: {"days": np.log(mfu - 0.4) / (gpus - 16384), "energy": {"mwh": np.sqrt(-gpus)}})
    assert figure.outputs["days"] is None
    html = figure.page_html()
    assert "–" in figure.describe() and not re.search(r">[^<]*\b(nan|inf)\b", html.split("<script")[0])
    assert {o["data-value"] for o in Elements(html).named("output")} == {""}


def test_division_by_an_input_that_is_zero_is_a_dash_not_an_error():
    controls = {"x": Slider(0, 1, 0, "x")}
    figure = make(
        model=lambda x: {"days": 1 / x, "there": np.where(~(x > 0.5), 1.0, 2.0)},
        controls=controls, draw=lambda plot: plot.subplots(), readouts=[Readout("days", "days")], presets={}, summary="{days:.1f}",
    )  # fmt: skip
    assert figure.evaluate() == {"days": np.inf, "there": 1.0}
    assert figure.outputs == {"days": None, "there": 1.0}


def test_a_model_may_take_whatever_it_is_given():
    assert make(model=lambda **inputs: days(**inputs)).outputs["days"] == pytest.approx(DAYS)
    assert make(model=lambda gpus, mfu, chip, price=2.0: days(gpus, mfu, chip)).outputs["days"] == pytest.approx(DAYS)


@pytest.mark.parametrize("result, kind", [(lambda gpus, mfu, chip: gpus / 2, "one number without a name"), (lambda gpus, mfu, chip: np.arange(3) * gpus, "an array without a name")])
def test_a_model_that_names_nothing_is_told_so(result, kind):
    with pytest.raises(TraceError, match=f"must return a mapping of named numbers, not {kind}"):
        make(model=result)


def test_a_link_knows_the_version_of_its_own_figure():
    assert FIGURE.spec["version"] == 1 and make(version=3).spec["version"] == 3


def test_a_model_that_is_heavy_says_so():
    random = np.random.default_rng(0).random(4000)

    def model(gpus, mfu, chip, levels):
        return {"days": np.sum(levels * gpus), "energy": {"mwh": 0.0}}

    with pytest.warns(UserWarning, match=r"probe: the model makes \d\d kB of JavaScript"):
        make(model=model, fixed={"levels": random}).script
    with warnings.catch_warnings(action="error"):
        make(model=model, fixed={"levels": np.linspace(0, 1, 1_000_000)}).script


def test_whatever_name_a_mark_speaks_of_is_swept(runtime):
    """Also under keys that no binding has yet: else the page would draw a level line of the current value."""

    def draw(plot):
        ax = plot.subplots()
        line = plot.curve(ax, "gpus", "days")
        plot._bind(line, ax, kind="curve", x="gpus", y="days", tops=["energy.mwh"], sweep=plot.marks[-1]["sweep"])

    (sweep,) = make(draw=draw).spec["sweeps"]
    assert sweep["outputs"] == ["days", "energy.mwh"]
    spec = FIGURE.spec | {"sweeps": [sweep | {"outputs": ["days"]}]}
    runtime.add_script_tag(content=FIGURE.script)
    along = """([spec, name]) => {
        const model = new Model(spec, livefigureModels.probe);
        const values = model.evaluate(Object.fromEntries(spec.controls.map((c) => [c.name, c.value])));
        model.sweep();
        return model.along(0, name, values).length;
    }"""
    assert runtime.evaluate(along, [spec, "days"]) == runtime.evaluate(along, [spec, "mfu"]) == 200
    with pytest.raises(Error, match="energy.mwh is drawn along gpus, but no sweep computes it there"):
        runtime.evaluate(along, [spec, "energy.mwh"])


# What a notebook gets -------------------------------------------------------------------------------------------------


def told(*widgets) -> dict[str, dict]:
    """What the front end knows of these widgets, by model id."""
    return ipywidgets.Widget.get_manager_state(widgets=[w for w in widgets if w.comm])["state"]


def test_nothing_is_drawn_before_it_is_to_be_seen():
    drawn = []
    figure = make(draw=lambda plot: (drawn.append(1), plot.subplots()))
    figure.inputs = {"gpus": 1024}
    assert figure.outputs["days"] == pytest.approx(DAYS * 16) and figure.describe() and not drawn and figure.comm is None
    assert told(figure) == {}
    box = ipywidgets.VBox([figure])  # which names it to the front end
    assert drawn and figure.model_id in str(told(box, figure)[box.model_id]["state"]["children"])
    assert told(figure)[figure.model_id]["state"]["_card"] == figure.card


def test_a_figure_that_was_closed_stays_closed():
    figure = make()
    assert figure.model_id
    figure.close()
    assert figure.model_id is None and figure.comm is None


def test_the_figures_of_a_kernel_have_one_runtime():
    one, other = make(), make(model=lambda gpus, mfu, chip: {"days": gpus / 2, "energy": {"mwh": 1.0}})
    states = [told(figure)[figure.model_id]["state"] for figure in (one, other) if figure.model_id]
    (shared,) = {state["_runtime"] for state in states}
    assert shared == f"anywidget:{one._runtime.model_id}" and one._runtime is other._runtime
    assert one.script in states[0]["_esm"] and other.script in states[1]["_esm"]
    own = len(states[0]["_esm"]) - len(one.script)
    assert own < 500 and "_css" not in states[0] and "class Figure" in one._runtime._esm and "@font-face" in one._runtime._css


def test_a_runtime_that_was_closed_is_made_anew():
    one, other = make(), make()
    assert one.model_id
    one._runtime.close()
    assert other.model_id and other._runtime is not one._runtime and other._runtime.comm


def test_kernels_that_share_a_process_share_no_runtime():
    """As sessions of `marimo run` do, each in a thread: a page knows only the widgets of its own."""
    found = []
    for _ in range(2):
        thread = Thread(target=lambda: found.append(runtime_widget().model_id))
        thread.start()
        thread.join()
    assert len({*found, runtime_widget().model_id}) == 3


def test_a_figure_embedded_elsewhere_brings_its_runtime():
    figure = make()
    state = dependency_state([figure], drop_defaults=True)
    assert state.keys() >= {figure.model_id, figure._runtime.model_id}


@pytest.mark.parametrize(
    "change",
    [
        lambda figure: figure.inputs.__setitem__("gpus", 1024),
        lambda figure: figure.inputs.update(gpus=1024),
        lambda figure: figure.inputs.pop("gpus"),
        lambda figure: figure.outputs.clear(),
        lambda figure: setattr(figure, "gpus", 1024),
    ],
)
def test_a_change_that_would_move_nothing_is_refused(change):
    figure = make()
    before = dict(figure.inputs), dict(figure.outputs)
    with pytest.raises((TypeError, AttributeError), match=r"figure\.inputs = \{"):
        change(figure)
    assert (figure.inputs, figure.outputs) == before and json.dumps(figure.inputs)


def test_no_two_figures_of_one_notebook_share_what_can_change():
    one, other = make(), make()
    one.controls["gpus"] = Slider(1, 2, 1, "x")
    assert other.controls["gpus"].value == 16384


@pytest.mark.parametrize("places, long", [(LONG - 1, False), (LONG, True)])
def test_from_so_many_places_of_a_loop_on_the_page_runs_the_model_beforehand(places, long):
    def draw(plot):
        plot.bar(plot.subplots(), 1, "sum")

    figure = LiveFigure("places", lambda x, line: {"sum": np.sum(x * line)}, draw, title="Sum", controls={"x": Slider(0, 1, 0.5, "x")}, readouts=[Readout("sum", "sum", ".3g")], summary="{sum:.3g}", fixed={"line": np.arange(float(places))})
    assert ("long" in figure.spec) == long
