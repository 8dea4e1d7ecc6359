"""Nothing for axe to complain about on any page, and no sideways scrolling: on three screens, in both schemes, as it is
opened, with all that opens open, and without the figures' script.

Contrast takes three quarters of axe's time, and is a matter of two colours and of the letters' size. axe looks at it on each
page where all is open; in its other states only if text stands there in a pair of colours that axe has not looked at.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from reading import OPEN, explore_all
from workspace import pages

SCREENS = {"wide": (1440, 900), "tablet": (768, 1024), "phone": (360, 740)}
FIGURES = re.compile(r"/_static/livefigure\.[0-9a-f]+\.js")
COLORS = """() => {
    const found = new Set(), known = new Map(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const behind = (element) => {  // what an element stands on, and how much of it shows through
        if (!element) return ["", 1];
        if (!known.has(element)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element), [colors, shown] = behind(element.parentElement);
            const none = backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none", whole = !/rgba|\\//.test(backgroundColor);
            known.set(element, [none ? colors : `${backgroundColor} ${backgroundImage} ${whole ? "" : colors}`, shown * opacity]);
        }
        return known.get(element);
    };
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || element.closest("script, style") || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const { color, fill, fontSize, fontWeight } = getComputedStyle(element), size = parseFloat(fontSize);
        found.add(JSON.stringify([color, element.closest("svg") && fill, ...behind(element), size >= 24 || (size >= 18.66 && fontWeight >= 700)]));
    }
    return [...found];
}"""


def violations(page, looked_at: set, thorough: bool) -> list[dict]:
    """What axe finds; contrast included if the page is to be looked at thoroughly, or has a pair of colours of its own."""
    colors = set(page.evaluate(COLORS))
    contrast = thorough or not colors <= looked_at
    looked_at |= colors
    return Axe().run(page, options={"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}).response["violations"]


def told(found: list[dict]) -> list[str]:
    return [f"{v['id']}: {v['help']}: {node['html'][:160]} {node['failureSummary'][:160]}" for v in found for node in v["nodes"]]


def open_all(page) -> None:
    page.locator("[data-live-figure] details").evaluate_all(OPEN)
    for button in page.locator('[data-action="reveal"]').all():
        button.click()
    explore_all(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", pages())
def test_every_reader_can_read_it(browser, server, address, scheme):
    wrong, looked_at = {}, set()
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")  # one, which keeps fonts and scripts
    for screen, (width, height) in SCREENS.items():
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{server}/{address}.html")
        page.wait_for_function("document.documentElement.dataset.theme !== 'auto'")
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if screen == "wide":
            assert states(page) <= {"live"}
            alive = bool(states(page))
            open_all(page)
            wrong["all open"] = told(violations(page, looked_at, thorough=True))
            if not alive:  # the page is as it was
                page.close()
                continue
            page.reload()
        found = violations(page, looked_at, thorough=False)
        wrong[screen] = told([violation for violation in found if violation["impact"] in ("critical", "serious")])
        page.close()
    if alive:
        page = context.new_page()
        page.route(FIGURES, lambda route: route.abort())
        page.goto(f"{server}/{address}.html", wait_until="load")
        assert states(page) == {"static"}
        wrong["without its script"] = told(violations(page, looked_at, thorough=False))
        page.close()
    context.close()
    assert not any(wrong.values()), wrong


def states(page) -> set[str]:
    return {*page.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => f.dataset.state)")}


def test_axe_is_asked_about_colours_that_it_has_not_seen(browser):
    """Grey on grey is found where nothing was looked at, and where only black on white was; not asked, it says nothing."""
    page = browser.new_page()
    page.set_content('<html lang="en"><title>Grey</title><main><h1 style="color: #000; background: #fff">Black</h1></main></html>')
    looked_at = set()
    assert not violations(page, looked_at, thorough=False) and len(looked_at) == 1
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"color: #999; background: #aaa\">Grey</p>')")
    assert [violation["id"] for violation in violations(page, looked_at, thorough=False)] == ["color-contrast"] and len(looked_at) == 2
    assert not violations(page, looked_at, thorough=False)
    page.close()
