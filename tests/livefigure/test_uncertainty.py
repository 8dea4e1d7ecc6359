"""A band around what depends on an uncertain factor, and around nothing else."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from livefigure import LiveFigure, Readout, Slider, Uncertainty

DOUBT = Uncertainty("off", 0.8, 1.5)


def model(work, workers, off=1.0):
    """Some outputs rise with the factor, one falls, and two know nothing of it: one never did, in one it cancels out."""
    time = off * work / workers
    return {"time": time, "speed": {"each": work / time}, "cost": 3 * workers, "share": work / (work + workers), "many": np.where(workers > 50, 1, 0)}


def draw(plot):
    ax = plot.subplots()
    ax.set(xlim=(1, 100), ylim=(0, 100))
    plot.curve(ax, "workers", "time", color="C0")
    plot.curve(ax, "workers", "cost", color="C1")


def make(model=model, **changes) -> LiveFigure:
    readouts = [Readout("time", "hours", ".1f"), Readout("speed.each", "an hour", ".1f"), Readout("cost", "dollars", ".0f")]
    controls = {"work": Slider(1, 1000, 120, "work"), "workers": Slider(1, 100, 10, "workers")}
    options = {"uncertainty": DOUBT, "note": "± something", "extrapolated": "many"}
    return LiveFigure("probe", model, **{"draw": draw, "title": "?", "controls": controls, "readouts": readouts, "summary": "{time:.1f}"} | options | changes)


FIGURE = make()


def ranges(figure, **inputs) -> list[str]:
    """What the card says under each number, None where there is no place for a range."""
    figure = make(controls={key: Slider(c.low, c.high, inputs.get(key, c.value), c.label) for key, c in figure.controls.items()})
    found = re.findall(r'<p class="lf-readout.*?</p>', figure.card)
    return [match and match[1] for match in (re.search(r'class="lf-range">([^<]*)<', readout) for readout in found)]


def test_only_what_the_trace_shows_to_depend_on_the_factor_has_a_band():
    assert {name for name in FIGURE.evaluate() if name.startswith(("low.", "high."))} == {"low.time", "high.time", "low.speed.each", "high.speed.each"}


def test_the_factor_is_no_input_of_the_page():
    assert FIGURE.spec["inputs"] == ["work", "workers"] and "off" not in FIGURE.inputs


def test_the_band_is_the_model_at_both_ends_of_the_factor():
    found = FIGURE.evaluate()
    assert (found["low.time"], found["time"], found["high.time"]) == pytest.approx((9.6, 12, 18))
    assert (found["low.speed.each"], found["speed.each"], found["high.speed.each"]) == pytest.approx((10 / 1.5, 10, 12.5))


def test_how_far_off_it_may_be_can_depend_on_what_was_chosen():
    """Few workers are known better than many: the ends are outputs of the model itself."""

    def doubtful(work, workers, off=1.0):
        return model(work, workers, off) | {"between": {"least": np.where(workers > 20, 0.5, 0.9), "most": np.where(workers > 20, 4.0, 1.1)}}

    figure = make(doubtful, uncertainty=Uncertainty("off", "between.least", "between.most"))
    few, many = figure.evaluate(work=120, workers=10), figure.evaluate(work=120, workers=24)
    assert (few["low.time"], few["high.time"]) == pytest.approx((12 * 0.9, 12 * 1.1))
    assert (many["low.time"], many["high.time"]) == pytest.approx((5 * 0.5, 5 * 4))
    assert (many["low.speed.each"], many["high.speed.each"]) == pytest.approx((24 / 4, 24 / 0.5))


@given(work=st.floats(1, 1000), workers=st.floats(1, 100), low=st.floats(0.01, 1), high=st.floats(1, 100))
def test_a_number_lies_in_its_band_which_ends_where_the_model_is_extrapolated(work, workers, low, high):
    found = make(uncertainty=Uncertainty("off", low, high)).evaluate(work=work, workers=workers)
    for name in ("time", "speed.each"):
        assert found[f"low.{name}"] * (1 - 1e-12) <= found[name] <= found[f"high.{name}"] * (1 + 1e-12)
        assert workers <= 50 or found[f"low.{name}"] == found[name] == found[f"high.{name}"]


def test_the_page_computes_twice_only_what_depends_on_the_factor():
    costly = lambda work, workers, off=1.0: model(np.exp(np.sin(work) ** 2), workers, off)  # noqa: E731
    assert make(costly).script.count("sin") == make(costly, uncertainty=None).script.count("sin")


def test_readouts_say_where_they_lie_or_that_nobody_knows():
    assert ranges(FIGURE) == ["(9.6 to 18.0)", "(6.7 to 12.5)", None]
    assert ranges(FIGURE, workers=51) == ["(extrapolated)", "(extrapolated)", None]
    assert ranges(FIGURE, work=1, workers=50)[0] == ""  # both ends are written 0.0


def test_a_curve_that_is_uncertain_has_an_area_around_it():
    marks = FIGURE.drawing().marks
    assert [(mark["low"], mark["high"], mark["sweep"][0]) for mark in marks if mark["kind"] == "band"] == [("low.time", "high.time", "workers")]


def test_a_series_has_a_band_too():
    def series(work, workers, t, off=1.0):
        return {"t": t, "left": work * np.exp(-off * t / workers), "fixed": 2 * t}

    def plotted(plot):
        ax = plot.subplots()
        plot.curve(ax, "t", "left")
        plot.curve(ax, "t", "fixed")

    figure = make(series, draw=plotted, fixed={"t": np.linspace(0, 9, 20)}, readouts=[Readout("work", "work")], summary="", extrapolated="")
    found = figure.evaluate()
    assert found.keys() == {"t", "left", "fixed", "low.left", "high.left"}
    np.testing.assert_allclose(found["low.left"], 120 * np.exp(-1.5 * found["t"] / 10))
    assert (found["low.left"] <= found["left"]).all() and (found["left"] <= found["high.left"]).all()
    assert [(mark["low"], mark["high"]) for mark in figure.drawing().marks if mark["kind"] == "band"] == [("low.left", "high.left")]


def test_a_model_may_say_itself_where_a_number_lies():
    own = lambda work, workers: {"time": work / workers, "low": {"time": 1.0}, "high": {"time": 30.0}, "many": 0.0, "cost": 1, "speed": {"each": 1}}  # noqa: E731
    figure = make(own, uncertainty=None)
    assert 'class="lf-range">(1.0 to 30.0)<' in figure.card and any(mark["kind"] == "band" for mark in figure.drawing().marks)
    with pytest.raises(ValueError, match="'low.time' is an output of the model, and the end of a band"):
        make(lambda work, workers, off=1.0: own(work, workers) | {"time": off * work})


def test_without_an_output_that_says_where_it_ends_the_band_holds_everywhere():
    found = make(extrapolated="").evaluate(workers=60)
    assert found["low.time"] < found["time"] < found["high.time"]


@pytest.mark.parametrize("ends", [(1.1, 1.2), (0.5, 0.9), (0, 2), (float("nan"), 2), (1.2, 0.9)])
def test_the_ends_must_hold_one(ends):
    with pytest.raises(ValueError, match="uncertainty 'off'.*hold 1"):
        Uncertainty("off", *ends)


def test_a_model_without_the_factor_is_refused_by_name():
    with pytest.raises(TypeError, match="off"):
        make(lambda work, workers: model(work, workers))


def test_a_reader_s_model_gets_the_band_of_its_own_outputs():
    found = make(lambda work, workers, off=1.0: model(work, workers, off) | {"cost": off * workers}).evaluate()
    assert (found["low.cost"], found["high.cost"]) == pytest.approx((8, 15))
