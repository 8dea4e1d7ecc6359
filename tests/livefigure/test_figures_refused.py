"""Figures, controls and marks told wrongly: each says what was given and what is meant, before a page would say nothing."""

import math
import re

import numpy as np
import pytest
from livefigure import Bound, Choice, Goal, Guess, LiveFigure, Readout, Slider, Touch, Uncertainty, page, to_javascript, trace
from livefigure.bring import Take
from livefigure.onward import Onward

CONTROLS = {"x": Slider(1, 10, 2, "x"), "n": Slider(1, 100, 10, "n", integer=True)}
GOAL = {"task": "t", "hint": "h", "solution": {"x": 10}}


def model(x, n):
    return {"y": x * n, "row": x * np.arange(1.0, 5.0), "kind": np.where(np.arange(4.0) > 1, 1.0, 0.0)}


def make(draw=lambda plot: plot.subplots(), model=model, **told):
    return LiveFigure(**{"name": "f", "model": model, "draw": draw, "title": "t", "controls": CONTROLS, "readouts": [Readout("y", "y")], "summary": "{y:.1f}"} | told)


TOLD = {
    "a title": ({"title": 5}, "f: title = 5 is no text"),
    "no title": ({"title": None}, "f: title = None is no text"),
    "a summary": ({"summary": 5}, "f: summary = 5 is no text"),
    "a cut summary": ({"summary": "{y:.1f"}, "'{y:.1f': unmatched '{'"),
    "Python's own conversion": ({"summary": "{y!r}"}, "'{y!r}': a page knows no !r"),
    "a finding": ({"finding": 5}, "f: finding = 5 is no text"),
    "a kicker": ({"kicker": 5}, "f: kicker = 5 is no text"),
    "a note": ({"note": 5}, "f: note = 5 is no text"),
    "a name": ({"name": 5}, "a figure's name stands in links"),
    "no model": ({"model": None}, "f: model is a function, not None"),
    "no drawing": ({"draw": None}, "f: draw is a function, not None"),
    "a size of nothing": ({"sizes": {"wide": (6, 3), "narrow": (0, 3)}}, "f: narrow = (0, 3) is no width and height in inches"),
    "a size of no number": ({"sizes": {"wide": (6, 3), "narrow": (math.nan, 3)}}, "narrow = (nan, 3) is no width"),
    "one size": ({"sizes": {"wide": (6, 3), "narrow": 3}}, "narrow = 3 is no width"),
    "three sizes": ({"sizes": {"wide": (6, 3, 1), "narrow": (3, 3)}}, "wide = (6, 3, 1) is no width"),
    "a size in words": ({"sizes": {"wide": ("6", 3), "narrow": (3, 3)}}, "wide = ('6', 3) is no width"),
    "a size in miles": ({"sizes": {"wide": (1e4, 3), "narrow": (3, 3)}}, "each above 0 and at most 100"),
    "sizes": ({"sizes": 5}, "f: sizes must say how large the figure is when wide and when narrow, not 5"),
    "a version": ({"version": "x"}, "f: version = 'x' is no whole number from 1"),
    "half a version": ({"version": 1.5}, "f: version = 1.5 is no whole number"),
    "an uncertainty": ({"uncertainty": 0.1}, "f: uncertainty is Uncertainty(...), not 0.1"),
    "a guess": ({"guess": ("y", "?", 1, 2)}, "f: guess is Guess(...), not ('y', '?', 1, 2)"),
    "a goal": ({"goals": [("task",)]}, "f: each of its goals is a Goal(task, reached), not ('task',)"),
    "one goal": ({"goals": Goal("t", lambda at: at["y"] > 1, "h", {})}, "f: goals are a list of Goal(...), not a Goal"),
    "a goal in words": ({"goals": [Goal(reached="y > 1", **GOAL)]}, "is said by a function of all inputs and outputs, not by 'y > 1'"),
    "a take": ({"takes": ["config"]}, "f: each of its takes is a Take(kind, what), not 'config'"),
    "what a take sets": ({"takes": [Take("config", "c", ["x"])]}, "sets of Take(...) are a mapping"),
    "a link": ({"onward": ["a.html"]}, "f: each of its onward is a Onward(label, address), not 'a.html'"),
    "what a link sets": ({"onward": [Onward("l", "a.html#fig-b", ["x"])]}, "sets of Onward(...) are a mapping"),
    "a preset": ({"presets": {"a": 5}}, "f: preset 'a' is a mapping from inputs to their values, not a int"),
    "a preset's name": ({"presets": {5: {"x": 2}}}, "f: a preset is called by a text, not by 5"),
    "what is fixed": ({"fixed": [("z", 1)]}, "f: fixed is a mapping from further arguments of the model"),
    "sources": ({"sources": 5}, "f: sources are texts, not 5"),
    "a source": ({"sources": [5]}, "f: sources are texts, not [5]"),
    "a number too large": ({"model": lambda x, n: {"y": 10**400 * x + n}}, "which is not a number that a page has"),
}


@pytest.mark.parametrize("what", TOLD)
def test_what_a_figure_is_told_is_of_its_kind(what):
    told, complaint = TOLD[what]
    with pytest.raises((ValueError, TypeError), match=re.escape(complaint)):
        make(**told)


PARTS = {
    "a slider's name": (lambda: Slider(0, 10, 5, 5), "label = 5 is no text"),
    "a slider's unit": (lambda: Slider(0, 10, 5, "x", unit=5), "slider 'x': unit = 5 is no text"),
    "a slider's format": (lambda: Slider(0, 10, 5, "x", format=5), "slider 'x': format = 5 is no text"),
    "half a step": (lambda: Slider(0, 10, 5, "x", steps=2.5), "steps = 2.5 is no whole number"),
    "one limit": (lambda: Slider(0, 10, 5, "x", limits=(0,)), "limits = (0,) are not two numbers"),
    "three limits": (lambda: Slider(0, 10, 5, "x", limits=(0, 5, 10)), "limits = (0, 5, 10) are not two numbers"),
    "a limit": (lambda: Slider(0, 10, 5, "x", limits=5), "limits = 5 are not two numbers"),
    "limits in words": (lambda: Slider(0, 10, 5, "x", limits=("0", "10")), "limits = ('0', '10') are not two numbers"),
    "values that fall": (lambda: Slider(0, 10, 5, "x", values=(0, 5, 3, 10)), "its only values must rise"),
    "a value twice": (lambda: Slider(0, 10, 5, "x", values=(0, 5, 5, 10)), "its only values must rise"),
    "a value that is none": (lambda: Slider(0, 10, 5, "x", values=(0, math.nan, 5, 10)), "its only values must rise"),
    "a value in words": (lambda: Slider(0, 10, 5, "x", values=(0, "5", 10)), "are not numbers"),
    "whole numbers from a half": (lambda: Slider(0.5, 10, 5, "x", integer=True), "goes from one to another, not from 0.5 to 10"),
    "a readout's name": (lambda: Readout("y", 5), "readout 'y': label = 5 is no text"),
    "a readout's role": (lambda: Readout("y", "y", role="nonsense"), "role = 'nonsense' is none of computed, claimed, measured"),
    "a readout's limit": (lambda: Readout("y", "y", limit="x", beyond="b"), "limit = 'x' is no number"),
    "a guess from a text": (lambda: Guess("y", "?", "1", 2), "'1' to 2 are no numbers"),
    "an uncertainty from a text": (lambda: Uncertainty("x", "0.9", 1.1), "'0.9' to 1.1 are no finite numbers"),
    "an uncertainty without end": (lambda: Uncertainty("x", 0.9, math.inf), "0.9 to inf are no finite numbers"),
    "no page": (lambda: page(), "a page shows live figures, at least one"),
    "a page of something else": (lambda: page("x"), "a page shows live figures, not 'x'"),
    "JavaScript of a function": (lambda: to_javascript(model), "takes what trace(model, samples) gives"),
    "a trace of samples without names": (lambda: trace(model, ["x", "n"]), "a mapping from its arguments to samples"),
    "a trace of a number": (lambda: trace(5, {}), "trace() takes a function"),
}


@pytest.mark.parametrize("what", PARTS)
def test_parts_of_a_figure_say_what_they_are_not(what):
    call, complaint = PARTS[what]
    with pytest.raises((ValueError, TypeError), match=re.escape(complaint)):
        call()


RED = "#c8501e"
MARKS = {
    "a curve from a number": (lambda p, ax: p.curve(ax, "x", "y", over=5), "over = 5: x runs from one number to another"),
    "a curve from a text": (lambda p, ax: p.curve(ax, "x", "y", over=("a", "b")), "over = ('a', 'b')"),
    "a curve of a point": (lambda p, ax: p.curve(ax, "x", "y", points=1), "points = 1: a line has a whole number of them, at least 2"),
    "a curve of half a point": (lambda p, ax: p.curve(ax, "x", "y", points=2.5), "points = 2.5"),
    "a marker at no number": (lambda p, ax: p.marker(ax, math.nan, "y"), "a marker can't have x = nan: a page has no such place"),
    "a marker at an array": (lambda p, ax: p.marker(ax, "row", "y"), "a point needs one number, and 'row' is an array of 4"),
    "a marker nowhere": (lambda p, ax: p.marker(ax, None, "y"), "a point needs one number, and None is None"),
    "a bar at no number": (lambda p, ax: p.bar(ax, math.nan, "y"), "a bar stands at a number, not at nan"),
    "a bar nowhere": (lambda p, ax: p.bar(ax, None, "y"), "a bar stands at a number, not at None"),
    "a bar without a width": (lambda p, ax: p.bar(ax, 1, "y", width=0), "a bar is as wide as a number above 0, not 0"),
    "a bar of an array": (lambda p, ax: p.bar(ax, 1, "row"), "a bar needs one number, and 'row' is an array of 4"),
    "a heat map without columns": (lambda p, ax: p.heatmap(ax, "row", 0, 0, 1, RED), "columns = 0: a heat map has a whole number of them"),
    "a heat map of a number": (lambda p, ax: p.heatmap(ax, "y", 1, 0, 1, RED), "a heat map needs an array of the model, and 'y' is one number"),
    "rectangles of numbers": (lambda p, ax: p.rectangles(ax, "row", "y", "row", "row", [RED]), "and 'y' is one number"),
    "a line at an array": (lambda p, ax: p.vline(ax, "row"), "a line needs one number"),
    "a line at infinity": (lambda p, ax: p.hline(ax, math.inf), "a hline can't have y = inf"),
    "a region from an array": (lambda p, ax: p.region(ax, "row", 2), "a region needs one number"),
    "a label of a number": (lambda p, ax: p.label(ax, 1, "y", 5), "a label is one line, and 5 is not"),
    "a label of an array": (lambda p, ax: p.label(ax, 1, "y", "{row:.1f}"), "a label tells numbers and names, and 'row' is an array of 4"),
    "a label moved by a text": (lambda p, ax: p.label(ax, 1, "y", "a", dx="3"), "a label is moved by numbers"),
    "a share of another axis": (lambda p, ax: p.label(ax, 1, "y", "a", fraction="z"), "a fraction is 'x' or 'y'"),
    "limits of another axis": (lambda p, ax: p.limits(ax, "z", ["y"], [(0, 1)]), "limits are those of 'x' or 'y'"),
    "limits within a text": (lambda p, ax: p.limits(ax, "y", "y", [(0, 1)]), "of several values, as in ['days']"),
    "limits of nothing": (lambda p, ax: p.limits(ax, "y", ["y"], [(0, 0)]), "at least one step from one number to another"),
    "a limit that is none": (lambda p, ax: p.limits(ax, "y", ["y"], [(0, math.nan)]), "at least one step from one number to another"),
    "a step of one end": (lambda p, ax: p.limits(ax, "y", ["y"], [(0,)]), "at least one step from one number to another"),
    "ticks in words": (lambda p, ax: p.limits(ax, "y", ["y"], [(0, 1, ["a"])]), "ticks are {place: label}, and 'a' is no number"),
    "limits around an array": (lambda p, ax: p.limits(ax, "y", ["row"], [(0, 1)]), "an axis needs one number"),
    "a stack of nothing": (lambda p, ax: p.stack(ax, "x", {}), "a stack is of one part at least"),
    "a stack without colours": (lambda p, ax: p.stack(ax, "x", ["y"]), "each output with its colour"),
    "a touch": (lambda p, ax: p.marker(ax, "x", "y", touch=5), "touch is Touch(...), not 5"),
    "a drag along nothing": (lambda p, ax: p.marker(ax, "x", "y", touch=Touch("a", drag="x")), "drags along (axis, input)"),
    "a touch that sets a list": (lambda p, ax: p.marker(ax, "x", "y", touch=Touch("a", sets=["x"])), "a touch sets a mapping from inputs to values"),
}  # fmt: skip


@pytest.mark.parametrize("what", MARKS)
def test_marks_say_what_they_need(what):
    mark, complaint = MARKS[what]

    def draw(plot):
        ax = plot.subplots()
        ax.set(xlim=(1, 10), ylim=(0, 100))
        mark(plot, ax)

    with pytest.raises((ValueError, TypeError), match=re.escape(complaint)):
        make(draw).drawing()


def test_a_table_with_places_that_hold_no_number_is_written_down():
    """A table of the model's in which one has no value: its pattern was looked for as if it were equal to itself."""
    told = {"model": lambda x, n, z: {"y": x * n + np.sum(np.where(z > 0, x * z, 0.0))}, "fixed": {"z": np.array([1.0, np.nan, 3.0, np.nan])}}
    figure = make(**told)
    assert "[1,NaN,3,NaN]" in figure.script and figure.evaluate(x=2)["y"] == 2 * 10 + 2 * 4


def test_what_is_right_is_left_alone():
    figure = make(sizes={"narrow": (3, 3), "wide": [6, 3]}, sources=("a", "b"), version=2, presets={"few": {"n": 2}}, readouts=(Readout("y", "y"),))
    assert figure.spec["version"] == 2 and figure.sources == ["a", "b"]
    assert Slider(1, 8, 2, "x", values=[1, 2, 4, 8]).count() == 3 and Choice({"a": 1.0}, "a", "x").sample() == 1.0
    assert Slider(1, 8, 2, "x", published=Bound(1, 4)).describe("x", ["x"])["published"] == (1, 4, "what anyone has published")
