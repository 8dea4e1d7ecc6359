"""Direct touch: a tile, a cell, a bar and a point are hovered, walked to with the arrow keys, clicked and dragged."""

import re

import numpy as np
import pytest
from figures.layout_map import GRID, WAYS
from livefigure import LiveFigure, Readout, Slider, Touch
from livefigure import page as page_of
from livefigure.numbers import format_number
from livefigure.shapes import SHADES, WIDTHS, level, tiled
from living import living

# The part `k` of the first touchable mark of a kind, in pixels of the screen: its middle.
MIDDLE = """([name, kind, k]) => {
    const figure = livefigure.figures[name];
    const touch = (figure.touch ??= new livefigure.later.Touch(figure, figure.root.querySelector(".lf-drawing")));
    const { picture } = touch;
    picture.svg.scrollIntoView({ block: "center" });
    const part = touch.parts(picture).filter(({ mark }) => mark.kind === kind)[k];
    const [box, view] = [picture.svg.getBoundingClientRect(), picture.svg.viewBox.baseVal];
    const [l, t, r, b] = part.box;
    const at = (x, y) => [box.left + (x * box.width) / view.width, box.top + (y * box.height) / view.height];
    return { middle: at((l + r) / 2, (t + b) / 2), top: at((l + r) / 2, t), from: view.height / box.height };
}"""
READ = '(name) => livefigure.figures[name].root.querySelector(".lf-wide .lf-touched")?.textContent ?? ""'
STATE = "(name) => livefigure.figures[name].state"


@pytest.fixture
def touched(examples):
    """The page with small figures; the pointer leaves and the focus goes afterwards."""
    yield from left_alone(examples)


@pytest.fixture
def touched_anywhere(gallery):
    """The page with every figure."""
    yield from left_alone(gallery)


def left_alone(page):
    yield page
    page.mouse.move(0, 0)
    page.evaluate("() => document.activeElement.blur()")


def test_hover_tells_and_a_click_sets(touched):
    page, figure = touched, living("gallery-tiles")
    for seat in (0, 77, 159):
        page.mouse.move(*page.evaluate(MIDDLE, ["gallery-tiles", "tiles", seat])["middle"])
        paid = figure.evaluate()["paid"][seat]
        assert page.evaluate(READ, "gallery-tiles") == f"seat {seat + 1}: {format_number(paid, '.0f')} $"
        assert page.evaluate(STATE, "gallery-tiles")["chosen"] == 33
    page.mouse.down()
    page.mouse.up()
    assert page.evaluate(STATE, "gallery-tiles")["chosen"] == 160
    page.mouse.move(2, 2)
    assert page.evaluate(READ, "gallery-tiles") == ""


def test_arrow_keys_walk_and_enter_sets(touched):
    page = touched
    drawing = page.locator('[data-live-figure="gallery-tiles"] .lf-drawing')
    assert drawing.get_attribute("role") == "application" and "Enter" in drawing.get_attribute("aria-description")
    page.locator('[data-live-figure="gallery-tiles"] input[name="chosen"]').last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "lf-drawing"

    def seat() -> int:
        return int(re.match(r"seat (\d+):", page.evaluate(READ, "gallery-tiles"))[1]) - 1

    before = page.evaluate("scrollY")
    boxes = tiled([(4, 2, 0.12), (5, 4, 0.24)], (0, 0, 1, 1))
    for key, way in {"ArrowRight": (1, 0), "ArrowDown": (0, -1), "ArrowLeft": (-1, 0), "ArrowUp": (0, 1)}.items():
        start = boxes[seat()]
        page.keyboard.press(key)
        assert np.sign((boxes[seat()] - start)[:2].round(9)).tolist() == list(way), key
    assert page.evaluate("scrollY") == before  # and the page does not run away
    assert page.evaluate("livefigure.figures['gallery-tiles'].root.querySelector('.lf-announce').textContent") == page.evaluate(READ, "gallery-tiles")
    chosen = seat()
    page.keyboard.press("Enter")
    assert page.evaluate(STATE, "gallery-tiles")["chosen"] == chosen + 1
    page.keyboard.press("Escape")
    assert page.evaluate(READ, "gallery-tiles") == ""


def test_a_bar_follows_the_pointer_that_has_taken_it(touched):
    page, figure = touched, living("gallery-wires")
    place = page.evaluate(MIDDLE, ["gallery-wires", "bar", 0])
    (x, y), height = place["top"], figure.evaluate()["first"]
    bottom = y + 2 * (place["middle"][1] - y)
    page.mouse.move(x, y + 6)
    page.mouse.down()
    for share in (0.5, 1.25):
        page.mouse.move(x, bottom - (bottom - y) * share)
        found = page.evaluate(STATE, "gallery-wires")["share"]
        assert figure.evaluate(share=found)["first"] == pytest.approx(height * share, abs=0.6)
    page.mouse.up()
    page.mouse.move(x, bottom - (bottom - y) * 0.3)
    assert page.evaluate(STATE, "gallery-wires")["share"] == found  # let go


def test_a_bar_answers_over_all_of_its_width(touched):
    page, name = touched, "gallery-wires"
    bar = next(mark for mark in living(name).spec["drawings"]["wide"]["marks"] if mark["kind"] == "bar" and mark.get("touch"))
    shape = page.locator(f'[data-live-figure="{name}"] .lf-wide [data-mark="{bar["id"]}"] path').first
    shape.scroll_into_view_if_needed()
    box, said = shape.bounding_box(), []
    for share in (0.05, 0.5, 0.95):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        said.append(page.evaluate(READ, name))
    assert said[0] and len(set(said)) == 1 and box["width"] > 50


POWERS = (1, 2, 4, 8, 16)


def bar_of_powers(plot):
    ax = plot.subplots()
    ax.set(ylim=(0, 20), xlim=(0, 2))
    plot.bar(ax, 1, "height", touch=Touch("{height:.0f}", drag=("y", "n")))


def test_a_bar_whose_slider_has_few_values_takes_the_nearest(browser, tmp_path):
    figure = LiveFigure("powers", lambda n: {"height": n}, bar_of_powers, title="Powers", controls={"n": Slider(1, 16, 4, "n", values=POWERS)}, readouts=[Readout("height", "n", ".0f")], summary="{height:.0f}", sizes={"wide": (6.9, 4.5), "narrow": (3.6, 4.0)})
    (tmp_path / "powers.html").write_text(page_of(figure), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "powers.html").as_uri())
    place = page.evaluate(MIDDLE, ["powers", "bar", 0])
    (x, top), (_, middle) = place["top"], place["middle"]
    one = (middle - top) / 2  # pixels of one: the bar is four high
    page.mouse.move(x, top + 6)
    page.mouse.down()
    for wanted in (19, 9, 3.3, 1.2, 15, 0.1, 5.5):
        page.mouse.move(x, top + (4 - wanted) * one)
        assert page.evaluate(STATE, "powers")["n"] == min(POWERS, key=lambda value: abs(value - wanted)), wanted
    page.mouse.up()
    page.close()


def test_a_point_sets_what_it_says(touched):
    page = touched
    page.mouse.click(*page.evaluate(MIDDLE, ["gallery-wires", "marker", 0])["middle"])
    assert page.evaluate(STATE, "gallery-wires")["share"] == 0.25


def test_a_point_is_dragged_past_the_limit_where_another_takes_over(touched_anywhere):
    """The landing page's dot: full as far as the chips go (989 TFLOP/s where the run got 400), hollow beyond, and under the pointer all the way."""
    page, name = touched_anywhere, "how-many-days"
    x, y = page.evaluate(MIDDLE, [name, "marker", 0])["middle"]
    second_week = page.evaluate(MIDDLE, [name, "tiles", 1])["middle"][0]  # its middle is day 10.5
    page.mouse.move(x, y)
    page.mouse.down()
    for to in np.linspace(x, second_week, 12):
        page.mouse.move(to, y)
    found = page.evaluate(STATE, name)["speedup"]
    assert found > 989 / 400 and living(name).evaluate(speedup=found)["days"] == pytest.approx(10.5, abs=0.3)
    full, hollow = (page.evaluate(MIDDLE, [name, "marker", k])["middle"][0] for k in (0, 1))
    assert full < 0 and hollow == pytest.approx(second_week, abs=3)
    assert page.evaluate(READ, name) == f"{format_number(found, '.3g')}× as fast"
    for to in np.linspace(second_week, x, 12):
        page.mouse.move(to, y)
    page.mouse.up()
    assert page.evaluate(STATE, name)["speedup"] == pytest.approx(1, abs=0.02)


def test_the_layout_map_tells_the_layout_and_a_click_chooses_it(touched_anywhere):
    """Each cell as Python has it: its pair, and the time of the fastest of its layouts, with how that cuts and shares."""
    page, figure = touched_anywhere, living("layout-map")
    some_fit = figure.defaults | figure.presets["Megatron 1T, 3,072 A100s"]
    page.evaluate("([name, state]) => livefigure.figures[name].set(state)", ["layout-map", some_fit])
    found = figure.evaluate(**some_fit)
    cells = found["cells"]
    fits, not_ = int(np.flatnonzero(np.isfinite(cells))[-1]), int(np.flatnonzero(~np.isfinite(cells))[0])
    pairs = list(zip(GRID["tp"][::WAYS], GRID["pp"][::WAYS]))
    page.mouse.move(*page.evaluate(MIDDLE, ["layout-map", "heatmap", not_])["middle"])
    assert page.evaluate(READ, "layout-map") == "does not fit"
    page.mouse.click(*page.evaluate(MIDDLE, ["layout-map", "heatmap", fits])["middle"])
    tp, pp = pairs[fits]
    cp, ep, chunks, zero = (found[f"won.{name}"][fits] for name in ("cp", "ep", "interleave", "zero"))
    chosen = f"cp {cp:.0f}, ep {ep:.0f}, chunks {chunks:.0f}, ZeRO {zero:.0f}"
    assert page.evaluate(READ, "layout-map") == f"tp {tp:.0f} × pp {pp:.0f}: {format_number(cells[fits], '.3g')} s, {chosen}"
    assert [page.evaluate(STATE, "layout-map")[name] for name in ("tp", "pp")] == [tp, pp]


def test_in_a_page_of_the_book_its_script_comes_with_the_first_touch(reader):
    """At the latest: a figure with a long loop asks for it before."""
    here = reader("layout-map")
    assert here.page.evaluate("(name) => livefigure.figures[name].touch === undefined", "layout-map")
    drawing = here.root.locator(".lf-drawing")
    drawing.scroll_into_view_if_needed()
    drawing.click(position={"x": 90, "y": 200})
    here.page.wait_for_function("(name) => livefigure.figures[name].touch !== undefined", arg="layout-map")
    here.page.wait_for_function("(name) => livefigure.figures[name].state.tp !== livefigure.figures[name].defaults.tp || livefigure.figures[name].state.pp !== livefigure.figures[name].defaults.pp", arg="layout-map")


@pytest.mark.parametrize("grids", [[(3, 2, 0.0)], [(4, 3, 0.2), (2, 2, 0.1)], [(50, 40, 0.15)]])
def test_tiles_fill_their_box_without_overlap_and_the_page_places_them_alike(grids, examples):
    found = tiled(grids, (1.0, -2.0, 9.0, 4.0))
    assert len(found) == np.prod([columns * rows for columns, rows, _ in grids])
    free = np.prod([(1 - gap) ** 2 for *_, gap in grids])
    areas = (found[:, 2] - found[:, 0]) * (found[:, 3] - found[:, 1])
    assert areas.sum() == pytest.approx(8 * 6 * free)  # conservation of area
    assert found[0, 3] == found[:, 3].max() and found[0, 0] == found[:, 0].min()  # counted from the top left
    left, low, right, high = (edge[:, None] for edge in found[:200].T)
    apart = (right <= left.T + 1e-9) | (left >= right.T - 1e-9) | (high <= low.T + 1e-9) | (low >= high.T - 1e-9)
    assert (apart | np.eye(len(left), dtype=bool)).all()
    page = examples.evaluate("([grids, box]) => livefigure.tiled(grids, box)", [grids, [1.0, -2.0, 9.0, 4.0]])
    np.testing.assert_allclose(page, found, rtol=0, atol=1e-12)


@pytest.mark.parametrize("levels", [SHADES, WIDTHS])
def test_a_step_is_the_same_in_page_and_python(levels, examples):
    shares = [*np.linspace(-0.5, 1.5, 101), *(k / levels for k in range(levels + 1)), np.nan, np.inf]
    page = examples.evaluate("([shares, levels]) => shares.map((s) => livefigure.level(s ?? NaN, levels))", [[s if np.isfinite(s) else None for s in shares], levels])
    assert page == level(shares, levels).tolist()
    assert {0, levels - 1, -1} <= set(page)
