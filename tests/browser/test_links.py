"""A figure's state in the address: written when a change is complete, restored when opened, trusted in nothing."""

import re
from random import Random
from urllib.parse import parse_qs, quote, urlencode

import pytest
from living import SMALL, living, possible_state, sliders
from reading import each, followed


def query(here) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(here.address.partition("?")[2]).items()}


@each
def test_a_state_is_restored_from_its_link(name, reader):
    random = Random(name)
    for _ in range(3):
        state = possible_state(random, living(name))
        here = reader(name, urlencode(state))
        here.agrees(**state)
        assert not here.root.locator(".lf-message").is_visible()


FOLLOW = """([name, address]) => new Promise((done) => {
    addEventListener("hashchange", () => done(livefigure.figures[name].state), { once: true });
    location.hash = address;
})"""


@pytest.mark.parametrize("name", SMALL)
def test_a_small_figure_follows_the_address_without_a_book_around_it(name, examples):
    state = possible_state(Random(name), living(name))
    found = examples.evaluate(FOLLOW, [name, f"fig-{name}?{urlencode(state)}"])
    assert found == {key: value if isinstance(value, str) else pytest.approx(value, rel=1e-9) for key, value in state.items()}


@each
def test_what_is_written_is_what_is_read(name, reader):
    """All presets through the address and back."""
    here, written = reader(name), []
    for label, preset in living(name).presets.items():
        here.root.get_by_role("button", name=label, exact=True).click()
        assert query(here).keys() == {key for key, value in dict(preset).items() if value != living(name).defaults[key]}
        written.append((here.state, here.address.partition("?")[2]))
    for state, link in written:
        assert reader(name, link).state == state


@each
def test_the_address_is_written_when_a_change_is_complete(name, reader):
    here = reader(name)
    key = sliders(here.figure)[0]
    slider = here.slider(key)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    far = 0.02 if slider.evaluate("(e) => e.value / e.max") > 0.5 else 0.98
    here.page.mouse.move(box["x"] + box["width"] * (1 - far), box["y"] + box["height"] / 2)
    here.page.mouse.down()
    here.page.mouse.move(box["x"] + box["width"] * far, box["y"] + box["height"] / 2, steps=3)
    assert here.address == ""
    length = here.page.evaluate("history.length")
    here.page.mouse.up()
    assert here.address.startswith(f"fig-{name}?{key}=")
    assert float(query(here)[key]) == here.state[key]
    slider.press("Home" if here.state[key] == here.figure.controls[key].high else "End")
    assert float(query(here).get(key, here.figure.defaults[key])) == here.state[key]
    assert here.page.evaluate("history.length") == length


@each
def test_another_state_in_the_address_is_followed(name, reader):
    here, random = reader(name), Random(name)
    state = possible_state(random, here.figure)
    here.page.evaluate("(hash) => (location.hash = hash)", f"#fig-{name}?{urlencode(state)}")
    followed(here.page, name, state)
    here.agrees(**state)
    here.page.go_back()
    here.page.wait_for_function("() => !location.hash")


LONG = "speedup=" + "9" * 100_000
HOSTILE = [
    "v=99",
    "v=99&gpus=1e5&nonsense=1",
    "__proto__=1&constructor=2&toString=3",
    "speedup=<script>alert(1)</script>",
    "speedup=NaN",
    "speedup=Infinity&gpus=-Infinity",
    "speedup=1e999&gpus=1e999&days=1e999&rate=1e999",
    "speedup=-1&gpus=-1&days=-1&rate=-1",
    "gpus=16384.5",
    "speedup=&gpus=&chip=",
    "chip=H100&model=GPT-99&precision=7",
    "chip=__proto__&model=constructor&precision=toString",
    "%E0%A4%A",
    "a" * 5000,
    LONG,
    "=&=&&&===",
    "%00=%00",
    "speedup[]=3&speedup[0]=3",
    "speedup=3%0d%0aSet-Cookie:x",
    quote('"><img src=x onerror=alert(1)>') + "=1",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40])
def test_a_hostile_or_outdated_link_is_ignored_with_a_notice(text, reader):
    here = reader("fifty-four-days", text)
    state = here.agrees()
    assert {key: state[key] for key in state if key not in text} == {key: value for key, value in here.figure.defaults.items() if key not in text}
    message = here.root.locator(".lf-message")
    assert message.is_visible() and message.inner_text()
    assert len(message.inner_text()) < 400 and message.locator("*").count() == 0
    visible = here.root.inner_text()
    assert "NaN" not in visible.replace(message.inner_text(), "") and "Infinity" not in visible.replace(message.inner_text(), "")
    here.root.get_by_role("button", name="Reset").click()
    here.agrees(**here.figure.defaults)
    assert not message.is_visible()


@pytest.mark.parametrize("hash", ["#fig-no-such-figure?speedup=3", "#fig-", "#fig-__proto__?x=1", "#fig-constructor", "#%", "#fig-fifty-four-days", "#solutions"])
def test_an_address_without_a_state_changes_nothing(hash, chapter, server, homes):
    """And one that names no figure of this page is told."""
    chapter.goto("about:blank")
    chapter.goto(f"{server}/{homes['fifty-four-days']}{hash}")
    told = chapter.locator(".lf-message:visible").all_inner_texts()
    unknown = re.match(r"#fig-([\w-]+)", hash)
    assert told == ([f"The link asks for a figure “{unknown[1]}”, which is not on this page."] if unknown and "fifty" not in hash else [])
    for name in (name for name, home in homes.items() if home == homes["fifty-four-days"]):
        assert chapter.evaluate("(name) => livefigure.figures[name].state", name) == living(name).defaults


def test_a_link_to_a_figure_shows_it(chapter, server, homes):
    chapter.goto("about:blank")
    chapter.goto(f"{server}/{homes['fifty-four-days']}#fig-fifty-four-days?speedup=3")
    chapter.wait_for_function("() => document.querySelector('#fig-fifty-four-days').getBoundingClientRect().top < innerHeight / 2")


@each
def test_copy_link_copies_the_link_of_this_state(name, reader):
    here, random = reader(name), Random(name)
    here.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    state = possible_state(random, here.figure)
    here.page.evaluate("([name, state]) => livefigure.figures[name].set(state)", [name, state])
    here.root.get_by_role("button", name="Copy link").click()
    here.page.wait_for_function("(name) => [...document.querySelectorAll(`[data-live-figure=\"${name}\"] button`)].some((b) => b.textContent === 'Copied')", arg=name)
    link = here.page.evaluate("navigator.clipboard.readText()")
    there = reader(name, link.partition("?")[2])
    there.agrees(**state)


def test_a_link_works_from_disk_too(browser, site, homes):
    page = browser.new_page()
    page.goto(f"{(site / homes['fifty-four-days']).as_uri()}#fig-fifty-four-days?speedup=3")
    assert page.evaluate("livefigure.figures['fifty-four-days'].state.speedup") == 3
    page.locator('[data-live-figure="fifty-four-days"] input[type=range][name=speedup]').press("End")
    assert page.evaluate("location.hash") == "#fig-fifty-four-days?speedup=10"
    page.close()


MANGLED = {
    "percent-encoded": "#fig-fifty-four-days%3Fspeedup%3D3%26goodput%3D0.8",
    "all but the question mark": "#fig-fifty-four-days?speedup=3&amp;goodput=0.8",
    "a slash": "#fig-fifty-four-days/?speedup=3&goodput=0.8",
    "capitals": "#FIG-Fifty-Four-Days?speedup=3&goodput=0.8",
    "a letter too few": "#fig-fifty-four-day?speedup=3&goodput=0.8",
    "two letters swapped for one": "#fig-fifty-four-dayz?speedup=3&goodput=0.8",
}


@pytest.mark.parametrize("hash", MANGLED.values(), ids=MANGLED)
def test_a_link_as_mailers_and_people_write_it_is_understood(hash, chapter, server, homes):
    chapter.goto("about:blank")
    chapter.goto(f"{server}/{homes['fifty-four-days']}{hash}")
    state = chapter.evaluate("livefigure.figures['fifty-four-days'].state")
    assert (state["speedup"], state["goodput"]) == (3, 0.8)
    chapter.wait_for_function("() => document.querySelector('#fig-fifty-four-days').getBoundingClientRect().top < innerHeight / 2")
    assert not chapter.locator(".lf-message:visible").count()


def test_a_repeated_name_is_told(reader):
    here = reader("fifty-four-days", "speedup=3&speedup=5&x=1&x=2")
    assert here.state["speedup"] == 3
    message = here.root.locator(".lf-message").inner_text()
    assert "more than one value for “speedup”; the first is shown" in message and message.count("“x”") == 1


LINK = "#fig-fifty-four-days?chip=GB300+NVL72&goodput=0.8&speedup=3"


def test_a_link_shows_all_that_stands_behind_its_number(browser, server, homes):
    """On a phone: what differs from the default is said, also where its control is folded away; by a tap it is there."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server}/{homes['fifty-four-days']}{LINK}")
    root = page.locator("#fig-fifty-four-days")
    said = root.locator(".lf-set")
    assert said.is_visible() and said.inner_text() == "Also set: chip GB300 NVL72 · goodput 80 %"
    root.locator(".lf-more > summary").tap()
    assert root.locator("select[name=chip]").is_visible() and not said.is_visible()
    root.locator(".lf-more > summary").tap()
    root.get_by_role("button", name="Reset").tap()
    assert not said.is_visible()
    context.close()


def test_paper_shows_all_that_stands_behind_a_number(browser, server, homes):
    page = browser.new_page()
    page.goto(f"{server}/{homes['fifty-four-days']}{LINK}")
    page.emulate_media(media="print")
    root = page.locator("#fig-fifty-four-days")
    for unfolded in (False, True):
        root.evaluate("(root, open) => (root.querySelector('details').open = open)", unfolded)
        text = root.inner_text()
        assert "Also set: chip GB300 NVL72 · goodput 80 %" in text and "More settings" not in text
    page.close()


@each
def test_every_preset_says_what_it_sets(name, reader):
    """All inputs that a preset changes are to be read without unfolding anything."""
    here = reader(name)
    here.root.evaluate("(root) => root.querySelectorAll('details').forEach((d) => (d.open = false))")
    for preset in here.figure.presets.values():
        here.page.evaluate("([name, state]) => livefigure.figures[name].set(state)", [name, here.figure.defaults | dict(preset)])
        said = here.root.locator(".lf-set")
        expected = [key for key, control in here.figure.controls.items() if control.folded and here.state[key] != here.figure.defaults[key]]
        text = said.inner_text() if said.count() and said.is_visible() else ""
        assert all(here.figure.controls[key].label in text for key in expected) and bool(text) == bool(expected)
