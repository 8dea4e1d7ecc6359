"""A face that doesn't come and a browser too old for the script leave a page that reads as before, with every figure as printed.

A blocked script, a figure that fails and a reader without scripts: test_ways_to_read.py.
"""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from workspace import BOOK

PAGE = "fifty-four-days"
AS_PRINTED = """() => [...document.querySelectorAll("[data-live-figure]")].map((card) => {
    const drawing = [...card.querySelectorAll(".lf-drawing svg")].find((svg) => svg.getClientRects().length);
    const box = drawing && drawing.getBoundingClientRect();
    return [card.dataset.liveFigure, card.dataset.state, Boolean(box) && box.width > 200 && box.height > 80 && drawing.querySelectorAll("path, text").length > 5,
        [...card.querySelectorAll("input, select, button")].filter((control) => control.checkVisibility({ visibilityProperty: true })).length];
})"""
# Each takes away what a browser of some years ago hadn't; the last is a script in words that it can't read at all.
OLD = {
    "without Object.hasOwn, as Chrome 92": "delete Object.hasOwn",
    "without replaceChildren, as Safari 13": "delete Element.prototype.replaceChildren",
    "without history.replaceState": "history.replaceState = undefined",
    "that can't read the script": None,
}


@pytest.mark.parametrize("age", OLD)
def test_an_old_browser_shows_every_figure(browser, server, homes, age):
    page = browser.new_page()
    if OLD[age]:
        page.add_init_script(OLD[age])
    else:
        page.route(re.compile(r"/_static/livefigure\.[0-9a-f]+\.js"), lambda route: route.fulfill(body="const a = ;", content_type="text/javascript"))
    page.goto(f"{server}/{homes[PAGE]}")
    assert len(as_printed(page)) >= 3
    page.close()


def as_printed(page) -> list[str]:
    """The figures of a page, each drawn; none has a control that does nothing."""
    figures = page.evaluate(AS_PRINTED)
    for name, state, drawn, controls in figures:
        assert drawn, name
        assert controls == 0 or state == "live", f"{name}: controls that do nothing"
    return [name for name, *_ in figures]


def test_every_page_shows_every_figure_without_script_and_faces(browser, server, homes):
    """Both blocked at once, as by a reader's own filter."""
    page = browser.new_page()
    page.route(re.compile(r"/_static/livefigure\.[0-9a-f]+\.js|\.woff2"), lambda route: route.abort())
    shown = set()
    for address in sorted(set(homes.values())):
        page.goto(f"{server}/{address}")
        shown |= set(as_printed(page))
    page.close()
    assert shown == homes.keys()


MEASURES = """() => ({
    article: document.querySelector("article").offsetHeight,
    above: [...document.querySelectorAll("[data-live-figure]")].map((card) => card.getBoundingClientRect().top + scrollY),
    outside: [...document.querySelectorAll(".lf-drawing svg")].filter((svg) => svg.getClientRects().length).flatMap((svg) => {
        const frame = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].filter((t) => t.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && t.textContent.trim())
            .filter((t) => { const box = t.getBoundingClientRect(); return box.width && (box.right > frame.right + 4 || box.left < frame.left - 4); }).map((t) => t.textContent);
    }),
    face: document.fonts.check("16px 'Source Serif Pro'"),
})"""


@pytest.mark.parametrize("width", [390, 1440])
def test_a_page_without_its_faces_has_the_same_lines(browser, server, homes, width):
    """What stands in for a face is as wide and as high as it, so nothing moves when the face comes, or if it never does."""
    measured = []
    for faces in (True, False):
        page = browser.new_page(viewport={"width": width, "height": 900})
        if not faces:
            page.route(re.compile(r"\.woff2"), lambda route: route.abort())
        page.goto(f"{server}/{homes[PAGE]}")
        page.evaluate("document.fonts.ready.then(() => true)")
        page.locator("[data-live-figure][data-state=live]").first.wait_for()
        measured.append(page.evaluate(MEASURES))
        page.close()
    ours, without = measured
    assert ours["face"] and not without["face"]
    assert without["article"] == pytest.approx(ours["article"], rel=0.02)
    assert without["above"] == pytest.approx(ours["above"], rel=0.03)
    assert without["outside"] == []


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The page that `jupyter nbconvert --execute --to html` makes of a notebook of figures, one by itself and two in a box."""
    home = tmp_path_factory.mktemp("converted")
    cells = ["from figures import how_many_days\nhow_many_days.figure()", "from ipywidgets import VBox\nVBox([how_many_days.figure(), how_many_days.figure()])"]
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), home / "mine.ipynb")
    own = {name: value for name, value in os.environ.items() if name != "LIVEFIGURE_HTML"} | {"PYTHONPATH": str(BOOK)}
    subprocess.run([sys.executable, "-m", "nbconvert", "--execute", "--to", "html", home / "mine.ipynb"], check=True, capture_output=True, env=own)
    return home / "mine.html"


@pytest.mark.slow
@pytest.mark.parametrize("script", [True, False])
def test_a_notebook_that_nbconvert_ran_shows_its_figures_without_a_network(browser, converted, script):
    """The page asks the network for what shows widgets, and nobody answers. With scripts the figures live, else each is a picture."""
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.route(re.compile("^http"), lambda route: route.abort())
    page.goto(converted.as_uri())
    if not script:
        pictures = page.locator("img[src^='data:image/png']")
        assert pictures.count() == 3 and all(picture.is_visible() and picture.get_attribute("alt") for picture in pictures.all())
        return context.close()
    live = page.locator('[data-live-figure][data-state="live"]')
    live.nth(2).wait_for()
    assert live.count() == 3 and not page.locator("img[src^='data:image/png']").filter(visible=True).count()
    before = live.first.locator('output[name="days"]').inner_text()
    live.first.locator("input[type=range]").first.press("End")
    assert live.first.locator('output[name="days"]').inner_text() != before
    # the widget manager has come after all, and puts its own in front of its mark
    page.evaluate("""document.querySelectorAll('script[type$="widget-view+json"]').forEach((mark) =>
        mark.insertAdjacentHTML("beforebegin", '<div class="widget-subarea"><div data-live-figure="theirs">theirs</div></div>'))""")
    assert [card.get_attribute("data-live-figure") for card in page.locator("[data-live-figure]").filter(visible=True).all()] == ["theirs"] * 2
    context.close()
