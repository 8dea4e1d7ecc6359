"""The built site is all there, and asks nobody for anything."""


def test_expected_pages_exist_and_are_not_trivial(site):
    for page in ("book/index.html", "book/fifty-four-days.html"):
        assert (site / page).stat().st_size > 8_000, page


def test_served_page_opens_in_the_browser(server, browser):
    page = browser.new_page()
    page.goto(f"{server}/")
    assert page.title()
