"""What a figure's `draw` may ask for, what it gets, and what is refused because no page could redraw it."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from livefigure import LiveFigure, Readout, Slider
from probe_figure import DAYS, FIGURE, days, make


def along_gpus(model) -> np.ndarray:
    """The curve that matplotlib draws of a model of `gpus`."""
    figure = make(model=lambda gpus, mfu, chip: {"days": model(gpus), "energy": {"mwh": 0.0}})
    return figure.drawing().fig.axes[0].lines[0].get_xydata()


@pytest.mark.parametrize(
    "model",
    [lambda gpus: np.sum(np.array([gpus, 2 * gpus])), lambda gpus: np.sum(np.full(5, gpus)), lambda gpus: 2 * gpus],
    ids=["an array of its own", "many of one", "nothing of the kind"],
)
def test_a_curve_is_the_model_at_each_point_even_if_the_model_is_for_single_numbers(model):
    line = along_gpus(model)
    np.testing.assert_allclose(line[:, 1], [model(x) for x in line[:, 0]])


def test_a_model_that_writes_into_what_it_is_given_draws_what_the_page_does():
    def model(gpus):
        gpus *= 2
        return gpus

    line = along_gpus(model)
    np.testing.assert_allclose(line[:, 1], 2 * line[:, 0])


@pytest.mark.parametrize(
    "bad, complaint",
    [
        (lambda plot, ax: plot.curve(ax, "gpus", "days", marker="o"), "without markers or steps"),
        (lambda plot, ax: plot.curve(ax, "gpus", "days", linestyle="none"), "without markers or steps"),
        (lambda plot, ax: plot.curve(ax, "gpus", "days", drawstyle="steps-post"), "without markers or steps"),
        (lambda plot, ax: plot.curve(ax, "days", "energy.mwh"), "along must be one of gpus, mfu"),
        (lambda plot, ax: plot.curve(ax, "gpus", "days", along="gpu"), "along must be one of gpus, mfu"),
        (lambda plot, ax: plot.bar(ax, "rent", "days"), "stands at a number, not at 'rent'"),
        (lambda plot, ax: plot.label(ax, 0, 0, ""), "a label is one line"),
        (lambda plot, ax: plot.label(ax, 0, 0, "two\nlines"), "a label is one line"),
        (lambda plot, ax: plot.label(ax, 0, 0, "$x^2$ is {days:.1f}"), "write x² instead of $x^2$"),
        (lambda plot, ax: plot.label(ax, 0, 0, r"from $\alpha$"), "is mathematics"),
        (lambda plot, ax: plot.heatmap(ax, "cells", 4, 0, 1, "C0"), "10 cells of 'cells' don't fill rows of 4"),
        (lambda plot, ax: plot.limits(ax, "x", ["days"], []), "limits of x: give at least one step"),
        (lambda plot, ax: plot.curve(ax, "gpus", "days", color="red"), "colour #ff0000 has no variant for dark pages"),
        (lambda plot, ax: ax.axhline(3, color="0.5"), "colour #808080 has no variant for dark pages"),
        (lambda plot, ax: plot.label(ax, 0, 0, "{days:.1f}", rotation=90), "can't have rotation"),
        (lambda plot, ax: plot.marker(ax.inset_axes([0, 0, 1, 1]), 0, 0), "axes of this figure"),
        (lambda plot, ax: (ax.set_yscale("symlog"), plot.marker(ax, 0, 0)), "linear or logarithmic axes"),
        (lambda plot, ax: plot.marker(plot.fig.add_subplot(projection="polar"), 0, 0), "linear or logarithmic axes"),
    ],
)
def test_what_the_page_could_not_redraw_is_refused(bad, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        make(draw=lambda plot: bad(plot, plot.subplots()), model=with_cells).page_html()


def with_cells(gpus, mfu, chip):
    return days(gpus, mfu, chip) | {"cells": np.arange(10) * mfu}


def test_cells_of_a_heat_map_are_of_size_1_around_whole_numbers_from_the_bottom_left():
    ax = make(draw=lambda plot: plot.heatmap(plot.subplots(), "cells", 5, 0, 1, "C0"), model=with_cells).drawing().fig.axes[0]
    places = [patch.get_bbox().bounds for patch in ax.patches if patch.get_fill()]
    assert places == [(column - 0.5, row - 0.5, 1, 1) for row in range(2) for column in range(5)]


def test_dollars_in_a_label_are_dollars():
    svg = make(draw=lambda plot: plot.label(plot.subplots(), 0.5, 0.5, "${days:.0f} to ${energy.mwh:.0f}")).card
    assert re.search(r">\$[\d,]+ to \$\d+<", svg)


def test_a_curve_on_a_logarithmic_axis_is_evenly_spaced_there():
    def logarithmic(plot):
        ax = plot.subplots()
        ax.set(xscale="log")
        plot.curve(ax, "mfu", "days", over=(0.001, 1), points=4)

    np.testing.assert_allclose(make(draw=logarithmic).drawing().fig.axes[0].lines[0].get_xdata(), [0.001, 0.01, 0.1, 1])


def test_a_label_that_speaks_of_an_unknown_name_hears_the_known_ones():
    with pytest.raises(KeyError, match="'nope' is neither an input nor an output. Known: gpus, mfu, chip, days, energy.mwh"):
        make(draw=lambda plot: plot.label(plot.subplots(), 0.5, 0.5, "{nope:.1f}")).page_html()


@pytest.mark.parametrize("bind", ["curve", "marker", "label"])
def test_a_drawing_that_asks_for_an_unknown_name_is_refused_by_name(bind):
    def draw(plot):
        ax = plot.subplots()
        getattr(plot, bind)(ax, "gpus", "dais", *(["text"] if bind == "label" else []))

    with pytest.raises(KeyError, match="dais"):
        make(draw=draw).page_html()


def test_the_drawing_is_an_ordinary_matplotlib_figure(tmp_path):
    drawing = FIGURE.drawing("narrow", mfu=0.2)
    drawing.fig.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000
    (curve, marker) = drawing.fig.axes[0].lines
    assert marker.get_ydata() == [pytest.approx(2 * DAYS)]
    xs, ys = curve.get_data()
    np.testing.assert_allclose(ys, 2 * DAYS * 16384 / xs)


def test_a_tick_beyond_the_limits_it_belongs_to_is_refused():
    def stepping(plot):
        plot.limits(plot.subplots(), "y", ["days"], [(0, 100, {0: "0", 120: "120"})])

    with pytest.raises(ValueError, match="tick at 120 lies outside 0 to 100"):
        make(draw=stepping).page_html()


@pytest.mark.parametrize("x, y, seen", [(0.5, 0.5, True), (-0.2, 0.5, False), (1.2, 0.5, False), (0.5, -0.2, False), (0.5, 1.2, False), (np.nan, 0.5, False)])
def test_what_lies_outside_its_axes_is_printed_nowhere(x, y, seen):
    """A reader without script sees what matplotlib draws: nothing there. What the page moves has to stand somewhere, unseen."""

    def draw(plot):
        ax = plot.subplots()
        ax.set(xlim=(0, 1), ylim=(0, 1))
        plot.marker(ax, "x", "y")
        plot.label(ax, "x", "y", "here")

    figure = LiveFigure("places", lambda s: {"x": s * x, "y": s * y, "all": s}, draw, title="Where?", controls={"s": Slider(0.5, 1, 1, "s")}, readouts=[Readout("all", "s", ".3g")], summary="{s}")
    marks = BeautifulSoup(figure.page_html(), "html.parser").select("g[data-mark]")
    assert len(marks) == 2 * 2  # in both layouts
    for mark in marks:
        shown = mark.select("use, text")
        assert len(shown) == 1 and (shown[0].get("visibility") != "hidden") == seen, shown


def test_what_asks_for_a_hand_is_marked_and_is_not_in_the_picture():
    """Style sheets hide it where nothing moves; a picture never has it."""

    def draw(plot, text):
        ax = plot.subplots()
        plot.curve(ax, "gpus", "days")
        for said, invites in text:
            plot.label(ax, "gpus", "days", said, invites=invites)

    asking, telling, silent = (make(draw=lambda plot, text=text: draw(plot, text)) for text in ([("drag me", True)], [("drag me", False)], []))
    marked = [group.get_text(strip=True) for group in BeautifulSoup(asking.card, "html.parser").select(".lf-invites")]
    assert marked == ["drag me"] * 2 and "lf-invites" not in telling.card
    assert asking.picture() == silent.picture() != telling.picture()
