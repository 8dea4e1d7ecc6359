"""A page of its own: one file with fonts, colours, runtime and figures, alive from disk in either colour scheme."""

import re

import livefigure
import pytest
from figures.gallery import curve, ten_lines, uncertainty
from livefigure.fonts import GLYPHS
from living import NAMES, living


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


def test_every_letter_that_figures_say_is_in_the_font_they_bring():
    """So that labels are as wide as matplotlib measured them."""
    said = {letter for name in NAMES for text in re.findall(r">([^<]+)<", re.sub(r"<(style|script).*?</\1>", "", living(name).card, flags=re.S)) for letter in text}
    assert {letter for letter in said if ord(letter) not in GLYPHS} <= {"\n"}


def test_two_figures_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two figures are called 'gallery-curve'"):
        livefigure.page(curve.figure(), curve.figure())
