"""Nothing moves under a reader's eyes: not while a page comes in over a slow line, not when a control is moved.

What a browser reports is each shift as a share of the window, as far as it moved. Zero is what is zero to the two digits
that browsers show; a letter beside a number that became narrower is less.
"""

from threading import Lock
from time import sleep

import pytest
from living import living, sliders
from serve import Compressed, serving

LATENCY, BYTES_A_SECOND = 0.15, 1.6e6 / 8  # a phone's line, as Lighthouse has it
WATCH = """globalThis.shifts = [];
new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
        shifts.push([value, ...sources.map(({ node, previousRect: a, currentRect: b }) => `${node?.className?.baseVal ?? node?.className ?? node?.textContent} ${[a, b].map((r) => [r.x, r.y, r.width, r.height])}`)]);
}).observe({ type: "layout-shift", buffered: true });"""
DONE = "() => [...document.querySelectorAll('[data-live-figure]')].every((figure) => figure.dataset.state === 'live') && document.fonts.ready.then(() => new Promise(requestAnimationFrame))"
MOVE = """async (moves) => {
    const total = () => shifts.reduce((sum, [value]) => sum + value, 0);
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    for (const [name, key, value] of moves) {
        const figure = livefigure.figures[name];
        figure.root.scrollIntoView({ block: "center", behavior: "instant" });
        await painted();
        await painted();
        shifts.length = 0;
        figure.set({ ...figure.defaults, [key]: value });
        await painted();
        await painted();
        if (total() >= 0.005) return [name, key, value, shifts];
    }
}"""


# Where the pieces of a card are, over the whole way of each of its sliders: [figure, slider, piece, how far it moved].
PLACES = """(all) => all.flatMap((root) => {
    const figure = livefigure.figures[root.dataset.liveFigure], found = [];
    root.querySelectorAll("[data-action=skip]").forEach((button) => button.click()); // a guess is gone once it is made
    root.querySelectorAll(".lf-more").forEach((more) => (more.open = true));
    const pieces = [root, ...root.children], edges = () => pieces.map((piece) => piece.getBoundingClientRect()).map(({ top, bottom }, k, [{ top: from }]) => [top - from, bottom - from]);
    for (const slider of root.querySelectorAll("input[type=range][name]")) {
        figure.set(figure.defaults);
        const before = edges();
        for (let k = 0; k <= 16 && !slider.disabled; k++) {
            slider.value = Math.round((k / 16) * slider.max);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            edges().forEach(([top, bottom], at) => {
                const moved = Math.max(Math.abs(top - before[at][0]), Math.abs(bottom - before[at][1]));
                if (moved > 0.5) found.push([root.dataset.liveFigure, slider.name, pieces[at].className, moved]);
            });
        }
        figure.set(figure.defaults);
    }
    return found;
})"""


def window(browser, width: int):
    """A new page, as wide as asked, that tells what moves."""
    page = browser.new_context(viewport={"width": width, "height": 850}, is_mobile=width < 500).new_page()
    page.set_default_timeout(300_000)  # several at once on a busy machine
    page.add_init_script(WATCH)
    return page


def all_there(page) -> None:
    """Wait until all figures of the page live."""
    page.wait_for_load_state()
    page.wait_for_function(DONE)


def groups(addresses: list[str], size: int):
    """Pages to be opened at once: most of their time is waiting for a line, or until something has been painted."""
    return (addresses[first : first + size] for first in range(0, len(addresses), size))


class Slow(Compressed):
    """A server behind a slow line that all connections share: on a busy machine a browser that slows down itself may stop for ever."""

    line = Lock()

    def copyfile(self, source, outputfile):
        sleep(LATENCY)
        while part := source.read(4096):
            with self.line:
                sleep(len(part) / BYTES_A_SECOND)
            outputfile.write(part)


@pytest.fixture(scope="module")
def far_away(site) -> str:
    """Address of the site behind a slow line."""
    with serving(site, Slow) as address:
        yield address


@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_moves_while_a_page_comes_slowly(browser, far_away, addresses, width):
    """Each as the first that somebody visits."""
    moved = {}
    for address in addresses:
        page = window(browser, width)
        page.goto(f"{far_away}/{address}", wait_until="commit")
        all_there(page)
        shifts = page.evaluate("shifts")
        if sum(value for value, *_ in shifts) >= 0.005:
            moved[address] = shifts
        page.context.close()
    assert not moved


@pytest.fixture(scope="module", params=[360, 1440])
def moved(request, browser, server, homes) -> dict[str, list]:
    """What moves on any page when a control does ("shifts"), and where the pieces of a card are not where they were ("pieces")."""
    found = {"shifts": [], "pieces": []}
    pages = [window(browser, request.param) for _ in range(5)]
    for group in groups(sorted(set(homes.values())), len(pages)):
        here = list(zip(pages, group))
        for page, address in here:
            page.goto(f"{server}/{address}", wait_until="commit")
        for page, address in here:
            all_there(page)
            sliding = [(name, key, living(name).controls[key]) for name, home in homes.items() if home == address for key in sliders(living(name))]
            moves = [[name, key, end] for name, key, control in sliding if not control.folded for end in (control.low, control.high)]
            page.evaluate(f"(moves) => void (globalThis.moved = ({MOVE})(moves))", moves)
        found["shifts"] += filter(None, [page.evaluate("moved") for page, _ in here])
        for page, _ in here:
            found["pieces"] += page.locator("[data-live-figure]").evaluate_all(PLACES)
    for page in pages:
        page.context.close()
    return found


def test_nothing_moves_when_a_control_does(moved):
    assert not moved["shifts"]


def test_every_piece_of_a_card_stays_wherever_a_slider_stands(moved):
    """Not at the ends alone: a sentence may take another line, or a word of warning come, on the way."""
    assert not moved["pieces"]


def test_the_picture_stays_when_what_is_folded_is_set(browser, server, homes):
    """What it is then is said beside the fold's name."""
    page = window(browser, 1440)
    page.goto(f"{server}/{homes['fifty-four-days']}")
    all_there(page)
    root = page.locator("#fig-fifty-four-days")
    places = lambda: [piece.bounding_box() for piece in (root.locator(".lf-drawing"), root)]
    before = places()
    page.evaluate("() => { const f = livefigure.figures['fifty-four-days']; f.set({ ...f.defaults, chip: 'A100 SXM' }); }")
    assert root.locator(".lf-set").inner_text() == "Also set: chip A100 SXM" and places() == before
    page.context.close()
