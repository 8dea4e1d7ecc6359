"""Every page of the built site, over http and from disk: alive, quiet, at home, and fit for every reader."""

import re
from random import Random

import pytest
from living import NAMES, living, some_state
from reading import OPEN, explore_all, watched

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
BROKEN_WORDS = re.compile(r"\b(NaN|Infinity|undefined|null|\[object)\b")


@pytest.fixture(params=["http", "file"])
def origin(request, server, site) -> str:
    return server if request.param == "http" else site.as_uri()


def test_every_figure_of_the_book_stands_on_a_page(homes):
    assert homes.keys() == NAMES.keys()


def figures_in(html: str) -> list[str]:
    return re.findall(r'data-live-figure="([^"]+)"', html)


def test_every_page_is_quiet_and_every_figure_comes_to_life(browser, origin, addresses, site):
    with watched(browser, origin) as page:
        for address in addresses:
            page.goto(f"{origin}/{address}", wait_until="networkidle")
            figures = page.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => [f.dataset.liveFigure, f.dataset.state])")
            assert figures == [[name, "live"] for name in figures_in((site / address).read_text(encoding="utf-8"))], address
            assert not BROKEN_WORDS.search(page.locator("body").inner_text()), address


def test_the_root_leads_to_the_book(browser, origin):
    with watched(browser, origin) as page:
        page.goto(f"{origin}/index.html")
        page.wait_for_url("**/book/index.html")


def test_only_pages_with_figures_load_the_runtime(site, addresses):
    for address in addresses:
        html = (site / address).read_text(encoding="utf-8")
        assert ("data-live-figure" in html) == bool(re.search(r'<script[^>]*src="[^"]*livefigure\.', html)), address


@pytest.fixture(scope="module", params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def opened(request, browser, server, addresses):
    """Every page of the site on a phone or a desktop, all folds open, by address."""
    with watched(browser, server, **request.param) as first:
        pages = {address: first.context.new_page() for address in addresses}
        for address, page in pages.items():
            page.goto(f"{server}/{address}")
            page.locator("[data-live-figure] details").evaluate_all(OPEN)
            page.evaluate("() => document.fonts.ready.then(() => true)")
        yield pages


def test_no_page_scrolls_sideways(opened):
    for address, page in opened.items():
        width = page.viewport_size["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        for figure in page.locator("[data-live-figure]").all():
            box = figure.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
            wider = figure.evaluate(
                "(f) => [...f.querySelectorAll('*')].filter((e) => e.scrollWidth > f.clientWidth && getComputedStyle(e).overflowX === 'visible').map((e) => e.className)"
            )
            assert wider == []


def test_the_drawing_that_fits_is_shown(opened):
    for page in opened.values():
        fits, other = (".lf-narrow", ".lf-wide") if page.viewport_size["width"] < 500 else (".lf-wide", ".lf-narrow")
        for figure in page.locator("[data-live-figure]").all():
            assert figure.locator(fits).is_visible() and not figure.locator(other).is_visible()


def test_text_in_a_drawing_stays_readable(opened):
    """At least 9 px, with the figure scaled to its card."""
    for page in opened.values():
        sizes = page.locator("[data-live-figure] svg text").evaluate_all(
            """(all) => all.filter((t) => t.checkVisibility({ visibilityProperty: true, opacityProperty: true })).map((t) => {
                const { a, b } = t.getScreenCTM();
                return [parseFloat(getComputedStyle(t).fontSize) * Math.hypot(a, b), t.textContent];
            })"""
        )
        assert [text for size, text in sizes if size < 9] == []


def test_labels_stay_within_their_drawing(opened):
    """With the page's own font, in the default state and at every preset; a line of text is a little higher than its ink."""
    for page in opened.values():
        for name in page.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => f.dataset.liveFigure)"):
            for preset in [{}, *living(name).presets.values()]:
                out = page.evaluate(
                    """([name, state]) => {
                        const figure = livefigure.figures[name];
                        figure.set({ ...figure.defaults, ...state });
                        const svg = [...figure.root.querySelectorAll("svg")].find((s) => s.getBoundingClientRect().width);
                        const box = svg.getBoundingClientRect();
                        const seen = (t) => t.checkVisibility({ visibilityProperty: true, opacityProperty: true });
                        const outside = (t) => t.left < box.left - 3 || t.right > box.right + 3 || t.top < box.top - 3 || t.bottom > box.bottom + 3;
                        return [...svg.querySelectorAll("text")].filter((t) => seen(t) && outside(t.getBoundingClientRect())).map((t) => t.textContent);
                    }""",
                    [name, living(name).defaults | dict(preset)],
                )
                assert out == [], (name, preset)


def test_a_drawing_never_covers_what_is_around_it(opened):
    """However far a label is thrown, it neither hides a control nor takes its clicks."""
    for page in opened.values():
        for name in page.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => f.dataset.liveFigure)"):
            random = Random(name)
            for _ in range(5):
                page.evaluate("([name, state]) => livefigure.figures[name].set(state)", [name, some_state(random, living(name))])
                clipped = page.locator(f'[data-live-figure="{name}"] svg').evaluate_all("(all) => all.map((s) => getComputedStyle(s).overflow)")
                assert set(clipped) <= {"hidden", "clip"}


def test_touch_targets_are_large_enough(opened):
    """44 px for a thumb; a mouse has WCAG 2.2's 24 px (criterion 2.5.8), so that a card fits a laptop's screen."""
    for address, page in opened.items():
        explore_all(page)
        least = 43.99 if page.evaluate("matchMedia('(any-pointer: coarse)').matches") else 23.99
        small = page.locator("[data-live-figure] :is(button, input, select, summary)").evaluate_all(
            """(all, least) => all.filter((e) => e.checkVisibility()).map((e) => {
                const own = e.type === "checkbox" ? e.closest("label, .lf-control") : e;
                const { width, height } = own.getBoundingClientRect();
                return [e.outerHTML.slice(0, 120), width, height];
            }).filter(([, width, height]) => width < least || height < least)""",
            least,
        )
        assert small == [], address


def test_the_page_follows_the_scheme(browser, server, homes):
    """Drawing and card change their colours with the reader's scheme."""
    seen = {}
    for scheme in ("light", "dark"):
        with watched(browser, server, color_scheme=scheme) as page:
            page.goto(f"{server}/{homes['fifty-four-days']}")
            seen[scheme] = page.evaluate(
                """() => {
                    const root = document.querySelector('[data-live-figure="fifty-four-days"]');
                    const color = (selector, what) => getComputedStyle(root.querySelector(selector))[what];
                    return [getComputedStyle(root).backgroundColor, color(".lf-title", "color"), color("svg text", "fill"),
                            color('[data-mark] path[style*="computed"]', "stroke"), color("output", "color")];
                }"""
            )
    assert all(light != dark for light, dark in zip(seen["light"], seen["dark"])), seen


def test_the_shipped_face_is_the_one_that_is_used(browser, server, homes):
    """matplotlib measured with it: labels stand where they were measured only if the page has it."""
    with watched(browser, server) as page:
        page.goto(f"{server}/{homes['fifty-four-days']}")
        page.evaluate("document.fonts.ready.then(() => true)")
        loaded = page.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family.replaceAll('\"', ''))")
        assert {"Source Sans Pro", "Source Serif Pro"} <= set(loaded)


def test_nothing_moves_for_those_who_want_no_motion(browser, server, homes):
    with watched(browser, server, reduced_motion="reduce") as page:
        page.goto(f"{server}/{homes['four-clocks']}")
        moving = page.locator("[data-live-figure], [data-live-figure] *").evaluate_all(
            """(all) => all.filter((e) => {
                const s = getComputedStyle(e);
                return parseFloat(s.transitionDuration) > 0.001 || parseFloat(s.animationDuration) > 0.001;
            }).map((e) => e.className)"""
        )
        assert moving == []


def test_nothing_is_evaluated_from_text(browser, server, homes):
    """A page that forbids string evaluation loses nothing."""
    with watched(browser, server) as page:
        page.add_init_script("for (const name of ['eval', 'Function']) globalThis[name] = () => { throw Error(`${name}() was called`); };")
        page.goto(f"{server}/{homes['fifty-four-days']}")
        assert page.locator('[data-state="live"]').count() == page.locator("[data-live-figure]").count()
