"""Without script, on paper, by ear, after a guess: the same figure for every way of reading it."""

import re

import pytest
from livefigure.numbers import format_number
from living import NAMES, living, sliders
from playwright.sync_api import expect
from reading import each, watched


def test_without_script_nothing_is_dead_and_everything_is_there(browser, server, homes):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name, address in sorted(homes.items(), key=lambda home: home[1]):
        if page.url != f"{server}/{address}":
            page.goto(f"{server}/{address}")
        root = page.locator(f'[data-live-figure="{name}"]')
        assert root.get_attribute("data-state") == "static"
        controls = root.locator("input, select, button, summary:not(.lf-goal summary, .lf-onward summary)")  # these folds open by themselves
        assert controls.count() and not controls.filter(visible=True).count()
        assert root.locator(".lf-wide svg").is_visible()
        outputs = living(name).evaluate()
        for readout in living(name).readouts:
            output = root.locator(f'output[name="{readout.output}"]')
            assert output.is_visible() and float(output.get_attribute("data-value")) == outputs[readout.output]
            assert output.locator(".lf-number").inner_text() == format_number(outputs[readout.output], readout.format)
        assert root.locator(".lf-drawing").get_attribute("aria-label") == living(name).describe()
        assert not root.locator(".lf-guess:visible").count()
        goals = sum(goal.bounding_box()["height"] for goal in root.locator(".lf-goal").all())
        card, *parts = (part.bounding_box()["height"] for part in (root, *(root.locator(name) for name in (".lf-drawing", ".lf-readouts", ".lf-foot"))))
        assert card < sum(parts) + goals + 150, "hidden controls leave a hole"
        assert "As printed" in root.locator(".lf-foot").evaluate("(foot) => getComputedStyle(foot, '::before').content")
    context.close()


@pytest.mark.parametrize("way", ["without script", "without its script", "on paper"])
def test_nobody_is_asked_to_drag_what_does_not_move(browser, server, homes, way):
    """What a drawing or the text asks a hand to do stands where it can be done."""
    context = browser.new_context(java_script_enabled=way != "without script")
    page = context.new_page()
    if way == "without its script":
        page.route(re.compile(r"/_static/livefigure\.[0-9a-f]+\.js"), lambda route: route.abort())
    page.goto(f"{server}/{homes['how-many-days']}")
    in_the_text, in_drawings = page.locator(".by-hand"), page.locator(".lf-invites")
    if way == "on paper":
        page.locator('[data-live-figure][data-state="live"]').first.wait_for()
        assert in_the_text.filter(visible=True).count() >= 2 and in_drawings.filter(visible=True).count() == 1
        page.emulate_media(media="print")
    assert in_drawings.count() == 2 and not in_drawings.filter(visible=True).count()
    assert in_the_text.count() >= 2 and (way == "without its script" or not in_the_text.filter(visible=True).count())
    context.close()


def test_more_than_four_numbers_are_folded_and_stay_right(gallery):
    """Folded numbers follow the controls like the others, and one press shows them."""
    found = gallery.locator("[data-live-figure]").evaluate_all(
        """(all) => all.map((root) => {
            const rest = root.querySelector(".lf-rest");
            const seen = () => [...root.querySelectorAll(".lf-readout")].filter((r) => r.checkVisibility({ contentVisibilityAuto: true })).length;
            const closed = seen();
            rest?.querySelector("summary").click();
            const opened = seen();
            rest?.querySelector("summary").click();
            return [root.dataset.liveFigure, closed, opened, seen()];
        })"""
    )
    numbers = {name: len(living(name).readouts) for name in NAMES}
    assert max(numbers.values()) > 4
    for name, closed, opened, again in found:
        if name in numbers:
            assert (closed, opened, again) == (min(numbers[name], 4), numbers[name], min(numbers[name], 4)), name


def test_hand_picture_and_numbers_share_a_laptop_s_screen(gallery):
    """Of a screen 900 pixels high the page's bar takes 56. A mouse is at work, so controls stand closer than for a thumb."""
    assert gallery.evaluate("matchMedia('(pointer: fine)').matches")
    heights = gallery.locator("[data-live-figure]:has(.lf-wide)").evaluate_all(
        "(all) => all.map((f) => [f.dataset.liveFigure, f.querySelector('.lf-readouts').getBoundingClientRect().bottom - f.querySelector('.lf-controls').getBoundingClientRect().top])"
    )
    sheets = {"your-run"}  # read from top to bottom as an answer, with six drawings in one
    assert len(heights) > 50 and [(name, height) for name, height in heights if height > 900 - 56 and name not in sheets] == []


def test_the_card_does_not_jump_when_it_comes_to_life(browser, server, homes):
    """What is hidden until the script has run keeps its place: the text below stays where it is."""
    context = browser.new_context()  # one, which keeps fonts and scripts
    for address in sorted(set(homes.values())):
        heights = []
        for script in (True, False):
            page = context.new_page()
            if not script:
                page.route(re.compile(r"/_static/livefigure\.[0-9a-f]+\.js"), lambda route: route.abort())
            page.goto(f"{server}/{address}")
            page.evaluate("document.fonts.ready.then(() => true)")
            heights.append(page.locator("[data-live-figure]").evaluate_all("(all) => all.filter((f) => !f.querySelector('.lf-guess')).map((f) => f.offsetHeight)"))
            page.close()
        assert heights[0] == pytest.approx(heights[1], abs=1)
    context.close()


@each
def test_paper_shows_the_current_state(name, reader):
    here = reader(name)
    before = here.page.locator("html").evaluate("(e) => getComputedStyle(e).getPropertyValue('--lf-ink')")
    here.page.evaluate("([name, key]) => { const f = livefigure.figures[name]; f.set({ [key]: f.spec.controls.find((c) => c.name === key).low }); }", [name, sliders(here.figure)[0]])
    shown = here.shown
    here.page.emulate_media(media="print", color_scheme="dark")
    try:
        assert here.shown == shown
        for control in here.root.locator("button, input[type=range], summary").all():
            assert not control.is_visible()
        assert here.root.locator("svg").filter(visible=True).count() == 1
        for part in (".lf-drawing", ".lf-readouts"):
            style = here.root.locator(part).evaluate("(e) => [getComputedStyle(e).filter, getComputedStyle(e).opacity]")
            assert style == ["none", "1"]
        assert here.page.locator("html").evaluate("(e) => getComputedStyle(e).getPropertyValue('--lf-ink')") == before == "#1d2129"
    finally:
        here.page.emulate_media(media="screen", color_scheme="light")


def test_the_drawing_out_of_view_follows(reader):
    """Only the drawing that the page shows is redrawn at once; the other when the reader pauses, or turns the phone."""
    here = reader("fifty-four-days")
    mark = here.root.locator(".lf-narrow [data-mark] use").last
    place = "([name, speedup]) => { const f = livefigure.figures[name]; f.set({ speedup }); return [...f.root.querySelectorAll('.lf-narrow [data-mark] use')].at(-1).getAttribute('x'); }"
    at_first = mark.get_attribute("x")
    unseen = "([name, hidden]) => livefigure.figures[name].svg('narrow').parentElement.unseen === hidden"  # which the page is told of after it is laid out
    here.page.wait_for_function(unseen, arg=[here.figure.name, True])
    assert here.page.evaluate(place, [here.figure.name, 3]) == at_first
    expect(mark).not_to_have_attribute("x", at_first)
    at_three = mark.get_attribute("x")
    try:
        here.page.set_viewport_size({"width": 360, "height": 900})
        here.page.wait_for_function(unseen, arg=[here.figure.name, False])
        assert here.page.evaluate(place, [here.figure.name, 10]) not in (at_first, at_three)
        assert here.page.evaluate(place, [here.figure.name, 3]) == at_three
    finally:
        here.page.set_viewport_size({"width": 1200, "height": 900})


@each
def test_the_text_alternative_changes_with_the_numbers(name, reader):
    here = reader(name)
    drawing = here.root.locator(".lf-drawing")
    touched = any(mark.get("touch") for picture in here.figure.spec["drawings"].values() for mark in picture["marks"])
    assert drawing.get_attribute("role") == ("application" if touched else "img")
    assert drawing.get_attribute("aria-label") == here.figure.describe()
    for preset in here.figure.presets.values():
        here.page.evaluate("([name, state]) => livefigure.figures[name].set(state)", [name, here.figure.defaults | dict(preset)])
        assert drawing.get_attribute("aria-label") == here.figure.describe(**preset)


# A second of changes, and a second after them, by a clock of the test's own: a busy machine may halt between two of them.
# What is announced, each with the milliseconds since the last change.
SIXTY_CHANGES = """(slider) => {
    const line = slider.closest("[data-live-figure]").querySelector(".lf-announce"), timers = new Map(), heard = [];
    let [now, last, count] = [0, 0, 0];
    globalThis.setTimeout = (act, wait) => (timers.set(++count, [now + wait, act]), count);
    globalThis.clearTimeout = (timer) => timers.delete(timer);
    const observer = new MutationObserver(() => {});
    observer.observe(line, { childList: true, characterData: true, subtree: true });
    const pass = () => {
        now += 16;
        for (const [timer, [due, act]] of timers) if (due <= now && timers.delete(timer)) act();
        if (observer.takeRecords().length) heard.push([now - last, line.textContent]);
    };
    for (let i = 0; i < 60; i++) {
        slider.value = (i * 7) % slider.max;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        last = now;
        pass();
    }
    for (let i = 0; i < 60; i++) pass();
    return heard;
}"""


@each
def test_one_sentence_is_announced_after_the_last_change(name, reader):
    """Sixty changes in a row, and the status line speaks once, when they are over; the readouts never do."""
    here = reader(name)
    key = sliders(here.figure)[0]
    (later, text), *more = here.slider(key).evaluate(SIXTY_CHANGES)
    assert not more and 450 < later < 600
    assert text == here.figure.describe(**here.state)
    line = here.root.locator(".lf-announce")
    assert line.get_attribute("role") == "status"
    assert {o.get_attribute("aria-live") for o in here.root.locator("output").all()} == {"off"}


@each
def test_everything_has_a_name_to_call_it_by(name, reader):
    here = reader(name)
    assert here.root.get_attribute("role") == "group"
    title = here.page.locator(f"#{here.root.get_attribute('aria-labelledby')}").inner_text()
    assert title == here.figure.title
    for key, control in here.figure.controls.items():
        for element in here.root.locator(f'[name="{key}"]:not(output)').all():
            element_name = element.evaluate("(e) => e.ariaLabel || e.labels[0]?.innerText")
            assert control.label.lower() in element_name.lower()
    for slider in here.root.locator("input[type=range]").all():
        assert slider.get_attribute("aria-valuetext")


@each
def test_a_guess_comes_before_the_numbers(name, reader):
    here = reader(name)
    guess, root = here.figure.guess, here.root
    if guess is None:
        assert not root.locator(".lf-guess").count()
        return
    panel = root.locator(".lf-guess")
    assert panel.is_visible() and guess.prompt in panel.inner_text()
    assert "lf-veiled" in root.get_attribute("class")
    assert root.locator(".lf-drawing").get_attribute("inert") is not None
    slider = panel.locator("input[type=range]")
    slider.focus()
    slider.press("End")
    assert slider.get_attribute("aria-valuetext").startswith(format_number(guess.high, guess.format))
    panel.get_by_role("button", name="Show me").click()
    assert not panel.is_visible() and "lf-veiled" not in root.get_attribute("class")
    assert root.locator(".lf-drawing").get_attribute("inert") is None
    verdict = root.locator(".lf-guessed").inner_text()
    value = here.figure.evaluate()[guess.output]
    assert format_number(guess.high, guess.format) in verdict and format_number(value, guess.format) in verdict
    assert "too high" in verdict and format_number(guess.high / value, ".2g") in verdict
    assert here.page.evaluate("document.activeElement !== document.body")


@pytest.mark.parametrize("way", ["skip", "slider", "preset", "link"])
def test_who_does_not_want_to_guess_is_not_kept(way, sample, reader):
    name = next(name for name in sample if living(name).guess)
    here = reader(name, "v=1" if way == "link" else "")
    if way == "skip":
        here.root.get_by_role("button", name="Skip").click()
    elif way == "slider":
        here.slider(sliders(here.figure)[0]).press("End")
    elif way == "preset":
        here.root.locator("[data-preset]").last.click()
    assert "lf-veiled" not in here.root.get_attribute("class") and not here.root.locator(".lf-guess").is_visible()
    assert not here.root.locator(".lf-guessed").is_visible()


def test_a_figure_that_fails_stays_as_printed_and_harms_no_other(browser, server, homes):
    """One broken model on a page: the others live, the broken one shows its default state without dead controls."""
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(globalThis, 'livefigureModels', { value: new Proxy({}, { get: (all, name) => (name === 'four-clocks' ? undefined : all[name]) }) });")
    page.goto(f"{server}/{homes['four-clocks']}")
    states = page.locator("[data-live-figure]").evaluate_all("(all) => all.map((f) => [f.dataset.liveFigure, f.dataset.state])")
    assert ["four-clocks", "static"] in states and all(state == "live" for name, state in states if name != "four-clocks")
    root = page.locator('[data-live-figure="four-clocks"]')
    assert root.locator(".lf-wide svg").is_visible()
    assert not any(control.is_visible() for control in root.locator("input, button, select").all())
    page.close()


def test_watched_sees_what_goes_wrong(browser, server):
    """The watch itself works: an error in a page is not passed over."""
    with pytest.raises(AssertionError, match="console: broken"), watched(browser, server) as page:
        page.goto(f"{server}/book/index.html")
        page.evaluate("console.error('broken')")


def test_where_the_script_does_not_come_no_hole_stays_and_it_is_said(browser, server, homes):
    """After a while the room that was kept for controls is given up."""
    page = browser.new_page()
    page.route(re.compile(r"/_static/livefigure\.[0-9a-f]+\.js"), lambda route: route.abort())
    page.goto(f"{server}/{homes['fifty-four-days']}")
    card = page.locator('[data-live-figure="fifty-four-days"]')
    assert card.get_attribute("data-state") == "static"
    controls, foot = card.locator(".lf-controls"), card.locator(".lf-foot")
    kept = controls.bounding_box()["height"]
    waits = page.evaluate("document.getAnimations().map((a) => a.effect.getTiming().delay)")
    assert min(waits) >= 5000, "a slow connection is no blocked script"
    page.evaluate("document.getAnimations().forEach((a) => a.finish())")
    assert kept > 80 and controls.bounding_box()["height"] == 0
    assert foot.evaluate("(f) => getComputedStyle(f, '::before').visibility") == "visible" and foot.bounding_box()["height"] < 60
    assert not card.locator("button").first.is_visible() and card.locator(".lf-drawing").is_visible()
    page.close()


def test_an_arrow_is_seen_and_not_read_out(reader):
    here = reader("fifty-four-days")
    assert here.root.get_by_role("button", name="Explore", exact=True).count() == 1
    assert "More settings" in (said := here.root.aria_snapshot()) and not re.search("[▸▾▴]", said)


def test_on_paper_folded_code_and_asides_are_open(browser, server):
    page = browser.new_page()
    for name in ("how-the-figures-work", "interconnect", "power"):
        page.goto(f"{server}/book/{name}.html")
        page.emulate_media(media="print")
        folds = page.locator("article details:not(.lf-more, .lf-goal details)")  # paper sets nothing, and plays for nothing
        shown = folds.evaluate_all("(all) => all.map((d) => d.querySelector(':scope > :not(summary)').checkVisibility({ contentVisibilityAuto: true }) && d.lastElementChild.getBoundingClientRect().height > 10)")
        assert all(shown), name
        page.emulate_media(media="screen")
    assert shown or folds.count() == 0
    page.close()
