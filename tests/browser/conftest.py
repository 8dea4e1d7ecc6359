"""Pages for the tests: the site with its figures, and all figures on one page without the book around them."""

import re
from contextlib import contextmanager
from random import Random

import figures
import pytest
import toy
from livefigure.assets import runtime_script, stylesheet
from livefigure.controls import Choice, Control, Slider
from livefigure.look import css_variables

BOOK = figures.all_figures()
FIGURES = BOOK | {"toy": toy.figure()}


def ends(control: Control) -> list:
    """The values between which a control moves, or all its values where they are few."""
    if isinstance(control, Choice):
        return list(control.records)
    if isinstance(control, Slider):
        return list(control.values or control.limits or (control.low, control.high))
    return [0, 1]


def some_value(random: Random, control: Control):
    """A value that may stand there: out of the slider's range, out of all that may be typed, or an end of either."""
    if not isinstance(control, Slider) or control.values:
        return random.choice(ends(control))
    limits = ends(control)
    low, high = random.choice([(control.low, control.high), (control.low, control.high), limits])
    t = random.choice([0, 1]) if random.random() < 0.1 else random.random()
    value = low * (high / low) ** t if low > 0 and (control.log or high / low > 1e3) else low + t * (high - low)
    value = low if t == 0 else high if t == 1 else value
    return float(round(value)) if control.integer else value


def some_state(random: Random, figure) -> dict:
    """One value for every control."""
    return {name: some_value(random, control) for name, control in figure.controls.items()}


@pytest.fixture(scope="session")
def gallery(browser, tmp_path_factory):
    """A page with every figure of the book and the toy, brought to life by the runtime."""
    file = tmp_path_factory.mktemp("gallery") / "gallery.html"
    cards = "".join(figure.page_html() for figure in FIGURES.values())
    file.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title><style>{css_variables()}{stylesheet()}</style>'
        f"<body>{cards}<script>{runtime_script()}</script></body></html>",
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.locator('[data-state="live"]').count() == len(FIGURES)
    yield page
    page.close()


# The site -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def addresses(site) -> list[str]:
    """Every page of the site, as a path from its root; the root itself only sends its readers on."""
    found = {str(page.relative_to(site)) for page in site.rglob("*.html") if "_static" not in page.parts}
    assert {"index.html", "book/index.html", "book/fifty-four-days.html"} <= found
    return sorted(found - {"index.html"})


@pytest.fixture(scope="session")
def homes(site, addresses) -> dict[str, str]:
    """The page on which each figure stands."""
    found = {}
    for address in addresses:
        for name in re.findall(r'data-live-figure="([^"]+)"', (site / address).read_text(encoding="utf-8")):
            found.setdefault(name, address)
    return found


@contextmanager
def watched(browser, origin: str, **options):
    """A new page of which nothing may go wrong: no console message, no error, no failed or foreign request."""
    context = browser.new_context(**options)
    page = context.new_page()
    wrong = []
    page.on("console", lambda message: message.type in ("error", "warning") and wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
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
        self.page, self.figure = page, FIGURES[name]
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
        pairs = self.root.locator("output").evaluate_all("(all) => all.map((o) => [o.name, o.dataset.value])")
        return {name: float(value) if value else None for name, value in pairs}

    def agrees(self, **expected) -> dict:
        """The page stands at `expected` and shows what Python computes there; gives the state."""
        state = self.state
        for name, value in expected.items():
            assert state[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9)), name
        outputs = self.figure.evaluate(**state)
        python = {readout.output: outputs[readout.output] for readout in self.figure.readouts}
        assert self.shown == pytest.approx(python, rel=1e-9)
        return state


@pytest.fixture(scope="session")
def chapter(browser, server):
    """One page for all tests that read; `reader` opens it anew for each."""
    with watched(browser, server, viewport={"width": 1200, "height": 900}) as page:
        yield page


@pytest.fixture
def reader(chapter, server, homes):
    """`reader(name, query)`: a Reader of figure `name`, freshly opened, perhaps through a link."""

    def open_figure(name: str, query: str = "") -> Reader:
        chapter.goto("about:blank")
        chapter.goto(f"{server}/{homes[name]}" + (f"#fig-{name}?{query}" if query else ""))
        return Reader(chapter, name)

    return open_figure
