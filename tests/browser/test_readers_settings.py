"""What a reader's system is set to is followed: few colours of the reader's own, larger text, the keyboard alone."""

import io
import re

import numpy as np
import pytest
from livefigure import Switch
from living import living
from matplotlib.image import imread

PAGE = "fifty-four-days"


def pixels(locator) -> np.ndarray:
    return imread(io.BytesIO(locator.screenshot()), format="png")[..., :3]


def colours(image: np.ndarray) -> int:
    """How many colours take up a visible part of an image."""
    _, counts = np.unique((image.reshape(-1, 3) * 255).round().astype(int), axis=0, return_counts=True)
    return int((counts > 0.01 * counts.sum()).sum())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_few_colours_a_control_shows_where_it_stands(browser, server, homes, scheme):
    """A slider's thumb is painted and moves, a switch that is on looks unlike one that is off, a pressed preset unlike others."""
    page = browser.new_page(forced_colors="active", color_scheme=scheme, viewport={"width": 1000, "height": 900})
    page.goto(f"{server}/{homes[PAGE]}")
    root = page.locator(f'[data-live-figure="{PAGE}"]')
    slider = root.locator("input[type=range][name=speedup]")
    assert colours(pixels(slider)) >= 2
    at_first = pixels(slider)
    slider.press("End")
    page.evaluate("document.activeElement.blur()")
    moved = np.abs(pixels(slider) - at_first).max(axis=2) > 0.2
    height = moved.shape[0]
    thumb = moved[height // 2 - 9 : height // 2 - 5]  # above the track there is only a thumb
    assert thumb.any(), "no thumb to be seen"
    presets = root.locator("[data-preset]")
    presets.last.click()
    pressed, other = presets.last, presets.first
    backgrounds = [preset.evaluate("(e) => getComputedStyle(e).backgroundColor") for preset in (pressed, other)]
    assert pressed.get_attribute("aria-pressed") == "true" and backgrounds[0] != backgrounds[1]
    root.get_by_role("button", name="Explore").click()
    root.locator(".lf-bar").first.wait_for()
    assert colours(pixels(root.locator(".lf-bar").first)) >= 2, "what moves the number is told by bars"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_few_colours_a_switch_shows_whether_it_is_on(browser, server, switch, scheme):
    address, name = switch
    page = browser.new_page(forced_colors="active", color_scheme=scheme)
    page.goto(f"{server}/{address}")
    root = page.locator(f'[data-live-figure="{name}"]')
    root.evaluate("(root) => root.querySelectorAll('details').forEach((d) => (d.open = true))")
    box = root.locator("input[type=checkbox]:enabled").first
    seen = []
    for on in (True, False):
        box.set_checked(on)
        page.evaluate("document.activeElement.blur()")
        image = pixels(box)
        assert colours(image) >= 2, "a track, and a knob in the colour of what is around it"
        seen.append(image)
    assert (np.abs(seen[0] - seen[1]).max(axis=2) > 0.2).mean() > 0.05
    page.close()


@pytest.fixture
def switch(homes):
    """A figure with a switch that can be moved: where it is, and its name."""
    return next((home, name) for name, home in homes.items() if any(isinstance(c, Switch) and not c.enabled for c in living(name).controls.values()))


def test_text_grows_with_the_browsers_setting(browser, server, homes):
    """Text of the page and of the card, as the browser's own font size is doubled."""
    what = ["article p:not(.live-figure *)", ".bd-sidebar-primary a", "table td", ".lf-title", ".lf-control label", ".lf-readout output", ".live-figure button"]
    sizes = []
    for size in (16, 32):
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{server}/{homes[PAGE]}")
        page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": size}})
        page.reload()
        sizes.append([page.locator(selector).first.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)") for selector in what])
        page.close()
    assert sizes[1] == pytest.approx([2 * size for size in sizes[0]])


@pytest.mark.parametrize("width", [1440, 360])
def test_a_key_stops_only_where_there_is_something_to_do(browser, server, homes, width):
    """Each stop of the tab key is a control with a name, or has something to scroll by arrows and is no figure."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    for address in sorted(set(homes.values())):
        page.goto(f"{server}/{address}")
        page.evaluate("document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))")
        stops = page.evaluate(
            """() => [...document.querySelectorAll("article *")].filter((e) => {
                const style = getComputedStyle(e);
                if (e.closest(".live-figure") || !e.checkVisibility()) return false;
                const scrolls = /auto|scroll/.test(style.overflowX) && e.scrollWidth > e.clientWidth || /auto|scroll/.test(style.overflowY) && e.scrollHeight > e.clientHeight;
                const asked = e.getAttribute("tabindex") === "0" && !e.matches("a, button, input, select, summary, [role]");
                return asked || scrolls;
            }).map((e) => [e.className, e.scrollWidth - e.clientWidth, Boolean(e.querySelector(".live-figure")), e.ariaLabel, e.innerText.slice(0, 30)])"""
        )
        bad = [stop for stop in stops if stop[2] or stop[1] < 1 or not stop[3]]
        assert not bad, f"{address}: {bad}"
    page.close()


def test_no_two_elements_have_one_id(site):
    for path in (site / "book").glob("*.html"):
        ids = re.findall(r'<\w+[^>]* id="([^"]+)"', re.sub(r"<script.*?</script>", "", path.read_text(encoding="utf-8"), flags=re.S))
        assert len(ids) == len(set(ids)), path.name


def test_paper_is_not_left_empty(browser, server, homes):
    """A chapter takes about as many sheets as its height is sheets: no card is moved to the next one as a whole."""
    width, height, margin = 794, 1123, 38  # A4 and Chromium's margin of 1 cm, in CSS pixels
    for address in sorted(set(homes.values())):
        page = browser.new_page(viewport={"width": width - 2 * margin, "height": height - 2 * margin})
        page.goto(f"{server}/{address}")
        page.evaluate("document.fonts.ready.then(() => true)")
        sheets = len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), f"{margin}px"))))
        page.emulate_media(media="print")
        needed = page.locator("article").evaluate("(e) => e.scrollHeight") / (height - 2 * margin)
        whole = page.locator("article *").evaluate_all(
            """(all) => all.filter((e) => getComputedStyle(e).breakInside === "avoid" && e.getBoundingClientRect().height > 0.4 * innerHeight)
                .map((e) => [e.tagName, e.className, e.getBoundingClientRect().height])"""
        )
        page.close()
        assert sheets <= 1.2 * needed + 1, f"{address}: {sheets} sheets for the height of {needed:.1f}"
        assert not whole, f"{address}: moved to the next sheet as a whole, this leaves much of one empty"


@pytest.mark.parametrize("width", [360, 1440])
def test_the_icons_above_a_page_are_drawn_whole(browser, server, homes, width):
    """Each is about as high as it is wide; one that is cut leaves a line."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{server}/{homes[PAGE]}")
    for icon in (".btn-download-notebook", ".theme-switch-button"):
        image = pixels(page.locator(icon).locator("visible=true").first)
        inked = np.abs(image - image[0, 0]).max(axis=2) > 0.3
        high, wide = (np.ptp(np.flatnonzero(inked.any(axis=axis))) + 1 for axis in (1, 0))
        assert 0.6 < high / wide < 1.7, icon
    page.close()
