"""A page comes to life as it was printed: no model runs and nothing is rewritten before somebody asks for a number."""

import pytest

COUNT = """globalThis.runs = [];
globalThis.livefigureModels = new Proxy({}, { set: (all, name, factory) => {
    all[name] = (...given) => {
        const run = factory(...given);
        return (...slots) => (runs.push(name), run(...slots));
    };
    return true;
} });"""
TOLD = """() => {
    const told = (figure) => {
        const { root } = figure, all = (parts) => [...root.querySelectorAll(parts)];
        return {
            words: all(".lf-finding, .lf-note, .lf-set, .lf-goal, .lf-number, .lf-range, .lf-label").map((part) => part.textContent),
            marked: all(".lf-readout, .lf-goal").map((part) => part.className),
            off: all(".lf-controls [name], .lf-play").map((control) => control.disabled),
            boxes: all(".lf-controls [name]:not([type=range])").map((control) => control.value + control.checked),
            alternative: root.querySelector(".lf-drawing").getAttribute("aria-label"),
            values: all("output[data-value]").map((output) => Number(output.dataset.value)),
        };
    };
    return Object.values(livefigure.figures).map((figure) => {
        const printed = told(figure);
        figure.set(figure.defaults);
        return [figure.spec.name, printed, told(figure)];
    });
}"""


@pytest.fixture
def fresh(browser, gallery):
    """The page with every figure, just opened."""
    page = browser.new_page()
    page.add_init_script(COUNT)
    page.goto(gallery.url)
    yield page
    page.close()


def test_what_is_printed_is_what_the_page_computes(fresh):
    for name, printed, computed in fresh.evaluate(TOLD):
        assert printed.pop("values") == pytest.approx(computed.pop("values"), rel=1e-9), name
        assert printed == computed, name
        assert printed["words"] and printed["alternative"], name


def test_a_page_comes_to_life_without_running_a_model(fresh):
    """What is on the screen may run when the browser has nothing to do; of the many below it none does."""
    alive = fresh.locator('[data-state="live"]').count()
    assert alive > 50 and len(set(fresh.evaluate("runs"))) <= 3
    fresh.evaluate("Object.values(livefigure.figures).forEach((figure) => figure.set(figure.defaults))")
    assert len(set(fresh.evaluate("runs"))) == alive
