"""A model with a long loop has run in states that readers choose before one of them waits for it."""

import pytest
from livefigure.assets import runtime_script
from living import living

COUNT_IDLE = """globalThis.asked = 0;
const idle = globalThis.requestIdleCallback;
globalThis.requestIdleCallback = (act) => ((globalThis.asked += 1), idle(act));"""
WATCH = """() => {
    const figure = livefigure.figures["layout-map"], { model } = figure;
    const kept = () => JSON.stringify(Object.entries(figure.values).map(([name, value]) => [name, value?.length === undefined ? value : [...value]]));
    const evaluate = model.evaluate, before = kept();
    globalThis.watched = { tried: new Set(), same: [] };
    model.evaluate = (state) => (watched.tried.add(state.gpus), evaluate.call(model, state));
    const look = () => (watched.same.push(kept() === before), requestIdleCallback(look));
    requestIdleCallback(look);
    livefigure.later.warm(figure);
}"""
BELOW = '<div style="height: 150vh"></div>'  # what follows it begins half a screen under the first


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    file = tmp_path_factory.mktemp("warm") / "map.html"
    file.write_text(f'<!doctype html><meta charset="utf-8">{BELOW}{living("layout-map").page_html()}<script>{runtime_script()}</script>', encoding="utf-8")
    page = browser.new_page()
    page.add_init_script(COUNT_IDLE)
    page.goto(file.as_uri())
    yield page
    page.close()


def test_a_search_is_warmed_before_it_is_on_the_screen(page):
    """Each run is asked for by the one before it, the first when the figure is a screen away or less."""
    figure = living("layout-map")
    assert figure.spec["long"] and "long" not in living("how-many-days").spec
    page.wait_for_function("(runs) => asked > runs", arg=len(figure.presets))
    assert page.locator("[data-live-figure]").bounding_box()["y"] > page.viewport_size["height"]


def test_what_is_shown_stays_while_other_states_run(page):
    figure = living("layout-map")
    slider = figure.controls["gpus"]
    readers_choose = {slider.low, slider.high, *(preset.get("gpus", slider.value) for preset in figure.presets.values())}
    page.evaluate(WATCH)
    page.wait_for_function("(all) => all.every((gpus) => watched.tried.has(gpus))", arg=sorted(readers_choose))
    same = page.evaluate("watched.same")
    assert all(same) and len(same) > 3
