"""What a slider and a choice accept, from Python and in the page, and what they say when they don't."""

import math
import re
from dataclasses import dataclass

import numpy as np
import pytest
from livefigure import Choice, Guess, LiveFigure, Readout, Slider, Switch
from living import NAMES, living


@dataclass(frozen=True)
class Chip:
    name: str
    peak: float


CHIPS = {"H100 SXM": Chip("H100 SXM", 989e12), "H200 SXM": Chip("H200 SXM", 989e12), "GB200": Chip("GB200", 2500e12)}
SLIDERS = {
    "linear": Slider(0, 10, 5, "length", unit="m"),
    "log": Slider(1, 1e6, 1e3, "count", log=True),
    "share": Slider(0.1, 0.9, 0.5, "share", unit="%", scale=0.01, limits=(0, 1)),
    "integer": Slider(1, 1e6, 16384, "GPUs", log=True, integer=True, limits=(1, 1e8)),
    "few": Slider(2, 6, 4, "stages", integer=True),
    "signed": Slider(-3, 4, -1, "shift"),
    "typed only": Slider(1, 2, 1.5, "factor", limits=(-1e9, 1e9)),
}  # fmt: skip


# Slider ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_takes_what_lies_within_its_limits(name):
    slider = SLIDERS[name]
    low, high = slider.limits or (slider.low, slider.high)
    for value in (low, high, slider.low, slider.high, slider.value):
        assert slider.resolve("x", value) == value
    assert slider.resolve("x", np.float32(slider.value)) == pytest.approx(slider.value)
    assert slider.resolve("x", str(slider.value)) == slider.value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "many", "", [1], {}, 1j, object(), 1e9 + 1, -1e9 - 1])
@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_refuses_anything_else_and_says_what_is_allowed(name, value):
    slider = SLIDERS[name]
    with pytest.raises(ValueError) as refusal:
        slider.resolve("x", value)
    message = str(refusal.value)
    assert message.startswith("x = ") and slider.label in message and "must be" in message and " to " in message
    assert slider.unit in message


def test_a_whole_number_is_asked_for():
    with pytest.raises(ValueError, match="GPUs must be a whole number from 1 to 100,000,000"):
        SLIDERS["integer"].resolve("gpus", 1.5)


def test_the_range_is_told_in_the_unit_shown_and_in_the_model_s():
    with pytest.raises(ValueError, match=r"share must be a number from 0 to 100 % \(that is 0 to 1\)"):
        SLIDERS["share"].resolve("mfu", 41)


@pytest.mark.parametrize("low, high", [(1, 10), (2.5, 7), (1, 1.5), (30, 31)])
def test_a_logarithmic_slider_has_all_the_steps_that_three_digits_tell_apart(low, high):
    """The largest step between numbers of three digits is from 1.00 to 1.01: one step more and two would look the same."""
    count = Slider(low, high, low, "x", log=True, steps=10_000).count()
    assert (high / low) ** (1 / count) >= 1.01 * (1 - 1e-12) and (high / low) ** (1 / (count + 1)) < 1.01
    assert Slider(low, high, low, "x", log=True, steps=3).count() == 3


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ((5, 5, 5, "x"), "from its low end up to its high end, not from 5 to 5"),
        ((10, 0, 5, "x"), "up to its high end, not from 10 to 0"),
        ((0, 10, 5, "x", "", 1.0, ".3g", False, False, (1, 10)), "must lie within"),
        ((0, 10, 11, "x"), "must be a number"),
        ((0, 10, math.nan, "x"), "must be a number"),
        ((math.nan, 10, 5, "x"), "must lie within"),
    ],
)
def test_an_impossible_slider_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        Slider(*arguments)


@pytest.mark.parametrize(
    "options, complaint",
    [
        ({"limits": (1, 10)}, "must lie within"),
        ({"limits": (0, 9)}, "must lie within"),
        ({"log": True}, "starts above zero"),
        ({"format": ".3"}, "is not one a page knows"),
        ({"format": "d"}, "is not one a page knows"),
        ({"integer": True, "value": 2.5}, "whole number"),
        ({"format": ".0g"}, "is not one a page knows"),
        ({"limits": (0, math.inf)}, "must be finite"),
        ({"values": (0, 5)}, "must begin with 0 and end with 10"),
        ({"low": "0"}, "low = '0' is no number"),
        ({"value": None}, "value = None is no number"),
        ({"steps": 0}, "steps = 0 is no such number"),
        ({"scale": 0}, "scale = 0 is no such number"),
        ({"published": (5, 1)}, "published = (5, 1) is no range"),
        ({"published": (1, 2, "words", 4)}, "is no range from a lower end to a higher one, and what it is of"),
        ({"possible": 3}, "possible = 3 is no range"),
        ({"possible": (None, None, "words")}, "is no range"),
        ({"possible": (0, math.inf, "words")}, "is no range"),
    ],
)
def test_an_impossible_option_is_refused(options, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Slider(**{"low": 0, "high": 10, "value": 5, "label": "x"} | options)


@pytest.mark.parametrize("make, complaint", [(lambda: Choice(["a"], "a", "x"), "choice 'x': its records are a mapping"), (lambda: Switch("yes", "x"), "value = 'yes': x must be on (1) or off (0)")])
def test_other_controls_of_wrong_kinds_are_refused(make, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        make()


@pytest.mark.parametrize("name", SLIDERS)
def test_every_position_in_the_page_is_a_value_that_python_takes(name, runtime):
    slider = SLIDERS[name]
    spec = slider.describe("x", ["x"])
    positions = "(spec) => Array.from({ length: spec.steps + 1 }, (_, i) => valueAt(spec, i))"
    values = runtime.evaluate(positions, spec)
    assert values[0] == slider.low and values[-1] == slider.high
    assert all(slider.low <= slider.resolve("x", value) <= slider.high for value in values)
    assert values == sorted(values)


@pytest.mark.parametrize("name", [*SLIDERS, *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES)])
def test_every_step_of_a_slider_is_another_number(name, runtime):
    """Else an arrow key would do nothing. Of every slider of the book, too."""
    for slider in [SLIDERS[name]] if name in SLIDERS else [c for c in living(name).controls.values() if isinstance(c, Slider)]:
        spec = slider.describe("x", ["x"])
        values = runtime.evaluate("(spec) => Array.from({ length: spec.steps + 1 }, (_, i) => valueAt(spec, i))", spec)
        assert len(set(values)) == len(values) > 2, slider.label


@pytest.mark.parametrize("name", SLIDERS)
def test_a_value_stands_where_its_position_is(name, runtime):
    slider = SLIDERS[name]
    spec = slider.describe("x", ["x"])
    there_and_back = """(spec) => Array.from({ length: spec.steps + 1 }, (_, i) => {
        const value = valueAt(spec, i);
        return [value, valueAt(spec, positionOf(spec, value)), valueAt(spec, i + 1)];
    })"""
    for value, shown, following in runtime.evaluate(there_and_back, spec):
        assert abs(shown - value) <= abs(following - value) or value == following
    beyond = "(spec) => [-1e12, 1e12].map((v) => positionOf(spec, v))"
    assert runtime.evaluate(beyond, spec)[1] == slider.count()
    if not slider.log:
        assert runtime.evaluate(beyond, spec)[0] == 0


@pytest.mark.parametrize("name", SLIDERS)
def test_the_page_accepts_and_refuses_what_python_does(name, runtime):
    slider = SLIDERS[name]
    texts = ["0", "1", "-1", "1.5", "5", "1e3", "1e999", "-1e999", "NaN", "", " ", "abc", "Infinity", "1e8", "100000001", "0.99999", "null", "[]"]
    found = runtime.evaluate("([spec, texts]) => texts.map((t) => resolve(spec, t))", [slider.describe("x", ["x"]), texts])
    for text, value in zip(texts, found):
        try:
            assert slider.resolve("x", text) == value
        except ValueError:
            assert value is None, text


# Choice ---------------------------------------------------------------------------------------------------------------


def test_a_choice_gives_the_record():
    assert Choice(CHIPS, "GB200", "chip").resolve("chip", "H100 SXM") is CHIPS["H100 SXM"]


@pytest.mark.parametrize("asked, meant", [("H100", "H100 SXM"), ("h200 sxm", "H200 SXM"), ("GB2OO", "GB200"), ("gb 200", "GB200")])
def test_an_unknown_record_is_answered_with_the_nearest_and_all_known(asked, meant):
    with pytest.raises(ValueError) as refusal:
        Choice(CHIPS, "GB200", "chip").resolve("chip", asked)
    message = str(refusal.value)
    assert f"Did you mean {meant!r}?" in message and all(name in message for name in CHIPS) and repr(asked) in message


@pytest.mark.parametrize("asked", ["zzzz", "", None, 3, "__proto__"])
def test_no_suggestion_where_nothing_is_near(asked):
    with pytest.raises(ValueError, match="there is no such chip. Known: H100 SXM"):
        Choice(CHIPS, "GB200", "chip").resolve("chip", asked)


def test_a_choice_starts_with_one_of_its_records():
    with pytest.raises(ValueError, match="Did you mean 'H100 SXM'"):
        Choice(CHIPS, "H100", "chip")


OWN_TEXTS = {
    "own peak 1e15 memory 8e10": True, "own memory 80000000000 peak 1.5": True, "own peak 0 memory 1e+21": True, "own peak 1e15": False, "own peak 1e15 memory": False,
    "own peak  memory 8e10": False, "own peak 0x10 memory 8e10": False, "own peak 1_000 memory 8e10": False, "own peak 1 peak 2 memory 8e10": False, "own peak inf memory 1": False,
    "own peak -1 memory 1": False, "own peak 1e400 memory 1": False, "own peak .5 memory 1": False, "own peak \u0661 memory 1": False, "own": False, "own ": False, "own  1": False,
}  # fmt: skip


@pytest.mark.parametrize("text", OWN_TEXTS)
def test_a_record_of_ones_own_is_taken_alike_in_python_and_in_the_page(text, runtime):
    """Each number once, written out, none missing; Python's figure refuses what the page refuses."""
    choice = Choice({"known": {"peak": 2.0, "memory": 3.0}}, "known", "chip", own=True)
    figure = LiveFigure(
        "own", lambda chip: {"ratio": chip["peak"] / chip["memory"]}, lambda plot: plot.subplots(),
        title="A ratio", controls={"chip": choice}, readouts=[Readout("ratio", "ratio")], summary="{ratio:.3g}",
    )  # fmt: skip
    found = runtime.evaluate("([spec, text]) => numbersOf(spec, text) ?? null", [choice.describe("chip", ["chip.peak", "chip.memory"]), text])
    try:
        record = figure.resolve({"chip": text})["chip"]
    except ValueError:
        assert found is None and not OWN_TEXTS[text]
    else:
        assert found == [record["peak"], record["memory"]] and OWN_TEXTS[text]


def test_the_page_gets_only_the_numbers_the_model_reads():
    spec = Choice(CHIPS, "GB200", "chip").describe("chip", ["chip.peak"])
    assert spec["options"] == {name: [chip.peak] for name, chip in CHIPS.items()} and spec["slots"] == ["chip.peak"]


@pytest.mark.parametrize("text", ["__proto__", "constructor", "toString", "hasOwnProperty", "", "gb200", "GB200 ", "H100"])
def test_the_page_knows_no_other_record(text, runtime):
    spec = Choice(CHIPS, "GB200", "chip").describe("chip", ["chip.peak"])
    assert runtime.evaluate("([spec, text]) => resolve(spec, text)", [spec, text]) is None
    assert runtime.evaluate("([spec, text]) => resolve(spec, text)", [spec, "GB200"]) == "GB200"


def test_a_readout_is_written_in_a_format_the_page_knows():
    with pytest.raises(ValueError, match="is not one a page knows"):
        Readout("days", "days", "d")


@pytest.mark.parametrize("options", [{"limit": 1.0}, {"beyond": "too much"}])
def test_a_limit_needs_a_label_beyond_it(options):
    with pytest.raises(ValueError, match="a limit needs a label"):
        Readout("days", "days", **options)


@pytest.mark.parametrize("low, high, log", [(0, 10, True), (-1, 1, True), (5, 5, False), (9, 1, False), (1, math.inf, True)])
def test_a_guess_is_made_in_a_range(low, high, log):
    with pytest.raises(ValueError, match="must be a range"):
        Guess("days", "How many?", low, high, log=log)


def test_a_record_is_chosen_by_a_text():
    with pytest.raises(ValueError, match="chosen by its name, a text; 2 is none"):
        Choice({"a": 1, 2: 2}, "a", "chip")
