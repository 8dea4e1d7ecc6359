"""A page of its own: one file with fonts, colours, runtime and figures, alive from disk in either colour scheme."""

import json

import livefigure
import pytest
from figures.gallery import curve, ten_lines, uncertainty
from livefigure.assets import runtime_widget
from livefigure import Slider, fonts


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "page.html"
    file.write_text(livefigure.page(ten_lines.figure(), uncertainty.figure(), title="Mine & <yours>"), encoding="utf-8")
    return file


@pytest.mark.parametrize("scheme, paper", [("light", "rgb(255, 253, 248)"), ("dark", "rgb(20, 23, 28)")])
def test_a_page_needs_nothing_else(file, scheme, paper, browser):
    asked, wrong = [], []
    page = browser.new_page(color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    assert page.title() == "Mine & <yours>" and page.locator('[data-state="live"]').count() == 2
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper
    assert page.evaluate("document.fonts.ready.then((all) => [...all].filter((f) => f.status === 'loaded').map((f) => f.weight).sort())") == ["400", "600 700"]
    page.locator('[data-live-figure="gallery-ten-lines"] input[type=range]').first.press("ArrowRight")
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()] and not wrong
    page.close()


# What anywidget does in marimo, whose outputs are shadow trees: the runtime first, then the figure into its place. What the page
# tells Python is kept, and Python can be heard.
SHOW = """async ({ runtime, figure }) => {
  const load = async (source) => (await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))).default;
  globalThis.told = [];
  globalThis.heard = {};
  globalThis.inPython = figure;
  const model = (state) => ({
    get: (name) => state[name], set: (name, value) => (state[name] = value), on: (name, act) => (heard[name] = act), off() {}, save_changes: () => told.push(state.outputs),
  });
  await (await load(runtime._esm)).initialize({ model: model(runtime) });
  const host = document.body.appendChild(document.createElement("div"));
  const el = host.attachShadow({ mode: "open" }).appendChild(document.createElement("div"));
  await (await load(figure._esm)).render({ model: model(figure), el });
}"""
SAY = "(inputs) => (inPython.inputs = inputs, heard['change:inputs'](), [told.length, told.at(-1)])"
PAINT = """(all) => all.map((e) => getComputedStyle(e)).map((style) => [style.stroke, style.fill])"""


def in_notebook(browser, figure: livefigure.LiveFigure):
    """A page that shows `figure` as a notebook does."""
    state = {"figure": figure.get_state(), "runtime": runtime_widget().get_state()}
    state = {name: {key: value for key, value in of.items() if isinstance(value, (str, dict, int, float))} for name, of in state.items()}
    page = browser.new_page()
    page.set_content("<!doctype html><html><body></body></html>")
    page.evaluate(SHOW, json.loads(json.dumps(state, default=float)))
    return page


def test_in_a_shadow_tree_all_is_painted_and_nothing_around_it(browser):
    """Curve, axes, grid, card and sliders have their colours; the scheme of somebody else's page stays what it was."""
    page = in_notebook(browser, ten_lines.figure())
    root = page.locator('[data-live-figure][data-state="live"]')
    ink, card, computed = "rgb(29, 33, 41)", "rgb(255, 255, 255)", "rgb(31, 95, 168)"
    style = root.evaluate("(e) => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor, getComputedStyle(e).colorScheme]")
    assert style == [ink, card, "light"]
    painted = root.locator(".lf-wide svg :is(path, use)[style*='--lf-']").evaluate_all(PAINT)
    assert [computed, "none"] in painted and not [paint for paint in painted if paint == ["none", "none"]]
    assert computed in root.locator("input[type=range]").first.evaluate("(e) => { const s = getComputedStyle(e); return s.getPropertyValue('--lf-track').replace('#1f5fa8', 'rgb(31, 95, 168)'); }")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "normal"
    page.close()


def test_a_widget_follows_python_and_tells_it_what_has_changed(browser):
    """Nothing at first and nothing of what it knows already; then all outputs, also when only one of the inputs is another."""
    figure = uncertainty.figure()
    page = in_notebook(browser, figure)
    assert page.evaluate(SAY, dict(figure.inputs)) == [0, None]
    for count, (name, control) in enumerate(((name, control) for name, control in figure.controls.items() if isinstance(control, Slider)), 1):
        inputs = dict(figure.inputs) | {name: control.high}
        for _ in range(2):
            times, outputs = page.evaluate(SAY, inputs)
            assert times == count and outputs == pytest.approx({key: outputs[key] for key in outputs} | {r.output: figure.evaluate(**inputs)[r.output] for r in figure.readouts}, rel=1e-9)
    page.close()


def test_two_figures_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two figures are called 'gallery-curve'"):
        livefigure.page(curve.figure(), curve.figure())


def test_faces_are_cut_once_and_kept_beside_matplotlib_s_list_of_fonts(tmp_path, monkeypatch):
    """The same text from where they are kept; a folder that can't be written costs a cut, and nothing else."""
    monkeypatch.setattr(fonts.matplotlib, "get_cachedir", lambda: str(tmp_path))
    cuts = []
    monkeypatch.setattr(fonts, "cut", lambda path, weight: cuts.append(path.name) or f"{path.name} {weight}")
    first = fonts.faces.__wrapped__()
    assert len(cuts) == 2 and [file.read_text() for file in tmp_path.iterdir()] == [first]
    assert fonts.faces.__wrapped__() == first and len(cuts) == 2
    monkeypatch.setattr(fonts, "FORMAT", "other")
    fonts.faces.__wrapped__()
    assert len(cuts) == 4 and len(list(tmp_path.iterdir())) == 2, "what they are made of has changed"
    monkeypatch.setattr(fonts.matplotlib, "get_cachedir", lambda: str(tmp_path / "nowhere"))
    assert fonts.faces.__wrapped__() == first and len(cuts) == 6


@pytest.mark.slow
def test_kept_faces_are_those_that_are_cut():
    font_files = {fonts.font_file(face): weight for face, weight in fonts.WEIGHTS.items()}
    assert fonts.faces() == "".join(fonts.cut(file, weight) + "\n" for file, weight in font_files.items())
