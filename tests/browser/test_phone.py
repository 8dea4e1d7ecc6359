"""A reader with a phone, who taps: the drawer, the exercises, the figures."""

import re
from urllib.parse import parse_qsl

import pytest
from living import living
from reading import watched

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
CHAPTERS = ("fifty-four-days", "ten-times-faster", "parallelism", "interconnect", "power", "failures", "seven-models")


@pytest.fixture(scope="module")
def phone(browser, server):
    with watched(browser, server, **PHONE) as page:
        yield page


@pytest.mark.parametrize("width", [390, 800])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chapters_menu_lies_on_the_page_and_not_in_it(browser, server, width, scheme):
    with watched(browser, server, **PHONE | {"viewport": {"width": width, "height": 844}}, color_scheme=scheme) as page:
        page.goto(f"{server}/book/parallelism.html")
        page.locator(".primary-toggle").first.tap()
        drawer = page.locator("dialog[open]")
        assert drawer.get_by_role("link", name="Failures").is_visible()
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert re.fullmatch(r"rgb\(.*\)", paper) and drawer.evaluate("(e) => getComputedStyle(e).backgroundColor") == paper


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_solution_opens_wherever_its_title_is_tapped(chapter, phone, server):
    phone.goto(f"{server}/book/{chapter}.html")
    solutions = phone.locator(".solution.admonition")
    assert solutions.count() >= 5
    for k, solution in enumerate(solutions.all()):
        title, content = solution.locator(".admonition-title").first, solution.locator("section").first
        assert not content.is_visible()
        width = title.bounding_box()["width"]
        x = (20, width / 2, width - 20)[k % 3]
        title.tap(position={"x": x, "y": 20})
        assert content.is_visible(), f"{title.inner_text()} tapped at {x}"
        title.tap(position={"x": width - x, "y": 20})
        assert not content.is_visible()
    assert "#" not in phone.url


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_answer_stands_in_the_open(chapter, phone, server):
    """What a cell of the exercises prints is part of a folded solution."""
    phone.goto(f"{server}/book/{chapter}.html")
    assert phone.locator("#exercises .cell:visible").count() == 0
    assert not re.search(r"change the cell|use the cell", phone.locator("#exercises").inner_text(), re.IGNORECASE)


def test_a_link_in_the_text_sets_the_figure(phone, server, site):
    """By tap, in every chapter; what it asks for is possible, and the figure comes into view."""
    found = 0
    for chapter in CHAPTERS:
        phone.goto(f"{server}/book/{chapter}.html")
        for link in phone.locator('article a[href^="#fig-"]').all():
            name, _, query = link.get_attribute("href").removeprefix("#fig-").partition("?")
            figure = living(name)
            wanted = {key: value if isinstance(figure.defaults[key], str) else float(value) for key, value in parse_qsl(query)}
            figure.resolve(wanted)  # ValueError for what can't be
            link.tap()
            phone.wait_for_function("(name) => document.querySelector(`[data-live-figure=\"${name}\"]`).getBoundingClientRect().top < 200", arg=name)
            state = phone.evaluate("(name) => livefigure.figures[name].state", name)
            assert state == figure.defaults | wanted
            assert not phone.locator(f'[data-live-figure="{name}"] .lf-message').is_visible()
            found += 1
    assert found >= 6
