"""Someone who reads a page, and a watch over what happens there."""

import re
from contextlib import contextmanager
from math import isfinite

import pytest
from living import living

SCROLLS = "article [role=group]:is(pre, .math, .pst-scrollable-table-container)"  # where it is wider than its column


@contextmanager
def watched(browser, origin: str, ignored: str = r"(?!)", **options):
    """A new page of which nothing may go wrong: no console message or error (but the `ignored`), no failed or foreign request."""
    context = browser.new_context(**options)
    page = context.new_page()
    wrong = []
    page.on("console", lambda message: message.type in ("error", "warning") and not re.search(ignored, message.text) and wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: re.search(ignored, str(error)) or wrong.append(f"error: {error}"))
    left = "net::ERR_ABORTED"  # the page was left before its icon had come
    page.on("requestfailed", lambda request: request.failure == left or wrong.append(f"failed: {request.url} {request.failure}"))
    page.on("response", lambda response: response.status >= 400 and wrong.append(f"{response.status}: {response.url}"))
    page.on("request", lambda request: request.url.startswith((origin, "data:", "blob:")) or wrong.append(f"foreign: {request.url}"))
    try:
        yield page
        assert not wrong, "\n".join(dict.fromkeys(wrong))
    finally:
        context.close()


class Reader:
    """Someone who reads one figure on its page: `page` and the figure's element `root`."""

    def __init__(self, page, name: str):
        self.page, self.figure = page, living(name)
        self.root = page.locator(f'[data-live-figure="{name}"]')
        assert self.root.get_attribute("data-state") == "live"
        self.root.evaluate("(root) => root.querySelectorAll('details').forEach((d) => (d.open = true))")

    def slider(self, name: str):
        return self.root.locator(f'input[type=range][name="{name}"]')

    def box(self, name: str):
        return self.root.locator(f'input[type=text][name="{name}"]')

    @property
    def state(self) -> dict:
        return self.page.evaluate("(name) => livefigure.figures[name].state", self.figure.name)

    @property
    def address(self) -> str:
        """What stands after the # in the address."""
        return self.page.evaluate("location.hash.slice(1)")

    @property
    def shown(self) -> dict[str, float | None]:
        """The readouts as they stand in the page."""
        pairs = self.root.locator("output[name]").evaluate_all("(all) => all.map((o) => [o.name, o.dataset.value])")
        return {name: float(value) if value else None for name, value in pairs}

    def agrees(self, **expected) -> dict:
        """The page stands at `expected` and shows what Python computes there; gives the state."""
        state = self.state
        for name, value in expected.items():
            assert state[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9)), name
        agree(self.shown, self.figure.evaluate(**state))
        return state


FOLLOWED = """([name, asked]) => {
    const state = livefigure.figures[name].state;
    return Object.entries(asked).every(([key, value]) => state[key] === value) && state;
}"""


def followed(page, name: str, asked: dict) -> dict:
    """The state of a figure once it has what a link asked for: a browser tells a page of a new address a little later."""
    return page.wait_for_function(FOLLOWED, arg=[name, asked]).json_value()


OPEN = "(all) => all.forEach((d) => (d.open = true))"
ALL_OPEN = "() => [...document.querySelectorAll('[data-action=explore]')].every((b) => b.ariaExpanded === 'true' && b.closest('[data-live-figure]').querySelector('.lf-explore:not([hidden])'))"
ALL_TAKE = "() => [...document.querySelectorAll('[data-action=bring]')].every((b) => b.closest('[data-live-figure]').querySelector('.lf-bring:not([hidden])'))"


PRESS_ALL = """(all) => all.filter((button) => {
    button.scrollIntoView({ block: "center", behavior: "instant" });
    const { x, y, width, height } = button.getBoundingClientRect();
    const reached = button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    if (reached) button.click();
    return !reached;
}).map((button) => button.outerHTML)"""


def explore_all(page) -> None:
    """Press *Explore* and *Bring your own* in every figure of a page, and wait until what they need has come.

    In one call: pressed one by one, each waits until the page has been painted.
    """
    assert page.locator("[data-opens]").evaluate_all(PRESS_ALL) == [], "something lies over these"
    page.wait_for_function(ALL_OPEN)
    page.wait_for_function(ALL_TAKE)


def agree(shown: dict[str, float | None], outputs: dict) -> None:
    """The numbers of a page are Python's; None, a dash in the page, where Python has no finite number."""
    for name, value in shown.items():
        python = outputs[name] if isfinite(outputs[name]) else None
        assert value == (python if None in (value, python) else pytest.approx(python, rel=1e-9)), name


def each(test):
    """Run `test(name, reader)` for every figure of the sample."""

    def run(sample, reader, subtests):
        for name in sample:
            with subtests.test(name):
                test(name, reader)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run
