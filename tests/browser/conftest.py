"""Pages for the tests: the site with its figures, and all figures on one page without the book around them."""

import re

import livefigure
import pytest
import toy
from living import NAMES, SMALL, cover, living, sliders
from reading import Reader, watched


# What would be announced of it later is not: half a second on, another test may be listening. Nor does the address name a
# state any more, in which another page would be opened.
SET_BACK = """() => {
    history.replaceState(null, "", location.pathname);
    for (const f of Object.values(livefigure.figures)) {
        if (Object.keys(f.defaults).some((k) => f.state[k] !== f.defaults[k])) f.set(f.defaults);
        clearTimeout(f.announcing);
    }
}"""


def opened(browser, figures: list, folder):
    """A page with these figures, brought to life by the runtime, and nothing around them."""
    (file := folder / "figures.html").write_text(livefigure.page(*figures), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.locator('[data-state="live"]').count() == len(figures)
    yield page
    page.close()


@pytest.fixture(scope="session")
def every_figure_on_a_page(browser, tmp_path_factory):
    """Every figure of the book and the toy, made once."""
    yield from opened(browser, [*map(living, NAMES), toy.figure()], tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="session")
def small_figures_on_a_page(browser, tmp_path_factory):
    """The toy and those that show what a figure can do, which are quickly drawn: every kind of mark and of control is among them."""
    yield from opened(browser, [*map(living, SMALL), toy.figure()], tmp_path_factory.mktemp("examples"))


@pytest.fixture
def gallery(every_figure_on_a_page):
    """The page with every figure; whatever a test set is set back, so that no test depends on those before it."""
    yield every_figure_on_a_page
    every_figure_on_a_page.evaluate(SET_BACK)


@pytest.fixture
def examples(small_figures_on_a_page):
    """The page with small figures, set back as the other is."""
    yield small_figures_on_a_page
    small_figures_on_a_page.evaluate(SET_BACK)


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


@pytest.fixture(scope="session")
def sample(homes) -> list[str]:
    """A few figures of the site, each with a slider, in which a reader meets everything that there is."""
    return cover(sorted(name for name in homes if sliders(living(name))))


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
