"""Nothing for axe to complain about on any page, and no sideways scrolling: on three screens, in both schemes, as it is
opened, with all that opens open, and without the figures' script.

Two rules take nine tenths of axe's time: contrast, and links that stand out from their text. Both are a matter of two colours,
of the letters' size and of lines, and of where the text stands. axe looks at them on each page where all is open, at two texts of
each kind: in the same colours, within elements of the same tags, classes and styles, all the way up. In the page's other states it
does so only where text stands in colours that it has not looked at. Its other rules ask for no colour: in dark they are tried only
where the page shows other elements than in light.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from reading import OPEN, SCROLLS, explore_all
from workspace import pages

SCREENS = {name: {"width": width, "height": height} for name, width, height in (("wide", 1440, 900), ("tablet", 768, 1024), ("phone", 360, 740))}
OF_COLORS = ["color-contrast", "link-in-text-block"]
MODERATE = ["region"]  # which is a quarter of what the other rules take, and never serious
FIGURES = re.compile(r"/_static/livefigure\.[0-9a-f]+\.js")
# Of all text the colours, and what else contrast depends on; where these aren't among the `old` ones, two elements of each kind are marked.
COLORS = """(old) => {
    const found = new Set(), seen = new Set(old), known = new Map(), paths = new Map(), marked = new Map(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const behind = (element) => {  // what an element stands on, and how much of it shows through
        if (!element) return ["", 1];
        if (!known.has(element)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element), [colors, shown] = behind(element.parentElement);
            const none = backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none", whole = !/rgba|\\//.test(backgroundColor);
            known.set(element, [none ? colors : `${backgroundColor} ${backgroundImage} ${whole ? "" : colors}`, shown * opacity]);
        }
        return known.get(element);
    };
    const path = (element) => {  // a number for what an element is and stands in
        const name = element && `${path(element.parentElement)} ${element.localName} ${element.getAttribute("class")} ${element.getAttribute("style")}`;
        return paths.get(name) ?? (paths.set(name, paths.size), paths.size - 1);
    };
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || element.closest("script, style") || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const { color, fill, fontSize, fontWeight, textDecorationLine: line } = getComputedStyle(element), size = parseFloat(fontSize);
        const colors = JSON.stringify([color, element.closest("svg") && fill, line, element.closest("a") !== null, ...behind(element), size >= 24 || (size >= 18.66 && fontWeight >= 700)]);
        found.add(colors);
        const kind = `${path(element)} ${colors}`, before = marked.get(kind) ?? 0;
        if (seen.has(colors) || before === 2) continue;
        marked.set(kind, before + 1);
        (element.closest("a") ?? element).dataset.unseen = "";
    }
    return [...found];
}"""
# Whether the page shows what it showed when this was asked before: the same elements, as visible, but for the names of the scheme.
SHOWN_BEFORE = """() => {
    const html = document.documentElement, before = globalThis.shownBefore, copy = html.cloneNode(true);
    const all = [html, ...html.querySelectorAll("*")].map((e) => Number(e.checkVisibility({ visibilityProperty: true, opacityProperty: true }))).join("");
    copy.removeAttribute("data-theme");
    globalThis.shownBefore = `${innerWidth} ${all} ${copy.outerHTML}`;
    return globalThis.shownBefore === before;
}"""
# What scrolls is a stop of the tab key from the next frame on when a window has become narrower.
STOPS_STAND = """() => ![...document.querySelectorAll("SCROLLS")].some(
    (e) => e.tabIndex < 0 && e.checkVisibility() && e.scrollWidth > e.clientWidth && ["auto", "scroll"].includes(getComputedStyle(e).overflowX))""".replace("SCROLLS", SCROLLS)


AXE = """([where, options]) => axe.run(where ?? document, { resultTypes: ["violations"], ...options }).then(({ violations }) => violations)"""


def violations(page, looked_at: set, others: bool = True, serious: bool = False) -> list[dict]:
    """What axe finds, or what is serious of it: in colours where text has some that weren't looked at, and by its other rules everywhere, unless told not to."""
    colors, found = set(page.evaluate(COLORS, [*looked_at])), []
    if page.evaluate("!globalThis.axe"):
        page.evaluate(Axe().axe_script)
    if others:
        found += page.evaluate(AXE, [None, {"rules": {rule: {"enabled": False} for rule in OF_COLORS + MODERATE * serious}}])
    if colors - looked_at:
        found += page.evaluate(AXE, [{"include": [["[data-unseen]"]]}, {"runOnly": OF_COLORS}])
    looked_at |= colors
    page.evaluate("document.querySelectorAll('[data-unseen]').forEach((e) => delete e.dataset.unseen)")
    return [violation for violation in found if not serious or violation["impact"] in ("critical", "serious")]


def told(found: list[dict]) -> list[str]:
    return [f"{v['id']}: {v['help']}: {node['html'][:160]} {node['failureSummary'][:160]}" for v in found for node in v["nodes"]]


def open_all(page) -> None:
    page.locator("[data-live-figure] details").evaluate_all(OPEN)
    for button in page.locator('[data-action="reveal"]').all():
        button.click()
    explore_all(page)


def in_both_schemes(page, looked_at: dict[str, set], sideways: bool = False, serious: bool = False) -> list[dict]:
    """What axe finds in light and in dark. Where both show the same elements, only contrast is looked at again. sideways: whether the page may scroll so."""
    width, found = page.viewport_size["width"], []
    for scheme, colors in looked_at.items():
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("(scheme) => document.documentElement.dataset.theme === scheme", arg=scheme)
        assert sideways or page.evaluate("document.documentElement.scrollWidth") <= width
        found += violations(page, colors, not page.evaluate(SHOWN_BEFORE), serious)
    return found


@pytest.mark.parametrize("address", pages())
def test_every_reader_can_read_it(browser, server, address):
    wrong, looked_at = {}, {"light": set(), "dark": set()}
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_viewport_size(SCREENS["wide"])
    page.goto(f"{server}/{address}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= SCREENS["wide"]["width"]
    assert states(page) <= {"live"}
    alive = bool(states(page))
    open_all(page)
    wrong["all open"] = told(in_both_schemes(page, looked_at, sideways=True))
    if alive:  # else the page is as it was
        page.reload()
    for screen, size in SCREENS.items():
        if alive or screen != "wide":
            page.set_viewport_size(size)
            page.wait_for_function(STOPS_STAND)
            wrong[screen] = told(in_both_schemes(page, looked_at, serious=True))
    if alive:
        page.route(FIGURES, lambda route: route.abort())
        page.set_viewport_size(SCREENS["wide"])
        page.goto(f"{server}/{address}.html?again", wait_until="load")
        assert states(page) == {"static"}
        wrong["without its script"] = told(in_both_schemes(page, looked_at))
    context.close()
    assert not any(wrong.values()), wrong


def states(page) -> set[str]:
    return {*page.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => f.dataset.state)")}


def test_axe_is_asked_about_colours_that_it_has_not_seen(browser):
    """Grey on grey is found where nothing was looked at, and where only black on white was; not asked, it says nothing."""
    page = browser.new_page()
    page.set_content('<html lang="en"><title>Grey</title><main><h1 style="color: #000; background: #fff">Black</h1></main></html>')
    looked_at = set()
    assert not violations(page, looked_at) and len(looked_at) == 1
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"color: #999; background: #aaa\">Grey</p>')")
    assert [violation["id"] for violation in violations(page, looked_at)] == ["color-contrast"] and len(looked_at) == 2
    assert not violations(page, looked_at)
    page.close()


def test_two_texts_of_each_kind_are_looked_at(browser):
    """Of three alike two; and one in the same colours that stands in something else, where other rules may lay something under it."""
    page = browser.new_page()
    grey = "<p style='color: #999; background: #aaa'>Grey</p>"
    page.set_content(f"<html lang=en><title>Kinds</title><main><h1>Head</h1>{3 * grey}<div>{grey.replace('Grey', 'Other')}</div></main></html>")
    (found,) = violations(page, set())
    assert found["id"] == "color-contrast" and ["Other" in node["html"] for node in found["nodes"]] == [False, False, True]
    page.close()


def test_what_a_scheme_alone_shows_is_looked_at(browser):
    """A picture without a text, shown in dark only, is found there; of what both schemes show, colours alone are asked for twice."""
    page = browser.new_page()
    script = "matchMedia('(prefers-color-scheme: dark)').onchange = (e) => (document.documentElement.dataset.theme = e.matches ? 'dark' : 'light')"
    style = "<style>.dark { display: none } [data-theme=dark] .dark { display: block } [data-theme=dark] p { color: #999; background: #aaa }</style>"
    for inside, expected in (("<img class=dark src='data:,'>", ["image-alt"]), ("<p>Grey</p>", ["color-contrast"])):
        page.emulate_media(color_scheme="light")
        page.set_content(f'<html lang="en" data-theme="light"><title>Dark</title>{style}<main><h1>Head</h1>{inside}</main><script>{script}</script></html>')
        assert [violation["id"] for violation in in_both_schemes(page, {"light": set(), "dark": set()})] == expected
    page.close()
