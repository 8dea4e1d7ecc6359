"""The ledger can be searched, filtered and sorted with a few lines of script, reads without, and its links set figures."""

from urllib.parse import parse_qsl

import pytest
from _ext.ledger import everything
from figures.ledger import CLAIMS
from living import living

PAGE = "book/claims.html"


@pytest.fixture
def ledger(browser, server):
    page = browser.new_page()
    page.goto(f"{server}/{PAGE}")
    page.locator(".ledger-tools").wait_for()
    yield page
    page.close()


def shown(page) -> list[str]:
    """The ledger numbers of the rows that are seen, in their order."""
    return page.locator("table.ledger tbody tr:not([hidden])").evaluate_all("(rows) => rows.map((row) => row.id.slice(6))")


def test_search_filter_and_order(ledger):
    assert shown(ledger) == list(CLAIMS)
    ledger.locator(".ledger-tools [name=verdict]").select_option(label="contradicted")
    wrong = [name for name, found in everything().items() if found.verdict == "contradicted"]
    assert shown(ledger) == wrong and ledger.locator(".ledger-tools output").inner_text() == f"{len(wrong)} of {len(CLAIMS)} claims"
    ledger.locator(".ledger-tools [name=order]").select_option(label="farthest off first")
    apart = {name: max(everything()[name].ratio, 1 / everything()[name].ratio) for name in wrong if everything()[name].low > 0}
    assert shown(ledger)[0] == max(apart, key=apart.get)
    ledger.locator(".ledger-tools [name=text]").select_option(label="Digital Trends")
    assert shown(ledger) == []
    ledger.locator(".ledger-tools [name=verdict]").select_option(label="all")
    assert sorted(shown(ledger)) == [name for name in CLAIMS if name.startswith("002")]
    ledger.locator(".ledger-tools [name=search]").fill("tesla redirected")
    assert shown(ledger) == ["002-10"]


def test_a_link_to_a_row_shows_it_whatever_the_filter(ledger):
    ledger.locator(".ledger-tools [name=search]").fill("Terafab")
    assert "004-10" not in shown(ledger)
    ledger.evaluate("location.hash = 'claim-004-10'")
    ledger.wait_for_function("() => !document.getElementById('claim-004-10').hidden")  # a function: the page's policy lets no text be run again
    assert shown(ledger) == list(CLAIMS)


def test_without_a_script_the_table_is_whole(browser, server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/{PAGE}")
    assert shown(page) == list(CLAIMS) and not page.locator(".ledger-tools").count()
    assert page.locator("#claim-004-10").inner_text().count("contradicted") == 1
    context.close()


@pytest.mark.parametrize("number, wanted", [("004-11", {"speedup": 10}), ("004-16", {"speedup": 5})])
def test_a_row_s_link_brings_the_figure_into_its_state(ledger, number, wanted):
    link = ledger.locator(f"#claim-{number} a", has_text="in this state")
    link.click()
    figure = CLAIMS[number]["figure"]
    ledger.wait_for_function(f"() => globalThis.livefigure?.figures['{figure}'] && document.querySelector('[data-live-figure=\"{figure}\"]').dataset.state === 'live'")
    for name, value in wanted.items():
        found = ledger.locator(f'[data-live-figure="{figure}"] [name="{name}"]').first
        assert float(found.input_value()) == value


FOLLOWED = """async (links) => {
    const found = [];
    for (const [name, hash] of links) {
        if (location.hash !== hash) {
            const changed = new Promise((done) => addEventListener("hashchange", done, { once: true }));
            location.hash = hash;
            await changed;
        }
        const figure = livefigure.figures[name];
        found.push([{ ...figure.state }, figure.root.querySelector(".lf-message").textContent]);
    }
    return found;
}"""


def test_every_row_s_link_restores_its_figure_s_state(ledger):
    """The first link to each page is opened as an address, the others follow on that page, one state after another."""
    links = ledger.locator("table.ledger tbody tr").evaluate_all("(rows) => rows.map((row) => [row.id.slice(6), [...row.querySelectorAll('a')].find((a) => a.textContent.includes('in this state'))?.href])")
    asked = {number: href for number, href in links if href}
    assert asked.keys() == {number for number, row in CLAIMS.items() if row["figure"]}
    by_page: dict[str, list] = {}
    for number, href in asked.items():
        page, _, fragment = href.partition("#")
        by_page.setdefault(page, []).append((number, "#" + fragment))
    for page, rows in by_page.items():
        rows.sort(key=lambda row: "?" in row[1])  # a link that sets nothing leaves a figure as it is
        ledger.goto(page + rows[0][1])
        found = ledger.evaluate(FOLLOWED, [[CLAIMS[number]["figure"], fragment] for number, fragment in rows])
        for (number, _), (state, notice) in zip(rows, found, strict=True):
            figure = living(CLAIMS[number]["figure"])
            wanted = parse_qsl(CLAIMS[number]["state"].split("|")[0])
            assert state == figure.defaults | {key: value if isinstance(figure.defaults[key], str) else float(value) for key, value in wanted}, number
            assert not notice, f"{number}: {notice}"


def test_a_claim_in_a_chapter_leads_to_its_row(browser, server):
    page = browser.new_page()
    page.goto(f"{server}/book/fifty-four-days.html")
    page.get_by_role("link", name="claim 004-10 in the ledger").first.click()
    page.wait_for_url("**/claims.html#claim-004-10")
    assert page.locator("#claim-004-10").is_visible()
    page.close()
