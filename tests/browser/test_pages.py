"""Every page of the built site, over http and from disk: alive, quiet, at home, and fit for every reader."""

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random

import pytest
from living import NAMES, living, some_state
from reading import OPEN, explore_all, watched

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
REFUSED = "Evaluating a string as JavaScript violates"  # what the console says when a policy forbids it
BROKEN_WORDS = re.compile(r"\b(NaN|Infinity|undefined|null|\[object)\b")


def test_every_figure_of_the_book_stands_on_a_page(homes):
    assert homes.keys() == NAMES.keys()


def figures_in(html: str) -> list[str]:
    return re.findall(r'data-live-figure="([^"]+)"', html)


@dataclass
class Visit:
    """What was seen of one page."""

    figures: list = field(default_factory=list)  # [name, state] of each
    words: str = ""
    complaints: list = field(default_factory=list)  # errors of its scripts and of its policy, before anything was evaluated from text
    evaluated: bool = True  # whether the policy let a text be run


@pytest.fixture(scope="module", params=["http", "file"])
def origin(request, server, site) -> str:
    return server if request.param == "http" else site.as_uri()


@pytest.fixture(scope="module")
def visits(browser, origin, addresses) -> dict[str, Visit]:
    """Every page, the search with a question too, visited once by address: several at once, as most of it is waiting until no request is left."""
    found = {address: Visit() for address in (*addresses, "search.html?q=peak")}
    with ExitStack() as stack:
        tabs, asked = [stack.enter_context(watched(browser, origin, ignored=REFUSED)) for _ in range(4)], [*found]
        for start in range(0, len(asked), len(tabs)):
            here = list(zip(tabs, asked[start : start + len(tabs)]))
            for tab, address in here:
                tab.goto(f"{origin}/{address}", wait_until="commit")
            for tab, address in here:
                look_at(tab, found[address])
    return found


def look_at(tab, visit: Visit) -> None:
    tab.wait_for_load_state("networkidle")
    visit.figures = tab.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => [f.dataset.liveFigure, f.dataset.state])")
    visit.words = tab.locator("body").inner_text()
    if (explore := tab.locator('[data-action="explore"]')).count():
        explore.first.click()
        tab.locator(".lf-explore").first.wait_for()
    visit.complaints = [message.text for message in tab.console_messages(filter="since-navigation") if message.type == "error"] + [str(error) for error in tab.page_errors(filter="since-navigation")]
    visit.evaluated = tab.evaluate("() => new Promise((done) => { globalThis.evaluated = false; setTimeout('globalThis.evaluated = true', 0); setTimeout(() => done(evaluated), 50); })")


def test_every_page_is_quiet_and_every_figure_comes_to_life(visits, addresses, site):
    """Quiet is what `visits` have watched."""
    for address in addresses:
        assert visits[address].figures == [[name, "live"] for name in figures_in((site / address).read_text(encoding="utf-8"))], address
        assert not BROKEN_WORDS.search(visits[address].words), address


def test_policy_lets_the_page_run_and_refuses_strings_as_code(visits, site):
    """Every page, the search included, runs without an error under its Content-Security-Policy, served and from disk."""
    for address, visit in visits.items():
        assert '<meta http-equiv="Content-Security-Policy"' in (site / address.split("?")[0]).read_text(encoding="utf-8"), address
        assert not visit.complaints and visit.evaluated is False, address


def test_the_root_leads_to_the_book(browser, origin):
    with watched(browser, origin) as page:
        page.goto(f"{origin}/index.html")
        page.wait_for_url("**/book/index.html")


def test_only_pages_with_figures_load_the_runtime(site, addresses):
    for address in addresses:
        html = (site / address).read_text(encoding="utf-8")
        assert ("data-live-figure" in html) == bool(re.search(r'<script[^>]*src="[^"]*livefigure\.', html)), address


# What is asked of a page on a phone and on a desktop, all its folds open. `states` are those that each figure is brought into.
QUESTIONS = {
    "wider": """({ width }) => [document.documentElement, ...document.querySelectorAll("[data-live-figure]")].flatMap((part) => {
        const { left, right } = part.getBoundingClientRect(), figure = part !== document.documentElement;
        const inner = figure ? [...part.querySelectorAll("*")].filter((e) => e.scrollWidth > part.clientWidth && getComputedStyle(e).overflowX === "visible") : [];
        const beyond = figure ? left < 0 || right > width : part.scrollWidth > width;
        return [...(beyond ? [part] : []), ...inner].map((e) => `${e.tagName} ${e.className}`);
    })""",
    "shown": """() => [...document.querySelectorAll("[data-live-figure]")].map((figure) => [".lf-narrow", ".lf-wide"].map((drawing) => {
        const found = figure.querySelector(drawing), { width, height } = found.getBoundingClientRect();
        return width > 0 && height > 0 && found.checkVisibility({ visibilityProperty: true });
    }))""",
    "small_text": """() => [...document.querySelectorAll("[data-live-figure] svg text")].filter((t) => t.checkVisibility({ visibilityProperty: true, opacityProperty: true })).map((t) => {
        const { a, b } = t.getScreenCTM();
        return [parseFloat(getComputedStyle(t).fontSize) * Math.hypot(a, b), t.textContent];
    }).filter(([size]) => size < 9)""",
    "labels_outside": """({ presets }) => presets.flatMap(([name, state]) => {
        const figure = livefigure.figures[name];
        figure.set(state);
        const svg = [...figure.root.querySelectorAll("svg")].find((s) => s.getBoundingClientRect().width);
        const box = svg.getBoundingClientRect();
        const seen = (t) => t.checkVisibility({ visibilityProperty: true, opacityProperty: true });
        const outside = (t) => t.left < box.left - 3 || t.right > box.right + 3 || t.top < box.top - 3 || t.bottom > box.bottom + 3;
        return [...svg.querySelectorAll("text")].filter((t) => seen(t) && outside(t.getBoundingClientRect())).map((t) => [name, state, t.textContent]);
    })""",
    "clipped": """({ anywhere }) => anywhere.flatMap(([name, state]) => {
        const figure = livefigure.figures[name];
        figure.set(state);
        return [...figure.root.querySelectorAll("svg")].map((s) => getComputedStyle(s).overflow);
    })""",
}  # fmt: skip
SMALL = """(least) => [...document.querySelectorAll("[data-live-figure] :is(button, input, select, summary)")].filter((e) => e.checkVisibility()).map((e) => {
    const own = e.type === "checkbox" ? e.closest("label, .lf-control") : e;
    const { width, height } = own.getBoundingClientRect();
    return [e.outerHTML.slice(0, 120), width, height];
}).filter(([, width, height]) => width < least || height < least)"""


def states(name: str) -> dict[str, list]:
    """Those in which a figure is looked at: its default and every preset, and some anywhere."""
    figure, random = living(name), Random(name)
    return {
        "presets": [[name, figure.defaults | dict(preset)] for preset in [{}, *figure.presets.values()]],
        "anywhere": [[name, some_state(random, figure)] for _ in range(5)],
    }


@pytest.fixture(scope="module", params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def seen(request, browser, server, addresses, site) -> dict[str, dict]:
    """What every page of the site answers on a phone or a desktop, by address."""
    found = {}
    with watched(browser, server, **request.param) as page:
        for address in addresses:
            page.goto(f"{server}/{address}")
            page.locator("[data-live-figure] details").evaluate_all(OPEN)
            page.evaluate("() => document.fonts.ready.then(() => true)")
            here = [states(name) for name in figures_in((site / address).read_text(encoding="utf-8"))]
            asked = {kind: [state for of_one in here for state in of_one[kind]] for kind in ("presets", "anywhere")} | {"width": page.viewport_size["width"]}
            found[address] = {name: page.evaluate(question, asked) for name, question in QUESTIONS.items()}
            explore_all(page)
            least = 43.99 if page.evaluate("matchMedia('(any-pointer: coarse)').matches") else 23.99
            found[address] |= {"small": page.evaluate(SMALL, least), "phone": request.param is PHONE}
    return found


def wrong(seen: dict, question: str) -> dict:
    return {address: answers[question] for address, answers in seen.items() if answers[question]}


def test_no_page_scrolls_sideways(seen):
    assert wrong(seen, "wider") == {}


def test_the_drawing_that_fits_is_shown(seen):
    for address, answers in seen.items():
        assert all(drawings == [answers["phone"], not answers["phone"]] for drawings in answers["shown"]), address


def test_text_in_a_drawing_stays_readable(seen):
    """At least 9 px, with the figure scaled to its card."""
    assert wrong(seen, "small_text") == {}


def test_labels_stay_within_their_drawing(seen):
    """With the page's own font, in the default state and at every preset; a line of text is a little higher than its ink."""
    assert wrong(seen, "labels_outside") == {}


def test_a_drawing_never_covers_what_is_around_it(seen):
    """However far a label is thrown, it neither hides a control nor takes its clicks."""
    assert {overflow for answers in seen.values() for overflow in answers["clipped"]} <= {"hidden", "clip"}
    assert sum(len(answers["clipped"]) for answers in seen.values()) >= 5 * len(NAMES)


def test_touch_targets_are_large_enough(seen):
    """44 px for a thumb; a mouse has WCAG 2.2's 24 px (criterion 2.5.8), so that a card fits a laptop's screen."""
    assert wrong(seen, "small") == {}


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
