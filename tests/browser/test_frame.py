"""What stands around text and figures: it has no page laid out while that comes, copies code, and stops the tab key where something scrolls."""

import pytest
from reading import SCROLLS

WITH_ALL = "book/ten-times-faster.html"  # code, tables, formulas, figures
ASKED = """Object.assign(globalThis, { asked: [], first: true });
const note = (name) => first && asked.push([name, new Error().stack.split("\\n").slice(2, 4).join(" ")]);
for (const [type, names] of [[Element, ["scrollWidth", "scrollHeight", "clientWidth", "clientHeight"]], [HTMLElement, ["offsetLeft", "offsetTop", "offsetWidth", "offsetHeight"]]])
    for (const name of names) {
        const { get } = Object.getOwnPropertyDescriptor(type.prototype, name);
        Object.defineProperty(type.prototype, name, { get() { note(name); return get.call(this); } });
    }
const { getBoundingClientRect } = Element.prototype;
Element.prototype.getBoundingClientRect = function () { note("getBoundingClientRect"); return getBoundingClientRect.call(this); };
const Observer = ResizeObserver; // whose callbacks come when a page has just been laid out
globalThis.ResizeObserver = function (heard) {
    return new Observer((...all) => { const before = first; first = false; heard(...all); first = before; });
};
document.addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => (first = false)));"""
STOPS = """() => [...document.querySelectorAll("SCROLLS")].filter((e) => e.checkVisibility()).map((e) => [e.scrollWidth > e.clientWidth, e.tabIndex === 0, e.innerText.slice(0, 40)])""".replace("SCROLLS", SCROLLS)
STAND = f"(width) => innerWidth === width && ({STOPS})().every(([scrolls, stops]) => scrolls === stops)"  # which takes a frame or two


def test_no_script_asks_where_things_are_before_the_page_is_painted(browser, server, homes):
    """A browser would lay out the page for it, in the middle of the scripts, and then again."""
    page = browser.new_page(viewport={"width": 412, "height": 823})
    page.add_init_script(ASKED)
    for address in sorted(set(homes.values())):
        page.goto(f"{server}/{address}")
        assert page.evaluate("asked") == [], address
    page.evaluate("first = true, document.body.offsetWidth")
    assert page.evaluate("asked"), "what is asked for would be noticed"
    page.close()


def test_what_is_folded_takes_no_layout_until_it_is_opened(browser, server, homes):
    page = browser.new_page()
    page.goto(f"{server}/{homes['fifty-four-days']}")
    fold = page.locator("#fig-fifty-four-days .lf-more:has(input)").first
    places = lambda: fold.locator("input, select").evaluate_all("(all) => all.map((e) => e.getClientRects().length)")
    assert set(places()) == {0}
    fold.locator("summary").click()
    assert set(places()) == {1}
    page.close()


@pytest.mark.parametrize("width", [1440, 360])
def test_what_scrolls_stops_the_tab_key_and_nothing_else_does(browser, server, width):
    """As the page comes, when a window changes, and when what was folded is shown."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{server}/{WITH_ALL}")
    for other in (width, 1800 - width, width):
        page.set_viewport_size({"width": other, "height": 900})
        page.wait_for_function(STAND, arg=other)
        stops = page.evaluate(STOPS)
        assert len(stops) > 5 and not [stop for stop in stops if stop[0] != stop[1]]
        assert other > 500 or any(scrolls for scrolls, *_ in stops)
        page.locator(".toggle-button").evaluate_all("(all) => all.forEach((button) => button.click())")
    page.close()


def test_a_block_of_code_is_copied_as_it_stands(browser, server):
    page = browser.new_context().new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server}/book/make-your-own.html")
    block = page.locator("div.highlight").first
    button = block.get_by_role("button", name="Copy")
    button.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert button.evaluate("(e) => e === document.activeElement && getComputedStyle(e).opacity") == "1", "who comes by keys sees it"
    page.keyboard.press("Enter")
    block.get_by_role("button", name="Copied").wait_for()
    code = page.evaluate("navigator.clipboard.readText()")
    assert len(code) > 20 and code == block.locator("pre").evaluate("(e) => e.textContent")
    page.context.close()
